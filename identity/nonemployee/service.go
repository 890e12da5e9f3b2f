package nonemployee

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Service is the non-employee module of one tenant. It is safe for concurrent use.
type Service struct {
	Sources   Sources
	Schema    Schema
	Records   Records
	Requests  Requests
	Approvals Approvals

	core *core
}

// core is what the groups of calls share.
type core struct {
	store     Store
	directory Directory
	limits    Limits
	clock     func() time.Time
	newID     func() string
	zone      *time.Location
	notify    func(context.Context, Notification)
	emit      func(context.Context, Event)
	templates map[string]Template
	nameTaken func(ctx context.Context, name, sourceID string) (bool, error)
	profileOf func(ctx context.Context, sourceID string) (string, error)
	mappings  func(ctx context.Context, sourceID, technicalName string) ([]string, error)

	forbidRename bool
	shared       bool

	mu     sync.Mutex // one writer at a time; see write
	ticked time.Time  // default clock: the time of the last Tick, under mu

	tickMu  sync.Mutex // one Tick at a time
	scanned map[string]scan
}

// Option sets something of a Service.
type Option func(*core) error

// WithClock gives the time for created, modified and completion dates. Without it the
// time is that of the last [Service.Tick], at first 1970-01-01T00:00:00Z.
func WithClock(clock func() time.Time) Option {
	return func(c *core) error { c.clock = clock; return nil }
}

// WithIDs gives new ids, each one only once; [RandomIDs] makes such a function. The
// Service calls it from one goroutine at a time. Without it ids are counted up:
// 00000000-0000-4000-8000-000000000001 and so on, after the highest one in the store.
func WithIDs(newID func() string) Option {
	return func(c *core) error { c.newID = newID; return nil }
}

// WithLimits replaces the default limits where a field is not zero. Negative limits are
// an error.
func WithLimits(l Limits) Option {
	return func(c *core) error {
		c.limits = l.withDefaults()
		for _, n := range []int{l.Sources, l.Records, l.AccountManagers, l.Approvers, l.CustomAttributes,
			l.CommentLength,
			l.PageSize, l.ReminderDays} {
			if n < 0 {
				return fmt.Errorf("limit %d is negative", n)
			}
		}

		return nil
	}
}

// WithZone sets the tenant's time zone for reminder days; without it UTC.
func WithZone(zone *time.Location) Option {
	return func(c *core) error { c.zone = zone; return nil }
}

// WithNotifications hands over mail data after a commit. The function may call the
// Service; calls of one commit come in order.
func WithNotifications(f func(context.Context, Notification)) Option {
	return func(c *core) error { c.notify = f; return nil }
}

// WithEvents hands over audit events after a commit, as [WithNotifications] does.
func WithEvents(f func(context.Context, Event)) Option {
	return func(c *core) error { c.emit = f; return nil }
}

// WithTemplates carries changed mail templates, by name, into the notifications.
func WithTemplates(t map[string]Template) Option {
	return func(c *core) error {
		for name, v := range t {
			c.templates[name] = v
		}
		return nil
	}
}

// WithSourceNames asks whether another ISC source has a name (DECISION N29) that the source
// with that sourceId is to have; the id is "" for a new one. Other non-employee sources are
// looked at before by the names they have now: the function has to know of names that a
// tenant keeps for a source after it was renamed.
func WithSourceNames(f func(ctx context.Context, name, sourceID string) (bool, error)) Option {
	return func(c *core) error { c.nameTaken = f; return nil }
}

// WithProfiles asks which identity profile uses a source, by sourceId; "" for none. Such
// a source cannot be deleted (DECISION N30).
func WithProfiles(f func(ctx context.Context, sourceID string) (string, error)) Option {
	return func(c *core) error { c.profileOf = f; return nil }
}

// WithMappings asks which mappings read an attribute of a source; they are named when
// the attribute is deleted.
func WithMappings(f func(ctx context.Context, sourceID, technicalName string) ([]string, error)) Option {
	return func(c *core) error { c.mappings = f; return nil }
}

// ForbidAccountNameChange refuses updates of accountName, which make a second identity
// once the account was aggregated.
func ForbidAccountNameChange() Option {
	return func(c *core) error { c.forbidRename = true; return nil }
}

// SharedStore tells that other processes work on the store: imports that are under way
// belong to them and are not ended by [New].
func SharedStore() Option {
	return func(c *core) error { c.shared = true; return nil }
}

// RandomIDs makes ids (UUID version 4) of random bytes, usually those of crypto/rand.
// When the reader fails it gives empty ids, which the Service refuses.
func RandomIDs(random io.Reader) func() string {
	return func() string {
		var b [16]byte
		if _, err := io.ReadFull(random, b[:]); err != nil {
			return ""
		}
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
	}
}

// New makes a Service. Imports that a former process left unfinished become ERROR
// (DECISION N26), unless [SharedStore] is given.
func New(ctx context.Context, store Store, people Directory, opts ...Option) (*Service, error) {
	if store == nil || people == nil {
		return nil, errors.New("a store and a directory are needed")
	}

	// Whatever is not given does nothing: mails and events go nowhere, no name is taken, no mapping
	// reads.
	c := &core{
		store: store, directory: people, limits: DefaultLimits(), zone: time.UTC,
		notify: func(context.Context, Notification) {}, emit: func(context.Context, Event) {},
		nameTaken: func(context.Context, string, string) (bool, error) { return false, nil },
		profileOf: func(context.Context, string) (string, error) { return "", nil },
		mappings:  func(context.Context, string, string) ([]string, error) { return nil, nil },
		templates: map[string]Template{}, scanned: map[string]scan{}, ticked: time.Unix(0, 0),
	}

	// Without a clock the time of the last tick counts: the package reads none itself.
	c.clock = func() time.Time { return c.ticked }
	for _, o := range opts {
		if err := o(c); err != nil {
			return nil, err
		}
	}

	// After the options, which may bring a generator of their own.
	if c.newID == nil {
		if err := c.countIDs(ctx); err != nil {
			return nil, err
		}
	}

	// Other processes may be at work on a shared store; their uploads are not ours to end.
	if !c.shared {
		if err := c.endJobs(ctx); err != nil {
			return nil, err
		}
	}

	return &Service{Sources: Sources{c}, Schema: Schema{c}, Records: Records{c}, Requests: Requests{c},
		Approvals: Approvals{c}, core: c}, nil
}

// Limits are the limits in force.
func (s *Service) Limits() Limits { return s.core.limits }

const countedID = "00000000-0000-4000-8000-"

// countIDs makes the default id generator.
func (c *core) countIDs(ctx context.Context) error {
	var last int64

	// One sequence for all kinds, so that an id names one thing.
	for _, kind := range []Kind{KindSource, KindAttribute, KindRecord, KindRequest, KindApproval, KindJob} {
		for o, err := range c.store.List(ctx, kind, "") {
			if err != nil {
				return err
			}
			ids := []string{o.ID}
			if s, ok := o.Value.(*Source); ok {
				ids = append(ids, s.SourceID)
			}
			for _, id := range ids {
				if tail, ok := strings.CutPrefix(id, countedID); ok {
					n, _ := strconv.ParseInt(tail, 16, 64) // a foreign id counts as 0
					last = max(last, n)
				}
			}
		}
	}

	// Counting goes on behind the ids that are stored, so that none is given twice.
	c.newID = func() string {
		last++
		return fmt.Sprintf("%s%012x", countedID, last)
	}
	return nil
}

// tx collects what one call changes.
type tx struct {
	*core
	ctx     context.Context
	now     Date
	actor   Actor
	changes []Change
	guards  map[string]*guardChange
	events  []Event
	mails   []Notification
}

// commitTries bounds how often a call starts again because another process was faster.
const commitTries = 16

// write runs a call that changes something: fn reads, checks and collects changes,
// which are then committed as a whole. When another process changed something that fn
// read, fn runs again. Hooks run after the commit, outside the lock.
func (c *core) write(ctx context.Context, a Actor, fn func(*tx) error) error {
	return c.writeAt(ctx, a, c.clock, fn)
}

func (c *core) writeAt(ctx context.Context, a Actor, clock func() time.Time, fn func(*tx) error) error {
	t, err := c.commit(ctx, a, clock, fn)
	if err != nil {
		return err
	}
	// Hooks run once the commit is safe: an event of something that was not stored would
	// be a lie, and a slow hook must not hold the lock.
	for _, e := range t.events {
		c.emit(ctx, e)
	}

	for _, m := range t.mails {
		c.notify(ctx, m)
	}
	return nil
}

func (c *core) commit(ctx context.Context, a Actor, clock func() time.Time, fn func(*tx) error) (t *tx, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Another process may be faster with what fn read; then everything is read again,
	// because a rule that held before may not hold any more.
	for range commitTries {
		t = &tx{core: c, ctx: ctx, now: At(clock()), actor: a, guards: map[string]*guardChange{}}
		if t.now.IsZero() {
			t.now = At(time.Unix(0, 0))
		}
		if err = fn(t); err != nil {
			return nil, err
		}
		err = c.store.Commit(ctx, t.all())
		if !errors.Is(err, ErrConflict) {
			return t, err
		}
	}

	return nil, err
}

// all gives the changes with those of the guards.
func (t *tx) all() []Change {
	out := t.changes
	for id, g := range t.guards {
		out = append(out, Change{Object: Object{Kind: KindGuard, ID: id, Version: g.version, Value: &g.Guard},
			Delete: g.drop})
	}
	return out
}

type guardChange struct {
	Guard
	version int64
	drop    bool
}

// tenantGuard is the id of the guard of the list of sources.
const tenantGuard = "tenant"

// guard reads the counter of a source (or of the tenant) and makes this commit one that
// excludes all others on it.
func (t *tx) guard(id string) (*guardChange, error) {
	if g := t.guards[id]; g != nil {
		return g, nil
	}
	v, version, err := get[Guard](t.ctx, t.store, KindGuard, id)
	if err != nil {
		return nil, err
	}

	g := &guardChange{version: version}
	if v != nil {
		g.Guard = *v
	}
	t.guards[id] = g
	return g, nil
}

func (t *tx) put(kind Kind, id, parent, unique string, version int64, value any) {
	t.changes = append(t.changes, Change{Object: Object{
		Kind: kind, ID: id, Parent: parent, Unique: unique, Version: version, Value: value,
	}})
}

func (t *tx) delete(kind Kind, id string, version int64) {
	t.changes = append(t.changes, Change{Object: Object{Kind: kind, ID: id, Version: version}, Delete: true})
}

// id makes a new id.
func (t *tx) id() (string, error) {
	if id := t.newID(); id != "" {
		return id, nil
	}
	return "", errors.New("the id generator gave an empty id")
}
