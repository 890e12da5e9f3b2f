package rest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/idprofile/engine/identity/isc"
)

// Versions of the API as routes name them: 3, b (beta), 24 and above.
const (
	all     = "3 b 24"
	noBeta  = "3 24"
	noThree = "b 24"
)

type route struct {
	method   string
	pattern  []string
	versions string
	name     string // operationId of the vendor
	serve    func(*call) error
	public   bool // needs no right to read
}

func at(versions, method, pattern, name string, serve func(*call) error) route {
	return route{method: method, pattern: strings.Split(pattern, "/"), versions: versions, name: name, serve: serve}
}

// version splits the version from a path; newer ones are served as 24.
func version(part string) (string, bool) {
	switch part {
	case "v3":
		return "3", true
	case "beta":
		return "b", true
	case "v2024", "v2025", "v2026":
		return "24", true
	}

	return "", false
}

// segments splits a path into its version and the rest. The vendor's newest
// documents have a version v1 behind the resource, which counts as the newest.
func segments(u *url.URL) (string, []string, error) {
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	for i, p := range parts {
		var err error
		if parts[i], err = url.PathUnescape(p); err != nil {
			return "", nil, err
		}
	}

	if v, ok := version(parts[0]); ok {
		return v, parts[1:], nil
	}
	if len(parts) > 1 && parts[1] == "v1" {
		return "24", slices.Delete(parts, 1, 2), nil
	}
	return "", parts, nil
}

func (r route) match(parts []string) (map[string]string, bool) {
	if len(parts) != len(r.pattern) {
		return nil, false
	}
	path := map[string]string{}
	for i, p := range r.pattern {
		switch {
		case strings.HasPrefix(p, "{") && parts[i] != "":
			path[strings.Trim(p, "{}")] = parts[i]
		case p != parts[i]:
			return nil, false
		}
	}

	return path, true
}

func (c *call) dispatch() error {
	v, parts, err := segments(c.r.URL)
	if err != nil {
		return isc.Refuse(isc.CodeNotFound, "the path is not well formed")
	}
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil {
		return isc.Refuse(isc.CodeIllegalValue, "the query is not well formed")
	}
	if len(parts) > 0 && strings.HasPrefix(parts[0], "non-employee-") {
		return c.nonEmployee()
	}
	return c.route(v, parts)
}

func (c *call) route(v string, parts []string) error {
	var allowed []string
	for i := range c.routes {
		rt := &c.routes[i]
		path, ok := rt.match(parts)
		if !ok || !slices.Contains(strings.Fields(rt.versions), v) && !(v == "" && rt.versions == "") {
			continue
		}
		if rt.method != c.r.Method {
			// The path exists with another method: that is another answer than no such path, and names
			// the methods.
			allowed = append(allowed, rt.method)
			continue
		}

		// Rights before anything else, so that nobody learns by asking what is there.
		if err := c.permit(rt); err != nil {
			return err
		}
		c.path = path
		if rt.serve == nil {
			return c.notServed(rt.name)
		}
		return rt.serve(c)
	}

	if allowed == nil {
		return isc.Refuse(isc.CodeNotFound, "no operation has this path")
	}
	c.w.Header().Set("Allow", strings.Join(allowed, ", "))
	return isc.Refuse(isc.CodeMethod, "the path does not take %s", c.r.Method)
}

// permit checks what the actor may do. Reading is told from changing by the name
// of the operation, because searches and previews are POST requests.
func (c *call) permit(rt *route) error {
	reads := rt.method == http.MethodGet || slices.Contains(readingPosts, rt.name)
	switch {
	case c.actor.Admin, rt.public, reads && c.actor.Read:
		return nil
	}

	return isc.Refuse(isc.CodeForbidden, "the actor may not call %s", rt.name)
}

var readingPosts = []string{"searchPost", "searchCount", "generateIdentityPreview", "exportSpConfig"}

// notServed counts and answers an operation that a tenant has and this has not.
func (c *call) notServed(name string) error {
	n, _ := c.unserved.LoadOrStore(name, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
	return isc.Refuse(isc.CodeNotServed, "the operation %s is not served here", name)
}

// allRoutes lists all operations; of two patterns that fit a path the first counts.
func allRoutes() []route {
	return slices.Concat(transformRoutes(), profileRoutes(), stateRoutes(), attributeRoutes(), sourceRoutes(),
		schemaRoutes(), policyRoutes(), accountRoutes(), identityRoutes(), searchRoutes(), configRoutes(),
		taskRoutes(), ownRoutes())
}
