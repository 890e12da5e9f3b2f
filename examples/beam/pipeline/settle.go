package pipeline

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*evaluateFn]())
	beam.RegisterType(reflect.TypeFor[*uidFn]())
	beam.RegisterType(reflect.TypeFor[*managerFn]())
	beam.RegisterType(reflect.TypeFor[*finishFn]())
	beam.RegisterType(reflect.TypeFor[*unsettledFn]())
	beam.RegisterType(reflect.TypeFor[*pruneFn]())
	beam.RegisterType(reflect.TypeFor[*oneFn]())
	beam.RegisterType(reflect.TypeFor[*cyclesFn]())
	beam.RegisterType(reflect.TypeFor[*upFn]())
}

// settle evaluates everybody, and answers what somebody asks the others: who holds
// the uid, who is the manager.
func (p *plan) settle(s beam.Scope, people []beam.PCollection) {
	s = s.Scope("settle")
	var evaluated, claims, bosses, texts, searches, unsettled []beam.PCollection
	for _, list := range people {
		a, b, c, d, e, f, excess := beam.ParDo7(s, &evaluateFn{Worker: p.worker("evaluate")}, list)
		evaluated, claims, bosses = append(evaluated, a), append(claims, b), append(bosses, c)
		texts, searches, unsettled = append(texts, d), append(searches, e), append(unsettled, f)
		p.count(excess)
	}

	// Each claim of a uid gets to know the best one, and each look-up of a manager those who have the value.
	holders := beam.ParDo(s, &uidFn{Worker: p.worker("uids")}, beam.CoGroupByKey(s,
		mergedPacks[Claimant](p, s, "best claims of uids", claims...),
		packed[Claimant](p, s, "claims of uids", claims...)))
	managers := beam.ParDo(s, &managerFn{Worker: p.worker("managers")}, beam.CoGroupByKey(s,
		mergedPacks[Boss](p, s, "managers by value", bosses...), packed[string](p, s, "look-ups of managers",
			searches...)))
	lines, reports, lost := beam.ParDo3(s, &finishFn{Worker: p.worker("results")}, beam.CoGroupByKey(s,
		packed[Evaluated](p, s, "evaluated identities", evaluated...),
		packed[Settling](p, s, "answers to identities", holders, managers)))
	moving := beam.ParDo(s, &unsettledFn{Worker: p.worker("unsettled attributes")},
		beam.GroupByKey(s, packed[Report](p, s, "unsettled attributes", unsettled...)))
	p.say(lines, moving, p.cycles(s, reports), p.near(s, lost, texts))
}

// evaluateFn evaluates an identity.
type evaluateFn struct{ Worker }

// ProcessElement yields the identity with its attributes, its claim on its uid, by
// what it is found as a manager, the same as a text, what it looks for its own by, its
// name when its attributes are unsettled or were too long, and how much text it has too
// much.
func (f *evaluateFn) ProcessElement(_ string, q Person, evaluated func(string, Evaluated),
	claims func(string, Claimant), bosses func(string, Boss), texts func(string, Named), searches func(string, string),
	unsettled func(string, Report), excess func(string, int64)) error {
	return f.do(func() (func(), error) {
		e, err := f.steps.Evaluate(&q.Person)
		if err != nil {
			return nil, err
		}
		return func() {
			evaluated(q.ID, travelling(e))
			claimant := Claimant{ID: q.ID, Alias: e.Alias, Claim: e.Claim}
			if e.UID != "" {
				claims(e.UID, claimant)
			}

			// A manager may be found by several values, and each is a key of its own.
			for _, by := range e.FoundBy {
				l := by.Lookup
				bosses(lookupText(l), Boss{Claimant: claimant, Name: e.Name, Order: q.Order,
					Best:  l.Attribute == config.AttrUID,
					Count: 1})
				texts(q.ID, Named{Alias: e.Alias, Order: q.Order, Attribute: l.Attribute, Text: by.Text})
			}

			// A search that looks for nothing is answered without asking.
			if e.Search != nil && e.Search.Lookup != (profile.Lookup{}) {
				searches(lookupText(e.Search.Lookup), q.ID)
			}
			if e.Unsettled {
				unsettled(isUnsettled, Report{ID: q.ID, Alias: e.Alias, Order: q.Order})
			}
			if e.Full {
				unsettled(isFull, Report{ID: q.ID, Alias: e.Alias, Order: q.Order})
			}
			if e.Excess > 0 {
				excess(countExcess, e.Excess)
			}
		}, nil
	})
}

func lookupText(l profile.Lookup) string { return l.Attribute + "\x00" + l.Value }

// uidFn tells those who claim a uid, and do not get it, who holds it. The claimants
// pass one by one, so that a uid that everybody claims needs no memory.
type uidFn struct{ Worker }

// ProcessElement yields the answers.
func (f *uidFn) ProcessElement(_ int, bests, claims func(*[]byte) bool, answers func(string, Settling)) error {
	return lookup(0, bests, claims, func(_ string, best, c *Claimant) error {
		if c.ID == best.ID {
			return nil
		}
		return f.do(func() (func(), error) {
			return func() {
				answers(c.ID, Settling{profile.Settled{Holder: best.ID, HolderName: best.Alias}})
			}, nil
		})
	})
}

// managerFn answers who the manager is.
type managerFn struct{ Worker }

// ProcessElement yields the answers to all who look for a value.
func (f *managerFn) ProcessElement(_ int, bosses, searches func(*[]byte) bool, answers func(string, Settling)) error {
	return lookup(0, bosses, searches, func(_ string, b *Boss, id *string) error {
		found := profile.ManagersFound{Count: b.Count, ID: b.ID, Alias: b.Alias, Name: b.Name}
		return f.do(func() (func(), error) {
			return func() { answers(*id, Settling{profile.Settled{Managers: found}}) }, nil
		})
	})
}

// finishFn puts results together.
type finishFn struct{ Worker }

// ProcessElement yields the lines of identities, the edges to their managers, and the
// look-ups of those who are nobody.
func (f *finishFn) ProcessElement(_ int, evaluated, answers func(*[]byte) bool, lines func(Line),
	reports func(string, Report), lost func(string, Lost)) error {
	one := func(id string, evaluated func(*Evaluated) bool, answers func(*Settling) bool) error {
		return f.one(id, evaluated, answers, lines, reports, lost)
	}
	return eachOf(evaluated, answers, one)
}

func (f *finishFn) one(id string, evaluated func(*Evaluated) bool, answers func(*Settling) bool,
	lines func(Line), reports func(string, Report), lost func(string, Lost)) error {
	var e Evaluated
	if !evaluated(&e) {
		return fmt.Errorf("%s: %q gets an answer and is not there", f.Stage, id)
	}
	var o profile.Settled
	var part Settling

	// Answers come one by one in any order; of each kind there is one at most.
	for answers(&part) {
		if part.Holder != "" {
			o.Holder, o.HolderName = part.Holder, part.HolderName
		}
		if part.Managers.Count > 0 {
			o.Managers = part.Managers
		}
	}

	return f.do(func() (func(), error) {
		arrived := e.arrived()
		r, err := f.steps.Finish(arrived, o)
		if err != nil {
			return nil, err
		}
		return func() {
			one := Lost{People: 1}
			if l, ok := arrived.Lost(r); ok {
				one.List = profile.FirstLost([]profile.LostManager{l})
			}
			lost("", one)
			ResultLines(r, lines)
			if r.Manager.State == profile.ManagerResolved {
				reports(id, Report{ID: id, Alias: r.Identity.Alias, Order: e.Person.Order, Manager: r.Manager.ID})
			}
		}, nil
	})
}

// What unsettledFn reports.
const (
	isUnsettled = "unsettled"
	isFull      = "full"
)

// unsettledFn reports how many identities are unsettled, or have values that were too
// long.
type unsettledFn struct{ Worker }

// ProcessElement yields the findings.
func (f *unsettledFn) ProcessElement(_ int, packs func(*[]byte) bool, lines func(Line)) error {
	return each(packs, func(what string, people func(*Report) bool) error { return f.one(what, people, lines) })
}

func (f *unsettledFn) one(what string, people func(*Report) bool, lines func(Line)) error {
	var q, first Report
	count := 0

	// The first by order is named, as on one machine, where it is met first.
	for people(&q) {
		if count++; count == 1 || q.Order < first.Order {
			first = q
		}
	}

	return f.do(func() (func(), error) {
		found := profile.UnsettledAttributes(count, first.Alias)
		if what == isFull {
			found = f.steps.TextLimit(count, first.Alias)
		}
		return func() { lines(FindingLine(found)) }, nil
	})
}

// cycles finds people who manage each other. Whoever has no reports is on no cycle,
// so the edges of these are taken away, round by round; nine of ten go with each.
// What is left fits one worker.
func (p *plan) cycles(s beam.Scope, reports beam.PCollection) beam.PCollection {
	s = s.Scope("cycles")
	for i := range p.job.Bounds.Pruning {
		name := fmt.Sprintf("cycles, round %d: ", i+1)
		up := beam.ParDo(s, &upFn{Worker: p.worker("prune")}, reports)
		reports = beam.ParDo(s, &pruneFn{Worker: p.worker("prune")}, beam.CoGroupByKey(s,
			packed[Report](p, s, name+"edges", reports), mergedPacks[string](p, s, name+"managers", up)))
	}

	one := beam.ParDo(s, &oneFn{Worker: p.worker("cycles")}, reports)
	return beam.ParDo(s, &cyclesFn{Worker: p.worker("cycles")},
		beam.GroupByKey(s, packed[Report](p, s, "cycles", one)))
}

// upFn tells managers that they have a report.
type upFn struct{ Worker }

// ProcessElement yields the manager.
func (f *upFn) ProcessElement(_ string, r Report, up func(string, string)) error {
	return f.do(func() (func(), error) { return func() { up(r.Manager, r.ID) }, nil })
}

// pruneFn keeps the edges of those who have reports.
type pruneFn struct{ Worker }

// ProcessElement yields the edges of those who have reports.
func (f *pruneFn) ProcessElement(_ int, edges, reports func(*[]byte) bool, emit func(string, Report)) error {
	return eachOf(edges, reports, func(id string, edges func(*Report) bool, reports func(*string) bool) error {
		return f.one(id, edges, reports, emit)
	})
}

func (f *pruneFn) one(id string, edges func(*Report) bool, reports func(*string) bool,
	emit func(string, Report)) error {
	var r Report
	var any string
	if !edges(&r) || !reports(&any) {
		return nil
	}
	return f.do(func() (func(), error) { return func() { emit(id, r) }, nil })
}

// oneFn brings edges to one worker.
type oneFn struct{ Worker }

// ProcessElement yields the edge under a key that all have.
func (f *oneFn) ProcessElement(_ string, r Report, emit func(string, Report)) error {
	return f.do(func() (func(), error) { return func() { emit("", r) }, nil })
}

// cyclesFn reports the cycles.
type cyclesFn struct{ Worker }

// ProcessElement yields the findings.
func (f *cyclesFn) ProcessElement(_ int, packs func(*[]byte) bool, lines func(Line)) error {
	return each(packs, func(_ string, edges func(*Report) bool) error { return f.one(edges, lines) })
}

func (f *cyclesFn) one(edges func(*Report) bool, lines func(Line)) error {
	var list []Report
	var r Report
	for edges(&r) {
		if list = append(list, r); len(list) > f.work.Bounds.Cycles {
			return refused("hierarchy-too-deep", "more than %d managers are left after %d rounds", f.work.Bounds.Cycles,
				f.work.Bounds.Pruning)
		}
	}

	slices.SortFunc(list, func(a, b Report) int { return strings.Compare(a.Order, b.Order) })
	return f.do(func() (func(), error) {
		numbers := make(map[string]int32, len(list))
		for n, r := range list {
			numbers[r.ID] = int32(n)
		}
		manager := make([]int32, len(list))
		for n, r := range list {
			manager[n] = -1
			if m, ok := numbers[r.Manager]; ok {
				manager[n] = m
			}
		}

		return func() {
			for _, cycle := range correlate.Cycles(manager) {
				names := make([]string, len(cycle))
				for i, n := range cycle {
					names[i] = list[n].Alias
				}
				lines(FindingLine(profile.CycleFinding(names)))
			}
		}, nil
	})
}
