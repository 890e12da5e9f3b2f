package main

import (
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/idprofile/engine/examples/preview/workbench"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// change replaces bytes of a file. Changes work on the text, so whatever else stands in the
// file keeps its order and its form.
type change struct {
	from, to int
	text     string
	found    diag.List // what it mends
}

// rounds is how often files are mended, since a finding may come only when another is gone.
const rounds = 5

// fixAnswer is what lint --fix answers in JSON.
type fixAnswer struct {
	Written bool      `json:"written"` // the files are mended
	Mended  diag.List `json:"mended"`  // with their places before
	Files   []string  `json:"files"`
	Patch   string    `json:"patch"`
	Left    diag.List `json:"left"` // of all severities
}

// fix shows what becomes of the files when what is certain is mended, and does it with --write.
func (c *lintCommand) fix(a *app, all *linted) error {
	text := !c.asJSON()
	before, after, mended := mend(all.found)
	answer := fixAnswer{Written: c.Write, Mended: mended, Left: without(all.found, mended)}

	// Nothing is written without being asked for, and what would be is shown as a patch.
	if text {
		report.Fprintf(a.unfitted().out, "%s", report.Raw(a.patch(workbench.Patch(before, after))))
	}
	if c.Write {
		var err error
		if before, after, err = c.mendFiles(a, &answer, before, after); err != nil {
			return err
		}
	}

	if !text {
		answer.Files = slices.AppendSeq([]string{}, maps.Keys(after))
		slices.Sort(answer.Files)
		answer.Patch = string(workbench.Patch(before, after))
		if err := writeJSON(a.out, answer); err != nil {
			return err
		}
	} else if c.Write {
		report.Fprintf(a.out, "%s mended in %s, %d left\n", plural(len(answer.Mended), "finding"),
			plural(len(after), "file"), len(answer.Left))
	} else {
		report.Fprintf(a.out, "%s of %d can be mended in %s (--fix --write does it)\n",
			plural(len(mended), "finding"), len(all.found), plural(len(after), "file"))
	}

	return c.plan(a, after)
}

// mendFiles writes the files as after has them and goes on with what is found then. It returns
// all files that it wrote, as they were and as they are.
func (c *lintCommand) mendFiles(a *app, answer *fixAnswer,
	before, after map[string][]byte) (was, is map[string][]byte, err error) {
	was, is = map[string][]byte{}, map[string][]byte{}
	mended := answer.Mended

	// A mended finding can bring another to light, which was hidden by it. The rounds are counted,
	// because two mendings might undo each other.
	for round := range rounds {
		if len(mended) == 0 {
			break
		}
		if round > 0 {
			answer.Mended = append(answer.Mended, mended...)
		}
		for _, file := range slices.Sorted(maps.Keys(after)) {
			err := writeFile(file, func(w io.Writer) error {
				_, err := w.Write(after[file])
				return err
			})
			if err != nil {
				return was, is, err
			}
			if was[file] == nil {
				was[file] = before[file]
			}
			is[file] = after[file]
		}

		// The findings have new places now, so the files are read again.
		all, err := c.lint(a)
		if err != nil {
			return was, is, err
		}
		answer.Left = all.found
		before, after, mended = mend(all.found)
	}

	return was, is, nil
}

// without are the findings that are not mended, in their order.
func without(found, mended diag.List) diag.List {
	gone := map[string]int{}
	for _, d := range mended {
		gone[d.String()]++
	}
	left := diag.List{}
	for _, d := range found {
		if gone[d.String()]--; gone[d.String()] < 0 {
			left.Add(d)
		}
	}

	return left
}

// plan writes what is mended in a folder as operations of a tenant.
func (c *lintCommand) plan(a *app, after map[string][]byte) error {
	if c.PlanOut == "" {
		return nil
	}
	fsys, err := a.folder(c.Paths[0])
	if err != nil {
		return err
	}
	before, _ := config.Load(fsys)

	// Findings name files as the command was called, the configuration by their place in the folder.
	var files []config.File
	for name, src := range before.Files() {
		if mended := after[path.Join(filepath.ToSlash(c.Paths[0]), name)]; mended != nil {
			src = mended
		}
		files = append(files, config.File{Name: name, Data: src})
	}
	slices.SortFunc(files, func(x, y config.File) int { return cmp.Compare(x.Name, y.Name) })
	b, _ := config.LoadFiles(files...)
	return c.planFlag.write(a, before, b, tenant.Requests(before, b))
}

// mend returns the files that have findings whose remedy is certain, as they are and mended.
func mend(found diag.List) (before, after map[string][]byte, mended diag.List) {
	byFile := map[string]diag.List{}
	for _, d := range found {
		byFile[d.Pos.File] = append(byFile[d.Pos.File], d)
	}
	before, after, mended = map[string][]byte{}, map[string][]byte{}, diag.List{}
	for _, file := range slices.Sorted(maps.Keys(byFile)) {
		src, err := os.ReadFile(file)
		if err != nil {
			continue // it is a finding already, or has no place
		}
		if fixed, list := fixed(file, src, byFile[file]); len(list) > 0 {
			before[file], after[file] = src, fixed
			mended = append(mended, list...)
		}
	}

	return before, after, mended
}

// patch colours the lines of a patch.
func (a *app) patch(patch []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(patch)) {
		text := report.Raw(report.OneLine(strings.TrimSuffix(line, "\n")))
		switch {
		case strings.HasPrefix(line, "---") || strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "diff"):
			text = a.style().As(report.Heading, string(text))
		case strings.HasPrefix(line, "-"):
			text = a.style().As(report.Before, string(text))
		case strings.HasPrefix(line, "+"):
			text = a.style().As(report.After, string(text))
		}

		b.WriteString(string(text) + "\n")
	}

	return b.String()
}

// fixed returns a file with what is certain mended, and which findings that were.
func fixed(file string, src []byte, found diag.List) ([]byte, diag.List) {
	root, _ := jsondoc.Parse(file, src)
	if root == nil {
		return src, nil
	}
	var changes []change
	for _, d := range found {
		c, ok := fixOf(src, root, d, changes)
		if !ok {
			continue
		}

		// Two findings about one token, as of a misspelt name that is also written twice, want one
		// change: the later one, which was made knowing the earlier.
		if at := slices.IndexFunc(changes, func(x change) bool { return x.from == c.from && x.to > x.from }); at >= 0 {
			c.found = append(changes[at].found, d)
			changes[at] = c
		} else {
			c.found = diag.List{d}
			changes = append(changes, c)
		}
	}

	slices.SortStableFunc(changes, func(x, y change) int { return cmp.Compare(x.from, y.from) })

	var out []byte
	var mended diag.List
	last := 0
	for _, c := range changes {
		if c.from < last { // it stands in what another one mends; the next round sees it
			continue
		}

		mended = append(mended, c.found...)
		out = append(append(out, src[last:c.from]...), c.text...)
		last = c.to
	}

	out = append(out, src[last:]...)

	// A file that was JSON stays JSON: otherwise all its changes are dropped, as nobody can tell which
	// was wrong.
	if again, _ := jsondoc.Parse(file, out); again == nil {
		return src, nil
	}
	return out, mended
}

// fixOf returns the change that mends a finding, if there is no doubt about it. Several
// findings may be in one text, so those of texts go on from what others did.
func fixOf(src []byte, root *jsondoc.Node, d diag.Diagnostic, others []change) (change, bool) {
	switch d.Code {
	case codeTypeCase, codeAttributeUnknown, codeMemberUnknown, codeFieldUnknown, codeSettingsUnknown,
		codeSourceUnknown,
		codeReferenceUnknown, codeAccountAttributeUnknown, codeIdentityName:
		return fixSpelling(src, root, d)
	case codeRefreshMissing:
		return fixRefreshMissing(src, root, d)
	case codeRefreshType:
		return fixTruth(src, d)
	case codeTemplateSetBraces, codeTemplateElseGlued, codeTemplateNameRunsOn:
		return fixTemplate(src, root, d, others)
	}

	return change{}, false
}

var inQuotes = regexp.MustCompile(`"([^"]+)"`)

// fixSpelling gives a name the spelling of the hint, where both differ in case, blanks, - and _ only.
func fixSpelling(src []byte, root *jsondoc.Node, d diag.Diagnostic) (change, bool) {
	hint := inQuotes.FindStringSubmatch(d.Hint)
	if hint == nil {
		return change{}, false
	}
	right, at := hint[1], d.Pos.Offset

	// The finding stands at the name itself, or at the object that the name is in.
	var token change
	var name string
	var taken bool
	root.Walk(func(n *jsondoc.Node) bool {
		for _, m := range n.Members() {
			if m.Pos().Offset == at {
				taken = taken || n.Get(right) != nil
			}
			if n.Pos().Offset == at && d.Code == codeTypeCase && m.Key == "type" {
				at = m.Value.Pos().Offset
			}
		}

		return true
	})

	// A name that its object already has cannot be given to another member: one of them would be lost.
	if token, name = tokenAt(src, at); taken || name == right || sameLetters(name) != sameLetters(right) {
		return change{}, false
	}
	text, err := json.Marshal(right)
	token.text = string(text)
	return token, err == nil
}

// sameLetters is a name without case, blanks, - and _.
func sameLetters(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// tokenAt returns the text in quotes that begins at an offset.
func tokenAt(src []byte, at int) (change, string) {
	if at >= len(src) || src[at] != '"' {
		return change{}, ""
	}
	for i := at + 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			// What is between the quotes was parsed before, so that it is JSON.
			var s string
			_ = json.Unmarshal(src[at:i+1], &s)
			return change{from: at, to: i + 1}, s
		}
	}

	return change{}, ""
}

// fixTruth takes the quotes from true and false.
func fixTruth(src []byte, d diag.Diagnostic) (change, bool) {
	token, text := tokenAt(src, d.Pos.Offset)
	token.text = strings.ToLower(text)
	return token, token.text == "true" || token.text == "false"
}

// fixRefreshMissing asks for the periodic refresh, behind the type and in the form of the members there.
func fixRefreshMissing(src []byte, root *jsondoc.Node, d diag.Diagnostic) (change, bool) {
	var c change
	found := false

	// The finding stands at the object, so the walk looks for the one at its place.
	root.Walk(func(n *jsondoc.Node) bool {
		if found || n.Pos().Offset != d.Pos.Offset || n.Kind() != jsondoc.Object ||
			n.Get("requiresPeriodicRefresh") != nil {
			return !found
		}
		for i, m := range n.Members() {
			if m.Key != "type" {
				continue
			}
			key, _ := tokenAt(src, m.Pos().Offset)
			value, _ := tokenAt(src, m.Value.Pos().Offset)
			if value.to == 0 {
				return false
			}

			// The form of another member is copied, so that the file keeps its indent, whatever it is.
			form := m.Pos().Offset // of a member that a comma is before, if there is one
			if i == 0 && len(n.Members()) > 1 {
				form = n.Members()[1].Pos().Offset
			}
			blank := src[len(strings.TrimRight(string(src[:form]), " \t\r\n")):form]
			c = change{from: value.to, to: value.to,
				text: "," + string(blank) + `"requiresPeriodicRefresh"` + string(src[key.to:m.Value.Pos().Offset]) +
					"true"}
			found = true
		}

		return !found
	})

	return c, found
}

var (
	setBraces = regexp.MustCompile(`#set\((\s*)\$\{(\w+)\}(\s*=)`)
	elseGlued = regexp.MustCompile(`#(else|end)([A-Za-hj-z])`)
	runsOn    = regexp.MustCompile(`^\$([\w-]+) is one name`)
	braced    = regexp.MustCompile(`\$\{(\w+)\}`)
)

// fixTemplate mends the text around a place of a template.
func fixTemplate(src []byte, root *jsondoc.Node, d diag.Diagnostic, others []change) (change, bool) {
	var token change
	root.Walk(func(n *jsondoc.Node) bool {
		if n.Kind() == jsondoc.String && n.Pos().Offset <= d.Pos.Offset && n.Pos().Offset >= token.from {
			if t, _ := tokenAt(src, n.Pos().Offset); t.to > d.Pos.Offset {
				token = t
			}
		}

		return true
	})

	if token.to == 0 {
		return change{}, false
	}

	// One template may have several findings: a later fix goes on from what an earlier one has made of
	// the text.
	was := string(src[token.from:token.to])
	for _, c := range others {
		if c.from == token.from && c.to == token.to {
			was = c.text
		}
	}

	token.text = was
	switch d.Code {
	case codeTemplateSetBraces:
		token.text = setBraces.ReplaceAllString(was, "#set(${1}$$${2}${3}")
	case codeTemplateElseGlued:
		token.text = elseGlued.ReplaceAllString(was, "#{${1}}${2}")
	case codeTemplateNameRunsOn:
		long, short := runsOn.FindStringSubmatch(d.Message), braced.FindStringSubmatch(d.Hint)
		if long != nil && short != nil {
			if rest, ok := strings.CutPrefix(long[1], short[1]); ok {
				token.text = strings.ReplaceAll(was, "$"+long[1], "${"+short[1]+"}"+rest)
			}
		}
	}

	return token, token.text != was
}
