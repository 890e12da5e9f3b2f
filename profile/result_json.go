package profile

import (
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

// AppendJSON appends the result as one JSON object without line breaks. The form
// is stable: members may be added, never renamed or removed.
//
//	{"account":{"source":"HR","nativeIdentity":"1001"},"id":"...","name":"1001","profile":"Employees",
//	 "attributes":{"uid":"..."},
//	 "exceptions":[{"code":"MISSING_REQUIRED","attributes":["email"]}],
//	 "errors":[{"attribute":"phone","message":"..."}],
//	 "accounts":[{"source":"HR","nativeIdentity":"1001"}],
//	 "manager":{"state":"MANAGER_RESOLVED","id":"...","name":"..."},
//	 "lifecycle":{"value":"active","state":"active","status":"Active"}}
//
// The account is the authoritative one, null when there is none; so are the
// profile, the manager when none was looked for, and the lifecycle outside a
// profile. Attributes stand in the order of the mappings, those that are null
// are left out. The lists are never null; accounts are all accounts of the
// identity, the authoritative one among them, in the order in which they were
// linked. An exception about a uid has its value and the id of the identity that
// holds it as conflictingIdentity. Warnings appear when there are any.
func (r *Result) AppendJSON(dst []byte) []byte {
	if r.Account == (identity.AccountKey{}) {
		dst = append(dst, `{"account":null`...)
	} else {
		dst = appendKey(append(dst, `{"account":`...), r.Account)
	}

	// By hand, since the form is promised and a run writes a million of these.
	dst = appendMember(dst, "id", r.Identity.ID)
	dst = appendMember(dst, "name", r.Identity.Alias)
	if r.Identity.Profile == "" {
		dst = append(dst, `,"profile":null`...)
	} else {
		dst = appendMember(dst, "profile", r.Identity.Profile)
	}

	dst = appendAttributes(append(dst, `,"attributes":`...), r.Identity.Attributes)
	dst = r.appendProblems(dst)
	dst = append(dst, `,"accounts":[`...)
	for i := range r.Identity.Accounts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendKey(dst, r.Identity.Accounts[i].Key())
	}

	dst = r.appendOutcome(append(dst, ']'))
	if len(r.Warnings) > 0 {
		dst = appendTexts(append(dst, `,"warnings":`...), r.Warnings)
	}
	return append(dst, '}')
}

// appendProblems appends the exceptions and the errors.
func (r *Result) appendProblems(dst []byte) []byte {
	dst = append(dst, `,"exceptions":[`...)
	for i, e := range r.Exceptions {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsondoc.AppendString(append(dst, `{"code":`...), e.Code)
		dst = appendTexts(append(dst, `,"attributes":`...), e.Attributes)
		if e.Code == DuplicateUID {
			dst = appendMember(dst, "value", e.Value)
			dst = appendMember(dst, "conflictingIdentity", e.Conflicting)
		}

		dst = append(dst, '}')
	}

	dst = append(dst, `],"errors":[`...)
	for i, e := range r.Errors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsondoc.AppendString(append(dst, `{"attribute":`...), e.Attribute)
		dst = append(appendMember(dst, "message", e.Err.Error()), '}')
	}

	return append(dst, ']')
}

// appendOutcome appends the manager and the lifecycle.
func (r *Result) appendOutcome(dst []byte) []byte {
	if m := r.Manager; m.State == "" {
		dst = append(dst, `,"manager":null`...)
	} else {
		dst = jsondoc.AppendString(append(dst, `,"manager":{"state":`...), m.State)
		for _, f := range [...]struct{ key, text string }{{"id", m.ID}, {"name", m.Name}, {"value", m.Value}} {
			if f.text != "" {
				dst = appendMember(dst, f.key, f.text)
			}
		}

		dst = append(dst, '}')
	}

	l := r.Lifecycle
	if l.Status == "" {
		return append(dst, `,"lifecycle":null`...)
	}
	dst = jsondoc.AppendString(append(dst, `,"lifecycle":{"value":`...), l.Value)
	dst = appendMember(dst, "state", l.State)
	return append(appendMember(dst, "status", string(l.Status)), '}')
}

func appendKey(dst []byte, k identity.AccountKey) []byte {
	dst = jsondoc.AppendString(append(dst, `{"source":`...), k.Source)
	return append(appendMember(dst, "nativeIdentity", k.NativeIdentity), '}')
}

// appendMember appends a comma and a member with a text.
func appendMember(dst []byte, key, text string) []byte {
	dst = append(append(append(dst, ',', '"'), key...), '"', ':')
	return jsondoc.AppendString(dst, text)
}

func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsondoc.AppendString(dst, s)
	}

	return append(dst, ']')
}

func appendAttributes(dst []byte, a identity.Attributes) []byte {
	dst = append(dst, '{')
	first := true
	for name, v := range a.All() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = appendValue(append(jsondoc.AppendString(dst, name), ':'), v)
	}

	return append(dst, '}')
}

func appendValue(dst []byte, v identity.Value) []byte {
	switch v.Kind() {
	case identity.Text:
		return jsondoc.AppendString(dst, v.Text())
	case identity.List:
		dst = append(dst, '[')
		for i, item := range v.List() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, item)
		}

		return append(dst, ']')

	case identity.Integer:
		n, _ := v.Int()
		return strconv.AppendInt(dst, n, 10)
	case identity.Boolean:
		return append(dst, v.Text()...)
	}

	return append(dst, "null"...)
}
