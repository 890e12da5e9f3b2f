package velocity

// Origins is a set of objects that a value can be. The host gives each object
// that it offers, or each sort of them, a bit of its own; the highest bit is
// taken.
type Origins uint8

// held marks a value that is a list or a map with such objects in it.
const held Origins = 1 << 7

// Ask is a member that a template asks an object for.
type Ask struct {
	Name    string // "get" for an index
	Call    bool   // a method, or an index
	Args    int
	Text    string // the first argument
	Literal bool   // the first argument is the literal Text
}

// Follower is told what a template does with the objects of the host.
type Follower interface {
	// Ask returns what the member can be of objects of the given origins.
	Ask(of Origins, a Ask) Origins
	// Whole is told of objects that are printed, compared, tested or handed on
	// as they are.
	Whole(of Origins)
}

// Follow finds out, without data, what the template asks objects for: directly,
// through variables that it sets, and through the lists and maps that it puts
// them in. globals are the objects that are there from the start, by name. The
// answer covers all that an evaluation can do, and the Follower may hear of one
// thing several times.
func (t *Template) Follow(globals map[string]Origins, to Follower) {
	f := &flow{to: to, names: make([]Origins, len(t.names))}
	for i, name := range t.names {
		f.names[i] = globals[name]
	}

	// A later statement can change what an earlier one of the same loop sees, so
	// that one pass is not enough. The sets only grow, which ends it.
	for f.grown = true; f.grown; {
		f.grown = false
		f.run(t.body)
	}
}

// flow is what is known so far of the values of one template.
type flow struct {
	to    Follower
	names []Origins // by slot
	// pool is what was put into some list or map later on. Several names can lead
	// to one list, so every name may lead to what is in the pool.
	pool  Origins
	grown bool
}

func (f *flow) grow(set *Origins, by Origins) {
	if *set|by != *set {
		*set |= by
		f.grown = true
	}
}

func (f *flow) get(slot int) Origins {
	if slot < 0 {
		return f.pool
	}
	return f.names[slot] | f.pool
}

func (f *flow) run(body []node) {
	for _, n := range body {
		switch n := n.(type) {
		case *reference:
			f.use(n)
		case *setNode:
			f.set(n)
		case *ifNode:
			// Which branch is taken is not known, so all of them count.
			for i := range n.branches {
				f.use(n.branches[i].test)
				f.run(n.branches[i].body)
			}

			f.run(n.other)

		case *foreachNode:
			if from := f.value(n.list); n.slot >= 0 {
				f.grow(&f.names[n.slot], from)
			}
			f.run(n.body)
		case *breakNode:
			f.use(n.target)
		}
	}
}

// set follows an assignment, to a name or into something that a name leads to.
func (f *flow) set(n *setNode) {
	from := f.value(n.right)
	switch {
	case len(n.left.members) > 0:
		f.value(n.left)
		f.put(from)
	case n.left.slot >= 0:
		f.grow(&f.names[n.left.slot], from)
	}
}

// put follows objects into a list or a map.
func (f *flow) put(from Origins) {
	if from != 0 {
		f.grow(&f.pool, from|held)
	}
}

// use follows a value that is taken as it is.
func (f *flow) use(e expr) {
	if from := f.value(e) &^ held; from != 0 {
		f.to.Whole(from)
	}
}

// value returns what an expression can be.
func (f *flow) value(e expr) Origins {
	switch e := e.(type) {
	case *reference:
		return f.path(e)
	case *textExpr:
		// A text is never null itself, but references in it are used.
		f.run(e.body)
	case *listExpr:
		return f.items(e.items)
	case *mapExpr:
		return f.items(e.items)
	case *rangeExpr:
		f.use(e.from)
		f.use(e.to)
	case *notExpr:
		f.use(e.operand)
	case *binaryExpr:
		f.use(e.left)
		f.use(e.right)
	}

	return 0
}

func (f *flow) items(list []expr) (from Origins) {
	for _, item := range list {
		from |= f.value(item)
	}
	if from != 0 {
		from |= held
	}
	return from
}

// path follows a reference from member to member.
func (f *flow) path(r *reference) Origins {
	// Whatever reads a variable may get what any path has put there.
	from := Origins(0)
	if !r.bare {
		from = f.get(r.slot)
	}

	for i := range r.members {
		m := &r.members[i]
		var args Origins
		for _, arg := range m.args {
			args |= f.value(arg)
		}

		if args&^held != 0 {
			// The method may keep what it is given, as add and put do.
			f.to.Whole(args &^ held)
			f.put(args)
		}

		next := Origins(0)
		if objects := from &^ held; objects != 0 {
			next = f.to.Ask(objects, m.ask())
		}

		if from&held != 0 {
			// What is in a list or a map comes out of it by any member.
			next |= from
		}

		from = next
	}

	return from
}

func (m *member) ask() Ask {
	a := Ask{Name: m.name, Call: m.kind != property, Args: len(m.args)}
	if m.kind == index {
		a.Name = "get"
	}

	if len(m.args) > 0 {
		if arg, ok := m.args[0].(*literalExpr); ok && arg.value.kind == Text {
			a.Text, a.Literal = arg.value.text, true
		}
	}

	return a
}
