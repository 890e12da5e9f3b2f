package correlate

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// Configured reports whether there is any rule beside the match by name.
func (c *Correlator) Configured() bool {
	return slices.ContainsFunc(c.rules, func(r compiled) bool { return r.method != Default })
}

// MatchOther is [Correlator.Match] for an account that has an identity: it finds
// the one that the account would have if its own were not there.
func (c *Correlator) MatchOther(x *Index, a *identity.Account, own int32, value func(n int32, attribute string) identity.Value) Match {
	return c.match(x, a, value, own)
}

// others leaves out the identity that a search must not find. What an index
// returns is not changed.
func (p *progress) others(found []int32) []int32 {
	own := p.without - 1
	if own < 0 || !slices.Contains(found, own) {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(n int32) bool { return n == own })
}
