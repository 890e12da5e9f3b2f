package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/profile/tenant"
)

// planFlag is for commands that propose a change of the configuration.
type planFlag struct {
	PlanOut string `placeholder:"FILE" help:"${plan}, as a plan that preview apply carries out."`
}

// write writes a plan with what can be carried out, and tells how much that is. after is what
// the plan is to lead to; nil: what it leads to by itself.
func (p *planFlag) write(a *app, before, after *config.Bundle, list []tenant.Request) error {
	if p.PlanOut == "" {
		return nil
	}
	carried, refused, now, err := rehearse(a, before, list)
	if err != nil {
		return err
	}
	plan := struct {
		Changes []tenant.Request `json:"changes"`
	}{Changes: carried}
	if err := a.writeFile(p.PlanOut, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false) // people read it before they apply it
		enc.SetIndent("", "  ")
		return enc.Encode(plan)
	}); err != nil {
		return err
	}

	report.Fprintf(a.err, "preview: %s: %s for preview apply\n", p.PlanOut, plural(len(carried), "change"))
	for _, text := range refused {
		report.Fprintf(a.err, "preview: not in the plan, a tenant refuses it: %s\n", text)
	}
	if after == nil {
		return nil
	}

	// What differs still has no operation; who applies the plan has to know that it is not all.
	// A new state has members that a tenant gives it, which is no difference that is left.
	created := map[string]bool{}
	for _, r := range carried {
		if r.Do == "createState" {
			created[r.Profile+"/"+r.State.Get("technicalName").Text()] = true
		}
	}
	for _, c := range preview.Causes(now, after) {
		if c.Kind == preview.CauseLifecycle && created[c.Name+"/"+c.Attribute] {
			continue
		}
		report.Fprintf(a.err, "preview: not in the plan, it has no operation: %s\n", c.String())
	}
	return nil
}

// rehearse carries requests out on a tenant without people, and leaves out those that it
// refuses. It returns the configuration that comes of them.
func rehearse(a *app, b *config.Bundle, list []tenant.Request) (carried []tenant.Request, refused []string,
	now *config.Bundle, err error) {
	t := tenant.New(b.Clone(), store.NewMemory(), tenant.Options{})
	carried = []tenant.Request{}
	for _, r := range list {
		p, err := t.Plan(a.ctx, r)
		if err == nil && len(p.Blockers) == 0 {
			_, err = t.Apply(a.ctx, p)
		}

		var no *isc.Error
		switch {
		case err == nil:
			carried = append(carried, r)
		case errors.As(err, &no):
			refused = append(refused, fmt.Sprintf("%s: %s", titleOf(r), refusal(no)))
		default:
			return nil, nil, nil, err
		}
	}
	return carried, refused, t.Bundle(), nil
}

// titleOf names a change by what it does with what.
func titleOf(r tenant.Request) string {
	words := []string{r.Do}
	for _, s := range []string{r.Profile, r.Source, r.Attribute, r.Name, r.Transform.Get("name").Text(),
		r.State.Get("name").Text()} {
		if s != "" {
			words = append(words, s)
		}
	}
	return strings.Join(words, " ")
}
