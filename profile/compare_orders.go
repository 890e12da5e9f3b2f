package profile

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// maxRefreshes is how often an identity is refreshed at most to find out whether
// it settles.
const maxRefreshes = 5

// OrderComparison says how much an identity depends on the order in which its
// attributes are calculated.
//
// Source: DECISION 20.
type OrderComparison struct {
	// Dependent are the attributes whose first value in snapshot order (a
	// tenant's single pass) is not that of dependency order.
	Dependent []OrderDifference
	// Refreshes is how many refreshes snapshot order needs until nothing
	// changes: 1 is stable at once.
	Refreshes int
	// Unsettled: it still changed after five refreshes.
	Unsettled bool
}

// OrderDifference is an attribute with its value in both orders.
type OrderDifference struct {
	Attribute  string         `json:"attribute"`
	Dependency identity.Value `json:"dependency"`
	Snapshot   identity.Value `json:"snapshot"`
}

// CompareOrders evaluates an identity, with its accounts and stored attributes,
// in dependency order and in snapshot order, and refreshes it in snapshot order
// until nothing changes. It is safe for concurrent use.
func (r *Run) CompareOrders(ctx context.Context, i *identity.Identity) (OrderComparison, error) {
	var c OrderComparison
	dependency, err := r.ordered(false).Evaluator(ctx).Evaluate(i)
	if err != nil {
		return c, err
	}
	snapshot := r.ordered(true).Evaluator(ctx)

	// A tenant refreshes one identity after the other, and each refresh sees what the one before has
	// stored.
	current := *i
	for c.Refreshes = 0; ; c.Refreshes++ {
		next, err := snapshot.Evaluate(&current)
		if err != nil {
			return c, err
		}
		if c.Refreshes == 0 {
			c.Dependent = differences(dependency.Identity.Attributes, next.Identity.Attributes)
		} else if len(next.Changes) == 0 {
			return c, nil
		}

		if c.Refreshes == maxRefreshes {
			c.Unsettled = true
			return c, nil
		}

		current = *next.Identity
	}
}

// ordered returns the same run in one of the orders.
func (r *Run) ordered(snapshot bool) *Run {
	e := *r.engine
	e.opts.SnapshotOrder = snapshot
	return &Run{engine: &e, opts: r.opts, env: r.env}
}

func differences(dependency, snapshot identity.Attributes) []OrderDifference {
	var list []OrderDifference
	for _, name := range dependency.Schema().Names() {
		if a, b := dependency.Get(name), snapshot.Get(name); !a.Equal(b) {
			list = append(list, OrderDifference{Attribute: name, Dependency: a, Snapshot: b})
		}
	}

	return list
}

// Findings returns a finding attribute-order-dependent for each attribute that
// the order changes.
func (c OrderComparison) Findings(who string) diag.List {
	var found diag.List
	for _, d := range c.Dependent {
		settled := fmt.Sprintf("snapshot order needs %d refreshes until nothing changes", c.Refreshes)
		if c.Unsettled {
			settled = fmt.Sprintf("snapshot order has not settled after %d refreshes", c.Refreshes)
		}
		found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeAttributeOrderDependent,
			Path:    diag.Path{diag.Named("identity", who), diag.Named("attribute", d.Attribute)},
			Message: fmt.Sprintf("%s in dependency order, %s in snapshot order; %s", d.Dependency, d.Snapshot, settled)})
	}

	return found
}
