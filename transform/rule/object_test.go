package rule_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/rule"
)

// An object becomes its JSON text: what a correlation rule returns.
func TestObjectResult(t *testing.T) {
	for source, want := range map[string]string{
		`{"identityAttributeName": "email", "identityAttributeValue": args.mail}`: `{"identityAttributeName":"email","identityAttributeValue":"a@x.example"}`,
		`{"b": nil, "a": 7}`: `{"a":"7","b":null}`,
	} {
		r, err := rule.New("Find", source, rule.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := r(t.Context(), transform.RuleCall{Args: map[string]identity.Value{"mail": identity.StringValue("a@x.example")}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, v.Text()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", source, diff)
		}
	}
}
