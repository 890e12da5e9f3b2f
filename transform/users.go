package transform

import (
	"slices"

	"github.com/idprofile/engine/identity/jsondoc"
)

// users tells who uses stored transforms, and where: what raises in a transform
// is of no importance when everybody who uses it has another value ready.
type users struct {
	unit *Unit
	uses map[string][]use
}

// use is one reference to a stored transform. By is the stored transform that it
// stands in, empty for what stands elsewhere.
type use struct {
	by     string
	caught bool
}

// caughtTransforms returns the stored transforms whose errors never reach a
// result.
func (u *Unit) caughtTransforms(items []Item) map[string]bool {
	w := &users{unit: u, uses: map[string][]use{}}
	for _, item := range items {
		if name := item.Def.Name; name == "" || u.opts.Transforms[name] != item.Def {
			w.walk(item.Def.Node, "", false)
		}
	}

	for name, def := range u.opts.Transforms {
		w.walk(def.Node, name, false)
	}

	// A name that is computed may be any.
	u.uses = w.uses
	for name := range w.uses {
		if u.opts.Transforms[name] == nil {
			u.uses = nil
		}
	}

	// All that is used counts as caught until a use shows that it is not; that
	// makes the users' own targets open too. Who is used by nobody is open.
	caught := make(map[string]bool, len(w.uses))
	open, targets := []string{""}, map[string][]string{}
	u.refers = map[string][]string{}
	for name, uses := range w.uses {
		caught[name] = true
		for _, at := range uses {
			if at.by != "" {
				u.refers[at.by] = append(u.refers[at.by], name)
			}
			if at.caught {
				continue
			}
			if _, used := w.uses[at.by]; !used && targets[at.by] == nil {
				open = append(open, at.by)
			}
			targets[at.by] = append(targets[at.by], name)
		}
	}

	for _, names := range u.refers {
		slices.Sort(names) // a map has no order
	}
	for len(open) > 0 {
		by := open[len(open)-1]
		open = open[:len(open)-1]
		for _, name := range targets[by] {
			if caught[name] {
				delete(caught, name)
				open = append(open, name)
			}
		}
	}

	return caught
}

func (w *users) walk(n *jsondoc.Node, by string, caught bool) {
	attributes := n.Get("attributes")
	typ, _ := n.Get("type").Str()
	op, _ := w.unit.lib.Operation(typ)
	if typ == "reference" {
		id := attributes.Get("id")
		if id.IsNull() {
			id = n.Get("id")
		}
		w.uses[id.Text()] = append(w.uses[id.Text()], use{by, caught})
	}

	for _, m := range n.Members() {
		if m.Value != attributes || op == nil {
			w.walk(m.Value, by, caught)
			continue
		}

		for _, a := range attributes.Members() {
			w.walk(a.Value, by, caught || op.catches(a.Key, attributes, w.unit.opts.Dialect))
		}
	}

	for _, item := range n.Items() {
		w.walk(item, by, caught)
	}
}

// catches reports whether the operation raises nothing that the items of a list
// raise.
func (op *Operation) catches(list string, attributes *jsondoc.Node, d Dialect) bool {
	for i := range op.Fields {
		if f := &op.Fields[i]; f.Catches != "" && f.Name == list {
			flag := attributes.Get(f.Catches)
			return flag.IsTrue() || flag.IsNull() && d.FirstValidIgnoresErrors
		}
	}

	return false
}
