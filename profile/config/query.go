package config

import (
	"cmp"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
)

// maxPage is the largest page of a list.
const maxPage = 250

// ListOptions select, order and cut a list of profiles, as the query parameters
// of the API do.
//
// Source: DECISION 59.
type ListOptions struct {
	Filters string // of id, name: eq ne ge gt in le sw; of priority: eq ne; joined by and
	Sorters string // id, name, priority, created, modified, owner.id, owner.name; - for descending
	Limit   int    // 1 to 250; 0: 250
	Offset  int
}

// List returns a page of the profiles, without order given by priority, and how
// many there are in all.
//
// Error: [isc.CodeIllegalValue] for filters and sorters that are not supported;
// [isc.CodeLimit] for a limit out of range.
func (b *Bundle) List(o ListOptions) (page []*Profile, total int, err error) {
	return b.list(o, listed)
}

// ListForExport is List with the few filters that an export takes: eq and ne.
func (b *Bundle) ListForExport(o ListOptions) (page []*Profile, total int, err error) {
	return b.list(o, exported)
}

func (b *Bundle) list(o ListOptions, fields isc.Fields[*Profile]) (page []*Profile, total int, err error) {
	if o.Limit < 0 || o.Limit > maxPage || o.Offset < 0 {
		return nil, 0, isc.Refuse(isc.CodeLimit,
			"limit %d and offset %d, expected a limit from 1 to %d and no negative offset", o.Limit, o.Offset, maxPage)
	}

	// The profiles of a bundle stand by priority, and that order is kept.
	place := map[*Profile]int{}
	for i, p := range b.Profiles {
		place[p] = i
	}
	q := isc.Query{Filters: o.Filters, Sorters: o.Sorters, Limit: o.Limit, Offset: o.Offset}
	found, err := fields.Page(slices.Clone(b.Profiles), q, maxPage, func(x, y *Profile) int {
		return place[x] - place[y]
	})
	return found.Items, found.Total, err
}

func priorityField(ops string) isc.Field[*Profile] {
	return isc.Field[*Profile]{
		Condition: isc.Condition{Ops: ops, Kind: isc.Number},
		Get:       func(p *Profile) identity.Value { return identity.IntValue(p.Priority) },
		Compare:   func(a, b *Profile) int { return cmp.Compare(a.Priority, b.Priority) },
	}
}

// listed are the fields that lists of profiles are filtered and sorted by.
var listed = isc.Fields[*Profile]{
	"id":         isc.TextField("eq ne ge gt in le sw", func(p *Profile) string { return p.ID }),
	"name":       isc.TextField("eq ne ge gt in le sw", func(p *Profile) string { return p.Name }),
	"priority":   priorityField("eq ne"),
	"created":    isc.TimeField("", func(p *Profile) time.Time { return p.Created }),
	"modified":   isc.TimeField("", func(p *Profile) time.Time { return instant(p.Node.Get("modified")) }),
	"owner.id":   isc.TextField("", func(p *Profile) string { return p.Owner.ID }),
	"owner.name": isc.TextField("", func(p *Profile) string { return p.Owner.Name }),
}

// exported are those of an export.
var exported = isc.Fields[*Profile]{
	"id":       isc.TextField("eq ne", func(p *Profile) string { return p.ID }),
	"name":     isc.TextField("eq ne", func(p *Profile) string { return p.Name }),
	"priority": priorityField("eq ne"),
}

// Statuses of a profile.
//
// Source: DECISION 57.
const (
	StatusActive          = "Active"
	StatusNeedsProcessing = "Needs Processing"
)

// Status returns the status of a profile.
func (p *Profile) Status() string {
	if p.RefreshRequired {
		return StatusNeedsProcessing
	}
	return StatusActive
}
