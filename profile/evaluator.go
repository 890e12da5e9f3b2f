package profile

import (
	"context"

	"github.com/idprofile/engine/identity"
)

// Evaluator gives identities their own attributes, one after another, in the
// memory of one: the fast path of programs that have many. It belongs to one
// goroutine; results do not depend on what was evaluated before.
type Evaluator struct {
	v    *evaluator
	self alone
}

// NewEvaluator returns an evaluator for the run.
func (r *Run) NewEvaluator(ctx context.Context) *Evaluator {
	return &Evaluator{v: newEvaluator(ctx, r.engine, r.env)}
}

// Row is what [Evaluator.Evaluate] gives. It and its values hold until the next
// call; pack them to keep them.
type Row struct {
	Profile string
	Names   []string         // attributes, in the order of the mappings
	Values  []identity.Value // one for each name
	Errors  []AttributeError // attributes that kept their stored value
	Missing []string         // required attributes without value
}

// Evaluate chooses the profile by the accounts and evaluates its mappings; ok is
// false when no account is on the source of a profile. The accounts must not
// change during the call.
func (e *Evaluator) Evaluate(id string, accounts []identity.Account, stored identity.Attributes) (row Row, ok bool) {
	c := e.v.engine.chooseProfile(accounts)
	if c == nil {
		return Row{}, false
	}
	e.self = alone{id, id}
	x := e.v.begin(c, subjectInput{who: &e.self, accounts: accounts, stored: stored})
	x.promote()
	return Row{Profile: c.profile.Name, Names: c.schema.Names(), Values: x.values, Errors: x.errors, Missing: e.v.engine.missing(c, x.values)}, true
}

// Pack packs the values of a row.
func (r *Row) Pack(schema *identity.Schema) identity.Attributes {
	return identity.Pack(schema, r.Values)
}
