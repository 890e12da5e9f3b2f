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
	beam.RegisterType(reflect.TypeFor[*nearFn]())
	register.Emitter1[Lost]()
	register.Iter1[Lost]()
}

// near finds who is near to managers that nobody is. The look-ups that count are few,
// so each worker gets them all and compares the texts that it has with them.
//
// The texts wait in packs until it is known who is lost.
func (p *plan) near(s beam.Scope, lost beam.PCollection, texts []beam.PCollection) beam.PCollection {
	s = s.Scope("near")
	chosen := beam.ParDo(s, &lostFn{Worker: p.worker("lost managers")},
		beam.GroupByKey(s, mergedPacks[Lost](p, s, "look-ups of nobody", lost)))
	near := beam.ParDo(s, &compareFn{Worker: p.worker("near managers")},
		packed[Named](p, s, kept+"names of managers", texts...), beam.SideInput{Input: chosen})
	return beam.ParDo(s, &nearFn{Worker: p.worker("near managers")},
		beam.GroupByKey(s, mergedPacks[Near](p, s, "near managers", near)))
}

// lostFn chooses the look-ups that a run asks about, and counts people.
type lostFn struct{ Worker }

// ProcessElement yields them; all have one key.
func (f *lostFn) ProcessElement(_ int, packs func(*[]byte) bool, emit func(Lost)) error {
	return eachMerged(0, packs, func(_ string, all *Lost) error {
		return f.do(func() (func(), error) { return func() { emit(*all) }, nil })
	})
}

// compareFn compares a text with all look-ups.
type compareFn struct {
	Worker
	lost     []profile.LostManager
	compared *profile.NearManagers
}

// ProcessElement yields the look-ups that the texts are near to, by what they look for.
func (f *compareFn) ProcessElement(_ int, pack []byte, chosen func(*Lost) bool, near func(string, Near)) error {
	// The look-ups are those of the whole run, so the first pack reads them for all.
	if f.compared == nil {
		var lost Lost
		chosen(&lost)
		f.lost, f.compared = lost.List, profile.NewNearManagers(lost.List, lost.People)
	}

	return streamPack(pack, func(_ string, t *Named) error {
		return f.do(func() (func(), error) {
			list := f.compared.Compare(t.Attribute, t.Text)
			return func() {
				for _, x := range list {
					if l := f.lost[x.Lost]; l.Order != t.Order {
						near(lookupText(profile.Lookup{Attribute: l.Attribute, Value: l.Text}),
							Near{Lost: l, Named: *t, How: x.How})
					}
				}
			}, nil
		})
	})
}

// nearFn reports who is near.
type nearFn struct{ Worker }

// ProcessElement yields the findings.
func (f *nearFn) ProcessElement(_ int, packs func(*[]byte) bool, lines func(Line)) error {
	return eachMerged(0, packs, func(_ string, n *Near) error {
		return f.do(func() (func(), error) {
			return func() { lines(FindingLine(profile.NearManagerFinding(n.Lost, n.Alias, n.Text, n.How))) }, nil
		})
	})
}
