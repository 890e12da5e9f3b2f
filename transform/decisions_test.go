package transform_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// lettered are the folders whose decisions are called N1, N2 and so on: a test of
// identity/nonemployee, where their page is, holds their comments to it.
var lettered = []string{"identity/nerm", "identity/nonemployee"}

var (
	// decisionRef is a reference such as "DECISION 3" or "transform/DECISIONS.md,
	// DECISION 3, 4 and 5"; without a page, that of the folder or one above it.
	decisionRef  = regexp.MustCompile(`(?:([a-z/]+)/DECISIONS\.md,? )?DECISIONS? (\d+(?:(?:, | and |, and )\d+)*)`)
	pageRef      = regexp.MustCompile(`(?:([a-z/]+)/)?DECISIONS\.md`)
	anyRef       = regexp.MustCompile(`\bDECISIONS?\b`)
	outsideRef   = regexp.MustCompile(`(?:identity-profile|transforms|non-employee)\.md`)
	decisionHead = regexp.MustCompile(`(?m)^#+ (?:DECISION )?(\d+)\b`)
	number       = regexp.MustCompile(`\d+`)
)

// TestDecisions: every decision that a comment names is on a page of the
// repository, and no comment sends its reader to a page outside.
func TestDecisions(t *testing.T) {
	pages := decisionPages(t)
	for file, comments := range goComments(t) {
		folder := path.Dir(file)
		if slices.ContainsFunc(lettered, func(f string) bool { return folder == f || strings.HasPrefix(folder, f+"/") }) {
			continue
		}
		for _, text := range comments {
			for _, problem := range checkComment(pages, folder, text) {
				t.Errorf("%s: %s, in: %s", file, problem, text)
			}
		}
	}
}

// checkComment returns what is wrong with the references of a comment in a folder.
func checkComment(pages map[string][]string, folder, text string) (problems []string) {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "//", " ")), " ")
	if out := outsideRef.FindString(text); out != "" {
		problems = append(problems, out+" is not in the repository")
	}

	rest := text
	for _, m := range decisionRef.FindAllStringSubmatch(text, -1) {
		rest = strings.Replace(rest, m[0], "", 1)
		page := m[1]
		if page == "" {
			page = nearestPage(pages, folder)
		}
		for _, n := range number.FindAllString(m[2], -1) {
			if !slices.Contains(pages[page], n) {
				problems = append(problems, "there is no decision "+n+" in "+page+"/DECISIONS.md")
			}
		}
	}
	for _, m := range pageRef.FindAllStringSubmatch(rest, -1) {
		rest = strings.Replace(rest, m[0], "", 1)
		if page := m[1]; page != "" && pages[page] == nil || page == "" && nearestPage(pages, folder) == "" {
			problems = append(problems, "there is no page "+m[0])
		}
	}
	if anyRef.MatchString(rest) {
		problems = append(problems, "a decision without a number")
	}
	return problems
}

// nearestPage returns the folder of the page that counts for a folder.
func nearestPage(pages map[string][]string, folder string) string {
	for ; folder != "."; folder = path.Dir(folder) {
		if pages[folder] != nil {
			return folder
		}
	}
	return ""
}

// decisionPages returns the numbers of the decisions, by folder of the page.
func decisionPages(t *testing.T) map[string][]string {
	t.Helper()
	pages := map[string][]string{}
	walkRepository(t, "DECISIONS.md", func(file string) {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range decisionHead.FindAllStringSubmatch(string(text), -1) {
			folder := path.Dir(file)
			if slices.Contains(pages[folder], m[1]) {
				t.Errorf("%s has decision %s twice", file, m[1])
			}
			pages[folder] = append(pages[folder], m[1])
		}
	})
	if len(pages["transform"]) == 0 {
		t.Fatal("no decisions found")
	}
	return pages
}

// goComments returns the comments of all files that have a word of decisions or
// of pages in them.
func goComments(t *testing.T) map[string][]string {
	t.Helper()
	comments := map[string][]string{}
	walkRepository(t, ".go", func(file string) {
		src, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		if !anyRef.Match(src) && !outsideRef.Match(src) || strings.HasSuffix(file, "decisions_test.go") {
			return
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range parsed.Comments {
			comments[file] = append(comments[file], joined(group))
		}
	})
	return comments
}

// joined is the text of a comment with its marks, in one piece.
func joined(group *ast.CommentGroup) string {
	lines := make([]string, len(group.List))
	for i, c := range group.List {
		lines[i] = c.Text
	}
	return strings.Join(lines, "\n")
}

// walkRepository visits the files of this module whose names end so.
func walkRepository(t *testing.T, suffix string, visit func(file string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(file, suffix):
			visit(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCheckComment: the check finds what it is for.
func TestCheckComment(t *testing.T) {
	pages := map[string][]string{"transform": {"1", "2"}, "profile": {"7"}}
	for _, tc := range []struct {
		folder, text string
		problems     int
	}{
		{"transform/builtin", "// Source: DECISION 1, 2; Java.", 0},
		{"transform/builtin", "// Source: DECISION 1 and 3.", 1},
		{"transform/builtin", "// see profile/DECISIONS.md,\n// DECISION 7.", 0},
		{"transform/builtin", "// see profile/DECISIONS.md, DECISION 1.", 1},
		{"transform", "// all are in DECISIONS.md", 0},
		{"identity", "// all are in DECISIONS.md", 1},
		{"identity", "// all are in correlate/DECISIONS.md", 1},
		{"identity", "// by DECISION 1", 1},
		{"transform", "// by a DECISION", 1},
		{"transform", "// see transforms.md 7", 1},
		{"transform", "// the decision 99 of somebody", 0},
	} {
		if got := checkComment(pages, tc.folder, tc.text); len(got) != tc.problems {
			t.Errorf("%s: %s: got %q, want %d problems", tc.folder, tc.text, got, tc.problems)
		}
	}
}
