package profile

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// lintRules reports correlation rules that nothing stands for. They run before
// the criteria, so without them accounts and managers may find somebody else, or
// nobody, than in the tenant.
func (e *Engine) lintRules(found *diag.List) {
	for _, s := range e.bundle.Sources {
		if e.opts.Correlation.Rule == nil && e.opts.AccountRules[s.CorrelationRule] == nil && e.rules[s.CorrelationRule] == nil {
			e.lintRule(s, "account correlation rule", "accountCorrelationRule", s.CorrelationRule, found)
		}
		if s.Manager != nil && !slices.Contains(e.opts.Rules, s.Manager.Rule) {
			e.lintRule(s, "manager correlation rule", "managerCorrelationRule", s.Manager.Rule, found)
		}
	}
}

func (e *Engine) lintRule(s *config.Source, kind, key, name string, found *diag.List) {
	if name == "" {
		return
	}
	found.Add(diag.Diagnostic{Severity: diag.Warning, Code: "rule-unknown", Pos: s.Node.Get(key).Pos(),
		Message: fmt.Sprintf("nothing stands for the %s %q of source %q, which a tenant asks before the criteria; the criteria decide alone",
			kind, name, s.Name),
		Hint: "give an expression for it under \"rules\" in idprofile.json: it returns {\"identityAttributeName\": ..., " +
			"\"identityAttributeValue\": ...}, or nil"})
}
