package scim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

// Patch applies a PATCH request to a resource, in place: the operations of body in
// their order, all or none. Names are compared without case. A path is an
// attribute, one of its parts, an attribute of an extension by its full name, or
// the values that a filter of eq, ne, sw, ew, co and pr, joined by and, or by or,
// selects: emails[type eq "work"].value.
//
// Source: RFC 7644 3.5.2.
func Patch(resource, body *jsondoc.Node) error {
	changed := resource.Clone()
	for i, op := range member(body, "Operations").Items() {
		if err := apply(changed, op); err != nil {
			return fmt.Errorf("operation %d: %w", i+1, err)
		}
	}

	for _, m := range slices.Clone(resource.Members()) {
		resource.Remove(m.Key)
	}
	for _, m := range changed.Members() {
		resource.Set(m.Key, m.Value)
	}
	return nil
}

// member returns a member by its name without case.
func member(n *jsondoc.Node, name string) *jsondoc.Node {
	for _, m := range n.Members() {
		if strings.EqualFold(m.Key, name) {
			return m.Value
		}
	}

	return nil
}

// key returns the spelling of a name that an object has.
func key(n *jsondoc.Node, name string) string {
	for _, m := range n.Members() {
		if strings.EqualFold(m.Key, name) {
			return m.Key
		}
	}

	return name
}

func apply(resource, op *jsondoc.Node) error {
	verb, path, value := strings.ToLower(member(op, "op").Text()), member(op, "path").Text(), member(op, "value")
	switch {
	case verb != "add" && verb != "replace" && verb != "remove":
		return fmt.Errorf("op %q: expected add, replace or remove", verb)
	case path == "" && verb == "remove":
		return fmt.Errorf("a removal without a path")
	case path == "":
		// Without a path the value is a piece of the resource; some services write
		// paths as its names.
		for _, m := range value.Members() {
			if err := target(resource, m.Key, verb, m.Value); err != nil {
				return err
			}
		}

		return nil
	}

	return target(resource, path, verb, value)
}

// target applies an operation at a path.
func target(resource *jsondoc.Node, path, verb string, value *jsondoc.Node) error {
	object, rest := resource, path

	// The URN of an extension has points in it, so it goes before the parts.
	if strings.HasPrefix(strings.ToLower(path), "urn:") {
		urn, after := splitURN(resource, path)
		if after == "" {
			return set(resource, urn, verb, value)
		}

		// To set part of what is not there makes it; to remove part of it is done already.
		if member(resource, urn) == nil {
			if verb == "remove" {
				return nil
			}
			resource.Set(urn, jsondoc.NewObject())
		}

		object, rest = member(resource, urn), after
	}

	name, after, filter, err := cutPath(rest)
	if err != nil {
		return err
	}
	switch {
	case filter != nil:
		return selected(object, name, after, filter, verb, value)
	case after == "":
		return set(object, name, verb, value)
	}

	if member(object, name).Kind() != jsondoc.Object {
		if verb == "remove" {
			return nil
		}
		object.Set(key(object, name), jsondoc.NewObject())
	}

	return set(member(object, name), after, verb, value)
}

// splitURN parts the name of an extension from the attribute behind it: the
// longest name that the resource has, else up to the last colon.
func splitURN(resource *jsondoc.Node, path string) (urn, rest string) {
	for _, m := range resource.Members() {
		switch {
		case strings.EqualFold(m.Key, path):
			return m.Key, ""
		case len(path) > len(m.Key) && strings.EqualFold(path[:len(m.Key)], m.Key) && path[len(m.Key)] == ':':
			return m.Key, path[len(m.Key)+1:]
		}
	}

	at := strings.LastIndexByte(path, ':')
	return path[:at], path[at+1:]
}

// cutPath parts name[filter].rest or name.rest.
func cutPath(path string) (name, rest string, filter [][]test, err error) {
	if open := strings.IndexByte(path, '['); open >= 0 {
		end := strings.LastIndexByte(path, ']')
		if end < open {
			return "", "", nil, fmt.Errorf("path %q: the bracket is not closed", path)
		}
		filter, err = parseFilter(path[open+1 : end])
		return path[:open], strings.TrimPrefix(path[end+1:], "."), filter, err
	}

	name, rest, _ = strings.Cut(path, ".")
	return name, rest, nil, nil
}

// set changes one member.
func set(object *jsondoc.Node, name, verb string, value *jsondoc.Node) error {
	// Names are compared without case, and kept as the resource has them.
	name = key(object, name)
	old := object.Get(name)
	switch {
	case verb == "remove" && value.Kind() == jsondoc.Array && old.Kind() == jsondoc.Array:
		// some services name what goes
		old.SetItems(slices.DeleteFunc(slices.Clone(old.Items()), func(item *jsondoc.Node) bool {
			return slices.ContainsFunc(value.Items(), func(gone *jsondoc.Node) bool { return sameItem(item, gone) })
		}))
	case verb == "remove":
		object.Remove(name)
	case value == nil:
		return fmt.Errorf("%s of %q without a value", verb, name)
	case verb == "add" && old.Kind() == jsondoc.Array:
		// RFC 7644 3.5.2.1: adding a value that is there adds nothing.
		add := []*jsondoc.Node{value}
		if value.Kind() == jsondoc.Array {
			add = value.Items()
		}
		items := slices.Clone(old.Items())
		for _, item := range add {
			if !slices.ContainsFunc(items, func(have *jsondoc.Node) bool { return sameItem(have, item) }) {
				items = append(items, item.Clone())
			}
		}

		old.SetItems(items)

	case old.Kind() == jsondoc.Object && value.Kind() == jsondoc.Object:
		for _, m := range value.Members() {
			old.Set(key(old, m.Key), m.Value.Clone())
		}
	default:
		object.Set(name, value.Clone())
	}

	return nil
}

// sameItem compares two values of an attribute: by their value when they are
// objects with one.
func sameItem(a, b *jsondoc.Node) bool {
	if x, y := member(a, "value"), member(b, "value"); x != nil && y != nil {
		return x.Equal(y) && member(a, "type").Text() == member(b, "type").Text()
	}
	return a.Equal(b)
}

// selected changes the values of an attribute that a filter selects. To replace a
// value that is not there adds it with what the filter says of it, as identity
// services expect that send such requests.
func selected(object *jsondoc.Node, name, rest string, filter [][]test, verb string, value *jsondoc.Node) error {
	name = key(object, name)
	if object.Get(name).Kind() != jsondoc.Array {
		if verb == "remove" {
			return nil
		}
		object.Set(name, jsondoc.NewArray())
	}

	list := object.Get(name)

	var items []*jsondoc.Node
	found := false
	for _, item := range list.Items() {
		if !matches(filter, item) {
			items = append(items, item)
			continue
		}

		found = true
		switch {
		case verb == "remove" && rest == "":
			continue
		case rest != "":
			if err := set(item, rest, verb, value); err != nil {
				return err
			}
		case value.Kind() == jsondoc.Object:
			for _, m := range value.Members() {
				item.Set(key(item, m.Key), m.Value.Clone())
			}
		default:
			return fmt.Errorf("%s of %s[...] with a %s, expected an object", verb, name, value.Kind())
		}

		items = append(items, item)
	}

	// The filter of a value that is to be added says what it is: emails[type eq "work"].
	if !found && verb != "remove" {
		if len(filter) != 1 {
			return fmt.Errorf("no value of %s is selected", name)
		}
		item := jsondoc.NewObject()
		for _, t := range filter[0] {
			if t.op == "eq" {
				item.Set(t.name, t.value.Clone())
			}
		}

		if rest == "" {
			for _, m := range value.Members() {
				item.Set(m.Key, m.Value.Clone())
			}
		} else if err := set(item, rest, verb, value); err != nil {
			return err
		}

		items = append(items, item)
	}

	list.SetItems(items)
	return nil
}

// test is one comparison of a filter.
type test struct {
	name, op string
	value    *jsondoc.Node
}

// parseFilter reads comparisons joined by and, and such groups joined by or.
func parseFilter(text string) (any [][]test, err error) {
	all := []test{}

	// "and" binds more tightly, so the filter is a list of alternatives, each a list of conditions.
	for rest := strings.TrimSpace(text); rest != ""; {
		var t test
		t.name, rest = word(rest)
		t.op, rest = word(rest)
		t.op = strings.ToLower(t.op)
		switch t.op {
		case "pr":
		case "eq", "ne", "sw", "ew", "co":
			var literal string
			if literal, rest = word(rest); literal == "" {
				return nil, fmt.Errorf("filter %q: no value to compare %s with", text, t.name)
			}
			if t.value, _ = jsondoc.Parse("filter", []byte(literal)); t.value == nil {
				return nil, fmt.Errorf("filter %q: %s is no value", text, literal)
			}

		default:
			return nil, fmt.Errorf("filter %q: found %q, expected eq, ne, sw, ew, co or pr", text, t.op)
		}

		all = append(all, t)

		var join string
		switch join, rest = word(rest); strings.ToLower(join) {
		case "and":
		case "or", "":
			any, all = append(any, all), nil
		default:
			return nil, fmt.Errorf("filter %q: found %q, expected and or or", text, join)
		}
	}

	if len(any) == 0 || len(all) > 0 {
		return nil, fmt.Errorf("filter %q: expected a comparison", text)
	}
	return any, nil
}

// word cuts the next word, or text in quotes, from a filter.
func word(text string) (first, rest string) {
	text = strings.TrimLeft(text, " ")
	if !strings.HasPrefix(text, `"`) {
		first, rest, _ = strings.Cut(text, " ")
		return first, rest
	}

	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[:i+1], text[i+1:]
		}
	}

	return text, ""
}

// matches reports whether an item satisfies one of the groups.
func matches(filter [][]test, item *jsondoc.Node) bool {
	return slices.ContainsFunc(filter, func(all []test) bool {
		return !slices.ContainsFunc(all, func(t test) bool { return !t.holds(item) })
	})
}

func (t *test) holds(item *jsondoc.Node) bool {
	have := member(item, t.name)
	if item.Kind() != jsondoc.Object && strings.EqualFold(t.name, "value") {
		have = item
	}
	a, b := strings.ToLower(have.Text()), strings.ToLower(t.value.Text())
	switch t.op {
	case "pr":
		return !have.IsNull()
	case "eq":
		return !have.IsNull() && a == b
	case "ne":
		return a != b
	case "sw":
		return strings.HasPrefix(a, b)
	case "ew":
		return strings.HasSuffix(a, b)
	}

	return strings.Contains(a, b)
}
