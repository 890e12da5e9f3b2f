package nonemployee

import (
	"context"
	"slices"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/isc"
)

// Status is the state of a request or of an approval item.
type Status string

// The states. A request is Pending, then Approved or Rejected. An item is NotReady until
// the one before it is approved; it is Cancelled when another item was rejected or the
// request went away.
const (
	Approved  Status = "APPROVED"
	Rejected  Status = "REJECTED"
	Pending   Status = "PENDING"
	NotReady  Status = "NOT_READY"
	Cancelled Status = "CANCELLED"
)

// Request asks for a record.
type Request struct {
	ID string `json:"id"` // of the request (DECISION N8)
	Values
	SourceID       string `json:"sourceId"`
	Requester      Ref    `json:"requester"`
	Comment        string `json:"comment"` // of the requester
	Status         Status `json:"approvalStatus"`
	CompletionDate Date   `json:"completionDate"` // null until approved
	Created        Date   `json:"created"`
	Modified       Date   `json:"modified"`
	RecordID       string `json:"recordId,omitempty"` // of the record it led to
}

func (r *Request) record() Record {
	return Record{ID: r.RecordID, Values: r.Values.clone(), SourceID: r.SourceID, Created: r.Created,
		Modified: r.Modified}
}

func (r *Request) clone() Request {
	out := *r
	out.Values = r.Values.clone()
	return out
}

// putRequest stores a request; it holds its accountName while it is open.
func (t *tx) putRequest(r *Request, version int64) {
	unique := ""
	if r.Status == Pending {
		unique = fold(r.AccountName)
	}
	t.put(KindRequest, r.ID, r.SourceID, unique, version, r)
}

// RequestDetail is a request with its source and its approval items in order.
type RequestDetail struct {
	Request
	Source SourceLite
	Items  []Approval
}

// Requests are the calls on requests.
type Requests struct{ *core }

// Create asks for a record, after the same checks as [Records.Create]. Admins and
// account managers of the source may; both go through the review. A source without
// approvers approves at once (DECISION N16).
func (g Requests) Create(ctx context.Context, a Actor, body RecordBody) (RequestDetail, []Warning, error) {
	var out RequestDetail
	var warnings []Warning
	err := g.write(ctx, a, func(t *tx) error {
		if err := t.mayRequest(body.SourceID); err != nil {
			return err
		}
		if n := utf8.RuneCountInString(body.Comment); n > t.limits.CommentLength {
			return isc.Refuse(isc.CodeLength, "comment has %d characters, at most %d are allowed", n,
				t.limits.CommentLength)
		}
		s, values, w, err := t.checkNew(body)
		if err != nil {
			return err
		}
		out, err = t.newRequest(s, values, body.Comment)
		warnings = w
		return err
	})

	return out, warnings, err
}

// mayRequest: admins for every source, others for those they manage.
func (t *tx) mayRequest(sourceID string) error {
	if t.actor.may(Create) {
		return nil
	}
	s, _, err := t.findSource(t.ctx, sourceID)
	if err != nil {
		return err
	}

	if s != nil {
		if ok, err := t.manages(t.ctx, s, t.actor.ID); err != nil || ok {
			return err
		}
	}

	return forbidden("request a record on this source")
}

func (t *tx) newRequest(s *Source, values Values, comment string) (RequestDetail, error) {
	none := RequestDetail{}
	guard, err := t.guard(s.SourceID)
	if err != nil {
		return none, err
	}

	// Open requests are counted like records, or a source could be filled past its limit by requests.
	if guard.Count >= t.limits.Records {
		return none, t.recordLimit(s)
	}
	requester, err := t.person(t.ctx, t.actor.ID)
	if err != nil {
		return none, err
	}

	r := &Request{Values: values, SourceID: s.SourceID, Requester: requester, Comment: comment, Status: Pending,
		Created: t.now, Modified: t.now}
	if r.ID, err = t.id(); err != nil {
		return none, err
	}
	t.event(ActionRequestCreated, r.AccountName, s.SourceID, "id", r.ID)
	t.requestMail(s, r)
	items, err := t.newItems(s, r)
	if err != nil {
		return none, err
	}

	// Without approvers nobody has to agree: the record is made at once.
	if len(items) == 0 {
		if err := t.completeRequest(s, r, nil); err != nil {
			return none, err
		}
	}

	t.putRequest(r, 0)
	return RequestDetail{Request: r.clone(), Source: s.lite(), Items: items}, nil
}

// completeRequest makes the record of an approved request.
func (t *tx) completeRequest(s *Source, r *Request, last *Approval) error {
	record, err := t.newRecord(s, r.Values)
	if err != nil {
		return err
	}
	r.Status, r.CompletionDate, r.RecordID = Approved, t.now, record.ID
	t.event(ActionRequestDecided, r.AccountName, s.SourceID, "id", r.ID, "decision", string(Approved))
	t.decisionMail(s, r, last)
	return nil
}

// RequestQuery is a [isc.Query] on requests with the filter sourceId eq.
type RequestQuery struct {
	isc.Query
	RequestedFor string // the account manager, "me" for the actor; required
}

var listedRequests = isc.Fields[versioned[Request]]{
	"created":        dated(func(r versioned[Request]) Date { return r.T.Created }),
	"approvalStatus": sorted(func(r versioned[Request]) string { return string(r.T.Status) }),
	"firstName":      sorted(func(r versioned[Request]) string { return r.T.FirstName }),
	"lastName":       sorted(func(r versioned[Request]) string { return r.T.LastName }),
	"email":          sorted(func(r versioned[Request]) string { return r.T.Email }),
	"phone":          sorted(func(r versioned[Request]) string { return r.T.Phone }),
	"accountName":    sorted(func(r versioned[Request]) string { return r.T.AccountName }),
	"startDate":      dated(func(r versioned[Request]) Date { return r.T.StartDate }),
	"endDate":        dated(func(r versioned[Request]) Date { return r.T.EndDate }),
}

// List gives the requests on the sources that a person manages, and those the person
// made. Admins may ask for anybody, others for themselves.
func (g Requests) List(ctx context.Context, a Actor, q RequestQuery) (isc.Page[RequestDetail], error) {
	none := isc.Page[RequestDetail]{}
	if q.RequestedFor == "" {
		return none, isc.Refuse(isc.CodeRequired, "requested-for is required")
	}
	person, err := g.resolvePerson(a, q.RequestedFor, "list the requests of another person")
	if err != nil {
		// Rights are decided by the person asked about, not by the one who asks.
		return none, err
	}

	// The filter is on sources, which are few; requests are only read of those that pass.
	keep, err := bySource.Filter(q.Filters)
	if err != nil {
		return none, err
	}
	all, sources, err := g.requestsOf(ctx, person, keep)
	if err != nil {
		return none, err
	}

	q.Filters = ""
	p, err := listedRequests.Page(all, q.Query, g.limits.PageSize, func(a, b versioned[Request]) int {
		return inOrder(a.T.Created, b.T.Created, a.T.ID, b.T.ID)
	})
	if err != nil {
		return none, err
	}

	out := isc.Page[RequestDetail]{Items: make([]RequestDetail, len(p.Items)), Total: p.Total}
	for i, r := range p.Items {
		items, err := g.itemsOf(ctx, r.T.ID)
		if err != nil {
			return none, err
		}
		out.Items[i] = RequestDetail{Request: r.T.clone(), Source: sources[r.T.SourceID], Items: items}
	}

	return out, nil
}

// requestsOf gives the requests of a person, of the sources that keep accepts.
func (c *core) requestsOf(ctx context.Context, person string,
	keep func(*Source) bool) ([]versioned[Request], map[string]SourceLite, error) {
	sources, err := list[Source](ctx, c.store, KindSource, "")
	if err != nil {
		return nil, nil, err
	}
	var out []versioned[Request]
	lite := map[string]SourceLite{}
	for _, s := range sources {
		lite[s.T.SourceID] = s.T.lite()
		if !keep(s.T) {
			continue
		}

		// Managing a source shows all of its requests, having made one shows that one.
		managed, err := c.manages(ctx, s.T, person)
		if err != nil {
			return nil, nil, err
		}
		some, err := list[Request](ctx, c.store, KindRequest, s.T.SourceID)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, slices.DeleteFunc(some, func(r versioned[Request]) bool {
			return !managed && r.T.Requester.ID != person
		})...)
	}

	return out, lite, nil
}

// Get reads a request: admins any, others their own.
func (g Requests) Get(ctx context.Context, a Actor, id string) (RequestDetail, error) {
	r, _, err := get[Request](ctx, g.store, KindRequest, id)
	if err != nil {
		return RequestDetail{}, err
	}
	if !a.may(Read) && (r == nil || a.ID == "" || r.Requester.ID != a.ID) {
		return RequestDetail{}, forbidden("read this request")
	}

	// After the rights: that a request does not exist is no business of others.
	if r == nil {
		return RequestDetail{}, notFound("request", id)
	}
	s, _, err := g.findSource(ctx, r.SourceID)
	if err != nil {
		return RequestDetail{}, err
	}

	out := RequestDetail{Request: r.clone()}
	if s != nil {
		out.Source = s.lite()
	}
	out.Items, err = g.itemsOf(ctx, r.ID)
	return out, err
}

// Delete removes a request; its open items become CANCELLED and stay.
func (g Requests) Delete(ctx context.Context, a Actor, id string) error {
	if !a.may(Delete) {
		return forbidden("delete a request")
	}
	return g.write(ctx, a, func(t *tx) error {
		r, version, err := get[Request](ctx, t.store, KindRequest, id)
		if err != nil {
			return err
		}
		if r == nil {
			return notFound("request", id)
		}
		if _, err := t.guard(r.SourceID); err != nil {
			return err
		}
		t.delete(KindRequest, id, version)
		t.event(ActionRequestDeleted, r.AccountName, r.SourceID, "id", id)
		return t.cancelItems(id, 0)
	})
}

// RequestSummary counts the requests and records on the sources a person manages.
type RequestSummary struct {
	Approved         int `json:"approved"`
	Rejected         int `json:"rejected"`
	Pending          int `json:"pending"`
	NonEmployeeCount int `json:"nonEmployeeCount"`
}

// Summary counts for a person: "me" for the actor, anybody for admins.
func (g Requests) Summary(ctx context.Context, a Actor, requestedFor string) (RequestSummary, error) {
	var out RequestSummary
	person, err := g.resolvePerson(a, requestedFor, "read the summary of another person")
	if err != nil {
		return out, err
	}

	sources, err := list[Source](ctx, g.store, KindSource, "")
	if err != nil {
		return out, err
	}
	managed := 0

	// Counting goes over the sources one manages, and an administrator may manage none.
	for _, s := range sources {
		ok, err := g.manages(ctx, s.T, person)
		if err != nil {
			return out, err
		}
		if ok {
			managed++
			if err := g.summarize(ctx, s.T.SourceID, &out); err != nil {
				return out, err
			}
		}
	}

	if managed == 0 && !a.may(Read) {
		return out, forbidden("read a summary of requests")
	}
	return out, nil
}

func (c *core) summarize(ctx context.Context, sourceID string, out *RequestSummary) error {
	requests, err := list[Request](ctx, c.store, KindRequest, sourceID)
	if err != nil {
		return err
	}
	for _, r := range requests {
		switch r.T.Status {
		case Approved:
			out.Approved++
		case Rejected:
			out.Rejected++
		case Pending:
			out.Pending++
		}
	}

	n, err := c.recordCount(ctx, sourceID)
	out.NonEmployeeCount += n
	return err
}
