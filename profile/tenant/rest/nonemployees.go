package rest

import (
	"context"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sync/atomic"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/nonemployee"
	nonemployees "github.com/idprofile/engine/identity/nonemployee/rest"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// nonEmployeeModule is the module for people who are not employees, beside the tenant
// whose sources, accounts and identities they become.
type nonEmployeeModule struct {
	service *nonemployee.Service
	handler http.Handler
	waiting atomic.Bool // a task that follows the module is queued and has not begun
}

// Members of a source that is one of non-employees: its type as a tenant has it, and
// the mark by which sources of the module are told from those that the folder brings.
const (
	typeNonEmployee = "Non-Employee"
	markNonEmployee = "nonEmployeeSourceId" // among the connectorAttributes
)

// ServeNonEmployees makes the handler serve the non-employee operations over a store,
// which nobody else may change; without it they answer 501. It has to be called before
// the first request.
//
// Each source of non-employees is a source of the tenant, too: a task after each change
// gives the tenant the source with its schema and aggregates its records, so that an
// identity profile on the source makes identities of them. A source that is renamed
// keeps its first name in the tenant, because accounts are kept by it. Administrators
// have all rights, readers read; account managers and approvers are told by the id of
// the actor, which has to be that of an identity.
//
// Uploaded files are taken in, and reminders sent, after each change and each move of
// the clock. The options come last and win, clock and directory aside.
//
// Errors are those of [nonemployee.New].
func (h *Handler) ServeNonEmployees(ctx context.Context, objects nonemployee.Store, opts ...nonemployee.Option) error {
	// Options of the caller come behind those that make sources unique, and before the clock, which the tenant and
	// the service have to share.
	opts = append([]nonemployee.Option{
		nonemployee.WithProfiles(h.profileOnNonEmployees), nonemployee.WithSourceNames(h.sourceNameTaken),
	}, opts...)
	opts = append(opts, nonemployee.WithClock(h.now))
	service, err := nonemployee.New(ctx, objects, nonemployee.Identities{Store: h.store}, opts...)
	if err != nil {
		return err
	}
	handler, err := nonemployees.New(service, nonemployees.Options{
		Authenticate: nonEmployeeActor, MaxBody: h.o.MaxBody, MaxUpload: h.o.MaxUpload, MaxInFlight: h.o.MaxInFlight,
		TrackingIDs: h.trackingID, Logger: h.o.Logger,
	})
	if err != nil {
		return err
	}

	// What a process that died has not told the tenant any more is told now.
	h.nonEmployees = &nonEmployeeModule{service: service, handler: handler}
	h.followNonEmployees(Actor{ID: h.o.Tenant.Launcher.ID, Name: h.o.Tenant.Launcher.Name})
	return nil
}

type actorKey struct{}

// nonEmployeeActor is the actor of a request that the handler has let in already.
func nonEmployeeActor(r *http.Request) (nonemployee.Actor, error) {
	a, ok := r.Context().Value(actorKey{}).(Actor)
	out := nonemployee.Actor{ID: a.ID}
	switch {
	case !ok:
		return out, errToken
	case a.Admin:
		out.Rights = nonemployee.Admin | nonemployee.Settings
	case a.Read:
		out.Rights = nonemployee.Read
	}

	return out, nil
}

// nonEmployee hands a request on to the handler for non-employees, which has its
// own rights.
func (c *call) nonEmployee() error {
	m := c.nonEmployees
	if m == nil {
		return c.notServed("non-employee operations")
	}
	out := &statusWriter{ResponseWriter: c.w}
	m.handler.ServeHTTP(out, c.r.WithContext(context.WithValue(c.ctx, actorKey{}, c.actor)))
	if c.r.Method != http.MethodGet && out.status < http.StatusMultipleChoices {
		c.followNonEmployees(c.actor)
	}
	return nil
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets [http.ResponseController] reach the real writer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sourceNameTaken tells whether another source than that with the id has a name: accounts
// of both would be taken for each other. The tenant keeps the first name of a source of
// non-employees, so the name counts also after the source was renamed.
func (h *Handler) sourceNameTaken(_ context.Context, name, id string) (bool, error) {
	return slices.ContainsFunc(h.tenant.Bundle().Sources, func(s *config.Source) bool {
		return (id == "" || s.ID != id) && isc.SameName(s.Name, name)
	}), nil
}

// profileOnNonEmployees names the identity profile on a source of non-employees.
func (h *Handler) profileOnNonEmployees(_ context.Context, sourceID string) (string, error) {
	b := h.tenant.Bundle()
	for _, p := range b.Profiles {
		if s := b.AuthoritativeSource(p); s != nil && s.ID == sourceID {
			return p.Name, nil
		}
	}

	return "", nil
}

// nonEmployeeMark is the id that a source has among those of non-employees, "" when it
// is none of them.
func nonEmployeeMark(s *config.Source) string {
	return s.Node.At("connectorAttributes", markNonEmployee).Text()
}

// followNonEmployees starts the task that gives the tenant what has changed among
// non-employees. One that has not begun yet will do for this change, too.
func (h *Handler) followNonEmployees(a Actor) {
	if m := h.nonEmployees; m == nil || m.waiting.Swap(true) {
		return
	}
	if _, err := h.tasks.start(h, taskAggregation, "Aggregate non-employees", "", launcherName(a),
		&work{Kind: workFollow}); err != nil {
		h.o.Logger.Error("non-employees are not followed", "error", err) // not so: such a task is not kept
	}
}

// root is the actor by which the tenant reads all non-employees.
var root = nonemployee.Actor{ID: "tenant", Rights: nonemployee.Read}

// takeNonEmployees takes uploads in, makes sources of non-employees sources of the tenant, removes those
// that are gone, and aggregates the others; the lock of writers is held.
func (h *Handler) takeNonEmployees(ctx context.Context, t *task) error {
	m, a := h.nonEmployees, Actor{ID: t.launcher, Name: t.launcher}
	m.waiting.Store(false)

	// Records whose time has come change first, so that one aggregation takes everything in.
	if _, err := m.service.Tick(ctx, h.now()); err != nil {
		return err
	}
	found, err := h.nonEmployeeSources(ctx)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	var accounts []identity.Source
	for _, s := range found {
		there[s.ID] = true
		name, err := h.putNonEmployeeSource(ctx, a, s)
		if err != nil {
			return err
		}
		records, err := h.nonEmployees.service.Sources.Accounts(ctx, s.SourceID)
		if err != nil {
			return err
		}
		accounts = append(accounts, renamed{Source: records, name: name})
	}

	// A source that was deleted in the module takes its accounts with it. The list is cloned, since dropping
	// changes it.
	for _, s := range slices.Clone(h.tenant.Bundle().Sources) {
		if mark := nonEmployeeMark(s); mark != "" && !there[mark] {
			if err := h.dropSource(ctx, a, s); err != nil {
				return err
			}
		}
	}

	if len(accounts) == 0 {
		return nil
	}

	// Records end by the hundred when a contract ends, so no threshold stops the removal.
	stats, err := h.tenant.AggregateWith(ctx, tenant.AggregateOptions{AnyRemoval: true}, accounts...)
	t.returns = statsOf(stats)
	return err
}

func (h *Handler) nonEmployeeSources(ctx context.Context) ([]nonemployee.Source, error) {
	var out []nonemployee.Source
	for {
		q := nonemployee.SourceQuery{Query: isc.Query{Limit: maxPage, Offset: len(out), Sorters: "created"}}
		page, err := h.nonEmployees.service.Sources.List(ctx, root, q)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Items {
			out = append(out, s.Source)
		}
		if len(page.Items) == 0 || len(out) >= page.Total {
			return out, nil
		}
	}
}

// putNonEmployeeSource stores a source of non-employees among the sources of the tenant,
// unless it is there as it should be, and gives its name there.
func (h *Handler) putNonEmployeeSource(ctx context.Context, a Actor, s nonemployee.Source) (string, error) {
	list, err := h.nonEmployees.service.Schema.List(ctx, root, s.SourceID)
	if err != nil {
		return "", err
	}
	old := h.tenant.Bundle().SourceByID(s.SourceID)
	var n *jsondoc.Node
	operation, status := "SOURCE_CREATE", http.StatusCreated
	if old != nil {
		n, operation, status = old.Node.Clone(), "SOURCE_UPDATE", http.StatusOK
	} else {
		n = nonEmployeeSource(s)
	}

	n.Set("description", jsondoc.NewString(s.Description))
	n.Set("modified", timeNode(s.Modified.Time))
	n.Set("schemas", nonEmployeeSchemas(list))

	// An edit that changes nothing would make an event and an entry to take back, so it is not made.
	name := n.Get("name").Text()
	if old != nil && n.Equal(old.Node) {
		return name, nil
	}

	ref := config.Ref{Type: "SOURCE", ID: s.SourceID, Name: name}
	p, err := h.tenant.PlanEdit(operation, status, ref,
		func(b *config.Bundle) ([]string, error) { return nil, b.PutSource(n) })
	if err == nil {
		_, err = h.apply(ctx, a, p)
	}
	return name, err
}

// nonEmployeeSource is a new source of the tenant, without its schema.
func nonEmployeeSource(s nonemployee.Source) *jsondoc.Node {
	text := jsondoc.NewString
	return jsondoc.NewObject(
		jsondoc.M("id", text(s.SourceID)), jsondoc.M("name", text(s.Name)),
		jsondoc.M("created", timeNode(s.Created.Time)),
		jsondoc.M("type", text(typeNonEmployee)), jsondoc.M("connector", text("non-employee-angularsc")),
		jsondoc.M("connectorName", text(typeNonEmployee)), jsondoc.M("authoritative", jsondoc.NewBool(true)),
		jsondoc.M("owner", jsondoc.NewObject(
			jsondoc.M("type", text(nonemployee.TypeIdentity)), jsondoc.M("id", text(s.Owner.ID)), jsondoc.M("name",
				text(s.Owner.Name)))),
		jsondoc.M("connectorAttributes", jsondoc.NewObject(jsondoc.M(markNonEmployee, text(s.ID)))),
		// The record names its manager by the account id of the manager's identity.
		jsondoc.M("managerCorrelationMapping", jsondoc.NewObject(
			jsondoc.M("accountAttributeName", text("manager")), jsondoc.M("identityAttributeName", text("uid")))))
}

func nonEmployeeSchemas(list []nonemployee.Attribute) *jsondoc.Node {
	var attributes []*jsondoc.Node
	for _, a := range list {
		attributes = append(attributes, jsondoc.NewObject(
			jsondoc.M("name", jsondoc.NewString(a.TechnicalName)), jsondoc.M("type", jsondoc.NewString("STRING")),
			jsondoc.M("isMulti", jsondoc.NewBool(false)), jsondoc.M("isEntitlement",
				jsondoc.NewBool(false)), jsondoc.M("isGroup", jsondoc.NewBool(false))))
	}

	all, schemas := jsondoc.NewArray(), jsondoc.NewArray()
	all.SetItems(attributes)
	schemas.SetItems([]*jsondoc.Node{jsondoc.NewObject(
		jsondoc.M("name", jsondoc.NewString("account")), jsondoc.M("nativeObjectType", jsondoc.NewString("account")),
		jsondoc.M("identityAttribute", jsondoc.NewString("accountName")), jsondoc.M("displayAttribute",
			jsondoc.NewString("accountName")),
		jsondoc.M("attributes", all))})
	return schemas
}

// dropSource removes a source with its accounts; the lock of writers is held.
func (h *Handler) dropSource(ctx context.Context, a Actor, s *config.Source) error {
	if _, err := h.forget(ctx, s); err != nil {
		return err
	}
	ref := config.Ref{Type: "SOURCE", ID: sourceID(s), Name: s.Name}
	p, err := h.tenant.PlanEdit("SOURCE_DELETE", http.StatusAccepted, ref, func(b *config.Bundle) ([]string, error) {
		b.RemoveSource(s.Name)
		b.Data = maps.Clone(b.Data)
		delete(b.Data, s.Name)
		return nil, nil
	})

	if err == nil {
		_, err = h.apply(ctx, a, p)
	}
	return err
}

// renamed gives the accounts of a source under another name.
type renamed struct {
	identity.Source
	name string
}

// Name implements [identity.Source].
func (r renamed) Name() string { return r.name }

// Accounts implements [identity.Source].
func (r renamed) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for a, err := range r.Source.Accounts(ctx) {
			if a.Source = r.name; !yield(a, err) {
				return
			}
		}
	}
}
