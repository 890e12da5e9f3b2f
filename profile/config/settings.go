package config

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// dialect reads the switches of a dialect.
func (l *loader) dialect(n *jsondoc.Node) (d transform.Dialect) {
	options := transform.DialectOptions()
	var names []string
	for _, o := range options {
		names = append(names, o.Name)
	}
	for _, m := range n.Members() {
		// Members are walked and not options: a misspelled switch must not pass in silence.
		at := slices.Index(names, m.Key)
		if at < 0 {
			l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSettingsUnknown, Pos: m.Pos(),
				Message: fmt.Sprintf("the dialect has no option %q", m.Key), Hint: diag.Suggest(m.Key, names)})
		} else if m.Value.Kind() != jsondoc.Bool {
			l.found.Addf(diag.Error, codeSettingsValue, m.Value.Pos(), "%s is a %s, expected true or false", m.Key,
				m.Value.Kind())
		} else if m.Value.IsTrue() {
			d = d.With(options[at])
		}
	}

	return d
}

// settingNames are the members of the settings of a source.
var settingNames = []string{
	"file", "delimiter", "separator", "keepEmpty", "quote", "encoding", "hasHeader", "columnNames", "mergeRows",
	"mergeColumns",
	"indexColumns", "filter", "comment", "stableId",
}

// sourceSettings reads how the account file of a source is read.
func (l *loader) sourceSettings(n *jsondoc.Node) SourceSettings {
	for _, m := range n.Members() {
		if !slices.Contains(settingNames, m.Key) {
			l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSettingsUnknown, Pos: m.Pos(),
				Message: fmt.Sprintf("unknown setting %q of a source", m.Key), Hint: diag.Suggest(m.Key, settingNames)})
		}
	}

	// Absent and false differ: absent leaves the decision to the connector.
	flag := func(key string) *bool {
		if v := n.Get(key); !v.IsNull() {
			return new(v.IsTrue())
		}
		return nil
	}

	return SourceSettings{
		File: n.Get("file").Text(), Delimiter: n.Get("delimiter").Text(), Separator: n.Get("separator").Text(),
		KeepEmpty: n.Get("keepEmpty").IsTrue(), Quote: n.Get("quote").Text(), Encoding: n.Get("encoding").Text(),
		HasHeader: flag("hasHeader"), Columns: texts(n.Get("columnNames")),
		MergeRows: flag("mergeRows"), MergeColumns: texts(n.Get("mergeColumns")),
		IndexColumns: texts(n.Get("indexColumns")),
		Filter:       n.Get("filter").Text(), Comment: n.Get("comment").Text(), StableID: n.Get("stableId").Text(),
	}
}
