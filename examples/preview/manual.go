package main

import (
	"context"
	"errors"
	"iter"
	"os"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// manualFlag is the flag of commands that take links made by hand.
type manualFlag struct {
	Manual string `placeholder:"FILE" help:"Links made by hand, as CSV: account,displayName,userName,type."`
}

// links returns the sources with the links of the file. User names are those that
// identities have without it, which a first run over the accounts tells.
func (m manualFlag) links(a *app, b *config.Bundle, o profile.RunOptions,
	sources []identity.Source) ([]identity.Source, error) {
	// Without a file no run is made: it costs as much as the command itself.
	if m.Manual == "" {
		return sources, nil
	}
	f, err := os.Open(m.Manual)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, found := correlate.ParseManual(m.Manual, f)
	bad := len(found)
	for _, d := range found {
		report.Fprintln(a.err, d)
	}

	// A file of which nothing can be read ends the command; single rows that are wrong do not.
	if rows == nil && found.HasErrors() {
		return nil, found.Err()
	}

	known, err := knownBy(a, b, o, sources)
	if err != nil {
		return nil, err
	}

	// The file gives people by user name, which only a run can tell, so the rows are resolved against
	// what a run without the file has found.
	links, counts, more := correlate.ApplyManual(rows, bad, known.account, known.identity)
	for _, d := range more {
		report.Fprintln(a.err, d)
	}
	report.Fprintf(a.err, "%s: %v\n", m.Manual, counts)
	byAccount := map[string]string{}
	for _, l := range links {
		byAccount[known.accounts[l.Account]] = known.ids[l.Identity]
	}

	// The sources get the links as the tenant keeps them, on the accounts, so the engine has no second
	// way.
	out := make([]identity.Source, len(sources))
	for i, s := range sources {
		out[i] = linkedBy(s, b, byAccount)
	}
	return out, nil
}

// known is what a run without the links knows.
type known struct {
	accounts []string // ids, by number
	numbers  map[string]int32
	ids      []string // of identities, by number
	aliases  map[string][]int32
}

func (k *known) account(id string) (int32, bool) {
	n, ok := k.numbers[id]
	return n, ok
}

func (k *known) identity(alias string) []int32 { return k.aliases[alias] }

func (k *known) add(a *identity.Account) {
	if _, ok := k.numbers[a.NativeIdentity]; !ok {
		k.numbers[a.NativeIdentity] = int32(len(k.accounts))
		k.accounts = append(k.accounts, a.NativeIdentity)
	}
}

// knownBy runs the accounts once.
func knownBy(a *app, b *config.Bundle, o profile.RunOptions, sources []identity.Source) (*known, error) {
	engine, _ := profile.Compile(b, profile.Options{})
	k := &known{numbers: map[string]int32{}, aliases: map[string][]int32{}}
	o.OnUncorrelated = func(account identity.Account, _ profile.Unlinked) { k.add(&account) }
	for r, err := range engine.Run(a.ctx, o, sources...) {
		if err != nil {
			return nil, err
		}
		for i := range r.Identity.Accounts {
			k.add(&r.Identity.Accounts[i])
		}
		k.aliases[r.Identity.Alias] = append(k.aliases[r.Identity.Alias], int32(len(k.ids)))
		k.ids = append(k.ids, r.Identity.ID)
	}

	return k, errors.Join(a.ctx.Err())
}

// manualSource is a source whose accounts have links that were made by hand.
type manualSource struct {
	identity.Source
	links map[string]string // identity by account id
}

// manualChanges is a manualSource that yields changes only.
type manualChanges struct {
	manualSource
	changes identity.Changes
}

// Removed returns what the source itself says.
func (s manualChanges) Removed() []string { return s.changes.Removed() }

// linkedBy gives the accounts of a source their links. Authoritative sources stay as
// they are: their accounts make the identities.
func linkedBy(s identity.Source, b *config.Bundle, links map[string]string) identity.Source {
	for _, p := range b.Profiles {
		if source := b.AuthoritativeSource(p); source != nil && source.Name == s.Name() {
			return s
		}
	}

	linked := manualSource{Source: s, links: links}
	if changes, ok := s.(identity.Changes); ok {
		return manualChanges{manualSource: linked, changes: changes}
	}
	return linked
}

// Refused returns what the source itself says.
func (s manualSource) Refused() int {
	if r, ok := s.Source.(identity.Refuser); ok {
		return r.Refused()
	}
	return 0
}

// Accounts yields the accounts with their links.
func (s manualSource) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for a, err := range s.Source.Accounts(ctx) {
			if id, ok := s.links[a.NativeIdentity]; ok && err == nil {
				a.IdentityID, a.ManuallyCorrelated = id, true
			}
			if !yield(a, err) {
				return
			}
		}
	}
}
