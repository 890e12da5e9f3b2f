package workbench

import (
	"context"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// lazy is what is found out about a snapshot when somebody asks for it first.
type lazy struct {
	aheadOnce memo[*aheadAnswer]
	data      memo[*dataAnswer]
	links     links
}

// memo is a value that is calculated once. A calculation that fails is done again, and one
// whose caller has gone is not kept.
type memo[T any] struct {
	mu    sync.Mutex
	value T
	done  bool
}

func (m *memo[T]) get(calculate func() (T, error)) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		return m.value, nil
	}
	v, err := calculate()
	if err == nil {
		m.value, m.done = v, true
	}
	return v, err
}

// maxTransitions is how many people are listed who change by themselves.
const maxTransitions = 500

// ahead evaluates everybody's lifecycle state at the beginning of each of the next twelve months.
func (l *lazy) ahead(ctx context.Context, n *snapshot) (*aheadAnswer, error) {
	return l.aheadOnce.get(func() (*aheadAnswer, error) {
		const months = 12
		a := &aheadAnswer{From: n.now, To: n.now.AddDate(0, months, 0), People: []transition{}}

		// Workers take people and not months, since reading a person costs more than evaluating one.
		parts, err := inParallel(n, func(from, to int) ([][]transition, error) {
			moves := make([][]transition, months)
			at := make([]*profile.Evaluator, months+1)
			for m := range at {
				at[m] = n.statesAt(ctx, n.now.AddDate(0, m, 0))
			}
			for i := from; i < to; i++ {
				p, last := n.population.Result(i), ""
				for m, v := range at {
					// Only who depends on time can change; for all others today says everything.
					if p.Identity.Profile == "" || !n.engine.TimeBased(p.Identity.Profile) && m > 0 {
						continue
					}
					r, err := v.Evaluate(p.Identity)
					if err != nil {
						return nil, err
					}
					state := lifecycleState(r)
					if m > 0 && state != last {
						moves[m-1] = append(moves[m-1], transition{personRef: refOf(p),
							Date: n.now.AddDate(0, m, 0).Format(time.DateOnly), From: last, To: state})
					}
					last = state
				}
			}

			return moves, nil
		})

		if err != nil {
			return nil, err
		}

		// Every month is in the chart, those without a change too: a gap says when nothing happens.
		chart := &report.Chart{Kind: report.Columns,
			Title: "Lifecycle states that change with the date alone, by month",
			Unit:  "identities"}
		for m := range months {
			month := monthOf{Month: n.now.AddDate(0, m+1, 0).Format("2006-01")}
			for _, part := range parts {
				month.Count += len(part[m])
				for _, t := range part[m] {
					// The list is bounded, the counts are not.
					if len(a.People) < maxTransitions {
						a.People = append(a.People, t)
					}
				}
			}

			a.Total += month.Count
			a.Months = append(a.Months, month)
			chart.Data = append(chart.Data, report.Datum{Name: n.now.AddDate(0, m+1, 0).Format("Jan"),
				Value: int64(month.Count), Tone: "4"})
		}

		a.Chart = chart.String()
		return a, nil
	})
}

// inParallel cuts the population into as many parts as there are workers.
func inParallel[T any](n *snapshot, work func(from, to int) (T, error)) ([]T, error) {
	all := n.population.Len()
	workers := max(n.population.Options.Workers, 1)

	// Parts are put together in the order of people, so an answer is the same for any number of
	// workers.
	size := (all + workers - 1) / workers
	parts, errs := make([]T, workers), make([]error, workers)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { parts[w], errs[w] = work(min(w*size, all), min((w+1)*size, all)) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}

	return parts, nil
}
