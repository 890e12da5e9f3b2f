// Package profile evaluates identity profiles as a tenant does: it compiles the
// configuration of a tenant ([Compile]) and runs account data through it
// ([Engine.Run]), which creates identities, chooses each one's profile by
// priority, correlates accounts, evaluates mappings, enforces the required
// attributes and reports exceptions.
//
// Three types for three phases: a [config.Bundle] is what the files say, an
// [Engine] is compiled, immutable and shared, a [Result] belongs to one identity.
//
// One person with the accounts at hand needs no population:
//
//	v := engine.NewRun(options).Evaluator(ctx)           // reused by one goroutine
//	r, err := v.Evaluate(person)                         // all attributes
//	r, err := v.Only("email", "uid").Evaluate(person)    // some
//	t, err := v.Explain(person, "email")                 // and why
//
// The operations of a tenant (creating, patching and deleting profiles, lifecycle
// states and transforms, manual correlation, processing) are in package tenant.
package profile
