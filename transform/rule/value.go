package rule

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// toAny converts an attribute value to what the language works with.
func toAny(v identity.Value, b *budget) (any, error) {
	switch v.Kind() {
	case identity.Text:
		return v.Text(), nil
	case identity.Integer:
		n, _ := v.Int()
		return int(n), nil
	case identity.Boolean:
		t, _ := v.Bool()
		return t, nil
	case identity.List:
		items := v.List()

		// Lists count against the budget also when they only come in.
		if err := b.list(len(items)); err != nil {
			return nil, err
		}
		list := make([]any, len(items))
		for i, item := range items {
			x, err := toAny(item, b)
			if err != nil {
				return nil, err
			}
			list[i] = x
		}

		return list, nil
	}

	return nil, nil
}

// nodeAny converts a member of a table. Objects stay what they are.
func nodeAny(n *jsondoc.Node, b *budget) (any, error) {
	// An object stays a node: its members are converted only when they are read.
	if n.Kind() == jsondoc.Object {
		return n, nil
	}
	if n.Kind() != jsondoc.Array {
		return toAny(n.Value(), b)
	}
	if err := b.list(len(n.Items())); err != nil {
		return nil, err
	}

	list := make([]any, len(n.Items()))
	for i, item := range n.Items() {
		x, err := nodeAny(item, b)
		if err != nil {
			return nil, err
		}
		list[i] = x
	}

	return list, nil
}

// maxNesting is how deep lists in a result may be nested.
const maxNesting = 100

// fromAny converts the result of an expression.
func fromAny(x any, depth int) (identity.Value, error) {
	switch v := x.(type) {
	case nil:
		return identity.Value{}, nil
	case string:
		return identity.StringValue(v), nil
	case bool:
		return identity.BoolValue(v), nil
	case int:
		return identity.IntValue(int64(v)), nil
	case float64:
		return identity.NumberValue(number(v)), nil
	case []any:
		if depth > maxNesting {
			return identity.Value{}, fmt.Errorf("%w: lists are nested too deeply", transform.ErrLimit)
		}
		items := make([]identity.Value, len(v))
		for i, item := range v {
			var err error
			if items[i], err = fromAny(item, depth+1); err != nil {
				return identity.Value{}, err
			}
		}

		return identity.ListValue(items...), nil

	// A value has no members, so an object becomes its JSON text, as for an object among the arguments
	// of an operation.
	case map[string]any:
		return objectText(v, depth)

	case *jsondoc.Node:
		return v.Value(), nil
	}

	return identity.Value{}, fmt.Errorf("%w: the expression gives %s, expected a text, number, truth value or list",
		transform.ErrFormat, describe(x))
}

// objectText gives an object as its JSON text, with members in the order of their
// names: what correlation rules return, and what an attribute holds of a map.
// Nesting is bounded here as for lists: an object may contain one of each in turn.
func objectText(members map[string]any, depth int) (identity.Value, error) {
	if depth > maxNesting {
		return identity.Value{}, fmt.Errorf("%w: objects are nested too deeply", transform.ErrLimit)
	}
	object := jsondoc.NewObject()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		v, err := fromAny(members[name], depth+1)
		if err != nil {
			return identity.Value{}, err
		}

		// Members are texts, as the platform's own correlation rules return them.
		member := jsondoc.NewNull()
		if !v.IsNull() {
			member = jsondoc.NewString(v.Text())
		}
		object.Set(name, member)
	}

	return identity.StringValue(string(object.Append(nil))), nil
}

func number(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// toText gives the text of a plain value; nil stays nil.
func toText(b *budget, x any) (any, error) {
	switch v := x.(type) {
	case nil, string:
		return v, nil
	case bool:
		return b.produce(strconv.FormatBool(v))
	case int:
		return b.produce(strconv.Itoa(v))
	case float64:
		return b.produce(number(v))
	case *jsondoc.Node:
		return b.produce(v.Value().Text())
	}

	return nil, wrong(x, "a plain value")
}

// describe names the kind of a value for messages.
func describe(x any) string {
	switch x.(type) {
	case nil:
		return "nil"
	case string:
		return "a text"
	case int, float64:
		return "a number"
	case bool:
		return "a truth value"
	case []any:
		return "a list"
	}

	return "an object"
}
