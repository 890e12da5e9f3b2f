package main

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// sink takes what a run gives, one identity after another.
type sink interface {
	add(r *profile.Result) error
	uncorrelated(a *identity.Account, u *profile.Unlinked)
	// close finishes the output.
	close() error
}

// lines writes identities as JSON Lines.
type lines struct {
	w   *bufio.Writer
	c   io.Closer // nil: the writer stays open
	buf []byte
}

func newLines(w io.Writer, c io.Closer) *lines {
	return &lines{w: bufio.NewWriterSize(w, 1<<18), c: c}
}

func (l *lines) add(r *profile.Result) error {
	l.buf = append(r.AppendJSON(l.buf[:0]), '\n')
	_, err := l.w.Write(l.buf)
	return err
}

func (l *lines) uncorrelated(*identity.Account, *profile.Unlinked) {}

func (l *lines) close() error {
	err := l.w.Flush()
	if l.c != nil {
		err = errors.Join(err, l.c.Close())
	}
	return err
}

// sheet writes identities as CSV: what they are, their attributes, what is wrong.
type sheet struct {
	w     *report.CSVWriter
	c     io.Closer
	names []string
	row   []report.Cell
}

// newSheet has a column for every attribute that a profile maps.
func newSheet(w io.WriteCloser, b *config.Bundle, o report.CSVOptions) *sheet {
	s := &sheet{c: w}
	for _, p := range b.Profiles {
		for _, m := range p.Mappings {
			if !slices.Contains(s.names, m.Attribute) {
				s.names = append(s.names, m.Attribute)
			}
		}
	}

	s.w = report.NewCSVWriter(w, o, slices.Concat([]string{"Identity Profile", "Source", "Account ID", "Identity ID",
		"Name"}, s.names,
		[]string{"Manager ID", "Exceptions", "Errors", "Accounts"})...)
	return s
}

func (s *sheet) add(r *profile.Result) error {
	i := r.Identity
	s.row = s.row[:0]
	for _, text := range []string{i.Profile, r.Account.Source, r.Account.NativeIdentity, i.ID, i.Alias} {
		s.row = append(s.row, report.Text(text))
	}
	for _, name := range s.names {
		s.row = append(s.row, cell(i.Attributes.Get(name)))
	}
	var exceptions, errs, accounts []string
	for _, e := range r.Exceptions {
		exceptions = append(exceptions, e.Code+" "+strings.Join(e.Attributes, " "))
	}
	for _, e := range r.Errors {
		errs = append(errs, e.Error())
	}
	for _, a := range i.Accounts {
		accounts = append(accounts, a.Key().String())
	}
	for _, text := range []string{i.ManagerID, strings.Join(exceptions, ";"), strings.Join(errs, ";"),
		strings.Join(accounts, ";")} {
		s.row = append(s.row, report.Text(text))
	}
	return s.w.Write(s.row...)
}

// cell is a value as text; the items of a list are joined by semicolons.
func cell(v identity.Value) report.Cell {
	switch v.Kind() {
	case identity.Integer: // no formula, though one may begin with a minus
		n, _ := v.Int()
		return report.Int(n)
	case identity.List:
		var items []string
		for _, item := range v.List() {
			items = append(items, item.Text())
		}
		return report.Text(strings.Join(items, ";"))
	}

	return report.Text(v.Text())
}

func (s *sheet) uncorrelated(*identity.Account, *profile.Unlinked) {}

func (s *sheet) close() error {
	return errors.Join(s.w.Flush(), s.c.Close())
}
