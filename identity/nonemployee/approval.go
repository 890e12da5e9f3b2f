package nonemployee

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
)

// Approval is one approver's part in a request.
type Approval struct {
	ID          string `json:"id"`
	RequestID   string `json:"requestId"`
	SourceID    string `json:"sourceId"`
	Approver    Ref    `json:"approver"`
	AccountName string `json:"accountName"`
	Status      Status `json:"approvalStatus"`
	Order       int    `json:"approvalOrder"` // from 1
	Comment     string `json:"comment"`
	Requester   Ref    `json:"requester"`
	Created     Date   `json:"created"`
	Modified    Date   `json:"modified"`
}

// ApprovalDetail is an item with all the approver needs to decide. Request and Schema
// are missing when the request was deleted.
type ApprovalDetail struct {
	Approval
	Request *Request
	Source  SourceLite
	Schema  []Attribute
}

// newItems makes the items of a request in the order of the source's approvers, which
// are frozen with that (DECISION N18).
func (t *tx) newItems(s *Source, r *Request) ([]Approval, error) {
	var out []Approval
	for i, approver := range s.Approvers {
		id, err := t.id()
		if err != nil {
			return nil, err
		}
		item := &Approval{
			ID: id, RequestID: r.ID, SourceID: s.SourceID, Approver: approver, AccountName: r.AccountName,
			Status: NotReady, Order: i + 1, Requester: r.Requester, Created: t.now, Modified: t.now,
		}

		// Approvers decide one after another: only the first has something to do, and hears of it.
		if i == 0 {
			item.Status = Pending
			t.reviewMail(s, r, item)
		}

		t.put(KindApproval, id, r.ID, "", 0, item)
		out = append(out, *item)
	}

	return out, nil
}

// itemsOf gives the items of a request in order.
func (c *core) itemsOf(ctx context.Context, requestID string) ([]Approval, error) {
	all, err := c.items(ctx, requestID)
	out := make([]Approval, len(all))
	for i, a := range all {
		out[i] = *a.T
	}
	return out, err
}

func (c *core) items(ctx context.Context, requestID string) ([]versioned[Approval], error) {
	all, err := list[Approval](ctx, c.store, KindApproval, requestID)
	slices.SortFunc(all, func(a, b versioned[Approval]) int { return a.T.Order - b.T.Order })
	return all, err
}

// cancelItems cancels the open items of a request after a place in the order.
func (t *tx) cancelItems(requestID string, after int) error {
	all, err := t.items(t.ctx, requestID)
	if err != nil {
		return err
	}
	for _, old := range all {
		if old.T.Order > after && (old.T.Status == Pending || old.T.Status == NotReady) {
			next := *old.T
			next.Status, next.Modified = Cancelled, t.now
			t.put(KindApproval, next.ID, requestID, "", old.version, &next)
		}
	}

	return nil
}

// Approvals are the calls on approval items.
type Approvals struct{ *core }

// ApprovalQuery is a [isc.Query] on approval items with the filter approvalStatus eq, whose
// value compares without regard to case (DECISION N9).
type ApprovalQuery struct {
	isc.Query
	RequestedFor string // the approver; "" for all (admins) or the actor
}

var listedApprovals = isc.Fields[Approval]{
	"approvalStatus": {
		Condition: isc.Condition{
			Ops:  "eq",
			Enum: []string{string(Approved), string(Rejected), string(Pending), string(NotReady), string(Cancelled)},
		},
		Get: func(a Approval) identity.Value { return identity.StringValue(string(a.Status)) },
	},
	"created":  dated(func(a Approval) Date { return a.Created }),
	"modified": dated(func(a Approval) Date { return a.Modified }),
}

// List gives the items of an approver, or all of them to an admin who names none.
func (g Approvals) List(ctx context.Context, a Actor, q ApprovalQuery) (isc.Page[Approval], error) {
	person := ""

	// Who may not read everything means his own items, also where he names nobody.
	if q.RequestedFor != "" || !a.may(Read) {
		asked := q.RequestedFor
		if asked == "" {
			asked = "me"
		}
		var err error
		if person, err = g.resolvePerson(a, asked, "list the approvals of another person"); err != nil {
			return isc.Page[Approval]{}, err
		}
	}

	var items []Approval
	err := g.eachOf(ctx, person, func(item *Approval) { items = append(items, *item) })
	if err != nil {
		return isc.Page[Approval]{}, err
	}

	return listedApprovals.Page(items, q.Query, g.limits.PageSize, func(a, b Approval) int {
		return inOrder(a.Created, b.Created, a.ID, b.ID)
	})
}

// eachOf visits the items of an approver, group members included; "" for all.
func (c *core) eachOf(ctx context.Context, person string, visit func(*Approval)) error {
	all, err := list[Approval](ctx, c.store, KindApproval, "")
	if err != nil {
		return err
	}

	// Whether somebody belongs to a group is asked of the directory, which may be far away.
	known := map[Ref]bool{} // approvers repeat
	for _, item := range all {
		ok, seen := known[item.T.Approver]
		if !seen {
			ok = person == ""
			if !ok {
				if ok, err = c.covers(ctx, item.T.Approver, person); err != nil {
					return err
				}
			}

			known[item.T.Approver] = ok
		}

		if ok {
			visit(item.T)
		}
	}

	return nil
}

// Get reads an item with its request: admins any, approvers their own.
func (g Approvals) Get(ctx context.Context, a Actor, id string) (ApprovalDetail, error) {
	item, _, err := g.itemFor(ctx, a, id, a.may(Read))
	if err != nil {
		return ApprovalDetail{}, err
	}
	return g.detail(ctx, item)
}

// itemFor finds an item for its approver, or for anybody when open is set.
func (c *core) itemFor(ctx context.Context, a Actor, id string, open bool) (*Approval, int64, error) {
	item, version, err := get[Approval](ctx, c.store, KindApproval, id)
	if err != nil {
		return nil, 0, err
	}
	if item == nil {
		if a.may(Read) {
			return nil, 0, notFound("approval", id)
		}
		return nil, 0, forbidden("see or decide this approval")
	}

	// Whoever may not see an item learns nothing of it, not even that it exists.
	ok, err := open, nil
	if !ok {
		ok, err = c.covers(ctx, item.Approver, a.ID)
	}
	if err == nil && !ok {
		err = forbidden("see or decide this approval")
	}
	return item, version, err
}

func (c *core) detail(ctx context.Context, item *Approval) (ApprovalDetail, error) {
	out := ApprovalDetail{Approval: *item}
	r, _, err := get[Request](ctx, c.store, KindRequest, item.RequestID)
	if err != nil || r == nil {
		return out, err
	}

	request := r.clone()
	out.Request = &request
	s, _, err := c.findSource(ctx, r.SourceID)
	if err != nil || s == nil {
		return out, err
	}

	out.Source = s.lite()
	attributes, err := c.attributes(ctx, s.SourceID)
	for _, at := range attributes {
		out.Schema = append(out.Schema, *at.T)
	}
	return out, err
}

// Approve approves an item whose turn it is. The last approval checks the values again
// and makes the record; when they do not fit any more the item stays PENDING and the
// error tells why (DECISION N20).
//
// Errors: [isc.CodeForbidden] for anybody but the approver, admins included, [isc.CodeBadRequest]
// for an item that is not PENDING, [isc.CodeLength] for the comment.
func (g Approvals) Approve(ctx context.Context, a Actor, id, comment string) (Approval, error) {
	return g.decide(ctx, a, id, comment, (*tx).approve)
}

// Reject rejects an item whose turn it is, and with it the request. The comment is
// required.
func (g Approvals) Reject(ctx context.Context, a Actor, id, comment string) (Approval, error) {
	return g.decide(ctx, a, id, comment, (*tx).reject)
}

type decision func(*tx, *Source, *Request, *Approval) error

func (g Approvals) decide(ctx context.Context, a Actor, id, comment string, do decision) (Approval, error) {
	var out Approval
	err := g.write(ctx, a, func(t *tx) error {
		// Everything is read inside the write: between looking and deciding another approver may have
		// been faster.
		old, version, err := t.itemFor(ctx, a, id, false)
		if err != nil {
			return err
		}
		if old.Status != Pending {
			return isc.Refuse(isc.CodeBadRequest, "the approval is %s, only a PENDING one can be decided", old.Status)
		}
		if n := utf8.RuneCountInString(comment); n > t.limits.CommentLength {
			return isc.Refuse(isc.CodeLength, "comment has %d characters, at most %d are allowed", n,
				t.limits.CommentLength)
		}
		item := *old
		item.Comment, item.Modified = comment, t.now
		if err := t.decideItem(&item, do); err != nil {
			return err
		}
		t.put(KindApproval, id, item.RequestID, "", version, &item)
		t.event(ActionApprovalDecided, item.AccountName, item.SourceID, "id", id, "decision", string(item.Status))
		out = item
		return nil
	})

	return out, err
}

// decideItem decides and stores the request, which changes with every decision so that
// two of them never both succeed on one request.
func (t *tx) decideItem(item *Approval, do decision) error {
	r, version, err := get[Request](t.ctx, t.store, KindRequest, item.RequestID)
	if err != nil {
		return err
	}
	s, _, err := t.findSource(t.ctx, item.SourceID)
	if err != nil {
		return err
	}

	// Deleting a request cancels its items in the same commit, so this is a broken store and no
	// refusal.
	if r == nil || s == nil {
		return errors.New("the request of an open approval is gone")
	}
	next := r.clone()
	next.Modified = t.now
	if err := do(t, s, &next, item); err != nil {
		return err
	}

	t.putRequest(&next, version)
	return nil
}

func (t *tx) approve(s *Source, r *Request, item *Approval) error {
	item.Status = Approved
	all, err := t.items(t.ctx, r.ID)
	if err != nil {
		return err
	}

	// Approvals go one after the other; whoever comes next hears of it now and not before.
	for _, old := range all {
		if old.T.Order == item.Order+1 {
			next := *old.T
			next.Status, next.Modified = Pending, t.now
			t.put(KindApproval, next.ID, r.ID, "", old.version, &next)
			t.reviewMail(s, r, &next)
			return nil
		}
	}

	// The last approval makes the record, so everything is checked as for a new one: its
	// name may have been taken since the request was made.
	values, _, err := t.check(s, bodyOfValues(r.SourceID, r.Values), owner{request: r.ID})
	if err != nil {
		return err
	}
	r.Values = values
	return t.completeRequest(s, r, item)
}

func (t *tx) reject(s *Source, r *Request, item *Approval) error {
	if strings.TrimSpace(item.Comment) == "" {
		return isc.Refuse(isc.CodeRequired, "comment is required to reject")
	}
	item.Status, r.Status = Rejected, Rejected
	t.event(ActionRequestDecided, r.AccountName, s.SourceID, "id", r.ID, "decision", string(Rejected))
	t.decisionMail(s, r, item)
	return t.cancelItems(r.ID, item.Order)
}

// ApprovalSummary counts the items of an approver.
type ApprovalSummary struct {
	Approved int `json:"approved"`
	Pending  int `json:"pending"`
	Rejected int `json:"rejected"`
}

// Summary counts for an approver: "me" for the actor, anybody for admins.
func (g Approvals) Summary(ctx context.Context, a Actor, requestedFor string) (ApprovalSummary, error) {
	var out ApprovalSummary
	person, err := g.resolvePerson(a, requestedFor, "read the summary of another person")
	if err != nil {
		return out, err
	}

	err = g.eachOf(ctx, person, func(item *Approval) {
		switch item.Status {
		case Approved:
			out.Approved++
		case Pending:
			out.Pending++
		case Rejected:
			out.Rejected++
		}
	})

	return out, err
}

// Stuck gives the open items whose approver exists no more (DECISION N19). Only admins
// may ask; they can delete the request.
func (g Approvals) Stuck(ctx context.Context, a Actor) ([]Approval, error) {
	if !a.may(Read) {
		return nil, forbidden("list stuck approvals")
	}
	var open []Approval
	err := g.eachOf(ctx, "", func(item *Approval) {
		if item.Status == Pending || item.Status == NotReady {
			open = append(open, *item)
		}
	})
	if err != nil {
		return nil, err
	}

	// Oldest first: these have waited longest.
	slices.SortFunc(open, func(a, b Approval) int { return inOrder(a.Created, b.Created, a.ID, b.ID) })
	var out []Approval
	for _, item := range open {
		_, ok, err := g.resolve(ctx, item.Approver)
		if err != nil {
			return nil, err
		}
		if !ok {
			out = append(out, item)
		}
	}

	return out, nil
}
