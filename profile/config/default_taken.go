package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// library is the one that says what operations take when they are not told.
var library = sync.OnceValue(builtin.Library)

// assumeDefaults notes what stands nowhere and is taken as the platform takes it:
// attributes of operations, members of sources, schemas and states. There is one
// assumption for each operation and each kind of object, with the first place, what is
// taken for each of its members and how often. They come last: there are many, and
// none is a surprise by itself.
func (l *loader) assumeDefaults() {
	d := defaults{}
	for _, p := range l.b.Profiles {
		for _, m := range p.Mappings {
			d.transforms(m.Definition.Node)
		}
	}

	for _, name := range slices.Sorted(maps.Keys(l.b.Transforms)) {
		d.transforms(l.b.Transforms[name].Node)
	}

	for _, s := range l.b.Sources {
		if !s.Implied {
			d.source(s)
		}
	}

	// States and authoritative sources last: what they take depends on the objects before.
	for _, p := range l.b.Profiles {
		d.profile(p)
		if s := l.b.AuthoritativeSource(p); s != nil && !s.Implied {
			d.authoritative(s)
		}
	}

	if len(l.b.Attributes) == 0 && len(l.b.Profiles) > 0 {
		d.take("Identity, the catalogue of attributes", "those of the platform and those that are mapped", diag.Pos{})
	}
	for _, a := range l.b.Attributes {
		d.absent(a.Node, "identity attribute", "multi", "false")
		d.absent(a.Node, "identity attribute", "type", "text")
	}

	// Settings are asked when sources are known: their defaults depend on schemas.
	l.settingDefaults(d)

	for _, object := range slices.Sorted(maps.Keys(d)) {
		// In the order of their names, since maps have none.
		l.b.Assumptions = append(l.b.Assumptions, d[object].assumption(object))
	}
}

// defaults are what is taken, by the operation or the kind of object.
type defaults map[string]*defaultsOf

// defaultsOf is what is taken for the members of one operation or kind of object.
type defaultsOf struct {
	pos   diag.Pos // the first place
	uses  map[string]*int
	taken map[string]string
}

// take notes one more use of a default of a member, which stands behind a point in the
// name.
func (d defaults) take(name, used string, pos diag.Pos) {
	object, member, ok := strings.Cut(name, ".")
	if !ok || name == settingsFile {
		object, member = name, ""
	}
	x := d[object]
	if x == nil {
		x = &defaultsOf{pos: pos, uses: map[string]*int{}, taken: map[string]string{}}
		d[object] = x
	}

	if x.uses[member] == nil {
		x.uses[member], x.taken[member] = new(int), used
	}
	*x.uses[member]++
}

func (x *defaultsOf) assumption(object string) diag.Assumption {
	a := diag.Assumption{Code: codeDefaultTaken, Object: object, File: x.pos.File, Line: x.pos.Line}
	var used strings.Builder
	for i, member := range slices.Sorted(maps.Keys(x.uses)) {
		n := *x.uses[member]

		// Every use counts, but only so many members are named: the line has to be read by a person.
		if a.Count += n; i >= mostMembers {
			continue
		}
		if i > 0 {
			used.WriteString("; ")
		}
		if member != "" {
			used.WriteString(member + ": ")
		}
		used.WriteString(x.taken[member])
		if n > 1 {
			fmt.Fprintf(&used, " (%d)", n)
		}
	}

	if more := len(x.uses) - mostMembers; more > 0 {
		fmt.Fprintf(&used, "; and %d more", more)
	}
	a.Used = used.String()
	return a
}

// mostMembers is how many members of one kind of object are named.
const mostMembers = 1000

// absent notes that a member is absent which would have said something.
func (d defaults) absent(n *jsondoc.Node, kind, key, used string) {
	if n.Get(key).IsNull() {
		d.take(kind+"."+key, used, n.Pos())
	}
}

// transforms notes the defaults of all operations in a value.
func (d defaults) transforms(n *jsondoc.Node) {
	n.Walk(func(m *jsondoc.Node) bool {
		if m.Kind() != jsondoc.Object {
			return true
		}
		if op, ok := library().Operation(m.Get("type").Text()); ok {
			d.operation(op, m)
		}
		return true
	})
}

func (d defaults) operation(op *transform.Operation, n *jsondoc.Node) {
	attributes := n.Get("attributes")
	if op.ConsumesInput() && attributes.Get("input").IsNull() {
		object := op.Type + ".input"
		for _, f := range op.With(transform.RoleName) { // what is called says more than how
			object += " of " + attributes.Get(f.Name).Text()
		}
		d.take(object, "the value handed on", n.Pos())
	}

	for _, f := range op.Fields {
		if f.Name == "" || f.Required || !attributes.Get(f.Name).IsNull() {
			continue
		}
		// Other ways to say the same, such as to name a source, are nothing that is taken.
		if f.Default == "" && f.Role == "" && f.Kind == transform.KindAny {
			continue
		}
		used := f.Default
		if used == "" {
			used = "none"
		}
		d.take(op.Type+"."+f.Name, used, n.Pos())
	}
}

// source notes what a source and its account schema leave open.
// Members that the schema answers are asked only where there is one.
func (d defaults) source(s *Source) {
	d.absent(s.Node, "source", "deleteThreshold", "10 percent")
	if s.Schema == nil {
		d.take("source.schemas", "the columns of the account file", s.Node.Pos())
		return
	}

	if s.Schema.IdentityAttribute == "" {
		d.take("schema.identityAttribute", "the column nativeIdentity or id", s.Node.Pos())
	}
	if s.Schema.DisplayAttribute == "" {
		d.take("schema.displayAttribute", "the account id", s.Node.Pos())
	}
	for _, a := range s.Schema.Attributes {
		if a.Node.Get("isMulti").IsNull() && a.Node.Get("isMultiValued").IsNull() {
			d.take("schema attribute.isMulti", "false", a.Node.Pos())
		}
		d.absent(a.Node, "schema attribute", "type", "text")
		d.absent(a.Node, "schema attribute", "isEntitlement", "false")
	}
}

// authoritative notes what a source of people leaves open: such a source works
// without criteria and without managers.
func (d defaults) authoritative(s *Source) {
	if !s.correlates() {
		d.take("source.correlationConfigDetails.attributeAssignments of "+s.Name, "names alone", s.Node.Pos())
	}

	m := s.Node.Get("managerCorrelationMapping")
	switch of := " of " + s.Name; {
	case s.Manager == nil && m.IsNull():
		d.take("source.managerCorrelationMapping"+of, "no managers", s.Node.Pos())
	case s.Manager == nil || s.Manager.Rule == "" && s.Manager.AccountAttribute == "":
		d.take("source.managerCorrelationMapping.accountAttributeName"+of, "no managers", s.Node.Pos())
	case s.Manager.Rule == "" && s.Manager.IdentityAttribute == "":
		d.take("source.managerCorrelationMapping.identityAttributeName"+of, "no managers", s.Node.Pos())
	}
}

// profile notes what a profile and its lifecycle states leave open.
func (d defaults) profile(p *Profile) {
	d.absent(p.Node, "profile", "priority", "the next one after all others")
	d.absent(p.Node, "profile", "created", "older than all others")
	for _, s := range p.States {
		d.absent(s.Node, "lifecycle state", "enabled", "false")
		d.absent(s.Node, "lifecycle state", "technicalName", "made of the name")
	}
}

// settingDefaults notes what the settings of a folder leave open, all when there
// are none.
func (l *loader) settingDefaults(d defaults) {
	pos := diag.Pos{}
	if l.b.settings == nil {
		d.take(settingsFile, "no settings; now is what the caller says", pos)
	} else {
		root := l.b.settings.Root
		pos = root.Pos()
		d.absent(root, "settings", "now", "what the caller says")
		d.absent(root, "settings", "seed", "0")
	}

	// The separator matters only where one cell can hold several values.
	for _, s := range l.b.Sources {
		if s.Schema == nil || !slices.ContainsFunc(s.Schema.Attributes, func(a SchemaAttribute) bool {
			return a.Multi
		}) {
			continue
		}
		if set := l.b.Settings.Sources[s.Name]; set.Separator == "" && !s.merges(set) {
			d.take(fmt.Sprintf("settings.sources.%s.separator", s.Name), ",", pos)
		}
	}
}

// assumeUnmapped notes, for each profile, the identity attributes that the
// catalogue or another profile has and that it leaves without a mapping: they have
// no value.
func (l *loader) assumeUnmapped() {
	var names []string
	for _, a := range l.b.Attributes {
		if !a.System {
			names = append(names, a.Name)
		}
	}

	for _, p := range l.b.Profiles {
		for _, m := range p.Mappings {
			names = append(names, m.Attribute)
		}
	}

	slices.Sort(names)

	// A name counts once, whichever profile brings it.
	names = slices.Compact(names)

	for _, p := range l.b.Profiles {
		var open []string
		for _, name := range names {
			if !slices.ContainsFunc(p.Mappings, func(m *Mapping) bool { return m.Attribute == name }) {
				open = append(open, name)
			}
		}

		if len(open) > 0 {
			l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{Code: codeAttributesUnmapped, Object: p.Name,
				File: p.Node.Pos().File, Line: p.Node.Pos().Line, Used: "no value", Instead: strings.Join(open,
					", "), Count: len(open)})
		}
	}
}
