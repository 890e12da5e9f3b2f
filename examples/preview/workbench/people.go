package workbench

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// personLine is a person in a list.
type personLine struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Alias      string   `json:"alias"`
	UID        string   `json:"uid"`
	Email      string   `json:"email"`
	Profile    string   `json:"profile"`
	State      string   `json:"state"`
	Exceptions []string `json:"exceptions"`
	Errors     []string `json:"errors"`
	Accounts   int      `json:"accounts"`
	// Change is what the draft that the list is filtered by does to the person.
	Change []changeLine `json:"change,omitempty"`
}

func lineOf(r *profile.Result) personLine {
	i := r.Identity
	l := personLine{ID: i.ID, Name: displayName(i), Alias: i.Alias, UID: i.Attribute("uid").Text(),
		Email: i.Attribute("email").Text(), Profile: i.Profile,
		State: lifecycleState(r), Exceptions: []string{}, Errors: []string{}, Accounts: len(i.Accounts)}
	for _, e := range r.Exceptions {
		l.Exceptions = append(l.Exceptions, strings.TrimSpace(e.Code+" "+strings.Join(e.Attributes, ", ")))
	}
	for _, e := range r.Errors {
		l.Errors = append(l.Errors, e.Attribute)
	}
	return l
}

// peopleAnswer is the answer of /api/people.
type peopleAnswer struct {
	Total  int          `json:"total"`
	Offset int          `json:"offset"`
	People []personLine `json:"people"`
}

// filter says which people are meant.
type filter struct {
	words                                             [][]byte
	profile, exception, errorOf, null, state, manager string
	members                                           map[string]bool // of an effect; nil: not asked for
}

func newFilter(q url.Values) *filter {
	f := &filter{profile: q.Get("profile"), exception: q.Get("exception"), errorOf: q.Get("error"), null: q.Get("null"),
		state: q.Get("state"), manager: q.Get("manager")}
	for _, w := range strings.Fields(q.Get("q")) {
		f.words = append(f.words, []byte(identity.Fold(w)))
	}
	return f
}

// everybody reports whether nothing is asked for.
func (f *filter) everybody() bool {
	return len(f.words) == 0 && f.members == nil &&
		f.profile+f.exception+f.errorOf+f.null+f.state+f.manager == ""
}

// match reports whether a person is meant; buf is memory to write into.
func (f *filter) match(r *profile.Result, buf []byte) (bool, []byte) {
	// What is asked with a comparison comes before the words, for which names have to be written out.
	switch {
	case f.members != nil && !f.members[r.Identity.ID],
		f.profile != "" && r.Identity.Profile != f.profile,
		f.state != "" && lifecycleState(r) != f.state,
		f.manager != "" && managerState(r) != f.manager,
		f.null != "" && !r.Identity.Attribute(f.null).IsNull(),
		f.errorOf != "" && !hasError(r, f.errorOf),
		f.exception != "" && !hasException(r, f.exception):
		return false, buf
	}

	if len(f.words) == 0 {
		return true, buf
	}
	buf = appendNames(buf[:0], r)
	for _, w := range f.words {
		if !bytes.Contains(buf, w) {
			return false, buf
		}
	}

	return true, buf
}

// appendNames writes everything that a person may be known by.
func appendNames(dst []byte, r *profile.Result) []byte {
	i := r.Identity

	// A line end keeps two names apart, so that no search text is found across them.
	put := func(s string) {
		dst = identity.AppendFold(dst, s)
		dst = append(dst, '\n')
	}
	put(i.ID)
	put(i.Alias)
	for _, name := range [...]string{"displayName", "uid", "email", "firstname", "lastname", "personalEmail"} {
		if v := i.Attributes.Get(name); !v.IsNull() {
			put(v.Text())
		}
	}

	for k := range i.Accounts {
		a := &i.Accounts[k]
		put(a.NativeIdentity)
		if a.Name != "" {
			put(a.Name)
		}
	}

	return dst
}

func hasError(r *profile.Result, attribute string) bool {
	return slices.ContainsFunc(r.Errors, func(e profile.AttributeError) bool {
		return attribute == "any" ||
			e.Attribute == attribute
	})
}

func hasException(r *profile.Result, code string) bool {
	return slices.ContainsFunc(r.Exceptions, func(e profile.Exception) bool { return code == "any" || e.Code == code })
}

// find returns the numbers of the people that a filter means, in their order. It looks at everybody,
// on as many goroutines as the run has, because an index of all that a person may
// be known by would take as much memory as the people.
func (n *snapshot) find(f *filter) []int {
	if f.everybody() {
		all := make([]int, n.population.Len())
		for i := range all {
			all[i] = i
		}
		return all
	}

	parts, _ := inParallel(n, func(from, to int) (found []int, _ error) {
		var buf []byte
		ok := false
		for i := from; i < to; i++ {
			if ok, buf = f.match(n.population.Result(i), buf); ok {
				found = append(found, i)
			}
		}
		return found, nil
	})

	return slices.Concat(parts...)
}

// people answers with those that a search finds.
func (s *Server) people(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	f := newFilter(q)
	var effect *kept
	if id := q.Get("effect"); id != "" {
		if effect = s.effects.get(id); effect == nil {
			return nil, &httpError{status: http.StatusGone, code: "effect-gone",
				text: "the comparison is no longer kept: run it again"}
		}
		f.members = effect.members(q.Get("group"))
	}

	offset, limit := number(q.Get("offset"), 0, 1<<30), number(q.Get("limit"), 50, 500)
	found := snap.find(f)

	// A sample is spread over all that were found, and the same each time.
	if n := number(q.Get("sample"), 0, 100); n > 0 && n < len(found) { // some of them, from everywhere
		some := make([]int, n)
		for i := range some {
			some[i] = found[i*len(found)/n+len(found)/(2*n)]
		}
		found = some
	}

	a := peopleAnswer{Total: len(found), Offset: offset, People: []personLine{}}
	for _, p := range found[min(offset, len(found)):min(offset+limit, len(found))] {
		l := lineOf(snap.population.Result(p))
		if effect != nil {
			l.Change = effect.changes(l.ID, q.Get("group"))
		}
		a.People = append(a.People, l)
	}

	return a, nil
}

// number reads a number from 0 to most; anything else is what stands for nothing.
func number(s string, nothing, most int) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return nothing
	}
	return min(n, most)
}
