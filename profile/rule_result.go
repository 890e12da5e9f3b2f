package profile

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
)

// MaxProbed is for how many accounts of a source its rule is asked once more, to
// find out what is wrong with it.
const MaxProbed = 200

// reportRules reports account correlation rules of the settings that raise, or that
// return something else than what a tenant takes, each source once. The match
// itself goes on with the criteria in both cases and says nothing.
func (l *linker) reportRules() {
	if l.opts.OnFinding == nil {
		return
	}
	for _, source := range l.engine.ProbedSources() {
		for i, n := range l.inOrder(source) {
			if i == MaxProbed {
				break
			}
			a := l.accounts.At(n)
			if d, bad := l.engine.probe(&a); bad {
				l.report(d)
				break
			}
		}
	}
}

// ProbedSources returns the sources whose account correlation rule is an expression
// of the settings.
func (e *Engine) ProbedSources() []string {
	var names []string
	for _, s := range e.bundle.Sources {
		rule := s.CorrelationRule
		if e.rules[rule] != nil && e.opts.Correlation.Rule == nil && e.opts.AccountRules[rule] == nil {
			names = append(names, s.Name)
		}
	}

	return names
}

// probe asks the rule of an account's source.
func (e *Engine) probe(a *identity.Account) (d diag.Diagnostic, bad bool) {
	name := e.sources[a.Source].source.CorrelationRule
	v, err := e.rules[name](context.Background(), transform.RuleCall{
		Name: name, Input: identity.StringValue(a.NativeIdentity), Args: accountArguments(a)})
	if err != nil {
		return diag.Diagnostic{Severity: diag.Warning, Code: codeRuleFailed,
			Message: fmt.Sprintf("the account correlation rule %q of source %q raises for account %q; the criteria decide: %v",
				name, a.Source, a.NativeIdentity, err)}, true
	}

	if found := e.unusable(v); found != "" {
		return ruleResult("account", name, a.Source, found, "the criteria decide"), true
	}
	return d, false
}
