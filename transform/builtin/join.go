package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

type concatArgs struct {
	Values []transform.Child `json:"values" role:"part" required:"true" doc:"what is joined; null items vanish"`
}

func (n *concatArgs) Eval(s *transform.Scope) (identity.Value, error) {
	var few [4]identity.Value
	values, err := s.All(n.Values, few[:0])
	if err != nil {
		return identity.Value{}, err
	}

	// All items are evaluated before the buffer is taken: they may use it themselves.
	buf := s.Buffer()
	for i := range values {
		buf = javatext.AppendText(buf, values[i].Text())
	}
	return s.Text(buf)
}

// concat joins values without separator. Null items vanish; nothing gives the
// empty string.
//
// Source: DECISION 23.
func concat() transform.Operation {
	return transform.Define("concat", "Joins values without separator; null items vanish.",
		func(c *transform.Compiler, n *concatArgs) transform.Node {
			checkConcat(c, n)
			return n
		},
		transform.Phrase("{values+}"),
		transform.Traits{Also: []string{"append", "concatenate", "concatenation"}, PassesInput: true},
		example("A name", `{"type":"concat","attributes":{"values":["Ann"," ","Lee"]}}`, "", "Ann Lee"))
}

// checkConcat fills in the facts of concat and reports separators that stay
// behind when a value is null.
func checkConcat(c *transform.Compiler, n *concatArgs) {
	f := transform.Facts{Kind: identity.Text}
	var null *transform.Child
	separators := false
	for i := range n.Values {
		item := &n.Values[i]
		of := item.Facts()

		// A value that may be null adds nothing for certain.
		if of.Null == transform.NeverNull {
			f.MinLen += of.MinLen
		}

		// Text of nothing but punctuation is there for the sake of its neighbours.
		if text, ok := item.Source(); ok && text != "" && strings.Trim(text, " ,;.:-_/|@") == "" {
			separators = true
		} else if of.Null == transform.MayBeNull && item.Present() {
			null = item
		}
	}

	*c.Facts() = f
	if separators && null != nil {
		c.ReportAt(null, diag.Info, codeConcatNull, "when this is null the separator beside it stays",
			"use a static with #if, or a firstValid that adds the separator")
	}
}

type joinArgs struct {
	Values    []transform.Child `json:"values" role:"item" required:"true" doc:"what is joined; null items are written as null"`
	Separator transform.Child   `json:"separator" default:"," doc:"text between the items"`
}

func (n *joinArgs) Eval(s *transform.Scope) (identity.Value, error) {
	// A comma is what the platform takes; null means the same.
	sep := ","
	if n.Separator.Present() {
		v, err := n.Separator.Eval(s)
		if err != nil {
			return v, err
		}
		if !v.IsNull() {
			sep = v.Text()
		}
	}

	var few [4]identity.Value
	values, err := s.All(n.Values, few[:0])
	if err != nil {
		return identity.Value{}, err
	}

	buf := s.Buffer()
	for i, v := range values {
		if i > 0 {
			buf = javatext.AppendText(buf, sep)
		}
		if v.IsNull() {
			buf = append(buf, "null"...)
		}
		buf = javatext.AppendText(buf, v.Text())
	}

	return s.Text(buf)
}

// join joins values with a separator. Null items are written as the text null.
//
// Source: DECISION 24.
func join() transform.Operation {
	return transform.Define("join", "Joins values with a separator; null items are written as the text null.",
		func(c *transform.Compiler, n *joinArgs) transform.Node {
			*c.Facts() = transform.Facts{Kind: identity.Text}
			for i := range n.Values {
				if item := &n.Values[i]; !item.Present() {
					c.Report(diag.Warning, codeJoinNull, "values",
						fmt.Sprintf("item %d is null and appears as the text null", i),
						"leave it out")
				} else if item.Facts().Null == transform.MayBeNull {
					c.ReportAt(item, diag.Warning, codeJoinNull, "when this is null the text null appears",
						"wrap it in firstValid with a default")
				}
			}

			return n
		},
		transform.Phrase("join by {separator} of {values}"),
		example("A path", `{"type":"join","attributes":{"values":["a","b"],"separator":"-"}}`, "", "a-b"))
}
