package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/profile"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*aloneFn]())
	beam.RegisterType(reflect.TypeFor[*meetFn]())
	beam.RegisterType(reflect.TypeFor[*spreadFn]())
	beam.RegisterType(reflect.TypeFor[*labelFn]())
	beam.RegisterType(reflect.TypeFor[*sortOutFn]())
	beam.RegisterType(reflect.TypeFor[*tryFn]())
	beam.RegisterType(reflect.TypeFor[*formFn]())
	beam.RegisterType(reflect.TypeFor[*formAloneFn]())
	beam.RegisterType(reflect.TypeFor[*labelOf]())
	beam.RegisterType(reflect.TypeFor[*sameLabelFn]())
}

// ErrRefused is the error of a run that would exceed a bound.
var ErrRefused = errors.New("the run is refused")

func refused(code, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrRefused, code, fmt.Sprintf(format, args...))
}

// formPeople makes the identities of authoritative accounts.
//
// Accounts meet by keys: those that one looks up and another is found by. Whoever
// may meet is a component, which one worker takes in the order of a run. By what an
// identity is found is known only when all its accounts are: so components are tried
// first, and those that turn out to meet others become one with them. The last time
// that must not happen.
//
// It returns the identities by their ids, those of components and those of accounts
// that meet nobody.
func (p *plan) formPeople(s beam.Scope, rows beam.PCollection) []beam.PCollection {
	// Keys of an account alone are a first guess of what its identity looks up and is found by.
	s = s.Scope("form")
	uses, accounts := beam.ParDo2(s, &aloneFn{Worker: p.worker("keys of accounts")}, rows)
	usesOf := packed[KeyUse](p, s, "keys of accounts", uses)
	keyed := packed[Row](p, s, "accounts by key", accounts)
	edges := p.meet(s, usesOf, "accounts that meet")

	// Each merge may give a component keys that it did not have before. How often this can happen has no bound, so
	// the job has one, and the end is checked.
	for i := range p.job.Bounds.Merges {
		s := s.Scope(fmt.Sprint("merge ", i+1))
		_, together := p.sortOut(s, p.labels(s, edges, fmt.Sprint("merge ", i+1)), keyed)
		tried := beam.ParDo(s, &tryFn{Worker: p.worker("components as a trial")},
			beam.GroupByKey(s, packed[Row](p, s, "components as a trial", together)))
		keys := beam.Flatten(s, usesOf, packed[KeyUse](p, s, "keys of components as a trial", tried))
		edges = beam.Flatten(s, edges, p.meet(s, keys, "components that meet"))
	}

	// The last labels decide; from here on components are only formed.
	labels := p.labels(s, edges, "the end")
	alone, together := p.sortOut(s, labels, keyed)
	people, found, used := beam.ParDo3(s, &formFn{Worker: p.worker("components")},
		beam.GroupByKey(s, packed[Row](p, s, "components", together)))
	people2, found2 := beam.ParDo2(s, &formAloneFn{Worker: p.worker("accounts alone")}, alone)
	p.say(found, found2)

	// Nobody may meet any more who is not in one component.
	late := p.meet(s, beam.Flatten(s, usesOf, packed[KeyUse](p, s, "keys of components", used)), "late meetings")
	ends := beam.ParDo(s, &labelOf{Worker: p.worker("late meetings")},
		beam.CoGroupByKey(s, labels, packed[string](p, s, "late meetings", late)))
	beam.ParDo0(s, &sameLabelFn{Worker: p.worker("late meetings")},
		beam.CoGroupByKey(s, labels, packed[string](p, s, "ends of late meetings", ends)))
	return []beam.PCollection{people, people2}
}

// keyText writes a key as a text.
func keyText(k correlate.Key) string {
	return string(append(binary.AppendVarint(nil, int64(k.Column)), k.Text...))
}

func textKey(text string) correlate.Key {
	column, n := binary.Varint([]byte(text))
	return correlate.Key{Column: int(column), Text: text[max(n, 0):]}
}

// aloneFn says what keys an authoritative account has, alone.
type aloneFn struct{ Worker }

// ProcessElement yields keys and the account by its name.
func (f *aloneFn) ProcessElement(row Row, uses func(string, KeyUse), keyed func(string, Row)) error {
	return f.do(func() (func(), error) {
		name := accountKey(row.Account.Key())

		// A key may be looked up and found by in one account, and is sent once.
		byKey := map[string]KeyUse{}
		for _, k := range f.steps.AccountKeys(&row.Account) {
			byKey[keyText(k)] = KeyUse{Account: name, Looks: true}
		}
		person := f.steps.Alone(row.PlacedAccount)
		keys, _, err := f.steps.PersonKeys(&person)
		for _, k := range keys {
			use := byKey[keyText(k)]
			byKey[keyText(k)] = KeyUse{Account: name, Looks: use.Looks, Found: true}
		}

		// Keys are sorted because a retry must hand on the same in the same order.
		return func() {
			for _, k := range slices.Sorted(maps.Keys(byKey)) {
				uses(k, byKey[k])
			}
			keyed(name, row)
		}, err
	})
}

// meet yields the edges between accounts one of which looks up a key by which the
// other is found.
func (p *plan) meet(s beam.Scope, uses beam.PCollection, stage string) beam.PCollection {
	return beam.ParDo(s, &meetFn{Worker: p.worker(stage)}, beam.GroupByKey(s, uses))
}

type meetFn struct{ Worker }

// ProcessElement yields both directions of each edge: from the first account by name
// to each of the others.
func (f *meetFn) ProcessElement(_ int, packs func(*[]byte) bool, edges func(string, string)) error {
	return each(packs, func(key string, uses func(*KeyUse) bool) error { return f.one(key, uses, edges) })
}

func (f *meetFn) one(key string, uses func(*KeyUse) bool, edges func(string, string)) error {
	looks, found := false, false
	names := map[string]bool{}
	var use KeyUse
	for uses(&use) {
		// A key that is only looked up, or only found by, connects nobody, however many share it: it is no reason
		// to refuse.
		looks, found = looks || use.Looks, found || use.Found
		if bound := f.work.Bounds.Component; len(names) <= bound {
			names[use.Account] = true // names beyond the bound change nothing
		} else if looks && found {
			break
		}
	}

	if !looks || !found {
		return nil
	}
	if len(names) > f.work.Bounds.Component {
		return refused("component-too-large", "more than %d authoritative accounts share the key %q",
			f.work.Bounds.Component, textKey(key).Text)
	}
	return f.do(func() (func(), error) {
		list := slices.Sorted(maps.Keys(names))
		return func() {
			// All names are tied to the first. A star connects as well as all pairs, with fewer edges.
			for _, name := range list[1:] {
				edges(list[0], name)
				edges(name, list[0])
			}
		}, nil
	})
}

// labels gives each account of an edge the first name of its component, by hash to
// min: everybody knows a set of names, tells all of them to the first of them and the
// first to all. Rounds grow with the logarithm of the distance in a component. One
// more round shows that nothing changes.
func (p *plan) labels(s beam.Scope, edges beam.PCollection, of string) beam.PCollection {
	s = s.Scope("labels")
	known := edges
	for i := range p.job.Bounds.Labels {
		round := &spreadFn{Worker: p.worker("labels"), First: i == 0, Last: i == p.job.Bounds.Labels-1}
		known = beam.ParDo(s, round, beam.GroupByKey(s, packed[string](p, s, "labels of "+of, known)))
	}

	labels := beam.ParDo(s, &labelFn{Worker: p.worker("labels")},
		beam.GroupByKey(s, packed[string](p, s, "labels of "+of, known)))
	return packed[string](p, s, "labels of "+of, labels)
}

// spreadFn is a round. In the last one what somebody knew is sent along with a mark.
type spreadFn struct {
	Worker
	First, Last bool
}

const beforeMark = "\x00before"

// ProcessElement yields what is told to whom.
func (f *spreadFn) ProcessElement(_ int, packs func(*[]byte) bool, tell func(string, string)) error {
	return each(packs, func(name string, told func(*string) bool) error { return f.one(name, told, tell) })
}

func (f *spreadFn) one(name string, told func(*string) bool, tell func(string, string)) error {
	known, _, err := f.known(name, f.First, told)

	// The smallest name that anybody knows spreads: everybody tells it to those they know.
	if err != nil {
		return err
	}
	return f.do(func() (func(), error) {
		return func() {
			for _, other := range known {
				tell(known[0], other)
				tell(other, known[0])
				if f.Last {
					tell(name, beforeMark+other)
				}
			}
		}, nil
	})
}

// known gathers the names that somebody knows, the own one among them at first, and
// those with a mark.
func (w *Worker) known(name string, first bool, told func(*string) bool) (known, before []string, err error) {
	now, then := map[string]bool{}, map[string]bool{}
	var other string
	for told(&other) {
		if mark := len(beforeMark); len(other) >= mark && other[:mark] == beforeMark {
			then[other[mark:]] = true
		} else {
			now[other] = true
		}

		// The bound is held while reading, before the names of a huge component are in memory.
		if len(now) > w.work.Bounds.Component {
			return nil, nil, refused("component-too-large",
				"more than %d authoritative accounts share keys, among them %q",
				w.work.Bounds.Component, name)
		}
	}

	if first { // the edges
		now[name] = true
	}
	return slices.Sorted(maps.Keys(now)), slices.Sorted(maps.Keys(then)), nil
}

// labelFn ends the rounds.
type labelFn struct{ Worker }

// ProcessElement yields the labels of accounts.
func (f *labelFn) ProcessElement(_ int, packs func(*[]byte) bool, labels func(string, string)) error {
	return each(packs, func(name string, told func(*string) bool) error { return f.one(name, told, labels) })
}

func (f *labelFn) one(name string, told func(*string) bool, labels func(string, string)) error {
	known, before, err := f.known(name, false, told)
	if err != nil {
		return err
	}
	if !slices.Equal(known, before) {
		return refused("component-unsettled", "the accounts of the component of %q do not know each other after %d rounds",
			name, f.work.Bounds.Labels)
	}
	return f.do(func() (func(), error) { return func() { labels(name, known[0]) }, nil })
}

// sortOut yields the accounts that meet nobody, and the others by component.
func (p *plan) sortOut(s beam.Scope, labels, keyed beam.PCollection) (alone, together beam.PCollection) {
	return beam.ParDo2(s, &sortOutFn{Worker: p.worker("accounts of components")}, beam.CoGroupByKey(s, labels, keyed))
}

type sortOutFn struct{ Worker }

// ProcessElement yields accounts.
func (f *sortOutFn) ProcessElement(_ int, labels, rows func(*[]byte) bool, alone func(Row),
	together func(string, Row)) error {
	return eachOf(labels, rows, func(_ string, labels func(*string) bool, rows func(*Row) bool) error {
		return f.one(labels, rows, alone, together)
	})
}

func (f *sortOutFn) one(labels func(*string) bool, rows func(*Row) bool, alone func(Row),
	together func(string, Row)) error {
	var row Row
	var label string

	// Whoever has no label meets nobody and needs no component.
	labelled := labels(&label)
	if !rows(&row) {
		return nil
	}
	return f.do(func() (func(), error) {
		return func() {
			if labelled {
				together(label, row)
			} else {
				alone(row)
			}
		}, nil
	})
}

// tryFn forms a component to see by what its people are found.
type tryFn struct{ Worker }

// ProcessElement yields the keys of the people, under the label.
func (f *tryFn) ProcessElement(_ int, packs func(*[]byte) bool, uses func(string, KeyUse)) error {
	return each(packs, func(label string, rows func(*Row) bool) error {
		list := placed(rows)
		return f.do(func() (func(), error) {
			formed, err := f.steps.Form(list)
			return func() { usesOf(label, formed, uses) }, err
		})
	})
}

func usesOf(label string, formed *profile.Formed, uses func(string, KeyUse)) {
	for _, k := range formed.Keys {
		uses(keyText(k), KeyUse{Account: label, Found: true})
	}
}

// formFn makes the identities of a component.
type formFn struct{ Worker }

// ProcessElement yields the people, lines, and the keys of the people.
func (f *formFn) ProcessElement(_ int, packs func(*[]byte) bool, people func(string, Person), lines func(Line),
	uses func(string, KeyUse)) error {
	return each(packs, func(label string, rows func(*Row) bool) error {
		list := placed(rows)
		return f.do(func() (func(), error) {
			formed, err := f.steps.Form(list)
			return func() {
				formedLines(formed, people, lines)
				usesOf(label, formed, uses)
			}, err
		})
	})
}

func formedLines(formed *profile.Formed, people func(string, Person), lines func(Line)) {
	for _, q := range formed.People {
		people(q.ID, Person{q})
	}
	for i := range formed.Left {
		lines(UncorrelatedLine(&formed.Left[i].Account, formed.Left[i].Unlinked))
	}
	findings(lines, formed.Findings)
}

// formAloneFn makes the identity of an account that meets nobody.
type formAloneFn struct{ Worker }

// ProcessElement yields the identity, if the account makes one, and lines.
func (f *formAloneFn) ProcessElement(row Row, people func(string, Person), lines func(Line)) error {
	return f.do(func() (func(), error) {
		formed, err := f.steps.Form([]profile.PlacedAccount{row.PlacedAccount})
		return func() { formedLines(formed, people, lines) }, err
	})
}

// labelOf gives each edge the label of where it comes from.
type labelOf struct{ Worker }

// ProcessElement yields the label by where the edge goes.
func (f *labelOf) ProcessElement(_ int, labels, edges func(*[]byte) bool, to func(string, string)) error {
	return eachOf(labels, edges, func(name string, labels, edges func(*string) bool) error {
		own, end := ownLabel(name, labels), ""
		return f.do(func() (func(), error) {
			return func() {
				for edges(&end) {
					to(end, own)
				}
			}, nil
		})
	})
}

// ownLabel is the label of a name: of one that meets nobody, itself.
func ownLabel(name string, labels func(*string) bool) string {
	var own string
	if labels(&own) {
		return own
	}
	return name
}

// sameLabelFn refuses edges between components.
type sameLabelFn struct{ Worker }

// ProcessElement compares the labels of both ends.
func (f *sameLabelFn) ProcessElement(_ int, labels, others func(*[]byte) bool) error {
	return eachOf(labels, others, func(name string, labels, others func(*string) bool) error {
		own := ownLabel(name, labels)
		var other string
		for others(&other) {
			if other != own {
				return refused("components-unsettled", "accounts of the components of %q and %q meet after %d merges",
					own, other,
					f.work.Bounds.Merges)
			}
		}
		return nil
	})
}
