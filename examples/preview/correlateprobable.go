package main

import (
	"fmt"
	"io"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/profile/preview"
)

// probableFlags are the flags of correlate --probable.
type probableFlags struct {
	Probable  bool   `xor:"what" help:"Find probable owners where no rule finds one: links, cases for review, none."`
	Out       string `placeholder:"FILE" help:"With --probable: write each account with its candidates as JSON Lines."`
	ManualOut string `placeholder:"FILE" help:"With --probable: write the links as a manual correlation file: account,displayName,userName,type."`
	Cases     string `placeholder:"FILE" help:"With --probable: decisions of people, as JSON Lines."`
	Review    bool   `help:"With --probable: print the cases for review with their explanations."`
	Account   string `placeholder:"ACCOUNT" help:"With --probable: explain one account, by source/id or id."`
}

// probable finds probable owners and writes what is asked for.
func (c *correlateCommand) probable(a *app, x *preview.Correlation) (any, answer, error) {
	o := x.Linkage
	if c.Cases != "" {
		cases, err := readCases(c.Cases)
		if err != nil {
			return nil, nil, err
		}
		o.MustLink, o.CannotLink = cases.Decisions()
	}
	p, err := x.Probable(a.ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if c.Out != "" {
		if err := saveFile(c.Out, p.Write); err != nil {
			return nil, nil, err
		}
	}
	if c.ManualOut != "" {
		if err := c.writeManual(a, p); err != nil {
			return nil, nil, err
		}
	}
	if c.Account != "" {
		return explainProbable(p, c.Account)
	}
	s := summariseProbable(p)
	if c.Review {
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

// writeManual writes the links, and says how many cannot be named.
func (c *correlateCommand) writeManual(a *app, p *preview.Probable) error {
	left := 0
	err := saveFile(c.ManualOut, func(w io.Writer) (err error) {
		left, err = p.WriteManual(w)
		return err
	})
	if left > 0 {
		fmt.Fprintf(a.err, "%d links are not in %s: their identities have no user name\n", left, c.ManualOut)
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
	fmt.Fprintf(p.w, "%s: %s, probability %.4f", c.Account, c.Band, c.Probability)
	if c.Reason != "" {
		fmt.Fprintf(p.w, "; %s", c.Reason)
	}
	fmt.Fprintln(p.w)
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
}

// probableRun is what was assumed when a source was linked with an authoritative one.
type probableRun struct {
	Source        string              `json:"source"`
	Authoritative string              `json:"authoritative"`
	Report        linkage.Report      `json:"report"`
	Curve         []linkage.Threshold `json:"thresholds"`
}

func summariseProbable(p *preview.Probable) *probableSummary {
	s := &probableSummary{}
	for i := range p.Accounts {
		a := &p.Accounts[i]
		if n := len(s.Sources); n == 0 || s.Sources[n-1].Source != a.Account.Source {
			s.Sources = append(s.Sources, probableSource{Source: a.Account.Source})
		}
		one := &s.Sources[len(s.Sources)-1]
		switch a.Band {
		case linkage.Linked:
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
	fmt.Fprintln(p.w, "Probable owners")
	for _, one := range s.Sources {
		fmt.Fprintf(p.w, "  %-24s %6d links (about %.1f wrong), %d for review (about %.1f right), %d none\n", one.Source, one.Links, one.Wrong, one.Review, one.Right, one.None)
	}
	for _, r := range s.Runs {
		fmt.Fprintf(p.w, "\n%s with %s\n", r.Source, r.Authoritative)
		for _, c := range r.Report.Pairings {
			fmt.Fprintf(p.w, "  compared %s and %s as %s\n", c.A, c.B, c.Kind)
		}
		for _, t := range r.Curve {
			fmt.Fprintf(p.w, "  links from %.3f: %d, about %.1f wrong; %d for review\n", t.Link, t.Links, t.Wrong, t.Review)
		}
	}
	for _, c := range s.Cases {
		fmt.Fprintln(p.w)
		c.print(p)
	}
}
