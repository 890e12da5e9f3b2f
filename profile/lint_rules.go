package profile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// lintRules reports correlation rules that nothing stands for. They run before
// the criteria, so without them accounts and managers may find somebody else, or
// nobody, than in the tenant.
func (e *Engine) lintRules(found *diag.Collector) {
	for _, s := range e.bundle.Sources {
		if e.opts.Correlation.Rule == nil && e.opts.AccountRules[s.CorrelationRule] == nil &&
			e.rules[s.CorrelationRule] == nil {
			e.lintRule(s, "account correlation rule", "accountCorrelationRule", s.CorrelationRule, found)
		}
		if s.Manager != nil && !slices.Contains(e.opts.Rules, s.Manager.Rule) {
			e.lintRule(s, "manager correlation rule", "managerCorrelationRule", s.Manager.Rule, found)
		}
	}
}

func (e *Engine) lintRule(s *config.Source, kind, key, name string, found *diag.Collector) {
	if name == "" {
		return
	}
	hint := "give an expression for it under \"rules\" in idprofile.json: it returns {\"identityAttributeName\": ..., " +
		"\"identityAttributeValue\": ...}, or nil"
	if near := diag.Near(name, slices.Collect(maps.Keys(e.bundle.Settings.Rules))); near != "" {
		hint = fmt.Sprintf("idprofile.json has an expression for %q: names of rules are compared exactly", near)
	}
	found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeRuleUnknown, Pos: s.Node.Get(key).Pos(),
		Message: fmt.Sprintf("nothing stands for the %s %q of source %q, which a tenant asks before the criteria; the criteria decide alone",
			kind, name, s.Name), Hint: hint})
}

// lintRuleUse reports expressions of the settings that no object refers to: a
// misspelled name is the way in which one does nothing, silently.
func (e *Engine) lintRuleUse(found *diag.Collector) {
	rules := e.bundle.Settings.Rules
	if len(rules) == 0 {
		return
	}

	used := map[string]bool{}
	for _, s := range e.bundle.Sources {
		used[s.CorrelationRule] = true
		if s.Manager != nil {
			used[s.Manager.Rule] = true
		}
	}

	// Any text of the files that is the rule's name counts as a use.
	for _, d := range e.bundle.Documents {
		d.Root.Walk(func(n *jsondoc.Node) bool {
			if text, ok := n.Str(); ok && rules[text] != "" {
				used[text] = true
			}
			return true
		})
	}

	for _, name := range slices.Sorted(maps.Keys(rules)) {
		if !used[name] {
			found.Addf(diag.Info, codeRuleUnused, e.bundle.Settings.Pos,
				"no object refers to the rule %q, so its expression is never evaluated", name)
		}
	}
}
