package correlate

import (
	"fmt"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// RuleConfig is a correlation rule: an account belongs to the one identity for
// which all conditions hold. In JSON:
//
//	{"id": "number", "priority": 10, "when": "account.type != \"service\"",
//	 "conditions": [{"identity": "employeeNumber", "account": "employeeID", "normalize": ["trim", "fold"]}],
//	 "predicate": "account.sn == identity.lastname", "onAmbiguous": "next", "maxShared": 3}
//
// Expressions are those of package transform/rule.
type RuleConfig struct {
	ID         string
	Priority   int64  // lower first; equal ones in the order of the file
	When       string // expression over account; empty: always
	Conditions []ConditionConfig
	// Predicate is an expression over account and identity that candidates must
	// meet; it only runs on those that the conditions leave.
	Predicate   string
	OnAmbiguous OnAmbiguous
	// MaxShared: a value that more identities have is no key. 0: no limit.
	MaxShared int
	// Placeholders are values that mean nothing, without case and blanks around.
	// Nil: [DefaultPlaceholders].
	Placeholders []string
	Pos          diag.Pos
}

// ConditionConfig compares a value of the identity with one of the account.
type ConditionConfig struct {
	Identity, Account SideConfig
	Pos               diag.Pos
}

// SideConfig says how one side of a condition is computed: an attribute or an
// expression, then a transform with that value as its input, then normalisers.
type SideConfig struct {
	Attribute  string
	Expression string        // instead of the attribute
	Transform  *jsondoc.Node // nil: none
	Normalize  []string      // names, see [Normalisers]; nil: fold
}

// OnAmbiguous says what happens when several identities meet a rule.
type OnAmbiguous string

// The choices for ambiguous rules.
const (
	Next OnAmbiguous = "next" // go on with the next rule, as the vendor does
	Stop OnAmbiguous = "stop" // the account stays without identity
	// Narrow keeps the candidates: later rules choose among them only. A rule
	// that none of them meets changes nothing.
	Narrow OnAmbiguous = "narrow"
)

// DefaultPlaceholders returns the values that rules do not compare unless they
// say otherwise. The vendor's criteria compare them like any other value.
func DefaultPlaceholders() []string {
	return []string{"n/a", "na", "none", "null", "nil", "unknown", "undefined", "tbd", "test", "-", "--", "---", ".", "?",
		"x", "xx", "xxx",
		"0", "00", "000", "0000", "00000", "000000", "0000000", "00000000", "99999", "999999", "9999999", "99999999",
		"noemail@example.com", "none@none.com", "not applicable", "not available"}
}

func parseRule(n *jsondoc.Node, i int, found *diag.Collector) RuleConfig {
	r := RuleConfig{
		ID: n.Get("id").Text(), When: n.Get("when").Text(), Predicate: n.Get("predicate").Text(),
		OnAmbiguous: OnAmbiguous(n.Get("onAmbiguous").Text()), Pos: n.Pos(),
	}
	r.Priority, _ = n.Get("priority").Int()
	if limit, ok := n.Get("maxShared").Int(); ok {
		r.MaxShared = int(limit)
	}

	// An empty list is not the same as none: it switches the usual placeholders off.
	if list := n.Get("placeholders"); !list.IsNull() {
		r.Placeholders = append([]string{}, texts(list)...)
	}
	if r.ID == "" {
		r.ID = fmt.Sprintf("rule %d", i+1)
	}
	for _, item := range n.Get("conditions").Items() {
		// Normalisers of the condition serve both sides; a side's own replace them.
		both := texts(item.Get("normalize"))
		r.Conditions = append(r.Conditions, ConditionConfig{
			Identity: parseSide(item, "identity", "property", both),
			Account:  parseSide(item, "account", "value", both),
			Pos:      item.Pos(),
		})
	}

	// A misspelt field would be a rule that silently does less.
	for _, m := range n.Members() {
		switch m.Key {
		case "id", "priority", "when", "conditions", "predicate", "onAmbiguous", "maxShared", "placeholders", "name",
			"description":
		default:
			found.Addf(diag.Warning, codeCorrelationRule, m.Pos(), "a correlation rule has no field %q", m.Key)
		}
	}

	return r
}

func parseSide(n *jsondoc.Node, side, vendor string, both []string) SideConfig {
	s := SideConfig{Attribute: n.Get(side).Text(), Expression: n.Get(side + "Expression").Text(), Normalize: both}
	if s.Attribute == "" {
		s.Attribute = n.Get(vendor).Text()
	}
	if t := n.Get(side + "Transform"); !t.IsNull() {
		s.Transform = t
	}
	if own := n.Get(side + "Normalize"); !own.IsNull() {
		s.Normalize = texts(own)
	}
	return s
}

func texts(n *jsondoc.Node) []string {
	var list []string
	for _, item := range n.Items() {
		list = append(list, item.Text())
	}
	return list
}
