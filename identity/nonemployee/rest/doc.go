// Package rest serves a [nonemployee.Service] over HTTP with the paths, JSON shapes,
// filters, sorters, paging, error bodies and status codes of the vendor's API.
//
// Paths may begin with a version (/v3, /beta, /v2025) or have it after the resource
// (/non-employee-records/v1/...). Who calls is the affair of [Options].Authenticate. The
// handler adds one thing: dry-run=true on an upload checks the file and stores nothing.
//
// The host calls [nonemployee.Service.Tick] now and then; an upload is stored by it.
package rest
