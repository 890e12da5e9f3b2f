package velocity

import "github.com/idprofile/engine/transform/internal/limit"

// looseEqual is == of templates: numbers by value, values of one class with
// equals, everything else by text. Null is equal to null only.
func (e *evaluator) looseEqual(a, b Value) (bool, error) {
	switch {
	case a.isNumber() && b.isNumber():
		return compareNumbers(a, b) == 0, nil
	case a.kind == Unset || b.kind == Unset:
		return a.kind == b.kind, nil
	case a.kind == Text && b.kind == Text:
		return a.text == b.text, nil
	case isArray(a) || isArray(b):
		// Java prints arrays in a way that no text is equal to.
		return a.kind == b.kind && a.list() == b.list(), nil
	case a.kind == b.kind && a.kind != Host && (a.kind != List || a.list().class == b.list().class):
		return e.equal(a, b, 0)
	}

	// Values of different classes, and host objects, are equal when they print alike: that is how Velocity
	// compares them.
	x, err := e.text(a)
	if err != nil {
		return false, err
	}

	y, err := e.text(b)
	return x == y, err
}

func isArray(v Value) bool { return v.kind == List && v.list().class == javaArray }

// equal is Java's equals. Host objects are equal when their texts are.
func (e *evaluator) equal(a, b Value, depth int) (bool, error) {
	if a.kind != b.kind {
		return false, nil
	}

	// A list may hold itself.
	if depth > maxTextDepth {
		return false, limit.Err
	}

	// Two lists may be the same at every level and branch at each, so depth alone does not bound the work.
	if err := e.b.Spend(1); err != nil {
		return false, err
	}

	switch a.kind {
	case List:
		return e.equalLists(a.list(), b.list(), depth+1)
	case Map:
		return e.equalMaps(a.dict(), b.dict(), depth+1)
	case Entry:
		x, y := a.ref.(*entry).pair(), b.ref.(*entry).pair()
		ok, err := e.equal(x.key, y.key, depth+1)
		if err != nil || !ok {
			return false, err
		}
		return e.equal(x.value, y.value, depth+1)

	case Host:
		x, err := e.text(a)
		if err != nil {
			return false, err
		}
		y, err := e.text(b)
		return x == y, err

	case loop:
		return a.ref.(*loopScope) == b.ref.(*loopScope), nil
	}

	return sameKey(a, b), nil
}

func (e *evaluator) equalLists(a, b *list, depth int) (bool, error) {
	switch {
	case a == b, a.of != nil && a.of == b.of && a.class == b.class:
		return true, nil
	case a.class != b.class || a.class == javaArray || a.class == valueView || a.len() != b.len():
		return false, nil
	}

	for i, n := 0, a.len(); i < n; i++ {
		ok, err := e.equal(a.at(i), b.at(i), depth)
		if err != nil || !ok {
			return false, err
		}
	}

	return true, nil
}

func (e *evaluator) equalMaps(a, b *dict, depth int) (bool, error) {
	if a == b {
		return true, nil
	}

	// Different sizes decide without a look-up.
	if len(a.pairs) != len(b.pairs) {
		return false, nil
	}

	for _, p := range a.pairs {
		if err := e.b.Spend(lookupCost(b)); err != nil {
			return false, err
		}

		// Maps are equal whatever their order; each key is looked up in the other.
		i := b.find(p.key)
		if i < 0 {
			return false, nil
		}

		ok, err := e.equal(p.value, b.pairs[i].value, depth)
		if err != nil || !ok {
			return false, err
		}
	}

	return true, nil
}

// indexOf finds an item that is equal to v, or returns -1.
func (e *evaluator) indexOf(l *list, v Value) (int, error) {
	if l.isRange {
		return l.rangeIndex(v), nil
	}

	for i, n := 0, l.len(); i < n; i++ {
		ok, err := e.equal(l.at(i), v, 0)
		if err != nil {
			return -1, err
		}
		if ok {
			return i, nil
		}
	}

	return -1, nil
}

// rangeIndex finds v among the numbers of a range.
func (l *list) rangeIndex(v Value) int {
	if v.kind != Integer {
		return -1
	}

	i := v.num - l.from
	if l.to < l.from {
		i = -i
	}

	if i < 0 || i >= int64(l.len()) {
		return -1
	}
	return int(i)
}
