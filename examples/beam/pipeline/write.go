package pipeline

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*shardFn]())
	beam.RegisterType(reflect.TypeFor[*writeFn]())
	beam.RegisterType(reflect.TypeFor[*sumFn]())
	beam.RegisterType(reflect.TypeFor[*manifestFn]())
}

// write writes the lines of all outputs, each sorted, in files by chance of the
// lines, and at the end a manifest with the sums of everything. Without manifest
// there is no outcome.
func (p *plan) write(s beam.Scope) {
	s = s.Scope("write")
	lines := make([]beam.PCollection, len(p.lines))
	for i, list := range p.lines {
		lines[i] = beam.ParDo(s, &shardFn{Worker: p.worker("write")}, list)
	}
	files, written := beam.ParDo2(s, &writeFn{Worker: p.worker("write")},
		beam.GroupByKey(s, packed[string](p, s, "lines of files", lines...)))
	sums := beam.ParDo(s, &sumFn{Worker: p.worker("count")},
		beam.GroupByKey(s, mergedPacks[int64](p, s, "counts", append(p.counts, written)...)))
	beam.ParDo0(s, &manifestFn{Worker: p.worker("manifest")},
		beam.GroupByKey(s, packed[string](p, s, "manifest", files, sums)))
}

// fileName is the name of a file of an output.
func fileName(output string, n, of int) string {
	return fmt.Sprintf("%s-%05d-of-%05d.jsonl", output, n, of)
}

// shardFn chooses the file of a line.
type shardFn struct{ Worker }

// ProcessElement yields the line by the name of its file.
func (f *shardFn) ProcessElement(l Line, emit func(string, string)) error {
	return f.do(func() (func(), error) {
		h := fnv.New32a()
		_, _ = h.Write([]byte(l.Text)) // never fails
		n := int(h.Sum32() % uint32(f.work.Bounds.Outputs))
		return func() { emit(l.Output+" "+fileName(l.Output, n, f.work.Bounds.Outputs), l.Text) }, nil
	})
}

// writeFn writes a file.
type writeFn struct{ Worker }

// ProcessElement yields the files for the manifest, and counts. A file appears
// under its name when it is complete; one that is written again is the same.
func (f *writeFn) ProcessElement(_ int, packs func(*[]byte) bool, files func(string, string),
	counts func(string, int64)) error {
	return each(packs, func(key string, lines func(*string) bool) error { return f.one(key, lines, files, counts) })
}

func (f *writeFn) one(key string, lines func(*string) bool, files func(string, string),
	counts func(string, int64)) error {
	output, name, _ := strings.Cut(key, " ")
	var list []string
	var text string
	for lines(&text) {
		list = append(list, text)
	}
	slices.Sort(list)
	return f.do(func() (func(), error) {
		sum, err := writeLines(filepath.Join(f.work.Out, name), list)
		return func() {
			files("", fmt.Sprintf("file %s %d %s", name, len(list), sum))
			counts(output, int64(len(list)))
		}, err
	})
}

// writeLines writes lines to a file and returns the sum of its bytes.
func writeLines(name string, lines []string) (sum string, err error) {
	to, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*.part")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, to.Close(), os.Remove(to.Name()))
		}
	}()
	h := sha256.New()
	w := bufio.NewWriter(to)
	for _, text := range lines {
		_, _ = h.Write(append([]byte(text), '\n')) // never fails
		if _, err = w.WriteString(text + "\n"); err != nil {
			return "", err
		}
	}

	if err = errors.Join(w.Flush(), to.Sync()); err != nil {
		return "", err
	}
	if err = to.Close(); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), os.Rename(to.Name(), name)
}

// sumFn sums up a count.
type sumFn struct{ Worker }

// ProcessElement yields the sums for the manifest. A run that holds too much text ends
// here.
func (f *sumFn) ProcessElement(_ int, packs func(*[]byte) bool, emit func(string, string)) error {
	return eachMerged(0, packs, func(name string, sum *int64) error {
		if name == countExcess {
			if err := f.steps.WithinTextLimit(*sum); err != nil {
				return refused("text-limit-run", "%v", err)
			}
		}

		return f.do(func() (func(), error) { return func() { emit("", fmt.Sprintf("count %d %s", *sum, name)) }, nil })
	})
}

// Manifest says what a run has written.
type Manifest struct {
	Counts map[string]int64 `json:"counts"`
	Files  []File           `json:"files"`

	Shuffles int `json:"-"` // of the plan; of a run that has just ended
}

// File is a file of an output.
type File struct {
	Name   string `json:"name"`
	Lines  int64  `json:"lines"`
	SHA256 string `json:"sha256"`
}

// ManifestName is the name of the file with the [Manifest].
const ManifestName = "manifest.json"

// manifestFn writes the manifest when the sums add up.
type manifestFn struct{ Worker }

// ProcessElement checks the sums and writes the file.
func (f *manifestFn) ProcessElement(_ int, packs func(*[]byte) bool) error {
	return each(packs, func(_ string, parts func(*string) bool) error { return f.one(parts) })
}

func (f *manifestFn) one(parts func(*string) bool) error {
	m := Manifest{Counts: map[string]int64{}}
	var text string
	for parts(&text) {
		var file File
		var n int64
		if _, err := fmt.Sscanf(text, "file %s %d %s", &file.Name, &file.Lines, &file.SHA256); err == nil {
			m.Files = append(m.Files, file)
		} else if _, err := fmt.Sscanf(text, "count %d", &n); err == nil {
			m.Counts[strings.SplitN(text, " ", 3)[2]] = n
		}
	}

	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return f.do(func() (func(), error) {
		if err := m.check(); err != nil {
			return nil, err
		}
		b, err := json.MarshalIndent(m, "", "  ")
		if err == nil {
			_, err = writeLines(filepath.Join(f.work.Out, ManifestName), []string{string(b)})
		}
		return func() {}, err
	})
}

// check adds up: each row is an account or a duplicate, each account is linked or
// not, each line is in a file.
func (m *Manifest) check() error {
	c := m.Counts
	if c[countRows] != c[countDuplicates]+c[OutLinks]+c[OutUncorrelated] {
		return fmt.Errorf("%d rows, but %d duplicates, %d linked and %d uncorrelated accounts", c[countRows],
			c[countDuplicates], c[OutLinks], c[OutUncorrelated])
	}
	var files, lines int64
	for _, f := range m.Files {
		files += f.Lines
	}
	for _, output := range Outputs {
		lines += c[output]
	}
	if files != lines {
		return fmt.Errorf("%d lines in files, %d lines in all outputs", files, lines)
	}
	return nil
}
