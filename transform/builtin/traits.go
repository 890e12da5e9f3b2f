package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// What several operations say of themselves in their [transform.Traits].

// tell writes the texts of attributes in a format.
func tell(format string, attributes ...string) func(text func(string) string) string {
	return func(text func(string) string) string {
		texts := make([]any, len(attributes))
		for i, name := range attributes {
			texts[i] = text(name)
		}
		return fmt.Sprintf(format, texts...)
	}
}

// oneMore is a number that is one too large.
func oneMore(v *jsondoc.Node) *jsondoc.Node {
	if n, ok := v.Int(); ok {
		return jsondoc.NewInt(n + 1)
	}
	return nil
}

// longer is a text with something behind it.
func longer(v *jsondoc.Node) *jsondoc.Node {
	if text, ok := v.Str(); ok {
		return jsondoc.NewString(text + "~")
	}
	return nil
}

// unset is a switch that is not turned on.
func unset(v *jsondoc.Node) *jsondoc.Node {
	if v.IsTrue() {
		return jsondoc.NewBool(false)
	}
	return nil
}

// other takes one word of a list for another one.
func other(words map[string]string) transform.Change {
	return func(v *jsondoc.Node) *jsondoc.Node {
		if word := words[v.Text()]; word != "" {
			return jsondoc.NewString(word)
		}
		return nil
	}
}

// otherRegion is a region that numbers are not from.
func otherRegion(v *jsondoc.Node) *jsondoc.Node {
	region, ok := v.Str()
	switch {
	case !ok:
		return nil
	case region == "FR":
		return jsondoc.NewString("JP")
	}

	return jsondoc.NewString("FR")
}

// unequal is a comparison of which one side has something in front of it.
func unequal(v *jsondoc.Node) *jsondoc.Node {
	if left, right, ok := strings.Cut(v.Text(), " eq "); ok {
		return jsondoc.NewString(left + " eq ~" + right)
	}
	return nil
}
