package ldap

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/ldif"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Search says which entries are accounts.
type Search struct {
	Base   string
	Filter string // empty: (objectClass=*)
	Scope  Scope
}

// Scope says how far below its base a search looks.
type Scope uint8

// The scopes.
const (
	Subtree Scope = iota
	OneLevel
	Base
)

// ldapScopes are the numbers of the protocol.
var ldapScopes = [...]int{ldap.ScopeWholeSubtree, ldap.ScopeSingleLevel, ldap.ScopeBaseObject}

// FromSource reads the searches of a source from its connector attributes: the
// list searchDNs of Active Directory sources, or searchDN and
// iterateSearchFilter of LDAP sources, with or without account. before them.
func FromSource(connector *jsondoc.Node) []Search {
	get := func(n *jsondoc.Node, names ...string) *jsondoc.Node {
		for _, name := range names {
			for _, prefix := range []string{"account.", ""} {
				if v := n.Get(prefix + name); !v.IsNull() {
					return v
				}
			}
		}

		return nil
	}

	one := func(n *jsondoc.Node) Search {
		s := Search{
			Base:   get(n, "searchDN", "baseDN").Text(),
			Filter: get(n, "iterateSearchFilter", "filterString", "searchFilter").Text(),
		}
		switch strings.ToUpper(get(n, "searchScope").Text()) {
		case "ONELEVEL", "ONELEVEL_SCOPE", "ONE_LEVEL":
			s.Scope = OneLevel
		case "OBJECT", "OBJECT_SCOPE", "BASE":
			s.Scope = Base
		}

		return s
	}

	var searches []Search
	for _, n := range get(connector, "searchDNs").Items() {
		if s := one(n); s.Base != "" {
			searches = append(searches, s)
		}
	}

	if s := one(connector); searches == nil && s.Base != "" {
		searches = append(searches, s)
	}
	return searches
}

// meaning are the attributes that say something of an account beside those of its
// schema. Operational ones have to be asked for by name.
var meaning = []string{
	"objectGUID", "entryUUID", "nsUniqueId", "userAccountControl", "msDS-User-Account-Control-Computed",
	"pwdAccountLockedTime", "nsAccountLock", "loginDisabled",
}

// attributes are those to ask for: the schema's and those with a meaning; all
// when there is no schema.
func attributes(o *feed.Options) []string {
	names := []string{"*"}
	if o.Attributes != nil {
		names = nil
	}
	for _, a := range o.Attributes {
		if !strings.EqualFold(a.Name, "dn") {
			names = append(names, a.Name)
		}
	}

	for _, name := range slices.Concat([]string{o.NativeIdentity, o.DisplayName}, o.StableID, meaning) {
		same := func(have string) bool { return strings.EqualFold(have, name) }
		if name != "" && !strings.EqualFold(name, "dn") && !slices.ContainsFunc(names, same) {
			names = append(names, name)
		}
	}

	return names
}

// Source returns the entries of the searches as a source; see [ldif.New] for what
// an entry becomes. Findings give the line of the entry in the LDIF that it would
// be.
func (s *Server) Source(searches []Search, o feed.Options) (identity.Source, error) {
	o = ldif.Defaults(o)
	return feed.NewFile(s.URL, nil, o, func(ctx context.Context, r *feed.Reading, _ io.Reader,
		yield func(identity.Account, error) bool) {
		e := &entries{ctx: ctx, server: s, searches: searches, attributes: attributes(&o)}
		defer e.close()
		ldif.Read(ctx, r, e, yield)
	})
}

// entries is the result of searches as LDIF.
type entries struct {
	ctx        context.Context
	server     *Server
	searches   []Search
	attributes []string

	conn   *ldap.Conn
	cookie []byte
	page   bytes.Buffer
}

func (e *entries) close() {
	if e.conn != nil {
		e.conn.Close()
	}
}

// Read implements [io.Reader].
func (e *entries) Read(p []byte) (int, error) {
	for e.page.Len() == 0 {
		if err := e.ctx.Err(); err != nil {
			return 0, err
		}
		if len(e.searches) == 0 {
			return 0, io.EOF
		}
		if err := e.next(); err != nil {
			return 0, err
		}
	}

	return e.page.Read(p)
}

// next asks for a page. A page whose answer does not end well is not used, nor is
// anything after it.
func (e *entries) next() error {
	if e.conn == nil {
		conn, err := e.server.dial(e.ctx)
		if err != nil {
			return err
		}
		e.conn = conn
	}

	e.page.Reset()
	found, cookie, err := e.server.search(e.ctx, e.conn, e.searches[0], e.attributes, e.cookie)
	if err != nil {
		return err
	}
	for _, entry := range found {
		if err := e.write(entry); err != nil {
			return err
		}
	}

	if e.cookie = cookie; len(cookie) == 0 {
		e.searches = e.searches[1:]
	}
	return nil
}

// search returns one page of a search, and the cookie of the next one.
func (s *Server) search(ctx context.Context, conn *ldap.Conn, search Search, names []string,
	cookie []byte) ([]*ldap.Entry, []byte, error) {
	filter := search.Filter
	if filter == "" {
		filter = "(objectClass=*)"
	}
	paging := ldap.NewControlPaging(s.page())
	paging.SetCookie(cookie)
	request := ldap.NewSearchRequest(search.Base, ldapScopes[min(search.Scope, Base)], ldap.NeverDerefAliases,
		0, int(s.limit().Seconds()), false, filter, names, []ldap.Control{paging})

	var found []*ldap.Entry
	answer := conn.SearchAsync(ctx, request, 64)
	for answer.Next() {
		if entry := answer.Entry(); entry != nil {
			found = append(found, entry)
		}
	}

	if err := answer.Err(); err != nil {
		return nil, nil, fmt.Errorf("search below %q: %w", search.Base, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}

	control, ok := ldap.FindControl(answer.Controls(), ldap.ControlTypePaging).(*ldap.ControlPaging)
	switch {
	case ok:
		return found, control.Cookie, nil
	case conn.IsClosing():
		// A search on a connection that is closing ends without an answer and
		// without an error.
		return nil, nil, fmt.Errorf("search below %q: the connection broke: %w", search.Base, io.ErrUnexpectedEOF)
	}

	// Without the control in its answer the server has sent everything.
	return found, nil, nil
}

// write appends an entry as LDIF.
func (e *entries) write(entry *ldap.Entry) error {
	e.page.WriteString("dn:: " + base64.StdEncoding.EncodeToString([]byte(entry.DN)) + "\n")
	for _, a := range entry.Attributes {
		if err := e.attribute(entry.DN, a); err != nil {
			return err
		}
	}

	e.page.WriteByte('\n')
	return nil
}

// attribute appends the values of an attribute. Where the server sends a part of
// them, the other parts are asked for.
func (e *entries) attribute(name string, a *ldap.EntryAttribute) error {
	base, next, partial := cutRange(a.Name)
	for _, v := range a.ByteValues {
		e.page.WriteString(base + ":: " + base64.StdEncoding.EncodeToString(v) + "\n")
	}
	if !partial {
		return nil
	}

	more := fmt.Sprintf("%s;range=%d-*", base, next)
	request := ldap.NewSearchRequest(name, ldap.ScopeBaseObject, ldap.NeverDerefAliases,
		0, int(e.server.limit().Seconds()), false, "(objectClass=*)", []string{more}, nil)
	result, err := e.conn.Search(request)
	if err != nil {
		return fmt.Errorf("%s of %q: %w", more, name, err)
	}
	for _, entry := range result.Entries {
		for _, part := range entry.Attributes {
			if _, after, again := cutRange(part.Name); again && after <= next {
				return fmt.Errorf("%s of %q: the server sends the same values again", more, name)
			}
			if len(part.ByteValues) > 0 {
				return e.attribute(name, part)
			}
		}
	}

	return nil
}

// cutRange reads member;range=0-1499: the name, the first value that is missing,
// and whether there may be one.
func cutRange(description string) (base string, next int, partial bool) {
	base, option, ok := strings.Cut(description, ";range=")
	if !ok {
		if base, option, ok = strings.Cut(description, ";Range="); !ok {
			return description, 0, false
		}
	}

	_, end, _ := strings.Cut(option, "-")
	n, err := strconv.Atoi(end)
	if err != nil { // the last part ends with *
		return base, 0, false
	}
	return base, n + 1, true
}
