package profile

import (
	"context"
	"iter"

	"github.com/idprofile/engine/identity"
)

// Again yields what another engine gives for the same accounts where what p has found
// is stored: the results of [Engine.Run] from that state. Nothing is read again, and the
// accounts are not copied. Of the options, Stored and Incremental are not looked at.
func (p *People) Again(ctx context.Context, e *Engine, o RunOptions) iter.Seq2[*Result, error] {
	o.Stored, o.Incremental = nil, false
	return func(yield func(*Result, error) bool) {
		again := newPhases(ctx, e.NewRun(o))
		again.reader.before = p
		if err := again.all(nil); err != nil {
			yield(nil, err)
			return
		}

		again.builder.results(yield)
	}
}

// readBefore makes tables of what another run has found: those that reading its outcome from
// a store, and then its accounts from their sources, would make.
func (rd *reader) readBefore() error {
	old := rd.before.phases
	rd.accounts, rd.named = old.accounts.Over(), len(rd.before.order) > 0
	for _, x := range rd.before.byID {
		if err := rd.ctx.Err(); err != nil {
			return err
		}

		// The same tables as from a store, without writing one: results stand for what would have been
		// stored.
		from, n := rd.before.order[x.at], int32(len(rd.people))
		rd.people = append(rd.people, person{first: -1, last: -1, alias: -1, profile: -1, auth: -1})
		i := old.builder.result(from).Identity
		accounts := i.Accounts
		i.Accounts = nil
		rd.stored = append(rd.stored, i)
		rd.withExceptions += btoi(len(i.ExceptionCodes) > 0)
		rd.byID[i.ID] = n
		at := 0
		for a := old.people[from].first; a >= 0; a = old.state[a].next {
			rd.linkStored(rd.takeBefore(a, &accounts[at]), &accounts[at], n, at == 0)
			at++
		}
	}

	// Accounts without identity come last, as from a store.
	for _, a := range rd.before.phases.left() {
		account := old.accounts.At(a)
		rd.linkStored(rd.takeBefore(a, &account), &account, -1, false)
	}
	for n := range rd.people {
		rd.people[n].linksChanged = false
	}
	rd.stillThere()
	return rd.ctx.Err()
}

// takeBefore takes an account of the other run in, as its source has it still.
func (rd *reader) takeBefore(from int32, a *identity.Account) int32 {
	return rd.keyed(rd.begun(rd.accounts.Take(rd.before.phases.accounts, from), a), a)
}

// stillThere marks the accounts of the sources that the engine knows as those that the data
// have; those of the others are left out, which is said.
func (rd *reader) stillThere() {
	for number, name := range rd.accounts.Names {
		if rd.engine.sources[name] == nil {
			rd.reportUnknown(name)
			continue
		}

		rd.keepAll(uint16(number))
	}
}

// keepAll takes all accounts of a source as they are stored, and returns how many they are.
func (rd *reader) keepAll(source uint16) (count int) {
	for n := range rd.state {
		if rd.accounts.Sources[n] == source {
			rd.state[n].presence, rd.state[n].pending = kept, rd.opts.Recorrelate
			count++
		}
	}
	return count
}
