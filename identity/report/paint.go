package report

// Role is what a piece of a text for people is for; it decides how the piece looks.
type Role uint8

// The roles.
const (
	Heading Role = iota
	Before       // a value as it was, or one that is not ours
	After        // a value as it will be
	Good
	Bad
	Warn
	Dim // what is needed only now and then, such as a place in a file
)

// Paint colours a text that is safe for a terminal. A nil Paint leaves it as it is.
type Paint func(role Role, s string) string

// As is a text in the colour of a role, for [Fprintf]; the text is made safe by [OneLine].
func (p Paint) As(role Role, s string) Raw {
	s = OneLine(s)
	if p == nil || s == "" {
		return Raw(s)
	}
	return Raw(p(role, s))
}
