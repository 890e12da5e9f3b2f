package config

import (
	"fmt"
	"io/fs"
	"net/url"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

// Accounts opens the account files of the bundle's sources, in the order of the
// sources, below the folder that the bundle was loaded from. The schema of each
// source and the settings say how its file is read. Findings about the data go
// to onFinding, which may be nil, while the accounts are read; those that
// Accounts returns are files that cannot be opened.
func (b *Bundle) Accounts(fsys fs.FS, onFinding func(diag.Diagnostic)) ([]identity.Source, diag.List) {
	var sources []identity.Source
	var found diag.List
	for _, s := range b.Sources {
		file, ok := b.Data[s.Name]
		if !ok {
			b.withoutData(s, &found)
			continue
		}
		f, err := feed.Open(fsys, file, s.feedOptions(b.Settings.Sources[s.Name], onFinding))
		if err != nil {
			pos := diag.Pos{File: file}
			if set := b.Settings.Sources[s.Name]; set.File != "" {
				pos = b.Settings.Pos
			}
			found.Addf(diag.Error, "file-unreadable", pos, "source %q: %v", s.Name, err)
			continue
		}
		sources = append(sources, f)
	}
	return sources, found
}

// withoutData reports a source of a profile that has no account file.
func (b *Bundle) withoutData(s *Source, found *diag.List) {
	for _, p := range b.Profiles {
		if b.AuthoritativeSource(p) == s {
			found.Add(diag.Diagnostic{Severity: diag.Warning, Code: "data-missing", Pos: s.Node.Pos(),
				Message: fmt.Sprintf("source %q has no account file, so profile %q has no members", s.Name, p.Name),
				Hint:    fmt.Sprintf("expected accounts/%s.csv, .json or .jsonl", url.PathEscape(s.Name))})
		}
	}
}

// feedOptions says how accounts of the source are read.
func (s *Source) feedOptions(set SourceSettings, onFinding func(diag.Diagnostic)) feed.Options {
	o := feed.Options{
		Name: s.Name, Delimiter: set.Delimiter, Separator: set.Separator, KeepEmpty: set.KeepEmpty, OnFinding: onFinding,
	}
	if o.Separator == "" {
		o.Separator = ","
	}
	if s.Schema == nil {
		o.FirstColumn = true
		return o
	}
	o.NativeIdentity, o.DisplayName = s.Schema.IdentityAttribute, s.Schema.DisplayAttribute
	for _, a := range s.Schema.Attributes {
		o.Attributes = append(o.Attributes, feed.Attribute{Name: a.Name, Multi: a.Multi, Entitlement: a.Entitlement})
	}
	return o
}
