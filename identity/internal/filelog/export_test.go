package filelog

// What tests alone ask for.

// Entries is how many entries the batch has.
func (b *Batch) Entries() int { return b.entries }
