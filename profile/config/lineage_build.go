package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// Lineage returns where the values of the configuration come from and where they go. The
// library, which may not be nil, tells what a transform reads. Names that a transform
// computes are not known; what reads them is said to read the source or the identity.
func (b *Bundle) Lineage(lib *transform.Library) *Lineage {
	l := &lineage{b: b, lib: lib, numbers: map[lineageKey]int{}}

	// Sources come first: accounts and criteria hang on their nodes.
	l.sources()
	for _, a := range b.Attributes {
		n := l.node(LineageIdentityAttribute, "", a.Name, a.Node.Pos())
		l.nodes[n].Given = a.System
	}

	// Nodes are made in a fixed order, since their numbers decide how the graph is drawn.
	for _, name := range slices.Sorted(maps.Keys(b.Transforms)) {
		def := b.Transforms[name]
		l.definition(l.node(LineageTransform, "", name, def.Node.Pos()), def)
	}

	for _, p := range b.Profiles {
		l.profile(p)
	}
	for _, s := range b.Sources {
		l.accounts(s)
		l.uses(s)
	}

	// What is only searched for in texts comes last, when all names are known.
	l.others()
	return l.finish()
}

// lineage collects nodes and edges.
type lineage struct {
	b       *Bundle
	lib     *transform.Library
	nodes   []LineageNode
	edges   []LineageEdge
	numbers map[lineageKey]int
}

type lineageKey struct {
	kind     LineageKind
	in, name string
}

// node returns the number of a node, which is new or known.
func (l *lineage) node(kind LineageKind, in, name string, pos diag.Pos) int {
	k := lineageKey{kind: kind, in: in, name: name}
	n, ok := l.numbers[k]
	if !ok {
		n = len(l.nodes)
		l.numbers[k] = n
		l.nodes = append(l.nodes, LineageNode{Kind: kind, In: in, Name: name})
	}

	if l.nodes[n].Pos == (diag.Pos{}) {
		l.nodes[n].Pos = pos
	}
	return n
}

func (l *lineage) edge(from, to int, how string, pos diag.Pos) {
	l.edges = append(l.edges, LineageEdge{From: from, To: to, How: how, Pos: pos})
}

// sources adds the sources with the attributes of their schemas.
func (l *lineage) sources() {
	for _, s := range l.b.Sources {
		source := l.node(LineageSource, "", s.Name, s.Node.Pos())
		if s.Schema == nil {
			continue
		}
		for _, a := range s.Schema.Attributes {
			n := l.node(LineageAccountAttribute, s.Name, a.Name, a.Node.Pos())
			l.edge(source, n, "is an attribute of its accounts", a.Node.Pos())
		}
	}
}

// account returns the node of an account attribute, which a schema may not have.
func (l *lineage) account(source, attribute string) int {
	for _, s := range l.b.Sources {
		if strings.EqualFold(s.Name, source) || s.ID != "" && s.ID == source {
			source = s.Name
			break
		}
	}

	return l.node(LineageAccountAttribute, source, attribute, diag.Pos{})
}

// definition adds what a transform itself reads.
func (l *lineage) definition(to int, def *transform.Definition) {
	if def == nil {
		return
	}

	// The compiled program says what is read, also through expressions and templates.
	unit, _ := l.lib.Link(transform.Options{Provisioning: true}, transform.Item{Def: def})
	deps := unit.Programs()[0].Deps
	for _, r := range deps.Accounts {
		l.edge(l.account(r.Source, r.Attribute), to, "reads it", placeOf(def.Node, r.Attribute))
	}
	for _, name := range deps.Identity {
		l.edge(l.node(LineageIdentityAttribute, "", name, diag.Pos{}), to, "reads it", placeOf(def.Node, name))
	}
	for _, name := range deps.Rules {
		l.edge(l.node(LineageRule, "", name, diag.Pos{}), to, "calls it", placeOf(def.Node, name))
	}

	// A reference may go to a ready-made transform, which has no place in a file.
	known := l.b.Referable()
	for _, name := range deps.Transforms {
		pos := diag.Pos{}
		if t := known[name]; t != nil {
			pos = t.Node.Pos()
		}
		l.edge(l.node(LineageTransform, "", name, pos), to, "refers to it", placeOf(def.Node, name))
	}

	// References to what is not stored are no reads of the program.
	def.Node.Walk(func(n *jsondoc.Node) bool {
		if name, ok := n.At("attributes", "id").Str(); ok && n.Get("type").Text() == "reference" &&
			!slices.Contains(deps.Transforms, name) {
			pos := diag.Pos{}
			if t := known[name]; t != nil {
				pos = t.Node.Pos()
			}
			l.edge(l.node(LineageTransform, "", name, pos), to, "refers to it", n.Pos())
		}

		return true
	})
}

// placeOf returns where a text stands in a transform, else where the transform does.
func placeOf(n *jsondoc.Node, text string) diag.Pos {
	pos, found := n.Pos(), false
	n.Walk(func(at *jsondoc.Node) bool {
		if s, ok := at.Str(); ok && s == text && !found {
			pos, found = at.Pos(), true
		}
		return !found
	})

	return pos
}

// profile adds the mappings of a profile and its lifecycle states.
func (l *lineage) profile(p *Profile) {
	self := l.node(LineageProfile, "", p.Name, p.Node.Pos())
	if s := l.b.AuthoritativeSource(p); s != nil {
		l.edge(l.node(LineageSource, "", s.Name, diag.Pos{}), self, "takes its people from it",
			p.Node.Get("authoritativeSource").Pos())
	}

	// A mapping is a node between what it reads and the attribute, so that two mappings of one attribute can be
	// told apart.
	for _, m := range p.Mappings {
		mapping := l.node(LineageMapping, p.Name, m.Attribute, m.Node.Pos())
		l.definition(mapping, m.Definition)
		attribute := l.node(LineageIdentityAttribute, "", m.Attribute, diag.Pos{})
		l.edge(mapping, attribute, "is mapped by it", m.Node.Pos())
	}

	if len(p.States) == 0 {
		return
	}
	states := l.node(LineageLifecycle, "", p.Name, p.States[0].Node.Pos())
	attribute := l.node(LineageIdentityAttribute, "", AttrLifecycle, diag.Pos{})
	l.edge(attribute, states, "is chosen by it", p.States[0].Node.Pos())
}

// accounts adds what accounts of a source are told apart and named by.
func (l *lineage) accounts(s *Source) {
	if s.Schema == nil {
		return
	}
	to := l.node(LineageAccounts, "", s.Name, s.Node.Pos())
	if name := s.Schema.IdentityAttribute; name != "" {
		l.edge(l.account(s.Name, name), to, "tells them apart by it", s.Node.Pos())
	}
	if name := s.Schema.DisplayAttribute; name != "" {
		l.edge(l.account(s.Name, name), to, "names them by it", s.Node.Pos())
	}
}

// uses adds correlation, manager correlation and create profiles of a source.
func (l *lineage) uses(s *Source) {
	// A source without criteria and rule has nothing to draw.
	if s.Correlation != nil && len(s.Correlation.Assignments) > 0 || s.CorrelationRule != "" {
		pos := s.Node.Pos()
		if s.Correlation != nil && s.Correlation.Node != nil {
			pos = s.Correlation.Node.Pos()
		}
		to := l.node(LineageCorrelation, "", s.Name, pos)
		if s.CorrelationRule != "" {
			l.edge(l.node(LineageRule, "", s.CorrelationRule, diag.Pos{}), to, "calls it", s.Node.Pos())
		}
		if s.Correlation != nil {
			for _, a := range s.Correlation.Assignments {
				l.edge(l.account(s.Name, a.Value), to, "compares it with "+a.Property, a.Pos)
				l.edge(l.node(LineageIdentityAttribute, "", a.Property, diag.Pos{}), to, "compares it with "+a.Value,
					a.Pos)
			}
		}
	}

	if m := s.Manager; m != nil {
		pos := s.Node.Get("managerCorrelationMapping").Pos()
		to := l.node(LineageManager, "", s.Name, cmp.Or(pos, s.Node.Pos()))
		if m.Rule != "" {
			l.edge(l.node(LineageRule, "", m.Rule, diag.Pos{}), to, "calls it", pos)
		}
		if m.AccountAttribute != "" {
			l.edge(l.account(s.Name, m.AccountAttribute), to, "compares it with "+m.IdentityAttribute, pos)
		}
		if m.IdentityAttribute != "" {
			l.edge(l.node(LineageIdentityAttribute, "", m.IdentityAttribute, diag.Pos{}), to,
				"compares it with "+m.AccountAttribute, pos)
		}
	}

	for _, policy := range s.Policies {
		l.createProfile(s, policy)
	}
}

func (l *lineage) createProfile(s *Source, policy *jsondoc.Node) {
	to := l.node(LineageCreateProfile, "", s.Name, policy.Pos())
	for _, f := range policy.Get("fields").Items() {
		def := f.Get("transform")
		if def.Kind() != jsondoc.Object {
			continue
		}
		from := len(l.edges)
		l.definition(to, transform.FromNode(def))
		for i := from; i < len(l.edges); i++ {
			l.edges[i].How += " for the field " + f.Get("name").Text()
		}
	}
}

// others adds the objects that are not evaluated and name an identity attribute.
func (l *lineage) others() {
	// Only nodes that are there at the beginning are asked; those that are added have no uses of their own.
	for n, count := 0, len(l.nodes); n < count; n++ {
		if l.nodes[n].Kind != LineageIdentityAttribute {
			continue
		}
		for _, u := range l.b.otherUses(l.nodes[n].Name) {
			l.edge(n, l.node(LineageKind(u.Kind), "", u.Name, u.Pos), u.Detail, u.Pos)
		}
	}

	// Code of rules is not parsed. A name in quotes is a good sign that the rule reads the attribute, and no
	// proof.
	for _, r := range l.b.Rules {
		to := l.node(LineageRule, "", r.Name, diag.Pos{})
		for n, count := 0, len(l.nodes); n < count; n++ {
			if l.nodes[n].Kind == LineageIdentityAttribute && strings.Contains(r.Source, `"`+l.nodes[n].Name+`"`) {
				l.edge(n, to, "its code names it", diag.Pos{})
			}
		}
	}
}

// finish puts the nodes in order.
func (l *lineage) finish() *Lineage {
	// Numbers are those of the drawing, so they must not depend on the order in which files were read.
	order := make([]int, len(l.nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return l.nodes[a].compare(&l.nodes[b]) })
	rank := make([]int, len(order))
	out := &Lineage{
		Nodes: make([]LineageNode, len(order)),
		Edges: []LineageEdge{},
		in:    make([][]int, len(order)),
		out:   make([][]int, len(order)),
	}

	for i, n := range order {
		rank[n], out.Nodes[i] = i, l.nodes[n]
	}

	// One edge for each way, however many places it is found at.
	seen := map[LineageEdge]bool{}
	for _, e := range l.edges {
		e.From, e.To = rank[e.From], rank[e.To]
		if seen[e] {
			continue
		}
		seen[e] = true
		out.in[e.To] = append(out.in[e.To], len(out.Edges))
		out.out[e.From] = append(out.out[e.From], len(out.Edges))
		out.Edges = append(out.Edges, e)
	}

	return out
}
