package config

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// assumeStates notes, for each profile whose states are known, the lifecycle
// states that its mapping spells out and that it does not have; where the mapping
// spells out none, of those that every profile begins with. A state that was left
// out of an export shows nowhere else.
func (l *loader) assumeStates() {
	for _, p := range l.b.Profiles {
		// Without mapped state nobody is in any, and without states in the files it is the export that lacks them.
		i := slices.IndexFunc(p.Mappings, func(m *Mapping) bool { return m.Attribute == AttrLifecycle })
		if i < 0 || len(p.States) == 0 {
			continue
		}

		spelled := &literals{bundle: l.b}
		spelled.of(p.Mappings[i].Definition.Node)
		if len(spelled.texts) == 0 { // the data decide; each profile begins with these two
			spelled.texts = []string{"active", "inactive"}
		}
		missing := slices.DeleteFunc(spelled.texts, func(text string) bool {
			return slices.ContainsFunc(p.States, func(s *LifecycleState) bool { return s.TechnicalName == text })
		})
		slices.Sort(missing)
		if missing = slices.Compact(missing); len(missing) > 0 {
			l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{Code: codeStatesMissing, Object: p.Name,
				File: p.Node.Pos().File, Line: p.Node.Pos().Line, Used: "not valid", Instead: strings.Join(missing,
					", "), Count: len(missing)})
		}
	}
}

// literals are the texts that a value can be, as far as the configuration spells
// them out.
type literals struct {
	bundle  *Bundle // whose transforms are followed
	texts   []string
	formats []string // of dates, where an operation that writes them gives the value
	seen    []string // transforms that were followed
}

// Spelled returns the texts that a value can be as far as the configuration spells
// them out, and the output formats of the dates that it can be.
func (b *Bundle) Spelled(def *jsondoc.Node) (texts, formats []string) {
	l := &literals{bundle: b}
	l.of(def)
	return l.texts, l.formats
}

// outputFormat is the attribute that says how an operation writes dates.
const outputFormat = "outputFormat"

// of adds the texts that a value can be: itself, or what the operation hands on.
func (l *literals) of(n *jsondoc.Node) {
	// A text is one that the value can be, or several, where it is a template.
	if text, ok := n.Str(); ok {
		l.texts = append(l.texts, words(text)...)
		return
	}

	attributes := n.Get("attributes")
	if name, ok := attributes.Get("id").Str(); ok && n.Get("type").Text() == "reference" {
		if def := l.bundle.Transform(name); def != nil && !slices.Contains(l.seen, name) {
			l.seen = append(l.seen, name)
			l.of(def.Node)
		}

		return
	}

	// An operation that is not known may give anything.
	op, ok := library().Operation(n.Get("type").Text())
	if !ok {
		return
	}

	// What a date becomes is known by its format.
	if slices.ContainsFunc(op.Fields, func(f transform.Field) bool { return f.Name == outputFormat }) {
		format := attributes.Get(outputFormat)
		if text, ok := format.Str(); ok || format.IsNull() {
			l.formats = append(l.formats, text)
		}
		return
	}

	// What an operation chooses among, and what it passes on, can be the value; a condition cannot.
	for _, f := range op.With(transform.RoleBranch, transform.RoleCandidate, transform.RoleText) {
		value := attributes.Get(f.Name)
		switch {
		case f.Kind == transform.KindTable:
			for _, m := range value.Members() {
				l.of(m.Value)
			}
		case f.Kind == transform.KindList:
			for _, item := range value.Items() {
				l.of(item)
			}
		default:
			l.of(value)
		}
	}
}

// words returns the texts between the directives of a template: what it can give
// without reading anything. A text with a variable is none.
func words(template string) []string {
	var list []string
	for i, piece := range strings.Split(template, "#") {
		if i > 0 {
			piece = piece[directive(piece):]
		}
		if piece = strings.TrimSpace(piece); piece != "" && !strings.Contains(piece, "$") {
			list = append(list, piece)
		}
	}

	return list
}

// directive returns the length of a directive behind its #: the name, in braces or
// not, and what stands in brackets behind it.
func directive(text string) int {
	name, n := "", 0
	if inside, ok := strings.CutPrefix(text, "{"); ok {
		name, _, _ = strings.Cut(inside, "}")
		n = min(len(name)+2, len(text))
	} else {
		// Behind #else and #end the letters may be those of the text already.
		for _, known := range []string{"elseif", "else", "end", "if", "set", "foreach"} {
			if strings.HasPrefix(text, known) {
				name, n = known, len(known)
				break
			}
		}
	}

	if name == "else" || name == "end" {
		return n
	}

	depth := 0
	for i := n; i < len(text); i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth <= 0 {
				return i + 1
			}
		}
	}

	return len(text)
}
