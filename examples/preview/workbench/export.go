package workbench

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/idprofile/engine/profile/preview"
)

// exportRequest asks for drafts in a form that can be taken elsewhere.
type exportRequest struct {
	Drafts []draft       `json:"drafts"`
	As     string        `json:"as"` // files, patch, markdown
	Gate   *preview.Gate `json:"gate"`
}

// export answers with the changed files in a zip, with a patch for git apply, or with a
// summary for a pull request.
func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	snap, err := s.current()
	var q exportRequest
	if err == nil {
		err = readJSON(r, &q)
	}
	var out []byte
	kind, name := "text/plain; charset=utf-8", "draft.patch"
	if err == nil {
		c := s.compile(snap, q.Drafts)

		// Drafts that do not fit are told one by one, since a patch without them would look complete.
		switch {
		case len(c.problems) > 0:
			answer(w, http.StatusConflict, map[string]any{"error": "the drafts cannot be put into the files",
				"code": "conflict", "problems": c.problems})
			return
		case q.As == "files":
			kind, name = "application/zip", "draft.zip"
			out, err = zipped(c.edited)
		case q.As == "patch":
			out = c.patch()
		case q.As == "markdown" && len(c.syntax) == 0:
			name = "draft.md"
			out, err = s.markdown(r, snap, c, q.Gate)
		default:
			err = badRequest("as is files, patch or markdown, and a summary needs drafts that are JSON")
		}
	}

	if err != nil {
		s.fail(w, r, err)
		return
	}

	// The browser saves it as a file instead of showing it.
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(out)
}

func zipped(e *edited) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range slices.Sorted(maps.Keys(e.files)) {
		f, err := z.Create(p)
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(e.files[p]); err != nil {
			return nil, err
		}
	}

	err := z.Close()
	return b.Bytes(), err
}

// markdown is the effect of drafts as text for a pull request.
func (s *Server) markdown(r *http.Request, snap *snapshot, c *compiled, gate *preview.Gate) ([]byte, error) {
	report, err := snap.population.Effect(r.Context(), c.bundle,
		preview.EffectOptions{BeforeName: s.opts.Name, AfterName: "draft", Workers: snap.population.Options.Workers})
	if err != nil {
		return nil, err
	}
	gate.Check(report)
	var b bytes.Buffer
	if err := report.WriteMarkdown(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// patch returns the changed files as a patch that git apply and patch -p1 take.
func (e *edited) patch() []byte { return Patch(e.before, e.files) }

// Patch returns what becomes of files as a patch that git apply and patch -p1 take; a
// file that was not there before is new, and one that is nil afterwards is gone.
func Patch(before, after map[string][]byte) []byte {
	var b bytes.Buffer
	for _, p := range slices.Sorted(maps.Keys(after)) {
		// The first line has both names even where one side is missing, as git writes it.
		was, ok := before[p]
		fmt.Fprintf(&b, "diff --git %s %s\n", quotedPath("a/"+p), quotedPath("b/"+p))
		if after[p] == nil {
			fmt.Fprintf(&b, "deleted file mode 100644\n--- %s\n+++ /dev/null\n", quotedPath("a/"+p))
		} else if !ok {
			fmt.Fprintf(&b, "new file mode 100644\n--- /dev/null\n+++ %s\n", quotedPath("b/"+p))
		} else {
			fmt.Fprintf(&b, "--- %s\n+++ %s\n", quotedPath("a/"+p), quotedPath("b/"+p))
		}

		writeHunks(&b, lines(was), lines(after[p]))
	}

	return b.Bytes()
}

// quotedPath writes a path as git does: names with other than printable ASCII in quotes.
func quotedPath(p string) string {
	// Other bytes go through as they are, so that a plain name is readable in a patch.
	if strings.ContainsFunc(p, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r >= 0x7F }) {
		var b strings.Builder
		b.WriteByte('"')
		for _, c := range []byte(p) {
			switch {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < 0x20 || c >= 0x7F:
				fmt.Fprintf(&b, "\\%03o", c)
			default:
				b.WriteByte(c)
			}
		}

		return b.String() + `"`
	}

	return p
}

// lines cuts a text after each line end.
func lines(src []byte) []string {
	list := strings.SplitAfter(string(src), "\n")
	if list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	return list
}

// edge is a line of one text or of both.
type edge struct {
	sign byte // ' ', '-' or '+'
	line string
}

// maxEdits bounds the memory of a line comparison: where more lines than that come and go,
// the block is replaced as a whole.
const maxEdits = 2000

// compareLines finds the lines that stay: as many as possible, in the way of Myers, "An
// O(ND) Difference Algorithm and Its Variations".
func compareLines(a, b []string) []edge {
	// Most of two texts is the same at both ends.
	var head, tail []edge
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, edge{' ', a[0]})
		a, b = a[1:], b[1:]
	}

	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, edge{' ', a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}

	slices.Reverse(tail)

	out := head

	// Texts that differ too much are shown as replaced: a diff of them would say nothing.
	if middle, ok := shortest(a, b); ok {
		out = append(out, middle...)
	} else {
		for _, l := range a {
			out = append(out, edge{'-', l})
		}
		for _, l := range b {
			out = append(out, edge{'+', l})
		}
	}

	return append(out, tail...)
}

// shortest returns the shortest way from one text to the other, false when it is too long.
func shortest(a, b []string) ([]edge, bool) {
	// reached[d][k+d] is how far in a one gets with d lines that come or go, on the diagonal
	// k: that many more are taken from a than from b.
	var reached [][]int32
	found := -1

	// The number of changes grows one by one, so the first way that arrives is the shortest.
	for d := 0; found < 0; d++ {
		if d > maxEdits {
			return nil, false
		}

		// Only every second diagonal can be reached with d changes.
		row := make([]int32, 2*d+1)
		for k := -d; k <= d; k += 2 {
			x := int32(0)
			if d > 0 {
				x = step(reached[d-1], d-1, k)
			}
			for y := int(x) - k; int(x) < len(a) && y < len(b) && a[x] == b[y]; y++ {
				x++
			}
			row[k+d] = x
			if int(x) >= len(a) && int(x)-k >= len(b) {
				found = d
			}
		}

		reached = append(reached, row)
	}

	// Back from the end along the way that was found.
	var out []edge
	x, y := len(a), len(b)
	for d := found; d > 0; d-- {
		k := x - y
		before := int(step(reached[d-1], d-1, k))
		for x > before {
			x, y = x-1, y-1
			out = append(out, edge{' ', a[x]})
		}

		if down(reached[d-1], d-1, k) {
			y--
			out = append(out, edge{'+', b[y]})
		} else {
			x--
			out = append(out, edge{'-', a[x]})
		}
	}

	for x > 0 {
		x--
		out = append(out, edge{' ', a[x]})
	}

	slices.Reverse(out)
	return out, true
}

// down reports whether the diagonal k is best reached by a line that comes.
func down(row []int32, d, k int) bool {
	return k == -d-1 || k != d+1 && row[k-1+d] < row[k+1+d]
}

// step is where one is on the diagonal k after one more line that comes or goes.
func step(row []int32, d, k int) int32 {
	if down(row, d, k) {
		return row[k+1+d]
	}
	return row[k-1+d] + 1
}

// around is how many lines stand around a change.
const around = 3

// writeHunks writes the changed places of a file, each with the lines around it.
func writeHunks(b *bytes.Buffer, was, is []string) {
	all := compareLines(was, is)
	for i := 0; i < len(all); {
		if all[i].sign == ' ' {
			i++
			continue
		}

		// Places that are close to each other share their surroundings and are one hunk.
		from, to := max(0, i-around), i
		for k, quiet := i, 0; k < len(all) && quiet <= 2*around; k++ {
			if quiet++; all[k].sign != ' ' {
				quiet, to = 0, k+1
			}
		}

		to = min(len(all), to+around)
		writeHunk(b, all, from, to)
		i = to
	}
}

func writeHunk(b *bytes.Buffer, all []edge, from, to int) {
	// Lines are counted from the beginning on both sides, as the header of a hunk needs both.
	oldStart, newStart, oldLines, newLines := 1, 1, 0, 0
	for k, e := range all[:to] {
		if e.sign != '+' {
			if k < from {
				oldStart++
			} else {
				oldLines++
			}
		}

		if e.sign != '-' {
			if k < from {
				newStart++
			} else {
				newLines++
			}
		}
	}

	// A side without lines is said to begin at the line before.
	if oldLines == 0 {
		oldStart--
	}
	if newLines == 0 {
		newStart--
	}
	fmt.Fprintf(b, "@@ -%d,%d +%d,%d @@\n", oldStart, oldLines, newStart, newLines)
	for _, e := range all[from:to] {
		b.WriteByte(e.sign)
		b.WriteString(e.line)
		if !strings.HasSuffix(e.line, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
