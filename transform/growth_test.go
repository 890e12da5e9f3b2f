package transform_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// deepTree is a transform with levels inside each other.
func deepTree(levels int) string {
	return strings.Repeat(`{"type":"lower","attributes":{"input":`, levels) + hr("mail") + strings.Repeat("}}", levels)
}

// wideChoice is a firstValid of that many account attributes.
func wideChoice(values int) string {
	var list []string
	for i := range values {
		list = append(list, hr(fmt.Sprint("a", i)))
	}
	return op("firstValid", `"values":[`+strings.Join(list, ",")+`]`)
}

// wideTable is a lookup with that many entries.
func wideTable(entries int) string {
	var list []string
	for i := range entries {
		list = append(list, fmt.Sprintf(`"k%d":"v%d"`, i, i))
	}
	return lookupOf(strings.Join(list, ","))
}

// TestCompileGrowth: what compiling allocates grows with the size of a transform, whatever
// makes it large. A path for each place, or a text for each level of a tree, would make the
// deep ones grow with the square.
func TestCompileGrowth(t *testing.T) {
	for name, tc := range map[string]struct {
		config func(int) string
		size   int
	}{
		"deep":    {deepTree, 60},
		"choices": {wideChoice, 2_000},
		"table":   {wideTable, 5_000},
	} {
		allocated := func(size int) float64 {
			def, _ := transform.Parse("case.json", []byte(tc.config(size)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			builtin.Library().Compile(def, nil)
			runtime.ReadMemStats(&after)
			return float64(after.TotalAlloc - before.TotalAlloc)
		}
		if one, four := allocated(tc.size), allocated(4*tc.size); four > 5.2*one {
			t.Errorf("%s: %.0f bytes, of four times the size %.0f, want at most 5.2 times", name, one, four)
		}
	}
}

// TestTableValues: entries that are literals are the values that they are, and know their
// places, as those that have to be evaluated.
func TestTableValues(t *testing.T) {
	for _, tc := range []struct{ entry, want string }{
		{`"x"`, "x"}, {`""`, ""}, {`7`, "7"}, {`true`, "true"}, {`null`, "null"}, {op("upper", ""), "A"},
	} {
		for name, change := range map[string]func(*transform.Options){
			"fast": nil, "plain": func(o *transform.Options) { o.Plain = true }, "observed": func(o *transform.Options) { o.Observe = true },
		} {
			c := compile(t, op("lookup", `"input":"a","table":{"a":`+tc.entry+`,"default":"d"}`), nil, change)
			got, err := c.eval(&transform.Env{}, identity.StringValue("a"))
			text := got.Text()
			if got.IsNull() {
				text = "null"
			}
			if diff := cmp.Diff(tc.want, text); diff != "" || err != nil {
				t.Errorf("%s, %s: error %v, mismatch (-want +got):\n%s", tc.entry, name, err, diff)
			}
		}
	}
}
