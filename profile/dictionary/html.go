package dictionary

import (
	_ "embed"
	"html/template"
	"io"
	"net/url"
	"strings"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
)

//go:embed page.html.tmpl
var pageSource string

// WriteHTML writes the dictionary as one page, with the lineage of each attribute and of
// all: nothing is loaded from anywhere, all texts are escaped, and it has no scripts.
func (d *Dictionary) WriteHTML(w io.Writer, title string) error {
	drawn := d.Lineage.Drawn()
	t, err := template.New("").Funcs(template.FuncMap{
		"anchor": func(kind, name string) string {
			return kind + "-" + strings.ReplaceAll(url.PathEscape(name), "%", ".")
		},
		"share":   Share,
		"short":   shortened,
		"visible": report.OneLine,
		"remarks": survey.Remarks,
		"picture": func(name string) (template.HTML, error) { return picture(drawn, name) },
		"all":     func() (template.HTML, error) { return picture(drawn, "") },
	}).Parse(pageSource)

	if err != nil {
		return err
	}
	return t.Execute(w, map[string]any{"Title": title, "D": d, "Style": template.CSS(report.Stylesheet())})
}

// picture draws the lineage of an identity attribute, or with "" of all.
func picture(drawn *config.Lineage, name string) (template.HTML, error) {
	title := "Where all values come from and where they go"
	if name != "" {
		title = "Where " + name + " comes from and where it goes"
		var at []int
		for i := range drawn.Nodes {
			if n := &drawn.Nodes[i]; n.Kind == config.LineageIdentityAttribute && n.Name == name {
				at = append(at, i)
			}
		}

		if len(at) == 0 {
			return "", nil
		}
		drawn = drawn.Part(at...)
	}

	var b strings.Builder
	if err := drawn.WriteSVG(&b, title); err != nil {
		return "", err
	}
	return template.HTML(b.String()), nil // escaped by the drawing
}
