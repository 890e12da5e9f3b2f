package profile

import (
	"slices"

	"github.com/idprofile/engine/identity/diag"
)

// keyReads says on which sources the values depend that correlation compares
// with, so that a link of an account of another source is no reason to evaluate
// them again.
type keyReads struct {
	any     bool     // they may read every account
	sources []string // otherwise those
}

// prepareKeys gets ready for the identities that there can be.
func (p *population) prepareKeys() {
	people := len(p.people)
	for _, c := range p.engine.profiles {
		p.keyReads = append(p.keyReads, p.engine.keyReads(c, p.index.Keys()))
		if c.source != nil && p.engine.bySource[c.source.Name] == c {
			people += len(p.inOrder(c.source.Name))
		}
	}
	p.index.Grow(people)
}

// keyReads finds out what the named attributes of a profile read of accounts,
// themselves or through other attributes.
func (e *Engine) keyReads(c *compiled, names []string) *keyReads {
	r := &keyReads{}
	seen := make([]bool, len(c.attrs))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] || r.any {
			return
		}
		seen[i] = true
		d := &c.attrs[i].program.Deps
		reach := reachable{transforms: e.bundle.Transforms, state: map[string]uint8{}}
		reach.add(c.profile.Mappings[i].effective(new(diag.List)).Node)
		r.any = reach.unclear || d.AnyAccount || d.AnyIdentity || d.Others || d.Unique || len(d.Rules) > 0
		for _, read := range d.Accounts {
			r.any = r.any || e.sources[read.Source] == nil // it may be another name of any source
			r.sources = append(r.sources, read.Source)
		}
		for _, name := range d.Identity {
			if j, ok := c.slots[name]; ok && name != attrLifecycle {
				visit(j)
			}
		}
	}
	for _, name := range append([]string{attrUID}, names...) {
		if i, ok := c.slots[name]; ok {
			visit(i)
		}
	}
	return r
}

// keysDepend reports whether the link of an account of a source can change what
// identity n is found by. Membership cannot change by it.
func (p *population) keysDepend(n int32, source uint16) bool {
	q := &p.people[n]
	if !q.keyed {
		return true
	}
	if q.profile < 0 || !p.engine.profiles[q.profile].profile.Enabled {
		return false // stored values stay
	}
	r := p.keyReads[q.profile]
	return r.any || slices.Contains(r.sources, p.accounts.names[source])
}

// touched are the identities whose accounts changed while a source is correlated.
type touched struct {
	any   bool
	stale []bool // by identity: what it is found by may have changed
}

// touch notes that an account came to an identity or left it.
func (p *population) touch(t *touched, n, account int32) {
	t.any = true
	if p.keysDepend(n, p.accounts.sources[account]) {
		t.stale[n] = true
	}
}
