package preview

import (
	"slices"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// compared is people with the values that rules compare at hand: rules of several sources go over
// the same ones, several times each, and in the run a value has to be found in the row of its
// identity.
type compared struct {
	*profile.People
	attributes []string // that rules compare

	mu     sync.Mutex
	values map[string][]identity.Value // by attribute and number; those that were asked for
}

// comparedBy returns people for the rules of some correlators.
func comparedBy(p *profile.People, correlators []*correlate.Correlator) *compared {
	// The default match compares names, and uids where nobody has such a name.
	c := &compared{
		People: p, attributes: []string{correlate.Alias, correlate.UID}, values: map[string][]identity.Value{},
	}
	for _, r := range correlators {
		c.attributes = append(c.attributes, r.Keys()...)
	}
	return c
}

// Column implements [correlate.Population].
func (c *compared) Column(attribute string) func(n int32) identity.Value {
	if !slices.Contains(c.attributes, attribute) {
		return c.People.Column(attribute)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	list, ok := c.values[attribute]
	if !ok {
		read := c.People.Column(attribute)
		list = make([]identity.Value, c.Len())
		for n := range list {
			list[n] = read(int32(n))
		}
		c.values[attribute] = list
	}
	return func(n int32) identity.Value { return list[n] }
}
