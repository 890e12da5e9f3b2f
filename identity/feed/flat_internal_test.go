package feed

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// readBoth reads objects one after another, plainly where that is possible and all as trees,
// and returns what each way gives and how many were read plainly.
func readBoth(texts []string, o Options) (plainly, trees []string, plain int) {
	read := func(tree bool) (list []string) {
		var found diag.List
		o := o
		o.OnFinding = func(d diag.Diagnostic) { found = append(found, d) }
		o.OnColumns = func(names []string) { list = append(list, fmt.Sprint("columns ", names)) }
		x := &objects{Reading: newReading(&o, "f.jsonl", "S")}
		for i, text := range texts {
			found = nil
			pos := diag.Pos{File: "f.jsonl", Line: i + 1, Column: 1}
			var a identity.Account
			var ok bool
			if tree {
				a, ok = x.tree([]byte(text), pos)
			} else {
				if _, was := (&objects{Reading: newReading(&Options{NativeIdentity: o.NativeIdentity}, "", "")}).flat([]byte(text), pos); was {
					plain++
				}
				a, ok = x.account([]byte(text), pos)
			}
			list = append(list, fmt.Sprintf("%t %q %q %q %v %v %t %t %v %v %v", ok, a.NativeIdentity, a.Name, a.UUID,
				a.Created, a.Modified, a.Disabled, a.Locked, a.Entitlements, a.Attributes.Map(), found))
		}

		if x.schema != nil {
			x.tellColumns()
		}
		return append(list, fmt.Sprint(x.refused, x.created))
	}

	return read(false), read(true), plain
}

func TestFlatReadsAsTrees(t *testing.T) {
	scalars := []string{`"x"`, `""`, `"1"`, `7`, `-12`, `0`, `1.5`, `2e3`, `true`, `false`, `null`, `"Zoë"`, `"a\"b"`, `"\u00e9"`,
		`12345678901234567890`, `007`, `"2024-05-31T08:00:00Z"`, `"soon"`, `nul`, "\"\xff\"", "\"a\tb\"", `-`, `{"a":1}`, `[[1]]`}
	keys := []string{"mail", "name", "uuid", "groups", "created", "modified", "disabled", "locked", "id", "nativeIdentity", "émail",
		"attributes", "sourceName", "uncorrelated", `a\u0062`}
	many, plain := 0, 0
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		pick := func(from []string, common int) string { // the first ones nine times of ten
			if rnd.IntN(10) > 0 {
				from = from[:common]
			}
			return from[rnd.IntN(len(from))]
		}
		var texts []string
		for range 12 {
			var members []string
			blank := strings.Repeat(" ", rnd.IntN(2))
			if rnd.IntN(8) > 0 {
				members = append(members, fmt.Sprintf(`"id":%s%d`, blank, rnd.IntN(9)))
			}
			for range rnd.IntN(6) {
				v := pick(scalars, 12)
				if rnd.IntN(4) == 0 {
					v = "[" + strings.Join([]string{v, pick(scalars, 12)}[:rnd.IntN(3)], ", ") + "]"
				}
				members = append(members, fmt.Sprintf("%q%s:%s%s", pick(keys, 4), blank, blank, v))
			}
			if len(texts) > 0 && rnd.IntN(3) == 0 {
				texts = append(texts, strings.ReplaceAll(texts[len(texts)-1], `"id":`, `"id":1`))
				continue
			}
			texts = append(texts, "{"+strings.Join(members, ","+blank)+"}"+pick([]string{"", " ", ",", "}"}, 2))
		}

		o := Options{DisplayName: "name"}
		switch rnd.IntN(3) {
		case 0:
			o.Attributes = []Attribute{{Name: "id"}, {Name: "mail"}, {Name: "groups", Multi: true, Entitlement: true}}
		case 1:
			o.NativeIdentity, o.StableID = "mail", []string{"émail", "uuid"}
		}

		got, want, n := readBoth(texts, o)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s\n%s", seed, strings.Join(texts, "\n"), diff)
		}
		many, plain = many+len(texts), plain+n
	}

	if plain < many/10 {
		t.Errorf("%d of %d objects were read plainly: the test shows nothing", plain, many)
	}
}

func FuzzFlat(f *testing.F) {
	f.Add(`{"id": 1, "name": "x", "groups": ["a", "b"], "created": "2024-05-31", "disabled": true, "n": null}`)
	f.Add(`{"id": "1", "id": -0, "x": 1e5}`)
	f.Fuzz(func(t *testing.T, text string) {
		got, want, _ := readBoth([]string{text, text}, Options{})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
