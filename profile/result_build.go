package profile

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// builder is phase 5: it puts together what the run found for each identity. It
// reads the tables and writes none of them, so any number of goroutines build
// results at once.
type builder struct {
	*tables
	everybody bool // results are made of everybody, also where they cannot differ from what is stored
	sparse    bool // no Changes of somebody of whom nothing was stored
}

// result puts together what the run found for an identity.
func (b *builder) result(n int32) *Result {
	r := &Result{Identity: new(identity.Identity)}
	b.fill(r, n, nil)
	return r
}

// lending is memory for results that are looked at one after the other: each holds until
// the next one is made. It belongs to one goroutine.
type lending struct {
	result   Result
	identity identity.Identity
	row      []byte
	managers map[int32]managerName // by identity: what is said of somebody who manages others
}

// managerName is what a result says of a manager.
type managerName struct{ id, name string }

// lend is [builder.result] in the memory of the result before.
func (b *builder) lend(m *lending, n int32) *Result {
	if m.managers == nil {
		m.managers = map[int32]managerName{}
	}
	m.result.Identity = &m.identity
	b.fill(&m.result, n, m)
	return &m.result
}

// fill makes r the result of an identity, in the memory of its lists. Attributes are put into m;
// without one, the result has its own.
func (b *builder) fill(r *Result, n int32, m *lending) {
	q := &b.people[n]
	before := b.storedAttributes(n)
	i := r.Identity
	*i = identity.Identity{ID: b.id(n), Alias: b.aliasOf(n), Accounts: b.appendAccounts(i.Accounts[:0], n),
		Attributes: b.attributes(n), Created: b.opts.Now, Modified: b.opts.Now, ExceptionCodes: i.ExceptionCodes[:0]}
	if s := b.storedOf(n); s != nil {
		i.Lifecycle, i.Protected, i.Created, i.Profile = s.Lifecycle, s.Protected, s.Created, s.Profile
	}
	*r = Result{number: n, Identity: i, Errors: b.errors[n], Links: slices.Grow(r.Links[:0], len(i.Accounts))}
	for a := q.first; a >= 0; a = b.state[a].next {
		st := &b.state[a]
		r.Links = append(r.Links, Link{Account: i.Accounts[len(r.Links)].Key(), Method: methods[st.method],
			Criterion: int(st.criterion), New: st.presence == isNew})
	}

	// The order matters: a move, the attributes, then what follows from them.
	r.Created = !b.wasStored(n)
	if !r.Created && (b.details && b.hasFresh(n) || b.hasRewritten(n)) {
		r.renew = &b.storedOf(n).Modified
	}
	if q.profile < 0 {
		r.Orphaned, r.Changed = true, b.differs(n, r)
		return
	}

	c := b.engine.profiles[q.profile]
	r.Move = b.move(n, c)
	acct := b.accounts.At(q.auth)
	i.Profile, r.Account = c.profile.Name, acct.Key()
	b.finishAttributes(n, c, r, m)
	if !b.sparse || !r.Created {
		r.Changes = changes(before, i.Attributes)
	}
	c.enterState(r, before)
	b.evaluated(n, c, r)
	r.Warnings = append(r.Warnings, uidWarnings(before, i.Attributes)...)
	if w := nextProcessingWarning(i.Attributes); w != "" {
		r.Warnings = append(r.Warnings, w)
	}
	for _, e := range r.Exceptions {
		i.ExceptionCodes = append(i.ExceptionCodes, e.Code)
	}
	r.Changed = b.differs(n, r)
}

// finishAttributes puts the settled manager and uid into the attributes, which
// become the result's own or stand in m, and makes the exceptions.
func (b *builder) finishAttributes(n int32, c *compiled, r *Result, m *lending) {
	attrs := r.Identity.Attributes
	slot, ok := c.slots[config.AttrManager]
	switch {
	case ok && m != nil:
		r.Manager = b.lentManager(n, attrs.At(slot), m)
		m.row = identity.AppendReplaced(m.row[:0], attrs, slot, textOrNull(r.Manager.Name))
		attrs = identity.FromRow(attrs.Schema(), unsafe.String(unsafe.SliceData(m.row), len(m.row)))
	case ok:
		r.Manager = b.managerResult(n, attrs.At(slot))
		attrs = replaced(attrs, slot, textOrNull(r.Manager.Name))
	case m == nil:
		attrs = identity.FromRow(attrs.Schema(), strings.Clone(attrs.Row()))
	}
	r.Identity.ManagerID = r.Manager.ID

	// Only required attributes are looked at, so the rest of the row is not read.
	var room [32]identity.Value
	values := slices.Grow(room[:0], len(c.attrs))[:len(c.attrs)]
	for _, name := range required { // others are not looked at
		if slot, ok := c.slots[name]; ok {
			values[slot] = attrs.At(slot)
		}
	}

	// What is missing is decided before the uid is taken away: losing it is an exception of its own.
	r.Exceptions = missingException(b.engine.missing(c, values), r.Errors)
	if holder, lost := b.resolved.uidOwner[n]; lost {
		slot = c.slots[config.AttrUID]
		uid := values[slot].Text()
		r.Exceptions = append(r.Exceptions, Exception{Code: DuplicateUID, Attributes: []string{config.AttrUID}, Value: uid,
			Conflicting: b.id(holder), Message: fmt.Sprintf("uid %q is held by %s", uid, b.aliasOf(holder))})
		attrs = replaced(attrs, slot, textOrNull(b.resolved.keptUID[n]))
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
func (b *builder) managerResult(n int32, trigger identity.Value) ManagerResult {
	if m := b.resolved.manager[n]; m >= 0 {
		if s := b.underAsNoted(n, m); s != nil {
			return ManagerResult{State: ManagerResolved, ID: s.ManagerID, Name: s.Attributes.Get(config.AttrManager).Text()}
		}
		return ManagerResult{State: ManagerResolved, ID: b.id(m), Name: b.nameOf(m)}
	}
	if r, ok := b.resolved.outcome[n]; ok && !trigger.IsNull() {
		return r
	}
	return ManagerResult{}
}

// underAsNoted returns an identity as it is stored when that says who manages it, so that the manager
// need not be read; nil when it may not.
func (b *builder) underAsNoted(n, m int32) *identity.Identity {
	o := b.outline
	if o == nil || n >= o.people || m >= o.people || o.manager[n] != m || o.profile[n] < 0 || b.changed.Has(n) ||
		b.changed.Has(m) || b.people[m].row != 0 {
		return nil
	}
	return b.storedOf(n)
}

// lentManager is [builder.managerResult], which makes the id and the name of a manager for
// the first of those who report to it.
func (b *builder) lentManager(n int32, trigger identity.Value, m *lending) ManagerResult {
	manager := b.resolved.manager[n]
	if manager < 0 {
		return b.managerResult(n, trigger)
	}
	s, known := m.managers[manager]
	if !known {
		r := b.managerResult(n, trigger)
		s = managerName{id: r.ID, name: r.Name}
		m.managers[manager] = s
	}
	return ManagerResult{State: ManagerResolved, ID: s.id, Name: s.name}
}

// move describes a change of profile, nil when there is none.
func (b *builder) move(n int32, c *compiled) *Move {
	s := b.storedOf(n)
	if s == nil || s.Profile == "" || s.Profile == c.profile.Name {
		return nil
	}
	return &Move{From: s.Profile, To: c.profile.Name, Reason: b.moveReason(n, s.Profile, c)}
}

func (b *builder) moveReason(n int32, from string, to *compiled) string {
	old := b.engine.profile(from)
	if old == nil {
		return ProfileDeleted
	}
	added, manual, remains := false, false, false
	for a := b.people[n].first; a >= 0; a = b.state[a].next {
		st := &b.state[a]
		switch b.accounts.Names[b.accounts.Sources[a]] {
		case to.source.Name:
			added = added || st.presence == isNew || methods[st.method] != correlate.Sticky &&
				methods[st.method] != correlate.Manual
			manual = manual || methods[st.method] == correlate.Manual
		case old.source.Name:
			remains = true
		}
	}

	// The reason is the first of these that explains the move.
	switch {
	case !remains:
		return AccountRemoved
	case manual:
		return ManualCorrelation
	case added:
		return AccountAdded
	case to.profile.Created.After(b.storedOf(n).Modified):
		return ProfileCreated
	}

	return PriorityChange
}

// lifecycle compares a value with the states of the profile.
func (c *compiled) lifecycle(v identity.Value) LifecycleResult {
	text := v.Text()
	r := LifecycleResult{Value: text, Status: LifecycleNotValid}
	if c.impliedStates {
		r.Status = LifecycleUnknown
	}
	if strings.TrimSpace(text) == "" {
		r.Status = LifecycleNotSet
		return r
	}

	// A state that is not enabled is known and not entered.
	if s, ok := c.states[text]; ok {
		if r.Status = LifecycleDisabled; s.Enabled {
			r.Status, r.State = LifecycleActive, text
		}
		return r
	}

	// Values are compared exactly; one in another case is told apart, since that is what mostly
	// happened.
	for name := range c.states {
		if strings.EqualFold(name, text) {
			r.Status = LifecycleWrongCase
		}
	}

	return r
}

// enterState gives the identity its lifecycle state. A state set by hand holds
// until the evaluation gives another value than when it was set, and does not
// survive a move (DECISION 24, 42).
func (c *compiled) enterState(r *Result, before identity.Attributes) {
	r.Lifecycle = c.lifecycle(r.Identity.Attributes.Get(config.AttrLifecycle))
	l := &r.Identity.Lifecycle
	if l.ManuallyUpdated && r.Move == nil && l.Overridden == r.Lifecycle.Value && c.states[l.State] != nil {
		r.Lifecycle.State, r.Lifecycle.Manual = l.State, true
		return
	}

	entered := r.Lifecycle.State != "" && (r.Lifecycle.State != l.State || r.Move != nil)
	r.Lifecycle.Previous = l.State
	*l = identity.Lifecycle{State: r.Lifecycle.State}
	if entered {
		r.Lifecycle.Entered = true
		r.Lifecycle.FromNull = before.Get(config.AttrLifecycle).IsNull()
	}
}

// uidWarnings says what is doubtful about a uid: characters, blanks around it,
// and that it is another one than before.
//
// Source: DECISION 53.
func uidWarnings(before, after identity.Attributes) []string {
	uid, old := after.Get(config.AttrUID).Text(), before.Get(config.AttrUID).Text()
	var list []string
	if chars := usernameChars(uid); chars != "" {
		list = append(list, fmt.Sprintf("username-chars: the uid has %s, which sign-in may refuse",
			strings.Join(strings.Split(chars, ""), " ")))
	}
	if strings.TrimSpace(uid) != uid {
		list = append(list, "uid-space: the uid has blanks around it")
	}
	if old != "" && uid != "" && old != uid {
		list = append(list, fmt.Sprintf("uid-change: the uid was %q; a tenant has been seen to make a new identity of that",
			old))
	}
	return list
}

// reservedCharacters may keep somebody from signing in when they stand in a uid.
const reservedCharacters = "*()&!."

// usernameChars returns the reserved characters of a uid, each once.
//
// Source: DECISION 53.
func usernameChars(uid string) string {
	var b strings.Builder
	for _, r := range uid {
		if strings.ContainsRune(reservedCharacters, r) && !strings.ContainsRune(b.String(), r) {
			b.WriteRune(r)
		}
	}

	return b.String()
}

// missingException returns the exception for missing required attributes, if
// any; the message carries the errors of their evaluation (DECISION 37).
func missingException(names []string, errs []AttributeError) []Exception {
	if len(names) == 0 {
		return nil
	}
	message := "no value for a required attribute"
	var causes []string
	for _, e := range errs {
		if slices.Contains(names, e.Attribute) {
			causes = append(causes, e.Error())
		}
	}

	if causes != nil {
		message = strings.Join(causes, "; ")
	}
	return []Exception{{Code: MissingRequired, Attributes: names, Message: message}}
}

// changes lists the attributes that differ, removed ones included.
func changes(before, after identity.Attributes) []Change {
	return appendRemoved(appendChanged(nil, before, after), before, after)
}

// appendRemoved appends the changes of attributes that are no longer there.
func appendRemoved(list []Change, before, after identity.Attributes) []Change {
	for name, v := range before.All() {
		if _, ok := after.Schema().Slot(name); !ok {
			list = append(list, Change{Attribute: name, OldValue: v, NewValue: identity.Value{}})
		}
	}

	return list
}

// appendChanged appends the changes among the attributes that are there afterwards.
func appendChanged(list []Change, before, after identity.Attributes) []Change {
	// Who is new had none, and where a name stands is known when somebody has the same
	// attributes as before.
	var room [32]identity.Value
	names, values := after.Schema().Names(), after.AppendValues(room[:0])
	same, none := before.Schema() == after.Schema(), before.Schema() == nil
	for i, name := range names {
		var o identity.Value
		if same {
			o = before.At(i)
		} else if !none {
			o = before.Get(name)
		}

		if n := values[i]; !(none && n.IsNull() || o.Equal(n)) {
			if list == nil {
				list = make([]Change, 0, len(names)-i)
			}
			list = append(list, Change{Attribute: name, OldValue: o, NewValue: n})
		}
	}

	return list
}

// evaluated notes what the attributes of a result rest on.
func (b *builder) evaluated(n int32, c *compiled, r *Result) {
	if !c.profile.Enabled || b.bases == nil {
		return
	}
	base := b.bases[c.rank]

	// Manager and uid of the result are those of the population; what the mapping gave is kept where
	// it differs.
	row := b.attributes(n)
	var given []identity.Value
	for at, i := range base.settled {
		if v := row.At(i); !v.Equal(r.Identity.Attributes.At(i)) {
			if given == nil {
				given = make([]identity.Value, len(base.settled))
			}
			given[at] = v
		}
	}

	r.Identity.Evaluated = b.opts.Now
	r.Identity.RunState = base.state(!r.Created && len(r.Changes) == 0, r.Errors, given)
	if b.renews(n, base, stateOf(r.Identity)) {
		r.renew = &b.storedOf(n).Modified
	}
}

// renews reports whether a store should get the note of an identity that has not changed
// otherwise, so that the next run evaluates less.
func (b *builder) renews(n int32, base *basis, note runState) bool {
	s := b.storedOf(n)
	if !b.opts.Incremental || s == nil {
		return false
	}
	before := stateOf(s)
	if before.mappings() == note.mappings() && (before.stable() == note.stable() || !base.anyOld) {
		return false
	}
	return !b.hasFresh(n)
}

// hasFresh reports whether an account of an identity differs from what was stored.
func (t *tables) hasFresh(n int32) bool {
	for a := t.people[n].first; a >= 0; a = t.state[a].next {
		if t.state[a].difference != noDifference {
			return true
		}
	}

	return false
}

// hasRewritten reports whether an account of an identity is written otherwise than it was
// stored, so that it would be read again in the next run.
func (t *tables) hasRewritten(n int32) bool {
	if !t.rewritten || !t.opts.Incremental { // others do not recognise accounts
		return false
	}
	for a := t.people[n].first; a >= 0; a = t.state[a].next {
		if t.state[a].rewritten {
			return true
		}
	}

	return false
}

// differs reports whether a result must be written: something that the store
// keeps is not as it was.
func (b *builder) differs(n int32, r *Result) bool {
	s := b.storedOf(n)
	if s == nil || len(r.Changes) > 0 || b.people[n].linksChanged {
		return true
	}
	i := r.Identity
	if s.Profile != i.Profile || s.ManagerID != i.ManagerID || s.Lifecycle != i.Lifecycle ||
		!slices.Equal(s.ExceptionCodes, i.ExceptionCodes) {
		return true
	}
	for a := b.people[n].first; a >= 0; a = b.state[a].next {
		st := &b.state[a]
		if st.difference == dataDiffer || st.presence == isNew || methods[st.method] != correlate.Sticky &&
			methods[st.method] != correlate.Manual {
			return true
		}
	}

	return false
}
