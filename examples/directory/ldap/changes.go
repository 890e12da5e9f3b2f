package ldap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/directory"
	"github.com/idprofile/engine/identity/feed/ldif"
)

// Mark says up to which change a server was read.
type Mark struct {
	// USN is the highest update number, and Server the server that it counts for:
	// other domain controllers count otherwise. Active Directory only.
	USN    int64
	Server string
	// Time is the modifyTimestamp from which on entries may be new. It is inclusive:
	// servers write whole seconds, and a change may follow in the same one.
	Time string
}

// Mark asks the server for its mark. It has to be taken before the accounts are
// read, so that what changes in the meantime is read again.
func (s *Server) Mark(ctx context.Context, now time.Time) (Mark, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return Mark{}, err
	}
	defer conn.Close()
	return s.mark(conn, now)
}

func (s *Server) mark(conn *ldap.Conn, now time.Time) (Mark, error) {
	root, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
		"(objectClass=*)", []string{"highestCommittedUSN", "dsServiceName"}, nil))
	if err != nil {
		return Mark{}, fmt.Errorf("%s: root entry: %w", s.URL, err)
	}

	// A clock that is a little ahead of the server's would skip changes.
	m := Mark{Time: directory.FormatTime(now.Add(-clockSkew))}
	if i := strings.IndexByte(m.Time, '.'); i >= 0 {
		m.Time = m.Time[:i] + "Z"
	}
	if len(root.Entries) == 1 {
		m.USN, _ = strconv.ParseInt(root.Entries[0].GetAttributeValue("highestCommittedUSN"), 10, 64)
		m.Server = root.Entries[0].GetAttributeValue("dsServiceName")
	}

	return m, nil
}

const clockSkew = 5 * time.Second

// Delta is a source of what changed on a server since a mark.
type Delta struct {
	*feed.File
	removed atomic.Pointer[[]string]
}

var _ identity.Changes = (*Delta)(nil)

// Removed returns the native identities of the accounts that are gone, after the
// accounts have been read.
func (d *Delta) Removed() []string {
	if list := d.removed.Load(); list != nil {
		return *list
	}
	return nil
}

// ErrOtherServer is the error of a delta whose mark was taken at another domain
// controller: its numbers say nothing here, everything has to be read.
var ErrOtherServer = errors.New("the mark is of another server")

// Changes returns what changed since the mark. known are the accounts that were
// read before; links are the attributes that follow an entry on the server without
// a change of the entry that has them: manager in Active Directory, none in
// servers that leave the old DN where it is.
func (s *Server) Changes(searches []Search, since Mark, o feed.Options,
	known func() iter.Seq[identity.Account], links ...string) (*Delta, error) {
	o = ldif.Defaults(o)
	d := &Delta{}
	f, err := feed.NewFile(s.URL, nil, o, func(ctx context.Context, r *feed.Reading, _ io.Reader,
		yield func(identity.Account, error) bool) {
		d.removed.Store(nil)
		c := &changes{
			Server: s, r: r, names: attributes(&o),
			delta: directory.NewDelta(known(), links...), known: map[string]string{},
		}
		for a := range known() {
			c.known[a.UUID] = directory.Name(&a)
		}
		if err := c.read(ctx, searches, since); err != nil {
			yield(identity.Account{}, fmt.Errorf("%s: %w", s.URL, err))
			return
		}

		changed, removed := c.delta.Changes()
		d.removed.Store(&removed)
		for _, a := range changed {
			a.Source = r.Source()
			if !yield(a, nil) {
				return
			}
		}
	})

	d.File = f
	return d, err
}

type changes struct {
	*Server
	r     *feed.Reading
	names []string
	delta *directory.Delta
	known map[string]string // stable id → DN
}

func (c *changes) read(ctx context.Context, searches []Search, since Mark) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	later := fmt.Sprintf("(modifyTimestamp>=%s)", ldap.EscapeFilter(since.Time))
	if since.USN > 0 {
		now, err := c.mark(conn, time.Time{})
		if err != nil {
			return err
		}
		if now.Server != since.Server {
			return ErrOtherServer
		}
		later = fmt.Sprintf("(uSNChanged>=%d)", since.USN+1)
	}

	// Where entries are comes first: what is read afterwards is under the new DN.
	there, err := c.list(ctx, conn, searches)
	if err != nil {
		return err
	}
	for _, search := range searches {
		search.Filter = and(search.Filter, later)
		if err := c.put(ctx, []Search{search}, there); err != nil {
			return err
		}
	}

	return c.missing(ctx, there)
}

// and joins two filters.
func and(filter, other string) string {
	if filter == "" {
		return other
	}
	return "(&" + filter + other + ")"
}

// list asks for stable id and DN of every entry.
func (c *changes) list(ctx context.Context, conn *ldap.Conn, searches []Search) (map[string]string, error) {
	there := map[string]string{}
	for _, search := range searches {
		for cookie := []byte(nil); ; {
			found, next, err := c.search(ctx, conn, search, []string{"objectGUID", "entryUUID", "nsUniqueId"}, cookie)
			if err != nil {
				return nil, err
			}
			for _, entry := range found {
				id := stableID(entry)
				if id == "" {
					return nil, fmt.Errorf("entry %q has no stable id: changes cannot be told, everything has to be read", entry.DN)
				}
				there[id] = entry.DN
			}

			if cookie = next; len(next) == 0 {
				break
			}
		}
	}

	return there, nil
}

func stableID(entry *ldap.Entry) string {
	if guid, ok := directory.GUID(entry.GetRawAttributeValue("objectGUID")); ok {
		return guid
	}
	for _, name := range []string{"entryUUID", "nsUniqueId"} {
		if id := entry.GetAttributeValue(name); id != "" {
			return id
		}
	}

	return ""
}

// put tells the delta the entries of searches.
func (c *changes) put(ctx context.Context, searches []Search, there map[string]string) error {
	e := &entries{ctx: ctx, server: c.Server, searches: searches, attributes: c.names}
	defer e.close()
	var failure error
	ldif.Read(ctx, c.r, e, func(a identity.Account, err error) bool {
		if failure = err; err != nil {
			return false
		}
		c.delta.Put(a)
		c.known[a.UUID] = directory.Name(&a)
		there[a.UUID] = directory.Name(&a)
		return true
	})

	return failure
}

// missing finds what the change numbers do not tell: entries with another DN,
// entries that are gone, and those that came into the searches as they were.
func (c *changes) missing(ctx context.Context, there map[string]string) error {
	for id, had := range c.known {
		now, ok := there[id]
		switch {
		case id == "":
		case !ok:
			c.delta.Remove(had)
		case now != had:
			c.delta.Place(had, now)
		}
	}

	var fresh []Search
	for id, name := range there {
		if _, ok := c.known[id]; !ok {
			fresh = append(fresh, Search{Base: name, Scope: Base})
		}
	}

	return c.put(ctx, fresh, there)
}
