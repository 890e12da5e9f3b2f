package nerm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
)

// Errors of the service, in the chain of an [Error]. Test with errors.Is.
var (
	ErrUnauthorized = errors.New("the service refused the API key")
	ErrForbidden    = errors.New("the API key lacks a permission")
	ErrNotFound     = errors.New("not found")
	ErrRefused      = errors.New("the service refused the request")
	ErrRateLimited  = errors.New("too many requests")
	ErrUnavailable  = errors.New("the service is not available")
	ErrMalformed    = errors.New("the answer is not as documented")
	ErrTooLarge     = errors.New("the answer is too large")

	// errEmpty is the answer "no ... found" to a list.
	errEmpty = errors.New("none found")
)

// Error is a failed call. Its text never holds the API key; it may repeat what
// the service said, which LogValue leaves out.
type Error struct {
	Path     string // below the base path, such as /profiles
	Status   int    // HTTP status; 0 without an answer
	Message  string // what the service said, shortened
	Attempts int    // tries made
	Err      error  // one of the errors of this package, or that of the context
}

// Error returns the call, the kind of error, the status and the service's words.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "GET %s: %v", e.Path, e.Err)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}

	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, ", after %d tries", e.Attempts)
	}
	return b.String()
}

// Unwrap returns the kind of error.
func (e *Error) Unwrap() error { return e.Err }

// LogValue returns the error without the words of the service.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(slog.String("path", e.Path), slog.Int("status", e.Status),
		slog.Int("attempts", e.Attempts), slog.String("kind", e.Err.Error()))
}

// The ways to send the key.
// Source: DECISION N33 of identity/nonemployee.
const (
	schemeBearer = "Bearer "
	schemeToken  = "Token token="
)

type client struct {
	http  *http.Client
	base  *url.URL
	key   Secret
	token atomic.Bool   // the tenant takes Token, not Bearer
	turn  chan struct{} // one request at a time
	options
}

func newClient(c *Config, hc *http.Client, o options) *client {
	root, _ := parseTenant(c.TenantDomain, c.AllowHTTP)
	base := c.BasePath
	if strings.Trim(base, "/") == "" {
		base = "/api"
	}
	own := *hc
	// A redirect could carry the key elsewhere, and the API has none.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{http: &own, base: root.JoinPath(base), key: c.APIKey, turn: make(chan struct{}, 1), options: o}
}

// get asks for a path below the base path until there is an answer worth
// having, at most c.attempts times. errEmpty is in the chain of the error when
// the service found none.
func (c *client) get(ctx context.Context, query url.Values, path ...string) (object, error) {
	u := c.base.JoinPath(path...)
	u.RawQuery = query.Encode()
	name := "/" + strings.Join(path, "/")
	for attempt := 1; ; attempt++ {
		a := c.ask(ctx, u)
		v := c.judge(ctx, a)
		c.logger.LogAttrs(ctx, slog.LevelDebug, "NERM request", slog.String("path", name),
			slog.Int("status", a.status), slog.Int("attempt", attempt), slog.Bool("ok", v.err == nil))
		if v.err == nil {
			return v.object, nil
		}
		if wait := c.wait(a, attempt); v.again && attempt < c.attempts {
			if wait > c.maxWait {
				v.err = fmt.Errorf("%w: asked to wait %v, at most %v are allowed", v.err, wait, c.maxWait)
			} else if v.err = c.sleep(ctx, wait); v.err == nil {
				continue
			}
		}

		return nil, &Error{Path: name, Status: a.status, Message: c.clean(v.message), Attempts: attempt, Err: v.err}
	}
}

// answer is what one try brought.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // of the transport
}

// ask tries once; with Token when Bearer is refused for another reason than a
// missing permission.
func (c *client) ask(ctx context.Context, u *url.URL) answer {
	if c.token.Load() {
		return c.send(ctx, u, schemeToken)
	}
	a := c.send(ctx, u, schemeBearer)
	if a.status != http.StatusUnauthorized || isPermission(a.body) {
		return a
	}

	// Older tenants know the other scheme only. What they answer decides for good, unless
	// they fail for a reason that has nothing to do with the key.
	b := c.send(ctx, u, schemeToken)
	if b.err != nil || b.status == http.StatusUnauthorized {
		return a
	}
	if b.status < 500 && b.status != http.StatusTooManyRequests {
		c.token.Store(true)
	}
	return b
}

func isPermission(body []byte) bool {
	s := strings.ToLower(string(body))
	return strings.Contains(s, "permission") || strings.Contains(s, "privilege") || strings.Contains(s, "forbidden")
}

func (c *client) send(ctx context.Context, u *url.URL, scheme string) (a answer) {
	// One request at a time: the service allows few, and pages depend on each other.
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return answer{err: ctx.Err()}
	}

	// The time is for one attempt, with its body; waiting for one's turn does not count.
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return answer{err: err}
	}

	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", scheme+c.key.Reveal())
	res, err := c.http.Do(req)
	if err != nil {
		return answer{err: err}
	}

	defer res.Body.Close()
	a = answer{status: res.StatusCode, header: res.Header}

	// One byte more than allowed shows that there was more.
	a.body, a.err = io.ReadAll(io.LimitReader(res.Body, c.maxBody+1))
	if a.err == nil && int64(len(a.body)) > c.maxBody {
		a.err = ErrTooLarge
	}
	return a
}

// verdict is what an answer means.
type verdict struct {
	object  object
	err     error
	message string // words of the service
	again   bool   // asking again may help
}

func (c *client) judge(ctx context.Context, a answer) verdict {
	if ctx.Err() != nil {
		return verdict{err: ctx.Err()}
	}
	if a.err != nil {
		// A certificate stays wrong and a body too large; a connection that broke may work the next
		// time.
		var cert *tls.CertificateVerificationError
		return verdict{err: c.safe(a.err), again: !errors.As(a.err, &cert) && !errors.Is(a.err, ErrTooLarge)}
	}

	// Errors come with status 200 as well, and empty lists as errors, so the words decide
	// before the status does.
	o, err := decodeObject(a.body)
	v := verdict{object: o, message: o.failure()}

	// Lists that are empty come as success, as bad request or as not found, by service version.
	switch listing := a.status/100 == 2 || a.status == http.StatusBadRequest || a.status == http.StatusNotFound; {
	case listing && noneFound.MatchString(v.message):
		v.err = errEmpty
	case a.status/100 == 2 && v.message != "":
		v.err = ErrRefused
	case a.status/100 == 2:
		v.err = err
	default:
		v.err, v.again = statusError(a.status)
	}

	return v
}

func statusError(status int) (err error, again bool) {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized, false
	case status == http.StatusForbidden:
		return ErrForbidden, false
	case status == http.StatusNotFound:
		return ErrNotFound, false
	case status == http.StatusTooManyRequests:
		return ErrRateLimited, true
	case status >= 500, status == http.StatusRequestTimeout:
		return ErrUnavailable, true
	case status < 400:
		return ErrMalformed, false // a redirect: the tenant is elsewhere, or this is a sign-in page
	}

	return ErrRefused, false
}

// wait returns how long to wait after a try: what the service asks for, else 1,
// 2, 4, 8 ... seconds. A date counts from the date of the answer.
func (c *client) wait(a answer, attempt int) time.Duration {
	after := a.header.Get("Retry-After")
	if n, err := strconv.Atoi(after); err == nil && n >= 0 {
		return time.Duration(min(n, 1<<30)) * time.Second
	}
	until, err := http.ParseTime(after)
	now, errNow := http.ParseTime(a.header.Get("Date"))
	if err == nil && errNow == nil {
		return max(0, until.Sub(now))
	}
	return time.Second << min(attempt-1, 30)
}

// maxMessage bounds the words of the service in an error, in characters.
const maxMessage = 300

// clean makes words of the service fit for an error: no key, no control
// characters, not too long.
func (c *client) clean(s string) string {
	if key := c.key.Reveal(); key != "" {
		s = strings.NewReplacer(key, redacted, url.QueryEscape(key), redacted, url.PathEscape(key), redacted).Replace(s)
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)

	if short := []rune(s); len(short) > maxMessage {
		s = string(short[:maxMessage]) + "…"
	}
	return s
}

// safe drops the chain of a transport error, whose links could hold the key,
// and keeps what callers test for.
func (c *client) safe(err error) error {
	switch {
	case errors.Is(err, ErrTooLarge):
		return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, c.maxBody)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: no answer within %v", ErrUnavailable, c.timeout)
	}

	return fmt.Errorf("%w: %s", ErrUnavailable, c.clean(err.Error()))
}

// pause is the sleep of a client without another.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
