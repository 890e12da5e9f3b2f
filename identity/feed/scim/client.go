package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
)

// Service is a SCIM service as its host reaches it.
type Service struct {
	// URL is that of the resources, such as https://acme.example/scim/v2/Users.
	URL string
	// Do sends a request; the host adds what proves who it is, which this package
	// never sees. Usually http.Client.Do of a client with a time limit.
	Do func(*http.Request) (*http.Response, error)
	// PageSize is how many resources are asked for at a time. 0: 200.
	PageSize int
	// Filter is the filter of the query; empty: none.
	Filter string
	// Attempts is how often a page is asked for that a busy service refuses
	// (429, 502, 503, 504), or that breaks off. 0: 3.
	Attempts int
	// Wait waits between two attempts, as long as the service asks for or d. It
	// returns the error of the context when that ends first. Nil: no waiting.
	Wait func(ctx context.Context, d time.Duration) error
}

const (
	pageSize = 200
	attempts = 3
	maxPage  = 256 << 20
)

// Source returns the resources of a service as a source; see [New]. Pages are
// asked for one after another while the accounts are read, by startIndex or by
// the cursor that the service gives. A page that cannot be had ends the stream
// with an error, as does a list that has fewer resources than the service says.
func (s Service) Source(o feed.Options) (*feed.File, error) {
	return feed.NewFile(s.URL, nil, defaults(o),
		func(ctx context.Context, r *feed.Reading, _ io.Reader, yield func(identity.Account, error) bool) {
			pages := &pages{service: s, ctx: ctx}
			read(ctx, r, pages, yield)
		})
}

// pages is all pages of a list, one after another.
type pages struct {
	service Service
	ctx     context.Context
	page    []byte
	start   int // index of the next page, from 0
	found   int
	cursor  string
	first   string // id of the first resource of the last page
	done    bool
}

// Read implements [io.Reader].
func (p *pages) Read(buf []byte) (int, error) {
	for len(p.page) == 0 {
		if p.done {
			return 0, io.EOF
		}
		if err := p.next(); err != nil {
			return 0, err
		}
	}

	n := copy(buf, p.page)
	p.page = p.page[n:]
	return n, nil
}

// next asks for the next page and looks whether another follows.
func (p *pages) next() error {
	query := url.Values{"count": {strconv.Itoa(p.service.count())}}

	// Services with cursors ignore the index and those without ignore the cursor, so one of the two is
	// sent.
	if p.cursor != "" {
		query.Set("cursor", p.cursor)
	} else {
		query.Set("startIndex", strconv.Itoa(p.start+1))
	}

	if p.service.Filter != "" {
		query.Set("filter", p.service.Filter)
	}
	body, err := p.service.get(p.ctx, p.service.URL+separator(p.service.URL)+query.Encode(), "")
	if err != nil {
		return err
	}

	var list struct {
		TotalResults int
		NextCursor   string
		Resources    []struct{ ID string }
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return fmt.Errorf("page from resource %d: %w", p.start+1, cutOff(err))
	}
	n := len(list.Resources)

	// A service that does not page answers with its first page for ever.
	if n > 0 && list.Resources[0].ID == p.first && p.first != "" {
		return fmt.Errorf("the page from resource %d is the one before again: the service does not page", p.start+1)
	}
	if n > 0 {
		p.first = list.Resources[0].ID
	}
	p.page, p.start, p.found, p.cursor = body, p.start+n, p.found+n, list.NextCursor

	// Where there is a cursor, only its absence is the end: totals of such services are estimates.
	p.done = p.cursor == "" && (n == 0 || p.found >= list.TotalResults)
	return nil
}

func (s Service) count() int {
	if s.PageSize > 0 {
		return s.PageSize
	}
	return pageSize
}

func separator(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}

// errNotModified is the answer to a request with the ETag that the resource has.
var errNotModified = errors.New("not modified")

// get returns the body of an answer. A busy service is asked again.
func (s Service) get(ctx context.Context, address, etag string) ([]byte, error) {
	tries := s.Attempts
	if tries <= 0 {
		tries = attempts
	}
	for try := 1; ; try++ {
		body, again, err := s.once(ctx, address, etag)
		if err == nil || again < 0 || try >= tries || ctx.Err() != nil {
			return body, err
		}
		if s.Wait != nil {
			if err := s.Wait(ctx, max(again, time.Duration(try)*time.Second)); err != nil {
				return nil, err
			}
		}
	}
}

// once sends one request. again is how long to wait before the next, negative
// when there is no use in one.
func (s Service) once(ctx context.Context, address, etag string) (body []byte, again time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, -1, err
	}
	request.Header.Set("Accept", "application/scim+json, application/json")
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	answer, err := s.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer answer.Body.Close()

	// What may pass is tried again, what will not is not. A service that says how long to wait is
	// believed.
	switch code := answer.StatusCode; {
	case code == http.StatusNotModified:
		return nil, -1, errNotModified
	case code == http.StatusTooManyRequests || code >= 502 && code <= 504:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return nil, time.Duration(seconds) * time.Second, fmt.Errorf("the service answers %s", answer.Status)
	case code != http.StatusOK:
		return nil, -1, fmt.Errorf("the service answers %s", answer.Status)
	}

	body, err = io.ReadAll(io.LimitReader(answer.Body, maxPage+1))
	if ctx.Err() != nil {
		return nil, -1, ctx.Err()
	}

	// A body that breaks off is no short page: it is asked for again.
	if err != nil {
		return nil, 0, fmt.Errorf("the answer breaks off: %v", err)
	}
	if len(body) > maxPage {
		return nil, -1, fmt.Errorf("the answer is longer than %d bytes", maxPage)
	}
	return body, 0, nil
}

// Delta is a source of what changed on a service since accounts were read.
type Delta struct {
	*feed.File
	removed atomic.Pointer[[]string]
}

var _ identity.Changes = (*Delta)(nil)

// Removed returns the native identities of the accounts that are gone, after the
// accounts have been read.
func (d *Delta) Removed() []string {
	if list := d.removed.Load(); list != nil {
		return *list
	}
	return nil
}

// Changes returns what changed since the accounts of known were read, which must
// have the attributes id and meta.version or meta.lastModified. The service is
// asked for these of all resources, and then for those that are new or other, with
// the version as ETag.
func (s Service) Changes(o feed.Options, known func() iter.Seq[identity.Account]) (*Delta, error) {
	d := &Delta{}
	f, err := feed.NewFile(s.URL, nil, defaults(o),
		func(ctx context.Context, r *feed.Reading, _ io.Reader, yield func(identity.Account, error) bool) {
			d.removed.Store(nil)
			removed, err := s.changes(ctx, r, known(), yield)
			if errors.Is(err, errStopped) {
				return
			}
			if err != nil {
				yield(identity.Account{}, fmt.Errorf("%s: %w", s.URL, err))
				return
			}

			d.removed.Store(&removed)
		})

	d.File = f
	return d, err
}
