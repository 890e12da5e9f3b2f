package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/rule"
)

// Correlator holds the compiled rules of one source. It is immutable and safe
// for concurrent use.
type Correlator struct {
	rules   []compiled
	exclude *rule.Program
	specs   []spec // that an index needs, without duplicates
	keys    []string
	reads   []string // identity attributes that predicates read
	options Options
	pool    *sync.Pool // of evaluators
}

// compiled is one rule, criterion or part of the default match.
type compiled struct {
	id          string
	method      Method
	criterion   int
	when        *rule.Program
	terms       []term // of the account, one for each condition
	key         spec   // of the identity
	fallback    *spec  // where to look when nobody has the key: uid for alias
	predicate   *rule.Program
	onAmbiguous OnAmbiguous
	maxShared   int
	matchMode   string // of a criterion that looks at every identity
	caseless    *spec  // stands in for key in an index that does not have it; needs a check of case
	hostRule    AccountRule
	label       string
	pos         diag.Pos
}

// New returns the correlator of a configuration, which may be nil. What cannot
// be compiled is left out; [Compile] tells what.
func New(c *Config, o Options) *Correlator {
	compiled, _ := Compile(c, o)
	return compiled
}

// Compile returns the correlator of a configuration, which may be nil, with all
// findings: correlation-rule (error) for a rule that is left out because part of
// it cannot be compiled.
func Compile(cfg *Config, o Options) (*Correlator, diag.List) {
	if cfg == nil {
		cfg = &Config{}
	}
	b := &builder{options: o}
	c := &Correlator{options: o, pool: &sync.Pool{}}
	if cfg.Exclude != "" {
		c.exclude = b.expression("exclude", cfg.Exclude, diag.Pos{}, "account")
	}

	// The order here is the order of the search (DECISION 2): rules of the host, rules of ours by
	// priority, criteria of the vendor, the default match.
	for _, attribute := range o.RuleAttributes {
		b.hostRule(attribute)
	}
	rules := make([]*RuleConfig, len(cfg.Rules))
	for i := range cfg.Rules {
		rules[i] = &cfg.Rules[i]
	}
	slices.SortStableFunc(rules, func(x, y *RuleConfig) int { return cmp.Compare(x.Priority, y.Priority) })
	for i, r := range rules {
		b.rule(r, i)
	}
	for i := range cfg.Assignments {
		b.assignment(&cfg.Assignments[i], i, len(cfg.Rules)+i)
	}
	if !cfg.NoDefault {
		b.defaults()
	}
	c.rules = b.rules
	c.collect()
	return c, b.found
}

// collect gathers the keys of all rules.
func (c *Correlator) collect() {
	add := func(s *spec) {
		if !slices.ContainsFunc(c.specs, func(have spec) bool { return have.signature == s.signature }) {
			c.specs = append(c.specs, *s)
		}
	}

	// Two rules may compare the same texts. They share one column of the index, which is known by its
	// signature.
	for i := range c.rules {
		r := &c.rules[i]
		r.label = r.describe()
		add(&r.key)
		if r.fallback != nil {
			add(r.fallback)
		}

		// What the default match reads is not among the keys that a configuration asks for.
		if r.method == Default {
			continue
		}
		for _, name := range r.key.attributes {
			c.keys = appendNew(c.keys, name)
		}
		if r.predicate == nil {
			continue
		}

		// A predicate reads identities one by one: they have to be in the index, though nothing is
		// looked up by them.
		for _, read := range r.predicate.Reads() {
			if read.Object == "identity" && read.Name != "" {
				c.reads = appendNew(c.reads, canonical(read.Name))
				c.keys = appendNew(c.keys, canonical(read.Name))
			}
		}
	}
}

// Keys returns the identity attributes that the rules compare with, and those
// that predicates name.
func (c *Correlator) Keys() []string { return slices.Clone(c.keys) }

// Reads returns the identity attributes that predicates name.
func (c *Correlator) Reads() []string { return slices.Clone(c.reads) }

// ReadsValues reports whether a predicate reads the identity, so that
// [Correlator.Match] needs a value function; [Index.Value] will do.
func (c *Correlator) ReadsValues() bool { return len(c.reads) > 0 }

// Criterion describes a rule or criterion for people, by its number in
// [Match.Criterion]: its identity and account attributes. -1 is the default match.
func (c *Correlator) Criterion(i int) string {
	for k := range c.rules {
		if r := &c.rules[k]; r.criterion == i && r.method != Rule {
			return r.label
		}
	}

	return ""
}

// describe returns the conditions: "employeeNumber = employeeID".
func (r *compiled) describe() string {
	var parts []string
	for i := range r.terms {
		parts = append(parts, r.key.terms[i].name()+" = "+r.terms[i].name())
	}
	return strings.Join(parts, " and ")
}

func (t *term) name() string {
	switch {
	case t.attribute == accountName:
		return "account name"
	case t.attribute == accountID:
		return "account id"
	case t.expression != nil:
		return "expression"
	}

	return t.attribute
}

// builder compiles a configuration.
type builder struct {
	options Options
	rules   []compiled
	found   diag.List
}

func (b *builder) fail(pos diag.Pos, format string, args ...any) {
	b.found.Addf(diag.Error, codeCorrelationRule, pos, format, args...)
}

func (b *builder) expression(name, source string, pos diag.Pos, objects ...string) *rule.Program {
	p, err := rule.Compile(name, source, rule.Names{Objects: objects}, rule.Limits{})
	if err != nil {
		b.fail(pos, "%v", err)
		return nil
	}

	return p
}

var foldNames = []string{"fold"}

// simple returns a term of an attribute and named normalisers.
func (b *builder) simple(attribute string, steps ...string) term {
	t, _ := b.term("", SideConfig{Attribute: attribute, Normalize: steps}, diag.Pos{}, "")
	return t
}

// assignment compiles a criterion of the vendor.
func (b *builder) assignment(a *Assignment, i, criterion int) {
	property, value := a.Property, a.Value
	if b.options.Swapped {
		property, value = value, property
	}

	// "name" is the alias in the vendor's object model, and the display name in some of its screens
	// (DECISION 29).
	if property == "name" && b.options.NameIsDisplayName {
		property = "displayName"
	} else {
		property = canonical(property)
	}

	steps := foldNames
	r := compiled{id: fmt.Sprintf("config %d", i), method: ByConfig, criterion: criterion, onAmbiguous: Next, pos: a.Pos}
	if b.options.AmbiguityStop {
		r.onAmbiguous = Stop
	}
	if b.options.HonourIgnoreCase && !a.IgnoreCase {
		steps = []string{"exact"}

		// A miss that only case is to blame for is told apart from one that is not; so the other
		// comparison is kept at hand.
		caseless := newSpec([]term{b.simple(property, foldNames...)}, b.options.Placeholders)
		r.caseless = &caseless
	}

	if b.options.MatchMode && slices.Contains([]string{matchAnywhere, matchStart, matchEnd}, a.MatchMode) {
		r.matchMode = a.MatchMode
	}
	r.terms = []term{b.simple(value, steps...)}
	r.key = newSpec([]term{b.simple(property, steps...)}, b.options.Placeholders)
	b.aliasFallback(&r, property, steps)
	b.rules = append(b.rules, r)
}

// aliasFallback: who looks for an alias that nobody has looks for a uid.
//
// Source: DECISION 29.
func (b *builder) aliasFallback(r *compiled, property string, steps []string) {
	if property == Alias {
		uid := newSpec([]term{b.simple(UID, steps...)}, b.options.Placeholders)
		r.fallback = &uid
	}
}

// defaults adds the default match: account name, then account id.
func (b *builder) defaults() {
	for i, side := range []string{accountName, accountID} {
		r := compiled{id: []string{"default name", "default id"}[i], method: Default, criterion: -1, onAmbiguous: Next}
		r.terms = []term{{attribute: side, steps: b.simple("", "fold").steps}}
		r.key = newSpec([]term{b.simple(Alias, "fold")}, b.options.Placeholders)
		b.aliasFallback(&r, Alias, foldNames)
		b.rules = append(b.rules, r)
	}
}

// hostRule adds the look-up of one attribute that the host's rule may name.
func (b *builder) hostRule(attribute string) {
	if b.options.Rule == nil {
		return
	}
	attribute = canonical(attribute)
	r := compiled{id: "rule by " + attribute, method: Rule, onAmbiguous: Next, hostRule: b.options.Rule}
	r.terms = []term{b.simple(attribute, "fold")}
	r.key = newSpec([]term{b.simple(attribute, "fold")}, b.options.Placeholders)
	b.aliasFallback(&r, attribute, foldNames)
	b.rules = append(b.rules, r)
}

// rule compiles a rule of the configuration.
func (b *builder) rule(c *RuleConfig, i int) {
	before := len(b.found)
	r := compiled{id: c.ID, method: ByConfig, criterion: i, onAmbiguous: c.OnAmbiguous, maxShared: c.MaxShared, pos: c.Pos}
	switch c.OnAmbiguous {
	case Next, Stop, Narrow:
	case "":
		r.onAmbiguous = Next
	default:
		b.fail(c.Pos, "onAmbiguous is %q, expected next, stop or narrow", c.OnAmbiguous)
	}

	if len(c.Conditions) == 0 {
		b.fail(c.Pos, "rule %q has no conditions", c.ID)
	}
	if c.When != "" {
		r.when = b.expression(c.ID, c.When, c.Pos, "account")
	}
	if c.Predicate != "" {
		r.predicate = b.expression(c.ID, c.Predicate, c.Pos, "account", "identity")
	}

	// Each side is compiled even when the other is wrong, so that all faults of a rule are reported at
	// once.
	var people []term
	for j := range c.Conditions {
		cond := &c.Conditions[j]
		account, ok := b.term(c.ID, cond.Account, cond.Pos, "account")
		person, ok2 := b.term(c.ID, cond.Identity, cond.Pos, "identity")
		if ok && ok2 {
			r.terms = append(r.terms, account)
			people = append(people, person)
		}
	}

	// Only a list that is left out means the usual placeholders; an empty one means none.
	list := c.Placeholders
	if list == nil {
		list = DefaultPlaceholders()
	}
	r.key = newSpec(people, list)
	if len(b.found) == before {
		b.rules = append(b.rules, r)
	}
}

// term compiles one side of a condition.
func (b *builder) term(id string, s SideConfig, pos diag.Pos, object string) (term, bool) {
	before := len(b.found)
	t := term{attribute: s.Attribute}
	if object == "identity" {
		t.attribute = canonical(t.attribute)
	}

	// The signature is what makes two terms the same; every part that changes its text has to be in
	// it.
	sign := []string{"@" + t.attribute}
	switch {
	case s.Expression != "" && s.Attribute != "":
		b.fail(pos, "rule %q: a side of a condition has an attribute and an expression, expected one", id)
	case s.Expression != "":
		t.expression = b.expression(id, s.Expression, pos, object)
		sign[0] = "=" + s.Expression
		if t.expression != nil && object == "identity" &&
			slices.ContainsFunc(t.expression.Reads(), func(r rule.Read) bool { return r.Name == "" }) {
			b.fail(pos, "rule %q: the expression of an identity must name its attributes by constants", id)
		}

	case s.Attribute == "" && object != "":
		b.fail(pos, "rule %q: the %s side of a condition has neither attribute nor expression", id, object)
	}

	if s.Transform != nil {
		t.unit = b.transform(id, s.Transform)
		sign = append(sign, "t"+string(s.Transform.Append(nil)))
	}

	// No normalisers means the vendor's comparison without case; an empty list means as it is.
	names := s.Normalize
	if names == nil {
		names = foldNames
	}
	for _, name := range names {
		b.step(id, name, pos, &t)
		sign = append(sign, name)
	}

	t.signature = strings.Join(sign, "|")
	return t, len(b.found) == before
}

// step adds a normaliser to a term. One that needs the library comes first.
func (b *builder) step(id, name string, pos diag.Pos, t *term) {
	region, isPhone := strings.CutPrefix(name, "e164")
	if isPhone {
		// A phone number is normalised by the library's transform, and a term has room for one
		// transform.
		if t.unit != nil {
			b.fail(pos, "rule %q: e164 beside a transform; put it into the transform", id)
			return
		}

		t.unit = b.phone(id, strings.TrimPrefix(region, ":"), pos)
		return
	}

	s, err := parseStep(name)
	if err != nil {
		hint := diag.Suggest(name, Normalisers())
		if hint != "" {
			hint = "; " + hint
		}
		b.fail(pos, "rule %q: %v%s", id, err, hint)
		return
	}

	t.steps = append(t.steps, s)
}

func (b *builder) phone(id, region string, pos diag.Pos) *transform.Unit {
	members := []jsondoc.Member{}
	if region != "" {
		members = append(members, jsondoc.M("defaultRegion", jsondoc.NewString(region)))
	}
	n := jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString("e164phone")),
		jsondoc.M("attributes", jsondoc.NewObject(members...)))
	if b.options.Library == nil {
		b.fail(pos, "rule %q: e164 needs a library of transforms", id)
		return nil
	}

	return b.transform(id, n)
}

func (b *builder) transform(id string, n *jsondoc.Node) *transform.Unit {
	if b.options.Library == nil {
		b.fail(n.Pos(), "rule %q: a transform needs a library of transforms", id)
		return nil
	}

	item := transform.Item{Def: transform.FromNode(n), Path: diag.Path{diag.Named("correlation rule", id)}}
	u, found := b.options.Library.Link(transform.Options{}, item)
	b.found = append(b.found, found...)
	return u
}
