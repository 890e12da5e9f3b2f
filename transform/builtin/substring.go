package builtin

import (
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

type substringArgs struct {
	Input       transform.Input
	Begin       transform.Int `json:"begin" required:"true" doc:"first position, UTF-16 units from 0; -1 is the beginning"`
	BeginOffset transform.Int `json:"beginOffset" default:"0" doc:"added to begin unless that is -1"`
	End         transform.Int `json:"end" default:"-1" doc:"position after the last one; -1 is the end of the text"`
	EndOffset   transform.Int `json:"endOffset" default:"0" doc:"added to end unless that is -1"`
	fixed       *span
}

// span is where a substring begins and ends, in UTF-16 units.
type span struct {
	begin, end int64
	open       bool // up to the end of the text
}

func (n *substringArgs) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	var at span
	if n.fixed != nil {
		at = *n.fixed
	} else {
		var err error
		if at, err = n.span(s); err != nil {
			return identity.Value{}, err
		}
	}

	// Positions are UTF-16 units; in ASCII these are bytes, and nothing has to be counted.
	text := in.Text()
	if part, ok := at.ascii(text); ok {
		return identity.StringValue(part), nil
	}

	length := int64(javatext.Len(text))
	if at.open {
		at.end = length
	}

	part, ok := javatext.Substring(text, int(at.begin), int(at.end))
	if !ok {
		return identity.Value{}, fmt.Errorf("%w: begin %d, end %d, length %d", transform.ErrRange, at.begin, at.end,
			length)
	}

	return identity.StringValue(part), nil
}

// ascii cuts the piece out when everything up to its end is ASCII, so that
// bytes are units.
func (at span) ascii(text string) (part string, ok bool) {
	if at.open || at.begin < 0 || at.begin > at.end || at.end > int64(len(text)) || !javatext.IsASCII(text[:at.end]) {
		return "", false
	}
	return text[at.begin:at.end], true
}

// span evaluates the positions.
func (n *substringArgs) span(s *transform.Scope) (span, error) {
	var at [4]int64 // begin, beginOffset, end, endOffset
	at[2] = -1
	for i, arg := range [...]*transform.Int{&n.Begin, &n.BeginOffset, &n.End, &n.EndOffset} {
		v, ok, err := arg.Eval(s)
		if err != nil {
			return span{}, err
		}
		if ok {
			at[i] = v
		} else if i == 0 {
			return span{}, fmt.Errorf("%w: begin", transform.ErrNull)
		}
	}

	// Offsets do not count beside -1.
	p := span{end: at[2] + at[3], open: at[2] == -1}
	if at[0] != -1 {
		p.begin = at[0] + at[1]
	}
	return p, nil
}

// fix computes positions that are the same for everybody.
func (n *substringArgs) fix() {
	for _, arg := range [...]*transform.Int{&n.Begin, &n.BeginOffset, &n.End, &n.EndOffset} {
		if _, ok := arg.Const(); !ok {
			return
		}
	}

	// Constants need no scope.
	if at, err := n.span(nil); err == nil {
		n.fixed = &at
	}
}

// substring cuts a piece out of the text.
//
// Error: [transform.ErrRange] when the piece is not inside the text.
// Source: DECISION 46.
func substring() transform.Operation {
	return transform.Define("substring", "A piece of the text by position; positions outside the text are an error.",
		func(c *transform.Compiler, n *substringArgs) transform.Node {
			checkSubstring(c, n)
			if c.Shortcuts() {
				n.fix()
			}
			return transform.OnInput(n)
		},
		transform.Phrase("piece from {begin!}[ + {beginOffset!}] to {end!}[ + {endOffset!}]"),
		transform.Traits{
			Also:    []string{"substr"},
			Changes: map[string]transform.Change{"begin": oneMore, "end": oneMore},
		},
		example("The first letter", `{"type":"substring","attributes":{"begin":0,"end":1}}`, "Maria", "M"))
}

// checkSubstring fills in the facts and reports doubtful positions.
func checkSubstring(c *transform.Compiler, n *substringArgs) {
	f := c.Unary()
	f.Fails = true
	begin, fixedBegin := n.Begin.Fixed()
	end, fixedEnd := n.End.Fixed()
	begin0, end0 := n.BeginOffset.Or(0), n.EndOffset.Or(0)
	noEnd := !n.End.Present() || fixedEnd && end == -1

	// An offset beside -1 shows that something else was meant.
	if fixedBegin && begin == -1 && begin0 != 0 {
		c.Warnf(codeSubstringOffsetUseless, "beginOffset", "beginOffset has no effect because begin is -1")
	}

	if noEnd && n.EndOffset.Present() && end0 != 0 {
		c.Warnf(codeSubstringOffsetUseless, "endOffset", "endOffset has no effect without end")
	}

	need := end + end0
	if noEnd {
		need = 0
	}

	// The shortest text that the input can be decides what can go wrong.
	short := int64(c.InputFacts().MinLen)
	if fixedEnd && !noEnd && need > short {
		reportRaise(c, diag.Warning, codeSubstringRange, "end", fmt.Sprintf("a text shorter than %d is an error", need),
			"guard the length, for example with a static that tests $x.length(), or pad the text first")
	}

	if fixedBegin && (noEnd || fixedEnd) && need <= short && begin+begin0 <= short {
		f.Fails = false
	}

	if fixedBegin && fixedEnd && !noEnd {
		f.MinLen = int(max(need-max(begin+begin0, 0), 0))
	}
}
