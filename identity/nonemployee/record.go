package nonemployee

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity/isc"
)

// Values are the attributes of a person, in a record or in a request for one.
type Values struct {
	AccountName string            `json:"accountName"` // unique identifier, the user name of the identity
	FirstName   string            `json:"firstName"`
	LastName    string            `json:"lastName"`
	Email       string            `json:"email"`
	Phone       string            `json:"phone"`
	Manager     string            `json:"manager"` // alias of an identity
	Data        map[string]string `json:"data"`    // custom attributes by technical name
	StartDate   Date              `json:"startDate"`
	EndDate     Date              `json:"endDate"`
}

func (v Values) clone() Values {
	v.Data = maps.Clone(v.Data)
	if v.Data == nil {
		v.Data = map[string]string{}
	}
	return v
}

func (v Values) equal(o Values) bool {
	return v.AccountName == o.AccountName && v.FirstName == o.FirstName && v.LastName == o.LastName &&
		v.Email == o.Email && v.Phone == o.Phone && v.Manager == o.Manager &&
		maps.Equal(v.Data, o.Data) && v.StartDate.Equal(o.StartDate.Time) && v.EndDate.Equal(o.EndDate.Time)
}

// Value gives an attribute by technical name, dates as RFC 3339 in UTC; "" when the
// record has no value for it.
func (v Values) Value(technicalName string) string {
	switch technicalName {
	case "accountName", accountNameAlias:
		return v.AccountName
	case "firstName":
		return v.FirstName
	case "lastName":
		return v.LastName
	case "phone":
		return v.Phone
	case "email":
		return v.Email
	case "manager":
		return v.Manager
	case "startDate":
		return v.StartDate.String()
	case "endDate":
		return v.EndDate.String()
	}

	return v.Data[technicalName]
}

// Record is a non-employee.
type Record struct {
	ID string `json:"id"`
	Values
	SourceID string `json:"sourceId"`
	Created  Date   `json:"created"`
	Modified Date   `json:"modified"`
}

func (r *Record) clone() Record {
	out := *r
	out.Values = r.Values.clone()
	return out
}

// Records are the calls on records.
type Records struct{ *core }

// recordsOf gives the records of a source in order of creation; "" for all.
func (c *core) recordsOf(ctx context.Context, sourceID string) ([]versioned[Record], error) {
	all, err := list[Record](ctx, c.store, KindRecord, sourceID)
	slices.SortFunc(all, func(a, b versioned[Record]) int { return inOrder(a.T.Created, b.T.Created, a.T.ID, b.T.ID) })
	return all, err
}

// Create makes a record at once, without review. Only admins may.
//
// Errors: [isc.CodeBadRequest] with all problems in one text, [isc.CodeReferenceNotFound] for an unknown
// source, [isc.CodeConflict] for an accountName in use by a record or an open request
// (without regard to case, DECISION N14), [isc.CodeLimit].
func (g Records) Create(ctx context.Context, a Actor, body RecordBody) (Record, []Warning, error) {
	var out Record
	var warnings []Warning
	if !a.may(Create) {
		return out, nil, forbidden("create a record")
	}

	err := g.write(ctx, a, func(t *tx) error {
		s, values, w, err := t.checkNew(body)
		if err != nil {
			return err
		}
		r, err := t.newRecord(s, values)
		if err != nil {
			return err
		}
		out, warnings = r.clone(), w
		return nil
	})

	return out, warnings, err
}

// newRecord stores checked values.
func (t *tx) newRecord(s *Source, values Values) (*Record, error) {
	guard, err := t.guard(s.SourceID)
	if err != nil {
		return nil, err
	}
	if guard.Count >= t.limits.Records {
		return nil, t.recordLimit(s)
	}

	id, err := t.id()
	if err != nil {
		return nil, err
	}

	// The guard counts records, so that the limit holds for two commits at one time as well.
	guard.Count++
	r := &Record{ID: id, Values: values, SourceID: s.SourceID, Created: t.now, Modified: t.now}
	t.put(KindRecord, id, s.SourceID, fold(values.AccountName), 0, r)
	t.event(ActionRecordCreated, r.AccountName, s.SourceID, "id", id)
	return r, nil
}

func (c *core) recordLimit(s *Source) error {
	return isc.Refuse(isc.CodeLimit, "the source %q has %d records, the most that are allowed",
		s.Name, c.limits.Records)
}

var listedRecords = isc.Fields[versioned[Record]]{
	"id":          sorted(func(r versioned[Record]) string { return r.T.ID }),
	"accountName": sorted(func(r versioned[Record]) string { return r.T.AccountName }),
	"sourceId":    sorted(func(r versioned[Record]) string { return r.T.SourceID }),
	"manager":     sorted(func(r versioned[Record]) string { return r.T.Manager }),
	"firstName":   sorted(func(r versioned[Record]) string { return r.T.FirstName }),
	"lastName":    sorted(func(r versioned[Record]) string { return r.T.LastName }),
	"email":       sorted(func(r versioned[Record]) string { return r.T.Email }),
	"phone":       sorted(func(r versioned[Record]) string { return r.T.Phone }),
	"startDate":   dated(func(r versioned[Record]) Date { return r.T.StartDate }),
	"endDate":     dated(func(r versioned[Record]) Date { return r.T.EndDate }),
	"created":     dated(func(r versioned[Record]) Date { return r.T.Created }),
	"modified":    dated(func(r versioned[Record]) Date { return r.T.Modified }),
}

// List gives records: all to admins, those of managed sources to account managers. The
// one filter is sourceId eq.
func (g Records) List(ctx context.Context, a Actor, q isc.Query) (isc.Page[Record], error) {
	// Only sources that the actor may see are read at all, so that a filter cannot ask about others.
	sources, err := g.visibleSources(ctx, a)
	if err != nil {
		return isc.Page[Record]{}, err
	}
	keep, err := bySource.Filter(q.Filters)
	if err != nil {
		return isc.Page[Record]{}, err
	}

	var all []versioned[Record]
	for _, s := range sources {
		if !keep(s.T) {
			continue
		}
		some, err := list[Record](ctx, g.store, KindRecord, s.T.SourceID)
		if err != nil {
			return isc.Page[Record]{}, err
		}
		all = append(all, some...)
	}

	// The sources were filtered; what is left of them needs no filter.
	q.Filters = ""
	p, err := listedRecords.Page(all, q, g.limits.PageSize, func(a, b versioned[Record]) int {
		return inOrder(a.T.Created, b.T.Created, a.T.ID, b.T.ID)
	})
	if err != nil {
		return isc.Page[Record]{}, err
	}

	out := isc.Page[Record]{Items: make([]Record, len(p.Items)), Total: p.Total}
	for i, r := range p.Items {
		out.Items[i] = r.T.clone()
	}
	return out, nil
}

// visibleSources are those whose records the actor may read; none at all is forbidden.
func (c *core) visibleSources(ctx context.Context, a Actor) ([]versioned[Source], error) {
	all, err := list[Source](ctx, c.store, KindSource, "")
	if err != nil || a.may(Read) {
		return all, err
	}
	var out []versioned[Source]
	for _, s := range all {
		ok, err := c.manages(ctx, s.T, a.ID)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, s)
		}
	}

	if len(out) == 0 {
		return nil, forbidden("list records")
	}
	return out, nil
}

// Get reads a record: admins any, account managers those of their sources (DECISION N10).
func (g Records) Get(ctx context.Context, a Actor, id string) (Record, error) {
	r, _, _, err := g.recordFor(ctx, a, id, Read, "read this record")
	if err != nil {
		return Record{}, err
	}
	return r.clone(), nil
}

// recordFor finds a record for an actor with the right or an account manager of its
// source; admin tells which.
func (c *core) recordFor(ctx context.Context, a Actor, id string, right Rights,
	what string) (r *Record, version int64, admin bool, err error) {
	r, version, err = get[Record](ctx, c.store, KindRecord, id)
	if err != nil {
		return nil, 0, false, err
	}

	// Whoever has the right learns that there is no record; others only that they may not ask.
	if a.may(right) {
		if r == nil {
			return nil, 0, true, notFound("record", id)
		}
		return r, version, true, nil
	}

	if r != nil {
		s, _, err := c.findSource(ctx, r.SourceID)
		if err != nil {
			return nil, 0, false, err
		}
		if s != nil {
			ok, err := c.manages(ctx, s, a.ID)
			if err != nil {
				return nil, 0, false, err
			}
			if ok {
				return r, version, false, nil
			}
		}
	}

	return nil, 0, false, forbidden(what)
}

// Put replaces all values of a record. An account manager may change the end date only.
// Changing accountName gives the warning account-name-change, see [NameChange].
func (g Records) Put(ctx context.Context, a Actor, id string, body RecordBody) (Record, []Warning, error) {
	return g.update(ctx, a, id, func(old *Record, admin bool) (RecordBody, error) {
		if body.SourceID == "" {
			body.SourceID = old.SourceID
		}
		if !admin {
			return body, onlyEndDate(old, body)
		}
		return body, nil
	})
}

// onlyEndDate refuses a body that differs from the record in anything but the end date.
func onlyEndDate(old *Record, body RecordBody) error {
	was := bodyOf(old)
	for _, f := range []struct{ name, was, is string }{
		{"accountName", was.AccountName, body.AccountName}, {"firstName", was.FirstName, body.FirstName},
		{"lastName", was.LastName, body.LastName}, {"email", was.Email, body.Email},
		{"phone", was.Phone, body.Phone}, {"manager", was.Manager, body.Manager},
		{"sourceId", was.SourceID, body.SourceID}, {"startDate", was.StartDate, canonicalDate(body.StartDate)},
	} {
		if f.was != f.is {
			return forbidden("change " + f.name + ", only endDate")
		}
	}

	if !maps.Equal(was.Data, body.filled()) || len(body.problems) > 0 {
		return forbidden("change data, only endDate")
	}
	return nil
}

func canonicalDate(text string) string {
	if d, err := ParseDate(text); err == nil {
		return d.String()
	}
	return text
}

// Patch changes a record. Paths are the fields of a record and /data/<technicalName>;
// id, sourceId, created and modified are read only.
func (g Records) Patch(ctx context.Context, a Actor, id string, ops []isc.PatchOp) (Record, []Warning, error) {
	return g.update(ctx, a, id, func(old *Record, admin bool) (RecordBody, error) {
		if !admin {
			for _, op := range ops {
				if op.Path != "/endDate" || op.Op == "move" {
					return RecordBody{}, forbidden("patch " + op.Path + " (" + op.Op + "), only /endDate")
				}
			}
		}

		attributes, err := g.attributes(ctx, old.SourceID)
		if err != nil {
			return RecordBody{}, err
		}
		return patchRecord(old, attributes, ops)
	})
}

// update changes a record to what next makes of the old one.
func (g Records) update(ctx context.Context, a Actor, id string,
	next func(old *Record, admin bool) (RecordBody, error)) (Record, []Warning, error) {
	var out Record
	var warnings []Warning
	err := g.write(ctx, a, func(t *tx) error {
		// Found, checked and written in one transaction: the body was made for this version.
		old, version, admin, err := t.recordFor(ctx, a, id, Update, "change this record")
		if err != nil {
			return err
		}
		body, err := next(old, admin)
		if err != nil {
			return err
		}
		r, w, err := t.checkUpdate(old, body)
		if err != nil {
			return err
		}

		// The guard makes a deletion of the source and this change exclude each other.
		if _, err := t.guard(old.SourceID); err != nil {
			return err
		}
		t.put(KindRecord, id, r.SourceID, fold(r.AccountName), version, r)
		t.event(ActionRecordUpdated, r.AccountName, r.SourceID, "id", id)
		out, warnings = r.clone(), w
		return nil
	})

	return out, warnings, err
}

func (t *tx) checkUpdate(old *Record, body RecordBody) (*Record, []Warning, error) {
	s, _, err := t.findSource(t.ctx, old.SourceID)
	if err != nil {
		return nil, nil, err
	}
	if s == nil {
		return nil, nil, errors.New("the source of the record is gone")
	}

	// Both ids of the source are in use by clients.
	if body.SourceID != s.SourceID && body.SourceID != s.ID {
		return nil, nil, isc.Refuse(isc.CodeIllegalUpdate, "sourceId cannot be changed")
	}
	values, warnings, err := t.check(s, body, owner{record: old.ID})
	if err != nil {
		return nil, nil, err
	}

	// The name identifies the account. A tenant that aggregates after this sees another person.
	if values.AccountName != old.AccountName {
		if t.forbidRename {
			return nil, nil, isc.Refuse(isc.CodeIllegalUpdate, "accountName cannot be changed")
		}
		warnings = append(warnings, NameChange{old.AccountName, values.AccountName}.warning())
	}

	r := *old
	r.Values, r.Modified = values, t.now
	return &r, warnings, nil
}

// NameChange tells what a changed accountName does at the next aggregation: a second
// identity is made and the first is left without its account.
type NameChange struct {
	Orphaned string // account name of the identity that loses its account
	Created  string // account name of the identity that is made
}

func (n NameChange) warning() Warning {
	return Warning{Code: "account-name-change", Path: "accountName",
		Text: "the next aggregation makes a new identity for " + n.Created + " and leaves the one of " + n.Orphaned +
			" without an account"}
}
