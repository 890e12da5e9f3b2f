package correlate

import (
	"context"
	"runtime"
	"slices"
	"sort"
	"unsafe"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Bulk is what the rules found for many accounts at once.
type Bulk struct {
	Identity []int32 // by account: its identity; -1: none

	c        *Correlator
	rule     []int16 // by account: the number of the rule that found it
	noted    notes
	excluded map[int32]bool
	stopped  map[int32]bool
}

// Match returns the outcome for one account, the same as [Correlator.Match]
// gives.
func (b *Bulk) Match(account int) Match {
	i := int32(account)
	m := Match{Method: Uncorrelated, Identity: b.Identity[i], Ambiguous: b.noted.at(i), Excluded: b.excluded[i],
		Stopped: b.stopped[i]}
	if m.Identity >= 0 {
		r := &b.c.rules[b.rule[i]]
		m.Method, m.Criterion, m.Rule = r.method, max(0, r.criterion), r.id
	}

	return m
}

// notes are the ambiguities that many accounts met. Accounts that met the same ones share a list.
type notes struct {
	of    []int32       // by account: 1 + its list, 0: none; nil: no account has any
	lists [][]Ambiguity // only to be read
}

// at returns the notes of an account, nil for none.
func (l *notes) at(account int32) []Ambiguity {
	if l.of == nil {
		return nil
	}
	return l.list(l.of[account])
}

// list returns a list by 1 + its number; 0: an empty one.
func (l *notes) list(number int32) []Ambiguity {
	if number == 0 {
		return nil
	}
	return l.lists[number-1]
}

// add makes a list and returns 1 + its number.
func (l *notes) add(list []Ambiguity) int32 {
	l.lists = append(l.lists, list)
	return int32(len(l.lists))
}

// put gives one of some accounts a list.
func (l *notes) put(accounts int, account, list int32) {
	if l.of == nil {
		l.of = make([]int32, accounts)
	}
	l.of[account] = list
}

// BulkOptions are the choices of [Correlator.Run].
type BulkOptions struct {
	Workers  int                       // 0: as many as there are processors
	UIDOrder func(a, b int32) bool     // see [Index.UIDOrder]
	RankLast func(identity int32) bool // see [Index.RankLast]
}

// Run matches many accounts with a population, each rule as one join. The
// outcome for each account is that of [Correlator.Match] with an index of the
// population; it depends neither on the order of the accounts nor on the number
// of workers. The error is that of the context, or a [*PanicError] of code of the host.
func (c *Correlator) Run(ctx context.Context, p Population, accounts []identity.Account,
	o BulkOptions) (b *Bulk, err error) {
	defer recovered("correlate accounts", &b, &err)
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	b = &Bulk{c: c, Identity: make([]int32, len(accounts)), rule: make([]int16, len(accounts)),
		excluded: map[int32]bool{}, stopped: map[int32]bool{}}
	r := &bulkRun{c: c, p: p, accounts: accounts, o: o, b: b, open: make([]*progress, len(accounts))}

	// Rule by rule, not account by account: one rule over all pending accounts is one join, and an
	// account that is decided takes no part in later ones.
	r.start()
	for i := range c.rules {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if len(r.pending) == 0 {
			break
		}
		if c.rules[i].matchMode != "" {
			r.scan(i)
		} else {
			r.join(i)
		}
	}

	// Accounts that came as far by the same keys share what is open about them, and so their notes.
	lists := map[*progress]int32{}
	for account, p := range r.open {
		if p == nil || len(p.notes) == 0 {
			continue
		}
		if lists[p] == 0 {
			lists[p] = b.noted.add(p.notes)
		}
		b.noted.put(len(accounts), int32(account), lists[p])
	}

	return b, nil
}

// bulkRun is a run in progress.
type bulkRun struct {
	c        *Correlator
	p        Population
	accounts []identity.Account
	o        BulkOptions
	b        *Bulk
	pending  []int32     // accounts without decision, ascending
	open     []*progress // by account: what there is to remember about it, only to be read; nil: nothing
	memory   join.Memory
}

// start finds the accounts that are left alone.
func (r *bulkRun) start() {
	r.pending = make([]int32, 0, len(r.accounts))
	e := r.c.evaluator()
	defer r.c.release(e)
	for i := range r.accounts {
		r.b.Identity[i] = -1
		if r.c.excluded(e, &r.accounts[i]) {
			r.b.excluded[int32(i)] = true
		} else {
			r.pending = append(r.pending, int32(i))
		}
	}
}

// people is the identity side of a join.
func (r *bulkRun) people(s *spec) join.Rows {
	return join.Rows{Len: r.p.Len(), Reader: func() join.Reader {
		e := &evaluator{env: r.c.options.Env}
		columns := make([]func(int32) identity.Value, len(s.attributes))
		for i, name := range s.attributes {
			columns[i] = r.p.Column(name)
		}
		if len(s.terms) == 1 && s.terms[0].expression == nil { // nearly all rules
			t := &s.terms[0]
			return func(row int32, emit join.Emit) {
				if text, out, _ := t.text(e, columns[0](row), s.placeholders); out == compared {
					emit(view(text))
				}
			}
		}

		// Conditions of several attributes read their values by name, from the row at hand.
		var now int32
		read := func(attribute string) identity.Value {
			if i := slices.Index(s.attributes, attribute); i >= 0 {
				return columns[i](now)
			}
			return identity.Value{}
		}

		return func(row int32, emit join.Emit) {
			now = row
			key, ok := s.appendKey(e, e.key[:0], read)
			if e.key = key; ok {
				emit(key)
			}
		}
	}}
}

// probes is the account side of a join.
func (r *bulkRun) probes(rule *compiled, accounts []int32) join.Rows {
	return join.Rows{Len: len(accounts), Reader: func() join.Reader {
		e := &evaluator{env: r.c.options.Env}
		plain := len(rule.terms) == 1 && rule.hostRule == nil
		return func(row int32, emit join.Emit) {
			a := &r.accounts[accounts[row]]
			if rule.when != nil && !e.holds(rule.when, a) {
				return
			}
			if plain { // nearly all rules: one text, which need not be kept
				if v, err := rule.terms[0].ofAccount(e, a); err != nil {
					return
				} else if v.Kind() != identity.List {
					if text, out, _ := rule.terms[0].text(e, v, rule.key.placeholders); out == compared {
						emit(view(text))
					}
					return
				}
			}

			// An account with a list, several conditions or a rule of the host may have many keys, and
			// each is a probe.
			if out, _ := rule.keys(e, a); out == compared {
				for _, key := range e.keys {
					emit(key)
				}
			}
		}
	}}
}

// view returns the bytes of a text, which must not be changed.
func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// join applies one rule to all pending accounts.
func (r *bulkRun) join(i int) {
	rule := &r.c.rules[i]
	first := r.memory.Run(r.people(&rule.key), r.probes(rule, r.pending), r.o.Workers)
	second := r.viaFallback(rule, first)
	r.decide(i, first.Probes(), first.Row, func(probe int) []int32 {
		if found := first.Matches(probe); len(found) > 0 {
			return r.holder(&rule.key, found)
		}
		if second != nil {
			return r.holder(rule.fallback, second(probe))
		}
		return nil
	})
}

// viaFallback joins the probes that found nobody with the fallback of the rule.
func (r *bulkRun) viaFallback(rule *compiled, first *join.Result) func(probe int) []int32 {
	if rule.fallback == nil {
		return nil
	}

	// A probe is one key of one account, and the fallback counts only when none of its keys has found
	// anybody; so rows are collected, not probes.
	number := 0
	for probe := range first.Probes() {
		number += btoi(len(first.Matches(probe)) == 0)
	}

	// Rows without match, and their first probe in first.
	rows, starts := make([]int32, 0, number), make([]int32, 0, number)
	for probe := range first.Probes() {
		if row := first.Row(probe); len(first.Matches(probe)) == 0 && (len(rows) == 0 || rows[len(rows)-1] != row) {
			start := probe
			for start > 0 && first.Row(start-1) == row {
				start--
			}
			rows, starts = append(rows, row), append(starts, int32(start))
		}
	}

	accounts := make([]int32, len(rows))
	for i, row := range rows {
		accounts[i] = r.pending[row]
	}
	second := r.memory.Run(r.people(rule.fallback), r.probes(rule, accounts), r.o.Workers)
	if second.Single() { // probe i of second is row i: every row has a key
		return func(probe int) []int32 {
			if i, ok := slices.BinarySearch(starts, int32(probe)); ok {
				return second.Matches(i)
			}
			return nil
		}
	}

	// An account with several keys has several probes in the second join too. They answer for its
	// probes of the first in the same order, since both joins ask for its keys alike.
	at := make(map[int32]int32, second.Probes()) // probe of second by probe of first
	for probe, i := 0, -1; probe < second.Probes(); probe++ {
		if row := int(second.Row(probe)); row != i {
			i = row
		} else {
			starts[i]++
		}

		at[starts[i]] = int32(probe)
	}

	return func(probe int) []int32 {
		if i, ok := at[int32(probe)]; ok {
			return second.Matches(int(i))
		}
		return nil
	}
}

// holder leaves only the best claimant of a uid.
func (r *bulkRun) holder(s *spec, found []int32) []int32 {
	if len(found) < 2 || r.o.UIDOrder == nil || !s.isUID() {
		return found
	}
	best := found[0]
	for _, n := range found[1:] {
		if r.o.UIDOrder(n, best) {
			best = n
		}
	}

	return []int32{best}
}

// scan applies a rule that looks at every identity.
func (r *bulkRun) scan(i int) {
	rule := &r.c.rules[i]
	x := NewIndex()
	column := x.cover(&rule.key)
	emit := join.Reader(r.people(&rule.key).Reader())
	for n := range int32(r.p.Len()) {
		emit(n, func(key []byte) { x.columns[column].put(n, key) })
	}

	// A rule with a match mode compares parts of values, so no key leads to them: every identity is
	// looked at for every account.
	var rows []int32
	var found [][]int32
	e := r.c.evaluator()
	defer r.c.release(e)
	for row, account := range r.pending {
		a := &r.accounts[account]
		if rule.when != nil && !e.holds(rule.when, a) {
			continue
		}
		if out, _ := rule.keys(e, a); out == compared {
			rows = append(rows, int32(row))
			found = append(found, slices.Clone(r.c.scan(x, e, rule)))
		}
	}

	r.decide(i, len(rows), func(probe int) int32 { return rows[probe] }, func(probe int) []int32 { return found[probe] })
}

// chunk is how many pending accounts one worker decides at a time.
const chunk = 1 << 14

// decide applies a rule to the accounts that had keys, in parallel, and keeps
// those pending that are not decided.
func (r *bulkRun) decide(i, probes int, row func(int) int32, matches func(int) []int32) {
	n := (len(r.pending) + chunk - 1) / chunk

	// Parts are cut by accounts, not by probes: probes of one account stand side by side and have to
	// be decided together.
	stopped := make([][]int32, n)
	var wg join.Group
	limit := make(chan struct{}, r.o.Workers)
	for k := range n {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			from := sort.Search(probes, func(p int) bool { return row(p) >= int32(k*chunk) })
			to := sort.Search(probes, func(p int) bool { return row(p) >= int32((k+1)*chunk) })
			stopped[k] = r.decideSome(i, from, to, row, matches)
		})
	}

	// Each worker has written to the places of its accounts; the map is filled by one goroutine.
	wg.Wait()
	for _, some := range stopped {
		for _, account := range some {
			r.b.stopped[account] = true
		}
	}

	r.pending = slices.DeleteFunc(r.pending, func(account int32) bool {
		return r.b.Identity[account] >= 0 || len(r.b.stopped) > 0 && r.b.stopped[account]
	})
}

// decision is what a rule decides by, when it looks at nothing of the account but its key: how far
// the account had come, and the list of those who have the key, by its place in memory.
type decision struct {
	before *progress
	found  *int32
}

// decideSome decides the accounts of some probes, keeps what has to be remembered about them, and
// returns those whose search has ended without an identity.
func (r *bulkRun) decideSome(i, from, to int, row func(int) int32, matches func(int) []int32) (stopped []int32) {
	rule, second := &r.c.rules[i], r.o.RankLast
	known := map[decision]*progress{}
	e := r.c.evaluator()
	defer r.c.release(e)
	e.ranks.follow(r, uint64(i)+1)
	defer e.ranks.follow(nil, 0)
	if rule.predicate != nil {
		e.person.value = Values(r.p)
	}
	for probe := from; probe < to; {
		account := r.pending[row(probe)]
		found := matches(probe)
		next := probe + 1

		// All probes of an account count as one search. Two of its keys that lead to one identity are
		// no ambiguity.
		for ; next < to && row(next) == row(probe); next++ {
			found = append(slices.Clip(slices.Clone(found)), matches(next)...)
		}
		e.ranks.steady = next == probe+1
		if next > probe+1 {
			slices.Sort(found)
			found = slices.Compact(found)
		}

		probe = next
		if len(found) == 0 {
			continue
		}
		now := decision{before: r.open[account], found: &found[0]}

		// Nearly all accounts end here: one candidate, nothing to check, and no memory of earlier
		// rules.
		if now.before == nil && len(found) == 1 && rule.predicate == nil &&
			(second == nil || !r.c.options.CorrelatedOnly) {
			r.b.Identity[account], r.b.rule[account] = found[0], int16(i)
			continue
		}

		// Thousands may share a key. What it decides is worked out once for all who have come as far.
		shared := e.ranks.steady && rule.predicate == nil && rule.matchMode == "" && len(found) > 1
		p := known[now]
		if p == nil || !shared {
			p = &progress{}
			if now.before != nil {
				*p = *now.before
				p.notes = slices.Clip(p.notes)
			}
			r.c.apply(e, &r.accounts[account], rule, found, second, p, nil)
		}
		if shared {
			known[now] = p
		}

		if p.done && p.found.Identity >= 0 {
			r.b.Identity[account], r.b.rule[account] = p.found.Identity, int16(i)
			continue // its notes are those from before
		}
		if len(p.notes) > 0 || p.remaining != nil || p.done {
			r.open[account] = p
		}
		if p.done {
			stopped = append(stopped, account)
		}
	}

	return stopped
}
