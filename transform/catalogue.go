package transform

// catalogue is the known sources, by each of the names that transforms have for one. It is
// immutable; units that are compiled in the same surroundings share it. Of sources that share
// a name the first counts.
type catalogue struct {
	infos []SourceInfo
	names []string       // display names, by slot
	slots map[string]int // by display name

	byName, byID, byApplication map[string]*SourceInfo
}

func newCatalogue(infos []SourceInfo) *catalogue {
	c := &catalogue{infos: infos, slots: map[string]int{}, byName: map[string]*SourceInfo{},
		byID: map[string]*SourceInfo{}, byApplication: map[string]*SourceInfo{}}

	for i := range infos {
		info := &infos[i]
		if _, ok := c.slots[info.Name]; !ok {
			c.slots[info.Name] = len(c.names)
			c.names = append(c.names, info.Name)
		}
		first(c.byName, info.Name, info)
		first(c.byID, info.ID, info)
		first(c.byApplication, info.ApplicationName, info)
		if info.ApplicationName == "" {
			first(c.byApplication, info.Name+" [source]", info)
		}
	}

	return c
}

func first(by map[string]*SourceInfo, name string, info *SourceInfo) {
	if _, ok := by[name]; !ok {
		by[name] = info
	}
}

// source returns the slot of a source, which it adds when it is new. Those of the catalogue
// have the first slots, in its order.
func (u *Unit) source(name string) int {
	slot, ok := u.slot(name)
	if !ok {
		slot = u.slotCount()
		u.sources[name] = slot
		u.sourceNames = append(u.sourceNames, name)
	}

	return slot
}

// slotCount is how many sources have a slot.
func (u *Unit) slotCount() int { return len(u.catalogue.names) + len(u.sourceNames) }

func (u *Unit) slot(name string) (int, bool) {
	// Comparing a few names is faster than hashing one.
	if u.slotCount() > 8 {
		slot, ok := u.catalogue.slots[name]
		if !ok {
			slot, ok = u.sources[name]
		}
		return slot, ok
	}

	for i, known := range u.catalogue.names {
		if known == name {
			return i, true
		}
	}
	for i, known := range u.sourceNames {
		if known == name {
			return len(u.catalogue.names) + i, true
		}
	}

	return 0, false
}
