package profile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// name says what kind of step it is and what it names.
func (s *Step) name() {
	def := s.site.Def
	switch {
	case s.Operation != "":
		s.Name, s.PassesInput = named(def, s.about), s.about.Traits.PassesInput
		return
	case def.Kind() == jsondoc.Array:
		s.Operation = "list"
	case strings.ContainsRune(def.Text(), '$'):
		s.Operation = "template"
	default:
		s.Operation = "literal"
	}

	s.PassesInput = true
}

// named returns what an operation names. Older files name some things by an id
// instead, inside or beside the attributes.
func named(def *jsondoc.Node, op *transform.Operation) string {
	fields := op.With(transform.RoleName)
	if len(fields) == 0 {
		return ""
	}

	var nodes []*jsondoc.Node
	for _, f := range fields {
		nodes = append(nodes, def.At("attributes", f.Name))
	}
	return config.FirstText(append(nodes, def.At("attributes", "id"), def.Get("id"))...)
}

// choose notes the branch that was taken: the one that was evaluated or, of
// candidates, the one that gave a value.
func (s *Step) choose() {
	for _, f := range s.about.With(transform.RoleBranch, transform.RoleCandidate) {
		if f.Role == transform.RoleCandidate {
			s.Chosen = "none"
		}
		for _, c := range s.Steps {
			if c.site.Step.Attribute == f.Name && (f.Role == transform.RoleBranch || !c.Output.IsNull() && c.err == nil) {
				s.Chosen = c.Place
			}
		}
	}

	// Names and other settings that are plain text say nothing, unless they are the value.
	for _, c := range s.Steps {
		f, _ := s.about.Field(c.site.Step.Attribute)
		inValue := f.Role == transform.RoleItem && !c.Output.IsNull()
		c.Setting = c.Operation == "literal" && c.Place != s.Chosen && !inValue
	}
}

// readAccount says which account gave the value, and why that one.
func (s *Step) readAccount(x *evaluation) {
	attrs := s.site.Def.Get("attributes")
	source, ok := x.engine.sourceOf(attrs)
	if !ok {
		return
	}

	// The account that has the value, as the operation does not say which one it took.
	accounts := slices.Clone(x.scope.AccountsOf(source))
	attribute, chosen := s.Name, -1
	for i, a := range accounts {
		if v := a.Property(attribute); chosen < 0 && !v.IsNull() && v.Equal(s.Output) {
			chosen = i
		}
	}

	// What filters or sorts accounts is named, since the usual reason, the oldest, does not hold then.
	special := ""
	for _, option := range []string{"accountFilter", "accountPropertyFilter", "accountSortAttribute",
		"accountSortDescending", "accountReturnFirstLink"} {
		if !attrs.Get(option).IsNull() {
			special = option
		}
	}

	switch {
	case len(accounts) == 0:
		s.Reason = fmt.Sprintf("no account on %s", source)
	case chosen < 0 && len(accounts) == 1:
		s.Account, s.Reason = accounts[0].Key().String(), fmt.Sprintf("the only account on %s has no %s", source, attribute)
		if why := filteredOut(attrs, accounts); why != "" {
			s.Reason = why
		} else if special != "" {
			s.Reason = fmt.Sprintf("%s leaves no value", special)
		}

	case chosen < 0:
		s.Reason = fmt.Sprintf("none of the %d accounts on %s gives a value", len(accounts), source)
		if why := filteredOut(attrs, accounts); why != "" {
			s.Reason = why
		}
	default:
		s.Account, s.Reason = accounts[chosen].Key().String(), whyAccount(accounts, chosen, special)
	}
}

// filteredOut says which filter of an accountAttribute takes all accounts out, and
// what the first of them have of what it asks for; "" when none does.
func filteredOut(attrs *jsondoc.Node, accounts []*identity.Account) string {
	for _, option := range []string{"accountFilter", "accountPropertyFilter"} {
		text, ok := attrs.Get(option).Str()
		f, err := filter.Parse(text)
		if !ok || err != nil || slices.ContainsFunc(accounts, func(a *identity.Account) bool { return f.Match(a.Property) }) {
			continue
		}
		have := ""
		for i, a := range accounts[:min(len(accounts), 3)] {
			if i > 0 {
				have += "; "
			}
			have += a.Key().String() + " has"
			for j, property := range f.Properties() {
				if j > 0 {
					have += ","
				}
				have += fmt.Sprintf(" %s %v", property, a.Property(property))
			}
		}

		return fmt.Sprintf("%s %s passes none of %d: %s", option, text, len(accounts), have)
	}

	return ""
}

func whyAccount(accounts []*identity.Account, chosen int, special string) string {
	created := ", which has no creation time"
	if at := accounts[chosen].Created; !at.IsZero() {
		created = ", created " + at.UTC().Format(time.DateOnly)
	}
	switch {
	case special != "":
		return fmt.Sprintf("chosen among %d by %s", len(accounts), special)
	case len(accounts) == 1:
		return "the only one on the source"
	case chosen == 0:
		return fmt.Sprintf("the oldest of %d%s", len(accounts), created)
	}

	return fmt.Sprintf("the oldest of %d that has a value%s", len(accounts), created)
}

// sourceOf returns the source that the attributes of an accountAttribute name by
// constants.
func (e *Engine) sourceOf(attrs *jsondoc.Node) (string, bool) {
	if n := attrs.Get("sourceName"); !n.IsNull() {
		return n.Str()
	}
	if id, ok := attrs.Get("applicationId").Str(); ok {
		if s := e.bundle.SourceByID(id); s != nil {
			return s.Name, true
		}
		return "", false
	}

	name, ok := attrs.Get("applicationName").Str()
	for _, s := range e.bundle.Sources {
		if s.ApplicationName == name {
			return s.Name, true
		}
	}

	return transform.DisplayName(name), ok
}

// Step is the evaluation of one transform, template or literal.
type Step struct {
	Operation string         `json:"operation"`       // type of the transform; literal, template or list
	Place     string         `json:"place,omitempty"` // attribute of the transform around it
	Name      string         `json:"name,omitempty"`  // stored transform that a reference names; attribute that is read
	Pos       diag.Pos       `json:"pos,omitzero"`    // where it stands
	Input     identity.Value `json:"input"`           // explicit or implicit
	Output    identity.Value `json:"output"`
	Error     string         `json:"error,omitempty"`   // only where it was raised
	Failed    bool           `json:"failed,omitempty"`  // this step or one below raised
	Chosen    string         `json:"chosen,omitempty"`  // branch that was taken
	Account   string         `json:"account,omitempty"` // account that was read: source/nativeIdentity
	Reason    string         `json:"reason,omitempty"`  // why that account
	Steps     []*Step        `json:"steps,omitempty"`   // in the order of evaluation

	PassesInput bool `json:"-"` // does not look at its input, only what is inside does
	Setting     bool `json:"-"` // a text that only says how the step around it works

	site  *transform.Site
	about *transform.Operation
	err   error
}
