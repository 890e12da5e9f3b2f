package correlate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Config is the correlation configuration of a source as its file says it: the
// vendor's criteria, and rules that say more.
//
// Source: DECISION 1.
type Config struct {
	ID, Name    string
	Assignments []Assignment
	// Rules are tried before the assignments, in order of priority.
	Rules []RuleConfig
	// Exclude is an expression over account; accounts for which it is true are
	// left alone. Empty: none.
	Exclude string
	// NoDefault leaves out the default match on names.
	NoDefault bool
	Node      *jsondoc.Node
}

// Version returns a digest of the configuration, to tell whether it has changed;
// "" for none.
func (c *Config) Version() string {
	if c == nil {
		return ""
	}
	text := c.Node.Append(nil)
	if c.Node == nil {
		var err error
		if text, err = json.Marshal(c); err != nil {
			return ""
		}
	}

	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Assignment is one criterion: an identity attribute (Property) that equals an
// account attribute (Value).
type Assignment struct {
	Property, Value         string
	Operation               string // EQ
	IgnoreCase              bool
	Complex                 bool
	MatchMode, FilterString string
	Pos                     diag.Pos
}

// ParseConfig reads a configuration. What has no effect or cannot be evaluated
// is reported; criteria that are not plain equalities are left out.
func ParseConfig(n *jsondoc.Node) (*Config, diag.List) {
	var found diag.Collector
	c := &Config{ID: n.Get("id").Text(), Name: n.Get("name").Text(), Exclude: n.Get("exclude").Text(), Node: n}
	if d := n.Get("defaultMatch"); !d.IsNull() {
		c.NoDefault = !d.IsTrue()
	}

	// A criterion that cannot be used is left out and the others count: the vendor evaluates what it
	// can.
	for _, item := range n.Get("attributeAssignments").Items() {
		a := Assignment{
			Property:     item.Get("property").Text(),
			Value:        item.Get("value").Text(),
			Operation:    item.Get("operation").Text(),
			IgnoreCase:   item.Get("ignoreCase").IsTrue(),
			Complex:      item.Get("complex").IsTrue(),
			MatchMode:    item.Get("matchMode").Text(),
			FilterString: item.Get("filterString").Text(),
			Pos:          item.Pos(),
		}

		if a.check(&found) {
			c.Assignments = append(c.Assignments, a)
		}
	}

	for i, item := range n.Get("rules").Items() {
		c.Rules = append(c.Rules, parseRule(item, i, &found))
	}
	return c, found.List()
}

// check reports what is unusual and whether the criterion can be used.
func (a *Assignment) check(found *diag.Collector) bool {
	// What else than equality a tenant would do with a criterion is not known, so nothing is guessed
	// (DECISION 1).
	switch {
	case a.Operation != "" && a.Operation != "EQ":
		found.Addf(diag.Error, codeCorrelationOperation, a.Pos, "operation %q, expected EQ; the criterion is skipped",
			a.Operation)
		return false
	case a.Complex || a.FilterString != "":
		found.Addf(diag.Warning, codeCorrelationComplex, a.Pos, "complex criteria are not evaluated; the criterion is skipped")
		return false
	case a.Property == "" || a.Value == "":
		found.Addf(diag.Error, codeCorrelationProperty, a.Pos,
			"a criterion needs property (identity attribute) and value (account attribute)")
		return false
	}

	switch a.MatchMode {
	case "":
	case matchAnywhere, matchStart, matchEnd:
		found.Addf(diag.Warning, codeCorrelationMatchmode, a.Pos,
			"matchMode %q is ignored; values are compared whole, unless the option MatchMode is set", a.MatchMode)
	default:
		found.Addf(diag.Warning, codeCorrelationMatchmode, a.Pos, "matchMode %q is ignored; values are compared whole",
			a.MatchMode)
	}

	return true
}

// The match modes of the vendor's schema (DECISION 28).
const (
	matchAnywhere = "ANYWHERE"
	matchStart    = "START"
	matchEnd      = "END"
)
