package profile_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// A read that breaks in the middle, as of a server that stops, is no empty source:
// the run ends with the error, and the state is what it was.
func TestBrokenReadRemovesNothing(t *testing.T) {
	b, found := config.LoadFiles(
		config.File{Name: "source.json", Data: []byte(`{"id": "s1", "name": "HR", "connector": "ldap", "deleteThreshold": 0, "schemas": [
			{"name": "account", "identityAttribute": "id", "displayAttribute": "id", "attributes": [{"name": "id"}]}]}`)},
		config.File{Name: "profile.json", Data: []byte(`{"id": "p1", "name": "People", "priority": 10,
			"authoritativeSource": {"type": "SOURCE", "id": "s1", "name": "HR"}, "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
			{"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "id"}}}]}}`)})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	e, _ := profile.Compile(b, profile.Options{})
	account := func(id string) identity.Account {
		return identity.Account{Source: "HR", NativeIdentity: id, Attributes: identity.NewAttributes(map[string]identity.Value{"id": identity.StringValue(id)})}
	}

	st := store.NewMemory()
	run := func(src identity.Source) error {
		_, err := e.Aggregate(t.Context(), st, profile.RunOptions{Stored: st}, nil, src)
		return err
	}
	if err := run(feed.Slice("HR", account("1"), account("2"), account("3"))); err != nil {
		t.Fatal(err)
	}
	before := idsOf(t, st)

	gone := errors.New("the server is gone")
	err := run(feed.Seq("HR", func(context.Context) iter.Seq2[identity.Account, error] {
		return func(yield func(identity.Account, error) bool) {
			_ = yield(account("1"), nil) && yield(identity.Account{}, gone)
		}
	}))
	if !errors.Is(err, gone) {
		t.Errorf("got %v, want the error of the source", err)
	}
	if now := idsOf(t, st); len(now) != 3 || !slices.Equal(before, now) {
		t.Errorf("identities %v, then %v", before, now)
	}
}
