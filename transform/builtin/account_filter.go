package builtin

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

// filters compiles the two account filters.
func (n *accountNode) filters(c *transform.Compiler) error {
	var firstErr error
	compile := func(arg *transform.Child, attribute string) *filter.Filter {
		v, ok := arg.Const()
		if !arg.Present() || !ok {
			return nil
		}
		f, err := filter.Parse(v.Text())
		if err != nil {
			c.Errorf(codeAccountFilterSyntax, attribute, "%v", err)
			firstErr = cmp.Or(firstErr, fmt.Errorf("%w: %s: %w", transform.ErrConfig, attribute, err))
		}

		return f
	}

	// Both are compiled even when one fails, so that all that is wrong is reported.
	n.byOwn = compile(&n.args.Filter, "accountFilter")
	n.byAny = compile(&n.args.PropertyFilter, "accountPropertyFilter")
	if err := ownProperties(n.byOwn); err != nil {
		c.Report(diag.Error, codeAccountFilterProperty, "accountFilter", err.Error(), "use accountPropertyFilter")
		firstErr = cmp.Or(firstErr, fmt.Errorf("%w: %w", transform.ErrConfig, err))
	}

	return firstErr
}

// ownProperties refuses what accountFilter cannot search.
func ownProperties(f *filter.Filter) error {
	if f == nil {
		return nil
	}

	for _, p := range f.Properties() {
		if p != "nativeIdentity" && p != "displayName" && p != "entitlements" {
			return fmt.Errorf("accountFilter cannot search by %q, only by nativeIdentity, displayName and entitlements",
				p)
		}
	}

	return nil
}

// choose filters and sorts the accounts; the given slice is not changed. What
// is chosen may be appended to room.
func (n *accountNode) choose(s *transform.Scope, accounts, room []*identity.Account) ([]*identity.Account, error) {
	if n.sorted && !n.args.Filter.Present() && !n.args.PropertyFilter.Present() {
		return accounts, nil
	}

	own, err := evalFilter(s, &n.args.Filter, n.byOwn)

	// A computed filter could not be checked in advance.
	if err == nil && n.byOwn == nil {
		err = ownProperties(own)
	}

	if err != nil {
		return nil, err
	}

	anyProperty, err := evalFilter(s, &n.args.PropertyFilter, n.byAny)
	if err != nil {
		return nil, err
	}

	// The accounts of the scope stay as they are; what passes is gathered elsewhere.
	kept := room
	for _, a := range accounts {
		if (own == nil || own.Match(a.Property)) && (anyProperty == nil || anyProperty.Match(a.Property)) {
			kept = append(kept, a)
		}
	}

	return kept, n.sort(s, kept)
}

// evalFilter returns the filter compiled in advance or, for a computed one,
// compiles its text now.
func evalFilter(s *transform.Scope, arg *transform.Child, ready *filter.Filter) (*filter.Filter, error) {
	if ready != nil || !arg.Present() {
		return ready, nil
	}

	v, err := arg.Eval(s)
	if err != nil || v.IsNull() {
		return nil, err
	}

	f, err := filter.Parse(v.Text())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", transform.ErrConfig, err)
	}
	return f, nil
}

// sort orders accounts by the sort attribute. Accounts without it come last in
// both directions; ties keep their order.
func (n *accountNode) sort(s *transform.Scope, accounts []*identity.Account) error {
	if n.sorted {
		return nil
	}

	// Without a sort attribute accounts come by creation.
	by := "created"
	if n.args.SortAttribute.Present() {
		v, err := n.args.SortAttribute.Eval(s)
		if err != nil {
			return err
		}
		if !v.IsNull() {
			by = v.Text()
		}
	}

	descending, err := n.args.SortDescending.Eval(s, false)
	if err != nil {
		return err
	}

	sign := 1
	if descending {
		sign = -1
	}

	// Equal accounts keep their order, oldest first.
	slices.SortStableFunc(accounts, func(a, b *identity.Account) int {
		if by == "created" {
			return compareTimes(a.Created, b.Created, sign)
		}
		va, vb := a.Property(by), b.Property(by)
		if va.IsNull() || vb.IsNull() {
			return cmp.Compare(boolInt(va.IsNull()), boolInt(vb.IsNull()))
		}
		return sign * javatext.Compare(va.Text(), vb.Text())
	})

	return nil
}

func compareTimes(a, b time.Time, sign int) int {
	if a.IsZero() || b.IsZero() {
		return cmp.Compare(boolInt(a.IsZero()), boolInt(b.IsZero()))
	}
	return sign * a.Compare(b)
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
