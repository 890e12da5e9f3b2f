package correlate

import (
	"context"
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Lint tells where the data of a source make a configuration do something else
// than people may expect: correlation-space (info) for rules whose result
// trimming would change, correlation-case (info) for accounts whose result
// depends on whether criteria compare with case.
//
// Source: DECISION 2.
func Lint(ctx context.Context, cfg *Config, o Options, p Population, accounts []identity.Account,
	ro BulkOptions) (diag.List, error) {
	var found diag.List
	c := New(cfg, o)
	base, err := c.Run(ctx, p, accounts, ro)
	if err != nil {
		return nil, err
	}
	for i := range c.rules {
		r := &c.rules[i]
		trimmed, ok := c.With(r.id, "trim")
		if r.hostRule != nil || r.method == Default || !ok {
			continue
		}
		after, err := trimmed.Run(ctx, p, accounts, ro)
		if err != nil {
			return nil, err
		}
		if s := changes(Compare(base, after), accounts); s != "" {
			found.Add(diag.Diagnostic{Severity: diag.Info, Code: "correlation-space", Pos: r.pos,
				Message: fmt.Sprintf("%s (%s): blanks around the values decide for %s", r.id, r.label,
					s), Hint: "trim the values where they come from"})
		}
	}

	o.HonourIgnoreCase = !o.HonourIgnoreCase
	other, err := New(cfg, o).Run(ctx, p, accounts, ro)
	if err != nil {
		return nil, err
	}
	if s := changes(Compare(base, other), accounts); s != "" {
		found.Addf(diag.Info, "correlation-case", diag.Pos{}, "whether ignoreCase is honoured decides for %s", s)
	}
	return found, nil
}

// changes lists accounts whose result differs, "" for none.
func changes(c Change, accounts []identity.Account) string {
	var ids []string
	n := 0
	for _, list := range [][]int32{c.Gained, c.Lost, c.Moved} {
		for _, a := range list {
			if n++; len(ids) < 3 {
				ids = append(ids, fmt.Sprintf("%q", accounts[a].NativeIdentity))
			}
		}
	}

	switch {
	case n == 0:
		return ""
	case n > len(ids):
		ids = append(ids, "...")
	}

	return count(n) + ": " + strings.Join(ids, ", ")
}
