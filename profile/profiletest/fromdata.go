package profiletest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// DataOptions say how test cases are made of real data.
type DataOptions struct {
	// Identities are identity ids, account names, uids or account ids.
	Identities []string
	// Mask replaces what tells who the people are, by other text of the same
	// shape. Expectations are those of the masked data. Key makes the masked
	// text differ from that of others.
	// Columns of accounts that have few values, such as countries, are no names of
	// people whatever they are called, and stay as they are.
	Mask bool
	Key  string
	// OnMasked is told what of a case comes out differently with masked accounts: an
	// attribute that is null or an error now and was not, or the reverse. nil: nobody is.
	OnMasked func(MaskedChange)
}

// MaskedChange is something that masking changes besides text.
type MaskedChange struct {
	Case    string // its name
	What    string // such as: attribute "phone"
	Was, Is string // null, a value, an error, or what it is
}

func (m MaskedChange) String() string {
	return fmt.Sprintf("case %q: %s is %s with masked accounts, and was %s", m.Case, m.What, m.Is, m.Was)
}

// ErrNobody is returned when the data have no such identity.
var ErrNobody = errors.New("no such identity in the data")

// FromData runs the accounts of a folder and writes a test file for the given
// identities: their accounts, the others that matter to them (managers, holders of
// the same uid) and, as expectations, what the engine gives now: a starting point
// to be reviewed, not a proof.
func FromData(ctx context.Context, e *profile.Engine, fsys fs.FS, o Options, d DataOptions) ([]byte, error) {
	b := e.Bundle()
	sources, found := b.Accounts(fsys, nil)
	if err := found.Err(); err != nil {
		return nil, err
	}

	// Everybody is evaluated, since managers and holders of a uid may be anybody.
	w := &dataWriter{engine: e, options: o, data: d, people: map[string]*profile.Result{}, mask: &masker{d.Key},
		keys: keys(b), values: columnValues{}}
	w.now = o.now(b)

	var chosen []*profile.Result
	for r, err := range e.Run(ctx, profile.RunOptions{Now: w.now, Seed: b.Settings.Seed, Workers: 1}, sources...) {
		if err != nil {
			return nil, err
		}
		w.people[r.Identity.ID] = r
		w.values.note(r)
		if d.matches(r) {
			chosen = append(chosen, r)
		}
	}

	if err := d.missing(chosen); err != nil {
		return nil, err
	}
	return w.file(ctx, chosen)
}

// keys returns the attributes of accounts and identities that people are found by.
func keys(b *config.Bundle) map[string]bool {
	found := map[string]bool{"uid": true}
	for _, s := range b.Sources {
		if s.Schema != nil {
			found[s.Schema.IdentityAttribute], found[s.Schema.DisplayAttribute] = true, true
		}
		if s.Manager != nil {
			found[s.Manager.AccountAttribute], found[s.Manager.IdentityAttribute] = true, true
		}
		if s.Correlation != nil {
			for _, a := range s.Correlation.Assignments {
				found[a.Property], found[a.Value] = true, true
			}
		}
	}

	return found
}

func (d *DataOptions) matches(r *profile.Result) bool {
	return slices.ContainsFunc(d.Identities, func(name string) bool { return is(r, name) })
}

// is reports whether a result is that of the identity somebody calls so.
func is(r *profile.Result, name string) bool {
	i := r.Identity
	if name == i.ID || name == i.Alias || strings.EqualFold(name, i.Attributes.Get("uid").Text()) {
		return true
	}
	return slices.ContainsFunc(i.Accounts, func(a identity.Account) bool {
		return name == a.Key().String() ||
			name == a.NativeIdentity
	})
}

func (d *DataOptions) missing(chosen []*profile.Result) error {
	for _, name := range d.Identities {
		if !slices.ContainsFunc(chosen, func(r *profile.Result) bool { return is(r, name) }) {
			return fmt.Errorf("%w: %q", ErrNobody, name)
		}
	}

	return nil
}

// dataWriter writes cases of results.
type dataWriter struct {
	engine  *profile.Engine
	options Options
	data    DataOptions
	now     time.Time
	people  map[string]*profile.Result
	mask    *masker
	keys    map[string]bool // attributes that people are found by
	values  columnValues
}

// columnValues counts the values of the columns of accounts, by source and attribute.
type columnValues map[[2]string]*columnCount

type columnCount struct {
	filled   int
	distinct map[string]bool // up to one more than what is few
}

// fewValues is how many values a column may have that tells nothing about a single person.
const fewValues = 50

func (c columnValues) note(r *profile.Result) {
	for i := range r.Identity.Accounts {
		a := &r.Identity.Accounts[i]
		for name, v := range a.Attributes.All() {
			if v.IsNull() {
				continue
			}

			// Distinct values are counted only as far as it matters: whether a column has few.
			key := [2]string{a.Source, name}
			n := c[key]
			if n == nil {
				n = &columnCount{distinct: map[string]bool{}}
				c[key] = n
			}

			if n.filled++; len(n.distinct) <= fewValues {
				n.distinct[v.Text()] = true
			}
		}
	}
}

// few reports whether a column has few values, each of them that of several people on average.
func (c columnValues) few(source, name string) bool {
	n := c[[2]string{source, name}]
	return n != nil && len(n.distinct) <= fewValues && n.filled >= 5*len(n.distinct)
}

// file writes the cases, runs them, and puts what they give into them.
func (w *dataWriter) file(ctx context.Context, chosen []*profile.Result) ([]byte, error) {
	var cases []*jsondoc.Node
	for _, r := range chosen {
		cases = append(cases, w.oneCase(r))
	}

	// The cases are run as they will be read, masked and from text, and what they give becomes their
	// expectation. So a case passes from the first day on.
	root := jsondoc.NewObject(jsondoc.M("clock", jsondoc.NewString(w.now.Format(time.RFC3339))),
		jsondoc.M("cases", jsondoc.NewArray(cases...)))
	f, found := Parse(nil, "new"+Suffix, root.Indent())
	if err := found.Err(); err != nil {
		return nil, err
	}
	s := &Suite{Files: []*File{f}}
	bounds, found := s.bind(ctx, w.engine.Bundle(), w.engine)
	if err := found.Err(); err != nil {
		return nil, err
	}
	run := &runner{ctx: ctx, engine: w.engine, options: w.options}
	for i, c := range bounds {
		o, err := run.identity(c)
		if err != nil {
			return nil, err
		}
		if o.subject == nil {
			return nil, fmt.Errorf("%w: the masked accounts of %q make no identity", ErrNobody, c.Name)
		}
		w.report(c.Name, chosen[i], o.subject)

		// An expectation is put in last, as people write it.
		cases[i].Remove("expect") // so that it comes last
		cases[i].Set("expect", expected(o.subject))
	}

	return root.Indent(), nil
}

// report tells what masking has changed besides text.
func (w *dataWriter) report(name string, was, is *profile.Result) {
	if !w.data.Mask || w.data.OnMasked == nil {
		return
	}
	tell := func(what, was, is string) {
		if was != is {
			w.data.OnMasked(MaskedChange{Case: name, What: what, Was: was, Is: is})
		}
	}
	for _, attribute := range was.Identity.Attributes.Schema().Names() {
		tell(fmt.Sprintf("attribute %q", attribute), stateOf(was, attribute), stateOf(is, attribute))
	}
	tell("the profile", was.Identity.Profile, is.Identity.Profile)
	if status := string(is.Lifecycle.Status); status != "" { // not told in a case without one
		tell("the lifecycle status", string(was.Lifecycle.Status), status)
	}
	tell("the list of exceptions", exceptionCodes(was), exceptionCodes(is))
}

// stateOf says whether an attribute has a value, is null, or an error.
func stateOf(r *profile.Result, attribute string) string {
	switch {
	case errorOf(r, attribute) != nil:
		return "an error"
	case r.Identity.Attributes.Get(attribute).IsNull():
		return "null"
	}

	return "a value"
}

func exceptionCodes(r *profile.Result) string {
	var list []string
	for _, x := range r.Exceptions {
		list = append(list, exceptionText(x))
	}
	return "[" + strings.Join(list, "; ") + "]"
}

func (w *dataWriter) text(s string) *jsondoc.Node {
	if w.data.Mask {
		s = w.mask.text(s)
	}
	return jsondoc.NewString(s)
}

// value writes a value of an account of a source; of an identity when source is empty.
func (w *dataWriter) value(source, name string, v identity.Value) *jsondoc.Node {
	if w.data.Mask && (w.keys[name] || personal().MatchString(name) && !w.values.few(source, name)) {
		v = w.mask.value(v)
	}
	return valueNode(v)
}

func (w *dataWriter) oneCase(r *profile.Result) *jsondoc.Node {
	n := jsondoc.NewObject(jsondoc.M("name", w.text(r.Identity.Alias)), jsondoc.M("expect", jsondoc.NewObject()))
	var accounts []*jsondoc.Node
	for i := range r.Identity.Accounts {
		accounts = append(accounts, w.account(&r.Identity.Accounts[i]))
	}
	n.Set("accounts", jsondoc.NewArray(accounts...))
	var others []*jsondoc.Node

	// A manager and who holds the uid decide about the result, so the case needs them to be the same alone.
	if m := w.people[r.Manager.ID]; m != nil && m != r {
		others = append(others, w.other(m))
	}
	for _, x := range r.Exceptions {
		if o := w.people[x.Conflicting]; o != nil {
			others = append(others, w.other(o))
		}
	}

	if others != nil {
		n.Set("others", jsondoc.NewArray(others...))
	}
	return n
}

func (w *dataWriter) account(a *identity.Account) *jsondoc.Node {
	n := jsondoc.NewObject(jsondoc.M("source", jsondoc.NewString(a.Source)),
		jsondoc.M("nativeIdentity", w.text(a.NativeIdentity)))
	if !a.Created.IsZero() {
		n.Set("created", jsondoc.NewString(a.Created.UTC().Format(time.RFC3339Nano)))
	}
	if a.Disabled {
		n.Set("disabled", jsondoc.NewBool(true))
	}
	attrs := jsondoc.NewObject()

	// Null and absent are the same for an account, and a shorter file is read more gladly.
	for name, v := range a.Attributes.All() {
		if !v.IsNull() {
			attrs.Set(name, w.value(a.Source, name, v))
		}
	}

	n.Set("attributes", attrs)
	return n
}

// other writes another identity: what people are found by, and what shows.
func (w *dataWriter) other(r *profile.Result) *jsondoc.Node {
	keys := []string{"uid", "displayName"}
	for _, s := range w.engine.Bundle().Sources {
		if s.Manager != nil && !slices.Contains(keys, s.Manager.IdentityAttribute) {
			keys = append(keys, s.Manager.IdentityAttribute)
		}
	}

	attrs := jsondoc.NewObject()
	for _, name := range keys {
		if v := r.Identity.Attributes.Get(name); !v.IsNull() {
			attrs.Set(name, w.value("", name, v))
		}
	}

	return jsondoc.NewObject(jsondoc.M("id", w.text(r.Identity.ID)), jsondoc.M("name", w.text(r.Identity.Alias)),
		jsondoc.M("attributes", attrs))
}

// expected writes what a result holds as an expectation.
func expected(r *profile.Result) *jsondoc.Node {
	attrs := jsondoc.NewObject()
	for _, name := range r.Identity.Attributes.Schema().Names() {
		attrs.Set(name, expectationOf(r.Identity.Attributes.Get(name), errorOf(r, name)))
	}
	n := jsondoc.NewObject(jsondoc.M("attributes", attrs),
		jsondoc.M("profile", valueNode(textOrNull(r.Identity.Profile))),
		jsondoc.M("exceptions", exceptionsNode(r.Exceptions)), jsondoc.M("lifecycleStatus",
			valueNode(textOrNull(string(r.Lifecycle.Status)))))
	if r.Manager.State != "" {
		n.Set("managerState", jsondoc.NewString(r.Manager.State))
		n.Set("manager", valueNode(textOrNull(r.Manager.Name)))
	}

	return n
}

// errorText is the part of an error that does not depend on where it is raised.
func errorText(err error) string {
	var located *transform.Error
	if errors.As(err, &located) {
		return located.Err.Error()
	}
	return err.Error()
}
