package workbench

import (
	"maps"
	"net/http"
	"slices"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform/builtin"
)

// words is the answer of /api/words: what an editor can complete.
type words struct {
	Types      []typeWord          `json:"types"`
	Transforms []string            `json:"transforms"`
	Sources    map[string][]string `json:"sources"` // with the attributes of their accounts
	Attributes []string            `json:"attributes"`
	Rules      []string            `json:"rules"`
}

// typeWord is an operation with its attributes.
type typeWord struct {
	Name   string      `json:"name"`
	Doc    string      `json:"doc"`
	Fields []fieldWord `json:"fields"`
}

type fieldWord struct {
	Name     string `json:"name"`
	Doc      string `json:"doc"`
	Required bool   `json:"required,omitempty"`
}

// words lists the names that a configuration may use.
func (s *Server) words(*http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	w := &words{Types: typeWords(), Sources: map[string][]string{}, Rules: []string{}}
	w.Transforms = slices.Sorted(maps.Keys(snap.bundle.Referable()))

	// A name is worth offering when a tenant has it from the start, when it is declared, and when a
	// mapping uses it already.
	seen := map[string]bool{}
	for _, a := range config.Catalogue() {
		seen[a.Name] = true
	}
	for _, a := range snap.bundle.Attributes {
		seen[a.Name] = true
	}
	for _, p := range snap.bundle.Profiles {
		for _, m := range p.Mappings {
			seen[m.Attribute] = true
		}
	}

	w.Attributes = slices.Sorted(maps.Keys(seen))
	for _, r := range snap.bundle.Rules {
		w.Rules = append(w.Rules, r.Name)
	}

	// A schema may be missing or behind the file, so that the columns that were read count as well.
	columns := snap.columns()
	for _, src := range snap.bundle.Sources {
		names := map[string]bool{}
		if src.Schema != nil {
			for _, name := range src.Schema.Names() {
				names[name] = true
			}
		}

		for name := range columns[src.Name] {
			names[name] = true
		}
		w.Sources[src.Name] = slices.Sorted(maps.Keys(names))
	}

	return w, nil
}

// columns are the attributes that the accounts of each source have; rows of a source share
// their names, so a few accounts tell.
func (n *snapshot) columns() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	looked := map[string]int{}
	for _, s := range n.population.Sources() {
		names := map[string]bool{}
		out[s.Name()] = names
		for a := range n.population.Accounts(s.Name()) {
			if looked[s.Name()]++; looked[s.Name()] > 200 {
				break
			}
			if a.Attributes.Schema() == nil {
				continue
			}
			for _, name := range a.Attributes.Schema().Names() {
				names[name] = true
			}
		}
	}

	return out
}

func typeWords() []typeWord {
	var list []typeWord
	lib := builtin.Library()
	for _, name := range lib.Types() {
		op, ok := lib.Operation(name)
		if !ok {
			continue
		}
		w := typeWord{Name: op.Type, Doc: op.Doc, Fields: []fieldWord{}}
		for _, f := range op.Fields {
			w.Fields = append(w.Fields, fieldWord{Name: f.Name, Doc: f.Doc, Required: f.Required})
		}
		list = append(list, w)
	}

	return list
}
