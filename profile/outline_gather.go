package profile

import (
	"encoding/binary"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// noter gathers what a run notes about everybody, see [outlineNote], in the order of the results.
// What it is told is by number of the tables; [noter.note] puts it into the order of the note.
type noter struct {
	*phases
	index *correlate.Index

	state   []noted
	texts   []noteTexts
	tags    [][]uint32 // by key, then by identity
	marks   []uint8    // by account
	stable  []uint32   // by account
	order   []int32
	runs    interned[notedRun]
	kinds   interned[string]
	known   map[string]uint32 // kinds, by what decides about them
	lastRun notedRun
	last    uint16

	attributes []string // whose texts are noted
	key        []byte
	some       []uint32
}

// noted is what is noted of an identity in this run.
type noted struct {
	id    uint64 // the first bytes of the id of who is new
	kind  uint32
	run   uint16
	auth  uint16
	flags uint8
	known bool // it was told
	saved bool
}

// noteTexts are texts of identities, in the order in which they were told.
type noteTexts struct {
	text     []byte
	from, to []uint32 // by identity
}

// interned numbers different values.
type interned[T comparable] struct {
	numbers map[T]uint32
	list    []T
}

func (x *interned[T]) number(v T) uint32 {
	n, ok := x.numbers[v]
	if !ok {
		if x.numbers == nil {
			x.numbers = map[T]uint32{}
		}
		n = uint32(len(x.list))
		x.numbers[v] = n
		x.list = append(x.list, v)
	}
	return n
}

// newNoter returns what gathers a note, nil when the run leaves none.
func newNoter(p *phases) *noter {
	_, ok := p.opts.Stored.(identity.Outliner)
	if !ok || !p.opts.Incremental || p.resident || p.frame == "" || !p.engine.outlines() {
		return nil
	}
	people, accounts := len(p.people), len(p.tables.state)
	w := &noter{phases: p, index: p.newIndex(), state: make([]noted, people), marks: make([]uint8, accounts),
		stable: make([]uint32, accounts), known: map[string]uint32{}}
	w.attributes = p.engine.notedTexts()
	w.texts = make([]noteTexts, len(w.attributes))
	for i := range w.texts {
		w.texts[i] = noteTexts{from: make([]uint32, people), to: make([]uint32, people)}
	}
	w.tags = make([][]uint32, len(w.index.Tags()))
	for i := range w.tags {
		w.tags[i] = make([]uint32, people)
	}
	w.kinds.number("")
	return w
}

// add notes an identity as it will be stored, and in what state its manager is; accounts are its
// own, nil: those of the tables.
func (w *noter) add(n int32, i *identity.Identity, accounts []identity.Account, manager string, saved bool) {
	q, s := &w.people[n], &w.state[n]
	*s = noted{id: table.Prefix(i.ID), known: true, saved: saved}
	if run := keyOfRun(i); run != w.lastRun || len(w.runs.list) == 0 {
		w.lastRun, w.last = run, uint16(min(w.runs.number(run), 1<<16-1))
	}
	s.run = w.last

	k := 0
	for a := q.first; a >= 0; a = w.tables.state[a].next {
		if a == q.auth {
			s.auth = uint16(min(k, 1<<16-1))
		}
		if accounts != nil {
			w.account(a, &accounts[k])
		} else {
			account := w.accounts.At(a)
			w.account(a, &account)
		}
		k++
	}

	state := stateOf(i)
	given := func(name string) identity.Value {
		if q.profile >= 0 && (name == config.AttrUID || name == config.AttrManager) {
			if v := state.Get(name); !v.IsNull() {
				return v
			}
		}
		return i.Attributes.Get(name)
	}
	uid := i.Attributes.Get(config.AttrUID)
	if !uid.IsNull() {
		s.flags |= noteHoldsUID
	}
	if _, lost := w.resolved.uidOwner[n]; lost && !uid.IsNull() {
		s.flags |= noteKeptUID
	}
	errors := len(state.errors()) > 0
	if errors {
		s.flags |= noteErrors
	}
	if state.unknown() || (i.ManagerID == "") != (w.resolved.manager[n] < 0) {
		s.flags |= noteDoubtful
	}

	for t, name := range w.attributes {
		text := i.Alias
		if name != correlate.Alias && name != "name" { // the other name of that
			text = given(name).Text()
		}
		to := &w.texts[t]
		to.from[n] = uint32(len(to.text))
		to.text = append(to.text, text...)
		to.to[n] = uint32(len(to.text))
	}
	w.some = w.index.AppendTags(w.some[:0], func(attribute string) identity.Value {
		if attribute == correlate.Alias {
			return identity.StringValue(i.Alias)
		}
		return i.Attributes.Get(attribute)
	})
	for key, tag := range w.some {
		w.tags[key][n] = tag
	}
	if q.profile >= 0 && !errors {
		s.kind = w.kindOf(n, i, manager)
	}
}

func (w *noter) account(account int32, a *identity.Account) {
	marks := uint8(0)
	if a.ManuallyCorrelated {
		marks |= noteManual
	}
	if a.IdentityID != "" {
		marks |= noteNamed
	}
	if a.UUID != "" {
		marks |= noteStable
		w.stable[account] = stableTag(a.UUID)
	}
	w.marks[account] = marks
}

// maxKinds is how many kinds of briefs a note knows; whoever is of another kind has none.
const maxKinds = 1 << 16

// kindOf returns the kind of the brief of an identity: all that it says, and that does not change with
// its next run. Those of one kind differ in who they are about alone.
func (w *noter) kindOf(n int32, i *identity.Identity, manager string) uint32 {
	c, uid := w.engine.profiles[w.people[n].profile], i.Attributes.Get(config.AttrUID).Text()
	var warnings []string
	if strings.ContainsAny(uid, reservedCharacters) || strings.TrimSpace(uid) != uid {
		warnings = uidWarnings(i.Attributes, i.Attributes)
	}
	if warning := nextProcessingWarning(i.Attributes); warning != "" {
		warnings = append(warnings, warning)
	}
	for k, warning := range warnings {
		warnings[k], _, _ = strings.Cut(warning, ": ")
	}

	// What a brief says is worked out once for all of whom this is the same.
	b := binary.AppendUvarint(w.key[:0], uint64(c.rank))
	for a := w.people[n].first; a >= 0; a = w.tables.state[a].next {
		b = append(binary.AppendUvarint(b, uint64(w.accounts.Sources[a])), w.marks[a]&noteManual)
	}
	b = codec.AppendTexts(codec.AppendTexts(b, i.ExceptionCodes), warnings)
	state := i.Attributes.Get(config.AttrLifecycle).Text()
	for _, text := range [...]string{manager, state, i.Lifecycle.State, i.Lifecycle.Overridden} {
		b = codec.AppendText(b, text)
	}
	b = append(b, byte(btoi(i.Lifecycle.ManuallyUpdated)))
	w.key = b
	kind, known := w.known[string(b)]
	if known || len(w.kinds.list) >= maxKinds {
		return kind
	}

	r := Result{Identity: &identity.Identity{Lifecycle: i.Lifecycle, Attributes: i.Attributes}}
	c.enterState(&r, i.Attributes)
	f := briefFacts{codes: i.ExceptionCodes, warnings: warnings, manager: manager, lifecycle: r.Lifecycle}
	kind = w.kinds.number(string(append(f.append(nil), b...))) // what stands behind the facts tells kinds apart
	w.known[string(b)] = kind
	return kind
}
