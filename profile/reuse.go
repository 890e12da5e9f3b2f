package profile

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// An identity keeps an attribute without evaluating it when nothing that the
// mapping reads can have changed since the store got the value: neither the
// accounts, nor the configuration of the mapping, nor the clock if it asks for
// it, nor an identity attribute that it reads. What an identity's attributes
// rest on is in a [runState]. Links, managers, uid claims, exceptions
// and lifecycle states are settled over everybody in every run.

// ReadsStored reports whether some mapping can read what is stored of an identity: its
// own value before the run, one of a cycle, or one that is not mapped. Without such a
// mapping a second run over the same accounts gives the values of the first.
func (e *Engine) ReadsStored(o RunOptions) bool {
	r := e.NewRun(o)
	return slices.ContainsFunc(e.profiles, func(c *compiled) bool { return r.basisOf(c).anyOld })
}

const printSize = 8 // characters of a fingerprint

// basisOf works out what the mappings of a profile rest on.
func (r *Run) basisOf(c *compiled) *basis {
	n := len(c.attrs)
	b := &basis{prints: make([]string, n), reads: make([][]int, n), any: make([]bool, n), always: make([]bool, n),
		now: make([]bool, n), old: make([]bool, n)}
	common := r.commonPrint()
	var names []string
	for i, a := range c.attrs {
		r.basisOfAttribute(b, c, i, common)
		if a.name == config.AttrUID || a.name == config.AttrManager {
			b.settled = append(b.settled, i)
			names = append(names, a.name)
		}
	}

	b.setNotes(names, r.frame)
	b.cycles()
	b.anyOld = slices.Contains(b.old, true)
	return b
}

func (r *Run) basisOfAttribute(b *basis, c *compiled, i int, common string) {
	a := &c.attrs[i]
	d := &a.program.Deps
	reach := reachable{transforms: r.engine.transforms, state: map[string]uint8{}}

	// What an attribute rests on: its own tree with all it refers to, what it reads, and what cannot
	// be known.
	reach.add(effective(c.profile.Mappings[i], new(diag.Collector)).Node)
	b.always[i] = reach.unclear || d.Others || d.Unique || len(d.Rules) > 0
	b.now[i], b.any[i] = d.Now, d.AnyIdentity
	b.old[i] = d.OldValue || d.AnyIdentity || r.engine.opts.SnapshotOrder && len(d.Identity) > 0
	for _, name := range d.Identity {
		j, ok := c.slots[name]
		if !ok || name == config.AttrLifecycle {
			b.old[i] = true
			continue
		}

		b.reads[i] = append(b.reads[i], j)
	}

	// Random values depend on the seed, and on the place they are drawn at.
	seed := ""
	if d.Random {
		seed = strconv.FormatUint(r.opts.Seed, 36) + c.profile.Name // which is part of the path that numbers are drawn by
	}

	// The fingerprint covers everything that decides about the value but for what is read.
	sum := sha256.Sum256([]byte(strings.Join([]string{common, a.name, strconv.FormatBool(a.multi), seed,
		string(reach.text)}, "\x00")))
	b.prints[i] = base64.RawURLEncoding.EncodeToString(sum[:])[:printSize]
}

// commonPrint is what every mapping depends on.
func (r *Run) commonPrint() string {
	limits := r.opts.Limits
	parts := []string{strconv.FormatInt(limits.Steps, 36), strconv.FormatInt(limits.Output, 36),
		strconv.FormatBool(r.engine.opts.SnapshotOrder)}
	if limits.Value != 0 || limits.Identity != 0 {
		parts = append(parts, strconv.FormatInt(limits.Value, 36), strconv.FormatInt(limits.Identity, 36))
	}
	for _, s := range r.engine.sourceInfos() {
		parts = append(parts, s.Name, s.ID, s.ApplicationName, strings.Join(s.Attributes, "\x01"))
	}
	return strings.Join(parts, "\x02")
}

// cycles marks attributes that can read themselves: one of a cycle sees a stored
// value.
func (b *basis) cycles() {
	for i := range b.reads {
		seen := make([]bool, len(b.reads))
		var visit func(j int) bool
		visit = func(j int) bool {
			return slices.ContainsFunc(b.reads[j], func(k int) bool {
				if k == i {
					return true
				}
				if seen[k] {
					return false
				}
				seen[k] = true
				return visit(k)
			})
		}

		b.old[i] = b.old[i] || visit(i)
	}
}

// reachable gathers the text of a definition and of all stored transforms that
// it leads to.
type reachable struct {
	transforms map[string]*transform.Definition
	state      map[string]uint8 // of stored transforms: todo, busy, done
	text       []byte
	unclear    bool // which transforms it leads to is known only in the evaluation
}

func (r *reachable) add(n *jsondoc.Node) {
	r.text = append(n.Append(r.text), 0)
	n.Walk(r.visit)
}

// visit follows a reference to the stored transform, whose text decides about the
// value as well.
func (r *reachable) visit(n *jsondoc.Node) bool {
	if n.Get("type").Text() != "reference" {
		return true
	}

	id := n.At("attributes", "id")
	if id.IsNull() {
		id = n.Get("id")
	}
	name, literal := id.Str()

	// A name that is computed may mean any transform.
	r.unclear = r.unclear || !literal || strings.ContainsAny(name, "$#")

	// Each transform is visited once; one that refers to itself is unclear.
	if def := r.transforms[name]; def != nil {
		switch r.state[name] {
		case todo:
			r.state[name] = busy
			r.add(def.Node)
			r.state[name] = done
		case busy:
			r.unclear = true
		}
	}

	return true
}

// closure adds to the attributes that have to be evaluated those that read them.
func (b *basis) closure(need []bool) {
	for grown := true; grown; {
		grown = false
		some := slices.Contains(need, true)
		for i := range need {
			if !need[i] && (some && b.any[i] || slices.ContainsFunc(b.reads[i], func(j int) bool { return need[j] })) {
				need[i], grown = true, true
			}
		}
	}
}

// needs are the attributes to evaluate of identities that have an evaluation in
// common.
type needs struct {
	some []bool
	none bool // nothing is to be evaluated
}

type needsKey struct {
	rank     int
	mappings string
	now      bool // the clock stands where it stood
	stable   bool
}

// keeper tells a goroutine what it may keep.
type keeper struct {
	*tables
	known map[needsKey]*needs
	slots map[slotsKey]*storedSlots
	row   []byte

	lastKey   needsKey
	lastNeeds *needs
}

// storedSlots are the slots of stored attributes, by attribute of a profile.
type storedSlots struct {
	slots []int
	same  bool // the schemas have the same names in the same order
}

// slotsKey is what the slots depend on.
type slotsKey struct {
	rank   int
	schema *identity.Schema
}

func newKeeper(t *tables) *keeper {
	return &keeper{tables: t, known: map[needsKey]*needs{}, slots: map[slotsKey]*storedSlots{}}
}

// needs returns what has to be evaluated of a stored identity; nil: everything.
func (k *keeper) needs(n int32) *needs {
	s, q := k.storedOf(n), &k.people[n]
	if !k.opts.Incremental || s == nil || stateOf(s).unknown() || q.linksChanged || q.profile < 0 {
		return nil
	}
	c := k.engine.profiles[q.profile]
	if s.Profile != c.profile.Name || !c.profile.Enabled {
		return nil
	}

	// A new or changed account may change anything.
	if k.fullRun || k.changed.Has(n) {
		for a := q.first; a >= 0; a = k.state[a].next {
			if st := &k.state[a]; st.presence == isNew || st.difference != noDifference {
				return nil
			}
		}
	}

	// What has to be evaluated is the same for all who were evaluated by the same mappings, so it is
	// worked out once for them.
	note := stateOf(s)
	b := k.bases[c.rank]
	key := needsKey{rank: c.rank, mappings: note.mappings(), now: s.Evaluated.Equal(k.opts.Now), stable: note.stable()}
	list := k.lastNeeds
	if key != k.lastKey || list == nil {
		if list = k.known[key]; list == nil {
			list = b.needs(&key)
			k.known[key] = list
		}

		k.lastKey, k.lastNeeds = key, list
	}

	raised := note.errors()
	if len(raised) == 0 {
		return list
	}

	// Those that raised before may have been waiting for somebody else.
	some := slices.Clone(list.some)
	for _, name := range raised {
		if i, ok := c.slots[name.Text()]; ok {
			some[i] = true
		}
	}

	b.closure(some)
	return &needs{some: some}
}

func (b *basis) needs(key *needsKey) *needs {
	before := map[string]bool{}
	for m := key.mappings; len(m) >= printSize; m = m[printSize:] {
		before[m[:printSize]] = true
	}
	l := &needs{some: make([]bool, len(b.prints))}
	for i, p := range b.prints {
		l.some[i] = !before[p] || b.always[i] || b.now[i] && !key.now || b.old[i] && !key.stable
	}
	b.closure(l.some)
	l.none = !slices.Contains(l.some, true)
	return l
}

// kept puts the values that need not be evaluated into an evaluation, as they
// were when they were evaluated.
func (k *keeper) kept(n int32, l *needs, x *evaluation) {
	s, c := k.storedOf(n), x.profile
	slots := k.slotsOf(c, s.Attributes.Schema()).slots
	for i := range x.values {
		if !l.some[i] {
			x.values[i], x.state[i] = s.Attributes.At(slots[i]), done
		}
	}

	stateOf(s).given(func(name string, v identity.Value) {
		if i, ok := c.slots[name]; ok && !l.some[i] {
			x.values[i] = v
		}
	})
}

// all returns the row of an identity of which nothing is evaluated; ok is false
// when it has to be put together value by value.
func (k *keeper) all(n int32) (row []byte, ok bool) {
	s, c := k.storedOf(n), k.engine.profiles[k.people[n].profile]
	if !k.slotsOf(c, s.Attributes.Schema()).same {
		return nil, false
	}
	a := identity.FromRow(c.schema, s.Attributes.Row())
	slot, value := -1, identity.Value{} // the last one, which is put into memory that is used again
	stateOf(s).given(func(name string, v identity.Value) {
		if i, known := c.slots[name]; known {
			if slot >= 0 {
				a = identity.FromRow(c.schema, string(identity.AppendReplaced(nil, a, slot, value)))
			}
			slot, value = i, v
		}
	})

	// The last value is replaced in the row that is handed on, without another copy.
	if slot < 0 {
		k.row = append(k.row[:0], a.Row()...)
	} else {
		k.row = identity.AppendReplaced(k.row[:0], a, slot, value)
	}

	return k.row, len(k.row) > 0
}

func (k *keeper) slotsOf(c *compiled, schema *identity.Schema) *storedSlots {
	key := slotsKey{c.rank, schema}
	s := k.slots[key]
	if s == nil {
		s = &storedSlots{slots: make([]int, len(c.attrs)), same: slices.Equal(c.schema.Names(), schema.Names())}
		for i, a := range c.attrs {
			slot, ok := schema.Slot(a.name)
			if !ok {
				slot = -1
			}
			s.slots[i] = slot
		}

		k.slots[key] = s
	}

	return s
}

// findBases works out what mappings depend on. A run whose outcome is not stored
// needs no record of that.
func (t *tables) findBases() {
	t.bases = nil
	if t.opts.Stored == nil {
		return
	}
	for _, c := range t.engine.profiles {
		t.bases = append(t.bases, t.basisOf(c))
	}
}
