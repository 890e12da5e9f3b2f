package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/report"
)

// caseFile is a log of decisions that grows by one line with each of them.
type caseFile struct {
	*linkage.Cases
	f *os.File
}

// readCases reads decisions of people. What does not count is told.
func readCases(a *app, name string) (*linkage.Cases, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return casesOf(a, name, f)
}

func casesOf(a *app, name string, r io.Reader) (*linkage.Cases, error) {
	cases, found := linkage.ReadCases(name, r)
	if found.HasErrors() {
		return nil, found.Err()
	}
	for _, d := range found {
		report.Fprintln(a.err, d)
	}
	return cases, nil
}

// openCases opens a log of decisions for writing; it is made when there is none. A last
// line that was cut off when a program was stopped is kept beside, in NAME.cut.
func openCases(a *app, name string) (*caseFile, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	src, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}

	// The whole log is read before anything is mended: a file that is no log stays as it is.
	cases, err := casesOf(a, name, bytes.NewReader(src))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := mendEnd(f, name, src); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &caseFile{Cases: cases, f: f}, nil
}

// mendEnd makes the file end with a whole line.
func mendEnd(f *os.File, name string, src []byte) error {
	whole := bytes.LastIndexByte(src, '\n') + 1
	rest := src[whole:]
	switch {
	case len(rest) == 0:
		return nil
	case json.Valid(rest):
		_, err := f.WriteString("\n")
		return err
	}

	cut, err := os.OpenFile(name+".cut", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(cut, "%s\n", rest)
	if err := errors.Join(err, cut.Close()); err != nil {
		return err
	}
	return f.Truncate(int64(whole))
}

// add applies events and keeps them: they are on the disk when it returns.
func (c *caseFile) add(events ...linkage.Event) error {
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for i := range events {
		if err := c.Apply(events[i]); err != nil {
			return err
		}
		if err := enc.Encode(&events[i]); err != nil {
			return err
		}
	}

	// Events of one answer are written at once: half a decision would be another decision.
	if _, err := c.f.Write(lines.Bytes()); err != nil {
		return err
	}
	return c.f.Sync()
}

// close releases the file, and removes it when nothing was ever decided.
func (c *caseFile) close() error {
	err := c.f.Close()
	if info, statErr := os.Stat(c.f.Name()); statErr == nil && info.Size() == 0 {
		if rm := os.Remove(c.f.Name()); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			err = errors.Join(err, rm)
		}
	}

	return err
}
