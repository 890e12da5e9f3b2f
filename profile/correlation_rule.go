package profile

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// CorrelatedBy is what a correlation rule of a host returns: identities whose
// attribute has the value. Expressions of the settings return the same as an
// object {"identityAttributeName": ..., "identityAttributeValue": ...}.
func CorrelatedBy(attribute, value string) identity.Value {
	return identity.StringValue(string(jsondoc.NewObject(
		jsondoc.M("identityAttributeName", jsondoc.NewString(attribute)),
		jsondoc.M("identityAttributeValue", jsondoc.NewString(value))).Append(nil)))
}

// correlatedBy reads the outcome of a correlation rule; both are empty when it has
// none: null, or an object that lacks one of the two members.
func correlatedBy(v identity.Value) (attribute, value string) {
	if v.IsNull() {
		return "", ""
	}
	n, _ := jsondoc.Parse("", []byte(v.Text()))
	attribute, value = n.Get("identityAttributeName").Text(), n.Get("identityAttributeValue").Text()
	if attribute == "" || value == "" {
		return "", ""
	}
	return attribute, value
}

// correlationOptions are those of one source: its account correlation rule runs
// before its criteria, as an expression of the settings or as a rule of the host.
func (e *Engine) correlationOptions(s *config.Source) correlate.Options {
	o := e.opts.Correlation
	if o.Library == nil {
		o.Library = e.lib
	}
	if s.CorrelationRule == "" || o.Rule != nil {
		return o
	}

	// A rule of the host is code: what it reads is not known, and the usual attributes are at hand.
	if host := e.opts.AccountRules[s.CorrelationRule]; host != nil {
		o.Rule = host
		if o.RuleAttributes == nil {
			o.RuleAttributes = []string{correlate.Alias, config.AttrUID, config.AttrEmail, "identificationNumber"}
		}
		return o
	}

	// An expression says by itself which attributes it names.
	if expression := e.rules[s.CorrelationRule]; expression != nil {
		o.Rule = accountRule(s.CorrelationRule, expression)
		o.RuleAttributes = e.namedAttributes(e.bundle.Settings.Rules[s.CorrelationRule])
	}

	return o
}

// spelledName finds where an expression spells out which attribute it means.
var spelledName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`identityAttributeName["']?\s*:\s*(?:"[^"]*"|'[^']*')\s*[,}]`)
})

// namedAttributes returns the identity attributes that a rule with that text can
// search by: those that it names, or all when it computes the name.
func (e *Engine) namedAttributes(text string) []string {
	computed := len(spelledName().FindAllString(text, -1)) != strings.Count(text, "identityAttributeName")
	return slices.DeleteFunc(e.searchable(), func(name string) bool { return !computed && !strings.Contains(text, name) })
}

// accountRule makes an account correlation rule of an expression: it sees the
// attributes of the account as arguments, and its id as the input.
func accountRule(name string, expression transform.Rule) correlate.AccountRule {
	return func(a *identity.Account) (string, identity.Value, error) {
		v, err := expression(context.Background(), transform.RuleCall{
			Name: name, Input: identity.StringValue(a.NativeIdentity), Args: accountArguments(a)})
		if err != nil {
			return "", identity.Value{}, err
		}
		attribute, value := correlatedBy(v)
		if attribute == "" {
			return "", identity.Value{}, nil
		}
		return attribute, identity.StringValue(value), nil
	}
}

// reportRule reports, once for each source, what is wrong with its manager
// correlation rule.
func (rs *resolver) reportRule(source *config.Source, d diag.Diagnostic) {
	if rs.failedRules[source.Name] {
		return
	}
	if rs.failedRules == nil {
		rs.failedRules = map[string]bool{}
	}
	rs.failedRules[source.Name] = true
	rs.report(d)
}

// managerByRule asks the manager correlation rule of a source, which runs before
// the mapping: the attribute and the value to find the manager by; both are empty
// when the rule has no answer or nothing stands for it.
func (rs *resolver) managerByRule(n int32, source *config.Source, mapped string) (attribute, value string) {
	rule := rs.env.Rules[source.Manager.Rule]
	if source.Manager.Rule == "" || rule == nil {
		return "", ""
	}

	// The arguments are those of the account on the source that is asked, the first if there are several.
	args := map[string]identity.Value{}
	for a := rs.people[n].first; a >= 0; a = rs.state[a].next {
		if acct := rs.accounts.At(a); acct.Source == source.Name {
			args = accountArguments(&acct)
			break
		}
	}

	if mapped == "" {
		mapped = rs.attributes(n).Get(config.AttrManager).Text()
	}
	args["managerAttributeValue"] = identity.StringValue(mapped)

	v, err := rule(rs.ctx, transform.RuleCall{
		Name: source.Manager.Rule, Attribute: config.AttrManager, Input: args["managerAttributeValue"], Args: args,
		Subject: &other{rs.tables, n}, Now: rs.opts.Now})
	if err != nil {
		rs.reportRule(source, diag.Diagnostic{Severity: diag.Warning, Code: codeRuleFailed,
			Message: fmt.Sprintf("the manager correlation rule %q of source %q raises; its mapping decides: %v",
				source.Manager.Rule, source.Name, err)})
		return "", ""
	}

	if found := rs.engine.unusable(v); found != "" {
		rs.reportRule(source, ruleResult("manager", source.Manager.Rule, source.Name, found, "its mapping decides"))
	}
	return correlatedBy(v)
}
