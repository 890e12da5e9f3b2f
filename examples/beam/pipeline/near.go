package pipeline

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/idprofile/engine/profile"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*lostFn]())
	beam.RegisterType(reflect.TypeFor[*compareFn]())
	beam.RegisterType(reflect.TypeFor[*nearestFn]())
	beam.RegisterType(reflect.TypeFor[*nearFn]())
	register.Emitter1[Named]()
	register.Emitter1[Lost]()
	register.Emitter2[string, Near]()
	register.Iter1[Lost]()
}

// near finds who is near to managers that nobody is. The look-ups that count are few,
// so each worker gets them all and compares the texts that it has with them.
func (p *plan) near(s beam.Scope, lost, texts beam.PCollection) beam.PCollection {
	s = s.Scope("near")
	chosen := beam.Combine(s, &lostFn{}, lost)
	near := beam.ParDo(s, &compareFn{Worker: p.worker("near managers")}, texts, beam.SideInput{Input: chosen})
	return beam.ParDo(s, &nearFn{Worker: p.worker("near managers")}, beam.CombinePerKey(s, &nearestFn{}, near))
}

// lostFn chooses the look-ups that a run asks about, and counts people.
type lostFn struct{}

// MergeAccumulators chooses from both; it leaves them as they are.
func (f *lostFn) MergeAccumulators(a, b Lost) Lost {
	sum := Lost{List: a.List, People: a.People + b.People}
	if len(b.List) > 0 {
		sum.List = profile.FirstLost(append(a.List[:len(a.List):len(a.List)], b.List...))
	}
	return sum
}

// compareFn compares a text with all look-ups.
type compareFn struct {
	Worker
	lost     []profile.LostManager
	compared *profile.NearManagers
}

// ProcessElement yields the look-ups that the text is near to, by what they look for.
func (f *compareFn) ProcessElement(t Named, chosen func(*Lost) bool, near func(string, Near)) error {
	// The look-ups are those of the whole run, so the first element reads them for all.
	if f.compared == nil {
		var lost Lost
		chosen(&lost)
		f.lost, f.compared = lost.List, profile.NewNearManagers(lost.List, lost.People)
	}

	return f.do(func() (func(), error) {
		list := f.compared.Compare(t.Attribute, t.Text)
		return func() {
			for _, x := range list {
				if l := f.lost[x.Lost]; l.Order != t.Order {
					near(lookupText(profile.Lookup{Attribute: l.Attribute, Value: l.Text}), Near{Lost: l, Named: t, How: x.How})
				}
			}
		}, nil
	})
}

// nearestFn keeps who comes first.
type nearestFn struct{}

// MergeAccumulators chooses one of two.
func (f *nearestFn) MergeAccumulators(a, b Near) Near {
	if a.Order == "" || b.Order != "" && b.Order < a.Order {
		return b
	}
	return a
}

// nearFn reports who is near.
type nearFn struct{ Worker }

// ProcessElement yields the finding.
func (f *nearFn) ProcessElement(_ string, n Near, lines func(Line)) error {
	return f.do(func() (func(), error) {
		return func() { lines(FindingLine(profile.NearManagerFinding(n.Lost, n.Alias, n.Text, n.How))) }, nil
	})
}
