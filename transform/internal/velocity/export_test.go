package velocity

// What tests alone ask for.

// IsSimple reports whether the template is only texts and plain variables, so
// that evaluating it allocates nothing beyond what dst needs.
func (t *Template) IsSimple() bool { return t.simple != nil }

// Kind says what v is.
func (v Value) Kind() Kind { return v.kind }

// Int returns the number of an [Integer] or [Long].
func (v Value) Int() (n int64, ok bool) {
	return v.num, v.kind == Integer || v.kind == Long
}

// Bool returns the truth of a [Bool].
func (v Value) Bool() (b, ok bool) { return v.num != 0, v.kind == Bool }
