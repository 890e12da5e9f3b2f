package transform_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// TestAllowance: what has more parts than are compiled is reported once and raises; what
// comes before it, or fits beside it, works.
func TestAllowance(t *testing.T) {
	define := func(src string) *transform.Definition {
		def, found := transform.Parse("t.json", []byte(src))
		if found.HasErrors() {
			t.Fatal(found)
		}
		return def
	}
	small := define(`{"type": "upper", "attributes": {"input": "a"}}`)

	stored := map[string]*transform.Definition{}
	for i := range 100 {
		next := `"z"`
		if i < 99 {
			next = fmt.Sprintf(`{"type": "reference", "attributes": {"id": "T%03d"}}`, i+1)
		}
		stored[fmt.Sprintf("T%03d", i)] = define(fmt.Sprintf(`{"name": "T%03d", "type": "lower", "attributes": {"input": %s}}`, i, next))
	}

	for _, tc := range []struct {
		name  string
		large *transform.Definition
	}{
		{"values", define(`{"type": "concat", "attributes": {"values": [` + strings.Repeat(`{"type": "upper"},`, 200) + `"x"]}}`)},
		{"entries", define(`{"type": "lookup", "attributes": {"table": {` + entries(900) + `"default": "x"}}}`)},
		{"a template", define(`{"type": "static", "attributes": {"value": "` + strings.Repeat("$a", 400) + `", "a": "x"}}`)},
		{"references", define(`{"type": "reference", "attributes": {"id": "T000"}}`)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			items := []transform.Item{{Def: small}, {Def: tc.large}, {Def: small}}
			for _, most := range []int{700, 0} {
				u, found := builtin.Library().Link(transform.Options{Transforms: stored, Allowance: &transform.Allowance{Most: most}}, items...)
				told := 0
				for _, d := range found {
					if d.Code == "compile-limit" && d.Severity == diag.Error {
						told++
					}
				}
				if want := min(most, 1); told != want {
					t.Errorf("at most %d: told %d times, want %d: %v", most, told, want, found)
				}

				v, err := u.Run(t.Context(), &transform.Env{}, u.Programs()[0], nil, nil, identity.StringValue("q"))
				if err != nil || v.Text() != "A" {
					t.Errorf("at most %d: what comes before gives %v, %v", most, v, err)
				}
				_, err = u.Run(t.Context(), &transform.Env{}, u.Programs()[1], nil, nil, identity.StringValue("k1"))
				if got := errors.Is(err, transform.ErrLimit); got != (most > 0) && tc.name != "entries" {
					t.Errorf("at most %d: the large one gives %v", most, err)
				}
			}
		})
	}
}

func entries(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d": "v",`, i)
	}
	return b.String()
}

// TestMadeOnce: what an operation makes for a key is made once for all units of an allowance, and
// anew by the next one; nil is not kept.
func TestMadeOnce(t *testing.T) {
	type key string
	made := 0
	type args struct {
		Input transform.Input
	}
	lib := transform.NewLibrary(transform.Define("once", "Makes something.", func(c *transform.Compiler, _ *args) transform.Node {
		for range 2 {
			c.Once(key("kept"), func() any { made++; return made })
			c.Once(key("not"), func() any { return nil })
		}
		return transform.Raise(errors.ErrUnsupported)
	}))
	def, found := transform.Parse("t.json", []byte(`{"type": "once"}`))
	if found.HasErrors() {
		t.Fatal(found)
	}

	item := transform.Item{Def: def}
	for want := 1; want <= 2; want++ {
		allowance := &transform.Allowance{}
		for range 2 {
			lib.Link(transform.Options{Allowance: allowance}, item, item)
		}
		if made != want {
			t.Errorf("made %d times for %d allowances", made, want)
		}
	}
}
