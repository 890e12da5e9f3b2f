package transform

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/velocity"
)

// text compiles a string: a literal, or a template when it has template syntax.
func (c *Compiler) text(n *jsondoc.Node, site *Site) Node {
	text := n.Text()
	if !velocity.NeedsRender(text) {
		site.Facts = factsOf(identity.StringValue(text))
		return constNode{identity.StringValue(text)}
	}

	site.Facts = Facts{Kind: identity.Text}

	// A broken template is a finding, and an error only where it is evaluated.
	if !c.afford(site, 2*len(text)) {
		site.Fails, c.depends.reads = true, true
		return errNode{errParts}
	}
	t, err := velocity.Parse(text)
	if err != nil {
		site.Fails = true
		c.templateSyntax(n, site, err)
		return errNode{fmt.Errorf("%w: %s: %w", ErrTemplate, beginning(text), err)}
	}

	// A text takes no more than a little of its length; what it refers to takes more, and so do
	// regular expressions.
	c.refund(2*len(text) - len(text)/8 - 16*len(t.References()) - PartsOfPatternByte*t.PatternBytes())

	// Names are bound now, so that rendering needs no lookup by name.
	node := &templateNode{text: text, template: t}
	local := localNames(t)
	for _, name := range t.Names() {
		node.names = append(node.names, c.bind(name, node, local))
	}

	if c.Shortcuts() {
		node.parts = node.direct()
	}

	c.lintTemplate(node, site, local)
	site.Fails = deepPath(t) || slices.ContainsFunc(node.uses, func(u Use) bool { return u.Null == MayBeNull })
	site.FailsOnNull = slices.ContainsFunc(node.uses, func(u Use) bool { return u.Null == InputNull })
	site.counts = node.counts
	if single, ok := t.Single(); ok {
		site.objects = isObject(single)
	}

	return c.templateWithMemo(node)
}

// localNames are the names that a template sets itself.
func localNames(t *velocity.Template) map[string]bool {
	local := map[string]bool{"foreach": true, "velocityCount": true, "velocityHasNext": true}
	for _, ref := range t.References() {
		// With braces on the left nothing is set, see [templateLint.braces].
		sets := ref.Place == velocity.PlaceTarget && !(ref.Braced && len(ref.Members) == 0)
		if sets || ref.Place == velocity.PlaceLoop {
			local[ref.Name] = true
		}
	}

	return local
}

// deepPath reports whether a template goes through a manager or accounts, which
// the subject may not have.
func deepPath(t *velocity.Template) bool {
	return slices.ContainsFunc(t.References(), func(ref velocity.Reference) bool {
		return ref.Name == "identity" && len(ref.Members) > 1 && hasObjects(ref.Members[0].Name)
	})
}

// isObject reports whether a reference leads to an object instead of text.
func isObject(ref velocity.Reference) bool {
	if ref.Name != "identity" || len(ref.Members) == 0 {
		return ref.Name == "identity"
	}
	last := ref.Members[len(ref.Members)-1].Name
	return hasObjects(last) || last == "attributes" || last == "getAttributes"
}

func hasObjects(member string) bool {
	switch member {
	case "manager", "getManager", "links", "getLinks", "getLinksByAppIdOrName":
		return true
	}

	return false
}

// bound is where a name of a template gets its value from: a variable, or else
// something of the scope; with neither it is not set.
type bound struct {
	slot   int // of a variable; -1: none
	global func(s *Scope) velocity.Value
}

// templateNode renders a template to text.
type templateNode struct {
	text     string
	template *velocity.Template
	names    []bound
	parts    []part // the template, when it is only texts and variables
	uses     []Use
	host     bool // asks objects, which may evaluate other programs
	counts   bool // uses $uniqueCounter
}

// part is a text or, with slot >= 0, a variable.
type part struct {
	text string
	slot int
	null error // what a variable raises that is not set
}

// direct returns the parts of a simple template; nil when it asks for something
// else than variables.
func (n *templateNode) direct() []part {
	var list []part
	for _, p := range n.template.Parts() {
		slot := -1
		if p.Name >= 0 {
			if slot = n.names[p.Name].slot; slot < 0 {
				return nil
			}
		}

		list = append(list, part{text: p.Text, slot: slot, null: nil})
	}

	for i := range list {
		if list[i].slot >= 0 {
			list[i].null = n.unset(list[i].slot)
		}
	}

	return list
}

// unset returns the error for a variable that is not set, when all others are.
func (n *templateNode) unset(slot int) error {
	vars := make([]velocity.Value, len(n.names))
	for i, name := range n.names {
		if name.slot != slot {
			vars[i] = velocity.TextOf("")
		}
	}

	_, err := n.template.Eval(nil, vars, nil)
	return n.failed(err)
}

func (c *Compiler) bind(name string, node *templateNode, local map[string]bool) bound {
	if v := c.use(name); v != nil {
		return bound{slot: v.slot}
	}

	// A name that the template sets itself has no value from outside.
	if !c.known(name) || local[name] && !slices.Contains(globals, name) {
		return bound{slot: -1}
	}

	c.depends.reads, c.depends.perReader = true, true
	switch name {
	case "identity":
		node.host = true
		node.template.Follow(map[string]velocity.Origins{name: ofSubject}, templateReads{c})
		return bound{-1, func(s *Scope) velocity.Value { return subjectValue(s, s.subject) }}
	case "oldValue":
		c.deps.OldValue = true
		return bound{-1, func(s *Scope) velocity.Value { return toTemplate(s.OldValue()) }}
	case "uniqueCounter":
		node.counts = true
		return bound{-1, func(s *Scope) velocity.Value { return toTemplate(s.counter) }}
	case "attributeDefinition":
		return bound{-1, func(s *Scope) velocity.Value { return named(s.Attribute()) }}
	}

	return bound{-1, func(s *Scope) velocity.Value { return s.context(name) }}
}

// context looks a name up among what an account create profile offers.
func (s *Scope) context(name string) velocity.Value {
	if v, ok := s.extra[name]; ok {
		return toTemplate(v)
	}

	switch name {
	case "field":
		return named(s.field["name"].Text())
	case "application":
		return named(s.field["application"].Text())
	case "current":
		return toTemplate(s.field["current"])
	}

	return velocity.Value{}
}

func (n *templateNode) Eval(s *Scope) (identity.Value, error) {
	if n.parts == nil {
		return n.render(s)
	}

	// Texts and variables alone need no engine. What is neither text nor null goes through it,
	// which knows how to write it.
	buf, raised, ok := n.join(s)
	if !ok {
		return n.render(s)
	}
	if err := s.budget.Spend(int64(len(n.parts)) + 1); err != nil {
		return identity.Value{}, n.failed(err)
	}
	if err := s.budget.Produce(len(buf)); err != nil {
		return identity.Value{}, n.failed(err)
	}
	if raised != nil {
		return identity.Value{}, raised
	}
	return s.Text(buf)
}

// join writes the parts up to a variable that is not set; ok is false when one
// is neither text nor null.
func (n *templateNode) join(s *Scope) (buf []byte, raised error, ok bool) {
	buf = s.Buffer()
	for i := range n.parts {
		p := &n.parts[i]
		if p.slot < 0 {
			buf = append(buf, p.text...)
			continue
		}

		switch v := s.vars[p.slot]; v.Kind() {
		case identity.Text:
			buf = javatext.AppendText(buf, v.Text())
		case identity.Null:
			return buf, p.null, true
		default:
			return nil, nil, false
		}
	}

	return buf, nil, true
}

// render evaluates any template.
func (n *templateNode) render(s *Scope) (identity.Value, error) {
	// Templates may evaluate other templates, so values go on a stack.
	base := len(s.render)
	for _, b := range n.names {
		var v velocity.Value
		if b.global != nil {
			v = b.global(s)
		} else if b.slot >= 0 {
			v = toTemplate(s.vars[b.slot])
		}

		s.render = append(s.render, v)
	}

	// Asking an object may evaluate another attribute, which takes the buffer.
	if n.host {
		return n.evalHost(s, base)
	}

	buf, err := n.template.Render(&s.templates, &s.budget, s.render[base:], s.Buffer())
	s.render = s.render[:base]
	if err != nil {
		return identity.Value{}, n.failed(err)
	}

	return s.Text(buf)
}

// evalHost renders a template that asks objects, which may use the scope's
// buffer meanwhile.
func (n *templateNode) evalHost(s *Scope, base int) (identity.Value, error) {
	spare := s.spare[:0]
	s.spare = nil
	buf, err := n.template.Render(nil, &s.budget, s.render[base:], spare)
	s.render = s.render[:base]
	s.spare = buf[:0]
	if err != nil {
		return identity.Value{}, n.failed(err)
	}
	return s.Text(append(s.Buffer(), buf...))
}

func (n *templateNode) failed(err error) error {
	// A variable that is not set is the everyday failure, in mappings that go on to something
	// else: its text is put together only when somebody asks. Other causes may hold texts of
	// the scope, which do not last.
	if cause, ok := err.(*velocity.RenderError); ok && cause.Err == nil {
		return &templateError{n.text, cause}
	}
	return fmt.Errorf("%w: %s: %w", ErrTemplate, beginning(n.text), err)
}

// templateError is an [ErrTemplate] with its cause.
type templateError struct {
	template string
	cause    *velocity.RenderError
}

func (e *templateError) Error() string {
	return ErrTemplate.Error() + ": " + beginning(e.template) + ": " + e.cause.Error()
}

func (e *templateError) Unwrap() []error { return []error{ErrTemplate, e.cause} }

// toTemplate hands a value to the template engine; null is unset.
func toTemplate(v identity.Value) velocity.Value {
	switch v.Kind() {
	case identity.Text:
		return velocity.TextOf(v.Text())
	case identity.Integer:
		n, _ := v.Int()
		return velocity.IntOf(n)
	case identity.Boolean:
		b, _ := v.Bool()
		return velocity.BoolOf(b)
	case identity.List:
		items := make([]velocity.Value, len(v.List()))
		for i, item := range v.List() {
			items[i] = toTemplate(item)
		}
		return velocity.ListOf(items)
	}

	// Null is not set: a reference to it raises.
	return velocity.Value{}
}

// maxQuote is how many letters of a template a message holds: it is repeated for every
// identity.
const maxQuote = 200

// beginning returns what a message quotes of a template.
func beginning(text string) string {
	if utf8.RuneCountInString(text) <= maxQuote {
		return text
	}
	return string([]rune(text)[:maxQuote]) + "..."
}
