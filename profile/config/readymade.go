package config

import (
	"maps"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// readyMade are the transforms that every tenant has from the start and that
// exports do not carry, with the operation that each one is.
//
// Source: the vendor's page on mapping identity profiles; lists of tenants, where
// they are marked as internal.
var readyMade = map[string]string{
	"E.164 Phone Format":       "e164phone",
	"ISO3166 Country Format":   "iso3166",
	"Remove Diacritical Marks": "decomposeDiacriticalMarks",
	"ToLower":                  "lower",
	"ToUpper":                  "upper",
}

// ReadyMade returns the transforms that every tenant has, by name. They take no
// attributes: their input is the value of the mapping.
func ReadyMade() map[string]*transform.Definition {
	all := make(map[string]*transform.Definition, len(readyMade))
	for name, operation := range readyMade {
		all[name] = transform.FromNode(jsondoc.NewObject(
			jsondoc.M("name", jsondoc.NewString(name)), jsondoc.M("type", jsondoc.NewString(operation)),
			jsondoc.M("attributes", jsondoc.NewObject()), jsondoc.M("internal", jsondoc.NewBool(true))))
	}
	return all
}

// Referable returns the transforms that a reference finds: those of the files,
// and the ready-made ones whose names no file has.
func (b *Bundle) Referable() map[string]*transform.Definition {
	all := ReadyMade()
	maps.Copy(all, b.Transforms)
	return all
}

// assumeReadyMade notes the ready-made transforms that the configuration refers
// to, each once: no file says what they do.
func (l *loader) assumeReadyMade() {
	counts := map[string]int{}
	for _, d := range l.b.Documents {
		countReferences(d.Root, counts)
	}

	for _, name := range []string{"E.164 Phone Format", "ISO3166 Country Format", "Remove Diacritical Marks", "ToLower", "ToUpper"} {
		if n := counts[name]; n > 0 && l.b.Transforms[name] == nil {
			l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{
				Code: "transform-ready-made", Object: name, Used: "the operation " + readyMade[name] + ", as every tenant has it", Count: n})
		}
	}
}

// countReferences counts the references to each transform in a tree.
func countReferences(n *jsondoc.Node, counts map[string]int) {
	if n.Get("type").Text() == "reference" {
		if id, ok := n.At("attributes", "id").Str(); ok {
			counts[id]++
		}
	}
	for _, m := range n.Members() {
		countReferences(m.Value, counts)
	}
	for _, item := range n.Items() {
		countReferences(item, counts)
	}
}
