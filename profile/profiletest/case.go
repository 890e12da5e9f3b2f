package profiletest

import (
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// Case is one test: of an identity, of a transform, of an account create profile,
// or a vector. Rows of a table are cases of their own.
type Case struct {
	Name string
	Pos  diag.Pos
	file *File

	clock     time.Time
	accounts  []*accountSpec
	identity  *identitySpec
	others    []*identitySpec
	rules     map[string]identity.Value
	correlate bool
	strict    bool
	expect    expectation

	transform *transformSpec
	input     identity.Value
	policy    *policySpec
	vector    *Vector
}

// FullName returns the file and the name of the case.
func (c *Case) FullName() string { return c.file.Path + "/" + c.Name }

// File returns the path of the file the case stands in.
func (c *Case) File() string { return c.file.Path }

// accountSpec is an account as a test file has it.
type accountSpec struct {
	account  identity.Account
	values   map[string]identity.Value
	fixture  bool // the rest comes from the fixture of the source
	own      map[string]bool
	pos, src diag.Pos
}

// identitySpec is an identity as it is stored before the case.
type identitySpec struct {
	identity identity.Identity
	accounts []*accountSpec
	pos      diag.Pos
}

type transformSpec struct {
	name string // of a stored transform
	def  *transform.Definition
	pos  diag.Pos
}

// policySpec is the source whose account create profile is tested.
type policySpec struct {
	source string
	taken  *jsondoc.Node
	pos    diag.Pos
}

// wanted is an expectation with a name.
type wanted struct {
	name string
	*matcher
}

// expectation is what a case must give; nil and empty parts are not compared.
type expectation struct {
	pos             diag.Pos
	attributes      []wanted
	fields          []wanted
	profile         *matcher
	exceptions      *wantedExceptions
	lifecycleStatus *matcher
	lifecycleState  *matcher
	manager         *matcher
	managerState    *matcher
	correlation     []wantedLink
	value           *matcher
}

type wantedExceptions struct {
	list []string // CODE or CODE: attributes
	pos  diag.Pos
}

// wantedLink is the expected link of an account.
type wantedLink struct {
	account  string // source/nativeIdentity
	method   *matcher
	identity *matcher
	reason   *matcher
	pos      diag.Pos
}

// caseKeys are the keys of a case.
var caseKeys = []key{
	text("name").must(), text("description"), text("clock"), text("profile"), list("accounts"), object("identity"),
	list("others"), object("rules"),
	flag("correlate"), flag("strict"), object("expect"),
	{name: "transform", kinds: []jsondoc.Kind{jsondoc.String,
		jsondoc.Object}}, anything("input"), list("rows"), text("csv"),
	text("policy"), list("taken"),
}

// oneCase reads a case, or the cases of a table.
func (p *parser) oneCase(n *jsondoc.Node, shared []*accountSpec) {
	if !p.object(n, "a case", caseKeys...) {
		return
	}

	// A case begins with what the file says for all, and what it says itself comes on top.
	c := &Case{Name: n.Get("name").Text(), Pos: n.Pos(), file: p.file, clock: p.clock, rules: p.rules,
		correlate: n.Get("correlate").IsTrue(), strict: n.Get("strict").IsTrue()}
	if n.Get("name").Kind() == jsondoc.String && c.Name == "" {
		p.fail(codeTestValue, n.Get("name").Pos(), "", "the name of a case is empty")
	}
	if clock := p.instant(n.Get("clock")); !clock.IsZero() {
		c.clock = clock
	}

	// Answers of rules stand in the file for all cases, and a case may replace some of them.
	if rules := n.Get("rules"); rules != nil {
		c.rules = p.values(rules)
		for name, v := range p.rules {
			if _, ok := c.rules[name]; !ok {
				c.rules[name] = v
			}
		}
	}

	// People come first: what is tested may be one of them.
	p.people(c, n, shared)
	p.subject(c, n)
	if rows := n.Get("rows"); rows != nil {
		p.rows(c, rows)
	}
	if file := n.Get("csv"); file.Kind() == jsondoc.String {
		p.csv(c, file)
	}

	// With rows or a file this is no case but what all of them share.
	if n.Get("rows") == nil && n.Get("csv") == nil {
		if n.Get("expect") == nil {
			p.fail(codeTestMissing, n.Pos(), "without one the case can only fail by an error",
				"case %q has no \"expect\"",
				c.Name)
		}
		p.add(c)
	}
}

// add takes in a finished case.
func (p *parser) add(c *Case) {
	p.name(c.Name, c.Pos)
	p.file.Cases = append(p.file.Cases, c)
}

// people reads whom the case is about.
func (p *parser) people(c *Case, n *jsondoc.Node, shared []*accountSpec) {
	c.accounts = shared
	if own := n.Get("accounts"); own != nil {
		c.accounts = p.accounts(own)
	}
	if i := n.Get("identity"); i.Kind() == jsondoc.Object {
		c.identity = p.person(i, "subject")
	}
	for _, o := range n.Get("others").Items() {
		if s := p.person(o, ""); s != nil {
			c.others = append(c.others, s)
		}
	}
}

// subject reads what the case evaluates and expects.
func (p *parser) subject(c *Case, n *jsondoc.Node) {
	// A name means a stored transform, an object one that only the case has.
	switch t := n.Get("transform"); t.Kind() {
	case jsondoc.String:
		c.transform = &transformSpec{name: t.Text(), pos: t.Pos()}
	case jsondoc.Object:
		c.transform = &transformSpec{def: transform.FromNode(t), pos: t.Pos()}
	}

	if s := n.Get("policy"); s.Kind() == jsondoc.String {
		c.policy = &policySpec{source: s.Text(), taken: n.Get("taken"), pos: s.Pos()}
	} else if n.Get("taken") != nil {
		p.fail(codeTestValue, n.Get("taken").Pos(), "", "\"taken\" only serves cases of a \"policy\"")
	}

	c.input = n.Get("input").Value()
	if n.Get("input") != nil && c.transform == nil {
		p.fail(codeTestValue, n.Get("input").Pos(), "", "\"input\" only serves cases of a \"transform\"")
	}
	if c.transform != nil && c.policy != nil {
		p.fail(codeTestValue, c.policy.pos, "", "a case tests a transform or a policy, not both")
	}
	if e := n.Get("expect"); e.Kind() == jsondoc.Object {
		p.expectation(c, e)
	}

	// The profile of a case is also what it expects, unless it says so itself.
	if s := n.Get("profile"); s.Kind() == jsondoc.String && c.expect.profile == nil && c.transform == nil &&
		c.policy == nil {
		c.expect.profile = &matcher{value: s.Value(), pos: s.Pos()}
	}
}

// accounts reads a list of accounts.
func (p *parser) accounts(n *jsondoc.Node) []*accountSpec {
	var specs []*accountSpec
	for _, item := range n.Items() {
		if !p.object(item, "an account", text("source").must(), text("nativeIdentity").must(), text("name"), text("id"),
			text("created"), text("modified"),
			flag("disabled"), flag("locked"), flag("manuallyCorrelated"), text("identityId"), list("entitlements"),
			object("attributes"), flag("fixture")) {
			continue
		}

		s := &accountSpec{pos: item.Pos(), src: item.Get("source").Pos(), values: p.values(item.Get("attributes")),
			own: map[string]bool{}, fixture: item.Get("fixture").IsTrue()}
		s.account = identity.Account{
			Source: item.Get("source").Text(), NativeIdentity: item.Get("nativeIdentity").Text(),
			Name: item.Get("name").Text(), ID: item.Get("id").Text(),
			Created: p.instant(item.Get("created")), Modified: p.instant(item.Get("modified")),
			Disabled: item.Get("disabled").IsTrue(), Locked: item.Get("locked").IsTrue(),
			ManuallyCorrelated: item.Get("manuallyCorrelated").IsTrue(), IdentityID: item.Get("identityId").Text(),
		}

		// An empty id would be null in the tables, where an account has to have one.
		if n := item.Get("nativeIdentity"); n.Kind() == jsondoc.String && n.Text() == "" {
			p.fail(codeTestValue, n.Pos(), "", "the nativeIdentity of an account is empty")
		}
		for _, e := range item.Get("entitlements").Items() {
			s.account.Entitlements = append(s.account.Entitlements, e.Text())
		}

		// Which members are there matters beside a fixture, where false and absent differ.
		for _, m := range item.Members() {
			s.own[m.Key] = true
		}
		if _, ok := p.file.fixtures[s.account.Source]; s.fixture && !ok {
			p.fail(codeTestFixture, item.Get("fixture").Pos(), "name it in \"fixtures\" of the file",
				"the file has no fixture for source %q", s.account.Source)
		}
		specs = append(specs, s)
	}

	return specs
}

// person reads an identity as it is stored before the case.
func (p *parser) person(n *jsondoc.Node, id string) *identitySpec {
	if !p.object(n, "an identity", text("id"), text("name"), text("profile"), object("attributes"), list("accounts"),
		text("lifecycleState"),
		flag("manualLifecycle"), text("overridden"), text("managerId"), flag("protected")) {
		return nil
	}

	s := &identitySpec{pos: n.Pos(), accounts: p.accounts(n.Get("accounts"))}
	s.identity = identity.Identity{
		ID: n.Get("id").Text(), Alias: n.Get("name").Text(), Profile: n.Get("profile").Text(),
		ManagerID: n.Get("managerId").Text(), Protected: n.Get("protected").IsTrue(),
		Attributes: identity.NewAttributes(p.values(n.Get("attributes"))),
		Lifecycle: identity.Lifecycle{State: n.Get("lifecycleState").Text(),
			ManuallyUpdated: n.Get("manualLifecycle").IsTrue(), Overridden: n.Get("overridden").Text()},
	}

	// Whoever writes a case should not have to invent ids: the subject has a fixed one, others are known by
	// name.
	if s.identity.ID == "" {
		s.identity.ID = id // of the subject
	}
	if s.identity.ID == "" {
		if s.identity.ID = s.identity.Alias; s.identity.ID == "" {
			p.fail(codeTestMissing, n.Pos(), "", "another identity needs an \"id\" or a \"name\"")
		}
	}

	return s
}
