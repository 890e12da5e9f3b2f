package velocity

import (
	"testing"

	"github.com/idprofile/engine/transform/internal/limit"
)

// hot templates with the allocations that one evaluation may make.
var hot = []struct {
	name, src string
	allocs    float64
}{
	{"simple", "${first}.${last}@example.com", 0},
	{"condition", "#if($first == 'Maria' && $last != '')A#{else}B#end", 0},
	{"substring", "$first.substring(0,1)$last", 0},
	{"lower", "$first.substring(0,1).toLowerCase()$last.toLowerCase()@example.com", 2},
	{"set", "#set($x = $first)$x.$last", 1},
	{"foreach", "#foreach($x in [1..3])$x#end", 2},
	{"quoted", "#if(\"$first $last\" == 'Maria Garcia')A#end", 1},
}

func prepare(t testing.TB, src string) (*Template, []Value) {
	t.Helper()
	tmpl, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	vars := make([]Value, len(tmpl.Names()))
	for i, name := range tmpl.Names() {
		switch name {
		case "first":
			vars[i] = TextOf("Maria")
		case "last":
			vars[i] = TextOf("Garcia")
		}
	}
	return tmpl, vars
}

func TestEvalAllocs(t *testing.T) {
	for _, h := range hot {
		tmpl, vars := prepare(t, h.src)
		dst := make([]byte, 0, 256)
		b := &limit.Budget{}
		got := testing.AllocsPerRun(100, func() {
			*b = limit.Budget{Steps: 1e4, Output: 1e4}
			if _, err := tmpl.Eval(b, vars, dst); err != nil {
				t.Fatal(err)
			}
		})
		if got > h.allocs {
			t.Errorf("%s: %v allocations, want at most %v", h.name, got, h.allocs)
		}
	}
}

func BenchmarkEval(b *testing.B) {
	for _, h := range hot {
		b.Run(h.name, func(b *testing.B) {
			tmpl, vars := prepare(b, h.src)
			dst := make([]byte, 0, 256)
			b.ReportAllocs()
			var budget limit.Budget
			for b.Loop() {
				budget = limit.Budget{Steps: 1e4, Output: 1e4}
				if _, err := tmpl.Eval(&budget, vars, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	for _, h := range hot {
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(h.src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
