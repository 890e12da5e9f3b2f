package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

// forPerson calls look with what finds the identity that who names. A mail address and a
// display name are known only after a pass over everybody, so look may be called twice;
// it returns [identity.ErrNotFound] when find found nobody.
func (f *folder) forPerson(a *app, who string, sources []identity.Source,
	look func(find func(*profile.Result) bool) error) error {
	s := preview.NewSearch(who)
	err := look(s.Find)
	if !errors.Is(err, identity.ErrNotFound) {
		return err
	}
	switch named := s.Named(); len(named) {
	case 0:
		return f.nobody(a, who, s.Near(), sources)
	case 1:
		return look(preview.Finder(named[0].ID))
	default:
		var names []string
		for _, k := range named[:min(len(named), examples)] {
			names = append(names, k.Name+" ("+k.ID+")")
		}
		return fmt.Errorf("%s: %d identities are called %q: %s; name one by its id", f.name, len(named), who,
			strings.Join(names, ", "))
	}
}

// nobody is the error of a search that found no identity: with the account that has none,
// or with what is near.
func (f *folder) nobody(a *app, who, near string, sources []identity.Source) error {
	same := func(s string) bool { return strings.EqualFold(s, who) }
	for _, s := range sources {
		for account, err := range s.Accounts(a.ctx) {
			if err != nil {
				break // the run has told
			}
			if key := account.Key().String(); slices.ContainsFunc([]string{account.NativeIdentity, account.Name, key},
				same) {
				return fmt.Errorf("%s: account %q has no identity: preview correlate %s --explain %q tells why", f.name,
					key,
					f.name, key)
			}
		}
	}

	hint := ""
	if near != "" {
		hint = ", " + diag.DidYouMean(near)
	}
	return fmt.Errorf("%s: there is no identity %q: no id, name, uid, mail address, display name or account is like that%s", f.name, who, hint)
}

// knownAttributes returns an error for a name that is no identity attribute: neither
// mapped by a profile, nor listed, nor one that every tenant has.
func knownAttributes(b *config.Bundle, names []string) error {
	known := config.Standard()
	for i := range b.Attributes {
		known = append(known, b.Attributes[i].Name)
	}
	for _, p := range b.Profiles {
		for i := range p.Mappings {
			known = append(known, p.Mappings[i].Attribute)
		}
	}

	for _, name := range names {
		if slices.Contains(known, name) {
			continue
		}

		// The first unknown name is enough: the others are likely wrong in the same way.
		err := fmt.Errorf("there is no identity attribute %q", name)
		if near := diag.Suggest(name, known); near != "" {
			err = fmt.Errorf("%w, %s", err, near)
		}
		return err
	}

	return nil
}
