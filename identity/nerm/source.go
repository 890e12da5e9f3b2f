package nerm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// ErrReadOnly is returned by every call that would change a profile.
var ErrReadOnly = errors.New("a NERM source is read only")

// ErrNotTested is returned by an aggregation without a successful test.
var ErrNotTested = errors.New("the connection has not been tested successfully")

// The limits of a source without options.
const (
	DefaultAttempts = 5
	DefaultPageSize = 500 // the largest the service gives
	DefaultTimeout  = 60 * time.Second
	DefaultMaxWait  = 5 * time.Minute
	DefaultMaxBody  = 64 << 20 // bytes
)

type options struct {
	sleep    func(context.Context, time.Duration) error
	findings func(diag.Diagnostic)
	logger   *slog.Logger
	attempts int
	pageSize int
	timeout  time.Duration
	maxWait  time.Duration
	maxBody  int64
	skipTest bool
}

// Option changes how a source talks to the service.
type Option func(*options)

// WithSleep replaces the waiting between tries. The function must return the
// error of the context when that ends first.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return func(o *options) { o.sleep = sleep }
}

// WithFindings sets the function that hears of profiles that cannot be read.
// It runs in the goroutine that ranges over the accounts.
func WithFindings(report func(diag.Diagnostic)) Option {
	return func(o *options) { o.findings = report }
}

// WithLogger logs each try at debug level: path, status and number of the try.
func WithLogger(logger *slog.Logger) Option { return func(o *options) { o.logger = logger } }

// WithAttempts sets how often a call is tried, the first time included.
func WithAttempts(n int) Option { return func(o *options) { o.attempts = n } }

// WithPageSize sets the number of profiles in a page, 1 to 500.
func WithPageSize(n int) Option { return func(o *options) { o.pageSize = n } }

// WithTimeout sets how long one try may take.
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithMaxWait sets the longest wait that the service may ask for; when it wants
// more, the call fails.
func WithMaxWait(d time.Duration) Option { return func(o *options) { o.maxWait = d } }

// WithMaxBody sets the largest answer that is read, in bytes.
func WithMaxBody(n int64) Option { return func(o *options) { o.maxBody = n } }

// SkipTest permits an aggregation without a successful test.
func SkipTest() Option { return func(o *options) { o.skipTest = true } }

func (o *options) check() error {
	switch {
	case o.sleep == nil || o.findings == nil || o.logger == nil:
		return fmt.Errorf("%w: an option is nil", ErrConfig)
	case o.attempts < 1:
		return fmt.Errorf("%w: %d attempts, expected at least 1", ErrConfig, o.attempts)
	case o.pageSize < 1 || o.pageSize > DefaultPageSize:
		return fmt.Errorf("%w: page size is %d, expected 1 to %d", ErrConfig, o.pageSize, DefaultPageSize)
	case o.timeout <= 0 || o.maxWait < 0 || o.maxBody < 1:
		return fmt.Errorf("%w: a time or size is not positive", ErrConfig)
	}

	return nil
}

func (o *options) report(s diag.Severity, code diag.Code, message string) {
	o.findings(diag.Diagnostic{Severity: s, Code: code, Message: message})
}

// Source is a NERM source. It is safe for concurrent use; each range over its
// accounts sends one request at a time.
type Source struct {
	config Config
	schema *AccountSchema
	names  *identity.Schema
	client *client

	mu     sync.Mutex
	tested bool
	result *TestResult // of the last test, nil when it failed
	failed error

	refused atomic.Int64
}

var (
	_ identity.Source  = (*Source)(nil)
	_ identity.Refuser = (*Source)(nil)
)

// New returns a source that sends its requests through hc, which stays
// unchanged; it must not be nil. A configuration with errors gives an error with
// [ErrConfig] that lists them all.
func New(c Config, hc *http.Client, opts ...Option) (*Source, error) {
	o := options{
		sleep: pause, findings: func(diag.Diagnostic) {}, logger: slog.New(slog.DiscardHandler),
		attempts: DefaultAttempts, pageSize: DefaultPageSize,
		timeout: DefaultTimeout, maxWait: DefaultMaxWait, maxBody: DefaultMaxBody,
	}

	for _, opt := range opts {
		opt(&o)
	}

	// Everything that can be wrong is found before the first request.
	if err := c.Check().Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}

	if hc == nil {
		return nil, fmt.Errorf("%w: no HTTP client", ErrConfig)
	}
	if err := o.check(); err != nil {
		return nil, err
	}

	// The schema is made once: accounts share it.
	schema := c.schema()
	return &Source{config: c, schema: schema, names: schema.names(), client: newClient(&c, hc, o)}, nil
}

// Name returns the display name of the source.
func (s *Source) Name() string { return s.config.Name }

// Attributes returns the account attributes, the default ones first.
func (s *Source) Attributes() []Attribute { return s.schema.Attributes() }

// Create returns [ErrReadOnly].
func (s *Source) Create(context.Context, identity.Account) error { return ErrReadOnly }

// Update returns [ErrReadOnly].
func (s *Source) Update(context.Context, identity.Account) error { return ErrReadOnly }

// Delete returns [ErrReadOnly].
func (s *Source) Delete(context.Context, identity.AccountKey) error { return ErrReadOnly }

// Accounts yields the profiles that are not archived, page by page, in the order
// of the service. The account id is the profile's id, the account name its name.
// A profile that cannot be read goes to the findings function and is counted by
// [Source.Refused]. An error ends the stream and means that the accounts are not
// complete: delete nothing then. No accounts at all is no error. Without a
// successful [Source.Test] the error is [ErrNotTested].
func (s *Source) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return s.stream(ctx, "")
}

// Changed yields the accounts of profiles that changed at or after a time, and
// perhaps earlier ones: the service knows days only. It never tells which
// profiles are gone.
//
// Source: DECISION N36 of identity/nonemployee.
func (s *Source) Changed(ctx context.Context, since time.Time) iter.Seq2[identity.Account, error] {
	// The day before, because the tenant's time zone is not known.
	return s.stream(ctx, since.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
}

// Refused returns how many profiles could not be read when the accounts, all or
// the changed ones, were read last. Archived profiles and those of other types
// are not refused: they are no accounts of the source.
func (s *Source) Refused() int { return int(s.refused.Load()) }

func (s *Source) stream(ctx context.Context, since string) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		id, err := s.typeID(ctx)
		if err != nil {
			yield(identity.Account{}, err)
			return
		}

		p := pager{client: s.client, typeID: id, since: since}

		// The count is set however the stream ends, so that whoever stops early knows it too.
		defer func() { s.refused.Store(int64(p.refused)) }()
		for !p.done {
			found, err := p.next(ctx)
			if err != nil {
				yield(identity.Account{}, err)
				return
			}

			// A page is handed out one by one: the caller may stop within it.
			for _, one := range found {
				if err := ctx.Err(); err != nil {
					yield(identity.Account{}, err)
					return
				}

				if !yield(s.account(one), nil) {
					return
				}
			}
		}
	}
}

// Count returns the number of profiles, as the service counts them.
func (s *Source) Count(ctx context.Context) (int, error) {
	id, err := s.typeID(ctx)
	if err != nil {
		return 0, err
	}
	q := url.Values{"profile_type_id": {id}, "limit": {"1"}, "metadata": {"true"}, "exclude_attributes": {"true"}}
	o, err := s.client.get(ctx, q, "profiles")
	if errors.Is(err, errEmpty) {
		return 0, nil
	}

	if err != nil {
		return 0, err
	}
	pg, err := decodePage(o)
	if err == nil && pg.total < 0 {
		err = fmt.Errorf("%w: there is no total", ErrMalformed)
	}
	return max(pg.total, 0), err
}

func (s *Source) account(p profile) identity.Account {
	row := make([]identity.Value, s.names.Len())
	for i, name := range s.names.Names() {
		if i < len(defaultNames) {
			row[i] = textValue(p.fields[name])
		} else {
			row[i] = textValue(p.attributes[name])
		}
	}

	return identity.Account{
		Source: s.config.Name, NativeIdentity: p.id, Name: p.fields.text(AccountName),
		Created: instant(p.fields.text("created_at")), Modified: instant(p.fields.text("updated_at")),
		Attributes: identity.Pack(s.names, row),
	}
}

// instant parses a time of the service; other texts give the zero time.
func instant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
