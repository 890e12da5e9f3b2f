package config

import (
	"strconv"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// linkage reads how probable owners are found: the member linkage of idprofile.json,
// with columns (kinds by name), link, review and oneToOne.
func (l *loader) linkage(n *jsondoc.Node) (o linkage.Options) {
	// Unknown members are told with a suggestion: a threshold that is misspelled would otherwise silently be the
	// default.
	known := []string{"columns", "link", "review", "oneToOne"}
	for _, m := range n.Members() {
		switch m.Key {
		case "columns":
			o.Columns = l.linkageColumns(m.Value)
		case "link":
			o.Link = l.probability(&m)
		case "review":
			o.Review = l.probability(&m)
		case "oneToOne":
			o.OneToOne = m.Value.IsTrue()
		default:
			l.found.Add(diag.Diagnostic{
				Severity: diag.Warning, Code: codeSettingsUnknown, Pos: m.Pos(),
				Message: "unknown setting " + strconv.Quote(m.Key) + " of linkage", Hint: diag.Suggest(m.Key, known),
			})
		}
	}

	return o
}

// linkageColumns reads what columns are, by "column" or "source.column".
func (l *loader) linkageColumns(n *jsondoc.Node) map[string]linkage.Kind {
	columns := map[string]linkage.Kind{}
	for _, m := range n.Members() {
		var k linkage.Kind
		if err := k.UnmarshalText([]byte(m.Value.Text())); err != nil {
			l.found.Addf(diag.Error, codeSettingsValue, m.Value.Pos(), "column %q: %v", m.Key, err)
			continue
		}

		columns[m.Key] = k
	}

	return columns
}

// probability reads a number above 0 and at most 1.
func (l *loader) probability(m *jsondoc.Member) float64 {
	p, err := strconv.ParseFloat(m.Value.Text(), 64)
	if err != nil || !(p > 0 && p <= 1) || m.Value.Kind() != jsondoc.Number {
		l.found.Addf(diag.Error, codeSettingsValue, m.Value.Pos(), "%s is %s, expected a number above 0, at most 1",
			m.Key,
			m.Value.Append(nil))
		return 0
	}

	return p
}
