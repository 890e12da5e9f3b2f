package profile

import (
	"context"
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
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

// accountArguments are the attributes of an account and its own fields.
func accountArguments(a *identity.Account) map[string]identity.Value {
	args := map[string]identity.Value{}
	for _, name := range config.AccountFields {
		if v := a.Property(name); !v.IsNull() {
			args[name] = v
		}
	}

	for name, v := range a.Attributes.All() {
		args[name] = v
	}
	return args
}

// ruleResult is the finding about a correlation rule that returns something else
// than what a tenant takes.
func ruleResult(kind, name, source, found, instead string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Warning, Code: codeRuleResult,
		Message: fmt.Sprintf("the %s correlation rule %q of source %q returns %s, which counts as no result; %s", kind, name,
			source, found, instead),
		Hint: `it returns {"identityAttributeName": ..., "identityAttributeValue": ...}, or nil`}
}

// unusable says what is wrong with the outcome of a correlation rule: it is neither
// null, nor an empty object, nor one with both members that names an attribute which
// somebody can have. Members that are null are no mistake: nobody is meant.
func (e *Engine) unusable(v identity.Value) string {
	if v.IsNull() {
		return ""
	}
	n, _ := jsondoc.Parse("", []byte(v.Text()))
	if n.Kind() != jsondoc.Object {
		return fmt.Sprintf("the %v %s", v.Kind(), report.Quote(v.Text()))
	}

	// Both members have to be there; a null one means nobody.
	for _, key := range []string{"identityAttributeName", "identityAttributeValue"} {
		if n.Get(key) == nil && len(n.Members()) > 0 {
			return fmt.Sprintf("an object without %q", key)
		}
	}

	// An attribute that nobody has finds nobody, which looks like a rule that works.
	attribute, known := n.Get("identityAttributeName").Text(), e.searchable()
	if attribute == "" || slices.Contains(known, attribute) {
		return ""
	}
	found := fmt.Sprintf("the identity attribute %s, which does not exist", report.Quote(attribute))
	if near := diag.Near(attribute, known); near != "" {
		found += fmt.Sprintf(" (%s does)", near)
	}
	return found
}
