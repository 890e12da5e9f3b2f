package velocity

import (
	"errors"

	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/limit"
)

// errNoMember says that a value has no such property or method.
var errNoMember = errors.New("not available")

// reference evaluates a reference. Null anywhere on the way is an error.
func (e *evaluator) reference(r *reference) (Value, error) {
	v := e.get(r.slot)
	if v.kind == Unset {
		return Value{}, e.t.invalid(r, 0)
	}

	for i := range r.members {
		next, err := e.member(v, &r.members[i])
		if err != nil {
			return Value{}, e.memberError(r, i, v, err)
		}
		if next.kind == Unset {
			return Value{}, e.memberError(r, i, v, nil)
		}
		v = next
	}

	return v, nil
}

// memberError dresses an error at member i of r; nil is for null.
func (e *evaluator) memberError(r *reference, i int, v Value, err error) error {
	// Budget and control flow are no failures of a reference; they pass through undressed.
	if errors.Is(err, limit.Err) || err == errStop || err == errBreak {
		return err
	}

	// The innermost failure names its reference best, and keeps it.
	var inner *RenderError
	if errors.As(err, &inner) {
		return err
	}

	line, column := place(e.t.src, r.pos)
	out := &RenderError{Kind: ErrMethod, Reference: r.text(i + 1), Line: line, Column: column}
	m := &r.members[i]
	switch {
	case err == nil:
		out.Kind = ErrInvalidReference
	case err == errNoMember:
		out.Kind = ErrInvalidReference
		if m.kind == method {
			out.Msg = "method not available on " + v.kind.name()
		}
	default:
		out.Err = err
	}

	return out
}

// name is what messages call a kind.
func (k Kind) name() string {
	switch k {
	case Text:
		return "text"
	case Char:
		return "a character"
	case Bool:
		return "a boolean"
	case Integer, Long, BigInt, Float:
		return "a number"
	case List:
		return "a list"
	case Map:
		return "a map"
	case Unset:
		return "null"
	}

	return "an object"
}

// member takes one step of a path.
func (e *evaluator) member(v Value, m *member) (Value, error) {
	if err := e.b.Spend(1); err != nil {
		return Value{}, err
	}

	switch m.kind {
	case property:
		return e.property(v, m.name)
	case index:
		i, err := e.value(m.args[0])
		if err != nil {
			return Value{}, err
		}
		return e.at(v, fromEnd(i, v))
	}

	// Most methods have at most two arguments: these cost no memory.
	var buf [3]Value
	args := buf[:0]
	for _, x := range m.args {
		a, err := e.value(x)
		if err != nil {
			return Value{}, err
		}
		args = append(args, a)
	}

	// Arguments are evaluated before the method is looked up, as either may raise.
	return e.call(v, m, args)
}

func (e *evaluator) property(v Value, name string) (Value, error) {
	switch v.kind {
	case Map:
		// Keys of a map are compared one by one, so what a look-up costs grows with the map.
		if err := e.b.Spend(lookupCost(v.dict())); err != nil {
			return Value{}, err
		}
		if i := v.dict().findText(name); i >= 0 {
			return v.dict().pairs[i].value, nil
		}
		return Value{}, nil

	case Host:
		return e.hostProperty(v.ref.(Object), name)
	case loop:
		return v.ref.(*loopScope).property(name), nil
	}

	// What is left are Java's getters: isEmpty is empty, getKey is key.
	switch p := lowerFirst(name); {
	case p == "empty" && v.kind == Text:
		return BoolOf(v.text == ""), nil
	case p == "blank" && v.kind == Text:
		return BoolOf(javatext.Strip(v.text) == ""), nil
	case p == "empty" && v.kind == List && !isArray(v):
		return BoolOf(v.list().len() == 0), nil
	case p == "key" && v.kind == Entry:
		return v.ref.(*entry).pair().key, nil
	case p == "value" && v.kind == Entry:
		return v.ref.(*entry).pair().value, nil
	}

	return Value{}, errNoMember
}

func (e *evaluator) hostProperty(o Object, name string) (Value, error) {
	v, ok, err := o.Property(name)
	if err == nil && !ok {
		if other := name[0] ^ 0x20; isLetter(other) {
			v, ok, err = o.Property(string(other) + name[1:])
		}
	}

	return e.fromHost(v, ok, err)
}

// fromHost makes the answer of an object one of a member, and keeps templates from changing what belongs to the host.
func (e *evaluator) fromHost(v Value, ok bool, err error) (Value, error) {
	switch {
	case err != nil:
		return Value{}, err
	case !ok:
		return Value{}, errNoMember
	case e.t.changes && (v.kind == List || v.kind == Map):
		var c copier
		v = c.copy(v)
		return v, e.b.Spend(c.items)
	}

	return v, nil
}

// fromEnd turns a negative index into one from the end.
func fromEnd(i, v Value) Value {
	if i.kind == Integer && i.num < 0 && (v.kind == List || v.kind == Map) {
		return IntOf(i.num + int64(sizeOf(v)))
	}
	return i
}

// at answers v[i].
func (e *evaluator) at(v, i Value) (Value, error) {
	switch v.kind {
	case List:
		return listGet(v.list(), i)
	case Map:
		if err := e.b.Spend(lookupCost(v.dict())); err != nil {
			return Value{}, err
		}
		return v.dict().get(i), nil
	case loop:
		return v.ref.(*loopScope).props.get(i), nil
	case Host:
		return e.hostCall(v.ref.(Object), "get", []Value{i})
	}

	if i.kind == Integer && i.num < 0 {
		return Value{}, errors.New("negative index of " + v.kind.name())
	}
	return Value{}, errNoMember
}

func (e *evaluator) hostCall(o Object, name string, args []Value) (Value, error) {
	v, ok, err := o.Call(name, args)
	return e.fromHost(v, ok, err)
}

func listGet(l *list, i Value) (Value, error) {
	if !l.isIndexed() || i.kind != Integer {
		return Value{}, errNoMember
	}
	if i.num < 0 || i.num >= int64(l.len()) {
		return Value{}, indexError(i.num, l.len())
	}
	return l.at(int(i.num)), nil
}

func indexError(i int64, n int) error {
	return errors.New("index " + itoa(int(i)) + " of a list of " + itoa(n))
}

// setMember puts v at the end of a path. A path that leads nowhere is passed
// over in silence.
func (e *evaluator) setMember(r *reference, v Value) error {
	at := e.get(r.slot)
	last := len(r.members) - 1
	for i := 0; i < last && at.kind != Unset; i++ {
		next, err := e.member(at, &r.members[i])
		if err == errNoMember {
			return nil
		}
		if err != nil {
			return e.memberError(r, i, at, err)
		}
		at = next
	}

	// Null has no members to set, and Velocity says nothing about it.
	if at.kind == Unset {
		return nil
	}

	m := &r.members[last]
	key := TextOf(m.name)
	if m.kind == index {
		i, err := e.value(m.args[0])
		if err != nil {
			return err
		}
		key = fromEnd(i, at)
	}

	// Only an index sets an item of a list; a name there is a setter, which lists have none of.
	if err := e.store(at, key, v, m.kind == index); err != nil {
		return e.memberError(r, last, at, err)
	}

	return nil
}

func (e *evaluator) store(at, key, v Value, indexed bool) error {
	switch at.kind {
	case Map:
		if err := e.b.Spend(lookupCost(at.dict())); err != nil {
			return err
		}
		at.dict().put(key, v)
	case Entry:
		// Java's entry writes through to its map; any other property of it cannot be set and is ignored.
		if en := at.ref.(*entry); !indexed && lowerFirst(key.text) == "value" {
			en.of.pairs[en.i].value = v
		}
	case loop:
		if err := e.b.Spend(lookupCost(&at.ref.(*loopScope).props)); err != nil {
			return err
		}
		at.ref.(*loopScope).props.put(key, v)
	case List:
		l := at.list()

		// Sets and ranges have no positions that could be written, and Velocity ignores the attempt.
		if !indexed || !l.isIndexed() || key.kind != Integer {
			return nil
		}

		// Outside of the list Java's set raises, where a read gives null in a template.
		if key.num < 0 || key.num >= int64(l.len()) {
			return indexError(key.num, l.len())
		}
		if err := e.writeOut(l); err != nil {
			return err
		}
		l.items[key.num] = v
	}

	return nil
}

// writeOut pays for writing out a range.
func (e *evaluator) writeOut(l *list) error {
	if l.isRange {
		if err := e.b.Spend(int64(l.len())); err != nil {
			return err
		}
		l.writeOut()
	}

	return nil
}
