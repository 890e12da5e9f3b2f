// Package tenant is what an operator of a tenant does. A [Tenant] owns a
// configuration and a store of identities and offers the operations: creating,
// patching and deleting profiles, lifecycle states, transforms and identity
// attributes, manual correlation, processing, import and export. Each is a [Plan]
// first, which says what would change, and is applied as a whole.
package tenant
