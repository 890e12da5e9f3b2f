package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func accountRoutes() []route {
	return []route{
		at(all, "GET", "accounts", "listAccounts", (*call).listAccounts),
		at(all, "POST", "accounts", "createAccount", (*call).createAccount),
		at(all, "GET", "accounts/{id}", "getAccount", (*call).getAccount),
		at(all, "PATCH", "accounts/{id}", "updateAccount", (*call).patchAccount),
		at(all, "PUT", "accounts/{id}", "putAccount", (*call).putAccount),
		at(all, "DELETE", "accounts/{id}", "deleteAccount", (*call).deleteAccount),
		at(all, "POST", "accounts/{id}/reload", "submitReloadAccount", (*call).reloadAccount),
		at(all, "GET", "accounts/{id}/entitlements", "getAccountEntitlements", nil),
		at(all, "POST", "accounts/{id}/enable", "enableAccount", nil),
		at(all, "POST", "accounts/{id}/disable", "disableAccount", nil),
		at(all, "POST", "accounts/{id}/unlock", "unlockAccount", nil),
	}
}

func accountText(ops string, get func(a *account) string) isc.Field[*account] {
	return isc.TextField(ops, get)
}

func accountBool(get func(a *account) bool) isc.Field[*account] {
	f := isc.BoolField("eq", get)
	f.Compare = compareBool(get)
	return f
}

func (a *account) sourceID() string {
	if a.source == nil {
		return ""
	}
	return sourceID(a.source)
}

func (a *account) ownerText(get func(i *identity.Identity) string) string {
	if a.owner == nil {
		return ""
	}
	return get(a.owner)
}

func identityID(i *identity.Identity) string { return i.ID }

var listedAccounts = isc.Fields[*account]{
	"id":                 accountText("eq in sw", func(a *account) string { return a.id }),
	"identityId":         accountText("eq in sw", func(a *account) string { return a.ownerText(identityID) }),
	"name":               accountText("eq in sw", func(a *account) string { return a.DisplayName() }),
	"nativeIdentity":     accountText("eq in sw", func(a *account) string { return a.NativeIdentity }),
	"sourceId":           accountText("eq in sw", (*account).sourceID),
	"source.id":          accountText("eq in", (*account).sourceID),
	"source.name":        accountText("eq in sw", func(a *account) string { return a.Source }),
	"sourceName":         accountText("", func(a *account) string { return a.Source }),
	"identity.name":      accountText("eq in sw", func(a *account) string { return a.ownerText(identityName) }),
	"origin":             accountText("eq in", func(*account) string { return "AGGREGATED" }),
	"uncorrelated":       accountBool(func(a *account) bool { return a.owner == nil }),
	"manuallyCorrelated": accountBool(func(a *account) bool { return a.ManuallyCorrelated }),
	"hasEntitlements":    accountBool(func(a *account) bool { return len(a.Entitlements) > 0 }),
	"identity.correlated": {
		Condition: isc.Condition{Ops: "eq", Kind: isc.Bool},
		Get: func(a *account) identity.Value {
			return identity.BoolValue(a.owner != nil && len(a.owner.Accounts) > 0)
		},
	},
	"entitlements": {
		Condition: isc.Condition{Ops: "eq"},
		Get:       func(a *account) identity.Value { return identity.StringsValue(a.Entitlements...) },
	},
	"created":  isc.TimeField("eq ge gt in le lt", func(a *account) time.Time { return a.Created }),
	"modified": isc.TimeField("eq ge gt in le lt", func(a *account) time.Time { return a.Modified }),
}

func identityName(i *identity.Identity) string {
	if name := i.Attribute("displayName").Text(); name != "" {
		return name
	}
	return i.Alias
}

func (c *call) listAccounts() error {
	v, err := c.view()
	if err != nil {
		return err
	}
	slim := false
	switch level := c.query.Get("detailLevel"); level {
	case "", "FULL":
	case "SLIM":
		slim = true
	default:
		return isc.Refuse(isc.CodeIllegalValue, "detailLevel %q is not allowed, expected SLIM or FULL", level)
	}
	return list(c, slices.Clone(v.accounts), listedAccounts, byAccount, func(a *account) *jsondoc.Node {
		n := c.accountView(a)
		if slim {
			n.Set("attributes", jsondoc.NewNull())
		}
		return n
	})
}

// accountView is an account as the API shows it.
func (h *Handler) accountView(a *account) *jsondoc.Node {
	attributes := jsondoc.NewObject()
	for name, v := range a.Attributes.All() {
		attributes.Set(name, valueNode(v))
	}
	authoritative := false
	connection := "file"
	if a.source != nil && a.source.Node != nil {
		authoritative = a.source.Node.Get("authoritative").IsTrue()
		connection = first(a.source.Node.Get("connectionType").Text(), connection)
	}
	n := jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(a.id)),
		jsondoc.M("name", jsondoc.NewString(a.DisplayName())),
		jsondoc.M("nativeIdentity", jsondoc.NewString(a.NativeIdentity)),
		jsondoc.M("uuid", textNode(a.UUID)),
		jsondoc.M("sourceId", jsondoc.NewString(a.sourceID())),
		jsondoc.M("sourceName", jsondoc.NewString(a.Source)),
		jsondoc.M("description", jsondoc.NewNull()),
		jsondoc.M("connectionType", jsondoc.NewString(connection)),
		jsondoc.M("isMachine", jsondoc.NewBool(false)),
		jsondoc.M("attributes", attributes),
		jsondoc.M("authoritative", jsondoc.NewBool(authoritative)),
		jsondoc.M("disabled", jsondoc.NewBool(a.Disabled)),
		jsondoc.M("locked", jsondoc.NewBool(a.Locked)),
		jsondoc.M("systemAccount", jsondoc.NewBool(false)),
		jsondoc.M("uncorrelated", jsondoc.NewBool(a.owner == nil)),
		jsondoc.M("manuallyCorrelated", jsondoc.NewBool(a.ManuallyCorrelated)),
		jsondoc.M("hasEntitlements", jsondoc.NewBool(len(a.Entitlements) > 0)),
		jsondoc.M("origin", jsondoc.NewString("AGGREGATED")))
	if a.owner != nil {
		n.Set("identityId", jsondoc.NewString(a.owner.ID))
		n.Set("identity", jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString("IDENTITY")), jsondoc.M("id", jsondoc.NewString(a.owner.ID)), jsondoc.M("name", jsondoc.NewString(identityName(a.owner)))))
		n.Set("cloudLifecycleState", textNode(a.owner.Lifecycle.State))
	}
	for key, at := range map[string]time.Time{"created": a.Created, "modified": a.Modified} {
		if !at.IsZero() {
			n.Set(key, timeNode(at))
		}
	}
	return n
}

func valueNode(v identity.Value) *jsondoc.Node {
	switch v.Kind() {
	case identity.Null:
		return jsondoc.NewNull()
	case identity.Integer:
		n, _ := v.Int()
		return jsondoc.NewInt(n)
	case identity.Boolean:
		b, _ := v.Bool()
		return jsondoc.NewBool(b)
	case identity.List:
		var items []*jsondoc.Node
		for _, item := range v.List() {
			items = append(items, valueNode(item))
		}
		list := jsondoc.NewArray()
		list.SetItems(items)
		return list
	}
	return jsondoc.NewString(v.Text())
}

func (c *call) account() (*account, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	a := v.byKey[c.path["id"]]
	if a == nil {
		return nil, notFound("account", c.path["id"])
	}
	return a, nil
}

func (c *call) getAccount() error {
	a, err := c.account()
	if err == nil {
		c.node(http.StatusOK, c.accountView(a))
	}
	return err
}

// patchAccount changes whom an account belongs to; of an account of a file it also
// changes attributes.
func (c *call) patchAccount() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
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
	a, err := c.flatAccount()
	if err != nil {
		return err
	}
	n, err := isc.Apply(c.accountView(a), ops, map[string]isc.Access{"attributes": isc.Writable})
	if err != nil {
		return err
	}
	_, err = c.aggregateAccount(a.source, n.Get("attributes"), a.NativeIdentity)
	return err
}

// flatAccount finds an account that a file gave: others are changed at the source.
func (c *call) flatAccount() (*account, error) {
	a, err := c.account()
	if err != nil {
		return nil, err
	}
	if a.source == nil {
		return nil, isc.Refuse(isc.CodeReferenceNotFound, "the source of the account is not configured")
	}
	return a, flat(a.source)
}

func flat(s *config.Source) error {
	if typ := first(s.Node.Get("type").Text(), "DelimitedFile"); !strings.HasPrefix(typ, "Delimited") {
		return isc.Refuse(isc.CodeIllegalUpdate, "source %q is of type %s: accounts of files alone can be changed", s.Name, typ)
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
	return c.startAggregation("Account "+a.NativeIdentity, s, tenant.AggregateOptions{}, feed.Changes(s.Name, []identity.Account{a})), nil
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
	for _, m := range attributes.Members() {
		if m.Key == "sourceId" {
			continue
		}
		if !slices.Contains(known, m.Key) {
			return identity.Account{}, isc.Refuse(isc.CodeIllegalValue, "the account schema of source %q has no attribute %q", s.Name, m.Key)
		}
		values[m.Key] = m.Value.Value()
	}
	native := values[s.Schema.IdentityAttribute].Text()
	if native == "" {
		return identity.Account{}, isc.Refuse(isc.CodeRequired, "the attribute %s is required: it is the account id", s.Schema.IdentityAttribute)
	}
	return identity.Account{
		Source: s.Name, NativeIdentity: native, Name: values[s.Schema.DisplayAttribute].Text(), Attributes: identity.NewAttributes(values),
	}, nil
}

func (c *call) createAccount() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	attributes := body.Get("attributes")
	c.path["source"] = attributes.Get("sourceId").Text()
	if c.path["source"] == "" {
		return isc.Refuse(isc.CodeRequired, "attributes.sourceId is required")
	}
	s, err := c.source()
	if err != nil {
		return isc.Refuse(isc.CodeReferenceNotFound, "there is no source %q", c.path["source"])
	}
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
	a, err := c.flatAccount()
	if err != nil {
		return err
	}
	t, err := c.aggregateAccount(a.source, body.Get("attributes"), a.NativeIdentity)
	if err == nil {
		c.json(http.StatusAccepted, map[string]string{"id": t.id})
	}
	return err
}

func (c *call) deleteAccount() error {
	a, err := c.flatAccount()
	if err != nil {
		return err
	}
	t := c.startAggregation("Delete account "+a.NativeIdentity, a.source, tenant.AggregateOptions{AnyRemoval: true}, feed.Changes(a.Source, nil, a.NativeIdentity))
	c.json(http.StatusAccepted, map[string]string{"id": t.id})
	return nil
}

// reloadAccount takes an account in again as it is.
func (c *call) reloadAccount() error {
	a, err := c.account()
	if err != nil {
		return err
	}
	again := a.Account.Clone()
	t := c.startAggregation("Reload account "+a.NativeIdentity, a.source, tenant.AggregateOptions{}, feed.Changes(a.Source, []identity.Account{again}))
	c.json(http.StatusAccepted, map[string]string{"id": t.id})
	return nil
}

// startAggregation takes accounts of a source in, after what was asked for before.
func (c *call) startAggregation(description string, s *config.Source, o tenant.AggregateOptions, accounts identity.Source) task {
	h, id := c.Handler, ""
	if s != nil {
		id = sourceID(s)
	}
	return c.tasks.start(h, "Cloud Account Aggregation", description, id, c.actor, func(ctx context.Context, t *task) error {
		stats, err := h.tenant.AggregateWith(ctx, o, accounts)
		if err != nil {
			return err
		}
		t.returns = statsOf(stats)
		return h.changed(ctx)
	})
}

func statsOf(s profile.Stats) [][2]string {
	return [][2]string{
		{"scanned", fmt.Sprint(s.Scanned)}, {"added", fmt.Sprint(s.Added)}, {"changed", fmt.Sprint(s.Changed)}, {"removed", fmt.Sprint(s.Removed)},
		{"uncorrelated", fmt.Sprint(s.Uncorrelated)}, {"identitiesCreated", fmt.Sprint(s.Created)}, {"exceptions", fmt.Sprint(s.Exceptions)},
	}
}

// uploadedFile reads a part of a multipart body as a whole.
func (c *call) uploadedFile(name string) ([]byte, error) {
	file, _, err := c.uploadedParts(name)
	if err == nil && file == nil {
		err = isc.Refuse(isc.CodeRequired, "%s is required", name)
	}
	return file, err
}

// uploadedParts reads a multipart body: the file, nil when there is none, and the
// other parts as texts. Clients name the file as they like and give it any type.
func (c *call) uploadedParts(file string) ([]byte, map[string]string, error) {
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.o.MaxUpload)
	parts, err := c.r.MultipartReader()
	if err != nil {
		return nil, nil, isc.Refuse(isc.CodeMediaType, "expected multipart/form-data")
	}
	var data []byte
	fields := map[string]string{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return data, fields, nil
		}
		if err != nil {
			return nil, nil, isc.BodyError(err)
		}
		src, err := io.ReadAll(isc.BodyReader(p))
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == file {
			data = append([]byte{}, src...)
		} else {
			fields[p.FormName()] = string(src)
		}
	}
}

// accountFile gives the accounts that a request brings, or those of the source's own
// file when it brings none; whole says that the aggregation shall not be optimised.
func (c *call) accountFile(s *config.Source) (accounts identity.Source, whole bool, err error) {
	var file []byte
	var fields map[string]string
	if c.r.Header.Get("Content-Type") != "" {
		if file, fields, err = c.uploadedParts("file"); err != nil {
			return nil, false, err
		}
	}
	whole = strings.EqualFold(fields["disableOptimization"], "true")
	if file == nil {
		accounts, err = c.ownFile(s)
		return accounts, whole, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	f, err := feed.Delimited(s.Name+".csv", open, c.tenant.Bundle().FeedOptions(s, nil))
	if err != nil {
		return nil, false, isc.Refuse(isc.CodeBadRequest, "the file cannot be read: %v", err)
	}
	return f, whole, nil
}

// ownFile opens the account files of a source in the folder.
func (c *call) ownFile(s *config.Source) (identity.Source, error) {
	b := c.tenant.Bundle()
	if len(b.Data[s.Name]) == 0 || c.o.Files == nil {
		return nil, isc.Refuse(isc.CodeRequired, "source %q has no account file, so the request has to bring one", s.Name)
	}
	opened, _ := b.Accounts(c.o.Files, nil)
	for _, one := range opened {
		if one.Name() == s.Name {
			return one, nil
		}
	}
	return nil, isc.Refuse(isc.CodeBadRequest, "the account file of source %q cannot be read", s.Name)
}

func (c *call) loadAccounts() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	accounts, whole, err := c.accountFile(s)
	if err != nil {
		return err
	}
	t := c.startAggregation("Aggregate accounts of source "+s.Name, s, tenant.AggregateOptions{Recorrelate: whole}, accounts)
	c.raw(http.StatusAccepted, loadAnswer(t))
	return nil
}

// loadUncorrelated correlates the accounts of a source that have no identity anew.
func (c *call) loadUncorrelated() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	if c.r.Header.Get("Content-Type") != "" {
		if _, _, err := c.uploadedParts("file"); err != nil {
			return err
		}
	}
	v, err := c.view()
	if err != nil {
		return err
	}
	var loose []identity.Account
	for _, a := range v.accounts {
		if a.Source == s.Name && a.owner == nil {
			loose = append(loose, a.Account.Clone())
		}
	}
	t := c.startAggregation("Correlate accounts of source "+s.Name, s, tenant.AggregateOptions{Recorrelate: true}, feed.Changes(s.Name, loose))
	c.raw(http.StatusAccepted, loadAnswer(t))
	return nil
}

func loadAnswer(t task) []byte {
	n := jsondoc.NewObject(jsondoc.M("success", jsondoc.NewBool(true)), jsondoc.M("task", t.view()))
	return n.Append(nil)
}

func (c *call) removeAccounts() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	h := c.Handler
	t := c.tasks.start(h, "Remove Accounts", "Remove all accounts of source "+s.Name, sourceID(s), c.actor, func(ctx context.Context, t *task) error {
		stats, err := h.forget(ctx, s)
		t.returns = statsOf(stats)
		if err != nil {
			return err
		}
		return h.changed(ctx)
	})
	c.json(http.StatusAccepted, t.reference())
	return nil
}

// removeAccountsOf removes the accounts of a source and waits for it.
func (c *call) removeAccountsOf(s *config.Source) error {
	c.writes.Lock()
	defer c.writes.Unlock()
	_, err := c.forget(c.ctx, s)
	return err
}

// forget takes all accounts of a source out of the store.
func (h *Handler) forget(ctx context.Context, s *config.Source) (profile.Stats, error) {
	v, err := h.current(ctx)
	if err != nil {
		return profile.Stats{}, err
	}
	var gone []string
	for _, a := range v.accounts {
		if a.Source == s.Name {
			gone = append(gone, a.NativeIdentity)
		}
	}
	if len(gone) == 0 {
		return profile.Stats{}, nil
	}
	return h.tenant.AggregateWith(ctx, tenant.AggregateOptions{AnyRemoval: true}, feed.Changes(s.Name, nil, gone...))
}
