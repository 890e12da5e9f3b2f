package transform

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
)

// MaxName is the number of characters in the longest name of a stored transform.
const MaxName = 50

// Lint returns all findings about the stored transforms of the options, whether
// anything refers to them or not, and about the items.
func (l *Library) Lint(opts Options, items ...Item) diag.List {
	found := opts.collector()
	for _, name := range slices.Sorted(maps.Keys(opts.Transforms)) {
		def := opts.Transforms[name]
		lintRoot(name, def, found)
		items = append(items, Item{Def: def, Path: diag.Path{diag.Named("transform", name)}})
	}

	shared := opts
	shared.Found = found
	l.Linker(shared).link(true, items)
	return opts.returned(found)
}

// lintRoot reports what a tenant would refuse to store.
func lintRoot(name string, def *Definition, found *diag.Collector) {
	path := diag.Path{diag.Named("transform", name)}
	fail := func(pos diag.Pos, code diag.Code, message, hint string) {
		found.Add(diag.Diagnostic{Severity: diag.Error, Code: code, Pos: pos, Path: path, Message: message, Hint: hint})
	}

	if def.Name == "" {
		fail(def.Node.Pos(), codeNameMissing, "a stored transform needs a name", "references find it by that")
	}

	if n := utf8.RuneCountInString(def.Name); n > MaxName {
		fail(def.Node.Get("name").Pos(), codeNameTooLong,
			fmt.Sprintf("the name has %d characters, a tenant accepts at most %d", n, MaxName), "")
	}

	// The size is that of the object alone, however the file is indented.
	if size := len(def.Node.Append(nil)); size > MaxSize {
		fail(def.Node.Pos(), codeSizeLimit,
			fmt.Sprintf("the transform has %d bytes, a tenant accepts at most %d", size, MaxSize), "")
	}
}
