package rest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

// Options of a [Handler]. Only Authenticate is required.
type Options struct {
	// Authenticate names the actor of a request. An error, or an actor without an id,
	// gives 401; the text of the error is not shown.
	Authenticate func(*http.Request) (nonemployee.Actor, error)

	MaxBody     int64 // bytes of a JSON body; 0: 1 MiB
	MaxUpload   int64 // bytes of an uploaded file; 0: 32 MiB
	MaxInFlight int   // requests at a time; 0: 256

	// Clock is needed for Rate; without it there is no bound on the rate.
	Clock func() time.Time
	// Rate bounds the requests of one actor; zero: 100 in 10 seconds, as the vendor.
	Rate isc.Rate
	// Attempts bounds the requests from one address whose token is wrong; zero: 20 in
	// 60 seconds. It needs Clock, too.
	Attempts isc.Rate

	// TrackingIDs gives the trackingId of error bodies and must be safe for concurrent
	// use. Without it they are counted up from 1, in 32 hexadecimal digits.
	TrackingIDs func() string

	Export nonemployee.ExportOptions
	// Logger gets internal errors, without personal values of requests. Without it
	// nothing is logged.
	Logger *slog.Logger
}

// Handler is an [http.Handler]. It is safe for concurrent use.
type Handler struct {
	service  *nonemployee.Service
	o        Options
	rate     *isc.Limiter
	wrong    *isc.Limiter // requests that are not authenticated, by address
	inFlight atomic.Int64
	tracking atomic.Uint64
}

// New makes a handler.
func New(s *nonemployee.Service, o Options) (*Handler, error) {
	if s == nil || o.Authenticate == nil {
		return nil, errors.New("a service and a function to authenticate are needed")
	}

	// Bounds that are left out are set, not lifted: a server without them can be brought down by one
	// client.
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}

	if o.MaxUpload == 0 {
		o.MaxUpload = 32 << 20
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 256
	}

	if o.Rate == (isc.Rate{}) {
		o.Rate = isc.Rate{Requests: 100, Per: 10 * time.Second}
	}
	if o.Attempts == (isc.Rate{}) {
		o.Attempts = isc.Rate{Requests: 20, Per: time.Minute}
	}

	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{service: s, o: o, rate: isc.NewLimiter(o.Rate), wrong: isc.NewLimiter(o.Attempts)}

	// The number is of the handler, so tracking ids are the same in every run of a test.
	if h.o.TrackingIDs == nil {
		h.o.TrackingIDs = func() string { return fmt.Sprintf("%032x", h.tracking.Add(1)) }
	}
	return h, nil
}

// call is one request under way.
type call struct {
	*Handler
	w     http.ResponseWriter
	r     *http.Request
	actor nonemployee.Actor
	path  map[string]string
	query url.Values
}

type route struct {
	method  string
	pattern []string
	serve   func(*call) error
}

func at(method, pattern string, serve func(*call) error) route {
	return route{method: method, pattern: strings.Split(pattern, "/"), serve: serve}
}

// routes lists all operations; of two patterns that fit a path the first counts.
var routes = []route{
	at("GET", "non-employee-records", (*call).listRecords),
	at("POST", "non-employee-records", (*call).createRecord),
	at("POST", "non-employee-records/bulk-delete", (*call).bulkDelete),
	at("GET", "non-employee-records/{id}", (*call).getRecord),
	at("PUT", "non-employee-records/{id}", (*call).putRecord),
	at("PATCH", "non-employee-records/{id}", (*call).patchRecord),
	at("DELETE", "non-employee-records/{id}", (*call).deleteRecord),

	at("GET", "non-employee-requests", (*call).listRequests),
	at("POST", "non-employee-requests", (*call).createRequest),
	at("GET", "non-employee-requests/summary/{requested-for}", (*call).requestSummary),
	at("GET", "non-employee-requests/{id}", (*call).getRequest),
	at("DELETE", "non-employee-requests/{id}", (*call).deleteRequest),

	at("GET", "non-employee-approvals", (*call).listApprovals),
	at("GET", "non-employee-approvals/summary/{requested-for}", (*call).approvalSummary),
	at("GET", "non-employee-approvals/{id}", (*call).getApproval),
	at("POST", "non-employee-approvals/{id}/approve", (*call).approve),
	at("POST", "non-employee-approvals/{id}/reject", (*call).reject),

	at("GET", "non-employee-sources", (*call).listSources),
	at("POST", "non-employee-sources", (*call).createSource),
	at("GET", "non-employee-sources/{id}", (*call).getSource),
	at("PATCH", "non-employee-sources/{id}", (*call).patchSource),
	at("DELETE", "non-employee-sources/{id}", (*call).deleteSource),
	at("GET", "non-employee-sources/{id}/non-employees/download", (*call).export),
	at("POST", "non-employee-sources/{id}/non-employee-bulk-upload", (*call).upload),
	at("GET", "non-employee-sources/{id}/non-employee-bulk-upload/status", (*call).uploadStatus),
	at("GET", "non-employee-sources/{id}/schema-attributes-template/download", (*call).template),
	at("GET", "non-employee-sources/{id}/schema-attributes", (*call).listAttributes),
	at("POST", "non-employee-sources/{id}/schema-attributes", (*call).createAttribute),
	at("DELETE", "non-employee-sources/{id}/schema-attributes", (*call).deleteAttributes),
	at("GET", "non-employee-sources/{id}/schema-attributes/{attribute}", (*call).getAttribute),
	at("PATCH", "non-employee-sources/{id}/schema-attributes/{attribute}", (*call).patchAttribute),
	at("DELETE", "non-employee-sources/{id}/schema-attributes/{attribute}", (*call).deleteAttribute),
}

var versionSegment = regexp.MustCompile(`^(v[0-9]{1,4}|beta)$`)

// segments splits a path and takes the version out.
func segments(u *url.URL) ([]string, error) {
	parts := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for i, p := range parts {
		var err error
		if parts[i], err = url.PathUnescape(p); err != nil {
			return nil, err
		}
	}

	switch {
	case versionSegment.MatchString(parts[0]):
		parts = parts[1:]
	case len(parts) > 1 && versionSegment.MatchString(parts[1]):
		parts = slices.Delete(parts, 1, 2)
	}

	return parts, nil
}

func (r route) match(parts []string) (map[string]string, bool) {
	if len(parts) != len(r.pattern) {
		return nil, false
	}
	path := map[string]string{}
	for i, p := range r.pattern {
		switch {
		case strings.HasPrefix(p, "{") && parts[i] != "":
			path[strings.Trim(p, "{}")] = parts[i]
		case p != parts[i]:
			return nil, false
		}
	}

	return path, true
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Handler: h, w: w, r: r}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	defer h.inFlight.Add(-1)
	if h.inFlight.Add(1) > int64(h.o.MaxInFlight) {
		c.tooMany(1)
		return
	}

	if c.admit() {
		if err := c.dispatch(); err != nil {
			c.fail(err)
		}
	}
}

// admit finds out who asks, and answers when nobody known does or when somebody
// asks too often.
func (c *call) admit() bool {
	// Without a clock nothing is counted, as the options say.
	var now time.Time
	if c.o.Clock != nil {
		now = c.o.Clock()
	}

	// Too many wrong tokens end all guessing from an address: were the right one
	// still let through, it could be found by going on.
	host := isc.RemoteHost(c.r)
	if c.o.Clock != nil {
		if wait := c.wrong.Wait(host, now); wait > 0 {
			c.tooMany(wait)
			return false
		}
	}

	// A failure to authenticate does not say why, as that would help whoever guesses.
	actor, err := c.o.Authenticate(c.r)
	if err != nil || actor.ID == "" {
		if c.o.Clock != nil {
			c.wrong.Count(host, now)
		}
		c.json(http.StatusUnauthorized, map[string]string{"error": "the request is not authenticated"})
		return false
	}

	// What somebody may ask is counted by person and not by address, behind which many may work.
	if c.o.Clock != nil {
		if wait := c.rate.Count(actor.ID, now); wait > 0 {
			c.tooMany(wait)
			return false
		}
	}

	c.actor = actor
	return true
}

func (c *call) dispatch() error {
	parts, err := segments(c.r.URL)
	if err != nil {
		return isc.Refuse(isc.CodeNotFound, "the path is not well formed")
	}
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return isc.Refuse(isc.CodeIllegalValue, "the query is not well formed")
	}

	// That the path exists and the method does not is another answer than that there is no path.
	var allowed []string
	for _, rt := range routes {
		path, ok := rt.match(parts)
		if !ok {
			continue
		}
		if rt.method == c.r.Method {
			c.path = path
			return rt.serve(c)
		}

		allowed = append(allowed, rt.method)
	}

	if allowed == nil {
		return isc.Refuse(isc.CodeNotFound, "no operation has this path")
	}
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return isc.Refuse(isc.CodeMethod, "the path does not take %s", c.r.Method)
}
