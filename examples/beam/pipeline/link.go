package pipeline

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/profile"
)

func init() {
	beam.RegisterType(reflect.TypeFor[*pendFn]())
	beam.RegisterType(reflect.TypeFor[*offerFn]())
	beam.RegisterType(reflect.TypeFor[*askFn]())
	beam.RegisterType(reflect.TypeFor[*answerFn]())
	beam.RegisterType(reflect.TypeFor[*chooseFn]())
	beam.RegisterType(reflect.TypeFor[*joinFn]())
	beam.RegisterType(reflect.TypeFor[*leftFn]())
	beam.RegisterType(reflect.TypeFor[*unsettledLinksFn]())
	register.Emitter1[Pending]()
}

// link takes the accounts of the other sources through the passes of a run. In each
// of them identities and accounts meet by key.
func (p *plan) link(s beam.Scope, people []beam.PCollection, rows beam.PCollection) []beam.PCollection {
	s = s.Scope("link")
	pending := []beam.PCollection{beam.ParDo(s, &pendFn{Worker: p.worker("accounts to link")}, rows)}

	// The passes are those of a run on one machine. What is cut off is noted, since later ones could have linked
	// somebody.
	passes := slices.DeleteFunc(slices.Clone(p.work.passes),
		func(x profile.Pass) bool { return x.Round > p.job.Bounds.Rounds })
	cut := len(passes) < len(p.work.passes)
	var late []beam.PCollection
	for i, pass := range passes {
		var linked beam.PCollection
		name := fmt.Sprintf("pass %d", i+1)
		people, pending, linked = p.pass(s.Scope(name), name, pass, people, pending)
		if pass.Last || cut && pass.Round == p.job.Bounds.Rounds {
			late = append(late, linked)
		}
	}

	if len(late) > 0 {
		all := beam.GroupByKey(s, mergedPacks[int64](p, s, "late links", late...))
		p.say(beam.ParDo(s, &unsettledLinksFn{Worker: p.worker("late links"), Cut: cut}, all))
	}

	// Who is still left after the last pass has no identity.
	for _, list := range pending {
		p.say(beam.ParDo(s, &leftFn{Worker: p.worker("accounts without identity")}, list))
	}
	return people
}

// pass is one turn of some sources. It gives the identities with their accounts, the
// accounts that are left, and a count of those that were linked. Collections are not
// made one before they are packed, which would cost a runner another copy of them.
func (p *plan) pass(s beam.Scope, name string, pass profile.Pass,
	people, pending []beam.PCollection) (_, _ []beam.PCollection, linked beam.PCollection) {
	w := p.worker(fmt.Sprintf("pass of %v, round %d", pass.Sources, pass.Round))
	var offers, asks, asking, left []beam.PCollection

	// Identities offer what they are found by, accounts ask by what they look for. Both are grouped by key.
	for _, list := range people {
		offers = append(offers, beam.ParDo(s, &offerFn{Worker: w, Sources: pass.Sources}, list))
	}
	for _, list := range pending {
		keys, accounts, resting := beam.ParDo3(s, &askFn{Worker: w, Sources: pass.Sources}, list)
		asks, asking, left = append(asks, keys), append(asking, accounts), append(left, resting)
	}

	answers := beam.ParDo(s, &answerFn{Worker: w}, beam.CoGroupByKey(s,
		mergedPacks[Offers](p, s, name+": identities by key", offers...),
		packed[string](p, s, name+": accounts by key", asks...)))
	joined, still, found, linked := beam.ParDo4(s, &chooseFn{Worker: w}, beam.CoGroupByKey(s,
		packed[Pending](p, s, name+": accounts", asking...), packed[Answer](p, s, name+": answers", answers)))
	p.say(found)

	// Linked accounts join their identity before the next pass, because by then it may be found by them.
	next := beam.ParDo(s, &joinFn{Worker: w}, beam.CoGroupByKey(s,
		packed[Person](p, s, name+": identities", people...), packed[Joined](p, s, name+": linked accounts", joined)))
	return []beam.PCollection{next}, append(left, still), linked
}

// pendFn makes an account that looks for its identity.
type pendFn struct{ Worker }

// ProcessElement yields it.
func (f *pendFn) ProcessElement(row Row, emit func(Pending)) error {
	return f.do(func() (func(), error) { return func() { emit(Pending{Row: row}) }, nil })
}

// offerFn offers an identity under its keys, as far as somebody may look them up.
type offerFn struct {
	Worker
	Sources []string
	columns map[int]bool
}

// ProcessElement yields the offers; of a key of uids, the best claimant is to be found.
func (f *offerFn) ProcessElement(_ string, q Person, offers func(string, Offers)) error {
	if f.columns == nil {
		f.columns = f.steps.Columns(f.Sources...)
	}
	return f.do(func() (func(), error) {
		keys, candidate, err := f.steps.PersonKeys(&q.Person)
		return func() {
			for _, k := range keys {
				if !f.columns[k.Column] {
					continue
				}
				one, best := candidate, f.steps.OfUID(k)

				// Claims matter for uids only: there the best claimant of several is the answer.
				if !best {
					one.Claim = profile.Claim{}
				}
				offers(keyText(k), Offers{profile.Candidates{List: []profile.Candidate{one}, Total: 1}, best})
			}
		}, err
	})
}

// askFn looks up the keys of an account whose turn it is.
type askFn struct {
	Worker
	Sources []string
}

// ProcessElement yields what the account asks for and the account by its key, or
// the account whose turn it is not.
func (f *askFn) ProcessElement(a Pending, asks func(string, string), asking func(string, Pending),
	resting func(Pending)) error {
	return f.do(func() (func(), error) {
		if !slices.Contains(f.Sources, a.Account.Source) {
			return func() { resting(a) }, nil
		}
		keys := f.steps.AccountKeys(&a.Account)
		return func() {
			name := accountKey(a.Account.Key())
			for _, k := range keys {
				asks(keyText(k), name)
			}
			asking(name, a)
		}, nil
	})
}

// answerFn answers all who ask for a key, one by one.
type answerFn struct{ Worker }

// ProcessElement yields the answers by account. A key that nobody has is no answer.
func (f *answerFn) ProcessElement(_ int, offers, asks func(*[]byte) bool, answers func(string, Answer)) error {
	return lookup(f.work.Bounds.Candidates, offers, asks, func(key string, o *Offers, name *string) error {
		return f.do(func() (func(), error) { return func() { answers(*name, Answer{key, *o}) }, nil })
	})
}

// chooseFn decides whose an account is.
type chooseFn struct{ Worker }

// ProcessElement yields accounts by their identities, and accounts that are left.
func (f *chooseFn) ProcessElement(_ int, accounts, answers func(*[]byte) bool, joined func(string, Joined),
	left func(Pending), lines func(Line), linked func(string, int64)) error {
	return eachOf(accounts, answers, func(_ string, accounts func(*Pending) bool, answers func(*Answer) bool) error {
		return f.one(accounts, answers, joined, left, lines, linked)
	})
}

func (f *chooseFn) one(accounts func(*Pending) bool, answers func(*Answer) bool,
	joined func(string, Joined), left func(Pending), lines func(Line), linked func(string, int64)) error {
	var a Pending
	if !accounts(&a) {
		return nil
	}

	// An account gets an answer for each key that it asked. One without answer is found by nobody.
	found := map[correlate.Key]profile.Candidates{}
	var answer Answer
	for answers(&answer) {
		found[textKey(answer.Key)] = answer.Candidates
	}
	return f.do(func() (func(), error) {
		c, err := f.steps.Choose(&a.Account, func(k correlate.Key) profile.Candidates { return found[k] })
		if err != nil {
			return nil, refused("value-too-shared", "%v; more than %d candidates are needed", err,
				f.work.Bounds.Candidates)
		}
		return func() {
			if c.Identity != "" {
				joined(c.Identity, Joined{Row: a.Row, Method: string(c.Method), Criterion: c.Criterion})
				linked("", 1)
				findings(lines, c.Findings)
				return
			}

			// Why it was not linked travels with it: the last pass that says something is what is reported.
			next := Pending{Row: a.Row, Reason: c.Unlinked.Reason, Among: c.Unlinked.Ambiguous}
			for _, d := range c.Findings {
				next.Findings = append(next.Findings, FindingLine(d).Text)
			}
			left(next)
		}, nil
	})
}

// unsettledLinksFn says that the last pass has linked somebody: a run reports that
// when it was the last one of a run, and it is a refusal when the plan ends before.
type unsettledLinksFn struct {
	Worker
	Cut bool
}

// ProcessElement yields the finding.
func (f *unsettledLinksFn) ProcessElement(_ int, _ func(*[]byte) bool, lines func(Line)) error {
	if f.Cut {
		return refused("rounds", "accounts still find identities after %d rounds; a run takes more",
			f.work.Bounds.Rounds)
	}
	return f.do(func() (func(), error) { return func() { lines(FindingLine(profile.UnsettledCorrelation())) }, nil })
}

// joinFn gives an identity the accounts that a pass has linked.
type joinFn struct{ Worker }

// ProcessElement yields the identities with their accounts.
func (f *joinFn) ProcessElement(_ int, people, joined func(*[]byte) bool, emit func(string, Person)) error {
	return eachOf(people, joined, func(id string, people func(*Person) bool, joined func(*Joined) bool) error {
		return f.one(id, people, joined, emit)
	})
}

func (f *joinFn) one(id string, people func(*Person) bool, joined func(*Joined) bool,
	emit func(string, Person)) error {
	var q Person
	if !people(&q) {
		return fmt.Errorf("%s: accounts are linked to %q, who is not there", f.Stage, id)
	}
	var list []Joined
	var j Joined
	for joined(&j) {
		list = append(list, j)
	}

	// Accounts of an identity come in the order of a run, in which they decide about its attributes.
	return f.do(func() (func(), error) {
		in := slices.SortedFunc(slices.Values(list),
			func(a, b Joined) int { return profile.CompareLinked(&a.PlacedAccount, &b.PlacedAccount) })
		next := Person{q.Person}
		next.Accounts = slices.Clone(q.Accounts)
		for _, j := range in {
			next.Accounts = append(next.Accounts,
				profile.LinkedAccount{Account: j.Account, Method: correlate.Method(j.Method), Criterion: j.Criterion})
		}
		return func() { emit(id, next) }, nil
	})
}

// leftFn reports accounts without identity.
type leftFn struct{ Worker }

// ProcessElement yields the lines.
func (f *leftFn) ProcessElement(a Pending, lines func(Line)) error {
	return f.do(func() (func(), error) {
		return func() {
			for _, text := range a.Findings {
				lines(Line{OutFindings, text})
			}
			lines(UncorrelatedLine(&a.Account, profile.Unlinked{Reason: a.Reason, Ambiguous: a.Among}))
		}, nil
	})
}
