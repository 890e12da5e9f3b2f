// Package rest serves the vendor's REST API over a tenant: transforms, identity
// profiles with lifecycle states, previews and processing, identity attributes,
// sources with schemas, correlation and create profiles, accounts, identities,
// search, SP-Config and task status. Existing clients work with it as they do with
// a tenant, and the answers come from the engine.
//
//	handler, err := rest.New(bundle, store.NewMemory(), rest.Options{
//		Now:          time.Now,
//		Authenticate: func(*http.Request) (rest.Actor, error) { return rest.Actor{ID: "ada", Admin: true}, nil },
//	})
//	http.ListenAndServe("127.0.0.1:8080", handler)
//
// Paths carry the version of the API: /v3, /beta, /v2024, /v2025 and /v2026 reach
// the same objects; an operation that a version does not have answers 404 there.
// Operations that a tenant has and this package has not answer 501 with their name.
//
// Every change is a plan of the tenant that is applied as a whole. A change waits
// for the one before it, so clients never see half of one; what a tenant does later
// (aggregation, processing, deletion) is a task that runs in the order of the
// requests, and whose status GET /task-status tells.
package rest
