package config

import (
	"cmp"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// settingsFile holds the optional settings of a folder.
const settingsFile = "idprofile.json"

type loader struct {
	b     *Bundle
	found diag.Collector
	// parts belong to an object that may come later
	parts []part
	// files that may hold accounts
	files []dataFile
	// profiles without priority
	unranked []*Profile
	// what the rest of the configuration may have, see [FolderOptions]
	values int
	bytes  int64
}

func newLoader() *loader {
	return &loader{b: &Bundle{Transforms: map[string]*transform.Definition{}, Data: map[string][]string{}},
		values: defaultMaxValues, bytes: defaultMaxConfig}
}

// parse reads JSON as long as there are not too many values; nil if it is none. What is
// wrong with it is a finding.
func (l *loader) parse(file, src string) *jsondoc.Node {
	root, values, found := jsondoc.Options{MaxValues: l.values, MaxFindings: l.found.Most}.Parse(diag.Pos{File: file,
		Line: 1, Column: 1}, src)
	l.found.AddAll(found)
	l.values = max(l.values-values, 1) // 0 is no limit
	return root
}

// comparePriority orders profiles: priority, then creation, then id.
//
// Source: DECISION 54.
func comparePriority(a, b *Profile) int {
	return cmp.Or(cmp.Compare(a.Priority, b.Priority), a.Created.Compare(b.Created), strings.Compare(a.ID, b.ID))
}

// part is an object of its own that belongs to a source or to a profile: a
// lifecycle state, a schema, a correlation configuration, a provisioning policy.
// Export tools write them as files of their own, so what they belong to may come
// later, or be said by the folder only.
type part struct {
	shape string
	node  *jsondoc.Node
}
