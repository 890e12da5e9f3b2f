package transform

import (
	"context"
	"math/rand/v2"
	"slices"
	"unsafe"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform/internal/javaregex"
	"github.com/idprofile/engine/transform/internal/limit"
	"github.com/idprofile/engine/transform/internal/velocity"
)

// Scope is the state of evaluations on one goroutine: whom they are for, the
// implicit input, variables, scratch memory. Make one with [Unit.NewScope] and
// use it again and again; it must not be shared.
//
// Values that programs return may point into the scope's memory and hold until
// the next [Scope.Reset]. Keep longer what [identity.Value.Clone] returns or
// what is packed into [identity.Attributes].
type Scope struct {
	unit *Unit
	env  *Env
	ctx  context.Context

	round     uint32 // counts subjects, see [Scope.Reset]
	subject   Subject
	calc      *Calculation // has the attribute that is calculated, by calcAt; nil: the next two have it
	calcAt    int
	attribute string
	oldValue  identity.Value
	extra     map[string]identity.Value
	field     map[string]identity.Value
	counter   identity.Value // $uniqueCounter

	input       identity.Value
	vars        []identity.Value // of variables; a null one is not set
	shared      []sharedValue
	accounts    [][]*identity.Account // by source slot, oldest first
	all         []identity.Account
	active      []bool           // targets under evaluation, when references can loop
	columns     []column         // last schema seen by an account read, and the slot there
	reads       []groupRead      // by readGroup
	groupRounds []uint32         // by readGroup: its values are those of the current subject when this is its round
	firsts      []identity.Value // of the columns of all groups
	numbers     []valueNumbers   // by base
	numbered    []subjectNumber  // by base, tuples behind columns: of the current subject
	tuples      []tupleNumbers   // by tuple
	computing   int              // the tuple, as a base, for which a result is computed to be remembered
	remembered  int              // room taken by results for tuples
	rendered    []valueNumbers   // by renderNode
	memories    []memory         // by memoNode
	draws       []uint32         // how often each random stream was begun
	source      rand.PCG         // of random
	random      *rand.Rand       // see [Stream.Rand]
	chosen      []chosen         // by choice, see [Compiler.Choice]
	reader      AccountReader    // for the filter that is asked now

	century    int64 // see [Scope.CenturyStart]
	references int   // under evaluation, when they can loop
	limits     Limits
	budget     limit.Budget
	arena      []byte
	render     []velocity.Value
	templates  velocity.Memory
	patterns   javaregex.Memory
	touched    byte // see [Scope.Reset]
	moments    [moments]moment
	spare      []byte // for templates that may evaluate something else meanwhile
	trace      *Tracer
}

type sharedValue struct {
	value identity.Value
	err   error
	cost  cost
	round uint32 // known when it is the scope's
}

// cost is what an evaluation has spent of its budget.
type cost struct{ steps, output int64 }

func (c cost) since(earlier cost) cost {
	return cost{c.steps - earlier.steps, c.output - earlier.output}
}

// spent returns what was spent since the start, up to a constant.
func (s *Scope) spent() cost { return cost{-s.budget.Steps, -s.budget.Output} }

// charge spends again what a result has cost that is already there.
func (s *Scope) charge(c cost) error {
	if err := s.budget.Spend(c.steps); err != nil {
		return err
	}
	return s.budget.Produce(int(c.output))
}

// NewScope returns a scope for the programs of u. The environment is shared; nil
// is the zero [Env].
func (u *Unit) NewScope(ctx context.Context, env *Env) *Scope {
	if env == nil {
		env = &Env{}
	}

	s := &Scope{unit: u, env: env, ctx: ctx, limits: env.Limits.OrDefaults(),
		century: env.Now.UTC().AddDate(-80, 0, 0).UnixMilli()}
	s.fit()
	s.numbers[0].off = true
	for i := range u.columns {
		if k := &u.columns[i]; k.numbered {
			g := &s.reads[k.group]
			at := k.place - u.groups[k.group].place
			g.numbered = append(g.numbered, numberedColumn{at: at, values: &s.numbers[1+i], number: &s.numbered[1+i]})
		}
	}
	return s
}

// fit gives the scope room for everything that its unit numbers.
func (s *Scope) fit() {
	u := s.unit
	grow(&s.vars, u.vars)
	grow(&s.shared, u.sharedSlots)
	grow(&s.accounts, u.slotCount())
	grow(&s.active, u.indexes)
	grow(&s.columns, len(u.columns))
	grow(&s.reads, len(u.groups))
	grow(&s.groupRounds, len(u.groups))
	grow(&s.firsts, u.firsts)
	grow(&s.draws, u.streams)
	grow(&s.chosen, len(u.choices))
	grow(&s.numbers, 1+len(u.columns))
	grow(&s.numbered, 1+len(u.columns)+len(u.tuples))
	grow(&s.tuples, len(u.tuples))
	grow(&s.rendered, u.templates)
	grow(&s.memories, u.resultSlots)
	for slot, base := range u.memoBases {
		s.memories[slot].number = &s.numbered[base]
	}
}

func grow[T any](list *[]T, n int) {
	if n > len(*list) {
		*list = append(*list, make([]T, n-len(*list))...)
	}
}

// Reset starts the evaluations for another subject: its accounts are taken as
// they are (in the given order) and must not change while the scope is used.
// Subject may be nil. Values from before are invalid afterwards.
func (s *Scope) Reset(subject Subject, accounts []identity.Account) {
	s.subject, s.all = subject, accounts
	s.arena = s.arena[:0]
	s.nextRound()
	for i := range s.accounts {
		s.accounts[i] = s.accounts[i][:0]
	}

	// Sorting the accounts by source once spares every read the search. The rows will be read:
	// who asks for them now, without waiting, finds them later.
	for i := range accounts {
		a := &accounts[i]
		if row := a.Attributes.Row(); row != "" {
			s.touched += row[0] + row[len(row)/2] + row[len(row)-1]
		}
		if slot, ok := s.unit.slot(a.Source); ok {
			s.accounts[slot] = append(s.accounts[slot], a)
		}
	}

	// Nearly everybody has one account on a source, or a few in order.
	for _, list := range s.accounts {
		if len(list) > 1 && !slices.IsSortedFunc(list, ByCreated) {
			slices.SortStableFunc(list, ByCreated)
		}
	}

	s.start()
}

// Forget drops what is remembered of the subject, because what is read of it has
// changed. Values that were given stay valid.
func (s *Scope) Forget() { s.nextRound() }

// nextRound forgets what is known of the last subject.
func (s *Scope) nextRound() {
	// Results of the last subject go stale by their number alone; nothing is cleared.
	if s.round++; s.round == 0 { // after four billion subjects
		clear(s.shared)
		clear(s.groupRounds)
		clear(s.numbered)
		clear(s.chosen)
		clear(s.moments[:])
		s.round = 1
	}
}

// start gives the next evaluation its own budget and fresh random streams.
func (s *Scope) start() {
	s.budget.Steps, s.budget.Output = s.limits.Steps, s.limits.Output
	if len(s.draws) > 0 {
		clear(s.draws)
	}
}

// ByCreated orders accounts oldest first; those without creation time come last
// (DECISION 49).
func ByCreated(a, b *identity.Account) int {
	switch {
	case a.Created.IsZero() && b.Created.IsZero():
		return 0
	case a.Created.IsZero():
		return 1
	case b.Created.IsZero():
		return -1
	}

	return a.Created.Compare(b.Created)
}

// SetAttribute names the identity attribute that is calculated next, and its
// previous value: $attributeDefinition and $oldValue of templates.
func (s *Scope) SetAttribute(name string, oldValue identity.Value) {
	s.calc, s.attribute, s.oldValue = nil, name, oldValue
}

// SetField gives the context of an account create profile: the attributes of
// the field around the transform, and the values of the fields before it, which
// templates see as variables.
func (s *Scope) SetField(field, earlier map[string]identity.Value) {
	s.field, s.extra = field, earlier
}

// CenturyStart returns the beginning of the hundred years in which two-digit
// years are placed, in milliseconds since 1970: 80 years before now.
func (s *Scope) CenturyStart() int64 { return s.century }

// Env returns the environment of the evaluation.
func (s *Scope) Env() *Env { return s.env }

// SetContext replaces the context for the evaluations that follow.
func (s *Scope) SetContext(ctx context.Context) { s.ctx = ctx }

// Context returns the context of the run.
func (s *Scope) Context() context.Context { return s.ctx }

// Subject returns whom the evaluation is for; it may be nil.
func (s *Scope) Subject() Subject { return s.subject }

// Attribute returns the identity attribute that is calculated, if any.
func (s *Scope) Attribute() string {
	if s.calc != nil {
		return s.calc.Schema.Name(s.calcAt)
	}
	return s.attribute
}

// OldValue returns the stored value of that attribute.
func (s *Scope) OldValue() identity.Value {
	if s.calc != nil {
		return s.calc.Before(s.calcAt)
	}
	return s.oldValue
}

// SetCounter sets $uniqueCounter; null unsets it.
func (s *Scope) SetCounter(v identity.Value) { s.counter = v }

// Field returns an attribute of the account create profile's field.
func (s *Scope) Field(name string) identity.Value { return s.field[name] }

// Accounts returns the accounts of a source slot, oldest first.
func (s *Scope) Accounts(slot int) []*identity.Account { return s.accounts[slot] }

// AccountsOf returns the accounts of the source with that display name, oldest
// first.
func (s *Scope) AccountsOf(source string) []*identity.Account {
	if slot, ok := s.unit.slot(source); ok {
		return s.accounts[slot]
	}

	// No program names this source by a constant, so it has no slot.
	var list []*identity.Account
	for i := range s.all {
		if s.all[i].Source == source {
			list = append(list, &s.all[i])
		}
	}

	slices.SortStableFunc(list, ByCreated)
	return list
}

// Spend takes steps from the evaluation's budget.
func (s *Scope) Spend(n int64) error { return s.budget.Spend(n) }

// Budget returns the counters, for engines that spend on their own.
func (s *Scope) Budget() *Budget { return &s.budget }

// Patterns returns the memory of regular expressions.
func (s *Scope) Patterns() *javaregex.Memory { return &s.patterns }

// Buffer returns empty scratch space to append to. Turn it into a value with
// [Scope.Text] before anything else is evaluated.
func (s *Scope) Buffer() []byte { return s.arena[len(s.arena):] }

const chunk = 16 << 10

// Text returns the text that was appended to a [Scope.Buffer] as a value.
func (s *Scope) Text(buf []byte) (identity.Value, error) {
	n := len(buf)
	if n == 0 {
		return identity.StringValue(""), nil
	}
	if s.budget.Output -= int64(n); s.budget.Output < 0 { // as Produce
		return identity.Value{}, limit.Err
	}

	// A text that was appended in place is taken over without copying.
	if at := len(s.arena); at < cap(s.arena) && &buf[0] == &s.arena[:at+1][at] {
		s.arena = s.arena[:at+n]
	} else {
		s.refill()
	}
	return identity.StringValue(unsafe.String(&buf[0], n)), nil
}

// refill makes a new chunk when a text did not fit into what is left of the last one, so that
// it has memory of its own.
func (s *Scope) refill() {
	if cap(s.arena)-len(s.arena) < chunk/8 {
		s.arena = make([]byte, 0, chunk)
	}
}

// Same returns a text that an operation leaves as it was. It counts as produced,
// so that limits do not depend on shortcuts.
func (s *Scope) Same(text string) (identity.Value, error) {
	return identity.StringValue(text), s.budget.Produce(len(text))
}

// All evaluates all items and appends their values to dst. The first error wins.
func (s *Scope) All(items []Child, dst []identity.Value) ([]identity.Value, error) {
	at := len(dst)
	dst = slices.Grow(dst, len(items))[:at+len(items)]
	for i, values := 0, dst[at:]; i < len(values); i++ {
		v, err := items[i].Eval(s)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}

	return dst, nil
}

// SourceByID returns the display name of the known source with that id.
func (s *Scope) SourceByID(id string) (string, bool) {
	src, ok := s.unit.catalogue.byID[id]
	if !ok {
		return "", false
	}
	return src.Name, true
}

// HasSources reports whether there is a catalogue of sources.
func (s *Scope) HasSources() bool { return s.unit.opts.Sources != nil }

// SourceByApplication returns the display name of the known source with that
// immutable name.
func (s *Scope) SourceByApplication(name string) (string, bool) {
	src, ok := s.unit.catalogue.byApplication[name]
	if !ok {
		return "", false
	}
	return src.Name, true
}

// Nested evaluates another program while one is being evaluated in this scope:
// how an attribute that reads another one gets its value on demand. It has a
// budget of its own.
func (s *Scope) Nested(p *Program, attribute string, oldValue, input identity.Value) (identity.Value, error) {
	// The program that waits must find everything as it left it.
	saved := *s
	s.vars, s.draws = slices.Clone(s.vars), slices.Clone(s.draws)

	// The other program may refer to the transforms that are being evaluated here: that is no
	// cycle.
	if s.unit.loops {
		s.active, s.references = make([]bool, len(s.active)), 0
	}

	s.SetAttribute(attribute, oldValue)
	v, err := p.Eval(s, input)
	s.input, s.budget = saved.input, saved.budget
	s.calc, s.calcAt, s.attribute, s.oldValue = saved.calc, saved.calcAt, saved.attribute, saved.oldValue
	s.vars, s.draws, s.active, s.references = saved.vars, saved.draws, saved.active, saved.references
	return v, err
}
