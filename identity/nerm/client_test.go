package nerm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/nerm/nermtest"
)

// script answers the first requests with what the functions write, the rest as
// the tenant does.
func script(tenant *nermtest.Tenant, steps ...func(http.ResponseWriter)) {
	tenant.Before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n > len(steps) || steps[n-1] == nil {
			return false
		}
		steps[n-1](w)
		return true
	}
}

func status(code int, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		nermtest.Answer(w, code, nermtest.Object{"error": fmt.Sprintf("status %d", code)})
	}
}

func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

func TestRetries(t *testing.T) {
	seconds := func(n ...time.Duration) (out []time.Duration) {
		for _, s := range n {
			out = append(out, s*time.Second)
		}
		return out
	}
	tests := []struct {
		name    string
		steps   []func(http.ResponseWriter)
		waits   []time.Duration
		wantErr error
		status  int
		tries   int
	}{
		{name: "at once"},
		{name: "server errors", steps: []func(http.ResponseWriter){status(500), status(502), status(503), status(504)}, waits: seconds(1, 2, 4, 8)},
		{name: "five tries at most", steps: []func(http.ResponseWriter){status(500), status(500), status(500), status(500), status(500)}, waits: seconds(1, 2, 4, 8), wantErr: ErrUnavailable, status: 500, tries: 5},
		{name: "as long as asked", steps: []func(http.ResponseWriter){status(429, "Retry-After", "7"), status(429), status(503, "Retry-After", "0")}, waits: seconds(7, 2, 0)},
		{name: "until a date", steps: []func(http.ResponseWriter){status(429, "Retry-After", "Wed, 07 Jan 2026 10:00:30 GMT", "Date", "Wed, 07 Jan 2026 10:00:00 GMT")}, waits: seconds(30)},
		{name: "until a date gone by", steps: []func(http.ResponseWriter){status(429, "Retry-After", "Wed, 07 Jan 2026 09:00:00 GMT", "Date", "Wed, 07 Jan 2026 10:00:00 GMT")}, waits: seconds(0)},
		{name: "nonsense is ignored", steps: []func(http.ResponseWriter){status(429, "Retry-After", "soon")}, waits: seconds(1)},
		{name: "too long", steps: []func(http.ResponseWriter){status(429, "Retry-After", "3600")}, wantErr: ErrRateLimited, status: 429, tries: 1},
		{name: "still too many", steps: []func(http.ResponseWriter){status(429), status(429), status(429), status(429), status(429)}, waits: seconds(1, 2, 4, 8), wantErr: ErrRateLimited, status: 429, tries: 5},
		{name: "connection lost", steps: []func(http.ResponseWriter){hangUp, hangUp}, waits: seconds(1, 2)},
		{name: "request timeout", steps: []func(http.ResponseWriter){status(408)}, waits: seconds(1)},
		{name: "bad request", steps: []func(http.ResponseWriter){nil, status(400)}, wantErr: nil}, // attributes only: a finding
		{name: "forbidden", steps: []func(http.ResponseWriter){status(403)}, wantErr: ErrForbidden, status: 403, tries: 1},
		{name: "redirect", steps: []func(http.ResponseWriter){status(302, "Location", "https://elsewhere.example/")}, wantErr: ErrMalformed, status: 302, tries: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tenant := newTenant(1)
			script(tenant, tt.steps...)
			f := newFixture(t, testConfig(serve(t, tenant)))
			_, err := f.Test(t.Context())
			if !errors.Is(err, tt.wantErr) || (err == nil) != (tt.wantErr == nil) {
				t.Fatalf("error %v, expected %v", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.waits, f.waits); diff != "" {
				t.Errorf("waits mismatch (-want +got):\n%s", diff)
			}
			var e *Error
			if err != nil && (!errors.As(err, &e) || e.Status != tt.status || e.Attempts != tt.tries) {
				t.Errorf("error %#v, expected status %d after %d tries", e, tt.status, tt.tries)
			}
		})
	}
}

// A retry in the middle of an aggregation loses nothing; giving up ends it.
func TestRetryWhileAggregating(t *testing.T) {
	tenant := newTenant(25)
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(10)))
	broken, served := 2, 0
	tenant.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if served++; served > 1 && broken > 0 {
			broken--
			status(503)(w)
			return true
		}
		return false
	}
	if ids, err := collect(t.Context(), f); err != nil || len(ids) != 25 {
		t.Errorf("%d accounts, error %v", len(ids), err)
	}
	broken, served = 100, 0
	if ids, err := collect(t.Context(), f); !errors.Is(err, ErrUnavailable) || len(ids) != 10 {
		t.Errorf("%d accounts, error %v", len(ids), err)
	}
}

func TestTimeoutOfOneTry(t *testing.T) {
	tenant := newTenant(0)
	release := make(chan struct{})
	defer close(release)
	tenant.Before = func(n int, _ http.ResponseWriter, r *http.Request) bool {
		if n == 1 {
			select {
			case <-r.Context().Done():
			case <-release:
			}
			return true
		}
		return false
	}
	f := newFixture(t, testConfig(serve(t, tenant)), WithTimeout(50*time.Millisecond))
	if _, err := f.Test(t.Context()); err != nil && !errors.Is(err, ErrUnavailable) {
		t.Fatalf("Test: %v", err)
	}
	if len(f.waits) == 0 {
		t.Error("the call was not tried again")
	}
}

func TestCancelWhileWaiting(t *testing.T) {
	tenant := newTenant(0)
	script(tenant, status(500))
	ctx, cancel := context.WithCancel(t.Context())
	f := newFixture(t, testConfig(serve(t, tenant)), WithSleep(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return pause(ctx, time.Hour)
	}))
	if _, err := f.Test(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := pause(t.Context(), time.Nanosecond); err != nil {
		t.Errorf("pause: %v", err)
	}
}

func TestAuthorisation(t *testing.T) {
	tests := []struct {
		name    string
		scheme  string
		key     string
		refuse  string // text of the first 401
		want    []string
		wantErr error
	}{
		{name: "bearer", scheme: "Bearer", key: testKey, want: []string{"Bearer", "Bearer", "Bearer"}},
		{name: "token, asked for once", scheme: "Token", key: testKey, want: []string{"Bearer", "Token", "Token", "Token"}},
		{name: "wrong key", scheme: "Bearer", key: "another", want: []string{"Bearer", "Token"}, wantErr: ErrUnauthorized},
		{name: "permission", scheme: "Token", key: testKey, refuse: "You do not have permission", want: []string{"Bearer"}, wantErr: ErrUnauthorized},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tenant := newTenant(1)
			tenant.Scheme, tenant.Key = tt.scheme, tt.key
			if tt.refuse != "" {
				script(tenant, func(w http.ResponseWriter) { nermtest.Answer(w, 401, nermtest.Object{"error": tt.refuse}) })
			}
			f := newFixture(t, testConfig(serve(t, tenant)))
			_, err := f.Test(t.Context())
			if err == nil {
				_, err = collect(t.Context(), f)
			}
			if !errors.Is(err, tt.wantErr) || (err == nil) != (tt.wantErr == nil) {
				t.Errorf("error %v, expected %v", err, tt.wantErr)
			}
			var got []string
			for _, r := range tenant.Requests() {
				got = append(got, r.Scheme)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// A service or a network in trouble with Token says nothing about the scheme.
func TestSchemeIsNotLearnedFromTrouble(t *testing.T) {
	tenant := newTenant(1)
	script(tenant, status(401), status(503)) // Bearer once, then Token in trouble
	f := newFixture(t, testConfig(serve(t, tenant)))
	if _, err := f.Test(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.client.token.Load() {
		t.Error("Token was remembered")
	}
}

func TestLongestWait(t *testing.T) {
	tenant := newTenant(1)
	script(tenant, status(429, "Retry-After", "3600"))
	f := newFixture(t, testConfig(serve(t, tenant)), WithMaxWait(time.Hour))
	if _, err := f.Test(t.Context()); err != nil || len(f.waits) != 1 || f.waits[0] != time.Hour {
		t.Errorf("error %v, waits %v", err, f.waits)
	}
}

func TestRedirectKeepsKey(t *testing.T) {
	elsewhere := 0
	other := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) }))
	if _, err := newFixture(t, testConfig(url)).Test(t.Context()); !errors.Is(err, ErrMalformed) || elsewhere != 0 {
		t.Errorf("error %v, %d requests elsewhere", err, elsewhere)
	}
}

func TestBodyLimit(t *testing.T) {
	tenant := newTenant(50)
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithMaxBody(2000)))
	if _, err := collect(t.Context(), f); !errors.Is(err, ErrTooLarge) || len(f.waits) != 0 {
		t.Errorf("error %v, waits %v", err, f.waits)
	}
}

// talkative is a transport whose errors repeat the request.
type talkative struct{}

func (talkative) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("cannot send %v", r.Header)
}

// No error, log record, finding or printed form holds the key, whatever the
// service and the transport do.
func TestSecretsStaySecret(t *testing.T) {
	var out bytes.Buffer
	show := func(v any) {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x %d\n", v, v, v, v, v, v, v)
		if b, err := json.Marshal(v); err == nil {
			out.Write(b)
		}
		if err, ok := v.(error); ok {
			for ; err != nil; err = errors.Unwrap(err) {
				fmt.Fprintf(&out, "%v %+v\n", err, err)
			}
		}
	}
	logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	echo := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			nermtest.Answer(w, code, nermtest.Object{"error": "you sent " + r.Header.Get("Authorization"), "errors": nermtest.Object{"key": testKey}})
		}
	}
	for _, code := range []int{200, 400, 401, 403, 404, 429, 500} {
		f := newFixture(t, testConfig(serve(t, echo(code))), WithLogger(logger))
		_, err := f.Test(t.Context())
		if err == nil {
			t.Errorf("status %d: no error", code)
		}
		show(err)
		logger.Error("test", "err", err, "source", f.Source)
		show(f.Source)
		show(f.config)
		show(&f.config)
	}
	c := testConfig("https://acme.nonemployee.com")
	s, err := New(c, &http.Client{Transport: talkative{}}, WithAttempts(1), WithLogger(logger))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Test(t.Context())
	show(err)
	logger.Info("config", "config", c, "key", c.APIKey, "pointer", &c.APIKey)
	c.APIKey, c.TenantDomain = NewSecret(testKey+"\n"), "https://user:"+testKey+"@acme.nonemployee.com"
	show(c.Check())
	_, err = New(c, &http.Client{})
	show(err)
	if text := out.String(); strings.Contains(text, testKey) || strings.Contains(text, fmt.Sprintf("%x", testKey)) {
		i := strings.Index(text, testKey)
		t.Errorf("the key is shown: ...%s", text[max(0, i-100):min(len(text), i+100)])
	}
	if n := strings.Count(out.String(), redacted); n < 20 {
		t.Errorf("only %d redactions, the test looks at nothing", n)
	}
}

func TestErrorForm(t *testing.T) {
	e := &Error{Path: "/profiles", Status: 503, Message: "Ann is ill", Attempts: 5, Err: ErrUnavailable}
	if got, want := e.Error(), "GET /profiles: the service is not available (status 503): Ann is ill, after 5 tries"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Error("x", "err", e)
	if strings.Contains(b.String(), "Ann") || !strings.Contains(b.String(), "503") {
		t.Errorf("logged %q", b.String())
	}
	c := &client{key: NewSecret("a/b c")}
	if got := c.clean("x a/b c " + url.QueryEscape("a/b c") + "\r\n" + strings.Repeat("y", 400)); strings.Contains(got, "a/b") || strings.Contains(got, "a%2Fb") || strings.ContainsAny(got, "\r\n") || len([]rune(got)) != maxMessage+1 {
		t.Errorf("cleaned to %q", got)
	}
}

func TestSecret(t *testing.T) {
	var empty Secret
	s := NewSecret("hush")
	if s.Reveal() != "hush" || !empty.IsZero() || s.IsZero() || empty.String() != "" || NewSecret("") != empty {
		t.Error("a secret does not keep its text")
	}
	if !s.Equal(NewSecret("hush")) || s.Equal(NewSecret("Hush")) || s.Equal(empty) {
		t.Error("Equal is wrong")
	}
	var back struct{ Key Secret }
	if err := json.Unmarshal([]byte(`{"Key":"k\"1"}`), &back); err != nil || back.Key.Reveal() != `k"1` {
		t.Errorf("read %q, error %v", back.Key.Reveal(), err)
	}
	if err := json.Unmarshal([]byte(`{"Key":12345}`), &back); err == nil || strings.Contains(err.Error(), "12345") {
		t.Errorf("error %v", err)
	}
	text, _ := s.MarshalText()
	if err := back.Key.UnmarshalText([]byte("t")); err != nil || back.Key.Reveal() != "t" || string(text) != redacted {
		t.Errorf("text form %q, error %v", text, err)
	}
	if _, err := fmt.Fprint(io.Discard, s); err != nil {
		t.Error(err)
	}
}
