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
	}
	return Value{}, errNoMember
}

// errFixed is Java's UnsupportedOperationException.
var errFixed = errors.New("nothing can be added to this list")

func (e *evaluator) add(l *list, v Value) error {
	if l.class != arrayList {
		return errFixed
	}
	if err := e.writeOut(l); err != nil {
		return err
	}
	l.items = append(l.items, v)
	return nil
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
