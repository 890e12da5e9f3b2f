package profiletest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Mutant is a small change to the configuration that some test should notice.
type Mutant struct {
	Unit   string   `json:"unit"` // the mapping, transform, field, source or profile
	Change string   `json:"change"`
	Pos    diag.Pos `json:"pos"`
	Killed bool     `json:"killed"`
	// By is the first case that noticed; empty when none did.
	By string `json:"by,omitempty"`

	op          *jsondoc.Node // the operation that is changed
	target      *jsondoc.Node // replaced by replacement
	replacement *jsondoc.Node
	apply       func(*mutation) // instead of a replacement
}

// mutator lists the mutants of one definition.
type mutator struct {
	unit    string
	mutants []*Mutant
}

func (m *mutator) add(op, target, replacement *jsondoc.Node, format string, args ...any) {
	if replacement.Equal(target) {
		return
	}
	m.mutants = append(m.mutants, &Mutant{Unit: m.unit, Change: fmt.Sprintf(format, args...), Pos: target.Pos(), op: op, target: target, replacement: replacement})
}

// walk lists the mutants at and below a JSON value.
func (m *mutator) walk(n *jsondoc.Node) {
	switch n.Kind() {
	case jsondoc.Array:
		for _, item := range n.Items() {
			m.walk(item)
		}
	case jsondoc.Object:
		if typ, ok := n.Get("type").Str(); ok {
			m.operation(n, typ, n.Get("attributes"))
			n = n.Get("attributes")
		}
		for _, member := range n.Members() {
			m.walk(member.Value)
		}
	}
}

// operation lists the changes of one operation.
func (m *mutator) operation(n *jsondoc.Node, typ string, attrs *jsondoc.Node) {
	switch typ {
	case "firstValid", "concat":
		m.dropItems(n, typ, attrs)
	case "conditional", "dateCompare":
		m.swapArms(n, typ, attrs)
	case "lookup":
		m.table(n, typ, attrs.Get("table"))
	case "replaceAll":
		m.dropMembers(n, typ, attrs.Get("table"))
		m.remove(n, typ, attrs)
	case "lower", "upper":
		m.remove(n, typ, attrs)
		other := map[string]string{"lower": "upper", "upper": "lower"}[typ]
		m.add(n, n, with(n, "type", jsondoc.NewString(other)), "%s becomes %s", typ, other)
	case "trim", "decomposeDiacriticalMarks", "normalizeNames", "replace", "leftPad", "rightPad", "e164phone", "displayName":
		m.remove(n, typ, attrs)
	case "static":
		m.static(n, attrs)
	}
	m.details(n, typ, attrs)
}

// details lists changes of single attributes.
func (m *mutator) details(n *jsondoc.Node, typ string, attrs *jsondoc.Node) {
	for _, member := range attrs.Members() {
		v := member.Value
		if change := changed(typ, member.Key, v); change != nil {
			m.add(n, v, change, "%s.%s: %s becomes %s", typ, member.Key, v.Append(nil), change.Append(nil))
		}
	}
	switch typ {
	case "accountAttribute":
		for _, key := range [...]string{"accountSortDescending", "accountReturnFirstLink", "accountFilter", "accountPropertyFilter"} {
			if v := attrs.Get(key); !v.IsNull() && !(v.Kind() == jsondoc.Bool && !v.IsTrue()) {
				m.add(n, v, jsondoc.NewNull(), "accountAttribute: %s is dropped", key)
			}
		}
	case "split":
		if v := attrs.Get("throws"); !v.IsNull() {
			m.add(n, v, jsondoc.NewBool(!v.IsTrue()), "split.throws becomes %v", !v.IsTrue())
		}
	}
}

var (
	firstNumber = regexp.MustCompile(`\d+`)
	comparison  = map[string]string{"gt": "lt", "lt": "gt", "gte": "lte", "lte": "gte"}
	codeForms   = map[string]string{"alpha2": "alpha3", "alpha3": "alpha2", "numeric": "alpha2"}
)

// changed returns another value for an attribute that is worth changing, or nil.
func changed(typ, name string, v *jsondoc.Node) *jsondoc.Node {
	text, isText := v.Str()
	number, isNumber := v.Int()
	switch typ + "." + name {
	case "dateFormat.inputFormat", "dateFormat.outputFormat":
		if isText {
			return jsondoc.NewString(otherFormat(text))
		}
	case "dateMath.expression":
		if at := firstNumber.FindStringIndex(text); at != nil {
			k, _ := strconv.Atoi(text[at[0]:at[1]])
			return jsondoc.NewString(text[:at[0]] + strconv.Itoa(k+1) + text[at[1]:])
		} else if cut, _, ok := strings.Cut(text, "/"); ok {
			return jsondoc.NewString(cut)
		}
	case "dateCompare.operator":
		if other := comparison[strings.ToLower(text)]; other != "" {
			return jsondoc.NewString(other)
		}
	case "iso3166.format":
		if other := codeForms[text]; other != "" {
			return jsondoc.NewString(other)
		}
	case "substring.begin", "substring.end", "leftPad.length", "rightPad.length", "split.index", "getEndOfString.numChars":
		if isNumber {
			return jsondoc.NewInt(number + 1)
		}
	case "leftPad.padding", "rightPad.padding", "split.delimiter", "indexOf.substring", "lastIndexOf.substring", "replace.replacement":
		if isText {
			return jsondoc.NewString(text + "~")
		}
	case "conditional.expression":
		if left, right, ok := strings.Cut(text, " eq "); ok {
			return jsondoc.NewString(left + " eq ~" + right)
		}
	case "e164phone.defaultRegion":
		if isText {
			return jsondoc.NewString(map[bool]string{true: "FR", false: "JP"}[text != "FR"])
		}
	case "firstValid.ignoreErrors":
		if v.IsTrue() {
			return jsondoc.NewBool(false)
		}
	case "conditional.positiveCondition", "conditional.negativeCondition", "dateCompare.positiveCondition", "dateCompare.negativeCondition":
		if isText {
			return jsondoc.NewString(text + "~")
		}
	}
	return nil
}

// otherFormat returns a date format that gives or takes other dates.
func otherFormat(format string) string {
	if !strings.ContainsAny(format, "yMd") || strings.ToUpper(format) == format { // a named one
		if format == "ISO8601" {
			return "yyyy-MM-dd"
		}
		return "ISO8601"
	}
	if strings.Contains(format, "dd") && strings.Contains(format, "MM") {
		return strings.NewReplacer("dd", "MM", "MM", "dd").Replace(format)
	}
	return format + "'~'"
}

// dropItems leaves out one item of a list after the other.
func (m *mutator) dropItems(op *jsondoc.Node, typ string, attrs *jsondoc.Node) {
	list := attrs.Get("values")
	items := list.Items()
	for i, item := range items {
		if len(items) < 2 {
			break
		}
		var rest []*jsondoc.Node
		for k, other := range items {
			if k != i {
				rest = append(rest, other)
			}
		}
		m.add(op, list, jsondoc.NewArray(rest...), "%s.values[%d] is dropped", typ, i)
		m.mutants[len(m.mutants)-1].Pos = item.Pos()
		m.literal(op, item, fmt.Sprintf("%s.values[%d]", typ, i))
	}
}

// literal gives a text another value; templates keep theirs.
func (m *mutator) literal(op, n *jsondoc.Node, where string) {
	if text, ok := n.Str(); ok && !strings.ContainsAny(text, "$#") {
		m.add(op, n, jsondoc.NewString(text+"~"), "%s: %s becomes %q", where, n.Append(nil), text+"~")
	}
}

func (m *mutator) swapArms(op *jsondoc.Node, typ string, attrs *jsondoc.Node) {
	yes, no := attrs.Get("positiveCondition"), attrs.Get("negativeCondition")
	if yes == nil || no == nil {
		return
	}
	m.add(op, attrs, with(with(attrs, "positiveCondition", no), "negativeCondition", yes), "%s: positiveCondition and negativeCondition change places", typ)
	m.mutants[len(m.mutants)-1].Pos = op.Pos()
}

// table changes the values of a table and leaves out its entries.
func (m *mutator) table(op *jsondoc.Node, typ string, table *jsondoc.Node) {
	for _, member := range table.Members() {
		m.literal(op, member.Value, fmt.Sprintf("%s.table[%q]", typ, member.Key))
	}
	m.dropMembers(op, typ, table)
}

func (m *mutator) dropMembers(op *jsondoc.Node, typ string, table *jsondoc.Node) {
	for i, member := range table.Members() {
		var rest []jsondoc.Member
		for k, other := range table.Members() {
			if k != i {
				rest = append(rest, other)
			}
		}
		m.add(op, table, jsondoc.NewObject(rest...), "%s.table[%q] is dropped", typ, member.Key)
		m.mutants[len(m.mutants)-1].Pos = member.Pos()
	}
}

// remove puts the input of an operation in its place.
func (m *mutator) remove(op *jsondoc.Node, typ string, attrs *jsondoc.Node) {
	replacement := attrs.Get("input")
	if replacement.IsNull() {
		replacement = jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString(sameType)), jsondoc.M("attributes", jsondoc.NewObject()))
	}
	m.add(op, op, replacement, "%s is removed", typ)
}

var equality = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[!=]=`) })

// static changes the value of a static: a literal, a comparison in a template, or
// the text around the references of one.
func (m *mutator) static(op, attrs *jsondoc.Node) {
	v := attrs.Get("value")
	text, ok := v.Str()
	if !ok {
		return
	}
	m.literal(op, v, "static.value")
	for _, at := range equality().FindAllStringIndex(text, -1) {
		other := map[string]string{"==": "!=", "!=": "=="}[text[at[0]:at[1]]]
		m.add(op, v, jsondoc.NewString(text[:at[0]]+other+text[at[1]:]), "static.value: %s at character %d becomes %s", text[at[0]:at[1]], at[0]+1, other)
	}
	for _, b := range templateBranches(text) {
		for _, part := range b.branches {
			if part != (span{}) {
				m.add(op, v, jsondoc.NewString(text[:part.to]+"~"+text[part.to:]), "static.value: %q becomes %q", text[part.from:part.to], text[part.from:part.to]+"~")
			}
		}
	}
	if strings.Contains(text, "$") && !strings.Contains(text, "#") {
		m.add(op, v, jsondoc.NewString(text+"~"), "static.value: %q becomes %q", text, text+"~")
	}
}

// with returns a copy of an object with another member.
func with(n *jsondoc.Node, key string, value *jsondoc.Node) *jsondoc.Node {
	c := jsondoc.NewObject(append([]jsondoc.Member(nil), n.Members()...)...)
	c.Set(key, value)
	return c
}

// rebuild returns n with target replaced; what does not change is shared.
func rebuild(n, target, replacement *jsondoc.Node) *jsondoc.Node {
	if n == target {
		return replacement
	}
	switch n.Kind() {
	case jsondoc.Array:
		for i, item := range n.Items() {
			if r := rebuild(item, target, replacement); r != item {
				items := append([]*jsondoc.Node(nil), n.Items()...)
				items[i] = r
				return jsondoc.NewArray(items...)
			}
		}
	case jsondoc.Object:
		for i, member := range n.Members() {
			if r := rebuild(member.Value, target, replacement); r != member.Value {
				members := append([]jsondoc.Member(nil), n.Members()...)
				members[i] = jsondoc.M(member.Key, r)
				return jsondoc.NewObject(members...)
			}
		}
	}
	return n
}
