package transform

import (
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Linker compiles transforms in the same surroundings in several calls, as those of each
// profile of a tenant, and goes through what they have in common once. It is for one goroutine;
// the units that it makes are independent of it.
type Linker struct {
	lib       *Library
	opts      Options
	catalogue *catalogue
	prints    map[*jsondoc.Node]fingerprint // of the subtrees of stored transforms that somebody refers to
}

// Linker returns a linker for the given surroundings.
func (l *Library) Linker(opts Options) *Linker {
	return &Linker{lib: l, opts: opts, catalogue: newCatalogue(opts.Sources), prints: map[*jsondoc.Node]fingerprint{}}
}

// Link is [Library.Link] in the surroundings of the linker.
func (k *Linker) Link(items ...Item) (*Unit, diag.List) { return k.link(false, items) }
