package profile_test

import (
	"context"
	"fmt"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// A host that learns of changed accounts keeps a session and hands them over.
func ExampleSession() {
	b, _ := config.LoadFile("tenant.json", []byte(fixture.TwoProfiles))
	engine, _ := profile.Compile(b, profile.Options{})
	s := engine.NewSession(store.NewMemory(), profile.RunOptions{})
	now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	for _, changed := range []identity.Source{
		feed.Slice("HR", fixture.Account("1", "id=1", "mail=ann@x", "sn=Lee"), fixture.Account("2", "id=2", "mail=bob@x", "sn=Poe")),
		feed.Changes("HR", []identity.Account{fixture.Account("2", "id=2", "mail=bob@y", "sn=Poe")}),
	} {
		stats, err := s.Aggregate(context.Background(), now, func(r *profile.Result) {
			fmt.Println(r.Identity.Alias, r.Identity.Attribute("email").Text())
		}, changed)
		fmt.Println(stats.Evaluated, "evaluated", err)
	}
	// Output:
	// 1 ann@x
	// 2 bob@x
	// 2 evaluated <nil>
	// 2 bob@y
	// 1 evaluated <nil>
}
