package pipeline

import (
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/idprofile/engine/profile"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*probeFn]())
	beam.RegisterType(reflect.TypeFor[*firstProbesFn]())
	beam.RegisterType(reflect.TypeFor[*probedFn]())
	register.Emitter2[string, Probes]()
}

// probe asks account correlation rules of the settings once more, to find out what is
// wrong with them.
func (p *plan) probe(s beam.Scope, rows beam.PCollection) beam.PCollection {
	s = s.Scope("probe")
	probes := beam.ParDo(s, &probeFn{Worker: p.worker("rules")}, rows)
	return beam.ParDo(s, &probedFn{Worker: p.worker("rules")}, beam.CombinePerKey(s, &firstProbesFn{}, probes))
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

// firstProbesFn keeps those that come first, as many as a run looks at.
type firstProbesFn struct{}

// MergeAccumulators chooses from both; it leaves them as they are.
func (f *firstProbesFn) MergeAccumulators(a, b Probes) Probes {
	all := slices.Concat(a.List, b.List)
	slices.SortFunc(all, func(a, b Probe) int { return strings.Compare(a.Order, b.Order) })
	return Probes{all[:min(len(all), profile.MaxProbed)]}
}

// probedFn reports the first that says something.
type probedFn struct{ Worker }

// ProcessElement yields the finding.
func (f *probedFn) ProcessElement(_ string, p Probes, lines func(Line)) error {
	return f.do(func() (func(), error) {
		i := slices.IndexFunc(p.List, func(x Probe) bool { return x.Line != "" })
		return func() {
			if i >= 0 {
				lines(Line{OutFindings, p.List[i].Line})
			}
		}, nil
	})
}
