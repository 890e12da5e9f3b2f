package correlate

import "github.com/idprofile/engine/identity"

// Population is the identities that accounts can belong to, numbered from 0.
type Population interface {
	Len() int
	// Column returns a reader of one attribute, by its system name, [Alias] or
	// [UID]. Each reader serves one goroutine.
	Column(attribute string) func(n int32) identity.Value
}

// Identity numbers make a population of identities held in memory.
type identities []identity.Identity

// PopulationOf returns the identities as a population, in the order of the
// slice, which must not change while it is used.
func PopulationOf(list []identity.Identity) Population { return identities(list) }

func (p identities) Len() int { return len(p) }

func (p identities) Column(attribute string) func(n int32) identity.Value {
	if attribute == Alias {
		return func(n int32) identity.Value { return identity.StringValue(p[n].Alias) }
	}
	column := identity.NewColumn(attribute)
	return func(n int32) identity.Value { return column.Of(p[n].Attributes) }
}

// atOnce is how many identities or accounts are read for one attribute before the next one is read.
const atOnce = 512

// IndexOf returns an index of a population for the rules of the correlators.
func IndexOf(p Population, correlators ...*Correlator) *Index {
	x := NewIndex()
	x.Cover(correlators...)
	for i := range x.columns {
		x.columns[i].expects = p.Len()
	}
	read := make([]func(int32) identity.Value, len(x.keys))
	for key, name := range x.keys {
		read[key] = p.Column(name)
	}

	// Attribute by attribute, since what one column needs is at hand in the processor then, but of so
	// few identities at a time that they are at hand too.
	for from := 0; from < p.Len(); from += atOnce {
		for key := range x.keys {
			for n := int32(from); n < int32(min(from+atOnce, p.Len())); n++ {
				if v := read[key](n); !v.IsNull() {
					x.Put(n, key, v)
				}
			}
		}
	}
	for i := range x.columns {
		x.columns[i].expects = 0
	}

	return x
}

// Values returns a reader of any attribute of a population, for one goroutine.
func Values(p Population) func(n int32, attribute string) identity.Value {
	columns := map[string]func(int32) identity.Value{}
	return func(n int32, attribute string) identity.Value {
		read := columns[attribute]
		if read == nil {
			read = p.Column(attribute)
			columns[attribute] = read
		}

		return read(n)
	}
}
