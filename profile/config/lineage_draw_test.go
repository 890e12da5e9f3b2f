package config_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform/builtin"
)

// TestLineageDrawn: what stands in a drawing of one attribute, in each form.
func TestLineageDrawn(t *testing.T) {
	l := lineageOf(t).Drawn()
	part := l.Part(l.Find("uid")...)
	var names []string
	for i := range part.Nodes {
		names = append(names, part.Nodes[i].Title())
	}
	want := []string{"HR.mail", "Mail", "Raw", "Staff/email", "Staff/uid", "email", "uid"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	for _, e := range part.Edges {
		if e.From >= len(part.Nodes) || e.To >= len(part.Nodes) {
			t.Fatalf("edge %v of %d nodes", e, len(part.Nodes))
		}
	}

	for _, c := range []struct {
		name  string
		write func(*config.Lineage, io.Writer) error
		want  []string
	}{
		{"dot", (*config.Lineage).WriteDOT, []string{"digraph lineage {", `[label="Staff/uid", class="mapping"]`, "n4 -> n6"}},
		{"mermaid", (*config.Lineage).WriteMermaid, []string{"flowchart LR\n", `n0(["HR.mail"])`, `n6{{"uid"}}`, "n4 --> n6"}},
		{"svg", func(l *config.Lineage, w io.Writer) error { return l.WriteSVG(w, `a "b" <c>`) }, []string{"<title>a &#34;b&#34; &lt;c&gt;</title>", ">Staff/uid</text>"}},
	} {
		var b strings.Builder
		if err := c.write(part, &b); err != nil {
			t.Fatal(err)
		}
		for _, s := range c.want {
			if !strings.Contains(b.String(), s) {
				t.Errorf("%s: %q is missing in\n%s", c.name, s, b.String())
			}
		}
		if c.name == "svg" {
			wellFormed(t, b.String())
		}
	}
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(s)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// TestLineageDrawsAnything: names cannot leave their place, and circles end.
func TestLineageDrawsAnything(t *testing.T) {
	b, _ := config.LoadFiles(config.File{Name: "t.json", Data: []byte(`[
{"name":"A\"]\n<b>","type":"reference","attributes":{"id":"B"}},
{"name":"B","type":"reference","attributes":{"id":"A\"]\n<b>"}},
{"name":"C","type":"reference","attributes":{"id":"C"}}]`)})
	l := b.Lineage(builtin.Library()).Drawn()
	var svg, dot, mermaid strings.Builder
	for _, err := range []error{l.WriteSVG(&svg, "x"), l.WriteDOT(&dot), l.WriteMermaid(&mermaid)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wellFormed(t, svg.String())
	if !strings.Contains(dot.String(), `label="A\"]`) || strings.Contains(mermaid.String(), `A"]`) {
		t.Errorf("%s\n%s", dot.String(), mermaid.String())
	}
	if err := (&config.Lineage{}).Drawn().WriteSVG(io.Discard, ""); err != nil {
		t.Error(err)
	}
}
