package config

import (
	"maps"
	"slices"
	"sync"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// ReadyMade returns the transforms that every tenant has from the start and that
// exports do not carry, by name. They take no attributes: their input is the value
// of the mapping.
func ReadyMade() map[string]*transform.Definition { return maps.Clone(readyMade()) }

var readyMade = sync.OnceValue(func() map[string]*transform.Definition {
	all := map[string]*transform.Definition{}
	lib := builtin.Library()
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		name := op.Traits.ReadyMade
		if name == "" {
			continue
		}
		all[name] = transform.FromNode(jsondoc.NewObject(
			jsondoc.M("name", jsondoc.NewString(name)), jsondoc.M("type", jsondoc.NewString(typ)),
			jsondoc.M("attributes", jsondoc.NewObject()), jsondoc.M("internal", jsondoc.NewBool(true))))
	}

	return all
})

// Referable returns the transforms that a reference finds: those of the files,
// and the ready-made ones whose names no file has.
func (b *Bundle) Referable() map[string]*transform.Definition {
	all := ReadyMade()
	maps.Copy(all, b.Transforms)
	return all
}

// Transform returns the transform that a reference by that name finds, see
// [Bundle.Referable]; nil: there is none.
func (b *Bundle) Transform(name string) *transform.Definition {
	if def := b.Transforms[name]; def != nil {
		return def
	}
	return readyMade()[name]
}

// Any is [jsondoc.Node.Any] of a transform that goes on into the stored ones that
// it refers to, each once.
func (b *Bundle) Any(n *jsondoc.Node, match func(*jsondoc.Node) bool) bool {
	// Transforms may refer to each other in a circle, which another check reports.
	seen := map[string]bool{}
	var visit func(*jsondoc.Node) bool
	visit = func(m *jsondoc.Node) bool {
		if match(m) {
			return true
		}
		if m.Get("type").Text() != "reference" {
			return false
		}

		name := m.At("attributes", "id").Text()
		def := b.Transform(name)
		if def == nil || seen[name] {
			return false
		}
		seen[name] = true
		return def.Node.Any(visit)
	}

	return n.Any(visit)
}

// assumeReadyMade notes the ready-made transforms that the configuration refers
// to, each once: no file says what they do.
func (l *loader) assumeReadyMade() {
	counts := map[string]int{}
	for _, d := range l.b.Documents {
		d.Root.Walk(func(n *jsondoc.Node) bool {
			if id, ok := n.At("attributes", "id").Str(); ok && n.Get("type").Text() == "reference" {
				counts[id]++
			}
			return true
		})
	}

	made := readyMade()
	for _, name := range slices.Sorted(maps.Keys(made)) {
		if n := counts[name]; n > 0 && l.b.Transforms[name] == nil {
			l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{Code: codeTransformReadyMade, Object: name,
				Used: "the operation " + made[name].Node.Get("type").Text() + ", as every tenant has it", Count: n})
		}
	}
}
