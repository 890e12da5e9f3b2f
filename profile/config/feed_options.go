package config

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/ldif"
)

// Listener hears what reading account files has to say, on the goroutine that
// reads. Nil functions hear nothing.
type Listener struct {
	OnFinding    func(diag.Diagnostic)
	OnAssumption func(diag.Assumption) // what was recognised, merged, filtered or defaulted
}

// openFile opens an account file as its extension says. Entries of a directory
// have its stable ids, whatever kind of source they are for.
func openFile(fsys fs.FS, file string, o feed.Options) (*feed.File, error) {
	if strings.EqualFold(path.Ext(file), ".ldif") {
		o.StableID = append(slices.Clip(o.StableID), "objectGUID", "entryUUID", "nsUniqueId")
		return ldif.Open(fsys, file, o)
	}

	return feed.Open(fsys, file, o)
}

// feedOptions says how accounts of a source are read. Of a list that serves
// several sources, accounts that another one reads are nothing to report, and what
// nobody reads is reported once.
func (b *Bundle) feedOptions(s *Source, l Listener) feed.Options {
	o := s.feedOptions(b.Settings.Sources[s.Name], l)
	if first := slices.Index(b.Lists, s.Name); first >= 0 {
		o.Elsewhere = func(id, name string) bool {
			return first > 0 || b.SourceByID(id) != nil || b.Source(name) != nil
		}
	}

	return o
}

// feedOptions says how accounts of the source are read.
func (s *Source) feedOptions(set SourceSettings, l Listener) feed.Options {
	o := feed.Options{
		Name: s.Name, ID: s.ID, StableID: s.stableID(set),
		Delimiter: set.Delimiter, Quote: set.Quote, Encoding: set.Encoding, HasHeader: set.HasHeader,
		Columns:   set.Columns,
		MergeRows: set.MergeRows, MergeColumns: set.MergeColumns, IndexColumns: set.IndexColumns,
		Filter: set.Filter, Comment: set.Comment, Connector: s.Node.Get("connectorAttributes"),
		Separator: set.Separator, KeepEmpty: set.KeepEmpty, OnFinding: l.OnFinding, OnAssumption: l.OnAssumption,
	}

	// Where values stand in rows of their own, a comma in a cell belongs to the value.
	if o.Separator == "" && !s.merges(set) {
		o.Separator = ","
	}

	// Without a schema the first column has to be the account id: nothing else says which one is.
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

// merges reports whether each value of a multi-valued attribute stands in a row
// of its own. A cell is one value then, whatever characters it has.
func (s *Source) merges(set SourceSettings) bool {
	if set.MergeRows != nil {
		return *set.MergeRows
	}
	said := s.Node.At("connectorAttributes", "mergeRows") // some exports have the text "true"
	return said.IsTrue() || strings.EqualFold(said.Text(), "true")
}

// stableID returns the attributes that hold an id which stays when an account is
// renamed or moved (DECISION 48): what the settings name, the field uuid, and on
// directories their own ids.
func (s *Source) stableID(set SourceSettings) []string {
	var list []string
	if set.StableID != "" {
		list = append(list, set.StableID)
	}
	list = append(list, "uuid")

	kind := strings.ToLower(FirstText(s.Node.Get("connectorScriptName"), s.Node.Get("connector")) + " " +
		FirstText(s.Node.Get("type"), s.Node.Get("connectorName")))
	if strings.Contains(kind, "active") && strings.Contains(kind, "directory") || strings.Contains(kind, "ldap") ||
		strings.Contains(kind, "adlds") {
		list = append(list, "objectGUID", "entryUUID")
	}
	return list
}

// FeedOptions says how accounts of the source are read from a file or an upload;
// findings about the data go to onFinding, which may be nil.
func (b *Bundle) FeedOptions(s *Source, onFinding func(diag.Diagnostic)) feed.Options {
	return b.feedOptions(s, Listener{OnFinding: onFinding})
}
