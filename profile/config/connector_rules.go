package config

import (
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// assumeConnectorRules notes, for each source, the rules that its connector and the
// schema of its accounts run while a tenant reads accounts. Nothing runs them here: an
// account list that a tenant has exported holds what they made, the file that the
// connector reads does not.
//
// Source: names of the connector attributes as exports have them (buildMapRule,
// preIterateRule, mergeMapsRule, afterRule of an endpoint and the like).
func (l *loader) assumeConnectorRules() {
	for _, s := range l.b.Sources {
		l.assumeRules(s, s.Node.Get("connectorAttributes"))
		for _, schema := range s.Node.Get("schemas").Items() {
			if rule := schema.Get("customizationRule"); nameOfRule(rule) != "" {
				l.assumeRule(s, "customizationRule", rule)
			}
		}
	}
}

// assumeRules looks for rules below a connector attribute. An endpoint of a web service
// says what it is for, and only reading matters.
func (l *loader) assumeRules(s *Source, n *jsondoc.Node) {
	if kind := strings.ToLower(n.Get("operationType").Text()); kind != "" && !strings.Contains(kind, "aggregation") &&
		!strings.Contains(kind, "get object") {
		return
	}

	for _, m := range n.Members() {
		if readingRule(m.Key) && nameOfRule(m.Value) != "" {
			l.assumeRule(s, m.Key, m.Value)
			continue
		}

		// Rules lie at any depth, in maps and lists of the connector's own making.
		l.assumeRules(s, m.Value)
	}

	for _, item := range n.Items() {
		l.assumeRules(s, item)
	}
}

func (l *loader) assumeRule(s *Source, key string, rule *jsondoc.Node) {
	at := rule.Pos()
	l.b.Assumptions = append(l.b.Assumptions,
		diag.Assumption{Code: codeConnectorRule, Object: s.Name, File: at.File, Line: at.Line,
			Used: "accounts as the file has them", Instead: "what the " + key + " " + nameOfRule(rule) +
				" makes of them"})
}

// readingRule reports whether a member names a rule that runs when accounts are read:
// not one that writes to the target.
func readingRule(key string) bool {
	if !strings.HasSuffix(key, "Rule") {
		return false
	}
	key = strings.ToLower(key)
	for _, writing := range []string{"provision", "create", "creation", "modify", "update", "delete",
		"enable", "disable",
		"unlock", "password"} {
		if strings.Contains(key, writing) {
			return false
		}
	}

	return true
}

// nameOfRule returns the name of a rule that is given as a text or as a reference.
func nameOfRule(n *jsondoc.Node) string {
	if kind := n.Kind(); kind != jsondoc.String && kind != jsondoc.Object {
		return ""
	}
	return strings.TrimSpace(ruleOf(n))
}
