package survey

import (
	"context"
	"io/fs"
	"iter"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// Options say how a survey is taken. The zero Options list five of each.
type Options struct {
	Run profile.RunOptions // of the run; its hooks are called
	// Examples is how many patterns, values and reasons are listed; 0: five.
	Examples int
	// OnFinding hears what reading the accounts has to say; nil: nobody does.
	OnFinding func(diag.Diagnostic)
	// Library tells what transforms read, and which look something up; nil: that of the platform.
	Library *transform.Library
}

// Report is what a survey found. Its JSON form is stable: members may be added, never
// renamed or removed.
type Report struct {
	Sources    []*Source    `json:"sources"`    // in the order of the configuration
	Attributes []*Attribute `json:"attributes"` // by profile, in the order of the mappings
	Outside    []*Lookup    `json:"outside"`    // look-ups that miss values
	Identities int          `json:"identities"`
}

// Source is the accounts of a source.
type Source struct {
	Name     string       `json:"name"`
	Files    []string     `json:"files"`
	Accounts int          `json:"accounts"`
	Columns  []ColumnInfo `json:"columns"` // in the order of the schema or the file
	Missing  []Missing    `json:"missing"` // what is read and not there
	LeftOut  []string     `json:"leftOut"` // columns that the account schema does not have
}

// ColumnInfo is a column of a source.
type ColumnInfo struct {
	Name   string   `json:"name"`
	Unread bool     `json:"unread,omitempty"` // nobody reads it
	ReadBy []string `json:"readBy"`
	Stats
}

// Missing is a column that the configuration reads and no account has.
type Missing struct {
	Name    string   `json:"name"`
	Message string   `json:"message"`
	Hint    string   `json:"hint,omitempty"`
	Pos     diag.Pos `json:"pos,omitzero"`
}

// Attribute is an identity attribute of a profile. Rows are the identities of the profile.
type Attribute struct {
	Profile string `json:"profile"`
	Name    string `json:"name"`
	Stats
	Nulls []Null `json:"nulls"` // why it is null, the most frequent reason first
}

// Null is a reason for no value.
type Null struct {
	Reason  string         `json:"reason"`
	Count   int            `json:"count"`
	Example identity.Value `json:"example"` // value that was at fault; null: there is none
	Who     string         `json:"who"`     // account of one of them
}

// Lookup is a look-up with the values that are not in its table.
type Lookup struct {
	Profile   string   `json:"profile"`
	Attribute string   `json:"attribute"`
	Pos       diag.Pos `json:"pos,omitzero"` // of the look-up
	Fails     bool     `json:"fails"`        // it has no default
	Count     int      `json:"count"`
	Values    []Count  `json:"values"`
}

// Take reads the account files below the folder, runs them through the engine of the
// bundle and tells what is there. Errors are those of the run.
func Take(ctx context.Context, fsys fs.FS, b *config.Bundle, e *profile.Engine, o Options) (*Report, error) {
	if o.Examples <= 0 {
		o.Examples = 5
	}
	if o.Library == nil {
		o.Library = builtin.Library()
	}
	t := &taker{o: o, b: b, engine: e, sources: map[string]*sourceTaker{}, attributes: map[[2]string]*attributeTaker{},
		lookups: map[lookupKey]*lookupTaker{}}
	for _, s := range b.Sources {
		t.sources[s.Name] = &sourceTaker{columns: map[string]*Column{}}
	}
	opened, found := b.OpenAccounts(fsys, config.Listener{OnFinding: t.finding})
	for _, d := range found {
		t.finding(d)
	}

	// Accounts are counted as the run reads them, so that the files are read once.
	for i, s := range opened {
		opened[i] = &watched{Source: s, to: t.sources[s.Name()]}
	}

	run := e.NewRun(o.Run)
	explainer := run.Evaluator(ctx)
	for r, err := range e.Run(ctx, o.Run, opened...) {
		if err != nil {
			return nil, err
		}
		if err := t.identity(explainer, r); err != nil {
			return nil, err
		}
	}

	return t.report(), nil
}

// taker gathers.
type taker struct {
	o          Options
	b          *config.Bundle
	engine     *profile.Engine
	sources    map[string]*sourceTaker
	attributes map[[2]string]*attributeTaker // by profile and name
	lookups    map[lookupKey]*lookupTaker
	profiles   map[string]*profileTaker
	found      diag.List // columns that are left out
	identities int
}

type sourceTaker struct {
	accounts int
	names    []string // of columns, in order
	columns  map[string]*Column
	schema   *identity.Schema // of the last account
	slots    []*Column        // its columns, as far as they have been seen
	row      []identity.Value // of the last account
}

type attributeTaker struct {
	Column
	nulls map[string]*Null
	known *known // nil: each person is explained
}

// profileTaker is what is looked at for everybody of a profile.
type profileTaker struct {
	rows       int
	names      []string
	attributes []*attributeTaker // by place in names
	lookups    []bool            // whether the mapping has a look-up
	schema     *identity.Schema  // of the last identity
	slots      []int             // where it has the names; -1: nowhere
	row        []identity.Value  // of the last identity
	why        []string          // attributes of which there is something to say
}

// of returns the values of an identity for the names of the profile.
func (p *profileTaker) of(i *identity.Identity) func(place int) identity.Value {
	schema := i.Attributes.Schema()

	// The schema of a profile is the same for nearly all, so slots are looked up when it changes.
	if p.slots == nil || schema != p.schema {
		p.schema, p.slots = schema, p.slots[:0]
		for _, name := range p.names {
			slot, ok := schema.Slot(name)
			if !ok {
				slot = -1
			}
			p.slots = append(p.slots, slot)
		}
	}

	p.row = p.row[:0]
	if schema != nil {
		p.row = i.Attributes.AppendValues(p.row)
	}
	return func(place int) identity.Value {
		if slot := p.slots[place]; slot >= 0 {
			return p.row[slot]
		}
		return identity.Value{}
	}
}

type lookupKey struct {
	profile, attribute string
	pos                diag.Pos
}

type lookupTaker struct {
	count, others int
	fails         bool
	values        map[string]int
}

// watched is a source whose accounts are counted while they are read.
type watched struct {
	identity.Source
	to *sourceTaker
}

// Refused returns how many accounts the source has refused.
func (w *watched) Refused() int {
	if r, ok := w.Source.(identity.Refuser); ok {
		return r.Refused()
	}
	return 0
}

// Accounts yields the accounts of the source.
func (w *watched) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		*w.to = sourceTaker{columns: map[string]*Column{}} // it may be read again
		for a, err := range w.Source.Accounts(ctx) {
			if err == nil {
				w.to.account(&a)
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

func (t *sourceTaker) account(a *identity.Account) {
	t.accounts++
	schema := a.Attributes.Schema()

	// An account without attributes counts as one and fills no column.
	if schema == nil {
		return
	}
	if schema != t.schema {
		t.schema, t.slots = schema, make([]*Column, schema.Len())
	}
	t.row = a.Attributes.AppendValues(t.row[:0])
	for i, c := range t.slots {
		v := t.row[i]
		if v.IsNull() {
			continue
		}
		if c == nil {
			c = t.column(schema.Names()[i])
			t.slots[i] = c
		}
		c.Add(v)
	}
}

// column returns the column of a name, which is new when no account has had it.
func (t *sourceTaker) column(name string) *Column {
	c := t.columns[name]
	if c == nil {
		c = &Column{}
		name = strings.Clone(name)
		t.columns[name] = c
		t.names = append(t.names, name)
	}
	return c
}

// finding keeps what is said of columns.
func (t *taker) finding(d diag.Diagnostic) {
	if d.Code == codeColumnUnknown {
		same := func(o diag.Diagnostic) bool { return o.Message == d.Message && o.Pos == d.Pos }
		if !slices.ContainsFunc(t.found, same) {
			t.found = append(t.found, d)
		}
	}

	if t.o.OnFinding != nil {
		t.o.OnFinding(d)
	}
}

// profile returns what is looked at in a profile.
func (t *taker) profile(name string) *profileTaker {
	if t.profiles == nil {
		t.profiles = map[string]*profileTaker{}
	}
	p := t.profiles[name]
	if p != nil {
		return p
	}
	p = &profileTaker{}
	t.profiles[name] = p
	if cfg := t.b.Profile(name); cfg != nil {
		for _, m := range cfg.Mappings {
			if slices.Contains(p.names, m.Attribute) {
				continue
			}
			at := &attributeTaker{nulls: map[string]*Null{}, known: t.known(name, m)}
			t.attributes[[2]string{name, m.Attribute}] = at
			p.names, p.attributes = append(p.names, m.Attribute), append(p.attributes, at)
			p.lookups = append(p.lookups, m.Definition != nil && t.looksUp(m.Definition.Node))
		}
	}

	return p
}

// looksUp reports whether there is a look-up in a transform or behind it.
func (t *taker) looksUp(n *jsondoc.Node) bool {
	return t.b.Any(n, func(m *jsondoc.Node) bool {
		typ := m.Get("type").Text()
		return typ != "" && tableOf(t.o.Library.About(typ)) != ""
	})
}

// identity takes one identity of the run.
func (t *taker) identity(explainer *profile.Evaluator, r *profile.Result) error {
	t.identities++
	p := t.profile(r.Identity.Profile)
	p.rows++
	p.why = p.why[:0]
	value := p.of(r.Identity)

	// Values are counted for everybody; why one is missing is asked only of those for whom it is.
	for i, at := range p.attributes {
		v := value(i)
		at.Add(v)
		if (v.IsNull() || p.lookups[i]) && !t.again(r, at, p.names[i], v.IsNull()) {
			p.why = append(p.why, p.names[i])
		}
	}
	if len(p.why) == 0 {
		return nil
	}

	trace, err := explainer.ExplainResult(r, p.why...)
	if err != nil {
		return err
	}
	for i := range trace.Attributes {
		a := &trace.Attributes[i]
		at := t.attributes[[2]string{r.Identity.Profile, a.Name}]
		said := &answer{}
		outside(t.o.Library, a.Step, func(s *profile.Step) {
			said.missed = append(said.missed, missed{pos: s.Pos, fails: s.Failed, text: strings.Clone(s.Input.Text())})
		})
		if r.Identity.Attribute(a.Name).IsNull() {
			reason, example := Reason(a.Step)
			if reason == "" {
				// The reason for a null that the steps do not know is that the run did not keep the value.
				reason = notKept(r, a)
				if a.Name != config.AttrManager {
					at.known = nil // it is not the accounts that decide
				}
			}
			if said.null = at.nulls[reason]; said.null == nil {
				said.null = &Null{Reason: reason, Example: example.Clone(), Who: strings.Clone(r.Account.String())}
				at.nulls[reason] = said.null
			}
		}

		at.known.keep(r, said)
		t.say(r.Identity.Profile, a.Name, said)
	}

	return nil
}

// say counts what there is to say of an attribute of somebody.
func (t *taker) say(profile, attribute string, a *answer) {
	for i := range a.missed {
		t.miss(profile, attribute, &a.missed[i])
	}
	if a.null != nil {
		a.null.Count++
	}
}

// notKept says why an identity does not have what its mapping gives.
func notKept(r *profile.Result, a *profile.AttributeTrace) string {
	switch {
	case a.Name == config.AttrManager && r.Manager.State != "":
		return "manager correlation: " + r.Manager.State
	case a.Name == config.AttrUID && slices.ContainsFunc(r.Exceptions,
		func(e profile.Exception) bool { return e.Code == profile.DuplicateUID }):
		return "another identity has the value"
	case a.Note != "":
		return "the mapping gives a value: " + quoted.ReplaceAllString(a.Note, "…")
	}

	return "the mapping gives a value that the run does not keep"
}

// miss counts a value that a look-up does not have.
func (t *taker) miss(profile, attribute string, m *missed) {
	key := lookupKey{profile: profile, attribute: attribute, pos: m.pos}
	l := t.lookups[key]
	if l == nil {
		l = &lookupTaker{values: map[string]int{}}
		t.lookups[key] = l
	}

	l.count++
	l.fails = l.fails || m.fails
	count(l.values, m.text, maxValues, &l.others)
}
