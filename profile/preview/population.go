package preview

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Population is everybody that a run has put together, kept in memory: for programs
// that look at people, and that compare one draft of the configuration after another
// with it. It is immutable and safe for concurrent use; nobody may change what it
// hands out.
type Population struct {
	*profile.People
	Engine    *profile.Engine
	Options   profile.RunOptions // without hooks
	Left      []profile.LeftAccount
	Ambiguous []report.AmbiguousRow

	sources []identity.Source
	indexes sync.Map        // attribute and folding: *valueIndex
	said    map[string]bool // what the run has found
}

// NewPopulation runs an engine over accounts and keeps everybody. The hooks of the
// options are called as by [profile.Engine.Run].
func NewPopulation(ctx context.Context, e *profile.Engine, o profile.RunOptions,
	sources ...identity.Source) (*Population, error) {
	p := &Population{Engine: e, Options: o, said: map[string]bool{}}
	left, ambiguous, found := o.OnUncorrelated, o.OnAmbiguous, o.OnFinding
	o.OnFinding = func(d diag.Diagnostic) {
		p.said[string(d.Code)+d.Message] = true
		if found != nil {
			found(d)
		}
	}

	// What the run says is kept and handed on; whoever asked for it hears it as before.
	o.OnUncorrelated = func(a identity.Account, u profile.Unlinked) {
		p.Left = append(p.Left, profile.LeftAccount{Account: a, Unlinked: u})
		if left != nil {
			left(a, u)
		}
	}

	o.OnAmbiguous = func(row report.AmbiguousRow) {
		p.Ambiguous = append(p.Ambiguous, row)
		if ambiguous != nil {
			ambiguous(row)
		}
	}

	// The order of accounts on their sources decides ties. Where accounts are stored the run
	// has met those first, so it is written down while the sources are read.
	logs := make([]*orderLog, len(sources))
	logged := slices.Clone(sources)
	for i, s := range sources {
		if o.Stored != nil {
			logs[i] = &orderLog{Source: s}
			logged[i] = logs[i]
		}
	}

	var err error
	if p.People, err = e.People(ctx, o, logged...); err != nil {
		return nil, err
	}
	p.Options.OnUncorrelated, p.Options.OnAmbiguous, p.Options.OnFinding = nil, nil, nil
	p.Options.OnProgress, p.Options.OnStage, p.Options.Clock = nil, nil, nil

	// Hooks were for this run. Later ones over the same population say nothing.
	for i, s := range sources {
		k := &kept{name: s.Name(), people: p.People}
		if r, ok := s.(identity.Refuser); ok {
			k.refused = r.Refused()
		}
		if logs[i] != nil {
			k.order = logs[i].once()
		}
		p.sources = append(p.sources, k)
	}
	return p, ctx.Err()
}

// orderLog notes in which order a source gives its accounts.
type orderLog struct {
	identity.Source
	order []string
}

// Accounts yields the accounts of the source.
func (l *orderLog) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		l.order = l.order[:0]
		for a, err := range l.Source.Accounts(ctx) {
			if err == nil {
				l.order = append(l.order, strings.Clone(a.NativeIdentity))
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// Refused returns how many accounts the source has refused.
func (l *orderLog) Refused() int {
	if r, ok := l.Source.(identity.Refuser); ok {
		return r.Refused()
	}
	return 0
}

// once returns the order with each account where it came first.
func (l *orderLog) once() []string {
	seen := make(map[string]bool, len(l.order))
	return slices.DeleteFunc(l.order, func(id string) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

// kept is a source whose accounts are in memory.
type kept struct {
	name    string
	people  *profile.People
	order   []string // nil: as the run has them
	refused int
}

func (k *kept) Name() string { return k.name }

func (k *kept) Refused() int { return k.refused }

// Accounts yields the accounts in the order of the source.
func (k *kept) Accounts(context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		if k.order == nil {
			for a := range k.people.Accounts(k.name) {
				if !yield(a, nil) {
					return
				}
			}
			return
		}

		for _, id := range k.order {
			a, ok := k.people.Account(identity.AccountKey{Source: k.name, NativeIdentity: id})
			if ok && !yield(a, nil) {
				return
			}
		}
	}
}

// Sources are the accounts of the population, to be run again.
func (p *Population) Sources() []identity.Source { return slices.Clone(p.sources) }

// Person returns the result for an identity id, nil when there is none.
func (p *Population) Person(id string) *profile.Result { return p.at(p.People.Find(id)) }

// OwnerOf returns the result for the identity that has an account, nil when nobody has it.
func (p *Population) OwnerOf(k identity.AccountKey) *profile.Result { return p.at(p.People.Owner(k)) }

func (p *Population) at(i int, ok bool) *profile.Result {
	if !ok {
		return nil
	}
	return p.Result(i)
}

// State returns the population as the state that a later run begins with.
func (p *Population) State() identity.Store { return populationStore{p} }

// populationStore is a store that cannot be changed: what a run may read of it is
// what the results hold, so that nobody is kept twice.
type populationStore struct{ *Population }

// Get returns an identity, or [identity.ErrNotFound].
func (s populationStore) Get(_ context.Context, id string) (*identity.Identity, error) {
	return s.person(s.Population.Person(id))
}

// ByAccount returns the identity of an account, or [identity.ErrNotFound].
func (s populationStore) ByAccount(_ context.Context, k identity.AccountKey) (*identity.Identity, error) {
	return s.person(s.OwnerOf(k))
}

func (s populationStore) person(r *profile.Result) (*identity.Identity, error) {
	if r == nil {
		return nil, fmt.Errorf("identity: %w", identity.ErrNotFound)
	}
	return r.Identity, nil // made for the caller
}

// All yields every identity by ascending id.
func (s populationStore) All(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		for i := range s.ByID() {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}

			if !yield(s.Result(i).Identity, nil) {
				return
			}
		}
	}
}

// Uncorrelated yields the accounts without identity, see [identity.Store].
func (s populationStore) Uncorrelated(_ context.Context, source string) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		list := slices.Clone(s.Left)
		slices.SortFunc(list, func(a, b profile.LeftAccount) int {
			return compareAccounts(a.Account.Key(), b.Account.Key())
		})
		for i := range list {
			if a := &list[i].Account; source == "" || a.Source == source {
				if !yield(a.Clone(), nil) {
					return
				}
			}
		}
	}
}

// Decisions yields nothing: what people decided is in the links of the accounts already.
func (s populationStore) Decisions(context.Context, int) iter.Seq2[identity.Decision, error] {
	return func(func(identity.Decision, error) bool) {}
}

// Apply refuses every change.
func (s populationStore) Apply(context.Context, identity.Batch) error {
	return fmt.Errorf("%w: a population cannot be changed", identity.ErrConflict)
}

// Find yields the identities whose attribute has the value, by ascending id.
func (s populationStore) Find(_ context.Context, attribute, value string,
	fold bool) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		if fold {
			value = identity.Fold(value)
		}
		for _, n := range s.values(attribute, fold).numbers[value] {
			if !yield(s.Result(int(n)).Identity, nil) {
				return
			}
		}
	}
}

// valueIndex has the numbers of the people by the values of one attribute.
type valueIndex struct {
	once    sync.Once
	numbers map[string][]int32
}

// values returns the index of an attribute, which the first look-up builds.
func (p *Population) values(attribute string, fold bool) *valueIndex {
	key := attribute
	if fold {
		key = "\x00" + attribute
	}
	found, _ := p.indexes.LoadOrStore(key, &valueIndex{})
	x := found.(*valueIndex)
	x.once.Do(func() { x.build(p, attribute, fold) })
	return x
}

func (x *valueIndex) build(p *Population, attribute string, fold bool) {
	x.numbers = map[string][]int32{}
	add := func(text string, n int) {
		if fold {
			text = identity.Fold(text)
		}

		// The index keeps texts of its own, or it would keep every row alive.
		list, ok := x.numbers[text]
		if !ok {
			text = strings.Clone(text) // which would keep all that the person has
		}
		if len(list) == 0 || list[len(list)-1] != int32(n) {
			x.numbers[text] = append(list, int32(n))
		}
	}

	for n := range p.ByID() {
		v := p.Result(n).Identity.Attributes.Get(attribute)
		if v.IsNull() {
			continue
		}
		add(v.Text(), n)
		for _, item := range v.List() {
			add(item.Text(), n)
		}
	}
}

// Bundle returns the configuration of the population.
func (p *Population) Bundle() *config.Bundle { return p.Engine.Bundle() }
