package config

import (
	"cmp"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// LineageKind is what a node of a [Lineage] is.
type LineageKind string

// The kinds of nodes. Objects that are not evaluated, such as roles, have their object
// type.
const (
	LineageSource            LineageKind = "SOURCE"
	LineageAccountAttribute  LineageKind = "ACCOUNT_ATTRIBUTE"
	LineageRule              LineageKind = "RULE"
	LineageTransform         LineageKind = "TRANSFORM"
	LineageMapping           LineageKind = "MAPPING"
	LineageIdentityAttribute LineageKind = "IDENTITY_ATTRIBUTE"
	LineageProfile           LineageKind = "IDENTITY_PROFILE"
	LineageAccounts          LineageKind = "ACCOUNTS" // what tells accounts apart and names them
	LineageCorrelation       LineageKind = "CORRELATION"
	LineageManager           LineageKind = "MANAGER_CORRELATION"
	LineageLifecycle         LineageKind = "LIFECYCLE_STATES"
	LineageCreateProfile     LineageKind = "CREATE_PROFILE"
)

// LineageNode is something of a configuration that values come from or go to.
type LineageNode struct {
	Kind LineageKind `json:"kind"`
	// In is what the name belongs to: the source of an account attribute, the profile of a
	// mapping; "" for the others.
	In   string   `json:"in,omitempty"`
	Name string   `json:"name"`
	Pos  diag.Pos `json:"pos,omitzero"` // where it is defined; zero where no file says so
	// Given says that the platform gives an identity attribute its value.
	Given bool `json:"given,omitempty"`
}

// String returns the node as people name it: an account attribute as source.attribute, a
// mapping as profile/attribute.
func (n *LineageNode) String() string {
	switch n.Kind {
	case LineageAccountAttribute:
		return n.In + "." + n.Name
	case LineageMapping:
		return n.In + "/" + n.Name
	}

	return n.Name
}

// LineageEdge says that what comes out of one node goes into another.
type LineageEdge struct {
	From int      `json:"from"`
	To   int      `json:"to"`
	How  string   `json:"how"` // as a predicate of To, such as "reads it"
	Pos  diag.Pos `json:"pos,omitzero"`
}

// Lineage is where the values of a configuration come from and where they go: account
// attributes, transforms, mappings, identity attributes, correlation, manager
// correlation, lifecycle states, create profiles and other objects that name an identity
// attribute. It is made by [Bundle.Lineage] and does not change.
type Lineage struct {
	Nodes []LineageNode `json:"nodes"` // by kind, then by name
	Edges []LineageEdge `json:"edges"` // in the order of the configuration

	in, out [][]int // edges by node
}

// Into returns the edges that lead into a node; their From is what it is made of.
func (l *Lineage) Into(n int) []LineageEdge { return l.pick(l.in[n]) }

// OutOf returns the edges that lead out of a node; their To is who uses it.
func (l *Lineage) OutOf(n int) []LineageEdge { return l.pick(l.out[n]) }

func (l *Lineage) pick(list []int) []LineageEdge {
	edges := make([]LineageEdge, len(list))
	for i, e := range list {
		edges[i] = l.Edges[e]
	}
	return edges
}

// Find returns the nodes that a name stands for, without regard to case: the name alone,
// source.attribute or source/attribute for an account attribute, profile/attribute for a
// mapping.
func (l *Lineage) Find(name string) []int {
	var found []int
	for i := range l.Nodes {
		n := &l.Nodes[i]
		same := strings.EqualFold(n.Name, name) && n.Kind != LineageMapping || strings.EqualFold(n.String(), name) ||
			n.In != "" && strings.EqualFold(n.In+"/"+n.Name, name)
		if same {
			found = append(found, i)
		}
	}

	return found
}

// Names returns what [Lineage.Find] finds, for hints.
func (l *Lineage) Names() []string {
	names := make([]string, 0, len(l.Nodes))
	for i := range l.Nodes {
		names = append(names, l.Nodes[i].Name, l.Nodes[i].String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Unused returns the nodes that no value of an identity, no link and no account comes
// from: transforms, rules and account attributes which nothing leads on, however many
// others of that kind use them, and identity attributes that no mapping feeds though a
// file defines them or something reads them.
func (l *Lineage) Unused() []int {
	// Everything that leads to a mapping, a link or an account is used. What is left leads nowhere.
	used := make([]bool, len(l.Nodes))
	var mark func(n int)
	mark = func(n int) {
		if used[n] {
			return
		}
		used[n] = true
		for _, e := range l.in[n] {
			mark(l.Edges[e].From)
		}
	}

	// Whatever is not only a means is an end in itself, and marks what leads to it.
	for i := range l.Nodes {
		switch l.Nodes[i].Kind {
		case LineageTransform, LineageRule, LineageAccountAttribute, LineageSource, LineageIdentityAttribute:
		default:
			mark(i)
		}
	}

	var unused []int
	for i := range l.Nodes {
		switch l.Nodes[i].Kind {
		case LineageTransform, LineageRule, LineageAccountAttribute:
			if !used[i] {
				unused = append(unused, i)
			}
		case LineageIdentityAttribute:
			n := &l.Nodes[i]
			if len(l.in[i]) == 0 && !n.Given && (n.Pos != (diag.Pos{}) || len(l.out[i]) > 0) {
				unused = append(unused, i)
			}
		}
	}

	return unused
}

// Walk visits what a node is made of, or who uses it when up is true, each node once, the
// nearest first: with the edge that led there and how far it is from the node.
func (l *Lineage) Walk(n int, up bool, visit func(e LineageEdge, to, depth int)) {
	// By levels, so that the nearest way to a node is the one that is told.
	seen := map[int]bool{n: true}
	for level, depth := []int{n}, 1; len(level) > 0; depth++ {
		var next []int
		for _, at := range level {
			edges := l.in[at]
			if up {
				edges = l.out[at]
			}
			for _, i := range edges {
				e := l.Edges[i]
				to := e.From
				if up {
					to = e.To
				}
				if !seen[to] {
					seen[to] = true
					visit(e, to, depth)
					next = append(next, to)
				}
			}
		}

		level = next
	}
}

var lineageOrder = []LineageKind{
	LineageSource, LineageAccountAttribute, LineageRule, LineageTransform, LineageMapping, LineageIdentityAttribute,
	LineageProfile, LineageAccounts, LineageCorrelation, LineageManager, LineageLifecycle, LineageCreateProfile,
}

// rank is where a kind stands in the order.
func rank(k LineageKind) int {
	if i := slices.Index(lineageOrder, k); i >= 0 {
		return i
	}
	return len(lineageOrder)
}

func (n *LineageNode) compare(o *LineageNode) int {
	return cmp.Or(cmp.Compare(rank(n.Kind), rank(o.Kind)), cmp.Compare(n.Kind, o.Kind), cmp.Compare(n.In, o.In),
		cmp.Compare(n.Name, o.Name))
}
