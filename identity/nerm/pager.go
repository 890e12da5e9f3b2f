package nerm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// ErrRepeatedPage ends an aggregation whose pages do not move on.
var ErrRepeatedPage = errors.New("the service repeats a page")

// ErrTooMany ends an aggregation that brings far more profiles than the service
// says there are.
var ErrTooMany = errors.New("the service returns more profiles than it has")

// pager walks through the profiles of a type. It begins with after_id, which is
// fast and stable because it sorts by id, and falls back to offsets when the
// tenant does not know it.
//
// Source: DECISION N34 and N40 of identity/nonemployee.
type pager struct {
	client *client
	typeID string
	since  string // updated_after, empty for all

	offsets  bool // offsets instead of after_id
	cursor   string
	offset   int
	pages    int
	done     bool
	starts   map[string]bool // first id of every page of this mode
	seen     idSet
	received int // different elements, archived and bad ones too
	accepted int // not archived
	refused  int // could not be read
	total    int // the largest the service said; with after_id it may count down
}

// next returns the new profiles of the next page; done is set after the last.
// Elements that are no profile are reported.
func (p *pager) next(ctx context.Context) ([]profile, error) {
	o, err := p.client.get(ctx, p.query(), "profiles")
	// Past the end some tenants answer an error that says that nothing was found.
	if errors.Is(err, errEmpty) {
		p.done = true
		p.checkTotal()
		return nil, nil
	}

	if p.unknownCursor(err) {
		p.restart()
		return p.next(ctx)
	}

	if err != nil {
		return nil, err
	}

	// From here on the answer is one of the service; what is wrong with it ends the
	// aggregation, because a list with a hole would delete accounts.
	pg, err := decodePage(o)
	if err != nil {
		return nil, wrong(err)
	}
	p.pages++
	found, lastID := p.decode(pg.items)
	if err := p.guard(pg, found); err != nil {
		return nil, wrong(err)
	}

	// The same profile may come on two pages while others are added; it counts once.
	fresh := p.fresh(found)
	p.total = max(p.total, pg.total)

	// More than one page beyond the total: the service counts wrongly or pages in a circle.
	if p.accepted > p.total+p.client.pageSize && p.total > 0 {
		return nil, wrong(fmt.Errorf("%w: %d, expected %d", ErrTooMany, p.accepted, p.total))
	}

	p.advance(pg, lastID)
	if p.done {
		p.checkTotal()
	}
	return fresh, nil
}

// wrong is the error of an answer that came but cannot be.
func wrong(err error) error {
	return &Error{Path: "/profiles", Status: 200, Attempts: 1, Err: err}
}

func (p *pager) query() url.Values {
	q := url.Values{"profile_type_id": {p.typeID}, "limit": {strconv.Itoa(p.client.pageSize)}, "metadata": {"true"}}
	if p.since != "" {
		q.Set("updated_after", p.since)
	}
	if p.offsets {
		q.Set("offset", strconv.Itoa(p.offset))
		q.Set("order", "created_at")
	} else {
		q.Set("after_id", p.cursor)
	}

	return q
}

// unknownCursor reports whether a tenant refused the very first page because of
// after_id.
func (p *pager) unknownCursor(err error) bool {
	var e *Error
	return !p.offsets && p.pages == 0 && errors.As(err, &e) && e.Status == 400 &&
		strings.Contains(e.Message, "after_id")
}

// restart begins anew with offsets; what came already stays known.
func (p *pager) restart() {
	p.offsets, p.cursor, p.offset, p.starts = true, "", 0, nil
}

func (p *pager) decode(items []json.RawMessage) (found []profile, lastID string) {
	for i, item := range items {
		one, err := decodeProfile(item)
		if err != nil {
			p.received++
			p.refused++
			p.client.report(diag.Error, codeNermBadProfile, fmt.Sprintf("element %d of page %d: %v", i+1, p.pages, err))
			continue
		}

		found, lastID = append(found, one), one.id
	}

	return found, lastID
}

// guard finds pages and cursors that come again.
func (p *pager) guard(pg page, found []profile) error {
	if len(pg.items) == 0 {
		return nil
	}
	first := string(pg.items[0])
	if len(found) > 0 {
		first = found[0].id
	}

	if p.starts[first] {
		return fmt.Errorf("%w: page %d begins like an earlier one", ErrRepeatedPage, p.pages)
	}
	if !p.offsets && pg.cursor != "" && p.starts["after_id "+pg.cursor] {
		return fmt.Errorf("%w: page %d leads to an earlier one", ErrRepeatedPage, p.pages)
	}

	if p.starts == nil {
		p.starts = map[string]bool{}
	}
	p.starts[first], p.starts["after_id "+pg.cursor] = true, true
	return nil
}

// fresh drops profiles that came before, are archived or are of another type.
func (p *pager) fresh(found []profile) []profile {
	out := found[:0]
	for _, one := range found {
		if !p.seen.add(one.id) {
			continue
		}
		p.received++
		switch kind := one.fields.text("profile_type_id"); {
		case one.archived():
		case kind != "" && !strings.EqualFold(kind, p.typeID):
			p.client.report(diag.Warning, codeNermOtherType,
				fmt.Sprintf("profile %s is of type %s, expected %s", one.id, kind, p.typeID))
		default:
			p.accepted++
			out = append(out, one)
		}
	}

	return out
}

// advance decides where the next page begins, or that there is none.
func (p *pager) advance(pg page, lastID string) {
	// The service may allow fewer a page than it was asked for, and then no page is short.
	size := p.client.pageSize
	if pg.limit > 0 && pg.limit < size {
		size = pg.limit
	}
	short := len(pg.items) < size

	// By offset the total decides; where there is none, a short page.
	if p.offsets {
		p.offset += len(pg.items)
		p.done = len(pg.items) == 0 || p.offset >= pg.total && pg.total >= 0 || short && pg.total < 0
		return
	}

	switch {
	case len(pg.items) == 0:
		p.done = true
	case pg.cursor != "":
		p.cursor = pg.cursor
	case pg.hasCursor, short:
		p.done = true
	case p.pages == 1: // a full page without after_id: the tenant does not know it
		p.restart()
	default: // after_id went missing: go on after the last profile
		p.cursor = lastID
		p.done = lastID == ""
	}
}

// checkTotal reports a list that ended early. It is no error: a total may count
// what the list leaves out.
func (p *pager) checkTotal() {
	if p.received < p.total {
		p.client.report(diag.Warning, codeNermShort,
			fmt.Sprintf("the service returned %d of %d profiles", p.received, p.total))
	}
}

// idSet is a set of profile ids, small for the UUIDs that they are.
type idSet struct {
	uuids  map[[16]byte]struct{}
	others map[string]struct{}
}

// add reports whether the id is new.
func (s *idSet) add(id string) bool {
	if s.uuids == nil {
		s.uuids, s.others = map[[16]byte]struct{}{}, map[string]struct{}{}
	}
	if u, ok := parseUUID(id); ok {
		_, old := s.uuids[u]
		s.uuids[u] = struct{}{}
		return !old
	}

	_, old := s.others[id]
	s.others[id] = struct{}{}
	return !old
}
