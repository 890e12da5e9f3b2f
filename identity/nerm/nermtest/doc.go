// Package nermtest is a small tenant of Non-Employee Risk Management for tests.
// A [Tenant] is an http.Handler that answers the reading calls of the public API
// as the service does, its odd corners included: archived profiles come only to
// those who ask with after_id, and an empty list is an error.
package nermtest
