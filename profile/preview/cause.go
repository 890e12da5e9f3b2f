package preview

import (
	"maps"
	"slices"
	"strconv"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// CauseKind says what part of a configuration differs.
type CauseKind string

// The kinds of causes.
const (
	CauseMapping   CauseKind = "mapping"
	CauseTransform CauseKind = "transform"
	// priority, authoritative source, whether its mapping is enabled, its presence
	CauseProfile     CauseKind = "profile"
	CauseCorrelation CauseKind = "correlation"
	CauseManager     CauseKind = "manager-correlation"
	CauseLifecycle   CauseKind = "lifecycle-state"
	CauseSource      CauseKind = "source"    // names and account schema
	CauseCatalogue   CauseKind = "attribute" // the catalogue of identity attributes
	CauseOther       CauseKind = "other"     // options of the run, rules
)

// Cause is a difference between two configurations.
type Cause struct {
	Kind      CauseKind    `json:"kind"`
	Name      string       `json:"name"`                // of the transform, profile, source
	Attribute string       `json:"attribute,omitempty"` // of a mapping
	Change    string       `json:"change"`              // added, removed or changed
	Places    []Difference `json:"places"`              // where it differs, at most maxPlaces
	More      int          `json:"more,omitempty"`      // differing places that are not listed
}

// Difference is a place where two configurations differ. Texts are compact JSON,
// cut when they are long; an empty one means that there is nothing.
type Difference struct {
	Path   string   `json:"path"` // dotted, inside the object
	Before diag.Pos `json:"before,omitzero"`
	After  diag.Pos `json:"after,omitzero"`
	Old    string   `json:"old,omitempty"`
	New    string   `json:"new,omitempty"`
	Note   string   `json:"note,omitempty"` // what old or new is, when it is not the value there
}

const (
	maxPlaces = 5
	maxText   = 100
)

// String returns the cause in one line, with its first place.
func (c *Cause) String() string {
	s := c.title() + " " + c.Change
	if len(c.Places) > 0 {
		if at := c.Places[0].pos(); at != "" {
			s += " (" + at + ")"
		}
	}

	return s
}

func (c *Cause) title() string {
	s := string(c.Kind)
	if c.Name != "" {
		s += " " + strconv.Quote(c.Name)
	}
	if c.Attribute != "" {
		s += " > " + c.Attribute
	}
	return s
}

// pos is where the new text stands or, of what was removed, the old one.
func (d *Difference) pos() string {
	if d.After.File != "" {
		return d.After.String()
	}
	return d.Before.String()
}

// Causes lists the differences between two configurations that can make a
// difference for people, in a fixed order. Configurations of two tenants, whose
// sources have the same names and other ids, are compared by name.
func Causes(before, after *config.Bundle) []Cause {
	return causes(before, after, TwoTenants(before, after))
}

func causes(before, after *config.Bundle, ignoreIDs bool) []Cause {
	d := &differ{before: before, after: after, ignoreIDs: ignoreIDs}
	d.transforms(before, after)
	d.profiles(before, after)
	d.sources(before, after)
	d.catalogue(before, after)
	d.rules(before, after)
	return d.causes
}

type differ struct {
	before, after *config.Bundle
	ignoreIDs     bool // ids are those of two tenants, and say nothing
	causes        []Cause
}

// note adds a cause when two JSON values differ; nil means there is none.
func (d *differ) note(kind CauseKind, name, attribute, path string, before, after *jsondoc.Node) {
	if d.ignoreIDs {
		before, after = portable(d.before, before), portable(d.after, after)
	}
	if before.Equal(after) {
		return
	}
	c := Cause{Kind: kind, Name: name, Attribute: attribute, Change: "changed"}
	switch {
	case before == nil:
		c.Change = "added"
	case after == nil:
		c.Change = "removed"
	}

	c.compare(path, before, after)
	d.causes = append(d.causes, c)
}

// compare finds the places where two values differ, as deep as possible.
func (c *Cause) compare(path string, before, after *jsondoc.Node) {
	switch {
	case before.Equal(after):
	case before.Kind() == jsondoc.Object && after.Kind() == jsondoc.Object &&
		before.Get("type").Text() == after.Get("type").Text():
		// Two objects of one type are compared member by member; those of two types are replaced as a whole.
		for _, m := range before.Members() {
			c.compare(join(path, m.Key), m.Value, after.Get(m.Key))
		}
		for _, m := range after.Members() {
			if before.Get(m.Key) == nil {
				c.compare(join(path, m.Key), nil, m.Value)
			}
		}

	case before.Kind() == jsondoc.Array && after.Kind() == jsondoc.Array && len(before.Items()) == len(after.Items()):
		// Items of lists of one length are taken for the same ones, edited in place.
		for i, item := range before.Items() {
			c.compare(index(path, i), item, after.Items()[i])
		}
	case before.Kind() == jsondoc.Array && after.Kind() == jsondoc.Array:
		c.compareItems(path, before.Items(), after.Items())
	case after.Get("type") != nil && before != nil && after.At("attributes", "input").Equal(before):
		// People put a transform around what was there: that is said, and not both texts as a whole.
		c.place(Difference{Path: path, Before: before.Pos(), After: after.Pos(), New: wrapper(after),
			Note: "now wrapped in"})
	case before.Get("type") != nil && after != nil && before.At("attributes", "input").Equal(after):
		c.place(Difference{Path: path, Before: before.Pos(), After: after.Pos(), Old: wrapper(before),
			Note: "no longer wrapped in"})
	default:
		c.place(Difference{Path: path, Before: before.Pos(), After: after.Pos(), Old: compact(before),
			New: compact(after)})
	}
}

// compareItems compares lists of different lengths: what is equal in front and
// at the end stays, the rest was added or removed.
func (c *Cause) compareItems(path string, before, after []*jsondoc.Node) {
	front := 0
	for front < min(len(before), len(after)) && before[front].Equal(after[front]) {
		front++
	}
	end := 0
	for end < min(len(before), len(after))-front && before[len(before)-1-end].Equal(after[len(after)-1-end]) {
		end++
	}
	for i, item := range before[front : len(before)-end] {
		c.place(Difference{Path: index(path, front+i), Before: item.Pos(), Old: compact(item)})
	}
	for i, item := range after[front : len(after)-end] {
		c.place(Difference{Path: index(path, front+i), After: item.Pos(), New: compact(item)})
	}
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// wrapper is a transform without its input.
func wrapper(n *jsondoc.Node) string {
	n = n.Clone()
	n.Get("attributes").Remove("input")
	return compact(n)
}

func (c *Cause) place(d Difference) {
	if len(c.Places) == maxPlaces {
		c.More++
		return
	}

	c.Places = append(c.Places, d)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func compact(n *jsondoc.Node) string {
	if n == nil {
		return ""
	}
	return cut(string(n.Append(nil)), maxText)
}

// cut shortens a text to a number of characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

func (d *differ) transforms(before, after *config.Bundle) {
	names := slices.Concat(slices.Collect(maps.Keys(before.Transforms)), slices.Collect(maps.Keys(after.Transforms)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		d.note(CauseTransform, name, "", "", definition(before.Transforms[name]), definition(after.Transforms[name]))
	}
}

// definition is what of a transform matters: not its id, not the dates.
func definition(def *transform.Definition) *jsondoc.Node {
	if def == nil {
		return nil
	}
	n := jsondoc.NewObject()
	if def.Node.Kind() == jsondoc.Object {
		n = def.Node.Clone()
		for _, key := range []string{"id", "created", "modified", "internal"} {
			n.Remove(key)
		}
	}

	return n
}
