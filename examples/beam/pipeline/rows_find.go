package pipeline

import (
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/profile"
)

// Named is what an identity is found by as a manager, as it is.
type Named struct{ Alias, Order, Attribute, Text string }

// Lost are look-ups of managers that have found nobody, those that a run asks about,
// and how many people they are chosen from.
type Lost struct {
	List   []profile.LostManager
	People int
}

// merge chooses from both; it leaves them as they are.
func (x Lost) merge(_ int, other Lost) Lost {
	sum := Lost{List: x.List, People: x.People + other.People}
	if len(other.List) > 0 {
		sum.List = profile.FirstLost(append(x.List[:len(x.List):len(x.List)], other.List...))
	}
	return sum
}

// Near is who is near to a look-up.
type Near struct {
	Lost profile.LostManager
	Named
	How string
}

// merge keeps who comes first.
func (x Near) merge(_ int, other Near) Near {
	if other.Order < x.Order {
		return other
	}
	return x
}

// Probe is what the rule of a source gives for an account; no line when all is well.
type Probe struct{ Order, Line string }

// Probes are those of a source that come first.
type Probes struct{ List []Probe }

// merge keeps those that come first, as many as a run looks at.
func (x Probes) merge(_ int, other Probes) Probes {
	all := slices.Concat(x.List, other.List)
	slices.SortFunc(all, func(a, b Probe) int { return strings.Compare(a.Order, b.Order) })
	return Probes{all[:min(len(all), profile.MaxProbed)]}
}

// Line is a line of an output.
type Line struct{ Output, Text string }

func init() {
	beam.RegisterCoder(reflect.TypeFor[Named](), encodeNamed, decodeNamed)
	beam.RegisterCoder(reflect.TypeFor[Lost](), encodeLost, decodeLost)
	beam.RegisterCoder(reflect.TypeFor[Near](), encodeNear, decodeNear)
	beam.RegisterCoder(reflect.TypeFor[Probes](), encodeProbes, decodeProbes)
	beam.RegisterCoder(reflect.TypeFor[Line](), encodeLine, decodeLine)
}

func encodeNamed(x Named) []byte          { return encoded(&x) }
func decodeNamed(b []byte) (Named, error) { return decoded[Named](b) }

func encodeLost(x Lost) []byte          { return encoded(&x) }
func decodeLost(b []byte) (Lost, error) { return decoded[Lost](b) }

func encodeNear(x Near) []byte          { return encoded(&x) }
func decodeNear(b []byte) (Near, error) { return decoded[Near](b) }

func encodeProbes(x Probes) []byte          { return encoded(&x) }
func decodeProbes(b []byte) (Probes, error) { return decoded[Probes](b) }

func encodeLine(x Line) []byte          { return encoded(&x) }
func decodeLine(b []byte) (Line, error) { return decoded[Line](b) }

func (x *Named) put(w *writer) {
	w.text(x.Alias)
	w.text(x.Order)
	w.text(x.Attribute)
	w.text(x.Text)
}

func (x *Named) get(r *reader) {
	x.Alias, x.Order, x.Attribute, x.Text = r.Text(), r.Text(), r.Text(), r.Text()
}

func (w *writer) lost(x *profile.LostManager) {
	w.text(x.Attribute)
	w.text(x.Text)
	w.text(x.Order)
	w.text(x.Alias)
}

func (r *reader) lost() profile.LostManager {
	return profile.LostManager{Attribute: r.Text(), Text: r.Text(), Order: r.Text(), Alias: r.Text()}
}

func (x *Lost) put(w *writer) {
	w.uint(uint64(x.People))
	w.uint(uint64(len(x.List)))
	for i := range x.List {
		w.lost(&x.List[i])
	}
}

func (x *Lost) get(r *reader) {
	x.People = int(r.Uvarint())
	for range r.Count() {
		x.List = append(x.List, r.lost())
	}
}

func (x *Near) put(w *writer) {
	w.lost(&x.Lost)
	x.Named.put(w)
	w.text(x.How)
}

func (x *Near) get(r *reader) {
	x.Lost = r.lost()
	x.Named.get(r)
	x.How = r.Text()
}

func (x *Probes) put(w *writer) {
	w.uint(uint64(len(x.List)))
	for _, p := range x.List {
		w.text(p.Order)
		w.text(p.Line)
	}
}

func (x *Probes) get(r *reader) {
	for range r.Count() {
		x.List = append(x.List, Probe{r.Text(), r.Text()})
	}
}

func (x *Line) put(w *writer) {
	w.text(x.Output)
	w.text(x.Text)
}

func (x *Line) get(r *reader) { x.Output, x.Text = r.Text(), r.Text() }
