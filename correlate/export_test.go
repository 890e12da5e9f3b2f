package correlate

// Matched returns how many accounts have an identity.
func (b *Bulk) Matched() (n int) {
	for _, id := range b.Identity {
		if id >= 0 {
			n++
		}
	}

	return n
}

// Rules returns the ids of all rules in the order in which they are tried: those
// of the configuration, "config N" for criteria, "default name" and "default id".
func (c *Correlator) Rules() []string {
	ids := make([]string, len(c.rules))
	for i := range c.rules {
		ids[i] = c.rules[i].id
	}
	return ids
}
