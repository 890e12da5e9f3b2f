package rest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// patchAccount changes whom an account belongs to; of an account of a file it also
// changes attributes.
func (c *call) patchAccount() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}

	// The tenant has one PATCH for two things: attributes are data of the source and go to its file, whom the
	// account belongs to goes to the store.
	values := slices.ContainsFunc(ops, func(op isc.PatchOp) bool { return strings.HasPrefix(op.Path, "/attributes") })
	if values {
		err = c.patchAttributes(ops)
	} else {
		_, _, err = c.change(func() (*tenant.Plan, error) {
			a, err := c.account()
			if err != nil {
				return nil, err
			}
			return c.tenant.PlanAccountPatch(c.ctx, a.Key(), ops)
		})
	}

	if err != nil {
		return err
	}
	c.raw(http.StatusAccepted, []byte("{}"))
	return nil
}

func (c *call) patchAttributes(ops []isc.PatchOp) error {
	a, s, err := c.flatAccount()
	if err != nil {
		return err
	}
	n, err := isc.Apply(c.accountView(a), ops, map[string]isc.Access{"attributes": isc.Writable})
	if err != nil {
		return err
	}
	_, err = c.aggregateAccount(s, n.Get("attributes"), a.NativeIdentity)
	return err
}

// sourceOf gives the source of an account, nil when it is not configured.
func (h *Handler) sourceOf(a *account) *config.Source { return h.tenant.Bundle().Source(a.Source) }

// flatAccount finds an account that a file gave, and its source: other accounts are
// changed at their source.
func (c *call) flatAccount() (*account, *config.Source, error) {
	a, err := c.account()
	if err != nil {
		return nil, nil, err
	}
	s := c.sourceOf(a)
	if s == nil {
		return nil, nil, isc.Refuse(isc.CodeReferenceNotFound, "the source of the account is not configured")
	}
	return a, s, flat(s)
}

func flat(s *config.Source) error {
	if typ := first(s.Node.Get("type").Text(), "DelimitedFile"); !strings.HasPrefix(typ, "Delimited") {
		return isc.Refuse(isc.CodeIllegalUpdate, "source %q is of type %s: accounts of files alone can be changed",
			s.Name,
			typ)
	}
	return nil
}

// aggregateAccount takes one new or changed account in, as its source would send it.
func (c *call) aggregateAccount(s *config.Source, attributes *jsondoc.Node, native string) (task, error) {
	a, err := accountOf(s, attributes)
	if err != nil {
		return task{}, err
	}
	if native != "" && a.NativeIdentity != native {
		return task{}, isc.Refuse(isc.CodeIllegalUpdate, "the account id %q cannot become %q", native, a.NativeIdentity)
	}
	return c.start(taskAggregation, "Account "+a.NativeIdentity, s, &work{Kind: workPut, Account: &a})
}

// accountOf makes an account of its attributes by the schema of its source.
func accountOf(s *config.Source, attributes *jsondoc.Node) (identity.Account, error) {
	if attributes.Kind() != jsondoc.Object {
		return identity.Account{}, isc.Refuse(isc.CodeRequired, "attributes is required, as an object")
	}
	if s.Schema == nil {
		return identity.Account{}, isc.Refuse(isc.CodeIllegalValue, "source %q has no account schema", s.Name)
	}
	values := map[string]identity.Value{}
	known := s.Schema.Names()

	// Members are attributes of the schema, and one names the source.
	for _, m := range attributes.Members() {
		if m.Key == "sourceId" {
			continue
		}
		if !slices.Contains(known, m.Key) {
			return identity.Account{}, isc.Refuse(isc.CodeIllegalValue,
				"the account schema of source %q has no attribute %q",
				s.Name, m.Key)
		}
		values[m.Key] = m.Value.Value()
	}

	// The account id comes from the schema's identity attribute, as an aggregation would read it.
	native := values[s.Schema.IdentityAttribute].Text()
	if native == "" {
		return identity.Account{}, isc.Refuse(isc.CodeRequired, "the attribute %s is required: it is the account id",
			s.Schema.IdentityAttribute)
	}
	return identity.Account{
		Source: s.Name, NativeIdentity: native, Name: values[s.Schema.DisplayAttribute].Text(),
		Attributes: identity.NewAttributes(values),
	}, nil
}

func (c *call) createAccount() error {
	body, err := c.object()
	if err != nil {
		return err
	}

	// The API has no field for the source beside the attributes: clients of flat files put it among them.
	attributes := body.Get("attributes")
	c.path["source"] = attributes.Get("sourceId").Text()
	if c.path["source"] == "" {
		return isc.Refuse(isc.CodeRequired, "attributes.sourceId is required")
	}
	s, err := c.source()
	if err != nil {
		return isc.Refuse(isc.CodeReferenceNotFound, "there is no source %q", c.path["source"])
	}

	// Only a flat file can get an account by hand; of any other source the next aggregation would remove it.
	if err := flat(s); err != nil {
		return err
	}
	t, err := c.aggregateAccount(s, attributes, "")
	if err == nil {
		c.json(http.StatusAccepted, map[string]string{"id": t.id})
	}
	return err
}

func (c *call) putAccount() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	a, s, err := c.flatAccount()
	if err != nil {
		return err
	}
	t, err := c.aggregateAccount(s, body.Get("attributes"), a.NativeIdentity)
	if err == nil {
		c.json(http.StatusAccepted, map[string]string{"id": t.id})
	}
	return err
}

func (c *call) deleteAccount() error {
	a, s, err := c.flatAccount()
	if err != nil {
		return err
	}
	t, err := c.start(taskAggregation, "Delete account "+a.NativeIdentity, s,
		&work{Kind: workDelete, Native: a.NativeIdentity})
	if err == nil {
		c.json(http.StatusAccepted, map[string]string{"id": t.id})
	}
	return err
}

// reloadAccount takes an account in again as it is.
func (c *call) reloadAccount() error { return c.provision("Reload", workReload) }

func (c *call) enableAccount() error { return c.provision("Enable", workEnable) }

func (c *call) disableAccount() error { return c.provision("Disable", workDisable) }

func (c *call) unlockAccount() error { return c.provision("Unlock", workUnlock) }

// provision changes an account as its source would, and takes it in as the source would
// send it afterwards. The next aggregation of the source brings what the source has.
func (c *call) provision(what string, kind workKind) error {
	if c.r.ContentLength != 0 {
		if _, err := c.object(); err != nil {
			return err
		}
	}

	a, err := c.account()
	if err != nil {
		return err
	}
	w := &work{Kind: kind, Source: a.Source, Native: a.NativeIdentity}
	t, err := c.start(taskAggregation, what+" account "+a.NativeIdentity, c.sourceOf(a), w)
	if err == nil {
		c.json(http.StatusAccepted, map[string]string{"id": t.id})
	}
	return err
}
