package transform

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

// Markdown returns the reference page of the operations: what each does, its
// attributes and its examples, in alphabetical order.
func (l *Library) Markdown() []byte {
	var b bytes.Buffer
	b.WriteString("# Operations\n\nMade from the code. Every attribute that is no table and no list may be a nested transform; every text may be a\n" +
		"template. `input` is common to all: without it, an operation works on the input of the transform around it.\n")
	for _, typ := range l.types {
		l.ops[typ].writePage(&b, "## ")
	}
	return b.Bytes()
}

func (op *Operation) writePage(b *bytes.Buffer, heading string) {
	fmt.Fprintf(b, "\n%s%s\n\n%s\n", heading, op.Type, op.Doc)
	op.writeFields(b)
	for _, e := range op.Examples {
		fmt.Fprintf(b, "\n%s%s:\n\n```json\n%s```\n", e.Doc, e.result(), pretty(e.Config))
	}
	for i := range op.Parts {
		op.Parts[i].writePage(b, heading[:len(heading)-1]+"# ")
	}
}

func (op *Operation) writeFields(b *bytes.Buffer) {
	rows := 0
	for _, f := range op.Fields {
		if f.Doc == "" && f.Kind != KindVariables && f.Kind != KindArguments {
			continue // it only selects the operation
		}

		if rows++; rows == 1 {
			b.WriteString("\n| attribute | holds | required | default | meaning |\n| --- | --- | --- | --- | --- |\n")
		}

		name, kind, required, doc := "`"+f.Name+"`", string(f.Kind), "", f.Doc
		switch f.Kind {
		case KindVariables:
			name, kind, doc = "any other", "any", "a variable of the templates in this transform"
		case KindArguments:
			name, kind, doc = "any other", "any", "handed to the rule"
		}

		if f.Required {
			required = "yes"
		}

		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", name, kind, required, code(f.Default),
			strings.ReplaceAll(doc, "|", `\|`))
	}
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// result says what an example gives.
func (e *Example) result() string {
	in := ""
	if !e.Input.IsNull() && e.Input.Text() != "" {
		in = " from `" + e.Input.String() + "`"
	}

	switch {
	case e.Err != nil:
		return in + " raises: " + e.Err.Error()
	case e.Match != "":
		return in + " gives something like `" + e.Match + "`"
	}

	return in + " gives `" + e.Want.String() + "`"
}

func pretty(config string) string {
	n, _ := jsondoc.Parse("", []byte(config))
	return string(n.Indent())
}
