package transform

import (
	"strings"

	"github.com/idprofile/engine/identity"
)

// Equality is a template that is a variable and a text behind it, as the
// expressions of most conditions are: "$dept eq Executive". Who splits such a
// text at a word that the variable does not hold need not render it.
type Equality struct {
	node *templateNode
	slot int
	text string // behind the variable
}

// Equality returns the child as an equality; nil when it is something else.
func (c *Child) Equality() *Equality {
	n, ok := c.node.(*templateNode)
	if !ok || len(n.parts) != 2 || n.parts[0].slot < 0 || n.parts[1].slot >= 0 {
		return nil
	}
	return &Equality{node: n, slot: n.parts[0].slot, text: n.parts[1].text}
}

// Text returns the text behind the variable.
func (e *Equality) Text() string { return e.text }

// Variable returns the text of the variable and spends what rendering the template
// would. With ok false nothing was spent, and the template has to be rendered: the
// variable is no text or holds the word, or the budget does not suffice.
func (e *Equality) Variable(s *Scope, word string) (text string, ok bool) {
	v := s.vars[e.slot]
	if v.Kind() != identity.Text {
		return "", false
	}

	// Rendering takes a step for each part and one more, and counts its text where it is joined
	// and where it becomes a value.
	text = v.Text()
	size := int64(2 * (len(text) + len(e.text)))
	if b := &s.budget; b.Steps >= 3 && b.Output >= size && !strings.Contains(text, word) {
		b.Steps, b.Output = b.Steps-3, b.Output-size
		return text, true
	}

	return "", false
}
