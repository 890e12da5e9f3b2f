package config

import (
	"maps"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// settingKinds are the kinds of the members of idprofile.json whose readers take a
// value of another kind for none. A dialect checks its switches itself.
var settingKinds = map[string]jsondoc.Kind{
	"seed": jsondoc.Number, "sources": jsondoc.Object, "rules": jsondoc.Object,
	"dialect": jsondoc.Object, "linkage": jsondoc.Object,
	"suppress": jsondoc.Array,
}

// sourceKinds are the kinds of the settings of a source.
var sourceKinds = map[string]jsondoc.Kind{
	"file": jsondoc.String, "delimiter": jsondoc.String, "separator": jsondoc.String, "keepEmpty": jsondoc.Bool,
	"quote": jsondoc.String, "encoding": jsondoc.String, "hasHeader": jsondoc.Bool, "columnNames": jsondoc.Array,
	"mergeRows": jsondoc.Bool, "mergeColumns": jsondoc.Array, "indexColumns": jsondoc.Array,
	"filter": jsondoc.String, "comment": jsondoc.String, "stableId": jsondoc.String,
}

// checkSettings reports settings of another kind than what reads them expects:
// without it they would count as absent, and the run would answer as if nobody had
// set them.
func (l *loader) checkSettings(root *jsondoc.Node) {
	if !l.settingIs(root, "the file of settings", jsondoc.Object) {
		return
	}
	for key, kind := range sorted(settingKinds) {
		l.settingIs(root.Get(key), key, kind)
	}

	// A seed that was cut to a whole number would be another seed.
	if seed := root.Get("seed"); seed.Kind() == jsondoc.Number {
		if _, ok := seed.Int(); !ok {
			l.found.Addf(diag.Error, codeSettingsValue, seed.Pos(), "seed is %s, expected a whole number",
				seed.Append(nil))
		}
	}

	for _, m := range root.Get("rules").Members() {
		l.settingIs(m.Value, "rule \""+m.Key+"\"", jsondoc.String)
	}
	for _, m := range root.Get("sources").Members() {
		l.checkSource(m.Value, "source \""+m.Key+"\"")
	}
}

// checkSource reports settings of a source of another kind than expected.
func (l *loader) checkSource(n *jsondoc.Node, source string) {
	if !l.settingIs(n, source, jsondoc.Object) {
		return
	}
	for key, kind := range sorted(sourceKinds) {
		l.settingIs(n.Get(key), source+" > "+key, kind)
		for _, item := range n.Get(key).Items() {
			l.settingIs(item, source+" > item of "+key, jsondoc.String)
		}
	}
}

// settingIs reports a setting that is there and is of another kind.
func (l *loader) settingIs(n *jsondoc.Node, what string, kind jsondoc.Kind) bool {
	if n.Pos() == (diag.Pos{}) || n.Kind() == kind || n.IsNull() && kind != jsondoc.Object {
		return true
	}
	l.found.Addf(diag.Error, codeSettingsValue, n.Pos(), "%s is of the kind %s, expected %s", what, n.Kind(), kind)
	return false
}

// sorted yields a map in the order of its keys, so that findings come in one order.
func sorted(kinds map[string]jsondoc.Kind) func(func(string, jsondoc.Kind) bool) {
	return func(yield func(string, jsondoc.Kind) bool) {
		for _, key := range slices.Sorted(maps.Keys(kinds)) {
			if !yield(key, kinds[key]) {
				return
			}
		}
	}
}
