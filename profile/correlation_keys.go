package profile

import (
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// What an identity is found by is evaluated again only when an account that it
// may depend on came or went.

// keyReads says which values that correlation compares with may change when an
// account of a source comes or goes: by source number, then by key of the index;
// nil: none of them.
type keyReads [][]bool

// prepareKeys gets ready for the identities that there can be.
func (p *population) prepareKeys() {
	people := len(p.people)
	for _, c := range p.engine.profiles {
		if c.source != nil && p.engine.bySource[c.source.Name] == c {
			people += len(p.inOrder(c.source.Name))
		}
	}
	p.index.Grow(people)
	for _, c := range p.engine.profiles {
		p.keyReads = append(p.keyReads, p.readsOf(c))
	}
}

func (p *population) readsOf(c *compiled) keyReads {
	r := make(keyReads, len(p.accounts.Names))
	for key, name := range p.index.Keys() {
		slot, ok := c.slots[name]
		if !ok || !c.profile.Enabled { // the alias and stored values stay
			continue
		}
		sources, all := p.engine.sourcesRead(c, slot)
		for number, source := range p.accounts.Names {
			if all || slices.Contains(sources, source) {
				if r[number] == nil {
					r[number] = make([]bool, len(p.index.Keys()))
				}
				r[number][key] = true
			}
		}
	}
	return r
}

// sourcesRead returns the sources whose accounts an attribute reads, itself or
// through other attributes. All: it may read every account.
func (e *Engine) sourcesRead(c *compiled, slot int) (sources []string, all bool) {
	seen := make([]bool, len(c.attrs))
	var visit func(i int)
	visit = func(i int) {
		if seen[i] || all {
			return
		}
		seen[i] = true
		d := &c.attrs[i].program.Deps
		all = d.AnyAccount || d.AnyIdentity || d.Others || d.Unique || len(d.Rules) > 0
		for _, read := range d.Accounts {
			all = all || e.sources[read.Source] == nil // it may be another name of any source
			sources = append(sources, read.Source)
		}
		for _, name := range d.Identity {
			if j, ok := c.slots[name]; ok && name != config.AttrLifecycle {
				visit(j)
			}
		}
	}
	visit(slot)
	return sources, all
}

// staleKeys returns the keys by which identity n may be found otherwise once an
// account of a source that makes no identities came or went; all is true when
// none was evaluated in this run.
func (p *population) staleKeys(n int32, source uint16) (keys []bool, all bool) {
	q := &p.people[n]
	if !q.keyed {
		return nil, true
	}
	if q.profile < 0 {
		return nil, false // stored values stay
	}
	return p.keyReads[q.profile][source], false
}

// touched are the identities whose accounts changed while a source is correlated.
type touched struct {
	source uint16
	any    bool
	stale  []bool // by identity
}

// touch notes that an account came to an identity or left it.
func (p *population) touch(t *touched, n int32) {
	t.any = true
	if keys, all := p.staleKeys(n, t.source); all || keys != nil {
		t.stale[n] = true
	}
}

// refreshTouched brings up to date what touched identities are found by.
func (p *population) refreshTouched(t *touched) {
	for n, stale := range t.stale {
		if stale {
			keys, _ := p.staleKeys(int32(n), t.source)
			p.refresh(int32(n), keys)
		}
	}
}

// refreshKeys evaluates what correlation compares with, and indexes it.
func (p *population) refreshKeys(n int32) { p.refresh(n, nil) }

// refresh evaluates and indexes some keys of the index; nil: all of them.
func (p *population) refresh(n int32, keys []bool) {
	x := p.prepare(p.eval, n, p.accountsOf(n))
	p.people[n].keyed = true
	for key, name := range p.index.Keys() {
		if keys != nil && !keys[key] {
			continue
		}
		var v identity.Value
		switch {
		case name == correlate.Alias:
			v = identity.StringValue(p.aliasOf(n))
		case x != nil:
			v, _ = x.current(name)
		default: // without authoritative account it keeps what it had, so that people who return find it
			v = p.storedAttributes(n).Get(name)
		}
		if name == config.AttrUID {
			p.holdUID(n, x != nil, v)
		}
		p.index.Put(n, key, v)
	}
}

// holdUID notes whether the uid is the one that the identity had before the run.
func (p *population) holdUID(n int32, member bool, uid identity.Value) {
	held := p.storedAttributes(n).Get(config.AttrUID).Text()
	p.people[n].holdsUID = held != "" && member && identity.Fold(held) == identity.Fold(uid.Text())
}

// current returns an attribute as this run has it: evaluated or, when the
// mapping is disabled or missing, as stored.
func (x *evaluation) current(name string) (identity.Value, error) {
	if !x.profile.profile.Enabled {
		return x.input.stored.Get(name), nil
	}
	if i, ok := x.profile.slots[name]; ok {
		if x.state[i] == todo {
			x.evaluate(i, false)
		}
		return x.values[i], nil
	}
	return x.input.stored.Get(name), nil
}
