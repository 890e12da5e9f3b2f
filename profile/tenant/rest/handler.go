package rest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// Actor is who makes a request. An actor without rights may see the public
// identities alone.
type Actor struct {
	ID, Name string
	Read     bool // may read everything
	Admin    bool // may read and change everything
}

// Options of a [Handler]. Now and Authenticate are required.
type Options struct {
	// Authenticate names the actor of a request. An error, or an actor without an
	// id, gives 401; the text of the error is not shown.
	Authenticate func(*http.Request) (Actor, error)
	// Now is the clock of the tenant; clients may move it, see [Handler.MoveClock].
	Now func() time.Time
	// Tenant is the template of the tenant; its clock and tracking ids are set here.
	Tenant tenant.Options
	// Files is the folder of the account files, for aggregations that bring none; nil:
	// there are none.
	Files fs.FS
	// Name of the tenant, as exports name it; empty: local.
	Name string
	// Journal is told a change before it is made: the configuration as it will be, and
	// what will be written to the store. A host that keeps it can finish the change
	// after it died in between. Its error stops the change. Nil: nobody.
	Journal func(ctx context.Context, after *config.Bundle, batch identity.Batch) error
	// OnChange is told the configuration after each change of it, before the client
	// is; its error makes the answer an internal fault. Nil: nobody.
	OnChange func(context.Context, *config.Bundle) error
	// KeepTask is told each task before its client is, again once it is done, and with
	// nil when it is forgotten. A host that keeps tasks hands them to [Handler.Resume]
	// at its next start. Its error refuses the request. It must be safe for concurrent
	// use. Nil: nobody.
	KeepTask func(ctx context.Context, id string, task []byte) error

	MaxBody     int64 // bytes of a JSON body; 0: 10 MiB
	MaxUpload   int64 // bytes of an uploaded file; 0: 256 MiB
	MaxInFlight int   // requests at a time; 0: 512

	Rate     isc.Rate // of one actor; zero: no bound
	Attempts isc.Rate // wrong tokens from one address; zero: 20 in 60 seconds

	// Logger gets internal errors, without values of people. Nil: nobody.
	Logger *slog.Logger
}

// Handler serves the API of one tenant. It is safe for concurrent use.
type Handler struct {
	o      Options
	routes []route
	tenant *tenant.Tenant
	store  *watchedStore

	rate, wrong *isc.Limiter
	inFlight    atomic.Int64
	tracking    atomic.Uint64
	shift       atomic.Int64 // by which clients moved the clock

	writes sync.Mutex // held by whoever changes something
	views  viewCache
	tasks  taskList
	jobs   jobList
	log    changeLog

	nonEmployees *nonEmployeeModule // nil: not served
	unserved     sync.Map           // name of operation to *atomic.Int64
}

// New makes a handler over a configuration and a store. Neither may be changed by
// others afterwards.
func New(b *config.Bundle, st identity.Store, o Options) (*Handler, error) {
	if b == nil || st == nil || o.Authenticate == nil || o.Now == nil {
		return nil, errors.New("a configuration, a store, a clock and a function to authenticate are needed")
	}

	// Bounds are on unless the host sets others: a server without them falls to one request.
	if o.MaxBody == 0 {
		o.MaxBody = 10 << 20
	}
	if o.MaxUpload == 0 {
		o.MaxUpload = 256 << 20
	}
	if o.MaxInFlight == 0 {
		o.MaxInFlight = 512
	}
	if o.Attempts == (isc.Rate{}) {
		o.Attempts = isc.Rate{Requests: 20, Per: time.Minute}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Name == "" {
		o.Name = "local"
	}

	// The view of the store follows what is written through it, so everything goes through this store.
	h := &Handler{o: o, routes: allRoutes(), rate: isc.NewLimiter(o.Rate), wrong: isc.NewLimiter(o.Attempts),
		store: &watchedStore{Store: st}}
	h.tasks.idle.L = &h.tasks.mu
	t := o.Tenant
	t.Run.Incremental, t.Resident = true, true // the same outcome, and a small change stays a small task
	t.Now = h.now
	if t.Launcher == (config.Ref{}) {
		t.Launcher = config.Ref{Type: "IDENTITY", ID: config.IdentityID("IDENTITY", "local.admin"), Name: "local.admin"}
	}
	h.o.Tenant = t
	h.tenant = tenant.New(b, h.store, t)
	return h, nil
}

// Tenant returns the tenant that is served. Changes past the handler are not seen
// by it.
func (h *Handler) Tenant() *tenant.Tenant { return h.tenant }

// Now is the time of the tenant's clock.
func (h *Handler) Now() time.Time { return h.now() }

// now is the clock of the tenant, as far as clients moved it.
func (h *Handler) now() time.Time { return h.o.Now().Add(time.Duration(h.shift.Load())) }

// MoveClock moves the clock of the tenant from now on by d more.
func (h *Handler) MoveClock(d time.Duration) { h.shift.Add(int64(d)) }

// Wait waits until all tasks are done that were started before.
func (h *Handler) Wait() { h.tasks.wait() }

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{Handler: h, w: w, r: r, ctx: r.Context()}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	defer h.inFlight.Add(-1)
	if h.inFlight.Add(1) > int64(h.o.MaxInFlight) {
		c.tooMany(1)
		return
	}

	if !c.admit() {
		return
	}
	if err := c.dispatch(); err != nil {
		c.fail(err)
	}
}

// admit finds out who asks, and answers when nobody known does or somebody asks
// too often.
func (c *call) admit() bool {
	now, host := c.o.Now(), isc.RemoteHost(c.r)

	// Failed attempts are counted by address, before anything is compared: whoever guesses tokens has no actor.
	if wait := c.wrong.Wait(host, now); wait > 0 {
		c.tooMany(wait)
		return false
	}

	actor, err := c.o.Authenticate(c.r)
	if err != nil || actor.ID == "" {
		c.wrong.Count(host, now)
		c.json(http.StatusUnauthorized, map[string]string{"error": "the request is not authenticated"})
		return false
	}

	// Requests are counted by actor, so that clients behind one address do not starve each other.
	if wait := c.rate.Count(actor.ID, now); wait > 0 {
		c.tooMany(wait)
		return false
	}

	c.actor = actor
	return true
}

func (h *Handler) trackingID() string { return fmt.Sprintf("%032x", h.tracking.Add(1)) }
