package preview_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

func TestAttributes(t *testing.T) {
	b := small(t, base...)
	trim, _ := config.LoadFile("trim.json", []byte(`{"name":"Trim","type":"trim"}`))
	b.Transforms["Trim"] = trim.Transforms["Trim"]
	ann := &identity.Identity{ID: "2c91", Alias: "ann", Accounts: []identity.Account{account("1", "mail=a&b@x", "sn= Lee ", "town=Rome")},
		Attributes: identity.NewAttributes(map[string]identity.Value{"displayName": identity.StringValue("Ann Lee"), "email": identity.StringValue("old@x"), "title": identity.StringValue("Boss")})}
	for i := range ann.Accounts {
		ann.Accounts[i].Source = "HR"
	}
	plain := `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}`
	for _, tc := range []struct{ name, request, want string }{
		{"plain", `{"identityId":"2c91","identityAttributeConfig":{"enabled":true,"attributeTransforms":[{"identityAttributeName":"email","transformDefinition":` + plain + `}]}}`,
			`[{"name":"email","value":"a&b@x","previousValue":"old@x","errorMessages":null}]`},
		{"disabled", `{"identityId":"2c91","identityAttributeConfig":{"enabled":false,"attributeTransforms":[{"identityAttributeName":"email","transformDefinition":` + plain + `}]}}`,
			`[{"name":"email","value":"a&b@x","previousValue":"old@x","errorMessages":null}]`},
		{"reference", `{"identityId":"2c91","identityAttributeConfig":{"attributeTransforms":[{"identityAttributeName":"lastname","transformDefinition":
			{"type":"reference","attributes":{"id":"Trim","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"sn"}}}}}]}}`,
			`[{"name":"lastname","value":"Lee","previousValue":null,"errorMessages":null}]`},
		{"inline", `{"identityId":"2c91","identityAttributeConfig":{"attributeTransforms":[{"identityAttributeName":"title","transformDefinition":
			{"type":"static","attributes":{"value":"<b>"}}},{"identityAttributeName":"town","transformDefinition":{"type":"upper","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"town"}}}}}]}}`,
			`[{"name":"title","value":"<b>","previousValue":"Boss","errorMessages":null},{"name":"town","value":"ROME","previousValue":null,"errorMessages":null}]`},
		{"error in one row", `{"identityId":"2c91","identityAttributeConfig":{"attributeTransforms":[{"identityAttributeName":"title","transformDefinition":
			{"type":"reference","attributes":{"id":"None"}}},{"identityAttributeName":"email","transformDefinition":` + plain + `}]}}`,
			`[{"name":"title","value":null,"previousValue":"Boss","errorMessages":[{"locale":"en-US","localeOrigin":"DEFAULT","text":"profile \"Employees\" > attribute \"title\": reference: unknown name: there is no transform \"None\""}]},` +
				`{"name":"email","value":"a&b@x","previousValue":"old@x","errorMessages":null}]`},
		{"old form", `{"attributeTransforms":[{"attributeName":"email","type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}]}`,
			`[{"name":"email","value":"a&b@x","previousValue":"old@x","errorMessages":null}]`},
		{"nothing mapped", `{"identityId":"2c91","identityAttributeConfig":{"enabled":true,"attributeTransforms":null}}`, `[]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, found := preview.ParseRequest([]byte(tc.request))
			if found.HasErrors() {
				t.Fatal(found)
			}
			out, _, err := preview.Attributes(t.Context(), b, profile.Options{}, profile.RunOptions{Now: now}, ann, r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := out.AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"identity":{"type":"IDENTITY","id":"2c91","name":"Ann Lee"},"previewAttributes":` + tc.want + `}`
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("mismatch (-want +got)\n%s", diff)
			}
		})
	}
}

// Somebody who has no identity yet is previewed from an account.
func TestNewAccount(t *testing.T) {
	b := small(t, base...)
	a := account("7", "mail=new@x", "sn=New")
	a.Source = "HR"
	i := preview.NewAccount(b, a)
	if i.ID != config.IdentityID("s1", "7") || i.Alias != "7" {
		t.Errorf("got %s %s", i.ID, i.Alias)
	}
	r, _ := preview.ParseRequest([]byte(`{"identityAttributeConfig":{"attributeTransforms":[{"identityAttributeName":"email","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}}]}}`))
	out, _, err := preview.Attributes(t.Context(), b, profile.Options{}, profile.RunOptions{Now: now}, i, r)
	if err != nil || out.Identity.Name != "7" || out.Attributes[0].Value.Text() != "new@x" || !out.Attributes[0].Previous.IsNull() {
		t.Errorf("got %+v, %v", out, err)
	}
	a.Source = "AD"
	if _, _, err := preview.Attributes(t.Context(), b, profile.Options{}, profile.RunOptions{}, preview.NewAccount(b, a), r); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("an account on no authoritative source: %v", err)
	}
}

func TestParseRequestErrors(t *testing.T) {
	for _, src := range []string{``, `{`, `[]`, `{"identityId":"1"}`, `{"identityAttributeConfig":[]}`} {
		if _, found := preview.ParseRequest([]byte(src)); !found.HasErrors() {
			t.Errorf("%s: no finding", src)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"identityId":"1","identityAttributeConfig":{"attributeTransforms":[{"identityAttributeName":"email","transformDefinition":{"type":"upper","attributes":{"input":"x"}}}]}}`))
	f.Add([]byte(`{"attributeTransforms":[{"attributeName":"email","type":"accountAttribute","attributes":{}}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, found := preview.ParseRequest(src)
		if found.HasErrors() {
			return
		}
		a := account("7", "mail=x", "sn=y")
		a.Source = "HR"
		b := small(t, base...)
		out, _, err := preview.Attributes(t.Context(), b, profile.Options{}, profile.RunOptions{Now: now}, preview.NewAccount(b, a), r)
		if err == nil {
			_, err = out.AppendJSON(nil)
		}
		if err != nil {
			t.Error(err)
		}
	})
}
