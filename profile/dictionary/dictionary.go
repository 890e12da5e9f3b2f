package dictionary

import (
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
	"github.com/idprofile/engine/transform"
)

// Dictionary describes a configuration. Its JSON form is stable: members may be added,
// never renamed or removed.
type Dictionary struct {
	Attributes []*Attribute `json:"attributes"` // by name
	Transforms []*Transform `json:"transforms"` // by name
	Tables     []*Table     `json:"tables"`     // of look-ups

	Lineage *config.Lineage `json:"-"`
}

// Attribute is an identity attribute.
type Attribute struct {
	Name        string    `json:"name"`
	DisplayName string    `json:"displayName,omitempty"`
	Standard    bool      `json:"standard,omitempty"`
	Searchable  bool      `json:"searchable,omitempty"`
	Multi       bool      `json:"multi,omitempty"`
	Given       bool      `json:"given,omitempty"`    // the platform gives it its value
	Required    bool      `json:"required,omitempty"` // without it, an identity has an exception
	Mappings    []Mapping `json:"mappings"`           // by priority of the profile
	ReadBy      []Reader  `json:"readBy"`
}

// Mapping is how a profile feeds an attribute.
type Mapping struct {
	Profile    string        `json:"profile"`
	Rule       string        `json:"rule"`       // in one line, see [transform.Library.Print]
	Lines      string        `json:"-"`          // the same in lines
	Accounts   []string      `json:"accounts"`   // account attributes that values come from, through everything
	Identity   []string      `json:"identity"`   // identity attributes that it reads, through transforms
	Transforms []string      `json:"transforms"` // behind it, the nearest first
	Tests      []Test        `json:"tests"`
	Data       *survey.Stats `json:"data,omitempty"`
	Nulls      []Null        `json:"nulls,omitempty"` // why it is null, the most frequent reason first
	Pos        diag.Pos      `json:"pos,omitzero"`
}

// Null is a reason for no value.
type Null struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Reader is something that reads an attribute.
type Reader struct {
	Kind config.LineageKind `json:"kind"`
	Name string             `json:"name"`
	How  string             `json:"how"`
	Pos  diag.Pos           `json:"pos,omitzero"`
}

// Transform is a stored transform that is used, or may be.
type Transform struct {
	Name   string   `json:"name"`
	Rule   string   `json:"rule"`
	Lines  string   `json:"-"`
	UsedBy []string `json:"usedBy"` // directly
	Tests  []Test   `json:"tests"`
	Pos    diag.Pos `json:"pos,omitzero"`
}

// Table is the table of a look-up.
type Table struct {
	In      string         `json:"in"` // transform, or profile/attribute of a mapping
	Entries []Entry        `json:"entries"`
	Missed  []survey.Count `json:"missed,omitempty"` // values of the data that are not in it
	Pos     diag.Pos       `json:"pos,omitzero"`
}

// Entry is a row of a table; what is no text is in the form of [transform.Library.Print].
type Entry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Test is a test case that looks at something.
type Test struct {
	File string `json:"file"`
	Name string `json:"name"`
}

// Options are what a dictionary is made with. The zero Options do.
type Options struct {
	Tests  map[string][]byte // test files by name
	Survey *survey.Report    // of the data; nil: there are none
	Width  int               // of the lines of rules; 0: 90
}

// Make describes the configuration. The library must not be nil.
func Make(b *config.Bundle, lib *transform.Library, o Options) *Dictionary {
	if o.Width == 0 {
		o.Width = 90
	}
	m := &maker{b: b, lib: lib, o: o, tests: readTests(o.Tests),
		d: &Dictionary{Lineage: b.Lineage(lib), Attributes: []*Attribute{}, Transforms: []*Transform{},
			Tables: []*Table{}}}
	m.attributes()
	for _, name := range slices.Sorted(maps.Keys(b.Transforms)) {
		m.transform(name, b.Transforms[name])
	}
	for _, p := range b.Profiles {
		for _, mapping := range p.Mappings {
			if mapping.Definition != nil {
				m.tables(p.Name+"/"+mapping.Attribute, mapping.Definition)
			}
		}
	}

	return m.d
}

type maker struct {
	b     *config.Bundle
	lib   *transform.Library
	o     Options
	tests *tests
	d     *Dictionary
}

// print writes a rule in one line and in several.
func (m *maker) print(def *transform.Definition) (line, lines string) {
	if def == nil {
		return "nothing", "nothing"
	}
	return m.lib.Print(def, m.b.PrintOptions(0)), m.lib.Print(def, m.b.PrintOptions(m.o.Width))
}

// attributes describes every identity attribute that is mapped or listed in a file, or read.
func (m *maker) attributes() {
	l := m.d.Lineage
	for i := range l.Nodes {
		n := &l.Nodes[i]

		// An attribute that each tenant has is left out where nobody maps or reads it: the page would
		// be full of them.
		if n.Kind != config.LineageIdentityAttribute || n.Given && len(l.OutOf(i))+len(l.Into(i)) == 0 {
			continue
		}
		a := &Attribute{Name: n.Name, Given: n.Given, Required: slices.Contains(config.Required(), n.Name),
			Mappings: []Mapping{}, ReadBy: []Reader{}}

		// What a file says about an attribute is there only when the configuration has such a file.
		if known := m.b.Attribute(n.Name); known != nil {
			a.DisplayName, a.Standard, a.Searchable, a.Multi = known.DisplayName, known.Standard, known.Searchable,
				known.Multi
		}
		for _, p := range m.b.Profiles {
			for _, mapping := range p.Mappings {
				if mapping.Attribute == n.Name {
					a.Mappings = append(a.Mappings, m.mapping(p, mapping))
				}
			}
		}

		for _, e := range l.OutOf(i) {
			to := &l.Nodes[e.To]
			a.ReadBy = append(a.ReadBy, Reader{Kind: to.Kind, Name: to.String(), How: e.How, Pos: e.Pos})
		}

		m.d.Attributes = append(m.d.Attributes, a)
	}
}

func (m *maker) mapping(p *config.Profile, mapping *config.Mapping) Mapping {
	out := Mapping{
		Profile: p.Name, Pos: mapping.Node.Pos(), Accounts: []string{}, Identity: []string{}, Transforms: []string{},
		Tests: m.tests.of(m.tests.attributes, p.Name, mapping.Attribute),
	}
	out.Rule, out.Lines = m.print(mapping.Definition)
	m.behind(p.Name, mapping.Attribute, &out)
	if s := m.o.Survey; s != nil {
		for _, a := range s.Attributes {
			if a.Profile == p.Name && a.Name == mapping.Attribute && a.Rows > 0 {
				out.Data = &a.Stats
				for _, n := range a.Nulls {
					out.Nulls = append(out.Nulls, Null{Reason: n.Reason, Count: n.Count}) // nobody is named
				}
			}
		}
	}

	return out
}

// behind finds what a mapping is made of. Other attributes are named; what they are made
// of stands with them.
func (m *maker) behind(profile, attribute string, out *Mapping) {
	l := m.d.Lineage
	var level []int
	for i := range l.Nodes {
		if n := &l.Nodes[i]; n.Kind == config.LineageMapping && n.In == profile && n.Name == attribute {
			level = append(level, i)
		}
	}

	seen := map[int]bool{}

	// The search is by levels and stops at attributes and accounts, so the nearest come first and
	// nothing is walked twice.
	for len(level) > 0 {
		var next []int
		for _, at := range level {
			for _, e := range l.Into(at) {
				if seen[e.From] {
					continue
				}
				seen[e.From] = true
				switch n := &l.Nodes[e.From]; n.Kind {
				case config.LineageAccountAttribute:
					out.Accounts = append(out.Accounts, n.String())
				case config.LineageIdentityAttribute:
					out.Identity = append(out.Identity, n.Name)
				case config.LineageTransform:
					out.Transforms = append(out.Transforms, n.Name)
					next = append(next, e.From)
				case config.LineageSource:
					out.Accounts = append(out.Accounts, n.Name+".(computed)")
				}
			}
		}

		level = next
	}

	slices.Sort(out.Accounts)
	slices.Sort(out.Identity)
}

func (m *maker) transform(name string, def *transform.Definition) {
	t := &Transform{Name: name, Pos: def.Node.Pos(), UsedBy: []string{},
		Tests: m.tests.of(m.tests.transforms, "", name)}
	t.Rule, t.Lines = m.print(def)
	l := m.d.Lineage
	for i := range l.Nodes {
		if n := &l.Nodes[i]; n.Kind == config.LineageTransform && n.Name == name {
			for _, e := range l.OutOf(i) {
				t.UsedBy = append(t.UsedBy, l.Nodes[e.To].Title())
			}
		}
	}

	slices.Sort(t.UsedBy)
	t.UsedBy = slices.Compact(t.UsedBy)
	m.d.Transforms = append(m.d.Transforms, t)
	m.tables(name, def)
}

// tables lists the tables by which a transform chooses a value.
func (m *maker) tables(in string, def *transform.Definition) {
	def.Node.Walk(func(n *jsondoc.Node) bool {
		typ, ok := n.Get("type").Str()
		if !ok {
			return true
		}
		for _, f := range m.lib.About(typ).With(transform.RoleBranch) {
			table := n.At("attributes", f.Name)
			if f.Kind == transform.KindTable && table.Kind() == jsondoc.Object {
				m.d.Tables = append(m.d.Tables, m.table(in, n.Pos(), table))
			}
		}

		return true
	})
}

func (m *maker) table(in string, pos diag.Pos, table *jsondoc.Node) *Table {
	t := &Table{In: in, Pos: pos}
	for _, row := range table.Members() {
		value, isText := row.Value.Str()
		if !isText {
			value = m.lib.Print(transform.FromNode(row.Value), m.b.PrintOptions(0))
		}
		t.Entries = append(t.Entries, Entry{Key: row.Key, Value: value})
	}

	if m.o.Survey == nil {
		return t
	}

	// Several mappings may use one table, which has one place in the file: what they miss is added up.
	missed := map[string]int{}
	for _, l := range m.o.Survey.Outside {
		if l.Pos == pos {
			for _, c := range l.Values {
				missed[c.Text] += c.Count
			}
		}
	}

	for _, text := range slices.Sorted(maps.Keys(missed)) {
		t.Missed = append(t.Missed, survey.Count{Text: text, Count: missed[text]})
	}
	slices.SortStableFunc(t.Missed, func(a, b survey.Count) int { return b.Count - a.Count })
	return t
}

// tests are test cases by what they look at.
type tests struct {
	attributes, transforms map[string][]testOf
}

type testOf struct {
	profile string // "" : of any
	Test
}

// readTests finds out what test cases look at. What is no test file has none.
func readTests(files map[string][]byte) *tests {
	t := &tests{attributes: map[string][]testOf{}, transforms: map[string][]testOf{}}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		root, _ := jsondoc.Parse(file, files[file])
		for _, c := range root.Get("cases").Items() {
			t.add(file, c)
		}
	}

	return t
}

func (t *tests) add(file string, c *jsondoc.Node) {
	test := testOf{profile: c.Get("profile").Text(), Test: Test{File: file, Name: c.Get("name").Text()}}
	if name, ok := c.Get("transform").Str(); ok {
		t.transforms[name] = append(t.transforms[name], test)
		return
	}

	// A test without profile can still be about one, by what it expects.
	if test.profile == "" {
		test.profile = c.At("expect", "profile").Text()
	}
	var names []string
	if name, ok := c.Get("attribute").Str(); ok {
		names = append(names, name)
	}
	for _, m := range c.At("expect", "attributes").Members() {
		names = append(names, m.Key)
	}
	for _, row := range c.Get("rows").Items() {
		for _, m := range row.Get("expect").Members() {
			names = append(names, m.Key)
		}
		for _, m := range row.At("expect", "attributes").Members() {
			names = append(names, m.Key)
		}
	}

	// A test may give an attribute in several rows and is one test all the same.
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		t.attributes[name] = append(t.attributes[name], test)
	}
}

func (t *tests) of(m map[string][]testOf, profile, name string) []Test {
	list := []Test{}
	for _, test := range m[name] {
		if test.profile == "" || profile == "" || strings.EqualFold(test.profile, profile) {
			list = append(list, test.Test)
		}
	}

	return list
}
