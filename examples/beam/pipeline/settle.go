package pipeline

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
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
	beam.RegisterType(reflect.TypeFor[*bossFn]())
	beam.RegisterType(reflect.TypeFor[*bestFn]())
	register.Iter1[Claimant]()
	register.Emitter2[string, Evaluated]()
	register.Emitter2[string, Claimant]()
	register.Emitter2[string, Boss]()
	register.Emitter2[string, Settling]()
	register.Emitter2[string, Report]()
	register.Iter1[Boss]()
	register.Iter1[Evaluated]()
	register.Iter1[Settling]()
	register.Iter1[Report]()
}

// settle evaluates everybody, and answers what somebody asks the others: who holds
// the uid, who is the manager.
func (p *plan) settle(s beam.Scope, people beam.PCollection) {
	s = s.Scope("settle")
	evaluated, claims, bosses, texts, searches, unsettled, excess := beam.ParDo7(s,
		&evaluateFn{Worker: p.worker("evaluate")}, people)
	holders := beam.ParDo(s, &uidFn{Worker: p.worker("uids")},
		beam.CoGroupByKey(s, beam.CombinePerKey(s, &bestFn{}, claims), claims))
	byValue := beam.CombinePerKey(s, &bossFn{}, bosses)
	managers := beam.ParDo(s, &managerFn{Worker: p.worker("managers")}, beam.CoGroupByKey(s, byValue, searches))
	answers := beam.Flatten(s, holders, managers)
	lines, reports, lost := beam.ParDo3(s, &finishFn{Worker: p.worker("results")},
		beam.CoGroupByKey(s, evaluated, answers))
	moving := beam.ParDo(s, &unsettledFn{Worker: p.worker("unsettled attributes")}, beam.GroupByKey(s, unsettled))
	p.count(excess)
	p.say(lines, moving, p.cycles(s, reports), p.near(s, lost, texts))
}

// evaluateFn evaluates an identity.
type evaluateFn struct{ Worker }

// ProcessElement yields the identity with its attributes, its claim on its uid, by
// what it is found as a manager, the same as a text, what it looks for its own by, its
// name when its attributes are unsettled or were too long, and how much text it has too
// much.
func (f *evaluateFn) ProcessElement(q Person, evaluated func(string, Evaluated), claims func(string, Claimant),
	bosses func(string, Boss),
	texts func(Named), searches func(string, string), unsettled func(string, Report), excess func(string, int64)) error {
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
			for _, by := range e.FoundBy {
				l := by.Lookup
				bosses(lookupText(l), Boss{Claimant: claimant, Name: e.Name, Order: q.Order, Best: l.Attribute == config.AttrUID,
					Count: 1})
				texts(Named{Alias: e.Alias, Order: q.Order, Attribute: l.Attribute, Text: by.Text})
			}

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

// bestFn keeps the best claimant of a uid.
type bestFn struct{}

// MergeAccumulators chooses one of two.
func (f *bestFn) MergeAccumulators(a, b Claimant) Claimant {
	if a.ID == "" || b.ID != "" && b.Claim.Compare(&a.Claim) < 0 {
		return b
	}
	return a
}

// uidFn tells those who claim a uid, and do not get it, who holds it. The claimants
// pass one by one, so that a uid that everybody claims needs no memory.
type uidFn struct{ Worker }

// ProcessElement yields the answers.
func (f *uidFn) ProcessElement(_ string, bests, claims func(*Claimant) bool, answers func(string, Settling)) error {
	var best Claimant
	if !bests(&best) {
		return fmt.Errorf("%s: nobody is the best claimant", f.Stage)
	}
	return f.do(func() (func(), error) {
		return func() {
			var c Claimant
			for claims(&c) {
				if c.ID != best.ID {
					answers(c.ID, Settling{profile.Settled{Holder: best.ID, HolderName: best.Alias}})
				}
			}
		}, nil
	})
}

// bossFn counts who is found by a value and keeps one; of claimants of a uid, the
// best.
type bossFn struct{}

// MergeAccumulators adds the counts.
func (f *bossFn) MergeAccumulators(a, b Boss) Boss {
	switch {
	case a.Count == 0:
		return b
	case b.Count == 0:
		return a
	}

	first := strings.Compare(a.Order, b.Order)
	if a.Best {
		first = a.Claim.Compare(&b.Claim)
	}
	count := a.Count + b.Count
	if a.Best {
		count = 1
	}
	if first > 0 {
		a = b
	}
	a.Count = count
	return a
}

// managerFn answers who the manager is.
type managerFn struct{ Worker }

// ProcessElement yields the answers to all who look for the value.
func (f *managerFn) ProcessElement(_ string, bosses func(*Boss) bool, searches func(*string) bool,
	answers func(string, Settling)) error {
	var b Boss
	if !bosses(&b) {
		return nil
	}
	found := profile.ManagersFound{Count: b.Count, ID: b.ID, Alias: b.Alias, Name: b.Name}
	return f.do(func() (func(), error) {
		return func() {
			var id string
			for searches(&id) {
				answers(id, Settling{profile.Settled{Managers: found}})
			}
		}, nil
	})
}

// finishFn puts results together.
type finishFn struct{ Worker }

// ProcessElement yields the lines of an identity, the edge to the manager, and the
// look-up of one who is nobody.
func (f *finishFn) ProcessElement(id string, evaluated func(*Evaluated) bool, answers func(*Settling) bool,
	lines func(Line), reports func(string, Report), lost func(Lost)) error {
	var e Evaluated
	if !evaluated(&e) {
		return fmt.Errorf("%s: %q gets an answer and is not there", f.Stage, id)
	}
	var o profile.Settled
	var part Settling
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
			lost(one)
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

// ProcessElement yields the finding.
func (f *unsettledFn) ProcessElement(what string, people func(*Report) bool, lines func(Line)) error {
	var q, first Report
	count := 0
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
	for range p.job.Bounds.Pruning {
		up := beam.ParDo(s, &upFn{Worker: p.worker("prune")}, reports)
		reports = beam.ParDo(s, &pruneFn{Worker: p.worker("prune")}, beam.CoGroupByKey(s, reports, up))
	}

	one := beam.ParDo(s, &oneFn{Worker: p.worker("cycles")}, reports)
	return beam.ParDo(s, &cyclesFn{Worker: p.worker("cycles")}, beam.GroupByKey(s, one))
}

// upFn tells managers that they have a report.
type upFn struct{ Worker }

// ProcessElement yields the manager.
func (f *upFn) ProcessElement(_ string, r Report, up func(string, string)) error {
	return f.do(func() (func(), error) { return func() { up(r.Manager, r.ID) }, nil })
}

// pruneFn keeps the edges of those who have reports.
type pruneFn struct{ Worker }

// ProcessElement yields the edge of somebody who has reports.
func (f *pruneFn) ProcessElement(id string, edges func(*Report) bool, reports func(*string) bool,
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
func (f *cyclesFn) ProcessElement(_ string, edges func(*Report) bool, lines func(Line)) error {
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
