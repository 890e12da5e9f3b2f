package transform

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/javaregex"
	"github.com/idprofile/engine/transform/internal/velocity"
)

// Use is one use of a variable in a template.
type Use struct {
	Name string
	Facts
	Type string // operation that gives the value; empty for literals and templates
}

// Uses returns the variables that a child uses, when it is a template.
func (c *Child) Uses() []Use {
	if t, ok := c.inner().(*templateNode); ok {
		return t.uses
	}
	return nil
}

// Source returns the text of a child that stands as text in the configuration,
// template or not.
func (c *Child) Source() (text string, ok bool) {
	if c.site == nil {
		return "", false
	}
	return c.site.Def.Str()
}

// CountsUp reports whether $uniqueCounter occurs in the child.
func (c *Child) CountsUp() bool { return c.site != nil && c.site.counts }

// glued finds #else and #end with letters directly behind them.
var glued = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`#(?:else|end)[A-Za-z_]`) })

// mention finds what looks like a reference.
var mention = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$!?\{?([A-Za-z_][A-Za-z_0-9]*)`) })

// templateSyntax reports why a template does not parse. What it mentions counts
// as used all the same: the syntax is the cause.
func (c *Compiler) templateSyntax(n *jsondoc.Node, site *Site, err error) {
	for _, m := range mention().FindAllStringSubmatch(n.Text(), -1) {
		if !c.UsesName(m[1]) && slices.Contains(c.declaredLater, m[1]) {
			c.early[m[1]] = true
		}
	}

	code, hint := codeTemplateSyntax, ""

	// Some mistakes are so frequent that they have a code and a way out of their own.
	var syntax *velocity.SyntaxError
	if errors.As(err, &syntax) {
		switch word := glued().FindString(n.Text()); {
		case syntax.Code == velocity.CodeNull:
			code, hint = codeTemplateNullLiteral, "compare with a default that a firstValid gives"
		case syntax.Code == velocity.CodeUnbalanced && word != "":
			code, hint = codeTemplateElseGlued, "write #{else} or #{end}"
		case syntax.Code == velocity.CodeUnbalanced:
			code = codeTemplateUnbalanced
		}
	}

	c.reportSite(site, diag.Error, code, err.Error(), hint)
}

// templateLint looks at one template.
type templateLint struct {
	c     *Compiler
	site  *Site
	node  *templateNode
	local map[string]bool // names that the template itself sets
}

// lintTemplate reports what is wrong or doubtful in a template.
func (c *Compiler) lintTemplate(node *templateNode, site *Site, local map[string]bool) {
	l := &templateLint{c: c, site: site, node: node, local: local}
	for _, ref := range node.template.References() {
		if ref.Place == velocity.PlaceTarget && ref.Braced && len(ref.Members) == 0 {
			l.braces(ref)
		}

		l.late(ref)
		if ref.Bare || ref.Place == velocity.PlaceTarget || ref.Place == velocity.PlaceLoop {
			continue
		}

		// Names are looked up as evaluation does: variables first, then what is always there.
		if v, _ := c.find(ref.Name); v != nil {
			l.variable(ref, v)
		} else if !local[ref.Name] && !c.known(ref.Name) && !l.setInBraces(ref.Name) {
			l.undefined(ref)
		}
	}

	for _, note := range node.template.Notes() {
		l.note(note)
	}
}

func (l *templateLint) report(s diag.Severity, code diag.Code, hint, format string, args ...any) {
	l.c.reportSite(l.site, s, code, fmt.Sprintf(format, args...), hint)
}

// globals are the names that templates can use without declaring them.
var globals = []string{"identity", "oldValue", "attributeDefinition", "field", "application", "current",
	"uniqueCounter"}

// known reports whether a name is there without being declared. In an account
// create profile all fields before this one are.
func (c *Compiler) known(name string) bool { return c.Provisioning() || slices.Contains(globals, name) }

// variable checks the use of a declared variable.
func (l *templateLint) variable(ref velocity.Reference, v *variable) {
	f := v.facts()
	use := Use{Name: v.name, Facts: f}
	if v.site != nil {
		use.Type = v.site.Type
	}

	l.node.uses = append(l.node.uses, use)

	// An object becomes text when it is kept in a variable; its members are gone.
	switch {
	case v.site != nil && v.site.objects && len(ref.Members) > 0:
		l.report(diag.Error, codeVariableObject, "call the chain in one go",
			"the variable %q holds the text of an object, which has no %s", v.name, ref.Members[0].Name)
	case len(ref.Members) > 0:
		l.member(ref, f)
	}

	switch {
	case f.Null == MayBeNull && (ref.Tested || ref.Quiet):
		l.report(diag.Warning, codeTemplateNullTest, "give it a default with firstValid and compare with that",
			"$%s can be null, which raises; it cannot be tested, and $! does not help", v.name)
	case f.Null == MayBeNull && !l.c.caught && v.site != nil && v.site.unary && l.site.Step.Attribute != "expression":
		l.report(diag.Info, codeInputNull, "wrap it in firstValid with a default",
			"$%s is null when the input of its %s is null, which raises here", v.name, v.site.Type)
	case ref.Tested && f.Empty:
		l.report(diag.Info, codeTemplateEmptyTruthy, "compare with ''", "$%s can be the empty text, which counts as true",
			v.name)
	}
}

// braces reports #set(${x} = ...), which leaves $x as it is.
func (l *templateLint) braces(ref velocity.Reference) {
	l.report(diag.Error, codeTemplateSetBraces, fmt.Sprintf("write #set($%s = ...)", ref.Name),
		"with braces on the left, #set(${%s} = ...) sets no variable %q: $%s stays what it was", ref.Name, ref.Name, ref.Name)
}

// setInBraces reports whether the template sets a name in braces only, which is
// the cause of all that is missing then.
func (l *templateLint) setInBraces(name string) bool {
	return slices.ContainsFunc(l.node.template.References(), func(ref velocity.Reference) bool {
		return ref.Place == velocity.PlaceTarget && ref.Braced && ref.Name == name && len(ref.Members) == 0
	})
}

// late reports methods that texts have only since Java 11.
func (l *templateLint) late(ref velocity.Reference) {
	for _, m := range ref.Members {
		if velocity.IsLateMethod(m.Name) && ref.Name != "identity" {
			l.report(diag.Info, codeTemplateLateMethod, "", "%s exists since Java 11; the Java of the tenant is not known",
				m.Name)
		}
	}
}

// otherMethods are those of integers and booleans.
var otherMethods = []string{"parseInt", "valueOf", "intValue", "doubleValue", "toString", "parseBoolean",
	"booleanValue"}

// textProperties are the properties of texts.
var textProperties = []string{"empty", "Empty", "blank", "Blank"}

// member checks the first member of a reference to a variable.
func (l *templateLint) member(ref velocity.Reference, f Facts) {
	m, methods := ref.Members[0], velocity.TextMethods()
	switch {
	case f.Kind == identity.Integer || f.Kind == identity.Boolean || m.Index:
		return
	case f.Kind == identity.Null:
		methods = append(methods, otherMethods...)
	case !m.Call && slices.Contains(textProperties, m.Name):
		return
	case !m.Call:
		l.report(diag.Error, codeTemplateUnknownMethod, "", "$%s is text, which has no property %q", ref.Name, m.Name)
		return
	}

	// The name may be that of a method in another case.
	if m.Call && !slices.Contains(methods, m.Name) {
		hint := cmp.Or(diag.Suggest(m.Name, methods), "text has "+strings.Join(velocity.TextMethods(), ", "))
		l.report(diag.Error, codeTemplateUnknownMethod, hint, "$%s has no method %q", ref.Name, m.Name)
	}
}

// undefined explains a name that nobody declares.
func (l *templateLint) undefined(ref velocity.Reference) {
	if slices.Contains(l.c.declaredLater, ref.Name) {
		l.c.early[ref.Name] = true
		l.report(diag.Warning, codeVariableOrder, "move it up", "$%s is declared only after this place", ref.Name)
		return
	}

	// In an expression the dollar sign is rather an end of line than a variable.
	if a := l.site.Step.Attribute; a == "regex" || a == "delimiter" {
		l.report(diag.Error, codeTemplateInRegex, "put the $ where no letter follows, as in [a-z$]",
			"the template engine takes $%s of the expression for a variable", ref.Name)
		return
	}

	// Names run on over hyphens, underscores and digits.
	if short := l.declaredPrefix(ref.Name); short != "" {
		l.c.UsesName(short)
		l.report(diag.Error, codeTemplateNameRunsOn, fmt.Sprintf("write ${%s}", short),
			"$%s is one name, which is not declared", ref.Name)
		return
	}

	hint := "declare it; $! does not help, it raises too"
	if near := l.c.near(ref.Name); near != "" {
		l.c.UsesName(near)
		hint = fmt.Sprintf("did you mean $%s?", near)
	}

	l.report(diag.Error, codeTemplateUndefined, hint, "$%s is neither a variable nor a global", ref.Name)
}

// declaredPrefix finds the variable that a longer name begins with.
func (l *templateLint) declaredPrefix(name string) string {
	for i := len(name) - 1; i > 0; i-- {
		if v, _ := l.c.find(name[:i]); strings.IndexByte("-_0123456789", name[i]) >= 0 && (v != nil || l.local[name[:i]]) {
			return name[:i]
		}
	}

	return ""
}

// nearest is how many variables are looked at for a name that is spelled alike.
const nearest = 200

// near finds a name in sight that is spelled almost like the given one.
func (c *Compiler) near(name string) string {
	names := slices.Clone(globals)
	for _, v := range c.vars[max(len(c.vars)-nearest, 0):] {
		names = append(names, v.name)
	}
	return diag.Near(name, names)
}

// dataAttributes hold data, in which a template comment is hardly meant.
var dataAttributes = []string{"delimiter", "regex", "replacement", "separator", "padding", "substring", "table",
	"inputFormat", "outputFormat"}

// note reports valid but doubtful things.
func (l *templateLint) note(n velocity.Note) {
	switch n.Kind {
	case velocity.NoteWord:
		if n.IsGlued() {
			l.report(diag.Error, codeTemplateElseGlued, "write #{else} or #{end}", "%s is read as a word, not as a directive",
				n.Text)
		}
	case velocity.NoteLineComment:
		if slices.Contains(dataAttributes, l.site.Step.Attribute) {
			l.report(diag.Warning, codeTemplateComment, "", "## begins a comment: the rest of the line is dropped")
		}
	case velocity.NoteCondition:
		l.report(diag.Warning, codeTemplateConditionLiteral, "compare a variable, such as $x == 'a'",
			"the condition asks for no variable: it is %s for everybody", n.Text)
	case velocity.NoteQuoted:
		l.report(diag.Error, codeTemplateQuotedVariable, fmt.Sprintf("write %s without quotes, or \"%s\"", n.Text, n.Text),
			"in single quotes '%s' is that text, not the value of the variable", n.Text)
	case velocity.NotePattern:
		l.pattern(n.Text)
	case velocity.NoteOrder:
		// The names that are compared count too: what a variable holds may be known to be text.
		text := n.HasText
		for _, name := range n.Names {
			if v, _ := l.c.find(name); v != nil && v.facts().Kind == identity.Text {
				text = true
			}
		}

		if text {
			l.report(diag.Warning, codeTemplateOrderCompare, "parse numbers with parseInt, or use compareTo",
				"%s between texts is always false", n.Text)
		}
	}
}

// pattern checks a regular expression that a method is given.
func (l *templateLint) pattern(text string) {
	if _, err := javaregex.Compile(text); err != nil {
		l.report(diag.Error, codeRegexInvalid, "", "%v", err)
	} else if doubt, ok := javaregex.DoubtAbout(text); ok {
		l.report(diag.Warning, diag.Code(doubt.Code), doubt.Hint, "%s", doubt.Message)
	}
}
