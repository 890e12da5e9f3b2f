package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/preview"
)

// probableFlags are the flags of correlate --probable.
type probableFlags struct {
	Probable  bool   `xor:"suggest,managers" help:"Find probable owners where no rule finds one: links, cases for review, none; --format jsonl writes each account with its candidates. With --explain and --pair: tell what the evidence says."`
	ManualOut string `placeholder:"FILE" help:"With --probable: write the links as a manual correlation file: account,displayName,userName,type."`
	Cases     string `placeholder:"FILE" help:"With --probable: decisions of people, as JSON Lines."`
	Review    bool   `help:"With --probable: ask about each case for review and keep the answers in the file of --cases; without one, print them."`
	By        string `placeholder:"NAME" help:"With --review: who decides. Default: the user of this machine."`
	Train     string `placeholder:"FILE" help:"With --probable: save the weights that were found, and tell what is other than in the file."`
	Model     string `placeholder:"FILE" help:"With --probable: use saved weights."`
	SVG       string `placeholder:"FILE" help:"With --probable and --pair: write the explanation as a picture too."`
}

// probable finds probable owners and writes what is asked for.
func (c *correlateCommand) probable(a *app, x *preview.Correlation) (any, answer, error) {
	// What was found is needed before a sitting, because that is what it asks about, and again behind
	// it, because answers change which pairs the weights are learnt of.
	p, reopened, err := c.findProbable(a, x)
	if err != nil {
		return nil, nil, err
	}
	if c.Review && c.Cases != "" && !c.asJSON() {
		answered, err := c.reviewCases(a, p)
		if err != nil {
			return nil, nil, err
		}
		report.Fprintf(a.out, "%d answers are kept in %s\n\n", answered, c.Cases)
		if p, reopened, err = c.findProbable(a, x); err != nil {
			return nil, nil, err
		}
	}

	if err := c.saveProbable(a, p); err != nil {
		return nil, nil, err
	}

	switch {
	case c.Explain != "":
		return explainProbable(p, c.Explain)
	case c.Pair != "":
		return c.explainProbablePair(a, p)
	}

	s := summariseProbable(p, reopened)

	// In a sitting that is not kept, or one that a program reads, there are no questions: the cases
	// are all printed.
	if c.Review && (c.Cases == "" || c.asJSON()) {
		for i := range p.Accounts {
			if p.Accounts[i].Band != linkage.Review {
				continue
			}
			one, err := explainAccount(p, &p.Accounts[i])
			if err != nil {
				return nil, nil, err
			}
			s.Cases = append(s.Cases, one)
		}
	}

	return s, s, nil
}

// findProbable finds probable owners with the decisions that are kept, and tells which of
// these rest on values that have changed.
func (c *correlateCommand) findProbable(a *app, x *preview.Correlation) (*preview.Probable, []linkage.Case, error) {
	o := preview.ProbableOptions{Options: x.Linkage}
	cases := linkage.NewCases()
	if c.Cases != "" {
		var err error
		cases, err = readCases(a, c.Cases)

		// Without --review, a file that is named and missing is a typing error.
		switch {
		case errors.Is(err, fs.ErrNotExist) && c.Review: // the first sitting
			cases = linkage.NewCases()
		case err != nil:
			return nil, nil, err
		}

		o.MustLink, o.CannotLink = cases.Decisions()
	}

	if c.Model != "" {
		var err error
		if o.Models, err = readModels(c.Model); err != nil {
			return nil, nil, err
		}
	}

	p, err := x.Probable(a.ctx, o)
	if err != nil {
		return nil, nil, err
	}

	// Check marks in the cases what the list below looks for.
	if _, err := cases.Check(a.clock(), p.Inputs); err != nil {
		return nil, nil, err
	}
	reopened := slices.DeleteFunc(cases.List(), func(one linkage.Case) bool { return !one.Reopened })
	return p, reopened, nil
}

func readModels(name string) (preview.Models, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := preview.ReadModels(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// saveProbable writes the files that were asked for.
func (c *correlateCommand) saveProbable(a *app, p *preview.Probable) error {
	if c.form("text", "json", "jsonl") == "jsonl" {
		if err := c.outputFlags.answer(a, func(a *app) error { return p.Write(a.out) }); err != nil {
			return err
		}
	}

	if c.ManualOut != "" {
		if err := c.writeManual(a, p); err != nil {
			return err
		}
	}

	if c.Train == "" {
		return nil
	}

	// A model that was trained before is compared with the new one, since weights that move much
	// are the first sign of data that has changed.
	before, err := readModels(c.Train)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, d := range before.Diff(p.Models()) {
		report.Fprintf(a.err, "%s with %s: weights that changed\n", d.Source, d.Authoritative)
		for _, m := range d.Changes {
			report.Fprintf(a.err, "  %-24s %-24s %+.2f to %+.2f bits\n", m.Field, m.Level, m.Before, m.After)
		}
	}

	return a.writeFile(c.Train, p.Models().Write)
}

// pairEvidence is what the evidence says of two accounts.
type pairEvidence struct{ *linkage.Explanation }

func (e pairEvidence) print(p *printer) {
	if err := e.WriteText(p.w); err != nil {
		return
	}
}

// explainProbablePair tells what the evidence says of the two accounts of --pair.
func (c *correlateCommand) explainProbablePair(a *app, p *preview.Probable) (any, answer, error) {
	account, candidate, ok := strings.Cut(c.Pair, "=")
	if !ok {
		return nil, nil, fmt.Errorf("--pair %s: expected two accounts with = between them", c.Pair)
	}
	e, err := p.ExplainPair(account, candidate)
	if err != nil {
		return nil, nil, err
	}
	if c.SVG != "" {
		if err := a.writeFile(c.SVG, e.WriteSVG); err != nil {
			return nil, nil, err
		}
	}

	return e, pairEvidence{e}, nil
}

// writeManual writes the links, and says how many cannot be named.
func (c *correlateCommand) writeManual(a *app, p *preview.Probable) error {
	left := 0
	err := a.writeFile(c.ManualOut, func(w io.Writer) (err error) {
		left, err = p.WriteManual(w)
		return err
	})
	if left > 0 {
		report.Fprintf(a.err, "%d links are not in %s: their identities have no user name\n", left, c.ManualOut)
	}
	return err
}

// probableCase is one account with the explanations of its candidates.
type probableCase struct {
	*preview.ProbableAccount
	Explanations []*linkage.Explanation `json:"explanations"`
}

func explainAccount(p *preview.Probable, account *preview.ProbableAccount) (probableCase, error) {
	list, err := p.Explain(account)
	return probableCase{ProbableAccount: account, Explanations: list}, err
}

func explainProbable(p *preview.Probable, name string) (any, answer, error) {
	account, err := p.Find(name)
	if err != nil {
		return nil, nil, err
	}
	one, err := explainAccount(p, account)
	return one, one, err
}

func (c probableCase) print(p *printer) {
	report.Fprintf(p.w, "%s: %s, probability %.4f", c.Account, c.Band, c.Probability)
	if c.Reason != "" {
		report.Fprintf(p.w, "; %s", c.Reason)
	}
	report.Fprintln(p.w)
	for _, e := range c.Explanations {
		if err := e.WriteText(p.w); err != nil {
			return
		}
	}
}

// probableSource counts the bands of one source.
type probableSource struct {
	Source string `json:"source"`
	Links  int    `json:"links"`
	Review int    `json:"review"`
	None   int    `json:"none"`
	// Wrong and Right are what the probabilities let expect.
	Wrong float64 `json:"expectedWrongLinks"`
	Right float64 `json:"expectedRightReviews"`
}

// probableSummary is the answer of correlate --probable.
type probableSummary struct {
	Sources []probableSource `json:"sources"`
	Runs    []probableRun    `json:"runs"`
	Cases   []probableCase   `json:"cases,omitempty"`
	// Reopened are pairs that were decided about and have other values now.
	Reopened []reopenedCase `json:"reopened,omitempty"`
}

// reopenedCase is a decision that people should look at again; it counts on until then.
type reopenedCase struct {
	A       linkage.RecordKey `json:"a"`
	B       linkage.RecordKey `json:"b"`
	Verdict linkage.Verdict   `json:"verdict"`
}

// probableRun is what was assumed when a source was linked with an authoritative one.
type probableRun struct {
	Source        string              `json:"source"`
	Authoritative string              `json:"authoritative"`
	Report        linkage.Report      `json:"report"`
	Curve         []linkage.Threshold `json:"thresholds"`
}

func summariseProbable(p *preview.Probable, reopened []linkage.Case) *probableSummary {
	s := &probableSummary{}
	for _, one := range reopened {
		s.Reopened = append(s.Reopened, reopenedCase{A: one.A, B: one.B, Verdict: one.Verdict})
	}
	for i := range p.Accounts {
		// Accounts come by source, so a source that differs from the last one is new.
		a := &p.Accounts[i]
		if n := len(s.Sources); n == 0 || s.Sources[n-1].Source != a.Account.Source {
			s.Sources = append(s.Sources, probableSource{Source: a.Account.Source})
		}
		one := &s.Sources[len(s.Sources)-1]
		switch a.Band {
		case linkage.Linked:
			// The sum of what each link lacks to certainty is how many of them are expected to be
			// wrong, and likewise for what is to be reviewed: this is what the number behind "about"
			// means.
			one.Links++
			one.Wrong += 1 - a.Probability
		case linkage.Review:
			one.Review++
			one.Right += a.Probability
		default:
			one.None++
		}
	}

	for _, r := range p.Runs {
		s.Runs = append(s.Runs, probableRun{
			Source:        r.Source,
			Authoritative: r.Authoritative,
			Report:        r.Result.Report,
			Curve:         r.Result.Curve(),
		})
	}

	return s
}

func (s *probableSummary) print(p *printer) {
	report.Fprintln(p.w, "Probable owners")
	for _, one := range s.Sources {
		report.Fprintf(p.w, "  %-24s %6d links (about %.1f wrong), %d for review (about %.1f right), %d none\n",
			one.Source,
			one.Links, one.Wrong, one.Review, one.Right, one.None)
	}
	for _, r := range s.Runs {
		report.Fprintf(p.w, "\n%s with %s\n", r.Source, r.Authoritative)
		for _, c := range r.Report.Pairings {
			report.Fprintf(p.w, "  compared %s and %s as %s\n", c.A, c.B, c.Kind)
		}
		for _, t := range r.Curve {
			report.Fprintf(p.w, "  links from %.3f: %d, about %.1f wrong; %d for review\n", t.Link, t.Links,
				t.Wrong, t.Review)
		}
	}

	// A decision stands until somebody takes it back, but who decided on other values should hear of
	// it.
	if len(s.Reopened) > 0 {
		report.Fprintf(p.w, "\nDecided, but a value that was compared has changed since: %d (--review asks again)\n",
			len(s.Reopened))
	}
	for _, one := range s.Reopened {
		report.Fprintf(p.w, "  %s and %s: %s\n", one.A, one.B, one.Verdict)
	}
	for _, c := range s.Cases {
		report.Fprintln(p.w)
		c.print(p)
	}
}
