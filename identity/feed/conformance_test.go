package feed_test

import (
	"context"
	"errors"
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

func table(n int) string {
	var b strings.Builder
	b.WriteString("id,name,uuid\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,user %d,u-%d\n", i, i, i)
	}
	return b.String()
}

func objects(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"id\":\"%d\",\"name\":\"user %d\",\"groups\":[\"a\",\"b\"]}\n", i, i)
	}
	return b.String()
}

// file is a source of a text in a file of that name.
func file(t testing.TB, name, text string, o feed.Options) identity.Source {
	t.Helper()
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	return stream(t, name, open, o)
}

func stream(t testing.TB, name string, open func() (io.ReadCloser, error), o feed.Options) identity.Source {
	t.Helper()
	read := feed.Delimited
	if strings.HasSuffix(name, ".jsonl") {
		read = feed.JSON
	}
	src, err := read(name, open, o)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func broken(t testing.TB, name, text string) identity.Source {
	return stream(t, name, func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("broken pipe")))), nil
	}, feed.Options{})
}

func TestConformance(t *testing.T) {
	for name, f := range map[string]feedtest.Feed{
		"delimited": {
			Source: func(t testing.TB, n int) identity.Source { return file(t, "x.csv", table(n), feed.Options{}) },
			Broken: func(t testing.TB) identity.Source { return broken(t, "x.csv", table(3)) },
			Refusing: func(t testing.TB) (identity.Source, int) {
				return file(t, "x.csv", table(9)+"1\n,,\n,a,b\n", feed.Options{}), 2
			},
		},
		"merged rows": {
			Source: func(t testing.TB, n int) identity.Source {
				return file(t, "x.csv", table(n), feed.Options{MergeRows: new(true)})
			},
		},
		"JSON Lines": {
			Source: func(t testing.TB, n int) identity.Source { return file(t, "x.jsonl", objects(n), feed.Options{}) },
			Broken: func(t testing.TB) identity.Source { return broken(t, "x.jsonl", objects(3)) },
			Refusing: func(t testing.TB) (identity.Source, int) {
				return file(t, "x.jsonl", objects(9)+"{\n7\n", feed.Options{}), 2
			},
		},
		"sequence": {
			Before: func(t testing.TB) identity.Source { return file(t, "x.csv", table(50), feed.Options{}) },
			Changes: func(t testing.TB, _ func() iter.Seq[identity.Account]) identity.Changes {
				one := identity.NewAttributes(map[string]identity.Value{"id": identity.StringValue("7"), "name": identity.StringValue("other"), "uuid": identity.StringValue("u-7")})
				return feed.Changes("x", []identity.Account{{NativeIdentity: "7", UUID: "u-7", Attributes: one}}, "8")
			},
			After: func(t testing.TB) identity.Source {
				text := strings.NewReplacer("7,user 7,", "7,other,", "8,user 8,u-8\n", "").Replace(table(9))
				return file(t, "x.csv", text+strings.TrimPrefix(table(50), table(9)), feed.Options{})
			},
			Source: func(t testing.TB, n int) identity.Source {
				return feed.Seq("x", func(context.Context) iter.Seq2[identity.Account, error] {
					return func(yield func(identity.Account, error) bool) {
						for i := range n {
							if !yield(identity.Account{NativeIdentity: fmt.Sprint(i)}, nil) {
								return
							}
						}
					}
				})
			},
		},
	} {
		t.Run(name, func(t *testing.T) { feedtest.Run(t, f) })
	}
}
