package profile_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// A correlation rule finds by every attribute that it computes the name of.
func TestCorrelationRuleComputesName(t *testing.T) {
	for _, name := range []string{`\"email\"`, `args.key`, `\"e\" + \"mail\"`, `args.key == nil ? \"uid\" : args.key`} {
		fsys := fstest.MapFS{
			"profile.json":   {Data: []byte(fixture.Profile("Employees", 10, "HR", fixture.HR()...))},
			"hr.json":        {Data: []byte(fixture.Source("HR"))},
			"app.json":       {Data: []byte(`{"id":"a","name":"App","connector":"x","accountCorrelationRule":{"name":"Find"}}`)},
			"idprofile.json": {Data: []byte(`{"rules":{"Find":"{\"identityAttributeName\": ` + name + `, \"identityAttributeValue\": \"m\"}"}}`)},
		}
		b, _ := config.Load(fsys)
		e, _ := profile.Compile(b, profile.Options{})
		hr := feed.Slice("HR", fixture.Account("1", "id=1", "mail=m", "sn=s"))
		app := feed.Slice("App", fixture.Account("x", "id=x", "key=email"))
		for r, err := range e.Run(t.Context(), profile.RunOptions{}, hr, app) {
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Identity.Accounts) != 2 {
				t.Errorf("%s: %d accounts, want 2", name, len(r.Identity.Accounts))
			}
		}
	}
}

// A correlation rule that raises, returns something else, or has a name that nearly
// fits is said, once for each source; one that returns nil is not.
func TestCorrelationRulesThatSayNothing(t *testing.T) {
	find := `{\"identityAttributeName\":\"uid\",\"identityAttributeValue\":\"1\"}`
	for _, tc := range []struct{ name, refer, rules, want string }{
		{"finds", `{"name":"Find"}`, `"Find":"` + find + `"`, ""},
		{"returns nil", `{"name":"Find"}`, `"Find":"nil"`, ""},
		{"by id", `{"type":"RULE","id":"r1"}`, `"Find":"` + find + `"`, ""},
		{"raises", `{"name":"Find"}`, `"Find":"1/0"`, "rule-failed: account correlation"},
		{"a text", `{"name":"Find"}`, `"Find":"\"1\""`, "rule-result: account correlation"},
		{"other members", `{"name":"Find"}`, `"Find":"{\"name\":\"uid\",\"value\":\"1\"}"`, "rule-result: account correlation"},
		{"an attribute that nobody has", `{"name":"Find"}`, `"Find":"{\"identityAttributeName\":\"emial\",\"identityAttributeValue\":\"1\"}"`,
			"rule-result: the identity attribute emial, which does not exist (email does)"},
		{"does not parse", `{"name":"Find"}`, `"Find":"foo("`, "rule-expression: line 1; rule-failed: account correlation"},
		{"nearly the name", `{"name":"Find"}`, `"find":"nil"`, "rule-unknown: idprofile.json has an expression for \"find\"; rule-unused: no object refers"},
		{"by an id of no rule", `{"type":"RULE","id":"r7"}`, ``, "rule-unknown: \"r7\""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := fstest.MapFS{
				"profile.json":   {Data: []byte(fixture.Profile("Employees", 10, "HR", fixture.HR()...))},
				"hr.json":        {Data: []byte(fixture.Source("HR"))},
				"app.json":       {Data: []byte(`{"id":"a","name":"App","connector":"x","accountCorrelationRule":` + tc.refer + `}`)},
				"rule.json":      {Data: []byte(`{"id":"r1","name":"Find","type":"Correlation","sourceCode":{"script":"return null;"}}`)},
				"idprofile.json": {Data: []byte(`{"rules":{` + tc.rules + `}}`)},
			}
			b, _ := config.Load(fsys)
			e, found := profile.Compile(b, profile.Options{})
			o := profile.RunOptions{Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { found.Add(d) }}}
			hr := feed.Slice("HR", fixture.Account("1", "id=1", "mail=m", "sn=s"))
			app := feed.Slice("App", fixture.Account("x", "id=x"), fixture.Account("y", "id=y"))
			for _, err := range e.Run(t.Context(), o, hr, app) {
				if err != nil {
					t.Fatal(err)
				}
			}

			var said []string
			for _, d := range found {
				if strings.HasPrefix(string(d.Code), "rule-") {
					said = append(said, fmt.Sprintf("%s: %s %s", d.Code, d.Message, d.Hint))
				}
			}
			parts := strings.Split(tc.want, "; ")
			if tc.want == "" {
				parts = nil
			}
			if len(said) != len(parts) {
				t.Fatalf("got %q, want %q", said, parts)
			}
			for i, part := range parts {
				code, text, _ := strings.Cut(part, ": ")
				if !strings.HasPrefix(said[i], code) || !strings.Contains(said[i], text) {
					t.Errorf("got %q, want %q", said[i], part)
				}
			}
		})
	}
}
