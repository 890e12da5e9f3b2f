package profile

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/transform"
)

// maxProbed is for how many accounts of a source its rule is asked once more, to
// find out what is wrong with it.
const maxProbed = 200

// reportRules reports account correlation rules of the settings that raise, or that
// return something else than what a tenant takes, each source once. The match
// itself goes on with the criteria in both cases and says nothing.
func (l *linker) reportRules() {
	if l.opts.OnFinding == nil {
		return
	}
	for _, s := range l.engine.bundle.Sources {
		name := s.CorrelationRule
		expression := l.engine.rules[name]
		if expression == nil || l.engine.opts.Correlation.Rule != nil || l.engine.opts.AccountRules[name] != nil {
			continue
		}
		if d, ok := l.probe(s.Name, name, expression); ok {
			l.report(d)
		}
	}
}

func (l *linker) probe(source, name string, expression transform.Rule) (d diag.Diagnostic, bad bool) {
	for i, n := range l.inOrder(source) {
		if i == maxProbed {
			break
		}
		a := l.accounts.At(n)
		v, err := expression(context.Background(), transform.RuleCall{
			Name: name, Input: identity.StringValue(a.NativeIdentity), Args: accountArguments(&a)})
		if err != nil {
			return diag.Diagnostic{Severity: diag.Warning, Code: "rule-failed",
				Message: fmt.Sprintf("the account correlation rule %q of source %q raises for account %q; the criteria decide: %v",
					name, source, a.NativeIdentity, err)}, true
		}
		if found := unusable(v); found != "" {
			return ruleResult("account", name, source, found, "the criteria decide"), true
		}
	}
	return d, false
}

// ruleResult is the finding about a correlation rule that returns something else
// than what a tenant takes.
func ruleResult(kind, name, source, found, instead string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Warning, Code: "rule-result",
		Message: fmt.Sprintf("the %s correlation rule %q of source %q returns %s, which counts as no result; %s", kind, name, source, found, instead),
		Hint:    `it returns {"identityAttributeName": ..., "identityAttributeValue": ...}, or nil`}
}

// unusable says what is wrong with the outcome of a correlation rule: it is neither
// null, nor an empty object, nor one with both members. Members that are null are
// no mistake: nobody is meant.
func unusable(v identity.Value) string {
	if v.IsNull() {
		return ""
	}
	n, _ := jsondoc.Parse("", []byte(v.Text()))
	if n.Kind() != jsondoc.Object {
		return fmt.Sprintf("the %v %s", v.Kind(), report.Quote(v.Text()))
	}
	for _, key := range []string{"identityAttributeName", "identityAttributeValue"} {
		if n.Get(key) == nil && len(n.Members()) > 0 {
			return fmt.Sprintf("an object without %q", key)
		}
	}
	return ""
}
