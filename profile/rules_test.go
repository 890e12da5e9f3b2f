package profile_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
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
		codes[string(d.Code)]++
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

// A table among the attributes of a rule is a value of its own, and no text.
func TestTableOfRule(t *testing.T) {
	for _, tc := range []struct{ expression, want string }{
		{`args.codes[input]`, "M"},
		{`args.codes["nobody"]`, "(null)"},
		{`args.codes[nil]`, "(null)"},
		{`args.codes.deep.er`, "7"},
		{`join(args.codes.list, "+")`, "a+b"},
		{`args.codes`, `{"m":"M","deep":{"er":7},"list":["a","b"]}`},
		{`string(args.codes)`, `{"m":"M","deep":{"er":7},"list":["a","b"]}`},
		{`input in args.codes ? "known" : "unknown"`, "known"},
		{`"x" in args.codes ? "known" : "unknown"`, "unknown"},
		{`string(len(args.codes))`, "3"},
		{`args.word`, "M"}, // a transform is evaluated
	} {
		mapping := `title={"type":"rule","attributes":{"name":"R","input":{"type":"static","attributes":{"value":"m"}},` +
			`"codes":{"m":"M","deep":{"er":7},"list":["a","b"]},"word":{"type":"upper","attributes":{"input":"m"}}}}`
		fsys := fstest.MapFS{
			"profile.json":   {Data: []byte(fixture.Profile("Employees", 10, "HR", fixture.HR(mapping)...))},
			"hr.json":        {Data: []byte(fixture.Source("HR"))},
			"idprofile.json": {Data: []byte(`{"rules":{"R":` + strconv.Quote(tc.expression) + `}}`)},
		}
		b, _ := config.Load(fsys)
		e, _ := profile.Compile(b, profile.Options{})
		data := map[string][]identity.Account{"HR": {fixture.Account("1", "id=1", "mail=m", "sn=s")}}
		got := text(fixture.Aggregate(t, e, store.NewMemory(), profile.RunOptions{}, data).Get(t, "1"), "title")
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.expression, got, tc.want)
		}
	}
}

// A rule of the host that panics on a goroutine of the run is an error of the run, which
// names the identity, and not the end of the host.
func TestPanicOfRule(t *testing.T) {
	fsys := fstest.MapFS{
		"profile.json": {Data: []byte(fixture.Profile("Employees", 10, "HR", fixture.HR(`title={"type":"rule","attributes":{"name":"Bad"}}`)...))},
		"hr.json":      {Data: []byte(fixture.Source("HR"))},
	}
	b, _ := config.Load(fsys)
	e, _ := profile.Compile(b, profile.Options{})
	bad := errors.New("a pointer that is nil")
	o := profile.RunOptions{Workers: 3, Rules: map[string]transform.Rule{
		"Bad": func(context.Context, transform.RuleCall) (identity.Value, error) { panic(bad) },
	}}
	var accounts []identity.Account
	for n := range 5000 {
		accounts = append(accounts, fixture.Account(fmt.Sprint(n), fmt.Sprint("id=", n), "mail=m", "sn=s"))
	}

	var last error
	for _, err := range e.Run(t.Context(), o, feed.Slice("HR", accounts...)) {
		last = err
	}
	var p *profile.PanicError
	if !errors.As(last, &p) || !errors.Is(last, bad) || !strings.HasPrefix(last.Error(), "evaluate identity ") || len(p.Stack) == 0 {
		t.Errorf("error %v, want one about a panic and where it was", last)
	}

	st := store.NewMemory()
	if _, err := e.Aggregate(t.Context(), st, o, nil, feed.Slice("HR", accounts...)); !errors.Is(err, bad) {
		t.Errorf("aggregation: error %v", err)
	}
	for range st.All(t.Context()) {
		t.Fatal("something was stored")
	}
}
