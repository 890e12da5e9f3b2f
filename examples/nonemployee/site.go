package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// tenantFiles is the configuration of the tenant: two sources with their identity
// profiles.
//
//go:embed tenant
var tenantFiles embed.FS

// Names and ids of tenant.json.
const (
	staffSource       = "Staff"
	staffSourceID     = "5c1e0000000000000000000000000001"
	contractorsSource = "Contractors"
)

// staffID is the identity id of somebody on the staff.
func staffID(alias string) string { return config.IdentityID(staffSourceID, alias) }

func wallClock() time.Time { return time.Now() }

var randomIDs = nonemployee.RandomIDs(rand.Reader)

// siteOptions are what a test or the demonstration replaces.
type siteOptions struct {
	clock  func() time.Time
	ids    func() string // nil: counted up
	logger *slog.Logger
	mail   func(nonemployee.Notification) // nil: logged
}

// site is the service with its store, and the tenant that takes the people in.
type site struct {
	config  *Config
	clock   func() time.Time
	logger  *slog.Logger
	tokens  tokens
	service *nonemployee.Service
	events  *nonemployee.EventLog
	tenant  *tenant.Tenant
	close   func() error
}

// openSite opens the store and makes everything ready to serve.
func openSite(ctx context.Context, c *Config, o siteOptions) (_ *site, err error) {
	s := &site{config: c, clock: o.clock, logger: o.logger, events: nonemployee.NewEventLog(10_000)}
	if s.tokens, err = newTokens(c); err != nil {
		return nil, err
	}
	if err := s.openTenant(); err != nil {
		return nil, err
	}
	// The staff come first: they are who the service asks the directory about.
	if _, err := s.tenant.Aggregate(ctx, nil, staff(c.Staff)); err != nil {
		return nil, err
	}
	objects, closeStore, err := openStore(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	s.close = closeStore
	defer func() {
		if err != nil {
			err = errors.Join(err, closeStore())
		}
	}()

	// An interrupted write is cut off by the store, and whoever runs it should know.
	if f, ok := objects.(*nonemployee.File); ok && f.Cut() != nil {
		s.logger.Warn("the store ends with a commit that an interrupted program has left", "cut", f.Cut().String())
	}
	if s.service, err = s.newService(ctx, objects, o); err != nil {
		return nil, err
	}
	if c.Seed {
		if err := s.seed(ctx); err != nil {
			return nil, fmt.Errorf("sample people: %w", err)
		}
	}

	_, err = s.aggregate(ctx)
	return s, err
}

func (s *site) openTenant() error {
	files, err := fs.Sub(tenantFiles, "tenant")
	if err != nil {
		return err
	}
	bundle, found := config.Load(files)
	s.tenant = tenant.New(bundle, store.NewMemory(), tenant.Options{
		Now: s.clock,
		Run: profile.RunOptions{Workers: 2, Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) {
			s.logger.Warn("account data", "finding", d.String())
		}}},
	})
	_, wrong := s.tenant.Engine()
	return errors.Join(found.Err(), wrong.Err())
}

func (s *site) newService(ctx context.Context, objects nonemployee.Store, o siteOptions) (*nonemployee.Service, error) {
	zone, err := time.LoadLocation(s.config.Zone)
	if err != nil {
		return nil, err
	}
	mail := o.mail
	if mail == nil {
		mail = func(n nonemployee.Notification) {
			s.logger.Info("mail", "template", n.Template, "source", n.Source.Name, "to", len(n.To),
				"records", len(n.Records))
		}
	}

	options := []nonemployee.Option{
		nonemployee.WithClock(s.clock), nonemployee.WithZone(zone), nonemployee.WithEvents(s.events.Add),
		nonemployee.WithNotifications(func(_ context.Context, n nonemployee.Notification) { mail(n) }),
		nonemployee.WithProfiles(s.profileOf), nonemployee.WithSourceNames(s.nameTaken),
	}
	if o.ids != nil {
		options = append(options, nonemployee.WithIDs(o.ids))
	}

	// Groups name people by alias in the configuration and by id in the directory.
	groups := map[string][]string{}
	for name, aliases := range s.config.Groups {
		for _, alias := range aliases {
			groups[name] = append(groups[name], staffID(alias))
		}
	}

	return nonemployee.New(ctx, objects, nonemployee.Identities{Store: s.tenant.Store(), Groups: groups}, options...)
}

// nameTaken tells whether a name is that of another source of the tenant: accounts of
// a non-employee source with that name would be taken for accounts of the other one.
// The source Contractors of the configuration is the first non-employee source, which
// may have its name again after it was renamed.
func (s *site) nameTaken(ctx context.Context, name, sourceID string) (bool, error) {
	if name == contractorsSource {
		first, err := s.service.Sources.List(ctx, root(), nonemployee.SourceQuery{
			Query: isc.Query{Limit: 1, Sorters: "created"},
		})
		return len(first.Items) > 0 && first.Items[0].SourceID != sourceID, err
	}

	return slices.ContainsFunc(s.tenant.Bundle().Sources, func(source *config.Source) bool {
		return isc.SameName(source.Name, name)
	}), nil
}

// profileOf names the identity profile on a non-employee source.
func (s *site) profileOf(ctx context.Context, sourceID string) (string, error) {
	source, err := s.service.Sources.Accounts(ctx, sourceID)
	if err != nil {
		return "", err
	}
	bundle := s.tenant.Bundle()
	for _, p := range bundle.Profiles {
		if bundle.AuthoritativeSource(p).Name == source.Name() {
			return p.Name, nil
		}
	}

	return "", nil
}

// root is the actor of the server itself.
func root() nonemployee.Actor {
	return nonemployee.Actor{ID: "server", Rights: nonemployee.Admin}
}

// tick stores staged uploads and sends reminders, and takes new people in when there
// are any.
func (s *site) tick(ctx context.Context) (nonemployee.TickResult, error) {
	out, err := s.service.Tick(ctx, s.clock())
	for _, job := range out.Imports {
		s.logger.Info("upload", "status", job.Status, "problem", job.Problem)
	}
	if err == nil && len(out.Imports) > 0 {
		_, err = s.aggregate(ctx)
	}
	return out, err
}

// aggregate takes the accounts of all sources that the tenant knows into the identities.
func (s *site) aggregate(ctx context.Context) (profile.Stats, error) {
	page, err := s.service.Sources.List(ctx, root(), nonemployee.SourceQuery{})
	if err != nil {
		return profile.Stats{}, err
	}
	sources := []identity.Source{staff(s.config.Staff)}
	for _, one := range page.Items {
		if s.tenant.Bundle().Source(one.Name) == nil {
			continue // no identity profile, no identities
		}
		source, err := s.service.Sources.Accounts(ctx, one.SourceID)
		if err != nil {
			return profile.Stats{}, err
		}
		sources = append(sources, source)
	}

	return s.tenant.Aggregate(ctx, nil, sources...)
}

// cleanUp deletes identities that have no account any more, as a tenant does at night.
func (s *site) cleanUp(ctx context.Context) ([]config.Ref, error) {
	plan, err := s.tenant.PlanCleanup(ctx)
	if err != nil {
		return nil, err
	}
	_, err = s.tenant.Apply(ctx, plan)
	return plan.Deleted, err
}

// staff is the source of the employees.
type staff []Staff

// Name implements [identity.Source].
func (staff) Name() string { return staffSource }

// Accounts implements [identity.Source].
func (s staff) Accounts(context.Context) iter.Seq2[identity.Account, error] {
	schema := identity.NewSchema("alias", "firstName", "lastName", "email", "manager")
	return func(yield func(identity.Account, error) bool) {
		for _, p := range s {
			row := make([]identity.Value, 0, schema.Len())
			for _, text := range []string{p.Alias, p.FirstName, p.LastName, p.Email, p.Manager} {
				v := identity.Value{}
				if text != "" {
					v = identity.StringValue(text)
				}
				row = append(row, v)
			}

			a := identity.Account{Source: staffSource, NativeIdentity: p.Alias, Attributes: identity.Pack(schema, row)}
			if !yield(a, nil) {
				return
			}
		}
	}
}

// person is an identity as GET /identities shows it.
type person struct {
	ID         string            `json:"id"`
	Alias      string            `json:"alias"`
	Name       string            `json:"name"`
	Profile    string            `json:"profile"`
	State      string            `json:"state,omitempty"`
	Manager    string            `json:"manager,omitempty"` // alias
	Exceptions []string          `json:"exceptions,omitempty"`
	Attributes map[string]string `json:"attributes"`
	Accounts   []string          `json:"accounts"`
}

// identities gives everybody, by ascending id.
func (s *site) identities(ctx context.Context) ([]person, error) {
	people, aliases := []person{}, map[string]string{}
	for i, err := range s.tenant.Store().All(ctx) {
		if err != nil {
			return nil, err
		}
		aliases[i.ID] = i.Attribute("uid").Text()
		p := person{
			ID: i.ID, Alias: aliases[i.ID], Name: i.Attribute("displayName").Text(), Profile: i.Profile,
			State: i.Lifecycle.State, Manager: i.ManagerID, Exceptions: i.ExceptionCodes,
			Attributes: map[string]string{}, Accounts: []string{},
		}
		for name, v := range i.Attributes.All() {
			if !v.IsNull() {
				p.Attributes[name] = v.Text()
			}
		}

		for n := range i.Accounts {
			// Keys are what accounts are known by from outside.
			p.Accounts = append(p.Accounts, i.Accounts[n].Key().String())
		}
		people = append(people, p)
	}

	// Aliases are known when everybody was read.
	for n := range people {
		people[n].Manager = cmp.Or(aliases[people[n].Manager], people[n].Manager)
	}
	return people, nil
}
