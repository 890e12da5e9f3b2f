package builtin

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// TestPhrases: each operation has words, and these name its attributes.
func TestPhrases(t *testing.T) {
	place := regexp.MustCompile(`\{@?([^}:!+]*)[^}]*\}`)
	lib := Library()
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		if op.Phrase == "" {
			t.Errorf("%s has no phrase", typ)
		}
		for _, m := range place.FindAllStringSubmatch(op.Phrase, -1) {
			for name := range strings.SplitSeq(m[1], "|") {
				if _, ok := op.Field(name); !ok && name != "*" {
					t.Errorf("%s: the phrase names %q, which is no attribute", typ, name)
				}
			}
		}
	}
}

func TestPrint(t *testing.T) {
	const mail = `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}`
	stored := map[string]*transform.Definition{}
	for name, src := range map[string]string{"Mail": mail, "Low": `{"type":"lower"}`, "Again": `{"type":"reference","attributes":{"id":"Again"}}`} {
		stored[name], _ = transform.Parse(name, []byte(src))
	}

	for _, c := range []struct {
		name, src string
		width     int
		want      []string
	}{
		{"an account attribute", mail, 0, []string{"HR.mail"}},
		{"a source by its id", `{"type":"accountAttribute","attributes":{"sourceId":"x","applicationId":"17","attributeName":"a","accountFilter":"(b==\"1\")"}}`, 0,
			[]string{`Staff.a where (b=="1")`}},
		{"an implicit input", `{"type":"lower"}`, 0, []string{"input → lower case"}},
		{"a chain", `{"type":"lower","attributes":{"input":{"type":"trim","attributes":{"input":` + mail + `}}}}`, 0, []string{"HR.mail → trim → lower case"}},
		{"a reference that reads no input", `{"type":"reference","attributes":{"id":"Mail"}}`, 0, []string{`transform "Mail"`}},
		{"a reference that reads one", `{"type":"reference","attributes":{"id":"Low"}}`, 0, []string{`input → transform "Low"`}},
		{"a reference to nothing that is known", `{"type":"reference","attributes":{"id":"No"}}`, 0, []string{`input → transform "No"`}},
		{"a reference to itself", `{"type":"reference","attributes":{"id":"Again"}}`, 0, []string{`transform "Again"`}},
		{"a default", `{"type":"dateFormat","attributes":{"input":` + mail + `,"inputFormat":"yyyy"}}`, 0, []string{"HR.mail → date yyyy as ISO8601"}},
		{"the whole of a branch", `{"type":"lower","attributes":{"input":{"type":"conditional","attributes":{"expression":"$a eq b","a":` + mail + `,"positiveCondition":"x","negativeCondition":null}}}}`, 0,
			[]string{`(if $a eq b then "x" else nothing with a = HR.mail) → lower case`}},
		{"parts", `{"type":"concat","attributes":{"values":["a",{"type":"lower","attributes":{"input":` + mail + `}},{"type":"concat","attributes":{"values":["b","c"]}}]}}`, 0,
			[]string{`"a" + (HR.mail → lower case) + ("b" + "c")`}},
		{"a type that is not known", `{"type":"magic","attributes":{"a":1,"input":` + mail + `}}`, 0, []string{"HR.mail → magic(a: 1)"}},
		{"attributes that are missing", `{"type":"accountAttribute"}`, 0, []string{"nothing.nothing"}},
		{"no transform", `{"a":[1,null]}`, 0, []string{`{"a":[1,null]}`}},
		{"control characters", `{"type":"static","attributes":{"value":"a\u001b[31m\n"}}`, 0, []string{`"a\x1b[31m\n"`}},
		{"broken at parts", `{"type":"firstValid","attributes":{"values":[{"type":"lower","attributes":{"input":` + mail + `}},"none of them"],"ignoreErrors":true}}`, 25,
			[]string{"first without error of", "  HR.mail → lower case", `  "none of them"`}},
		{"a chain in a list", `{"type":"firstValid","attributes":{"values":[{"type":"lower","attributes":{"input":` + mail + `}}]}}`, 12,
			[]string{"first of", "  HR.mail", "    → lower case"}},
		{"variables", `{"type":"static","attributes":{"value":"$a$b","a":"1","b":"2"}}`, 15, []string{`"$a$b"`, "  with", `    a = "1"`, `    b = "2"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, _ := jsondoc.Parse("x.json", []byte(c.src))
			o := transform.PrintOptions{Width: c.width, Transforms: stored, Source: func(ref string) string { return map[string]string{"17": "Staff"}[ref] }}
			got := strings.Split(Library().Print(transform.FromNode(n), o), "\n")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzPrint: whatever JSON there is can be printed, without control characters, and the
// width changes nothing but blanks, line ends and what they make needless.
func FuzzPrint(f *testing.F) {
	lib := Library()
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		for _, e := range op.Examples {
			f.Add(e.Config, 20)
		}
	}
	f.Fuzz(func(t *testing.T, src string, width int) {
		n, _ := jsondoc.Parse("x.json", []byte(src))
		if n == nil {
			return
		}
		def := transform.FromNode(n)
		flat := lib.Print(def, transform.PrintOptions{})
		lines := lib.Print(def, transform.PrintOptions{Width: 1 + width&0x3f})
		if i := strings.IndexFunc(flat, unicode.IsControl); i >= 0 {
			t.Errorf("a control character at %d of %q", i, flat)
		}
		text := func(s string) string {
			return strings.Map(func(r rune) rune {
				if strings.ContainsRune(" \n()[]{},", r) {
					return -1
				}
				return r
			}, s)
		}
		if text(flat) != text(lines) {
			t.Errorf("one line\n%s\nseveral\n%s", flat, lines)
		}
	})
}
