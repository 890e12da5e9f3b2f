package preview

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Request is the platform's request for a preview: an identity and the mapping
// to try.
//
// Source: DECISION 60.
type Request struct {
	IdentityID string
	Config     *jsondoc.Node // identityAttributeConfig
}

// ParseRequest reads {"identityId", "identityAttributeConfig"}, or the old form
// {"attributeTransforms"}.
func ParseRequest(src []byte) (*Request, diag.List) {
	n, found := jsondoc.Parse("request", src)
	if n == nil {
		return nil, found
	}
	r := &Request{IdentityID: n.Get("identityId").Text(), Config: n.Get("identityAttributeConfig")}
	if r.Config.IsNull() && n.Get("attributeTransforms").Kind() == jsondoc.Array {
		r.Config = n
	}
	if r.Config.Kind() != jsondoc.Object {
		found.Addf(diag.Error, codeFieldType, n.Pos(),
			"400.1.0 Required data missing or empty: identityAttributeConfig")
	}
	return r, found
}

// Response is the platform's answer to a preview. Marshalling it gives the
// platform's form: names in this order, a value that is not there as null, null for
// the messages of a row where nothing went wrong (clients take a list for a failure).
//
// Source: DECISION 60.
type Response struct {
	Identity   ResponseIdentity   `json:"identity"`
	Attributes []PreviewAttribute `json:"previewAttributes"`
}

// ResponseIdentity names the identity of a preview.
type ResponseIdentity struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// PreviewAttribute is the row of one mapping.
type PreviewAttribute struct {
	Name     string           `json:"name"`
	Value    identity.Value   `json:"value"`
	Previous identity.Value   `json:"previousValue"`
	Messages []PreviewMessage `json:"errorMessages"`
}

// PreviewMessage says why a row has no value.
type PreviewMessage struct {
	Locale string `json:"locale"`
	Origin string `json:"localeOrigin"`
	Text   string `json:"text"`
}

// AppendJSON appends the response as compact JSON, without escapes that JSON does
// not ask for.
func (r *Response) AppendJSON(dst []byte) ([]byte, error) {
	src, err := encode(r, "")
	if err != nil {
		return dst, err
	}
	return append(dst, src[:len(src)-1]...), nil
}

// Attributes answers a preview for an identity with its accounts and stored
// attributes. The mappings of the request stand in for those of the identity's
// profile, inline transforms too; a disabled mapping is evaluated like an enabled
// one. Each row has its own errors: a row with an error has no value. Nothing is
// stored. An identity with an account on no authoritative source gives an error
// that matches [identity.ErrNotFound].
func Attributes(ctx context.Context, b *config.Bundle, o profile.Options, run profile.RunOptions, i *identity.Identity,
	r *Request) (*Response, diag.List, error) {
	p := profileOf(b, i)
	if p == nil {
		return nil, nil, fmt.Errorf("identity %q has no profile: %w", i.ID, identity.ErrNotFound)
	}

	// The mappings of the request replace those of the profile in a copy, which is compiled like any
	// other.
	trial, found := withMappings(b, p, r.Config)
	engine, more := profile.Compile(trial, o)
	found = append(found, more...)
	res, err := engine.NewRun(run).Evaluator(ctx).Evaluate(i)
	if err != nil {
		return nil, found, err
	}
	name := i.Attribute("displayName").Text()
	if name == "" {
		name = i.Alias
	}
	out := &Response{Identity: ResponseIdentity{Type: "IDENTITY", ID: i.ID, Name: name},
		Attributes: []PreviewAttribute{}}
	for _, m := range trial.Profile(p.Name).Mappings {
		row := PreviewAttribute{Name: m.Attribute, Value: res.Identity.Attribute(m.Attribute),
			Previous: i.Attribute(m.Attribute)}
		if err := errorOf(res, m.Attribute); err != nil {
			row.Value = identity.Value{}
			row.Messages = append(row.Messages, PreviewMessage{Locale: "en-US", Origin: "DEFAULT", Text: err.Error()})
		}

		out.Attributes = append(out.Attributes, row)
	}

	return out, found, nil
}

// NewAccount returns the identity that an account would make, for a preview of
// somebody who has none yet.
func NewAccount(b *config.Bundle, a identity.Account) *identity.Identity {
	id := a.Source
	if s := b.Source(a.Source); s != nil && s.ID != "" {
		id = s.ID
	}
	return &identity.Identity{ID: config.IdentityID(id, a.NativeIdentity), Alias: a.DisplayName(),
		Accounts: []identity.Account{a}}
}

// profileOf returns the profile that the accounts of an identity give it.
func profileOf(b *config.Bundle, i *identity.Identity) *config.Profile {
	for _, p := range b.Profiles { // by priority
		s := b.AuthoritativeSource(p)
		for n := range i.Accounts {
			if s != nil && i.Accounts[n].Source == s.Name {
				return p
			}
		}
	}

	return nil
}

// withMappings returns the bundle with other mappings for one profile.
func withMappings(b *config.Bundle, p *config.Profile, mappings *jsondoc.Node) (*config.Bundle, diag.List) {
	mappings = mappings.Clone()

	// A preview of mappings that are switched off would show stored values only.
	mappings.Set("enabled", jsondoc.NewBool(true))
	object := p.Node.Clone()
	object.Remove("attributeConfig")
	object.Set("identityAttributeConfig", mappings)
	loaded, found := config.LoadFile("request", object.Append(nil))

	// The bundle is shared with others: only the list of profiles and the one that is tried are new.
	trial := *b
	trial.Profiles = nil
	for _, old := range b.Profiles {
		if old == p && len(loaded.Profiles) == 1 {
			changed := *old
			changed.Enabled, changed.Mappings = true, loaded.Profiles[0].Mappings
			old = &changed
		}

		trial.Profiles = append(trial.Profiles, old)
	}

	return &trial, found
}
