package correlate

import (
	"cmp"
	"context"
	"slices"
)

// Effects is [Correlator.Effects] on what the rules are known to say. Base is what
// they find in order.
//
// A normaliser leaves most values as they are. Only accounts whose key it changes,
// or that look for the key of an identity whose key it changes, are decided again.
func (ev *Evidence) Effects(ctx context.Context, p Population, base *Bulk) ([]Effect, error) {
	var effects []Effect
	for k := range ev.c.rules {
		r := &ev.c.rules[k]

		// Nobody can put a normaliser into a rule of the host, or between an account's id and the name
		// it is to equal.
		if r.hostRule != nil || r.id == "default id" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		changes, err := ev.tryFixes(ctx, p, base, k, r.missing())
		if err != nil {
			return nil, err
		}
		for _, e := range changes {
			if len(e.Change.Gained)+len(e.Change.Lost)+len(e.Change.Moved) > 0 {
				effects = append(effects, e)
			}
		}
	}

	slices.SortStableFunc(effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(len(b.Change.Gained), len(a.Change.Gained)),
			cmp.Compare(len(a.Change.Lost), len(b.Change.Lost)))
	})
	return effects, nil
}

// missing are the normalisers that could help and that no condition of a rule has.
func (r *compiled) missing() []string {
	var fixes []string
	for _, d := range differences {
		has := slices.ContainsFunc(r.terms, func(t term) bool {
			return slices.ContainsFunc(t.steps, func(s step) bool { return s.name == d.fix })
		})
		if d.fix != "" && !has {
			fixes = append(fixes, d.fix)
		}
	}

	return fixes
}

// plain reports whether a rule compares one attribute as it is, so that its key
// is the normalised value.
func (r *compiled) plain() bool {
	return len(r.terms) == 1 && r.matchMode == "" && r.terms[0].unit == nil &&
		r.key.terms[0].unit == nil && r.key.terms[0].expression == nil
}

// tryFixes returns what each of some normalisers would change in rule k.
func (ev *Evidence) tryFixes(ctx context.Context, p Population, base *Bulk, k int, fixes []string) ([]Effect, error) {
	r := &ev.c.rules[k]
	var effects []Effect

	// Most fixes are tried without running anything: rules of one attribute keep what they found, and
	// only keys that change are looked at.
	var trials []*trial
	for _, fix := range fixes {
		changed, ok := ev.c.With(r.id, fix)
		if !ok {
			continue
		}
		effects = append(effects, Effect{Rule: r.id, Criterion: r.label, Fix: fix})
		if r.plain() && !ev.narrows && ev.x.UIDOrder == nil {
			trials = append(trials, newTrial(fix, r, &changed.rules[k]))
			continue
		}

		// Nothing is known of the other rules: they all run again.
		after, err := changed.Run(ctx, p, ev.accounts, BulkOptions{RankLast: ev.x.RankLast, UIDOrder: ev.x.UIDOrder})
		if err != nil {
			return nil, err
		}
		effects[len(effects)-1].Change = Compare(base, after)
	}

	if len(trials) == 0 {
		return effects, nil
	}

	// Every trial of a rule is served in the same pass over the identities: reading them is what
	// costs.
	ev.alter(p, &r.key, trials, func(t *trial) **altered { return &t.main })
	if r.fallback != nil {
		ev.alter(p, r.fallback, trials, func(t *trial) **altered { return &t.fallback })
	}
	for i, t := range trials {
		t.change = &effects[i].Change
	}
	ev.retry(p, base, k, trials)
	return effects, nil
}
