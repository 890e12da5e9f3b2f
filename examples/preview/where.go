package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
	"github.com/idprofile/engine/transform/builtin"
)

// whereCommand tells who uses what.
type whereCommand struct {
	Name   string `arg:"" optional:"" help:"A source, an account attribute (mail, HR.mail), a transform, an identity attribute, a mapping (Employees/email) or a rule."`
	Folder string `arg:"" default:"." help:"Folder with configuration. Default: here."`

	Unused bool `help:"List what nobody uses: transforms, rules, account attributes of schemas, identity attributes that no profile maps."`

	outputFlags `set:"formats=text,json"`
	planFlag    `set:"plan=With --unused, write the deletion of what nobody uses"`
}

// whereLine is one line of the answer as JSON.
type whereLine struct {
	Kind     config.LineageKind `json:"kind"`
	In       string             `json:"in,omitempty"`
	Name     string             `json:"name"`
	File     string             `json:"file,omitempty"`
	Line     int                `json:"line,omitempty"`
	Column   int                `json:"column,omitempty"`
	Relation string             `json:"relation"` // is, madeOf, usedBy, unused
	Depth    int                `json:"depth"`
	How      string             `json:"how,omitempty"`
	Via      string             `json:"via,omitempty"` // what it uses, or is used by, on the way to the name
}

// lineageNames says what the kinds are called.
var lineageNames = map[config.LineageKind]string{
	config.LineageSource:            "source",
	config.LineageAccountAttribute:  "account attribute",
	config.LineageRule:              "rule",
	config.LineageTransform:         "transform",
	config.LineageMapping:           "mapping",
	config.LineageIdentityAttribute: "identity attribute",
	config.LineageProfile:           "identity profile",
	config.LineageAccounts:          "accounts of",
	config.LineageCorrelation:       "correlation of",
	config.LineageManager:           "manager correlation of",
	config.LineageLifecycle:         "lifecycle states of",
	config.LineageCreateProfile:     "create profile of",
}

// Run reads the configuration and prints the answer.
func (c *whereCommand) Run(a *app) error {
	if c.Unused && c.Name != "" {
		c.Folder = c.Name // the only word is the folder
	}
	if c.Name == "" && !c.Unused {
		return fmt.Errorf("where needs a name, or --unused")
	}
	if c.PlanOut != "" && !c.Unused {
		return fmt.Errorf("--plan-out needs --unused")
	}
	b, err := a.configuration(c.Folder)
	if err != nil {
		return err
	}

	if err := c.answer(a, func(a *app) error { return c.print(a, b) }); err != nil || c.PlanOut == "" {
		return err
	}
	return c.planFlag.write(a, b, nil, deletions(b))
}

// deletions delete the stored transforms and identity attributes that nobody uses. Account
// attributes and rules have no operation that deletes them.
func deletions(b *config.Bundle) []tenant.Request {
	l := b.Lineage(builtin.Library())
	var transforms []string
	var attributes []tenant.Request
	for _, n := range l.Unused() {
		switch node := &l.Nodes[n]; {
		case node.Kind == config.LineageTransform && b.Transforms[node.Name] != nil:
			transforms = append(transforms, node.Name)
		case node.Kind == config.LineageIdentityAttribute && len(l.OutOf(n)) == 0 && deletable(b.Attribute(node.Name)):
			attributes = append(attributes, tenant.Request{Do: "deleteAttribute", Attribute: node.Name,
				Why: "no profile maps it"})
		}
	}

	// Users go before those that they use.
	list := tenant.DeleteTransforms(b, transforms)
	for i := range list {
		list[i].Why = "nobody uses it"
	}
	return append(list, attributes...)
}

// deletable reports whether a tenant deletes an identity attribute at all.
func deletable(a *config.IdentityAttribute) bool { return a != nil && !a.Standard && !a.System }

// print writes the answer.
func (c *whereCommand) print(a *app, b *config.Bundle) error {
	w := &where{app: a, folder: c.Folder, l: b.Lineage(builtin.Library()), json: c.asJSON()}
	if c.Unused {
		return w.unused()
	}
	nodes := w.l.Find(c.Name)
	if len(nodes) == 0 {
		return fmt.Errorf("%s: nothing is called %q%s", c.Folder, c.Name, hinted(c.Name, w.l.Names()))
	}
	for i, n := range nodes {
		if i > 0 && !w.json {
			report.Fprintln(a.out)
		}
		if err := w.node(n); err != nil {
			return err
		}
	}

	return nil
}

// where prints nodes of a lineage.
type where struct {
	*app
	folder string
	l      *config.Lineage
	json   bool
}

// place is the place of an edge below the folder.
func (w *where) place(pos diag.Pos) string {
	if pos.File == "" {
		return ""
	}
	d := below(w.folder, diag.Diagnostic{Pos: pos})
	return d.Pos.String()
}

// label is a node for people.
func (w *where) label(n int) string {
	node := &w.l.Nodes[n]
	name := cmp.Or(lineageNames[node.Kind], strings.ToLower(strings.ReplaceAll(string(node.Kind), "_", " ")))
	return name + " " + node.String()
}

// node prints a node with all that it is made of and all that uses it.
func (w *where) node(n int) error {
	node := &w.l.Nodes[n]
	if w.json {
		if err := w.line(whereLine{Relation: "is"}, n, node.Pos); err != nil {
			return err
		}
		if err := w.lines(n, false, "madeOf"); err != nil {
			return err
		}
		return w.lines(n, true, "usedBy")
	}

	report.Fprintf(w.out, "%s", report.Raw(w.paint(text.Bold, report.OneLine(w.label(n)))))
	if place := w.place(node.Pos); place != "" {
		report.Fprintf(w.out, "  %s", place)
	}
	report.Fprintln(w.out)
	w.tree(n, false, "made of", "nothing else")
	w.tree(n, true, "used by", "nobody")
	return nil
}

// lines prints one direction as JSON Lines.
func (w *where) lines(n int, up bool, relation string) (err error) {
	w.l.Walk(n, up, func(e config.LineageEdge, to, depth int) {
		via := e.To
		if up {
			via = e.From
		}
		if err == nil {
			err = w.line(whereLine{Relation: relation, Depth: depth, How: e.How, Via: w.l.Nodes[via].String()}, to,
				e.Pos)
		}
	})

	return err
}

func (w *where) line(out whereLine, n int, pos diag.Pos) error {
	node := &w.l.Nodes[n]
	out.Kind, out.In, out.Name = node.Kind, node.In, node.Name
	if pos.File != "" {
		d := below(w.folder, diag.Diagnostic{Pos: pos})
		out.File, out.Line, out.Column = d.Pos.File, d.Pos.Line, d.Pos.Column
	}

	enc := json.NewEncoder(w.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// tree prints one direction: what is farther away is below what it goes through, and
// what was printed before is not printed again.
func (w *where) tree(n int, up bool, title, none string) {
	edges := w.l.Into(n)
	if up {
		edges = w.l.OutOf(n)
	}
	if len(edges) == 0 {
		report.Fprintf(w.out, "  %s %s\n", title, none)
		return
	}

	report.Fprintf(w.out, "  %s\n", title)
	w.below(w.out, n, up, "    ", map[int]bool{n: true})
}

func (w *where) below(out io.Writer, n int, up bool, indent string, seen map[int]bool) {
	edges := w.l.Into(n)
	if up {
		edges = w.l.OutOf(n)
	}
	for _, e := range edges {
		to := e.From
		if up {
			to = e.To
		}
		line := indent + w.label(to)
		if up && e.How != "" {
			line += " " + e.How
		}
		if place := w.place(e.Pos); place != "" {
			line += "  " + place
		}

		// A place is walked once: lineage may have cycles, and shared transforms would be printed as often
		// as they are used.
		again := seen[to]
		if again && w.more(to, up) {
			line += "  (see above)"
		}
		report.Fprintln(out, line)
		if !again {
			seen[to] = true
			w.below(out, to, up, indent+"  ", seen)
		}
	}
}

// more reports whether there is anything below a node.
func (w *where) more(n int, up bool) bool {
	if up {
		return len(w.l.OutOf(n)) > 0
	}
	return len(w.l.Into(n)) > 0
}

// unused prints what nobody uses.
func (w *where) unused() error {
	list := w.l.Unused()
	counts := map[config.LineageKind]int{}
	for _, n := range list {
		node := &w.l.Nodes[n]
		counts[node.Kind]++
		if w.json {
			if err := w.line(whereLine{Relation: "unused"}, n, node.Pos); err != nil {
				return err
			}
			continue
		}

		line := w.label(n)
		if place := w.place(node.Pos); place != "" {
			line += "  " + place
		}

		// What only unused things use is told as such, because deleting the one lets the other go,
		// too.
		users := w.l.OutOf(n)
		switch {
		case node.Kind == config.LineageIdentityAttribute && len(users) > 0:
			line += "  (no profile maps it, but " + w.label(users[0].To) + " uses it)"
		case node.Kind == config.LineageIdentityAttribute:
			line += "  (no profile maps it)"
		case len(users) > 0:
			line += "  (only " + w.label(users[0].To) + " uses it, which nobody uses)"
		}

		report.Fprintln(w.out, line)
	}

	if !w.json {
		report.Fprintf(w.out, "%s, %s, %s and %s are not used\n", plural(counts[config.LineageTransform], "transform"),
			plural(counts[config.LineageRule], "rule"),
			plural(counts[config.LineageAccountAttribute], "account attribute"),
			plural(counts[config.LineageIdentityAttribute], "identity attribute"))
	}

	return nil
}
