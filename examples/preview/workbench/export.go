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
		switch {
		case len(c.problems) > 0:
			answer(w, http.StatusConflict, map[string]any{"error": "the drafts cannot be put into the files", "code": "conflict", "problems": c.problems})
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
	report, err := snap.population.Effect(r.Context(), c.bundle, preview.EffectOptions{BeforeName: s.opts.Name, AfterName: "draft", Workers: snap.population.Options.Workers})
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
// file that was not there before is new.
func Patch(before, after map[string][]byte) []byte {
	var b bytes.Buffer
	for _, p := range slices.Sorted(maps.Keys(after)) {
		was, ok := before[p]
		fmt.Fprintf(&b, "diff --git %s %s\n", quotedPath("a/"+p), quotedPath("b/"+p))
		if !ok {
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

// maxTable bounds the memory of a line comparison; beyond it a block is replaced as a whole.
const maxTable = 4 << 20

// compareLines finds the lines that stay, most of them.
func compareLines(a, b []string) []edge {
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

	// The length of the longest common sequence of what is left of both, from each pair
	// of lines on, says which way keeps more.
	width := len(b) + 1
	var table []int32
	if len(a)*width <= maxTable {
		table = make([]int32, (len(a)+1)*width)
		for i := len(a) - 1; i >= 0; i-- {
			for j := len(b) - 1; j >= 0; j-- {
				if a[i] == b[j] {
					table[i*width+j] = table[(i+1)*width+j+1] + 1
				} else {
					table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
				}
			}
		}
	}
	out := head
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case table != nil && i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edge{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (table == nil || j == len(b) || table[(i+1)*width+j] >= table[i*width+j+1]):
			out = append(out, edge{'-', a[i]})
			i++
		default:
			out = append(out, edge{'+', b[j]})
			j++
		}
	}
	return append(out, tail...)
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
