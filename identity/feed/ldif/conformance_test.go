package ldif

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/feedtest"
)

func stream(t testing.TB, open func() io.Reader) identity.Source {
	t.Helper()
	f, err := New("x.ldif", func() (io.ReadCloser, error) { return io.NopCloser(open()), nil }, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// entries are n entries of which some have a manager.
func entries(n int, ou string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "dn: uid=%d,ou=%s,dc=x\nentryUUID: u-%d\nuid: %d\nmanager: uid=%d,ou=%s,dc=x\n\n", i, ou, i, i, i/7, ou)
	}
	return b.String()
}

func TestConformance(t *testing.T) {
	text := func(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }
	const change = "dn: uid=3,ou=a,dc=x\nchangetype: modrdn\nnewrdn: uid=three\ndeleteoldrdn: 1\n\n" +
		"dn: uid=30,ou=a,dc=x\nchangetype: delete\n\ndn: uid=31,ou=a,dc=x\nchangetype: modify\nreplace: uid\nuid: 31x\n-\n"
	after := strings.NewReplacer("dn: uid=3,ou=a", "dn: uid=three,ou=a", "manager: uid=3,ou=a", "manager: uid=three,ou=a",
		"dn: uid=30,ou=a,dc=x\nentryUUID: u-30\nuid: 30\nmanager: uid=4,ou=a,dc=x\n\n", "", "uid: 31\n", "uid: 31x\n").Replace(entries(50, "a"))
	feedtest.Run(t, feedtest.Feed{
		Source: func(t testing.TB, n int) identity.Source { return stream(t, text(entries(n, "a"))) },
		Broken: func(t testing.TB) identity.Source {
			return stream(t, func() io.Reader {
				return io.MultiReader(strings.NewReader(entries(3, "a")), iotest.ErrReader(io.ErrClosedPipe))
			})
		},
		Refusing: func(t testing.TB) (identity.Source, int) {
			return stream(t, text(entries(3, "a")+"uid: x\n\ndn: UID=1, OU=A,dc=x\n\ndn: x=1\nx:: %\n")), 3
		},
		Before: func(t testing.TB) identity.Source { return stream(t, text(entries(50, "a"))) },
		After:  func(t testing.TB) identity.Source { return stream(t, text(after)) },
		Changes: func(t testing.TB, known func() iter.Seq[identity.Account]) identity.Changes {
			d, err := Changes("x.ldif", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(change)), nil }, feed.Options{}, known, "manager")
			if err != nil {
				t.Fatal(err)
			}
			return d
		},
	})
}
