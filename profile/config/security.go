package config

import (
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

// SecuritySettings is a view of the sign-in and security settings that older
// profile objects hold as flat fields. They have no effect on identities; all of
// them go through loading and saving unchanged. Fields that are absent are nil
// or empty.
//
// Source: DECISION 50.
type SecuritySettings struct {
	// Invitation.
	AutoInvite               *bool
	AutoInvitationOption     string // manual, or on what
	AutoInviteLifecycleState string

	// Sign-in.
	Authentication       string // authn
	PassThrough          *bool  // sign-in through a directory
	AuthenticationError  string // text that is shown
	BlockOffNetwork      *bool
	BlockGeographies     *bool             // sign-in from countries that are not trusted
	PasswordReset        map[string]string // pwdReset fields: methods, masking, two factors
	StrongAuthentication map[string]string // strongAuth fields
}

// Security returns the sign-in and security settings of the profile.
func (p *Profile) Security() SecuritySettings {
	n := p.Node
	s := SecuritySettings{
		AutoInvite: flag(n.Get("autoInvite")), AutoInvitationOption: n.Get("autoInvitationOption").Text(),
		AutoInviteLifecycleState: n.Get("autoInviteLifeCycleState").Text(),
		Authentication:           compact(n.Get("authn")), PassThrough: flag(n.Get("enablePassthroughAuthn")),
		AuthenticationError: n.Get("authErrorText").Text(), BlockOffNetwork: flag(n.Get("blockOffNetwork")),
		BlockGeographies: flag(n.Get("blockUntrustedGeographies")),
		PasswordReset:    map[string]string{}, StrongAuthentication: map[string]string{},
	}

	// These come in families by prefix, which grow with the product.
	for _, m := range n.Members() {
		if key, ok := strings.CutPrefix(m.Key, "pwdReset"); ok {
			s.PasswordReset[key] = compact(m.Value)
		}
		if key, ok := strings.CutPrefix(m.Key, "strongAuth"); ok {
			s.StrongAuthentication[key] = compact(m.Value)
		}
	}

	return s
}

func flag(n *jsondoc.Node) *bool {
	if n.IsNull() {
		return nil
	}
	v := n.IsTrue()
	return &v
}

// compact is the text of a value, or its JSON.
func compact(n *jsondoc.Node) string {
	if n.Kind() == jsondoc.Object || n.Kind() == jsondoc.Array {
		return string(n.Append(nil))
	}
	return n.Text()
}
