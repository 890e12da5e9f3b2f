package rest

import (
	"net/http"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
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
		at(all, "POST", "accounts/{id}/enable", "enableAccount", (*call).enableAccount),
		at(all, "POST", "accounts/{id}/disable", "disableAccount", (*call).disableAccount),
		at(all, "POST", "accounts/{id}/unlock", "unlockAccount", (*call).unlockAccount),
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
	"sourceId":           accountText("eq in sw", func(a *account) string { return a.sourceID }),
	"source.id":          accountText("eq in", func(a *account) string { return a.sourceID }),
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

	return listTable(c, v.accounts, listedAccounts, nil, func(a *account) *jsondoc.Node {
		// The short form keeps the member and empties it, so that clients see one shape.
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

	// What the source says of itself is shown with each account, as the API does.
	authoritative := false
	connection := "file"
	if s := h.sourceOf(a); s != nil && s.Node != nil {
		authoritative = s.Node.Get("authoritative").IsTrue()
		connection = first(s.Node.Get("connectionType").Text(), connection)
	}

	n := jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(a.id)),
		jsondoc.M("name", jsondoc.NewString(a.DisplayName())),
		jsondoc.M("nativeIdentity", jsondoc.NewString(a.NativeIdentity)),
		jsondoc.M("uuid", textNode(a.UUID)),
		jsondoc.M("sourceId", jsondoc.NewString(a.sourceID)),
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

	// Without an identity these members are absent, not null: clients look whether they are there.
	if a.owner != nil {
		n.Set("identityId", jsondoc.NewString(a.owner.ID))
		n.Set("identity", jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString("IDENTITY")), jsondoc.M("id", jsondoc.NewString(a.owner.ID)),
			jsondoc.M("name", jsondoc.NewString(identityName(a.owner)))))
		n.Set("cloudLifecycleState", textNode(a.owner.Lifecycle.State))
	}

	if !a.Created.IsZero() {
		n.Set("created", timeNode(a.Created))
	}
	if !a.Modified.IsZero() {
		n.Set("modified", timeNode(a.Modified))
	}
	return n
}

func valueNode(v identity.Value) *jsondoc.Node {
	// Kinds are kept: a client tells the number 7 from the text "7" when it writes the account back.
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
	a := v.account(c.path["id"])
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
