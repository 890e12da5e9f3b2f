// Package profile evaluates identity profiles as a tenant does: it loads the
// configuration of a tenant from files ([Load]), compiles it ([Compile]) and
// runs account data through it ([Engine.Run]), which creates identities, chooses
// each one's profile by priority, correlates accounts, evaluates mappings,
// enforces the required attributes and reports exceptions.
//
// Three types for three phases: a [Bundle] is what the files say, an [Engine] is
// compiled, immutable and shared, a [Result] belongs to one identity.
//
// A [Tenant] owns a bundle and a store and offers the operations of a tenant:
// creating, patching and deleting profiles, lifecycle states, transforms and
// identity attributes, manual correlation, processing. Each is a [Plan] first,
// which says what would change, and is applied as a whole.
package profile
