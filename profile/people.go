package profile

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/internal/table"
)

// People is what a run has found for everybody, kept as the run has it: packed, a
// third of what the results take. A result is put together whenever it is asked for.
// It is immutable and safe for concurrent use.
type People struct {
	phases *phases
	order  []int32 // identities, in the order of their results
	place  []int32 // by identity: where it is in order
	byID   []idPlace
}

// idPlace is the place of a result with the beginning of its identity id.
type idPlace struct {
	prefix uint64
	at     int32
}

// People runs the sources as [Engine.Run] does and keeps what it finds. Results have
// no Changes for somebody of whom nothing was stored: all their attributes are new.
func (e *Engine) People(ctx context.Context, o RunOptions, sources ...identity.Source) (*People, error) {
	p := newPhases(ctx, e.NewRun(o))
	p.builder.sparse = true
	if err := p.all(sources); err != nil {
		return nil, err
	}

	// Places are looked up by id, of which only the beginning is kept.
	x := &People{phases: p, order: p.builder.resultOrder(p.builder.resulting()), place: make([]int32, len(p.people))}
	x.byID = make([]idPlace, len(x.order))
	for i, n := range x.order {
		x.place[n], x.byID[i] = int32(i), idPlace{prefix: table.Prefix(p.id(n)), at: int32(i)}
	}
	slices.SortFunc(x.byID, func(a, b idPlace) int {
		if a.prefix != b.prefix { // an id costs a hash
			return cmp.Compare(a.prefix, b.prefix)
		}
		return strings.Compare(x.id(a.at), x.id(b.at))
	})

	// Accounts are found by their names from here on.
	for n := range p.state {
		if p.state[n].presence.exists() {
			p.reader.keys(p.accounts.Sources[n]).Add(p.accounts.Native(int32(n)), int32(n))
		}
	}
	p.builder.uncorrelated()
	return x, ctx.Err()
}

func (p *People) id(at int32) string { return p.phases.id(p.order[at]) }

// Len returns how many results there are.
func (p *People) Len() int { return len(p.order) }

// Result puts result i together, in the order of [Engine.Run].
func (p *People) Result(i int) *Result { return p.phases.builder.result(p.order[i]) }

// All yields every result with its number.
func (p *People) All() iter.Seq2[int, *Result] {
	return func(yield func(int, *Result) bool) {
		i := 0
		for n := range ahead(p.order, p.phases.touchAll) {
			if !yield(i, p.phases.builder.result(n)) {
				return
			}
			i++
		}
	}
}

// ByID yields the numbers of the results by ascending identity id.
func (p *People) ByID() iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, x := range p.byID {
			if !yield(int(x.at)) {
				return
			}
		}
	}
}

// Find returns the number of the result for an identity id.
func (p *People) Find(id string) (i int, ok bool) {
	prefix := table.Prefix(id)
	n, ok := sort.Find(len(p.byID), func(i int) int {
		if x := &p.byID[i]; prefix != x.prefix {
			return cmp.Compare(prefix, x.prefix)
		}
		return strings.Compare(id, p.id(p.byID[i].at))
	})
	if !ok {
		return 0, false
	}
	return int(p.byID[n].at), true
}

// Owner returns the number of the result for the identity that has an account.
func (p *People) Owner(k identity.AccountKey) (i int, ok bool) {
	a, ok := p.phases.reader.find(linkage.RecordKey{Source: k.Source, NativeIdentity: k.NativeIdentity})
	if !ok || p.phases.state[a].owner < 0 {
		return 0, false
	}
	return int(p.place[p.phases.state[a].owner]), true
}

// Reports yields the numbers of those whose manager is the identity of result i.
func (p *People) Reports(i int) iter.Seq[int] {
	return func(yield func(int) bool) {
		manager := p.phases.resolved.manager
		for at, n := range p.order {
			if int(n) < len(manager) && manager[n] == p.order[i] && !yield(at) {
				return
			}
		}
	}
}

// Account returns an account by its key.
func (p *People) Account(k identity.AccountKey) (a identity.Account, ok bool) {
	n, ok := p.phases.reader.find(linkage.RecordKey{Source: k.Source, NativeIdentity: k.NativeIdentity})
	if ok {
		a = p.phases.accounts.At(n)
	}
	return a, ok
}

// Accounts yields the accounts of a source in the order in which the run has met them:
// where nothing was stored, that of the source. Of an account that came several times,
// the one that counts stands where it came first.
func (p *People) Accounts(source string) iter.Seq[identity.Account] {
	return func(yield func(identity.Account) bool) {
		for n := range p.accountsOf(source) {
			if !yield(p.phases.accounts.At(n)) {
				return
			}
		}
	}
}

// accountsOf yields the numbers of the accounts of a source, in that order.
func (p *People) accountsOf(source string) iter.Seq[int32] {
	return func(yield func(account int32) bool) {
		t := p.phases
		number := slices.Index(t.accounts.Names, source)
		for n := range t.state {
			if int(t.accounts.Sources[n]) == number && t.state[n].presence.exists() && !yield(int32(n)) {
				return
			}
		}
	}
}
