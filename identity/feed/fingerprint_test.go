package feed

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// recognition is a reading that leaves out what it recognises of one before.
type recognition struct {
	accounts []account
	said     []string
	known    map[string]identity.Account // by native identity, those with a fingerprint
	skipped  int
}

// recognize reads a file; accounts that it recognises are taken from before.
func recognize(t testing.TB, file, text string, o Options, before map[string]identity.Account, all bool) recognition {
	t.Helper()
	r := recognition{known: map[string]identity.Account{}}
	o.OnFinding = func(d diag.Diagnostic) { r.said = append(r.said, d.String()) }
	o.OnAssumption = func(a diag.Assumption) { r.said = append(r.said, fmt.Sprintf("%+v", a)) }
	o.OnColumns = func(names []string) { r.said = append(r.said, strings.Join(names, ",")) }
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	read := Delimited
	if strings.Contains(file, ".json") {
		read = JSON
	}
	f, err := read(file, open, o)
	if err != nil {
		t.Fatal(err)
	}

	accounts := f.Accounts(context.Background())
	if !all {
		seen := map[string]bool{}
		accounts = f.Unrecognized(context.Background(), func(native string, fingerprint uint64) bool {
			a, ok := before[native]
			if !ok || a.Fingerprint != fingerprint || seen[native] {
				return false
			}
			seen[strings.Clone(native)] = true
			r.accounts = append(r.accounts, plain(t, a))
			r.known[a.NativeIdentity] = a
			r.skipped++
			return true
		})
	}
	for a, err := range accounts {
		if err != nil {
			r.said = append(r.said, "error: "+err.Error())
			continue
		}
		r.accounts = append(r.accounts, plain(t, a))
		if a = a.Clone(); a.Fingerprint != 0 {
			r.known[a.NativeIdentity] = a
		} else {
			delete(r.known, a.NativeIdentity)
		}
	}

	return r
}

// sameRead checks that a file reads the same whether accounts of the file before are recognised
// or not, and returns how many were.
func sameRead(t testing.TB, file, before, after string, o Options) int {
	t.Helper()
	first := recognize(t, file, before, o, nil, false)
	want := recognize(t, file, after, o, nil, true)
	got := recognize(t, file, after, o, first.known, false)
	if diff := cmp.Diff(want.accounts, got.accounts); diff != "" {
		t.Errorf("accounts: mismatch (-all read +recognised):\n%s", diff)
	}
	if diff := cmp.Diff(want.said, got.said); diff != "" {
		t.Errorf("said: mismatch (-all read +recognised):\n%s", diff)
	}
	return got.skipped
}

func TestUnrecognized(t *testing.T) {
	const head = "id,mail,created,groups\n"
	staff := Options{Attributes: []Attribute{{Name: "id"}, {Name: "mail"}, {Name: "groups", Multi: true, Entitlement: true}}, Separator: ";"}
	object := func(id string) string { return `{"id":"` + id + `","mail":"m","groups":["a"]}` + "\n" }
	for _, tc := range []struct {
		name, file, before, after string
		skipped                   int
	}{
		{"the same", "HR.csv", head + "1,a,,x;y\n2,b,,\n", head + "1,a,,x;y\n2,b,,\n", 2},
		{"in another order", "HR.csv", head + "1,a,,x;y\n2,b,,\n", head + "2,b,,\n1,a,,x;y\n", 2},
		{"one changed, one new, one gone", "HR.csv", head + "1,a,,\n2,b,,\n3,c,,\n", head + "1,a,,\n2,B,,\n4,d,,\n", 1},
		{"no line end", "HR.csv", head + "1,a,,\n2,b,,", head + "1,a,,\n2,b,,", 2},
		{"another column", "HR.csv", head + "1,a,,\n", "id,mail,created,title\n1,a,,\n", 0},
		{"a date that is none", "HR.csv", head + "1,a,soon,\n2,b,,\n", head + "1,a,soon,\n2,b,,\n", 1},
		{"twice the same row", "HR.csv", head + "1,a,,\n1,a,,\n", head + "1,a,,\n1,a,,\n", 0},
		{"quoted", "HR.csv", head + "1,\"a\n\"\"b\",,\n2,b,,\n", head + "1,\"a\n\"\"b\",,\n2,b,,\n", 2},
		{"letters beyond ASCII", "HR.csv", head + "1,ä,,\n2,b,,\n", head + "1,ä,,\n2,b,,\n", 2},
		{"letters in each row", "HR.csv", head + "1,ä,,\n2,ö,,\n3,ü,,\n", head + "1,ä,,\n2,ö,,\n3,\xfc,,\n3,ü,,\n", 3},
		{"otherwise quoted", "HR.csv", head + "1,\"a\",,\n2,b,,\n", head + "1,a,,\r\n2,\"b\",,\n", 2},
		{"a column that nobody keeps", "HR.csv", "id,mail,exported\n1,a,1\n2,b,1\n", "id,mail,exported\n1,a,2\n2,b,2\n", 2},
		{"another encoding", "HR.csv", head + "1,\xc3\xa4,,\n2,b,,\n", head + "2,b,,\n3,\xe4 \xe4,,\n1,\xc3\xa4,,\n", 1},
		{"no UTF-8", "HR.csv", head + "1,\xc3\xa4,,\n2,\xe4,,\n", head + "1,\xc3\xa4,,\n2,\xe4,,\n", 1},
		{"refused rows", "HR.csv", head + "1,a,,\n2,b\n,c,,\n", head + "2,b\n,c,,\n1,a,,\n", 1},
		{"objects", "AD.jsonl", object("1") + object("2") + object("3"), object("1") + object("2") + object("3"), 2},
		{"objects of two kinds", "AD.jsonl", object("1") + `{"id":"2","created":"x"}` + "\n" + object("3") + object("4"),
			object("1") + `{"id":"2","created":"x"}` + "\n" + object("3") + object("4"), 1},
		{"the only one with a time", "AD.jsonl", object("1") + `{"id":"2","created":"2026-01-01T00:00:00Z"}` + "\n",
			object("1") + `{"id":"2","created":"2026-01-01T00:00:00Z"}` + "\n", 0},
		{"objects twice", "AD.jsonl", object("1") + object("1"), object("1") + object("1"), 1},
		{"objects in lists", "AD.json", "[" + object("1") + "," + object("2") + "]", "[" + object("1") + "," + object("2") + "]", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if skipped := sameRead(t, tc.file, tc.before, tc.after, staff); skipped != tc.skipped {
				t.Errorf("%d accounts were recognised, want %d", skipped, tc.skipped)
			}
		})
	}
}

// What a setting changes is read again.
func TestFingerprintSettings(t *testing.T) {
	const text = "id;mail\n1;a|b\n"
	base := Options{Attributes: []Attribute{{Name: "id"}, {Name: "mail", Multi: true}}, Separator: "|"}
	seen := map[uint64]string{}
	for name, alter := range map[string]func(*Options){
		"as it was": func(*Options) {},
		"separator": func(o *Options) { o.Separator = "" },
		"schema":    func(o *Options) { o.Attributes = o.Attributes[:1] },
		"entitlements": func(o *Options) {
			o.Attributes = []Attribute{{Name: "id"}, {Name: "mail", Multi: true, Entitlement: true}}
		},
		"empty texts": func(o *Options) { o.KeepEmpty = true },
		"name":        func(o *Options) { o.DisplayName = "mail" },
		"stable id":   func(o *Options) { o.StableID = []string{"mail"} },
		"filter":      func(o *Options) { o.Filter = `id == "2"` },
		"source":      func(o *Options) { o.Name = "Other" },
	} {
		o := base
		alter(&o)
		a, ok := recognize(t, "HR.csv", text, o, nil, false).known["1"]
		if other := seen[a.Fingerprint]; !ok || other != "" {
			t.Errorf("%s: fingerprint %x, which %q has too", name, a.Fingerprint, other)
		}
		seen[a.Fingerprint] = name
	}
}

// However a file changes, recognising what has not gives what reading all of it gives.
func FuzzUnrecognized(f *testing.F) {
	f.Add("id,mail,created\n1,a,\n2,b,x\n", "id,mail,created\n2,b,x\n1,a,\n1,b,\n", false)
	f.Add("id;uuid\n1;\"ä\"\n", "id;uuid\n1;\"ä\"\n2;\xe4\n", false)
	f.Add(`{"id":"1","a":[1]}{"id":"2","b":null}`, `{"id":"2","b":null}{"id":"1","a":[1]}{"id":"1","a":[1]}`, true)
	f.Fuzz(func(t *testing.T, before, after string, objects bool) {
		file := "HR.csv"
		if objects {
			file = "HR.json"
		}
		sameRead(t, file, before, after, Options{FirstColumn: true, Separator: ";"})
		sameRead(t, file, before, before+after, Options{FirstColumn: true})
	})
}
