package main

import (
	"bufio"
	"cmp"
	"math"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/preview"
)

// review asks a person about the cases, one after the other. Each answer is kept before
// the next question is asked.
type review struct {
	*app
	p     *preview.Probable
	cases *caseFile
	by    string
	in    *bufio.Scanner

	open  []*preview.ProbableAccount
	at    int     // the case that is asked about; beyond the last one, it is over
	given []given // the answers of this sitting, for taking them back
}

// given is one answer.
type given struct {
	at     int
	events []linkage.Event
}

// who returns the name that decisions are kept under.
func who(by string) string {
	if by != "" {
		return by
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// reviewCases asks about all open cases and returns how many were answered.
func (c *correlateCommand) reviewCases(a *app, p *preview.Probable) (answered int, err error) {
	file, err := openCases(a, c.Cases)
	if err != nil {
		return 0, err
	}

	// Answers are kept as they are given; an error of closing the file means that some may not be.
	defer func() {
		if e := file.close(); err == nil {
			err = e
		}
	}()
	again, err := reopen(a, file, p)
	if err != nil {
		return 0, err
	}
	r := &review{app: a, p: p, cases: file, by: who(c.By), in: bufio.NewScanner(a.in), open: openAccounts(p, again)}
	for r.at < len(r.open) {
		if err := r.ask(r.open[r.at]); err != nil {
			return len(r.given), err
		}
	}

	return len(r.given), nil
}

// reopen keeps an event for each decision whose inputs have changed since.
func reopen(a *app, file *caseFile, p *preview.Probable) (map[linkage.RecordKey]bool, error) {
	// Check applies its events to what it looks at, so it looks at a copy.
	looked := linkage.NewCases()
	for _, e := range file.Log() {
		if err := looked.Apply(e); err != nil {
			return nil, err
		}
	}

	// Check gives back what it found; its events are those behind the ones of the file.
	changed, err := looked.Check(a.clock(), p.Inputs)
	if err != nil {
		return nil, err
	}
	if err := file.add(looked.Log()[len(file.Log()):]...); err != nil {
		return nil, err
	}
	accounts := map[linkage.RecordKey]bool{}
	for _, one := range changed {
		accounts[one.A] = true
	}

	// Cases that were reopened before and not decided again are still to be asked.
	for _, one := range file.List() {
		if one.Reopened {
			accounts[one.A] = true
		}
	}

	return accounts, nil
}

// openAccounts returns the accounts to ask about: those for review, and those whose
// decision is open again.
func openAccounts(p *preview.Probable, again map[linkage.RecordKey]bool) []*preview.ProbableAccount {
	var open []*preview.ProbableAccount
	for i := range p.Accounts {
		one := &p.Accounts[i]
		if len(one.Candidates) > 0 && (one.Band == linkage.Review || again[one.Account]) {
			open = append(open, one)
		}
	}

	return open
}

const reviewHelp = "number: that one   n: none of these   s: skip   e NUMBER: explain   u: take the last answer back   q: stop"

// ask shows one case until it has an answer.
func (r *review) ask(one *preview.ProbableAccount) error {
	list, err := r.p.Explain(one)
	if err != nil {
		return err
	}
	r.show(one, list)

	// A word that is not understood, or a question, leaves the place as it is and the case is asked
	// once more.
	for current := r.at; r.at == current; {
		report.Fprintf(r.out, "> ")
		r.flush()
		if !r.in.Scan() {
			report.Fprintln(r.out)
			r.at = len(r.open)
			return r.in.Err()
		}

		if err := r.answer(one, list, strings.Fields(r.in.Text())); err != nil {
			return err
		}
	}

	return nil
}

// show prints an account and its candidates.
func (r *review) show(one *preview.ProbableAccount, list []*linkage.Explanation) {
	report.Fprintf(r.out, "\nCase %d of %d: %s", r.at+1, len(r.open), one.Account)
	if one.Reason != "" {
		report.Fprintf(r.out, " (%s)", one.Reason)
	}
	report.Fprintln(r.out)
	for n, c := range one.Candidates {
		report.Fprintf(r.out, "  [%d] %-32s probability %.4f\n", n+1, c.Account, c.Probability)
		if e := about(list, c.Account); e != nil {
			r.values(e)
		}
	}

	report.Fprintln(r.out, reviewHelp)
}

// about returns the explanation of a candidate, nil when it was not compared.
func about(list []*linkage.Explanation, candidate linkage.RecordKey) *linkage.Explanation {
	for _, e := range list {
		if e.B == candidate.String() {
			return e
		}
	}

	return nil
}

// values shows what speaks for a candidate and against it, the strongest first.
func (r *review) values(e *linkage.Explanation) {
	fields := slices.Clone(e.Fields)
	slices.SortStableFunc(fields, func(a, b linkage.Evidence) int {
		return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits))
	})
	for _, f := range fields {
		if f.Bits != 0 {
			report.Fprintf(r.out, "        %+6.1f  %-20s %s  /  %s\n", f.Bits, f.Field, f.A, f.B)
		}
	}
}

// answer does what a line says.
func (r *review) answer(one *preview.ProbableAccount, list []*linkage.Explanation, words []string) error {
	if len(words) == 0 {
		return nil
	}
	number, err := strconv.Atoi(words[len(words)-1])

	// A number that is no candidate is no answer, rather than the nearest one.
	known := err == nil && number >= 1 && number <= len(one.Candidates)
	switch {
	case len(words) == 1 && known:
		return r.decide(one, list, number-1)
	case words[0] == "n":
		return r.decide(one, list, -1)
	case words[0] == "s":
		r.at++
	case words[0] == "q":
		r.at = len(r.open)
	case words[0] == "e" && known && len(words) == 2:
		if e := about(list, one.Candidates[number-1].Account); e != nil {
			return e.WriteText(r.out)
		}
		report.Fprintln(r.out, "it was not compared with this one")
	case words[0] == "u":
		return r.takeBack()
	default:
		report.Fprintf(r.out, "%q is no answer; %s\n", strings.Join(words, " "), reviewHelp)
	}

	return nil
}

// decide keeps that one candidate is the owner, or, below 0, that none is.
func (r *review) decide(one *preview.ProbableAccount, list []*linkage.Explanation, owner int) error {
	// One moment for all events of an answer, so taking it back takes all of them.
	at := r.clock()
	var events []linkage.Event
	for n, c := range one.Candidates {
		e := linkage.Event{
			At: at, Action: linkage.Decide, A: one.Account, B: c.Account, Verdict: linkage.CannotLink, By: r.by,
			Inputs: r.p.Inputs(one.Account, c.Account), Probability: c.Probability,
		}
		switch {
		case n == owner:
			e.Verdict = linkage.MustLink
		case owner >= 0:
			// With an owner, one event says all. With none, each candidate has to be excluded by
			// itself, because another account may still be found later.
			continue // that it is somebody else's follows
		}

		e.Explanation = about(list, c.Account)
		for _, o := range one.Candidates {
			e.Candidates = append(e.Candidates, linkage.Candidate{ID: o.Account.String(), Probability: o.Probability})
		}

		// What was on the screen is kept with the answer: whoever asks later why somebody decided so
		// sees what he saw.
		events = append(events, e)
	}

	if err := r.cases.add(events...); err != nil {
		return err
	}
	r.given = append(r.given, given{at: r.at, events: events})
	r.at++
	return nil
}

// takeBack undoes the last answer of this sitting and asks again.
func (r *review) takeBack() error {
	if len(r.given) == 0 {
		report.Fprintln(r.out, "there is no answer to take back")
		return nil
	}

	last := r.given[len(r.given)-1]
	var events []linkage.Event
	for _, e := range last.events {
		events = append(events, linkage.Event{At: r.clock(), Action: linkage.Undo, A: e.A, B: e.B, By: r.by})
	}
	if err := r.cases.add(events...); err != nil {
		return err
	}
	r.given = r.given[:len(r.given)-1]
	r.at = last.at
	return nil
}
