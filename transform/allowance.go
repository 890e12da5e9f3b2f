package transform

import (
	"fmt"

	"github.com/idprofile/engine/identity/diag"
)

// DefaultParts is how many parts an [Allowance] has unless it is told otherwise: some
// hundred times what most tenants have.
const DefaultParts = 6_000_000

// PartsOfPatternByte is how many parts of an [Allowance] a byte of a regular expression takes.
const PartsOfPatternByte = 2

// Allowance bounds what compiling costs, so that a small configuration whose transforms refer
// to each other a thousand times over, or a large one, ends with a finding and not with the
// memory of the machine. It counts parts: four for a value, more for what a template, a
// regular expression or a reference brings with it. It is for one goroutine.
type Allowance struct {
	Most int // parts; 0: [DefaultParts]

	spent int
	said  bool
	made  map[any]any // see [Compiler.Once]
}

// spend takes parts from what is left and reports whether they were there.
func (a *Allowance) spend(parts int) bool {
	most := a.Most
	if most <= 0 {
		most = DefaultParts
	}

	// What does not fit once may fit later, when it is smaller; the sum stays what was compiled.
	if parts > most-a.spent {
		return false
	}
	a.spent += parts
	return true
}

// afford spends parts for something at a place. Where they are not left, that is reported, once
// for an allowance.
func (c *Compiler) afford(site *Site, parts int) bool {
	a := c.unit.allowance
	if a.spend(parts) {
		return true
	}
	if !a.said {
		a.said = true
		c.found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeCompileLimit, Pos: site.Def.Pos(), Path: site.Path(),
			Message: "with this the transforms have more parts than are compiled; it and others that do not fit raise where they are evaluated",
			Hint:    "leave out what is not needed, or allow more (the option MaxParts)"})
	}

	return false
}

// Afford spends parts for what an operation makes of its attributes beside the values
// themselves, such as a regular expression. The error is what the operation raises then, which
// has been reported.
func (c *Compiler) Afford(parts int) error {
	if c.afford(c.site, parts) {
		return nil
	}
	return errParts
}

// refund gives back what was spent beyond the actual parts.
func (c *Compiler) refund(parts int) { c.unit.allowance.spent -= max(parts, 0) }

// Once returns what build makes for a key, made once for all that is compiled by one allowance:
// transforms are compiled to be checked and again where they are used. What is returned is
// shared, so nobody may change it; nil is not kept. Keys of different operations are of
// different types.
func (c *Compiler) Once(key any, build func() any) any {
	a := c.unit.allowance
	if v, ok := a.made[key]; ok {
		return v
	}
	v := build()
	if v == nil {
		return nil
	}
	if a.made == nil {
		a.made = map[any]any{}
	}
	a.made[key] = v
	return v
}

var errParts = fmt.Errorf("%w: it was not compiled, because the transforms have too many parts", ErrLimit)
