package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
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
	w     *csv.Writer
	c     io.Closer
	names []string
	row   []string
	begun bool
}

// newSheet has a column for every attribute that a profile maps.
func newSheet(w io.WriteCloser, b *config.Bundle) *sheet {
	s := &sheet{w: csv.NewWriter(bufio.NewWriterSize(w, 1<<18)), c: w}
	s.w.UseCRLF = true
	for _, p := range b.Profiles {
		for _, m := range p.Mappings {
			if !slices.Contains(s.names, m.Attribute) {
				s.names = append(s.names, m.Attribute)
			}
		}
	}
	return s
}

func (s *sheet) header() error {
	if s.begun {
		return nil
	}
	s.begun = true
	return s.w.Write(slices.Concat([]string{"Identity Profile", "Source", "Account ID", "Identity ID", "Name"}, s.names,
		[]string{"Manager ID", "Exceptions", "Errors", "Accounts"}))
}

func (s *sheet) add(r *profile.Result) error {
	if err := s.header(); err != nil {
		return err
	}
	i := r.Identity
	s.row = append(s.row[:0], i.Profile, r.Account.Source, r.Account.NativeIdentity, i.ID, i.Alias)
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
	s.row = append(s.row, i.ManagerID, strings.Join(exceptions, ";"), strings.Join(errs, ";"), strings.Join(accounts, ";"))
	return s.w.Write(s.row)
}

// cell is a value as text; the items of a list are joined by semicolons.
func cell(v identity.Value) string {
	if v.Kind() != identity.List {
		return v.Text()
	}
	var items []string
	for _, item := range v.List() {
		items = append(items, item.Text())
	}
	return strings.Join(items, ";")
}

func (s *sheet) uncorrelated(*identity.Account, *profile.Unlinked) {}

func (s *sheet) close() error {
	err := s.header()
	s.w.Flush()
	return errors.Join(err, s.w.Error(), s.c.Close())
}
