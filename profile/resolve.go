package profile

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// settlement is what the population decides together.
type settlement struct {
	manager  []int32                 // by identity; -1: none
	reports  []int32                 // by identity: how many have it as manager
	outcome  map[int32]ManagerResult // where there is something to say
	holder   map[int32]int32         // loser of a uid claim: the identity that holds it
	keepsUID map[int32]string        // loser: the uid it had before
	linked   bool                    // the managers are those of this run
	swept    bool

	indexes map[string]*table.Text // by attribute, what managers are found by
	sought  []uint64               // by identity: what its manager was looked for by; see stir
	stirred map[uint64]bool        // what identities were found by before or are now that have moved
	indexed int                    // how many of those that have moved are in the indexes
}

func (s *settlement) isManager(n int32) bool {
	return s.linked && int(n) < len(s.reports) && s.reports[n] > 0
}

// settle runs phase 4: managers, reads of other identities, uid claims. With
// tables that are kept only those are looked at for whom something has moved.
func (p *population) settle() error {
	p.managerLinks()
	if p.engine.ReadsOthers() {
		p.sweep()
		p.managerLinks()
	}
	p.claimUIDs()
	return p.ctx.Err()
}

// ReadsOthers reports whether some mapping reads identities other than its own, so that
// its value depends on who else is there.
func (e *Engine) ReadsOthers() bool {
	return slices.ContainsFunc(e.profiles, func(c *compiled) bool { return c.others })
}

// sweep evaluates the readers of other identities once more, now that all have
// values.
func (p *population) sweep() {
	p.settled.swept = true
	b := batch{population: p, v: newEvaluator(p.ctx, p.engine, p.env), w: p.writer, keeper: newKeeper(p), errors: p.errors, before: p.attrs.Chunks}
	for n := range p.people {
		if rank := p.people[n].profile; rank >= 0 && p.engine.profiles[rank].others {
			b.one(int32(n))
		}
	}
	p.shift(b.moved...)
}

// attributes returns the attributes that the run gave an identity.
func (p *population) attributes(n int32) identity.Attributes {
	q := &p.people[n]
	if q.profile < 0 || q.row == 0 {
		return p.storedAttributes(n)
	}
	return identity.FromRow(p.engine.profiles[q.profile].schema, p.attrs.Get(q.row))
}

// lookup returns what an identity is found by under an attribute.
func (p *population) lookup(n int32, attribute string) string {
	if attribute == correlate.Alias || attribute == "name" {
		return p.aliasOf(n)
	}
	return p.attributes(n).Get(attribute).Text()
}

// result puts together what the run found for an identity.
func (p *population) result(n int32) *Result {
	q := &p.people[n]
	before := p.storedAttributes(n)
	i := &identity.Identity{ID: p.id(n), Alias: p.aliasOf(n), Accounts: p.appendAccounts(nil, n), Attributes: p.attributes(n), Created: p.opts.Now, Modified: p.opts.Now}
	if s := p.storedOf(n); s != nil {
		i.Lifecycle, i.Protected, i.Created, i.Profile = s.Lifecycle, s.Protected, s.Created, s.Profile
	}
	r := &Result{number: n, Identity: i, Errors: p.errors[n], Links: make([]Link, 0, len(i.Accounts))}
	for a := q.first; a >= 0; a = p.state[a].next {
		st := &p.state[a]
		r.Links = append(r.Links, Link{Account: i.Accounts[len(r.Links)].Key(), Method: methods[st.method], Criterion: int(st.criterion), New: !st.stored})
	}
	r.Created = p.storedOf(n) == nil
	if p.details && !r.Created && p.hasFresh(n) {
		r.renew = &p.storedOf(n).Modified
	}
	if q.profile < 0 {
		r.Orphaned, r.Changed = true, p.differs(n, r)
		return r
	}
	c := p.engine.profiles[q.profile]
	r.Move = p.move(n, c)
	acct := p.accounts.At(q.auth)
	i.Profile, r.Account = c.profile.Name, acct.Key()
	p.finishAttributes(n, c, r)
	r.Changes = changes(before, i.Attributes)
	c.enterState(r, before)
	p.evaluated(n, c, r)
	r.Warnings = append(r.Warnings, uidWarnings(before, i.Attributes)...)
	if w := nextProcessingWarning(i.Attributes); w != "" {
		r.Warnings = append(r.Warnings, w)
	}
	for _, e := range r.Exceptions {
		i.ExceptionCodes = append(i.ExceptionCodes, e.Code)
	}
	r.Changed = p.differs(n, r)
	return r
}

// finishAttributes puts the settled manager and uid into the attributes, which
// become the result's own, and makes the exceptions.
func (p *population) finishAttributes(n int32, c *compiled, r *Result) {
	attrs := r.Identity.Attributes
	if slot, ok := c.slots[config.AttrManager]; ok {
		r.Manager = p.managerResult(n, attrs.At(slot))
		r.Identity.ManagerID = r.Manager.ID
		attrs = replaced(attrs, slot, textOrNull(r.Manager.Name))
	} else {
		attrs = identity.FromRow(attrs.Schema(), strings.Clone(attrs.Row()))
	}
	var room [64]identity.Value
	values := slices.Grow(room[:0], len(c.attrs))[:len(c.attrs)]
	for _, name := range required { // others are not looked at
		if slot, ok := c.slots[name]; ok {
			values[slot] = attrs.At(slot)
		}
	}
	r.Exceptions = missingException(p.engine.missing(c, values), r.Errors)
	if holder, lost := p.settled.holder[n]; lost {
		slot := c.slots[config.AttrUID]
		uid := values[slot].Text()
		r.Exceptions = append(r.Exceptions, Exception{Code: DuplicateUID, Attributes: []string{config.AttrUID}, Value: uid,
			Conflicting: p.id(holder), Message: fmt.Sprintf("uid %q is held by %s", uid, p.aliasOf(holder))})
		attrs = replaced(attrs, slot, textOrNull(p.settled.keepsUID[n]))
	}
	r.Identity.Attributes = attrs
}

// replaced returns attributes of their own with another value in one slot.
func replaced(a identity.Attributes, slot int, v identity.Value) identity.Attributes {
	row := identity.AppendReplaced(make([]byte, 0, len(a.Row())+len(v.Text())+1), a, slot, v)
	return identity.FromRow(a.Schema(), unsafe.String(unsafe.SliceData(row), len(row)))
}

func textOrNull(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(s)
}

// managerResult describes the manager of an identity; the attribute's stored
// value is the manager's name.
func (p *population) managerResult(n int32, trigger identity.Value) ManagerResult {
	if m := p.settled.manager[n]; m >= 0 {
		return ManagerResult{State: ManagerResolved, ID: p.id(m), Name: p.nameOf(m)}
	}
	if r, ok := p.settled.outcome[n]; ok && !trigger.IsNull() {
		return r
	}
	return ManagerResult{}
}

// nameOf returns the name an identity is shown by.
func (p *population) nameOf(n int32) string {
	if v := p.attributes(n).Get("displayName"); v.Text() != "" {
		return v.Text()
	}
	return p.aliasOf(n)
}
