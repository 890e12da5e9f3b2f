package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

// errStopped says that the reader of the accounts wants no more.
var errStopped = errors.New("stopped")

// state is what is known of a resource: which account it is and its version.
type state struct{ native, version string }

// changes yields the accounts that are new or other, and returns those that are
// gone.
func (s Service) changes(ctx context.Context, r *feed.Reading, known iter.Seq[identity.Account],
	yield func(identity.Account, error) bool) (removed []string, err error) {
	// Who is known by what id, and in which version: all that a change can be told by.
	before := map[string]state{}
	for a := range known {
		id := a.Attributes.Get("id").Text()
		if id == "" {
			id = a.UUID
		}
		before[id] = state{native: a.NativeIdentity, version: versionOf(a.Attributes.Get)}
	}

	// The list only has ids and versions; a resource is fetched when its version is another.
	list := s
	list.URL += separator(s.URL) + "attributes=" + url.QueryEscape("id,meta")
	seen, number := map[string]bool{}, 0
	l := lists{dec: json.NewDecoder(&pages{service: list, ctx: ctx})}
	for {
		text, err := l.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		number++
		id, version := identify(text)
		seen[id] = true
		if old, ok := before[id]; ok && version != "" && old.version == version {
			continue
		}
		if err := s.changed(ctx, r, id, before[id], number, yield); err != nil {
			return nil, err
		}
	}

	// Who was known and is not listed has gone.
	for id, old := range before {
		if !seen[id] {
			removed = append(removed, old.native)
		}
	}

	slices.Sort(removed)
	return removed, nil
}

// identify reads id and version of a resource.
func identify(text []byte) (id, version string) {
	var n struct {
		ID   string
		Meta struct{ Version, LastModified string }
	}
	if json.Unmarshal(text, &n) != nil {
		return "", ""
	}
	if n.Meta.Version != "" {
		return n.ID, n.Meta.Version
	}
	return n.ID, n.Meta.LastModified
}

// versionOf returns the version of a known account.
func versionOf(get func(string) identity.Value) string {
	if v := get("meta.version").Text(); v != "" {
		return v
	}
	return get("meta.lastModified").Text()
}

// changed asks for one resource and yields its account. One that is gone in the
// meantime will be missing from the next list.
func (s Service) changed(ctx context.Context, r *feed.Reading, id string, old state, number int,
	yield func(identity.Account, error) bool) error {
	etag := ""

	// Some services give a version that is no entity tag, which they would not know in a condition.
	if strings.HasPrefix(old.version, `W/"`) || strings.HasPrefix(old.version, `"`) {
		etag = old.version
	}
	address, query, _ := strings.Cut(s.URL, "?")
	address += "/" + url.PathEscape(id)
	if query != "" {
		address += "?" + query
	}

	body, err := s.get(ctx, address, etag)
	if errors.Is(err, errNotModified) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("resource %s: %w", id, err)
	}
	if a, ok := account(r, body, diag.Pos{Line: number, Column: 1}); ok && !yield(a, nil) {
		return errStopped
	}
	return nil
}
