package builtin

import (
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

type splitArgs struct {
	Input     transform.Input
	Delimiter transform.Child `json:"delimiter" required:"true" doc:"Java regular expression"`
	Index     transform.Int   `json:"index" required:"true" doc:"which piece, from 0"`
	Throws    transform.Bool  `json:"throws" role:"switch" default:"true" doc:"whether a piece that is not there is an error"`
	pattern   pattern
	silent    bool // the dialect takes throw for throws, and it is false
}

func (n *splitArgs) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text := in.Text()
	re, err := n.pattern.eval(s)
	if err != nil {
		return identity.Value{}, err
	}

	index, ok, err := n.Index.Eval(s)
	if err != nil {
		return identity.Value{}, err
	}
	if !ok {
		return identity.Value{}, fmt.Errorf("%w: index", transform.ErrNull)
	}

	throws, err := n.Throws.Eval(s, !n.silent)
	if err != nil {
		return identity.Value{}, err
	}

	// Pieces at the end that are empty are gone, so an index can be out of range for them.
	part, count, err := re.Part(s.Budget(), text, index)
	if err != nil {
		return identity.Value{}, err
	}
	if index >= 0 && index < int64(count) {
		return identity.StringValue(part), nil
	}
	if !throws {
		return identity.Value{}, nil
	}

	return identity.Value{}, fmt.Errorf("%w: Split resulted in %d items and you attempted to index at %d",
		transform.ErrRange, count, index)
}

// split gives one piece of a text that a regular expression divides.
//
// Error: [transform.ErrRange] for a piece that is not there, unless throws is false.
// Source: DECISION 44.
func split() transform.Operation {
	return transform.Define("split", "One piece of the text, divided by a Java regular expression.",
		func(c *transform.Compiler, n *splitArgs) transform.Node {
			if throw := c.Attribute("throw"); c.Dialect().SplitThrow && !throw.IsNull() {
				n.silent = !throw.IsTrue()
			}

			// Findings first: they are worth saying also of a step that raises in any case.
			checkSplit(c, n)
			if !n.Delimiter.Present() || !n.Index.Present() {
				return transform.RaiseForInput(fmt.Errorf("%w: split needs delimiter and index", transform.ErrConfig))
			}
			n.pattern.arg = &n.Delimiter
			if err := n.pattern.compile(c, "delimiter"); err != nil {
				return transform.RaiseForInput(err)
			}
			return transform.OnInput(n)
		},
		transform.Phrase("split at /{delimiter!}/, piece {index!}{throws:false= or null}"),
		transform.Traits{Changes: map[string]transform.Change{"delimiter": longer, "index": oneMore}, Why: whyNoPiece},
		example("The domain", `{"type":"split","attributes":{"delimiter":"@","index":1}}`, "ann@example.com",
			"example.com"))
}
