package feed_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

// untidy makes a file of n rows, some of which are refused, twice there or no UTF-8.
func untidy(n int, end string) string {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	var b strings.Builder
	b.WriteString("id,name,created\n")
	for i := range n {
		switch r.IntN(20) {
		case 0:
			fmt.Fprintf(&b, ",without id %d,\n", i)
		case 1:
			fmt.Fprintf(&b, "%d,again,\n", i/2)
		case 2:
			fmt.Fprintf(&b, "%d,b\xffd,yesterday\n", i)
		case 3:
			fmt.Fprintf(&b, "%d,cells,,,,\n", i)
		default:
			fmt.Fprintf(&b, "%d,name %d,2024-05-31T08:00:00Z\n", i, i)
		}
	}
	return b.String() + end
}

// heard writes down everything that comes of reading a file, in its order, up to a number of
// accounts.
func heard(t *testing.T, src string, most int, read func(*feed.File) iter.Seq2[identity.Account, error]) []string {
	t.Helper()
	var out []string
	f, err := feed.Open(fstest.MapFS{"a.csv": {Data: []byte(src)}}, "a.csv", feed.Options{
		OnFinding:    func(d diag.Diagnostic) { out = append(out, "finding "+d.String()) },
		OnAssumption: func(a diag.Assumption) { out = append(out, fmt.Sprintf("assumed %+v", a)) },
		OnColumns:    func(names []string) { out = append(out, fmt.Sprint("columns ", names)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for a, err := range read(f) {
		out = append(out, fmt.Sprint(a.NativeIdentity, a.Name, a.Created, a.Property("name"), err))
		if n++; n == most {
			return out
		}
	}
	return append(out, fmt.Sprint("refused ", f.Refused()))
}

// Reading ahead says the same in the same order as reading.
func TestAhead(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 5000, 70_000} {
		for _, end := range []string{"", "x,\"open"} {
			src := untidy(n, end)
			for _, most := range []int{-1, 1, 300} {
				want := heard(t, src, most, func(f *feed.File) iter.Seq2[identity.Account, error] { return f.Accounts(t.Context()) })
				got := heard(t, src, most, func(f *feed.File) iter.Seq2[identity.Account, error] {
					accounts, stop := f.Ahead(t.Context())
					t.Cleanup(stop)
					return accounts
				})
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("%d rows, end %q, %d taken: mismatch (-want +got):\n%.3000s", n, end, most, d)
				}
			}
		}
	}
}

// closed notes that a file is closed.
type closed struct {
	io.Reader
	done bool
}

func (c *closed) Close() error { c.done = true; return nil }

// A reading that is stopped, or whose context ends, has closed its file.
func TestAheadStops(t *testing.T) {
	var src *closed
	f, err := feed.Delimited("a.csv", func() (io.ReadCloser, error) {
		src = &closed{Reader: bytes.NewReader([]byte(untidy(100_000, "")))}
		return src, nil
	}, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}

	_, stop := f.Ahead(t.Context())
	stop()
	stop()
	if src != nil && !src.done {
		t.Error("stopped: the file is open")
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	accounts, stop := f.Ahead(ctx)
	defer stop()
	var last error
	n := 0
	for _, err := range accounts {
		if n++; n == 10 {
			cancel()
		}
		last = err
	}
	if last == nil || !src.done {
		t.Errorf("cancelled: %d accounts, error %v, file closed %v", n, last, src.done)
	}
}

// A panic in what the host gives comes to who takes the accounts.
func TestAheadPanic(t *testing.T) {
	f, err := feed.NewFile("a", nil, feed.Options{Name: "A"}, func(_ context.Context, _ *feed.Reading, _ io.Reader, yield func(identity.Account, error) bool) {
		yield(identity.Account{NativeIdentity: "1"}, nil)
		panic("of the host")
	})
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	defer func() {
		if v := recover(); v != "of the host" || taken != 1 {
			t.Errorf("panic %v after %d accounts", v, taken)
		}
	}()
	accounts, stop := f.Ahead(t.Context())
	defer stop()
	for range accounts {
		taken++
	}
	t.Error("no panic")
}
