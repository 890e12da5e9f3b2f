package pipeline

import (
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*probeFn]())
	beam.RegisterType(reflect.TypeFor[*probedFn]())
}

// probe asks account correlation rules of the settings once more, to find out what is
// wrong with them.
func (p *plan) probe(s beam.Scope, rows ...beam.PCollection) beam.PCollection {
	s = s.Scope("probe")
	probes := make([]beam.PCollection, len(rows))
	for i, list := range rows {
		probes[i] = beam.ParDo(s, &probeFn{Worker: p.worker("rules")}, list)
	}
	return beam.ParDo(s, &probedFn{Worker: p.worker("rules")},
		beam.GroupByKey(s, mergedPacks[Probes](p, s, "what rules give", probes...)))
}

// probeFn asks the rule of an account's source, if it has one.
type probeFn struct{ Worker }

// ProcessElement yields what is wrong, by source.
func (f *probeFn) ProcessElement(row Row, probes func(string, Probes)) error {
	if !slices.Contains(f.work.engine.ProbedSources(), row.Account.Source) {
		return nil
	}
	return f.do(func() (func(), error) {
		order, found := f.steps.Probe(&row.PlacedAccount)
		one := Probe{Order: order}
		for _, d := range found {
			one.Line = FindingLine(d).Text
		}
		return func() { probes(row.Account.Source, Probes{[]Probe{one}}) }, nil
	})
}

// probedFn reports the first that says something.
type probedFn struct{ Worker }

// ProcessElement yields the findings.
func (f *probedFn) ProcessElement(_ int, packs func(*[]byte) bool, lines func(Line)) error {
	return eachMerged(0, packs, func(_ string, first *Probes) error {
		return f.do(func() (func(), error) {
			i := slices.IndexFunc(first.List, func(x Probe) bool { return x.Line != "" })
			return func() {
				if i >= 0 {
					lines(Line{OutFindings, first.List[i].Line})
				}
			}, nil
		})
	})
}
