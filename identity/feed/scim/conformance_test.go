package scim

import (
	"fmt"
	"iter"
	"net/http"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/feedtest"
)

func TestConformance(t *testing.T) {
	remote := func(t testing.TB, s *server, users []map[string]any) identity.Source {
		s.users = users
		web := service(t, s)
		web.PageSize = 500
		src, err := web.Source(feed.Options{Name: "S"})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	users := func(n int) (list []map[string]any) {
		for i := range n {
			list = append(list, user(fmt.Sprint(i), "1"))
		}
		return list
	}
	after := append(users(20)[1:], user("new", "1"))
	after[4] = user("5", "2")
	feedtest.Run(t, feedtest.Feed{
		Source: func(t testing.TB, n int) identity.Source { return remote(t, &server{}, users(n)) },
		Broken: func(t testing.TB) identity.Source {
			return remote(t, &server{answer: func(n int, w http.ResponseWriter) bool {
				if n > 1 {
					w.WriteHeader(http.StatusInternalServerError)
				}
				return n > 1
			}}, users(900))
		},
		Refusing: func(t testing.TB) (identity.Source, int) {
			return remote(t, &server{}, append(users(3), map[string]any{"userName": "x"})), 1
		},
		Before: func(t testing.TB) identity.Source { return remote(t, &server{}, users(20)) },
		After:  func(t testing.TB) identity.Source { return remote(t, &server{}, after) },
		Changes: func(t testing.TB, known func() iter.Seq[identity.Account]) identity.Changes {
			d, err := service(t, &server{users: after}).Changes(feed.Options{Name: "S"}, known)
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	})
}
