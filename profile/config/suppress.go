package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// lintSuffix ends the name of a file that holds suppressions for the file beside it:
// country.lint.json is for country.json.
const lintSuffix = ".lint.json"

// Suppressed is a finding that somebody has found to be right.
type Suppressed struct {
	diag.Diagnostic
	By *Suppression
}

var suppressionMembers = []string{"code", "object", "file", "reason"}

// suppressions reads a list of suppressions; beside is the file that they are for, empty
// for those of the settings.
func (l *loader) suppressions(list *jsondoc.Node, beside string) {
	for _, n := range list.Items() {
		if !l.settingIs(n, "a suppression", jsondoc.Object) {
			continue
		}
		for _, m := range n.Members() {
			l.settingIs(m.Value, m.Key, jsondoc.String)
			if !slices.Contains(suppressionMembers, m.Key) {
				l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSettingsUnknown, Pos: m.Pos(),
					Message: fmt.Sprintf("unknown setting %q of a suppression", m.Key),
					Hint:    diag.Suggest(m.Key, suppressionMembers)})
			}
		}

		s := Suppression{Code: diag.Code(n.Get("code").Text()), Object: n.Get("object").Text(),
			File:   n.Get("file").Text(),
			Reason: strings.TrimSpace(n.Get("reason").Text()), Pos: n.Pos()}
		if beside != "" {
			s.File = beside
		}

		// Without a code it would hide everything, and without a reason nobody would dare to take it away.
		if s.Code == "" || s.Reason == "" {
			l.found.Addf(diag.Error, codeSettingsValue, n.Pos(), "a suppression needs a code and a reason")
			continue
		}

		l.b.Suppressions = append(l.b.Suppressions, s)
	}
}

// lintFile reads a file of suppressions for the file beside it.
func (l *loader) lintFile(file, src string) {
	root := l.parse(file, src)
	if root == nil || !l.settingIs(root, "a file of suppressions", jsondoc.Object) {
		return
	}
	for _, m := range root.Members() {
		if m.Key != "suppress" && m.Key != "$schema" {
			l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSettingsUnknown, Pos: m.Pos(),
				Message: fmt.Sprintf("unknown member %q of a file of suppressions", m.Key), Hint: diag.Suggest(m.Key,
					[]string{"suppress"})})
		}
	}

	if l.settingIs(root.Get("suppress"), "suppress", jsondoc.Array) {
		l.suppressions(root.Get("suppress"), strings.TrimSuffix(file, lintSuffix)+".json")
	}
}

// Suppress takes those findings away that a suppression fits, and reports suppressions
// that fit none. File names of the findings are those of the folder that was loaded.
func (b *Bundle) Suppress(found diag.List) (kept diag.List, suppressed []Suppressed) {
	suppresses := b.Suppressor()
	used := make([]bool, len(b.Suppressions))

	// One suppression may fit many findings, and only one that fits none is told.
	for _, d := range found {
		by := suppresses(d)
		if by < 0 {
			kept.Add(d)
			continue
		}

		used[by] = true
		suppressed = append(suppressed, Suppressed{d, &b.Suppressions[by]})
	}

	// What cannot be read may have what a suppression is for.
	for i, s := range b.Suppressions {
		if !used[i] && len(b.Unread) == 0 {
			kept.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSuppressionUnused, Pos: s.Pos,
				Message: fmt.Sprintf("no finding %s is suppressed by this", s.Code), Hint: "take it away"})
		}
	}

	return kept, suppressed
}

// Suppressor returns a function that gives the number of the suppression that fits a finding,
// -1 where none does.
func (b *Bundle) Suppressor() func(diag.Diagnostic) int {
	places := b.places()
	return func(d diag.Diagnostic) int {
		return slices.IndexFunc(b.Suppressions, func(s Suppression) bool { return s.fits(d, places) })
	}
}

func (s *Suppression) fits(d diag.Diagnostic, places map[string][]placed) bool {
	if s.Code != d.Code || !s.inFile(d.Pos.File) {
		return false
	}
	return s.Object == "" || slices.Contains(objectsAt(d, places), s.Object)
}

func (s *Suppression) inFile(file string) bool {
	if s.File == "" || s.File == file {
		return true
	}
	if matched, err := path.Match(s.File, file); err == nil && matched {
		return true
	}
	return strings.HasPrefix(file, strings.TrimSuffix(s.File, "/")+"/")
}

// placed is where an object begins in its file.
type placed struct {
	offset int
	name   string
}

// places returns the objects of each file in the order in which they begin.
func (b *Bundle) places() map[string][]placed {
	if len(b.Suppressions) == 0 {
		return nil
	}
	places := map[string][]placed{}
	for _, d := range b.Documents {
		d.each(func(o object) {
			name := FirstText(o.node.Get("name"), o.entry.At("self", "name"))
			places[d.Path] = append(places[d.Path], placed{o.entry.Pos().Offset, name})
		})
	}

	return places
}

// objectsAt returns the names that a suppression may use for the place of a finding: of
// the things that its path leads through, and of the object that it stands in.
func objectsAt(d diag.Diagnostic, places map[string][]placed) []string {
	var names []string
	profile := ""

	// Names are those of a path of things: attributes inside of a transform have none.
	for _, step := range d.Path {
		if step.Attribute != "" || step.Name == "" {
			continue
		}
		names = append(names, step.Name)
		switch step.Kind {
		case "profile":
			profile = step.Name
		case "attribute":
			names = append(names, profile+"/"+step.Name)
		}
	}

	// The last object that begins before the place is the innermost one.
	for _, p := range slices.Backward(places[d.Pos.File]) {
		if p.offset <= d.Pos.Offset {
			return append(names, p.name)
		}
	}

	return names
}
