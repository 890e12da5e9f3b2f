package transform

import (
	"fmt"
	"math/bits"
	"reflect"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// decode fills the arguments of an operation from its JSON attributes.
// Variables come first: all other attributes may use them. The error is that of
// an attribute of the wrong shape, without which nothing can be evaluated.
func (c *Compiler) decode(args reflect.Value, fields []Field, open bool) error {
	for _, f := range fields {
		if v, ok := args.Field(f.index).Addr().Interface().(*Variables); ok {
			c.variables(v, fields)
		}
	}

	// Everything that is wrong is reported; only a list or a table of the wrong shape keeps
	// the operation from being evaluated at all.
	var wrong error
	for _, f := range fields {
		n := c.attributes().Get(f.Name)
		if f.Required && n.IsNull() {
			c.Errorf(codeAttributeRequired, "", "attribute %q of %s is missing%s", f.Name, c.op.Type, meaning(f.Doc))
			if f.Kind == KindList || f.Kind == KindTable {
				wrong = fmt.Errorf("%w: attribute %q of %s is missing", ErrConfig, f.Name, c.op.Type)
			}
			continue
		}

		if err := c.field(args.Field(f.index).Addr().Interface(), f, n); err != nil {
			wrong = err
		}
	}

	if !open {
		c.checkNames(fields)
	}

	return wrong
}

func meaning(doc string) string {
	if doc == "" {
		return ""
	}
	return ": " + doc
}

func (c *Compiler) field(to any, f Field, n *jsondoc.Node) (err error) {
	step := diag.Attr(c.op.Type, f.Name)
	switch to := to.(type) {
	case *Child:
		*to = c.compile(n, step)
	case *Int:
		to.Child = c.compile(n, step)
		c.checkInt(to, f)
	case *Bool:
		to.Child = c.compile(n, step)
		c.checkBool(to, f)
	case *[]Child:
		*to, err = c.list(n, f)
	case *Table:
		*to, err = c.table(n, f)
	}

	return err
}

// list compiles a list of values; anything else is a finding and an error.
func (c *Compiler) list(n *jsondoc.Node, f Field) ([]Child, error) {
	if n.IsNull() {
		return nil, nil
	}
	if n.Kind() != jsondoc.Array {
		return nil, c.wrongShape(n, f, "a list")
	}

	around := c.caught
	c.caught = c.caught || c.op.catches(f.Name, c.attributes(), c.Dialect())
	items := make([]Child, 0, len(n.Items()))
	for i, item := range n.Items() {
		items = append(items, c.compile(item, diag.Item(c.op.Type, f.Name, i)))
	}

	c.caught = around
	return items, nil
}

func (c *Compiler) wrongShape(n *jsondoc.Node, f Field, expected string) error {
	c.Errorf(codeAttributeType, f.Name, "found a %s, expected %s", n.Kind(), expected)
	return fmt.Errorf("%w: %s is a %s, expected %s", ErrConfig, f.Name, n.Kind(), expected)
}

func (c *Compiler) table(n *jsondoc.Node, f Field) (Table, error) {
	if n.IsNull() {
		return Table{}, nil
	}
	if n.Kind() != jsondoc.Object {
		return Table{}, c.wrongShape(n, f, "an object with keys and values")
	}

	members := n.Members()
	t := Table{slots: make([]uint32, 2<<bits.Len(uint(len(members)))), present: true}
	t.Entries = make([]Entry, 0, len(members))
	place := &tablePlace{site: c.at, op: c.op.Type, attribute: f.Name}
	for i := range members {
		m := &members[i]
		e := Entry{Key: m.Key, member: m, table: place}
		if value, ok := literal(m.Value); ok && !c.unit.opts.Observe && c.afford(c.site, 1) {
			e.value = value
		} else {
			e.child = new(c.compile(m.Value, e.step()))
		}

		// The last of equal keys stays in the place of the first, as a tenant that took the
		// file would have it.
		known := t.find(m.Key)
		if known == nil {
			t.add(e)
			continue
		}

		c.ReportEntry(&e, diag.Error, codeTableDuplicateKey, f.Name,
			fmt.Sprintf("key %q occurs twice in the table", m.Key), "a tenant refuses the file or takes the last one silently")

		*known = e
		t.duplicate = known
	}

	t.short = shortKeys(t.Entries)
	return t, nil
}

// variables compiles the attributes that the operation does not know itself and
// brings them into sight one after another.
func (c *Compiler) variables(v *Variables, fields []Field) {
	members := c.extra(fields)
	outer := c.declaredLater
	if c.early == nil {
		c.early = map[string]bool{}
	}

	rest := make([]string, 0, len(members)+len(outer))
	for _, m := range members {
		rest = append(rest, m.Key)
	}

	rest = append(rest, outer...)

	// Each variable is compiled before it comes into sight, so it sees the earlier ones alone.
	c.vars = slices.Clip(c.vars) // frames inside keep what they see
	for i, m := range members {
		// A name that comes later is worth another finding than one that never comes.
		c.declaredLater = rest[i+1:]
		child := c.compile(m.Value, diag.Attr(c.op.Type, m.Key))
		sv := &variable{name: m.Key, slot: c.unit.vars, site: child.site, member: m, own: c.site}
		c.unit.vars++
		c.vars = append(c.vars, sv)
		v.list = append(v.list, binding{name: m.Key, slot: sv.slot, Child: child})
	}

	c.declaredLater = outer
	v.lenient = c.Dialect().FailingVariablesUnset
}

// extra returns the attributes that the operation does not know itself.
func (c *Compiler) extra(fields []Field) []jsondoc.Member {
	var members []jsondoc.Member
	for _, m := range c.attributes().Members() {
		if !isField(fields, m.Key) && m.Key != "input" && m.Key != "requiresPeriodicRefresh" {
			members = append(members, m)
		}
	}

	return members
}

func isField(fields []Field, name string) bool {
	return slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name })
}

// variable is a variable while it is in sight.
type variable struct {
	name   string
	slot   int
	site   *Site // nil: null
	member jsondoc.Member
	own    *Site // of the operation that declares it
	used   bool
}

// facts returns what is known of the variable's values.
func (v *variable) facts() Facts {
	if v.site == nil {
		return Facts{Null: MayBeNull}
	}
	f := v.site.Facts
	if f.Kind == identity.List { // becomes text
		f.Kind = identity.Text
	}
	return f
}

// find returns the variable in sight of that name, the innermost, and its index.
func (c *Compiler) find(name string) (*variable, int) {
	for i := len(c.vars) - 1; i >= 0; i-- {
		if c.vars[i].name == name {
			return c.vars[i], i
		}
	}

	return nil, 0
}

// use finds a variable and notes that the node depends on it.
func (c *Compiler) use(name string) *variable {
	v, i := c.find(name)
	if v == nil {
		return nil
	}

	// The lowest variable in use decides how far out the node may be moved.
	v.used = true
	if c.depends.outer == 0 || i+1 < c.depends.outer {
		c.depends.outer = i + 1
	}
	return v
}

// Collect compiles the attributes that the operation does not know itself, as
// arguments that it hands on: they are no variables, so templates do not see
// them. What has the type of an operation is a transform, all else is data.
func (c *Compiler) Collect(a *Arguments) {
	for _, m := range c.extra(c.op.Fields) {
		child := c.argument(m.Value, diag.Attr(c.op.Type, m.Key))
		a.list = append(a.list, binding{name: m.Key, Child: child})
		if !c.isTransform(m.Value) && m.Value.Kind() == jsondoc.Object {
			if a.objects == nil {
				a.objects = map[string]*jsondoc.Node{}
			}
			a.objects[m.Key] = m.Value
		}
	}
}

// isTransform reports whether an argument is an object of an operation that there is.
func (c *Compiler) isTransform(n *jsondoc.Node) bool {
	typ, ok := n.Get("type").Str()
	if ok {
		_, ok = c.unit.lib.Operation(typ)
	}
	return ok
}

// argument compiles one argument. An object that is no transform is handed on as
// its JSON text, with all that it holds.
func (c *Compiler) argument(n *jsondoc.Node, step diag.Step) Child {
	site := &Site{up: c.at, Step: step, Def: n}
	switch n.Kind() {
	case jsondoc.Object:
		if c.isTransform(n) {
			return c.compile(n, step)
		}

		v := identity.StringValue(string(n.Append(nil)))
		site.Facts = factsOf(v)
		return Child{node: constNode{v}, site: site}

	case jsondoc.Array:
		list := &listNode{}
		for i, item := range n.Items() {
			at := step
			at.Index, at.Indexed = i, true
			list.items = append(list.items, c.argument(item, at))
		}

		site.Facts = Facts{Kind: identity.List}
		return Child{node: list, site: site}
	}

	return c.compile(n, step)
}
