package transform_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// FuzzParseTransform: whatever stands in a file, parsing, checking, compiling and
// evaluating neither panics nor hangs, and optimised programs give what plain
// ones give.
func FuzzParseTransform(f *testing.F) {
	files, err := filepath.Glob("../profile/profiletest/testdata/*/*.json")
	if err != nil || len(files) == 0 {
		f.Fatalf("no vectors: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		root, _ := jsondoc.Parse(file, src)
		for i, v := range root.Get("vectors").Items() {
			if config := v.Get("transform").Append(nil); i%7 == 0 && len(config) < 2000 {
				f.Add(config, v.Get("input").Text())
			}
		}
	}
	lib := builtin.Library()
	f.Fuzz(func(t *testing.T, src []byte, input string) {
		def, _ := transform.Parse("fuzz.json", src)
		if def == nil {
			return
		}
		o := transform.Options{Transforms: map[string]*transform.Definition{"up": def, def.Name: def}}
		lib.Lint(o)
		env := &transform.Env{Limits: transform.Limits{Steps: 20_000, Output: 1 << 20}}
		var texts [2]string
		for i, plain := range []bool{false, true} {
			o.Plain = plain
			unit, _ := lib.Link(o, transform.Item{Def: def})
			v, err := unit.Run(context.Background(), env, unit.Programs()[0], person{id: "p"}, hrAccount("1", "a@b.c", input), identity.StringValue(input))
			if err == nil {
				texts[i] = v.String()
			}
			if err != nil && i == 1 && texts[0] != "" { // folding may save steps
				texts[1] = texts[0]
			}
		}
		if texts[0] != texts[1] && texts[1] != "" {
			t.Errorf("fast gives %s, plain %s", texts[0], texts[1])
		}
	})
}
