package survey

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// report puts together what was gathered.
func (t *taker) report() *Report {
	r := &Report{Sources: []*Source{}, Attributes: []*Attribute{}, Outside: []*Lookup{}, Identities: t.identities}
	lineage := t.b.Lineage(t.o.Library)
	for _, s := range t.b.Sources {
		r.Sources = append(r.Sources, t.source(s, lineage))
	}
	for _, p := range t.b.Profiles {
		in := t.profile(p.Name)
		for _, name := range in.names {
			r.Attributes = append(r.Attributes, t.attribute(p.Name, name, in.rows))
		}
	}

	// Look-ups were gathered in a map while people went by.
	for key, l := range t.lookups {
		r.Outside = append(r.Outside, &Lookup{
			Profile: key.profile, Attribute: key.attribute, Pos: key.pos,
			Fails: l.fails, Count: l.count, Values: most(l.values, 1, t.o.Examples),
		})
	}

	// Most often first: that is what to mend.
	slices.SortFunc(r.Outside, func(a, b *Lookup) int {
		return cmp.Or(b.Count-a.Count, strings.Compare(a.Profile, b.Profile), strings.Compare(a.Attribute, b.Attribute),
			strings.Compare(a.Pos.String(), b.Pos.String()))
	})
	return r
}

func (t *taker) source(s *config.Source, l *config.Lineage) *Source {
	in := t.sources[s.Name]
	out := &Source{Name: s.Name, Files: slices.Clone(t.b.Data[s.Name]), Accounts: in.accounts, Columns: []ColumnInfo{},
		Missing: []Missing{}, LeftOut: []string{}}
	if out.Files == nil {
		out.Files = []string{}
	}

	// Where a transform computes the name of what it reads, no column can be said to be unread.
	computed := readsAll(l, s.Name)
	for _, name := range in.names {
		c := ColumnInfo{Name: name, ReadBy: readers(l, s.Name, name),
			Stats: in.columns[name].Stats(in.accounts, t.o.Examples)}
		c.Unread = len(c.ReadBy) == 0 && !computed
		out.Columns = append(out.Columns, c)
	}

	for _, d := range t.found {
		if slices.Contains(out.Files, d.Pos.File) {
			out.LeftOut = append(out.LeftOut, between(d.Message, "column \"", "\""))
		}
	}

	if in.accounts > 0 {
		out.Missing = missing(l, s.Name, in.names, out.LeftOut)
	}
	return out
}

// missing are the columns that are read and that no account has.
func missing(l *config.Lineage, source string, names, leftOut []string) []Missing {
	list := []Missing{}
	for i := range l.Nodes {
		n := &l.Nodes[i]
		if n.Kind != config.LineageAccountAttribute || n.In != source || n.Name == "" ||
			slices.Contains(names, n.Name) || slices.Contains(config.AccountFields, n.Name) {
			continue
		}

		// A node that leads nowhere is read by nobody.
		users := l.OutOf(i)
		if len(users) == 0 {
			continue
		}
		m := Missing{Name: n.Name, Pos: users[0].Pos, Hint: diag.Suggest(n.Name, slices.Concat(names, leftOut))}
		m.Message = fmt.Sprintf("%s reads %s, which no account has", nodeName(&l.Nodes[users[0].To]), n)
		if more := len(users) - 1; more > 0 {
			m.Message += fmt.Sprintf(" (and %d more)", more)
		}
		list = append(list, m)
	}

	return list
}

func nodeName(n *config.LineageNode) string {
	return strings.ToLower(strings.ReplaceAll(string(n.Kind), "_", " ")) + " " + n.String()
}

// between is the part of a message that stands between two others.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

// readers are who reads a column.
func readers(l *config.Lineage, source, name string) []string {
	list := []string{}
	for i := range l.Nodes {
		n := &l.Nodes[i]
		if n.Kind != config.LineageAccountAttribute || n.In != source || n.Name != name {
			continue
		}
		for _, e := range l.OutOf(i) {
			list = append(list, nodeName(&l.Nodes[e.To]))
		}
	}

	slices.Sort(list)
	return slices.Compact(list)
}

// readsAll reports whether something reads a source by names that it computes.
func readsAll(l *config.Lineage, source string) bool {
	for i := range l.Nodes {
		if l.Nodes[i].Kind != config.LineageSource || l.Nodes[i].Name != source {
			continue
		}
		for _, e := range l.OutOf(i) {
			if k := l.Nodes[e.To].Kind; k == config.LineageMapping || k == config.LineageTransform {
				return true
			}
		}
	}

	return false
}

func (t *taker) attribute(profile, name string, rows int) *Attribute {
	in := t.attributes[[2]string{profile, name}]
	a := &Attribute{Profile: profile, Name: name, Stats: in.Stats(rows, t.o.Examples), Nulls: []Null{}}
	for _, n := range in.nulls {
		a.Nulls = append(a.Nulls, *n)
	}
	slices.SortFunc(a.Nulls, func(x, y Null) int {
		return cmp.Or(y.Count-x.Count, strings.Compare(x.Reason, y.Reason))
	})
	return a
}
