package transform

// Dialect settles what no answer of a tenant settles. The zero Dialect is what the
// evidence favours; a snapshot of a tenant tells which options it needs.
type Dialect struct {
	// FirstValidIgnoresErrors: firstValid without ignoreErrors skips items that
	// raise, as a guide and users have it (DECISION 31).
	FirstValidIgnoresErrors bool `json:"firstValidIgnoresErrors,omitempty"`
	// SplitThrow: split takes the attribute throw for throws, as a published
	// transform writes it (DECISION 44).
	SplitThrow bool `json:"splitThrow,omitempty"`
	// FailingVariablesUnset: a variable that raises is not set, so that only a
	// template that comes to use it raises (DECISION 5).
	FailingVariablesUnset bool `json:"failingVariablesUnset,omitempty"`
	// DateCompareOneBranch: dateCompare may have one branch only; the other outcome
	// is null (DECISION 26).
	DateCompareOneBranch bool `json:"dateCompareOneBranch,omitempty"`
}

// DialectOption is one switch of a [Dialect].
type DialectOption struct {
	Name string // as JSON has it
	Doc  string
	on   func(*Dialect) *bool
}

// DialectOptions returns all switches.
func DialectOptions() []DialectOption {
	return []DialectOption{
		{Name: "firstValidIgnoresErrors", Doc: "firstValid without ignoreErrors skips items that raise",
			on: func(d *Dialect) *bool { return &d.FirstValidIgnoresErrors }},
		{Name: "splitThrow", Doc: "split takes the attribute throw for throws",
			on: func(d *Dialect) *bool { return &d.SplitThrow }},
		{Name: "failingVariablesUnset", Doc: "a variable that raises is not set",
			on: func(d *Dialect) *bool { return &d.FailingVariablesUnset }},
		{Name: "dateCompareOneBranch", Doc: "dateCompare with one branch gives null for the other outcome",
			on: func(d *Dialect) *bool { return &d.DateCompareOneBranch }},
	}
}

// With returns the dialect with the option switched to the other side.
func (d Dialect) With(o DialectOption) Dialect {
	*o.on(&d) = !*o.on(&d)
	return d
}

// Has reports whether the option is on.
func (d Dialect) Has(o DialectOption) bool { return *o.on(&d) }

// Dialect returns the options for what no tenant settles.
func (c *Compiler) Dialect() Dialect { return c.unit.opts.Dialect }
