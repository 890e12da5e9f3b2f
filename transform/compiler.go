package transform

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Compiler is what the compile function of an operation talks to: it knows the
// place, collects findings and records what the operation reads. It compiles one
// tree on one goroutine.
type Compiler struct {
	unit  *Unit
	found *diag.Collector
	at    *Site // the place of the operation, or that of the whole
	chain *link // stored transforms being compiled
	depth int

	node          *jsondoc.Node // the operation being compiled
	op            *Operation
	site          *Site
	inputSite     *Site           // of the resolved input; nil: the input of the whole transform
	constInput    *identity.Value // the explicit input, when it is constant
	vars          []*variable     // in sight, innermost last
	enclosing     *jsondoc.Node   // attributes of the account create profile's field
	declaredLater []string        // names that are declared only behind this place
	early         map[string]bool // names that were used before they are declared

	depends      dependence
	deps         Deps
	behind       []*target // stored transforms whose reads were not known yet, see [Unit.complete]
	height       int
	raises       bool   // something inside may raise
	raisesOnNull bool   // something inside may raise when the input of the whole transform is null
	counts       bool   // something inside uses $uniqueCounter
	clock        bool   // the word now stands inside, references aside
	memos        []memo // outermost ones inside
	passesOn     bool   // the operation hands its input on, no more
	caught       bool   // what raises here makes place for another value
}

// dependence is what decides whether a subtree can be folded or shared.
type dependence struct {
	input     bool  // depends on the implicit input
	outer     int   // 1 + the lowest index of a variable that it uses; 0: none
	reads     bool  // depends on the subject, the clock or the configuration of the run
	perReader bool  // must be evaluated each time and for each reader
	once      bool  // and not more often than that: it draws, claims or calls
	bases     bases // all that it reads of the subject
	worthMemo bool  // worth remembering
}

func (f *dependence) merge(o dependence) {
	f.input = f.input || o.input
	if f.outer == 0 || o.outer != 0 && o.outer < f.outer {
		f.outer = o.outer
	}

	f.reads = f.reads || o.reads
	f.perReader = f.perReader || o.perReader
	f.once = f.once || o.once
	f.bases = f.bases.merge(o.bases)
	f.worthMemo = f.worthMemo || o.worthMemo
}

// Type returns the type of the operation that is compiled.
func (c *Compiler) Type() string { return c.op.Type }

// Node returns its JSON object.
func (c *Compiler) Node() *jsondoc.Node { return c.node }

// Attribute returns the JSON value of an attribute; nil when it is absent.
func (c *Compiler) Attribute(name string) *jsondoc.Node { return c.attributes().Get(name) }

func (c *Compiler) attributes() *jsondoc.Node { return c.node.Get("attributes") }

// Provisioning reports whether the transform stands in an account create profile.
func (c *Compiler) Provisioning() bool { return c.unit.opts.Provisioning }

// Plain reports whether operations should be compiled without fast paths.
func (c *Compiler) Plain() bool { return c.unit.opts.Plain }

// Shortcuts reports whether nobody wants to see every step, so that what is the
// same for everybody may be computed in advance.
func (c *Compiler) Shortcuts() bool { return !c.unit.opts.Plain && !c.unit.opts.Observe }

// Errorf reports an error at an attribute of the operation; an empty attribute
// means the operation itself.
func (c *Compiler) Errorf(code diag.Code, attribute, format string, args ...any) {
	c.report(diag.Error, code, attribute, fmt.Sprintf(format, args...), "")
}

// Warnf reports a warning, see [Compiler.Errorf].
func (c *Compiler) Warnf(code diag.Code, attribute, format string, args ...any) {
	c.report(diag.Warning, code, attribute, fmt.Sprintf(format, args...), "")
}

// Infof reports something worth knowing, see [Compiler.Errorf].
func (c *Compiler) Infof(code diag.Code, attribute, format string, args ...any) {
	c.report(diag.Info, code, attribute, fmt.Sprintf(format, args...), "")
}

// Report reports a finding with a hint, see [Compiler.Errorf].
func (c *Compiler) Report(s diag.Severity, code diag.Code, attribute, message, hint string) {
	c.report(s, code, attribute, message, hint)
}

func (c *Compiler) report(s diag.Severity, code diag.Code, attribute, message, hint string) {
	d := diag.Diagnostic{Severity: s, Code: code, Pos: c.node.Pos(), Path: c.at.Path(), Message: message, Hint: hint}

	// An attribute that is not there has the place of the operation.
	if attribute != "" {
		d.Path = append(d.Path, diag.Attr(c.op.Type, attribute))
		if n := c.attributes().Get(attribute); n != nil {
			d.Pos = n.Pos()
		}
	}

	c.found.Add(d)
}

// ReportAt reports a finding at a child, see [Compiler.Report].
func (c *Compiler) ReportAt(child *Child, s diag.Severity, code diag.Code, message, hint string) {
	c.reportSite(child.site, s, code, message, hint)
}

func (c *Compiler) reportSite(site *Site, s diag.Severity, code diag.Code, message, hint string) {
	c.found.Add(diag.Diagnostic{Severity: s, Code: code, Pos: site.Def.Pos(), Path: site.Path(), Message: message,
		Hint: hint})
}

// ReportEntry reports a finding at a member of a table, see [Compiler.Report].
func (c *Compiler) ReportEntry(e *Entry, s diag.Severity, code diag.Code, attribute, message, hint string) {
	c.found.Add(diag.Diagnostic{Severity: s, Code: code, Pos: e.member.Pos(), Message: message, Hint: hint,
		Path: append(c.at.Path(), diag.Entry(c.op.Type, attribute, e.Key))})
}

// Fail reports an error and returns a node that raises it when evaluated.
func (c *Compiler) Fail(code diag.Code, attribute, format string, args ...any) Node {
	c.Errorf(code, attribute, format, args...)
	return Raise(fmt.Errorf("%w: %s", ErrConfig, fmt.Sprintf(format, args...)))
}

// Raise returns a node that raises err whenever it is evaluated.
func Raise(err error) Node { return errNode{err} }

// RaiseForInput returns a node that raises err for every input but null, which
// gives null: how an operation on its input meets wrong configuration, which it
// does not read for null.
func RaiseForInput(err error) Node { return inputErrNode{err} }

// ReadsAccount records that the operation reads an account attribute; empty
// names mean that they are computed.
func (c *Compiler) ReadsAccount(source, attribute string) {
	c.depends.reads, c.depends.bases = true, manyBases

	// A computed name may be any.
	if source == "" || attribute == "" {
		c.deps.AnyAccount = true
		return
	}

	c.deps.Accounts = append(c.deps.Accounts, Read{source, attribute})
}

// ReadsIdentity records that the operation reads an identity attribute of the
// subject; an empty name means that it is computed. Such reads are never shared:
// what they see can depend on who reads.
func (c *Compiler) ReadsIdentity(name string) {
	c.depends.reads, c.depends.perReader = true, true
	if name == "" {
		c.deps.AnyIdentity = true
		return
	}

	c.deps.Identity = append(c.deps.Identity, name)
}

// ReadsOthers records that the operation reads other identities.
func (c *Compiler) ReadsOthers() {
	c.depends.reads, c.depends.perReader, c.deps.Others = true, true, true
}

// ReadsNow records that the operation depends on the clock.
func (c *Compiler) ReadsNow() { c.depends.reads, c.deps.Now = true, true }

// MeansNow records that the word "now" stands in the configuration, so that the
// value goes stale when nothing recalculates it.
func (c *Compiler) MeansNow() {
	c.ReadsNow()
	c.clock = true
}

// ReadsRandom records that the operation is random and returns its stream.
func (c *Compiler) ReadsRandom() Stream {
	c.once()
	c.deps.Random = true
	c.unit.streams++
	return Stream{path: c.site.Path().String(), slot: c.unit.streams - 1}
}

// ReadsUnique records that the operation asks which values are taken.
func (c *Compiler) ReadsUnique() {
	c.once()
	c.deps.Unique = true
}

// once records that every evaluation counts.
func (c *Compiler) once() { c.depends.reads, c.depends.perReader, c.depends.once = true, true, true }

// CallsRule records that the operation calls a custom rule.
func (c *Compiler) CallsRule(name string) {
	c.once()
	c.deps.Rules = append(c.deps.Rules, name)
}

// SourceByID returns the known source with that id.
func (c *Compiler) SourceByID(id string) (*SourceInfo, bool) {
	src, ok := c.unit.catalogue.byID[id]
	return src, ok
}

// SourceByName returns the known source with that display name.
func (c *Compiler) SourceByName(name string) (*SourceInfo, bool) {
	src, ok := c.unit.catalogue.byName[name]
	return src, ok
}

// SourceByApplication returns the known source with that immutable name; one
// without a recorded immutable name has NAME [source].
func (c *Compiler) SourceByApplication(name string) (*SourceInfo, bool) {
	src, ok := c.unit.catalogue.byApplication[name]
	return src, ok
}

// Suggest returns the hint `did you mean "x"?` for the candidate most like a name that is not
// known, or "" when none is close, or when too many names had to be compared already.
func (c *Compiler) Suggest(name string, candidates []string) string {
	return c.found.Suggest(name, candidates)
}

// SuggestSource is [Compiler.Suggest] among the known sources.
func (c *Compiler) SuggestSource(name string) string {
	u := c.unit
	if u.known == nil {
		for _, src := range u.opts.Sources {
			u.known = append(u.known, src.Name)
		}
	}

	return c.Suggest(name, u.known)
}

// Sources returns the known sources; nil when there is no catalogue.
func (c *Compiler) Sources() []SourceInfo { return c.unit.opts.Sources }

// IdentityAttributes returns the names of the known identity attributes; nil
// when there is no catalogue.
func (c *Compiler) IdentityAttributes() []string { return c.unit.opts.IdentityAttributes }

// SourceSlot returns the slot under which [Scope.Accounts] has the accounts of
// the source with that display name.
func (c *Compiler) SourceSlot(name string) int { return c.unit.source(name) }

// Around returns the attributes of the account create profile's field that the
// transform stands in; nil when they are not known.
func (c *Compiler) Around() *jsondoc.Node { return c.enclosing }

// Caught reports whether nothing that raises here reaches the result: an
// operation around it takes another value then, for everybody who uses this
// transform.
func (c *Compiler) Caught() bool { return c.caught }

// UsesName reports whether text is the name of a variable in sight, and counts
// that as a use of the variable: who forgot the dollar sign means it.
func (c *Compiler) UsesName(text string) bool {
	v, _ := c.find(text)
	if v != nil {
		v.used = true
	}
	return v != nil
}

// Catches says that the operation raises nothing that stands inside it.
func (c *Compiler) Catches() { c.raises, c.raisesOnNull = false, false }

// HasRule reports whether the host announced a stub for the rule.
func (c *Compiler) HasRule(name string) bool { return slices.Contains(c.unit.opts.Rules, name) }

// InputText returns the text of the input when it is the same for everybody.
func (c *Compiler) InputText() (string, bool) {
	if c.constInput == nil || c.constInput.IsNull() {
		return "", false
	}
	return c.constInput.Text(), true
}

// inputErrNode raises for every input but null.
type inputErrNode struct{ err error }

func (n inputErrNode) Eval(s *Scope) (identity.Value, error) {
	if s.input.IsNull() {
		return identity.Value{}, nil
	}
	return identity.Value{}, n.err
}
