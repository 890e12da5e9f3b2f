package config

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// columnRead is a place in the configuration that reads an account attribute.
type columnRead struct {
	source    *Source
	attribute string
	what      string // who reads it
	pos       diag.Pos
}

// CheckColumns looks which columns the account files below the folder have, and
// reports what the configuration reads and no column gives: it is null for
// everybody. Of a delimited file it reads the first rows, of JSON all objects,
// unless the file is larger than maxChecked; accounts that come in several files
// are left alone. A file that cannot be read is an error, and nothing else of it is
// reported.
func (b *Bundle) CheckColumns(ctx context.Context, fsys fs.FS) diag.List {
	var found diag.Collector
	reads := b.columnReads()
	for _, s := range b.Sources {
		files := b.Data[s.Name]

		// Several files have columns in any of them, and a large one would take longer than the check
		// is worth.
		if len(files) != 1 || tooLarge(fsys, files[0]) {
			continue
		}

		told := false
		o := b.feedOptions(s, Listener{})
		o.OnColumns = func(names []string) {
			told = true
			found.AddAll(missingColumns(reads, s, files[0], names))
		}
		f, err := openFile(fsys, files[0], o)

		// Reading stops when the columns were told, which is after the first rows of a delimited file.
		if err == nil {
			err = firstError(f.Accounts(ctx), &told)
		}
		if err != nil && ctx.Err() == nil {
			found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: files[0]},
				"the accounts of source %q cannot be read: %s",
				s.Name, strings.TrimPrefix(err.Error(), files[0]+": "))
		}
	}

	return found.List()
}

// firstError reads accounts until enough is known, and returns the error that comes
// before that.
func firstError(accounts iter.Seq2[identity.Account, error], enough *bool) error {
	for _, err := range accounts {
		switch {
		case *enough:
			return nil
		case err != nil:
			return err
		}
	}

	return nil
}

// maxChecked is up to how many bytes a file of objects is read to find out which
// attributes they have.
const maxChecked = 32 << 20

func tooLarge(fsys fs.FS, file string) bool {
	switch strings.ToLower(path.Ext(file)) {
	case ".json", ".jsonl", ".ndjson":
		info, err := fs.Stat(fsys, file)
		return err != nil || info.Size() > maxChecked
	}

	return false
}

// columnReads lists what the mappings, the transforms that they refer to, the
// criteria and the manager correlations read, where the name is spelled out.
func (b *Bundle) columnReads() []columnRead {
	var reads []columnRead
	referred, known := map[string]bool{}, b.Referable()
	var follow func(n *jsondoc.Node, what string)
	follow = func(n *jsondoc.Node, what string) {
		n.Walk(func(m *jsondoc.Node) bool {
			attributes := m.Get("attributes")
			switch m.Get("type").Text() {
			case "accountAttribute":
				name := attributes.Get("attributeName")

				// A name with a variable in it is known only when it is evaluated.
				if text, ok := name.Str(); ok && !strings.Contains(text, "$") {
					if s := b.ReadSource(attributes); s != nil {
						reads = append(reads, columnRead{source: s, attribute: text, what: what, pos: name.Pos()})
					}
				}

			case "reference":
				// Each transform is followed once, however many mappings refer to it.
				if id := attributes.Get("id").Text(); !referred[id] && known[id] != nil {
					referred[id] = true
					follow(known[id].Node, fmt.Sprintf("transform %q", id))
				}
			}

			return true
		})
	}

	for _, p := range b.Profiles {
		for _, m := range p.Mappings {
			follow(m.Definition.Node, fmt.Sprintf("the mapping of %q in profile %q", m.Attribute, p.Name))
		}
	}

	for _, s := range b.Sources {
		if s.Correlation != nil {
			for _, a := range s.Correlation.Assignments {
				reads = append(reads, columnRead{source: s, attribute: a.Value, what: "a criterion of the correlation",
					pos: a.Pos})
			}
		}

		if s.Manager != nil && s.Manager.AccountAttribute != "" {
			reads = append(reads, columnRead{source: s, attribute: s.Manager.AccountAttribute,
				what: "the manager correlation",
				pos:  s.Node.Get("managerCorrelationMapping").Pos()})
		}
	}

	return reads
}

// missingColumns reports what is read of a source and not among the columns of
// its file, each column once. An attribute that the account schema does not have
// either is reported where it is read.
func missingColumns(reads []columnRead, s *Source, file string, columns []string) diag.List {
	others := map[string]int{}
	first := map[string]columnRead{}
	for _, r := range reads {
		if r.source != s || slices.Contains(columns, r.attribute) || slices.Contains(AccountFields, r.attribute) ||
			s.Lacks(r.attribute) {
			continue
		}

		// One finding for each column, with how many others read it.
		if _, again := first[r.attribute]; again {
			others[r.attribute]++
			continue
		}

		first[r.attribute] = r
	}

	var found diag.List
	for _, name := range slices.Sorted(maps.Keys(first)) {
		r, also := first[name], ""
		if n := others[name]; n > 0 {
			also = fmt.Sprintf(" (and %d more)", n)
		}
		found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeColumnMissing, Pos: r.pos,
			Message: fmt.Sprintf("%s%s reads %q of source %q, a column that %s does not have: it is null for everybody",
				r.what, also, name, s.Name, file),
			Hint: diag.Suggest(name, columns)})
	}

	return found
}
