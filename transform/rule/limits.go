package rule

import (
	"fmt"

	"github.com/idprofile/engine/transform"
)

// Limits bound one evaluation of an expression. Zero fields mean the defaults.
type Limits struct {
	Steps  int64 // rounds of predicates and calls of functions; default 100,000
	Output int64 // bytes of text produced; default 1 MiB
	Items  int64 // length of any list, read or made; default 10,000
}

// MaxSource is the length in bytes of the longest expression.
const MaxSource = 16 << 10

func (l Limits) orDefaults() Limits {
	if l.Steps <= 0 {
		l.Steps = 100_000
	}

	if l.Output <= 0 {
		l.Output = 1 << 20
	}

	if l.Items <= 0 {
		l.Items = 10_000
	}
	return l
}

// budget is what one evaluation may still spend.
type budget struct {
	steps, output, items int64
	objects              []Object
}

// work takes one step, and more for long texts and lists.
func (b *budget) work(size int) error {
	b.steps -= 1 + int64(size)/64
	if b.steps < 0 {
		return fmt.Errorf("%w: too many steps", transform.ErrLimit)
	}
	return nil
}

func (b *budget) produce(s string) (any, error) {
	b.output -= int64(len(s))
	if b.output < 0 {
		return nil, fmt.Errorf("%w: too much text", transform.ErrLimit)
	}
	return s, nil
}

func (b *budget) list(n int) error {
	if int64(n) > b.items {
		return fmt.Errorf("%w: a list of %d items, at most %d are allowed", transform.ErrLimit, n, b.items)
	}
	return nil
}
