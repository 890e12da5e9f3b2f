package velocity

import "errors"

func (e *evaluator) callList(l *list, m *member, args []Value) (Value, error) {
	switch len(args) {
	case 0:
		switch m.method {
		case mSize:
			return IntOf(int64(l.len())), nil
		case mIsEmpty:
			return BoolOf(l.len() == 0), nil
		}

	case 1:
		return e.callList1(l, m.method, args[0])
	case 2:
		if m.method == mSet {
			return e.setItem(l, args[0], args[1])
		}
	}

	return Value{}, errNoMember
}

func (e *evaluator) callList1(l *list, id methodID, a Value) (Value, error) {
	switch id {
	case mContains:
		i, err := e.indexOf(l, a)
		return BoolOf(i >= 0), err
	case mGet:
		return listGet(l, a)
	case mIndexOf:
		if !l.isIndexed() {
			break
		}
		i, err := e.indexOf(l, a)
		return IntOf(int64(i)), err

	case mAdd:
		return BoolOf(true), e.add(l, a)
	case mAddAll:
		return e.addAll(l, a)
	case mRemove:
		return e.remove(l, a)
	}

	return Value{}, errNoMember
}

// errFixed is Java's UnsupportedOperationException.
var errFixed = errors.New("this list keeps its length")

func (e *evaluator) add(l *list, v Value) error {
	if l.class != arrayList {
		return errFixed
	}
	if err := e.writeOut(l); err != nil {
		return err
	}

	l.items = append(l.items, v)
	l.moved++
	return nil
}

// remove takes out the item at a position and returns it, or the first item
// that is equal to what is no whole number and tells whether there was one.
func (e *evaluator) remove(l *list, a Value) (Value, error) {
	switch {
	case l.class == javaArray && a.kind == Integer:
		return Value{}, errFixed
	case !l.isIndexed():
		return Value{}, errNoMember
	}

	// Everything behind moves up.
	if err := e.b.Spend(int64(l.len())); err != nil {
		return Value{}, err
	}

	at, result := int(a.num), Value{}
	if a.kind == Integer {
		if at < 0 || at >= l.len() {
			return Value{}, indexError(a.num, l.len())
		}
		result = l.at(at)
	} else {
		i, err := e.indexOf(l, a)
		if err != nil || i < 0 {
			return BoolOf(false), err
		}
		if at, result = i, BoolOf(true); l.class == javaArray {
			return Value{}, errFixed
		}
	}

	// A range is written out before it can lose an item.
	l.writeOut()
	l.items = append(l.items[:at:at], l.items[at+1:]...)
	l.moved++
	return result, nil
}

// setItem puts another item at a position and returns the one before.
func (e *evaluator) setItem(l *list, i, v Value) (Value, error) {
	switch {
	case !l.isIndexed() || i.kind != Integer:
		return Value{}, errNoMember
	case i.num < 0 || i.num >= int64(l.len()):
		return Value{}, indexError(i.num, l.len())
	case l.class == javaArray && v.kind != Text && v.kind != Unset:
		return Value{}, errors.New("an array of texts holds no " + v.kind.name())
	}

	if err := e.writeOut(l); err != nil {
		return Value{}, err
	}

	old := l.items[i.num]
	l.items[i.num] = v
	return old, nil
}

func (e *evaluator) addAll(l *list, a Value) (Value, error) {
	if a.kind != List || a.list().class == javaArray {
		return Value{}, errNoMember
	}
	if l.class != arrayList {
		return Value{}, errFixed
	}

	from := a.list()
	n := from.len()
	if err := e.b.Spend(int64(n)); err != nil {
		return Value{}, err
	}
	if err := e.writeOut(l); err != nil {
		return Value{}, err
	}

	for i := 0; i < n; i++ {
		l.items = append(l.items, from.at(i))
	}

	l.moved++
	return BoolOf(n > 0), nil
}

func (e *evaluator) callMap(d *dict, m *member, args []Value) (Value, error) {
	if err := e.b.Spend(lookupCost(d)); err != nil {
		return Value{}, err
	}

	switch len(args) {
	case 0:
		return callMap0(d, m.method)
	case 1:
		switch m.method {
		case mGet:
			return d.get(args[0]), nil
		case mContainsKey:
			return BoolOf(d.find(args[0]) >= 0), nil
		}

	case 2:
		if m.method == mPut {
			return d.put(args[0], args[1]), nil
		}
	}

	return Value{}, errNoMember
}

func callMap0(d *dict, id methodID) (Value, error) {
	switch id {
	case mSize:
		return IntOf(int64(len(d.pairs))), nil
	case mIsEmpty:
		return BoolOf(len(d.pairs) == 0), nil
	case mKeySet:
		return viewOf(d, keySet), nil
	case mValues:
		return viewOf(d, valueView), nil
	case mEntrySet:
		return viewOf(d, entrySet), nil
	}

	return Value{}, errNoMember
}

func viewOf(d *dict, class listClass) Value {
	return Value{kind: List, ref: &list{class: class, of: d}}
}
