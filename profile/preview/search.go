package preview

import (
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
)

// Search finds an identity by what people know of it. Id, name, uid and accounts name one
// identity; a mail address or a display name may be of several, so those that have it are
// gathered, and what is only like it is remembered for a hint. A Search is for one pass
// over the results, by one goroutine.
//
//	s := preview.NewSearch("ann.lee@x.example")
//	trace, err := engine.Explain(ctx, options, s.Find, nil, sources...)
//	if errors.Is(err, identity.ErrNotFound) && len(s.Named()) == 1 {
//		trace, err = engine.Explain(ctx, options, preview.Finder(s.Named()[0].ID), nil, sources...)
//	}
type Search struct {
	who   string
	find  func(*profile.Result) bool
	named []Known
	near  string
}

// Known is an identity that a search came by.
type Known struct{ ID, Name string }

// NewSearch returns a search for who.
func NewSearch(who string) *Search { return &Search{who: who, find: Finder(who)} }

// Find reports whether the identity has the id, name, uid or account that is looked for.
func (s *Search) Find(r *profile.Result) bool {
	if s.find(r) {
		return true
	}

	// A mail address or a shown name may be shared, so these are only kept as hints for whoever finds nobody by a
	// name that is unique.
	i := r.Identity
	mail, display := i.Attribute("email").Text(), i.Attribute("displayName").Text()
	if s.who != "" && (strings.EqualFold(mail, s.who) || strings.EqualFold(display, s.who)) {
		s.named = append(s.named, Known{ID: strings.Clone(i.ID), Name: strings.Clone(i.Alias)})
		return false
	}

	candidates := []string{s.near, i.Alias, i.Attribute("uid").Text(), mail, display}
	for n := range i.Accounts {
		candidates = append(candidates, i.Accounts[n].NativeIdentity)
	}
	if near := diag.Near(s.who, candidates); near != s.near {
		s.near = strings.Clone(near)
	}
	return false
}

// Named returns who has the mail address or the display name that was looked for.
func (s *Search) Named() []Known { return s.named }

// Near returns what is most like it: a name, uid, mail address, display name or account
// id; "" when nothing is close.
func (s *Search) Near() string { return s.near }
