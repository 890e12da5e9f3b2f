package correlate

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
)

// Links are the accounts of one source and what a run made of them, column by
// column: account i has identity Identity[i], by Method[i].
type Links struct {
	Accounts []identity.Account
	Identity []int32 // -1: none
	Method   []Method
}

// Add appends an account with its identity, -1 for none.
func (l *Links) Add(a identity.Account, n int32, by Method) {
	l.Accounts, l.Identity, l.Method = append(l.Accounts, a), append(l.Identity, n), append(l.Method, by)
}

// Grow makes room for n more accounts.
func (l *Links) Grow(n int) {
	l.Accounts, l.Identity, l.Method = slices.Grow(l.Accounts, n), slices.Grow(l.Identity, n), slices.Grow(l.Method, n)
}

// where returns the accounts for which keep holds.
func (l *Links) where(keep func(i int) bool) *Links {
	count := 0
	for i := range l.Accounts {
		count += btoi(keep(i))
	}

	some := &Links{}
	some.Grow(count)
	for i := range l.Accounts {
		if keep(i) {
			some.Add(l.Accounts[i], l.Identity[i], l.Method[i])
		}
	}

	return some
}

// sortByID puts the accounts in the order of their ids.
func (l *Links) sortByID() {
	// Most ids are told apart by how they begin, without a look at what is elsewhere in memory.
	type place struct {
		begins uint64
		at     int32
	}
	byID := func(a, b place) int {
		if a.begins != b.begins {
			return cmp.Compare(a.begins, b.begins)
		}
		return strings.Compare(l.Accounts[a.at].NativeIdentity, l.Accounts[b.at].NativeIdentity)
	}
	places := make([]place, len(l.Accounts))
	for i := range places {
		var begin [8]byte
		copy(begin[:], l.Accounts[i].NativeIdentity)
		places[i] = place{binary.BigEndian.Uint64(begin[:]), int32(i)}
	}

	// A source that came in order, as most files do, is left as it is.
	if slices.IsSortedFunc(places, byID) {
		return
	}
	slices.SortFunc(places, byID)

	// Accounts are large, so they are moved where they belong and not copied: each place gets the one
	// that comes there, whose place gets the next, until the first is needed.
	for i := range int32(len(places)) {
		if places[i].at == i {
			continue
		}
		account, n, by := l.Accounts[i], l.Identity[i], l.Method[i]
		at := i
		for places[at].at != i {
			from := places[at].at
			l.Accounts[at], l.Identity[at], l.Method[at] = l.Accounts[from], l.Identity[from], l.Method[from]
			places[at].at, at = at, from
		}
		l.Accounts[at], l.Identity[at], l.Method[at] = account, n, by
		places[at].at = at
	}
}

// IdentityName is an identity for people: its id, its internal name and its
// display name.
type IdentityName struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

// String returns the name, with the display name when that says more.
func (n IdentityName) String() string {
	if n.DisplayName == "" || n.DisplayName == n.Name {
		return n.Name
	}
	return n.Name + " (" + n.DisplayName + ")"
}

// AccountName is an account for people.
type AccountName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// String returns the id, or the name when the id is long, as those of
// directories are.
func (a AccountName) String() string {
	if utf8.RuneCountInString(a.ID) > 24 && a.Name != "" {
		return a.Name
	}
	return a.ID
}

// AnalysisOptions says what an [Analysis] has to know beside accounts and rules.
type AnalysisOptions struct {
	Source        string
	Authoritative bool // its accounts may make identities
	// Name gives the names of an identity.
	Name func(n int32) IdentityName
	// RankLast reports identities that are ranked last, see [Index.RankLast].
	RankLast func(n int32) bool
	// Index finds the identities by what the rules of the source look up, see
	// [Index.Cover]; nil: one is made. Analyses of several sources may share one.
	// It is changed for the time of a call.
	Index *Index
	// Marks: the mark of manual correlation keeps an account where it is.
	Marks bool
	// AllExamples lists every account of a reason instead of the first three.
	AllExamples bool
}

// Analysis looks at the accounts of one source after they were correlated: how
// each found its identity, why others found none, and what would help. Questions
// are answered against the identities as they are now. An Analysis is not safe
// for concurrent use: it remembers what several answers need.
type Analysis struct {
	AnalysisOptions
	Links // in the order of their ids

	c *Correlator
	p Population

	// What several answers need, made when the first of them is asked for.
	near     *Nearby
	judged   *judgement
	failures []failure
	kinds    []failureKind
	misses   *nearFound // of the failures
	failed   bool       // failures are known
}

// NewAnalysis returns the analysis of the accounts of one source, whose links it keeps and puts
// in the order of their ids. The accounts and the population must not change while it is used.
func NewAnalysis(c *Correlator, p Population, links *Links, o AnalysisOptions) *Analysis {
	links.sortByID()
	return &Analysis{AnalysisOptions: o, Links: *links, c: c, p: p}
}

// Correlator returns the rules of the source.
func (x *Analysis) Correlator() *Correlator { return x.c }

// prepare makes the index and the search for near misses.
func (x *Analysis) prepare() {
	if x.near != nil {
		return
	}
	if x.Index == nil {
		x.Index = IndexOf(x.p, x.c)
	}
	x.Index.RankLast = x.RankLast
	x.Index.Hold()
	x.near = NewNearby(x.c, x.p)
}

func (x *Analysis) run() BulkOptions { return BulkOptions{RankLast: x.RankLast} }

// id names an identity in reports.
func (x *Analysis) id(n int32) string { return x.Name(n).ID }

// display names an identity for people.
func (x *Analysis) display(n int32) string { return x.Name(n).String() }

// searched returns the accounts that had to find an identity: all but those that
// made one.
func (x *Analysis) searched() *Links {
	switch {
	case x.judged != nil:
		return x.judged.Links
	case !slices.Contains(x.Method, NewIdentity):
		return &x.Links
	}
	return x.where(func(i int) bool { return x.Method[i] != NewIdentity })
}

// judgement is what the rules say today about accounts that had to search.
type judgement struct {
	*Links
	evidence     *Evidence
	bulk         *Bulk
	coverage     []Coverage
	conflicts    []Conflict
	contradicted []Conflict
	stored       []int32 // links that are not by hand
	unsupported  []int32
}

// judge asks the rules again about every account that had to search.
func (x *Analysis) judge(ctx context.Context) (*judgement, error) {
	if x.judged != nil {
		return x.judged, nil
	}
	x.prepare()
	j := &judgement{Links: x.searched()}

	// The evidence of single rules mostly says what all rules in order find, which saves a second
	// pass; only a rule that narrows what others found has to be run.
	var err error
	if j.evidence, err = x.c.evidence(ctx, x.Index, Values(x.p), j.Accounts, 0); err != nil {
		return nil, err
	}
	bulk, ok := j.evidence.Bulk()
	if !ok {
		if bulk, err = x.c.Run(ctx, x.p, j.Accounts, x.run()); err != nil {
			return nil, err
		}
	}

	j.bulk = bulk
	j.coverage, j.conflicts = j.evidence.Coverage(bulk), j.evidence.Conflicts(bulk)

	// A link by hand needs no rule to support it.
	j.stored = slices.Clone(j.Identity)
	for i := range j.stored {
		if j.Method[i] == Manual {
			j.stored[i] = -1
		}
	}

	j.unsupported = j.evidence.Unsupported(j.stored)
	if j.contradicted, err = j.evidence.Contradicted(ctx, x.p, bulk); err != nil {
		return nil, err
	}
	x.judged = j
	return j, nil
}

func (j *judgement) ids(list []int32) []string {
	ids := make([]string, len(list))
	for k, i := range list {
		ids[k] = j.Accounts[i].NativeIdentity
	}
	return ids
}
