package builtin

import (
	"cmp"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/transform"
)

type accountArgs struct {
	SourceName      transform.Child `json:"sourceName" doc:"display name of the source"`
	ApplicationID   transform.Child `json:"applicationId" doc:"id of the source"`
	ApplicationName transform.Child `json:"applicationName" doc:"immutable name of the source"`
	SourceID        transform.Child `json:"sourceId" doc:"carried in exports, ignored"`
	AttributeName   transform.Child `json:"attributeName" role:"name" required:"true" doc:"the account attribute to read"`
	SortAttribute   transform.Child `json:"accountSortAttribute" default:"created" doc:"account attribute to sort by"`
	SortDescending  transform.Bool  `json:"accountSortDescending" role:"option" default:"false" doc:"whether the greatest comes first"`
	ReturnFirst     transform.Bool  `json:"accountReturnFirstLink" role:"option" default:"false" doc:"whether the first account decides, even with null"`
	Filter          transform.Child `json:"accountFilter" role:"option" doc:"filter on nativeIdentity, displayName, entitlements"`
	PropertyFilter  transform.Child `json:"accountPropertyFilter" role:"option" doc:"filter on any account attribute"`
}

// accountAttribute reads an attribute from an account of the identity on a
// source: of the oldest account first, falling through nulls to the next.
//
// No account, no such source and no value give null.
// Source: DECISION 21.
func accountAttribute() transform.Operation {
	return transform.Define("accountAttribute", "Reads an attribute of an account of the identity on a source.",
		compileAccount,
		transform.Phrase("{@sourceName|applicationName|applicationId|sourceId}.{attributeName!}[ where {accountFilter!}][ where {accountPropertyFilter!}]"+
			"[ sorted by {accountSortAttribute!}]{accountSortDescending:true=, greatest first}{accountReturnFirstLink:true=, of the first account}"),
		transform.Traits{Also: []string{"account"}, Cheap: true, PassesInput: true, Tell: tellAccount},
		transform.Example{Doc: "A source without account",
			Config: `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}`})
}

// tellAccount says which attribute of which accounts is read.
func tellAccount(text func(string) string) string {
	what := cmp.Or(text("sourceName"), text("applicationName")+text("applicationId")) + "." + text("attributeName")
	for _, option := range [...]string{"accountFilter", "accountPropertyFilter"} {
		if filter := text(option); filter != "" {
			what += " where " + filter
		}
	}

	return what
}

func compileAccount(c *transform.Compiler, a *accountArgs) transform.Node {
	// While an account is being created there is none to read from.
	if c.Provisioning() {
		c.Report(diag.Error, codeAccountInProvisioning, "",
			"accountAttribute does not work in an account create profile",
			"use identityAttribute")
	}

	// The finding is made where attributes are decoded; here it only must not be evaluated.
	if !a.AttributeName.Present() {
		return transform.Raise(fmt.Errorf("%w: attributeName is missing", transform.ErrConfig))
	}
	if !a.SourceName.Present() && !a.ApplicationID.Present() && !a.ApplicationName.Present() {
		return c.Fail(codeAccountSource, "", "one of sourceName, applicationId and applicationName is needed")
	}

	checkSeveral(c, a)
	n := &accountNode{args: a, slot: -1}
	n.reader(c)
	n.column = c.Column(n.slot, n.attribute)
	if err := n.filters(c); err != nil {
		return transform.Raise(err)
	}

	// The plain case of most mappings needs neither filter nor order and is
	// remembered by its column, and so are the accounts of a constant choice.
	if c.Plain() || n.slot < 0 || n.attribute == "" {
		return n
	}
	direct := n.sorted && !a.Filter.Present() && !a.PropertyFilter.Present() && !a.ReturnFirst.Present()
	if s, ok := n.selection(c); !direct && ok {
		n.column = c.ChosenColumn(n.slot, n.attribute, c.Choice(n.slot, s.key(), s.choose))
		direct = true
	}

	if direct { // most mappings
		return c.First(n.column)
	}
	return n
}

// accountNode reads an attribute; constant names are resolved in advance.
type accountNode struct {
	args      *accountArgs
	slot      int    // of the source, -1 when its name is computed
	none      bool   // the source is not known
	attribute string // empty when the name is computed
	column    int
	sorted    bool // the default order: oldest first
	byOwn     *filter.Filter
	byAny     *filter.Filter
}

// reader resolves the names that are constant.
func (n *accountNode) reader(c *transform.Compiler) {
	// An unknown source is no error: it has no accounts.
	source := ""
	if name, ok, known := n.constSource(c); ok {
		if known {
			source = name
			n.slot = c.SourceSlot(name)
		} else {
			n.none = true
		}
	}

	// A constant attribute becomes a slot when the program is linked.
	if v, ok := n.args.AttributeName.Const(); ok {
		n.attribute = v.Text()
	}

	checkAccountAttribute(c, source, n.attribute)
	n.sorted = n.byDefault()
	if n.none {
		source = "(unknown)"
	}

	c.ReadsAccount(source, n.attribute)
}

// byDefault reports whether the accounts are taken oldest first, as they are.
func (n *accountNode) byDefault() bool {
	by, fixed := n.args.SortAttribute.Const()
	down, fixedDown := n.args.SortDescending.Fixed(false)
	return fixed && fixedDown && !down && (by.IsNull() || by.Text() == "created")
}

// constSource returns the display name of a source that the configuration names
// by a constant; known is false when there is no such source.
func (n *accountNode) constSource(c *transform.Compiler) (name string, ok, known bool) {
	if n.args.SourceName.Present() {
		v, ok := n.args.SourceName.Const()
		if ok {
			checkSource(c, v.Text())
		}
		return v.Text(), ok, true
	}

	// Exports carry several names; the first of this order counts.
	arg, find := &n.args.ApplicationID, c.SourceByID
	attribute := "applicationId"
	if !arg.Present() {
		arg, find, attribute = &n.args.ApplicationName, c.SourceByApplication, "applicationName"
	}

	v, ok := arg.Const()
	if !ok {
		return "", false, false
	}
	if src, found := find(v.Text()); found {
		return src.Name, true, true
	}

	if c.Sources() != nil {
		c.Errorf(codeSourceUnknown, attribute, "there is no source with the %s %q", attribute, v.Text())
	} else if attribute == "applicationName" {
		return transform.DisplayName(v.Text()), true, true
	}

	return "", true, false
}

func (n *accountNode) Eval(s *transform.Scope) (identity.Value, error) {
	if n.none {
		return identity.Value{}, nil
	}

	// A constant source has a slot already; a computed one is looked up by name for each identity.
	var accounts []*identity.Account
	if n.slot >= 0 {
		accounts = s.Accounts(n.slot)
	} else {
		name, err := n.source(s)
		if err != nil {
			return identity.Value{}, err
		}
		accounts = s.AccountsOf(name)
	}

	attribute := n.attribute
	if attribute == "" {
		var err error
		if attribute, err = n.args.AttributeName.Text(s); err != nil {
			return identity.Value{}, err
		}
	}

	// Room for what people have, so that filtering allocates nothing.
	var few [4]*identity.Account
	accounts, err := n.choose(s, accounts, few[:0])
	if err != nil || len(accounts) == 0 {
		return identity.Value{}, err
	}

	// First means the first account that is left, null or not.
	first, err := n.args.ReturnFirst.Eval(s, false)
	if err != nil {
		return identity.Value{}, err
	}

	// Null falls through to the next account unless the first one is to decide.
	for _, a := range accounts {
		if v := n.read(s, a, attribute); !v.IsNull() || first {
			return v, nil
		}
	}

	return identity.Value{}, nil
}

// read reads an attribute; a computed name changes too often to be remembered.
func (n *accountNode) read(s *transform.Scope, a *identity.Account, attribute string) identity.Value {
	if n.attribute == "" {
		return a.Property(attribute)
	}
	return s.Read(a, n.column, attribute)
}

// source evaluates the computed name of the source.
func (n *accountNode) source(s *transform.Scope) (string, error) {
	if n.args.SourceName.Present() {
		return n.args.SourceName.Text(s)
	}

	// Exports carry both an id and a name of the application, of which the id counts.
	if n.args.ApplicationID.Present() {
		id, err := n.args.ApplicationID.Text(s)
		if err != nil {
			return "", err
		}
		name, _ := s.SourceByID(id)
		return name, nil
	}

	name, err := n.args.ApplicationName.Text(s)
	if err != nil {
		return "", err
	}

	// Without a catalogue the display name can only be guessed from the immutable one.
	if known, ok := s.SourceByApplication(name); ok || s.HasSources() {
		return known, nil
	}

	return transform.DisplayName(name), nil
}
