package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// summary counts what came out of a run. Its JSON form is stable.
type summary struct {
	Now          time.Time         `json:"now"`
	Identities   int               `json:"identities"`
	Profiles     []*profileCount   `json:"profiles"`
	Sources      []*sourceCount    `json:"sources"`
	Exceptions   map[string]*count `json:"exceptions"`   // by code
	Uncorrelated map[string]*count `json:"uncorrelated"` // by reason
	Errors       map[string]*count `json:"errors"`       // by attribute
	Managers     map[string]*count `json:"managers"`     // by outcome
	Warnings     map[string]*count `json:"warnings"`     // by kind
	Findings     map[string]int    `json:"findings"`     // by severity; and suppressed ones
	Assumptions  []diag.Assumption `json:"assumptions"`  // what was taken for granted, dropped or defaulted
	Stats        *statsResult      `json:"stats,omitempty"`

	transforms int
	samples    sampleFlags
	kinds      map[uint32]*kindCount // of briefs
	recording  *kindCount            // the one that is counted now; nil: none
	byProfile  map[string]*profileCount
	bySource   map[string]*sourceCount
}

type profileCount struct {
	Name       string   `json:"name"`
	Priority   int64    `json:"priority"`
	Source     string   `json:"source"`
	Identities int      `json:"identities"`
	Exceptions int      `json:"exceptions"` // identities that have some
	Errors     int      `json:"errors"`     // identities that have some
	Lifecycle  counters `json:"lifecycle"`  // by state, or by what is wrong with it
}

type sourceCount struct {
	Name         string   `json:"name"`
	Accounts     int      `json:"accounts"`
	Uncorrelated int      `json:"uncorrelated"`
	Methods      counters `json:"methods"` // how accounts found their identity
}

// counters counts by names.
type counters map[string]*int

// of returns the number of a name.
func (t counters) of(name string) *int {
	n := t[name]
	if n == nil {
		n = new(int)
		t[name] = n
	}
	return n
}

// counts are the numbers.
func (t counters) counts() map[string]int {
	m := make(map[string]int, len(t))
	for name, n := range t {
		m[name] = *n
	}
	return m
}

// count is a number with examples.
type count struct {
	n        int
	examples []string
}

// MarshalJSON writes the number.
func (c *count) MarshalJSON() ([]byte, error) { return json.Marshal(c.n) }

func newSummary(b *config.Bundle, now time.Time, samples sampleFlags) *summary {
	s := &summary{
		Now: now, samples: samples, transforms: len(b.Transforms), byProfile: map[string]*profileCount{},
		bySource:   map[string]*sourceCount{},
		Exceptions: map[string]*count{}, Uncorrelated: map[string]*count{}, Errors: map[string]*count{},
		Managers: map[string]*count{}, Warnings: map[string]*count{}, Findings: map[string]int{},
		Assumptions: []diag.Assumption{},
	}

	for _, p := range b.Profiles {
		c := &profileCount{Name: p.Name, Priority: p.Priority, Source: b.AuthoritativeName(p),
			Lifecycle: counters{}}
		s.Profiles = append(s.Profiles, c)
		s.byProfile[p.Name] = c
	}

	for _, src := range b.Sources {
		c := &sourceCount{Name: src.Name, Methods: counters{}}
		s.Sources = append(s.Sources, c)
		s.bySource[src.Name] = c
	}

	return s
}

// kindCount is what all identities of a kind are counted as, once none of them is an example of
// anything any more.
type kindCount struct {
	open bool // examples are wanted
	more int  // identities that are still to be counted
	into []*int
}

// count counts something, and remembers what it was for others of the same kind.
func (s *summary) count(into *int) {
	*into++
	if s.recording != nil {
		s.recording.into = append(s.recording.into, into)
	}
}

// note counts something; examples are made only as long as some are wanted. One that is nil is none.
func (s *summary) note(m map[string]*count, key string, example func() string) {
	c := m[key]
	if c == nil {
		c = &count{}
		m[key] = c
	}

	s.count(&c.n)
	if example != nil && len(c.examples) < s.samples.most() {
		if s.recording != nil {
			s.recording.open = true
		}
		if e := example(); e != "" {
			c.examples = append(c.examples, e)
		}
	}
}

// source returns the counts of a source. One that is no longer configured may have stored
// accounts.
func (s *summary) source(name string) *sourceCount {
	c := s.bySource[name]
	if c == nil {
		c = &sourceCount{Name: name, Methods: counters{}}
		s.Sources = append(s.Sources, c)
		s.bySource[name] = c
	}

	return c
}

// add counts an identity.
func (s *summary) add(r *profile.Result) error {
	s.Identities++
	for _, l := range r.Links {
		s.linked(l.Account.Source, l)
	}

	if p := s.byProfile[r.Identity.Profile]; p != nil {
		p.Identities++
		s.problems(p, r)
		s.manager(r.Manager.State, func() string { return r.Account.NativeIdentity }, func() *profile.Result { return r })
		s.lifecycle(p, r.Lifecycle)
	}
	return nil
}

// brief counts an identity of which most is never asked.
func (s *summary) brief(o *profile.Brief) {
	s.Identities++
	kind := o.Kind()
	if kind == 0 {
		s.whole(o)
		return
	}
	if k := s.kinds[kind]; k != nil {
		k.more++
		return
	}

	// One that is an example of something says nothing of the next one of its kind.
	s.recording = &kindCount{}
	if s.whole(o); !s.recording.open {
		if s.kinds == nil {
			s.kinds = map[uint32]*kindCount{}
		}
		s.kinds[kind] = s.recording
	}
	s.recording = nil
}

// whole counts an identity by what its brief says.
func (s *summary) whole(o *profile.Brief) {
	for source, l := range o.Links() {
		s.linked(source, l)
	}

	p := s.byProfile[o.Profile()]
	if p == nil {
		return
	}
	s.count(&p.Identities)

	// A result is put together only for whoever has something to tell, which few have.
	if exceptions, warnings, ok := o.Said(); ok && s.full(exceptions, warnings) {
		s.said(p, exceptions, warnings)
	} else if o.Notable() {
		s.problems(p, o.Result())
	}
	s.manager(o.Manager(), func() string { return o.Account().NativeIdentity }, o.Result)
	s.lifecycle(p, o.Lifecycle())
}

// linked counts an account that has an identity.
func (s *summary) linked(source string, l profile.Link) {
	src := s.source(source)
	method := string(l.Method)
	if l.Method == correlate.ByConfig {
		method = criterionName(l.Criterion)
	}
	s.count(&src.Accounts)
	s.count(src.Methods.of(method))
}

// criterionName names the method of a criterion of the correlation configuration.
func criterionName(n int) string {
	if n == 0 {
		return string(correlate.ByConfig) + "[0]"
	}
	return fmt.Sprintf("%s[%d]", correlate.ByConfig, n)
}

func (s *summary) problems(p *profileCount, r *profile.Result) {
	if len(r.Exceptions) > 0 {
		s.count(&p.Exceptions)
	}
	if len(r.Errors) > 0 {
		s.count(&p.Errors)
	}

	// Samples are made only while there is room for them: most runs have the same problem thousands of
	// times.
	who := r.Account.NativeIdentity
	for _, e := range r.Exceptions {
		s.note(s.Exceptions, e.Code, func() string {
			if e.Code == profile.MissingRequired {
				return who + ": " + strings.Join(e.Attributes, ", ")
			}
			return who + ": " + e.Message
		})
	}

	for _, e := range r.Errors {
		s.note(s.Errors, e.Attribute, func() string { return who + ": " + e.Err.Error() })
	}
	for _, w := range r.Warnings {
		kind, rest, _ := strings.Cut(w, ": ")
		s.note(s.Warnings, kind, func() string { return who + ": " + rest })
	}
}

// full reports whether there are examples enough of all that is said of somebody.
func (s *summary) full(exceptions, warnings []string) bool {
	enough := func(m map[string]*count, keys []string) bool {
		for _, key := range keys {
			if c := m[key]; c == nil || len(c.examples) < s.samples.most() {
				return false
			}
		}
		return true
	}
	return enough(s.Exceptions, exceptions) && enough(s.Warnings, warnings)
}

// said is problems for somebody who is an example of nothing.
func (s *summary) said(p *profileCount, exceptions, warnings []string) {
	if len(exceptions) > 0 {
		s.count(&p.Exceptions)
	}
	for _, code := range exceptions {
		s.note(s.Exceptions, code, nil)
	}
	for _, kind := range warnings {
		s.note(s.Warnings, kind, nil)
	}
}

// manager counts how the manager of an identity was found.
func (s *summary) manager(state string, who func() string, result func() *profile.Result) {
	switch state {
	case "":
		s.note(s.Managers, "none", who)
	case profile.ManagerResolved:
		s.note(s.Managers, state, nil)
	default:
		s.note(s.Managers, state, func() string {
			r := result()
			who, m := r.Account.NativeIdentity, &r.Manager
			switch {
			case m.Attribute != "":
				return fmt.Sprintf("%s: its %q is empty", who, m.Attribute)
			case m.Value == "":
				return who + ": no manager correlation of its source gives a value to look for"
			default:
				return fmt.Sprintf("%s: %q", who, m.Value)
			}
		})
	}
}

// lifecycle counts a lifecycle state.
func (s *summary) lifecycle(p *profileCount, l profile.LifecycleResult) {
	var state string
	switch l.Status {
	case profile.LifecycleActive:
		state = l.State
	case profile.LifecycleNotSet, "":
		state = string(profile.LifecycleNotSet)
	default:
		state = fmt.Sprintf("%s (%q)", l.Status, l.Value)
	}
	s.count(p.Lifecycle.of(state))
}

// uncorrelated counts an account without identity.
func (s *summary) uncorrelated(a *identity.Account, u *profile.Unlinked) {
	c := s.source(a.Source)
	c.Accounts++
	c.Uncorrelated++
	s.note(s.Uncorrelated, u.Reason, func() string {
		if len(u.Ambiguous) > 0 {
			return fmt.Sprintf("%s: %s matches %d identities", a.Source, a.NativeIdentity, len(u.Ambiguous))
		}
		return a.Source + ": " + a.NativeIdentity
	})
}

func (s *summary) close() error {
	for _, k := range s.kinds {
		for _, into := range k.into {
			*into += k.more
		}
		k.more = 0
	}
	return nil
}

func (s *summary) finish(f *findings) {
	for severity, n := range f.counts {
		s.Findings[diag.Severity(severity).String()] = n
	}
	if f.suppressed > 0 {
		s.Findings["suppressed"] = f.suppressed
	}
}

// exceptions returns how many identities have some.
func (s *summary) exceptions() (n int) {
	for _, p := range s.Profiles {
		n += p.Exceptions
	}
	return n
}

// unlinked returns how many accounts have no identity.
func (s *summary) unlinked() (n int) {
	for _, c := range s.Sources {
		n += c.Uncorrelated
	}
	return n
}
