package profiletest

import "strings"

// ifBlock is an #if of a template with the places of its branches; the last one
// is the #else, which has no place when it is not written.
type ifBlock struct {
	offset   int
	branches []span
}

// span is a range of bytes; an empty one has no place.
type span struct{ from, to int }

// templateBranches finds the #if directives of a template, in the order in which
// they begin.
func templateBranches(text string) []ifBlock {
	s := &templateScanner{text: text}
	s.scan()
	var blocks []ifBlock
	for _, b := range s.blocks {
		blocks = append(blocks, *b)
	}
	return blocks
}

type templateScanner struct {
	text   string
	blocks []*ifBlock
	open   []*ifBlock // nil: a block that is no #if
	start  []int      // where the current part of each open block begins
	other  []bool     // it is the #else
}

func (s *templateScanner) scan() {
	for i := 0; i < len(s.text); {
		if s.text[i] != '#' {
			i++
			continue
		}

		// What looks like a directive inside a comment or an unparsed text is none.
		rest := s.text[i:]
		switch {
		case strings.HasPrefix(rest, "##"):
			i = after(s.text, i, "\n")
		case strings.HasPrefix(rest, "#*"):
			i = after(s.text, i+2, "*#")
		case strings.HasPrefix(rest, "#[["):
			i = after(s.text, i+3, "]]#")
		default:
			i = s.directive(i)
		}
	}
}

// after returns the place behind the next occurrence of what, or the end.
func after(text string, from int, what string) int {
	if k := strings.Index(text[from:], what); k >= 0 {
		return from + k + len(what)
	}
	return len(text)
}

// directive takes the directive at i, if it is one, and returns the place behind.
func (s *templateScanner) directive(i int) int {
	name, end := directiveName(s.text, i)

	// The stack has an entry for each open directive; those of loops are nil, since only conditions have branches
	// to cover.
	switch name {
	case "if":
		end = behindParens(s.text, end)
		b := &ifBlock{offset: i}
		s.blocks = append(s.blocks, b)
		s.push(b, end)
	case "foreach":
		s.push(nil, behindParens(s.text, end))
	case "elseif":
		s.close(i)
		end = behindParens(s.text, end)
		s.begin(end, false)
	case "else":
		s.close(i)
		s.begin(end, true)
	case "end":
		s.close(i)

		// An if without else has one more branch, which is empty: leaving everything out.
		if n := len(s.open); n > 0 {
			if b := s.open[n-1]; b != nil && !s.other[n-1] {
				b.branches = append(b.branches, span{})
			}
			s.open, s.start, s.other = s.open[:n-1], s.start[:n-1], s.other[:n-1]
		}
	}

	return end
}

func (s *templateScanner) push(b *ifBlock, start int) {
	s.open, s.start, s.other = append(s.open, b), append(s.start, start), append(s.other, false)
}

// close ends the current part of the innermost block.
func (s *templateScanner) close(at int) {
	n := len(s.open)
	if n > 0 && s.open[n-1] != nil {
		s.open[n-1].branches = append(s.open[n-1].branches, span{s.start[n-1], at})
	}
}

func (s *templateScanner) begin(at int, other bool) {
	if n := len(s.open); n > 0 {
		s.start[n-1], s.other[n-1] = at, other
	}
}

// directiveName reads #name or #{name} at i.
func directiveName(text string, i int) (name string, end int) {
	rest := text[i+1:]
	for _, known := range [...]string{"if", "elseif", "else", "end", "foreach"} {
		if strings.HasPrefix(rest, "{"+known+"}") {
			return known, i + len(known) + 3
		}
	}

	for _, known := range [...]string{"elseif", "else", "end", "foreach", "if"} {
		if strings.HasPrefix(rest, known) {
			return known, i + 1 + len(known)
		}
	}

	return "", i + 1
}

// behindParens returns the place behind the parentheses that follow.
func behindParens(text string, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	if i >= len(text) || text[i] != '(' {
		return i
	}
	depth := 0
	for ; i < len(text); i++ {
		switch c := text[i]; c {
		// A parenthesis in a text is none.
		case '"', '\'':
			if k := strings.IndexByte(text[i+1:], c); k >= 0 {
				i += k + 1
			}
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}

	return i
}
