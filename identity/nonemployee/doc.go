// Package nonemployee keeps people who are not employees: sources with account
// managers and ordered approvers, schema attributes, records, requests, approvals,
// CSV import and export, end date reminders, audit events and mail data.
//
// A [Service] works on a [Store] ([NewMemory], [OpenFile] or [NewSQL]). Its calls are
// grouped as in the product: Sources, Schema, Records, Requests and Approvals. Every
// call names an [Actor]; what an actor may not do answers with an [*Error] of status
// 403 and changes nothing. The package starts no goroutine and reads no clock: time
// comes from [WithClock], and [Service.Tick] runs what is due (staged imports,
// reminders).
//
// Values that calls return belong to the caller. A Service is safe for concurrent use;
// several processes may share one SQL store, because every object carries a version
// and a commit with a stale version fails as a whole.
//
// Source: the vendor's help page and API of non-employee lifecycle management.
// DECISION n in comments refers to DECISIONS.md beside this file.
package nonemployee
