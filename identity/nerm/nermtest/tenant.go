package nermtest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Object is a JSON object of the service. A profile has the members id, uid,
// name, profile_type_id, status, id_proofing_status, created_at, updated_at,
// attributes and archived.
type Object = map[string]any

// Request is a request that a tenant received.
type Request struct {
	Method string
	Path   string // below /api
	Query  url.Values
	Scheme string // Bearer or Token
}

// Tenant serves the API below /api. Set the fields before the first request. It
// is safe for concurrent use.
type Tenant struct {
	Key    string // the API key it accepts
	Scheme string // "Bearer" or "Token"; empty: Bearer

	ProfileTypes []Object
	Attributes   []Object
	Profiles     []Object

	// NoAfterID makes a tenant that does not know after_id and ignores it.
	NoAfterID bool
	// Inclusive makes after_id the first id of the next page, not the last one
	// of this page.
	Inclusive bool
	// NoNull leaves after_id out of the last page instead of writing null.
	NoNull bool
	// EmptyStatus is the status of "no ... found"; 0: 400.
	EmptyStatus int
	// Before, when set, sees each request with its number, from 1, and may
	// answer it: it returns true then.
	Before func(n int, w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []Request
}

// Requests returns what was asked so far.
func (t *Tenant) Requests() []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.requests)
}

// ServeHTTP answers a request.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api")
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t.mu.Lock()
	t.requests = append(t.requests, Request{Method: r.Method, Path: path, Query: r.URL.Query(), Scheme: scheme})
	n := len(t.requests)
	t.mu.Unlock()

	// A test may answer itself: too many requests, a broken line, a page that ends early.
	if t.Before != nil && t.Before(n, w, r) {
		return
	}
	want := "Bearer " + t.Key
	if t.Scheme == "Token" {
		want = "Token token=" + t.Key
	}
	switch parts := strings.Split(strings.Trim(path, "/"), "/"); {
	case r.Header.Get("Authorization") != want:
		fail(w, http.StatusUnauthorized, "Invalid credentials")
	case r.Method != http.MethodGet:
		fail(w, http.StatusMethodNotAllowed, "this tenant can only be read")
	case path == "/profiles":
		t.profiles(w, r.URL.Query())
	case path == "/profile_types":
		t.list(w, r.URL.Query(), "profile_types", "profile types", t.ProfileTypes)
	case path == "/ne_attributes":
		t.list(w, r.URL.Query(), "ne_attributes", "attributes", t.Attributes)
	case len(parts) == 2 && parts[0] == "profile_types":
		t.profileType(w, parts[1])
	default:
		fail(w, http.StatusNotFound, "not found")
	}
}

func fail(w http.ResponseWriter, status int, text string) { Answer(w, status, Object{"error": text}) }

// Answer writes a JSON answer.
func Answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (t *Tenant) empty(w http.ResponseWriter, what string) {
	fail(w, cmp.Or(t.EmptyStatus, http.StatusBadRequest), "no "+what+" found")
}

func (t *Tenant) profileType(w http.ResponseWriter, id string) {
	for _, o := range t.ProfileTypes {
		if o["id"] == id || o["uid"] == id {
			Answer(w, http.StatusOK, Object{"profile_type": o})
			return
		}
	}

	fail(w, http.StatusNotFound, "The requested Profile Type was not found")
}

func number(q url.Values, name string, otherwise int) int {
	if n, err := strconv.Atoi(q.Get(name)); err == nil && n >= 0 {
		return n
	}
	return otherwise
}

func (t *Tenant) list(w http.ResponseWriter, q url.Values, key, what string, all []Object) {
	limit, offset := number(q, "limit", 100), number(q, "offset", 0)
	if offset >= len(all) {
		t.empty(w, what)
		return
	}

	body := Object{key: all[offset:min(len(all), offset+limit)]}
	if q.Get("metadata") == "true" {
		body["_metadata"] = Object{"limit": limit, "offset": offset, "total": len(all)}
	}
	Answer(w, http.StatusOK, body)
}

func text(o Object, name string) string {
	s, _ := o[name].(string)
	return s
}

// profiles lists profiles in one of its two modes.
func (t *Tenant) profiles(w http.ResponseWriter, q url.Values) {
	limit := number(q, "limit", 100)
	if limit < 1 || limit > 500 {
		fail(w, http.StatusBadRequest, "limit must be between 1 and 500")
		return
	}

	byID := q.Has("after_id") && !t.NoAfterID

	// As the tenant answers: its two ways of paging do not go together.
	if byID && (q.Has("offset") || q.Has("archived") || q.Has("status") || q.Has("name")) {
		fail(w, http.StatusBadRequest, "after_id cannot be used with other filters")
		return
	}

	var found []Object
	for _, p := range t.Profiles {
		if t.matches(p, q, byID) {
			found = append(found, p)
		}
	}

	if byID {
		t.afterID(w, q, found, limit)
		return
	}

	if order := q.Get("order"); order != "" {
		slices.SortStableFunc(found, func(a, b Object) int { return cmp.Compare(text(a, order), text(b, order)) })
	}
	for i, p := range found {
		found[i] = shown(p, q, false)
	}
	t.list(w, q, "profiles", "profiles", found)
}

func (t *Tenant) matches(p Object, q url.Values, byID bool) bool {
	for _, name := range []string{"profile_type_id", "status", "name"} {
		if q.Has(name) && text(p, name) != q.Get(name) {
			return false
		}
	}

	if since := q.Get("updated_after"); since != "" && text(p, "updated_at") < since {
		return false
	}
	return byID || p["archived"] != true
}

func shown(p Object, q url.Values, flag bool) Object {
	p = maps.Clone(p)
	if q.Get("exclude_attributes") == "true" {
		delete(p, "attributes")
	}
	if !flag {
		delete(p, "archived")
	} else if p["archived"] == nil {
		p["archived"] = false
	}

	return p
}

func (t *Tenant) afterID(w http.ResponseWriter, q url.Values, found []Object, limit int) {
	slices.SortFunc(found, func(a, b Object) int { return cmp.Compare(text(a, "id"), text(b, "id")) })
	total, after := len(found), q.Get("after_id")
	start, same := slices.BinarySearchFunc(found, after,
		func(p Object, id string) int { return cmp.Compare(text(p, "id"), id) })

	// Tenants differ in whether a page begins with the id that is given or behind it.
	if same && !t.Inclusive {
		start++
	}
	if start >= total {
		t.empty(w, "profiles")
		return
	}

	end := min(total, start+limit)
	out := make([]Object, 0, limit)
	for _, p := range found[start:end] {
		out = append(out, shown(p, q, true))
	}
	body := Object{"profiles": out}
	if q.Get("metadata") == "true" {
		meta := Object{"limit": limit, "total": total}
		switch {
		case end < total && t.Inclusive:
			meta["after_id"] = found[end]["id"]
		case end < total:
			meta["after_id"] = found[end-1]["id"]
		case !t.NoNull:
			meta["after_id"] = nil
		}

		body["_metadata"] = meta
	}

	Answer(w, http.StatusOK, body)
}
