package profile_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/transform"
)

// Expressions in the settings stand for custom rules; stubs of a run come first.
func TestRulesOfSettings(t *testing.T) {
	mapping := `title={"type":"rule","attributes":{"name":"Title Rule","word":"boss"}}`
	fsys := fstest.MapFS{
		"profile.json":   {Data: []byte(fixture.Profile("Employees", 10, "HR", fixture.HR(mapping)...))},
		"hr.json":        {Data: []byte(fixture.Source("HR"))},
		"idprofile.json": {Data: []byte(`{"rules":{"Title Rule":"upper(args.word)","Broken":"1 +"}}`)},
	}
	b, found := config.Load(fsys)
	e, more := profile.Compile(b, profile.Options{})
	codes := map[string]int{}
	for _, d := range append(found, more...) {
		codes[d.Code]++
	}
	if codes["rule-unknown"] != 0 || codes["rule-expression"] != 1 || codes["settings-unknown"] != 0 {
		t.Errorf("got findings %v", codes)
	}
	data := map[string][]identity.Account{"HR": {fixture.Account("1", "id=1", "mail=m", "sn=s")}}
	if got := text(fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, data).Get(t, "1"), "title"); got != "BOSS" {
		t.Errorf("expression: got %s", got)
	}
	stub := map[string]transform.Rule{"Title Rule": func(context.Context, transform.RuleCall) (identity.Value, error) {
		return identity.StringValue("stub"), nil
	}}
	if got := text(fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{Rules: stub}, data).Get(t, "1"), "title"); got != "stub" {
		t.Errorf("stub: got %s", got)
	}
}
