package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/profiletest"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// evalCommand runs vector files.
type evalCommand struct {
	Paths []string `arg:"" name:"file" default:"." help:"Vector files, or folders of them."`

	outputFlags `set:"formats=text,json"`
}

// Run runs all vectors and prints a summary or their results. A file that cannot
// be read does not keep the others from running.
func (c *evalCommand) Run(a *app) error {
	files, err := vectorFiles(c.Paths)
	if err != nil {
		return err
	}
	failed := 0
	var unreadable []error
	err = c.answer(a, func(a *app) error {
		w := bufio.NewWriter(a.out)
		e := &evaluation{app: a, w: w, json: c.asJSON(), lib: builtin.Library(), groups: map[string]*tally{}}
		p := newProgress(a)
		defer p.stop()
		for i, file := range files {
			p.show("evaluate", i+1, len(files))
			if err := e.file(file); err != nil {
				unreadable = append(unreadable, err)
			}
		}

		if !e.json {
			e.summary()
		}
		failed = e.failed
		return w.Flush()
	})

	// A file that cannot be read outweighs vectors that fail: the exit code says that not all were
	// run.
	if err := errors.Join(append(unreadable, err)...); err != nil {
		return err
	}
	if failed > 0 {
		return errFailed
	}
	return nil
}

// vectorFiles replaces folders by the JSON files in them.
func vectorFiles(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, p)
			continue
		}

		inside, err := filepath.Glob(filepath.Join(p, "*.json"))
		if err != nil {
			return nil, err
		}
		if len(inside) == 0 {
			return nil, fmt.Errorf("%s: no JSON files in the folder", p)
		}
		files = append(files, inside...)
	}

	return files, nil
}

// evaluation gathers the results of vectors.
type evaluation struct {
	*app
	w      io.Writer
	json   bool
	lib    *transform.Library
	groups map[string]*tally
	failed int
}

type tally struct {
	group          string
	passed, failed int
}

func (e *evaluation) file(file string) error {
	src, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	vectors, found := profiletest.ParseVectors(filepath.ToSlash(file), src)
	for i := range vectors {
		if err := e.ctx.Err(); err != nil {
			return err
		}
		e.vector(&vectors[i])
	}

	return found.Err()
}

func (e *evaluation) vector(v *profiletest.Vector) {
	r := v.Run(e.ctx, e.lib)
	t := e.groups[v.Group]
	if t == nil {
		t = &tally{group: v.Group}
		e.groups[v.Group] = t
	}

	if r.Pass {
		t.passed++
	} else {
		t.failed++
		e.failed++
	}

	switch {
	case e.json:
		e.printJSON(v.ID, &r)
	case !r.Pass:
		e.printFailure(v, &r)
	}
}

// printJSON prints {"id","pass","got":{"value"}|{"error"}}.
func (e *evaluation) printJSON(id string, r *profiletest.VectorResult) {
	type value struct {
		Value identity.Value `json:"value"`
	}
	type failure struct {
		Error string `json:"error"`
	}
	out := struct {
		ID   string `json:"id"`
		Pass bool   `json:"pass"`
		Got  any    `json:"got"`
	}{ID: id, Pass: r.Pass, Got: value{r.Got}}
	if r.Err != nil {
		out.Got = failure{r.Err.Error()}
	}
	enc := json.NewEncoder(e.w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		report.Fprintf(e.err, "preview: %s: %v\n", id, err)
	}
}

func (e *evaluation) printFailure(v *profiletest.Vector, r *profiletest.VectorResult) {
	got := r.Got.String()
	var located *transform.Error
	path := diag.Path(nil)
	if errors.As(r.Err, &located) {
		path = located.Path
	}
	if r.Err != nil {
		got = "an error: " + r.Err.Error()
	}
	report.Fprintf(e.w, "%s %s (%s) %s\n  %s\n  want %s\n  got  %s\n", report.Raw(e.paint(text.FgRed, "FAIL")), v.ID,
		v.Group, v.Pos, v.Description, r.Want, got)
	if len(path) > 0 {
		report.Fprintf(e.w, "  path %s\n", path)
	}
}

// groupOrder is from the surest expectations to the least sure.
var groupOrder = []string{"tenant", "documented", "community", "decision"}

func (e *evaluation) summary() {
	var rows []*tally
	total := &tally{group: "all"}
	for _, t := range e.groups {
		rows = append(rows, t)
		total.passed += t.passed
		total.failed += t.failed
	}

	slices.SortFunc(rows, func(x, y *tally) int {
		i, j := slices.Index(groupOrder, x.group), slices.Index(groupOrder, y.group)
		return cmp.Or(cmp.Compare(uint(i), uint(j)), cmp.Compare(x.group, y.group))
	})
	g := newGrid("Group", ">Passed", ">Failed", ">Vectors")
	for _, t := range append(rows, total) {
		g.row(t.group, t.passed, t.failed, t.passed+t.failed)
	}
	g.print(e.app, e.w)
}
