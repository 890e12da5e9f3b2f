package feed

import (
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// layout is what one party says about how a delimited file is written. Empty
// and nil fields say nothing.
type layout struct {
	delimiter, quote, encoding string
	header, merge              *bool
	columns, mergeColumns      []string
	index                      []string
	filter, comment            string
}

// settings is what the options say.
func (o *Options) settings() layout {
	return layout{
		delimiter: o.Delimiter, quote: o.Quote, encoding: encodingName(o.Encoding), header: o.HasHeader,
		columns: o.Columns,
		merge:   o.MergeRows, mergeColumns: o.MergeColumns, index: o.IndexColumns, filter: o.Filter, comment: o.Comment,
	}
}

// connector is what the connector attributes of the source say. A value that
// cannot be used is reported and says nothing.
//
// Source: the vendor's page of the delimited file source, additional settings;
// exports of such sources.
func (r *Reading) connector() layout {
	c := r.Connector
	l := layout{
		delimiter: unescape(c.Get("delimiter").Text()), encoding: c.Get("fileEncoding").Text(),
		header: flag(c.Get("hasHeader")), columns: names(c.Get("columnNames")),
		merge: flag(c.Get("mergeRows")), mergeColumns: names(c.Get("mergeColumns")),
		filter: c.Get("filterString").Text(), comment: unescape(c.Get("commentCharacter").Text()),
	}

	// Both spellings are found in exports; the one for several columns says more.
	if l.index = names(c.Get("indexColumns")); l.index == nil {
		l.index = names(c.Get("indexColumn"))
	}

	if l.delimiter != "" && !validDelimiter(l.delimiter) {
		r.unusable("delimiter", l.delimiter)
		l.delimiter = ""
	}

	if l.comment != "" && !validMark(l.comment) {
		r.unusable("commentCharacter", l.comment)
		l.comment = ""
	}

	// An unknown encoding is told and then found out from the bytes, as if it were not set.
	if l.encoding != "" {
		if encodingName(l.encoding) == "" {
			r.unusable("fileEncoding", l.encoding)
		}
		l.encoding = encodingName(l.encoding)
	}

	return l
}

// RowKeys returns the connector attributes of a delimited file source that decide
// which accounts the rows of its file make, however it is written.
func RowKeys() []string {
	return []string{"filterString", "mergeRows", "mergeColumns", "indexColumn", "indexColumns"}
}

func (r *Reading) unusable(key, value string) {
	r.Report(diag.Warning, codeConnectorAttribute, diag.Pos{},
		"the source's connector attribute %s is %q, which cannot be used; it is passed over", key, value)
}

// unescape returns the character that \u0009 or \t spells: the product's form
// asks for a tab in this way.
func unescape(text string) string {
	switch strings.ToLower(text) {
	case `\u0009`, `\t`, "tab":
		return "\t"
	case `\u007c`:
		return "|"
	case `\u003b`:
		return ";"
	case `\u002c`:
		return ","
	}

	return text
}

// flag reads a boolean that may be spelled as a text.
func flag(n *jsondoc.Node) *bool {
	switch text := strings.ToLower(n.Text()); {
	case n.IsTrue() || text == "true":
		return new(true)
	case n.Kind() == jsondoc.Bool || text == "false":
		return new(false)
	}

	return nil
}

// names reads a list of names, or a text with names between commas.
func names(n *jsondoc.Node) []string {
	var list []string
	items := n.Items()
	if n.Kind() == jsondoc.String {
		for _, part := range strings.Split(n.Text(), ",") {
			items = append(items, jsondoc.NewString(part))
		}
	}

	for _, item := range items {
		if name := strings.TrimSpace(item.Text()); name != "" {
			list = append(list, strings.Clone(name))
		}
	}

	return list
}

// or returns what l says, and where it says nothing what m says.
func (l layout) or(m layout) layout {
	either := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}

	// Settings are taken over one by one: somebody who sets the delimiter has not said anything about
	// the header.
	l.filter, l.comment = either(l.filter, m.filter), either(l.comment, m.comment)
	l.encoding = either(l.encoding, m.encoding)
	if l.merge == nil {
		l.merge = m.merge
	}
	if l.columns == nil {
		l.columns = m.columns
	}
	if l.mergeColumns == nil {
		l.mergeColumns = m.mergeColumns
	}
	if l.index == nil {
		l.index = m.index
	}
	return l
}
