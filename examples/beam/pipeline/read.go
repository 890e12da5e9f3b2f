package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/idprofile/engine/examples/beam/shards"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*readFn]())
	beam.RegisterType(reflect.TypeFor[*duplicatesFn]())
	beam.RegisterType(reflect.TypeFor[*stableFn]())
	register.Emitter1[Row]()
	register.Emitter1[Line]()
}

// accounts are the accounts of the shards, each once.
type accounts struct{ authoritative, others beam.PCollection }

// readAccounts reads the shards. Rows of one account come together by its key, rows
// of one stable id by that.
func (p *plan) readAccounts(s beam.Scope, list []shards.Shard) accounts {
	s = s.Scope("read")
	texts := make([]string, len(list))
	for i, shard := range list {
		b, _ := json.Marshal(shard) // texts and a number
		texts[i] = string(b)
	}

	from := beam.Reshuffle(s, beam.CreateList(s, texts))
	rows, stable, found, counts := beam.ParDo4(s, &readFn{Worker: p.worker("read")}, from)
	authoritative, others, duplicates, counts2 := beam.ParDo4(s, &duplicatesFn{Worker: p.worker("duplicates")},
		beam.GroupByKey(s, packed[Row](p, s, "rows", rows)))
	again := beam.ParDo(s, &stableFn{Worker: p.worker("stable ids")},
		beam.GroupByKey(s, packed[Row](p, s, "rows by stable id", stable)))
	p.say(found, duplicates, again)
	p.count(counts, counts2)
	return accounts{authoritative, others}
}

// accountKey is what rows of one account have in common.
func accountKey(k identity.AccountKey) string { return k.Source + "\x00" + k.NativeIdentity }

// placeOf gives a row its place on its source: shards one after another.
func placeOf(shard, row int) profile.Place { return profile.Place(shard)<<40 | profile.Place(row) }

// readFn reads a shard.
type readFn struct{ Worker }

// ProcessElement yields the rows by account and by stable id, findings about them,
// and counts.
func (f *readFn) ProcessElement(ctx context.Context, text string, rows, stable func(string, Row), lines func(Line),
	counts func(string, int64)) error {
	var shard shards.Shard
	if err := json.Unmarshal([]byte(text), &shard); err != nil {
		return err
	}
	return f.do(func() (func(), error) {
		var list []Row
		var found []Line
		src, err := f.work.source(shard, func(d diag.Diagnostic) { found = append(found, readingLine(d)) })
		if err != nil {
			return nil, err
		}
		for a, err := range src.Accounts(ctx) {
			if err != nil {
				return nil, fmt.Errorf("source %q: %w", shard.Source, err)
			}
			a.Source = shard.Source

			// The place in the data decides ties later, and a shuffle may bring accounts in any order.
			list = append(list, Row{profile.PlacedAccount{Account: a, Place: placeOf(shard.Number, len(list))}})
		}

		// A test reads in another order, which must change nothing.
		if seed := f.work.Test.Shuffle; seed != 0 {
			r := rand.New(rand.NewPCG(seed, uint64(shard.Number)))
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		}

		refused := 0
		if r, ok := src.(identity.Refuser); ok {
			refused = r.Refused()
		}
		return func() {
			for _, row := range list {
				key := accountKey(row.Account.Key())
				rows(key, row)
				if row.Account.UUID != "" {
					stable(row.Account.Source+"\x00"+row.Account.UUID, stableRow(row))
				}
			}

			// Counts are checked at the end against what was written.
			for _, line := range found {
				lines(line)
			}
			counts(countRows, int64(len(list)))
			counts(countRefused, int64(refused))
		}, nil
	})
}

// stableRow is what is compared of rows with one stable id.
func stableRow(row Row) Row {
	a := row.Account
	return Row{profile.PlacedAccount{Place: row.Place,
		Account: identity.Account{Source: a.Source, NativeIdentity: a.NativeIdentity, UUID: a.UUID}}}
}

// duplicatesFn leaves one row of each account.
type duplicatesFn struct{ Worker }

// ProcessElement yields the accounts to those of authoritative sources or to the
// others.
func (f *duplicatesFn) ProcessElement(_ int, packs func(*[]byte) bool, authoritative, others func(Row),
	lines func(Line), counts func(string, int64)) error {
	return each(packs, func(_ string, rows func(*Row) bool) error {
		return f.one(placed(rows), authoritative, others, lines, counts)
	})
}

func (f *duplicatesFn) one(list []profile.PlacedAccount, authoritative, others func(Row), lines func(Line),
	counts func(string, int64)) error {
	return f.do(func() (func(), error) {
		a, found := f.steps.Duplicates(list)
		return func() {
			// Only a source that a profile reads makes identities.
			if f.work.engine.ProfileOf([]identity.Account{a.Account}) != nil {
				authoritative(Row{a})
			} else {
				others(Row{a})
			}

			findings(lines, found)
			if len(list) > 1 {
				counts(countDuplicates, int64(len(list)-1))
			}
		}, nil
	})
}

func placed(rows func(*Row) bool) []profile.PlacedAccount {
	var list []profile.PlacedAccount
	var row Row
	for rows(&row) {
		list = append(list, row.PlacedAccount)
	}
	return list
}

// stableFn reports stable ids that several accounts have.
type stableFn struct{ Worker }

// ProcessElement yields the findings.
func (f *stableFn) ProcessElement(_ int, packs func(*[]byte) bool, lines func(Line)) error {
	return each(packs, func(_ string, rows func(*Row) bool) error {
		list := placed(rows)
		return f.do(func() (func(), error) {
			found := f.steps.StableIDs(list)
			return func() { findings(lines, found) }, nil
		})
	})
}
