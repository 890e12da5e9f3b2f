package velocity

// loopScope is $foreach.
type loopScope struct {
	index    int
	hasNext  bool
	parent   *loopScope
	replaced Value // what the variable foreach was before
	props    dict  // what #set($foreach.x = ...) put there
}

// foreach runs a loop. Lists, arrays and the values of maps are looped over;
// any other value is passed over without output.
func (e *evaluator) foreach(n *foreachNode) error {
	if n.none {
		return nil
	}
	if n.list == nil {
		line, column := place(e.t.src, n.pos)
		return &RenderError{Kind: ErrMethod, Reference: "#foreach", Msg: "there is no list", Line: line, Column: column}
	}

	v, err := e.value(n.list)
	if err != nil {
		return err
	}

	// Velocity loops over nothing else, and has no error for it.
	switch v.kind {
	case List, Map:
	default:
		return nil
	}

	// The loop's variables are given back after it, also when it is left by an error.
	slots := [...]int{n.slot, e.t.scope.count, e.t.scope.hasNext}
	var saved [len(slots)]Value
	for i, slot := range slots {
		saved[i] = e.get(slot)
	}

	var scope *loopScope
	if e.t.scope.foreach >= 0 {
		scope = e.enter()
	}

	err = e.rounds(n, v, scope)
	for i, slot := range slots {
		e.put(slot, saved[i])
	}

	if scope != nil {
		e.leave()
	}

	// A break ends the loop it is meant for, and passes through those inside of that.
	if err == errBreak && (e.target == nil || e.target == scope) {
		e.target = nil
		return nil
	}

	return err
}

func (e *evaluator) get(slot int) Value {
	if slot < 0 {
		return Value{}
	}
	return e.vars[slot]
}

func (e *evaluator) put(slot int, v Value) {
	if slot >= 0 {
		e.vars[slot] = v
	}
}

// enter makes the scope of a loop.
func (e *evaluator) enter() *loopScope {
	s := &loopScope{index: -1}
	old := e.vars[e.t.scope.foreach]
	if old.kind == loop {
		s.parent = old.ref.(*loopScope)
	} else {
		s.replaced = old
	}

	e.vars[e.t.scope.foreach] = Value{kind: loop, ref: s}
	return s
}

// leave gives $foreach back what it was, unless the loop has set it.
func (e *evaluator) leave() {
	v := &e.vars[e.t.scope.foreach]
	if v.kind != loop {
		return
	}
	if s := v.ref.(*loopScope); s.parent != nil {
		v.ref = s.parent
	} else {
		*v = s.replaced
	}
}

// rounds runs the body for each item. A list that gets or loses items meanwhile
// is an error, as Java's iterators raise, unless nothing is left to be read.
func (e *evaluator) rounds(n *foreachNode, v Value, scope *loopScope) error {
	// The size is taken before the first round: items that the body adds are not visited, they are an error.
	size, moved := sizeOf(v), movedOf(v)
	for i := 0; i < size; i++ {
		if err := e.b.Spend(1); err != nil {
			return err
		}

		// The counters are plain variables, so a nested loop or the body may have set them: they are set anew each round.
		e.put(e.t.scope.count, IntOf(int64(i)+1))
		e.put(e.t.scope.hasNext, BoolOf(i+1 < size))
		if v.kind == Map {
			e.put(n.slot, v.dict().pairs[i].value)
		} else {
			e.put(n.slot, v.list().at(i))
		}

		if scope != nil {
			scope.index, scope.hasNext = i, i+1 < size
		}

		if err := e.run(n.body); err != nil {
			return err
		}

		// Java notices a change when it asks for the next item, so a change in the last round passes.
		if now := sizeOf(v); (now != size || movedOf(v) != moved) && now == i+1 {
			return nil
		} else if now != size || movedOf(v) != moved {
			line, column := place(e.t.src, n.pos)
			return &RenderError{
				Kind: ErrMethod, Reference: "#foreach", Msg: "the list changed in its loop", Line: line, Column: column,
			}
		}
	}

	return nil
}

// movedOf counts the items that a list got or lost since it was made.
func movedOf(v Value) int {
	if v.kind == List {
		return v.list().moved
	}
	return 0
}

func sizeOf(v Value) int {
	if v.kind == Map {
		return len(v.dict().pairs)
	}
	return v.list().len()
}

// breakLoop ends the loop around, or the one whose $foreach is given. Outside
// of loops the template ends.
func (e *evaluator) breakLoop(n *breakNode) error {
	if n.target == nil {
		return errBreak
	}

	v, err := e.value(n.target)
	if err != nil {
		return err
	}
	if v.kind != loop {
		line, column := place(e.t.src, n.pos)
		return &RenderError{Kind: ErrMethod, Reference: "#break", Msg: "not a loop", Line: line, Column: column}
	}

	e.target = v.ref.(*loopScope)
	return errBreak
}

// property answers $foreach.name.
func (s *loopScope) property(name string) Value {
	switch lowerFirst(name) {
	case "index":
		return IntOf(int64(s.index))
	case "count":
		return IntOf(int64(s.index) + 1)
	case "hasNext":
		return BoolOf(s.hasNext)
	case "first":
		return BoolOf(s.index < 1)
	case "last":
		return BoolOf(!s.hasNext)
	case "parent":
		if s.parent == nil {
			return Value{}
		}
		return Value{kind: loop, ref: s.parent}
	case "topmost":
		// The outermost loop is asked for from any depth, and is itself when there is no other.
		for s.parent != nil {
			s = s.parent
		}
		return Value{kind: loop, ref: s}
	}

	return s.props.get(TextOf(name))
}

// lowerFirst puts the first letter in lower case, as names of Java beans have
// it.
func lowerFirst(s string) string {
	if s != "" && s[0] >= 'A' && s[0] <= 'Z' {
		return string(s[0]|0x20) + s[1:]
	}
	return s
}
