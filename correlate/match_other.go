package correlate

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// Configured reports whether there is any rule beside the match by name.
func (c *Correlator) Configured() bool {
	return slices.ContainsFunc(c.rules, func(r compiled) bool { return r.method != Default })
}

// MatchOther is [Correlator.Match] as if some identities were not there: the one that
// the account has, or those that people have said it does not belong to.
func (c *Correlator) MatchOther(x *Index, a *identity.Account, without []int32,
	value func(n int32, attribute string) identity.Value) Match {
	return c.match(x, a, value, without)
}

// others leaves out the identities that a search must not find. What an index
// returns is not changed.
func (p *progress) others(found []int32) []int32 {
	hidden := func(n int32) bool { return slices.Contains(p.without, n) }
	if len(p.without) == 0 || !slices.ContainsFunc(found, hidden) {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), hidden)
}
