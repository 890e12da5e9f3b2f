package profiletest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// bound is a case with the data that a configuration's sources make of it.
type bound struct {
	*Case
	accounts []identity.Account // of the subject, for cases of transforms
	sources  []identity.Source
	store    identity.Store
	subject  string // identity id; empty: the identity of the first account
	first    identity.AccountKey
	def      *transform.Definition
	fields   []policyField
	alone    *identity.Identity // of a case that needs nobody but the subject
}

// binder prepares cases for a bundle.
type binder struct {
	decoder
	ctx         context.Context
	suite       *Suite
	bundle      *config.Bundle
	engine      *profile.Engine                        // of the bundle
	fixtures    map[string]map[string]identity.Account // by file and source, by native identity
	readsOthers bool                                   // some mapping reads other identities
}

// bind prepares all cases of a bundle that e was compiled from. Findings name what the
// configuration does not have.
func (s *Suite) bind(ctx context.Context, b *config.Bundle, e *profile.Engine) ([]*bound, diag.List) {
	x := &binder{ctx: ctx, suite: s, bundle: b, engine: e, fixtures: map[string]map[string]identity.Account{},
		readsOthers: e.ReadsOthers()}
	var cases []*bound
	for _, f := range s.Files {
		for _, c := range f.Cases {
			cases = append(cases, x.bind(c))
		}
	}

	return cases, x.found.Sorted()
}

func (x *binder) bind(c *Case) *bound {
	b := &bound{Case: c}

	// Vectors and create profiles need nobody but themselves.
	switch {
	case c.vector != nil:
		return b
	case c.policy != nil:
		x.policy(b)
		return b
	}

	b.accounts = x.accounts(c.accounts)
	if c.transform != nil {
		x.transform(b)
		return b
	}

	// Others are bound before the subject, who may be found among their accounts.
	x.population(b)
	x.single(b)
	x.checkNames(c)
	return b
}

func (x *binder) transform(b *bound) {
	t := b.transform
	if b.def = t.def; b.def != nil {
		return
	}
	if b.def = x.bundle.Transforms[t.name]; b.def == nil {
		x.unknown("transform", t.name, t.pos, slices.Sorted(maps.Keys(x.bundle.Transforms)))
	}
}

func (x *binder) unknown(kind, name string, pos diag.Pos, known []string) {
	hint := ""
	if near := diag.Near(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	x.fail(diag.Code("test-"+kind+"-unknown"), pos, hint, "the configuration has no %s %q", kind, name)
}

func (x *binder) sourceNames() []string {
	var names []string
	for _, s := range x.bundle.Sources {
		names = append(names, s.Name)
	}
	return names
}

func (x *binder) accounts(specs []*accountSpec) []identity.Account {
	var list []identity.Account
	for _, s := range specs {
		src := x.bundle.Source(s.account.Source)
		if src == nil {
			x.unknown("source", s.account.Source, s.src, x.sourceNames())
			continue
		}

		list = append(list, x.account(s, src))
	}

	return list
}

// account completes an account as its source would: the schema says which
// attribute is the account id and which one the account name.
func (x *binder) account(s *accountSpec, src *config.Source) identity.Account {
	a := s.account
	values := s.values

	// A fixture is complete, as a file of a source is; an account written in the case may leave its id
	// out of the attributes.
	if s.fixture {
		a, values = x.fromFixture(s)
	} else if src.Schema != nil && src.Schema.IdentityAttribute != "" {
		values = maps.Clone(values)
		if _, ok := values[src.Schema.IdentityAttribute]; !ok {
			values[src.Schema.IdentityAttribute] = identity.StringValue(a.NativeIdentity)
		}
	}

	if a.Name == "" && src.Schema != nil {
		a.Name = values[src.Schema.DisplayAttribute].Text()
	}

	// Attributes that the schema lacks never reach an aggregation, so a case must not rest on them.
	if !s.fixture && src.Schema != nil && len(src.Schema.Attributes) > 0 {
		names := src.Schema.Names()
		for name := range values {
			if !slices.Contains(names, name) {
				x.schemaAttribute(s, src.Name, name, names)
				delete(values, name)
			}
		}
	}

	a.Attributes = identity.NewAttributes(values)
	return a
}

// schemaAttribute reports an attribute that an aggregation would drop.
func (x *binder) schemaAttribute(s *accountSpec, source, name string, names []string) {
	hint := "an aggregation drops it"
	if near := diag.Near(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	x.fail(codeTestAccountAttributeUnknown, s.pos, hint, "the account schema of source %q has no attribute %q", source,
		name)
}

func (x *binder) fromFixture(s *accountSpec) (identity.Account, map[string]identity.Value) {
	// A fixture belongs to the file that names it: two files may have another one for the same source.
	for _, f := range x.suite.Files {
		if f.Path != s.pos.File {
			continue
		}
		fix := f.fixtures[s.account.Source]
		accounts := x.fixture(fix, s.account.Source)
		a, ok := accounts[s.account.NativeIdentity]
		if !ok {
			x.fail(codeTestFixture, s.pos, "", "%s has no account %q", fix.file, s.account.NativeIdentity)
		}

		// What the case itself says wins over the fixture.
		values := map[string]identity.Value{}
		for name, v := range a.Attributes.All() {
			values[name] = v
		}
		maps.Copy(values, s.values)
		if !s.account.Created.IsZero() {
			a.Created = s.account.Created
		}
		if s.own["disabled"] {
			a.Disabled = s.account.Disabled
		}
		return a, values
	}

	return s.account, s.values
}

// fixture reads a file of accounts once, the way its source is read.
func (x *binder) fixture(f fixture, source string) map[string]identity.Account {
	key := source + "\x00" + f.file
	if accounts, ok := x.fixtures[key]; ok {
		return accounts
	}

	// Noted before it is read, so that a file with faults is told of once.
	accounts := map[string]identity.Account{}
	x.fixtures[key] = accounts

	// A bundle of one source reads the file as the run would, with the source's own settings.
	b := &config.Bundle{Sources: []*config.Source{x.bundle.Source(source)}, Data: map[string][]string{source: {f.file}},
		Settings: x.bundle.Settings}
	sources, found := b.Accounts(x.suite.fsys, func(d diag.Diagnostic) {
		if d.Code != codeColumnMissing { // a file of a test has what the test needs
			x.found.Add(d)
		}
	})
	x.found.AddAll(found)
	for _, src := range sources {
		for a, err := range src.Accounts(x.ctx) {
			if err != nil {
				x.fail(codeTestFixture, f.pos, "", "%v", err)
				break
			}

			a.Source = source
			accounts[a.NativeIdentity] = a
		}
	}

	return accounts
}

// population makes sources and a store of the people of a case. The accounts of
// the subject are linked to it, unless the case is about correlation.
func (x *binder) population(b *bound) {
	if len(b.accounts) > 0 {
		b.first = b.accounts[0].Key()
	}

	// A case about correlation must leave the link open; any other says whose accounts these are.
	if !b.correlate || b.identity != nil {
		b.subject = "subject"
		if b.identity != nil {
			b.subject = b.identity.identity.ID
		}
	}

	bySource := map[string][]identity.Account{}
	add := func(a identity.Account, id string) {
		if a.IdentityID == "" {
			a.IdentityID = id
		}
		bySource[a.Source] = append(bySource[a.Source], a)
	}

	for _, a := range b.accounts {
		if b.correlate {
			add(a, "")
		} else {
			add(a, b.subject)
		}
	}

	x.fill(b, x.stock(b, add))

	// In the order of their names, as a run reads them.
	for _, name := range slices.Sorted(maps.Keys(bySource)) {
		b.sources = append(b.sources, feed.Slice(name, bySource[name]...))
	}
}

// stock returns the identities that are stored before the case, and adds their
// accounts, which the data link to them.
func (x *binder) stock(b *bound, add func(identity.Account, string)) identity.Batch {
	var batch identity.Batch

	// The subject is stored where the case describes it, and where others need somebody to be compared with;
	// in a case about correlation accounts alone make identities.
	if b.identity != nil || len(b.others) > 0 && !b.correlate {
		batch.Put = append(batch.Put, x.stored(b))
	}
	if b.identity != nil {
		for _, a := range x.accounts(b.identity.accounts) {
			add(a, b.subject)
		}
	}

	// Others are stored as they are described. Their accounts come with the data as well, as a tenant's sources
	// would send them.
	for _, o := range b.others {
		i := o.identity
		accounts := x.accounts(o.accounts)
		if i.Alias == "" {
			i.Alias = aliasOf(i.ID, accounts)
		}
		batch.Put = append(batch.Put, &i)
		for _, a := range accounts {
			add(a, i.ID)
		}
	}

	return batch
}

// fill makes the store, when anything is stored.
func (x *binder) fill(b *bound, batch identity.Batch) {
	if len(batch.Put) == 0 {
		return
	}
	b.store = store.NewMemory()
	if err := b.store.Apply(x.ctx, batch); err != nil {
		x.fail(codeTestValue, b.Pos, "", "the stored identities contradict each other: %v", err)
	}
}

// stored is the subject as it is before the case.
func (x *binder) stored(b *bound) *identity.Identity {
	i := identity.Identity{ID: b.subject}
	accounts := b.accounts
	if b.identity != nil {
		i = b.identity.identity
		accounts = append(x.accounts(b.identity.accounts), accounts...)
	}

	if i.Alias == "" {
		i.Alias = aliasOf(i.ID, accounts)
	}
	return &i
}

func aliasOf(id string, accounts []identity.Account) string {
	for i := range accounts {
		if name := accounts[i].DisplayName(); name != "" {
			return name
		}
	}

	return id
}

// checkNames reports expectations about things that the configuration lacks.
func (x *binder) checkNames(c *Case) {
	// A misspelled name would make a case pass that expects null, so names are checked against the configuration.
	var mapped, profiles []string
	for _, p := range x.bundle.Profiles {
		profiles = append(profiles, p.Name)
		for _, m := range p.Mappings {
			mapped = append(mapped, m.Attribute)
		}
	}

	for _, w := range c.expect.attributes {
		if w.form != absent && !slices.Contains(mapped, w.name) {
			x.unknown("attribute", w.name, w.pos, mapped)
		}
	}

	// A pattern or an error names no profile, and null means none.
	if m := c.expect.profile; m != nil && m.form == equals && !m.value.IsNull() &&
		!slices.Contains(profiles, m.value.Text()) {
		x.unknown("profile", m.value.Text(), m.pos, profiles)
	}
}
