package feed

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// account is an account as a test writes it down.
type account struct {
	ID, Name, Key, Identity  string
	Created, Modified        string
	Disabled, Locked, Manual bool
	Entitlements             []string
	Attributes               string // JSON
}

func plain(t testing.TB, a identity.Account) account {
	t.Helper()
	text, err := a.Attributes.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	when := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(time.RFC3339Nano)
	}
	return account{
		ID: a.ID, Name: a.Name, Key: a.Key().String(), Identity: a.IdentityID,
		Created: when(a.Created), Modified: when(a.Modified),
		Disabled: a.Disabled, Locked: a.Locked, Manual: a.ManuallyCorrelated,
		Entitlements: a.Entitlements, Attributes: string(text),
	}
}

// read returns the accounts and findings of a file.
func read(t *testing.T, file, text string, o Options) (accounts []account, findings []string, refused int) {
	t.Helper()
	o.OnFinding = func(d diag.Diagnostic) { findings = append(findings, d.String()) }
	f, err := Open(fstest.MapFS{file: {Data: []byte(text)}}, file, o)
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range f.Accounts(t.Context()) {
		if err != nil {
			findings = append(findings, "error: "+err.Error())
			continue
		}
		accounts = append(accounts, plain(t, a))
	}
	return accounts, findings, f.Refused()
}

type readCase struct {
	name, file, text string
	options          Options
	want             []account
	findings         []string
	refused          int
}

func runRead(t *testing.T, cases []readCase) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			accounts, findings, refused := read(t, tc.file, tc.text, tc.options)
			if diff := cmp.Diff(tc.want, accounts); diff != "" {
				t.Errorf("accounts: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.findings, findings); diff != "" {
				t.Errorf("findings: mismatch (-want +got):\n%s", diff)
			}
			if refused != tc.refused {
				t.Errorf("refused %d, want %d", refused, tc.refused)
			}
		})
	}
}

func TestDelimited(t *testing.T) {
	hr := Options{NativeIdentity: "no", DisplayName: "login", Attributes: []Attribute{
		{Name: "no"}, {Name: "login"}, {Name: "groups", Multi: true, Entitlement: true}}, Separator: ";"}
	created := hr
	created.Attributes = append([]Attribute{{Name: "created"}}, hr.Attributes...)
	keep := hr
	keep.KeepEmpty, keep.KeepUnknown = true, true
	runRead(t, []readCase{
		{
			name: "no schema", file: "HR.csv", text: "id,name,created\n1,a,2024-05-31\n",
			want: []account{{Key: "HR/1", Created: "2024-05-31T00:00:00Z", Attributes: `{"id":"1","name":"a","created":"2024-05-31"}`}},
		},
		{
			name: "schema", file: "HR.csv", options: hr,
			text: "no,login,groups,created,modified,disabled,locked\r\n1,ann,a;b;;a,2024-05-31T08:00:00+02:00,2024-06-01T00:00:00,TRUE,false\r\n2,,c,,,,\r\n3,x,,,,,\r\n",
			want: []account{
				{Key: "HR/1", Name: "ann", Created: "2024-05-31T06:00:00Z", Modified: "2024-06-01T00:00:00Z", Disabled: true,
					Entitlements: []string{"a", "b"}, Attributes: `{"no":"1","login":"ann","groups":["a","b","a"]}`},
				{Key: "HR/2", Entitlements: []string{"c"}, Attributes: `{"no":"2","groups":["c"]}`},
				{Key: "HR/3", Name: "x", Attributes: `{"no":"3","login":"x"}`},
			},
		},
		{
			name: "reserved column in the schema stays an attribute", file: "HR.csv", options: created, text: "no,created\n1,2024-05-31\n2,soon\n",
			want: []account{
				{Key: "HR/1", Created: "2024-05-31T00:00:00Z", Attributes: `{"no":"1","created":"2024-05-31"}`},
				{Key: "HR/2", Attributes: `{"no":"2","created":"soon"}`}},
			findings: []string{
				`HR.csv:1:1: warning csv-header: no column "login" for the account name; the account id is used`,
				`HR.csv:3:1: warning account-created: created "soon" is not a date, expected such as 2024-05-31T08:00:00Z; it counts as absent`},
		},
		{
			name: "empty cells kept, unknown columns kept", file: "HR.csv", options: keep, text: "no,login,extra,groups\n1,,,\n",
			want: []account{{Key: "HR/1", Attributes: `{"no":"1","login":"","extra":"","groups":[""]}`}},
		},
		{
			name: "unknown column", file: "HR.csv", options: hr, text: "no,login,extra\n1,a,b\n",
			want:     []account{{Key: "HR/1", Name: "a", Attributes: `{"no":"1","login":"a"}`}},
			findings: []string{`HR.csv:1:1: info column-unknown: column "extra" is not in the account schema; it is left out`},
		},
		{
			name: "bad rows cost themselves", file: "f/A%2FB.csv", refused: 6,
			text: "id,a\n1,x\n2\n3,y,z\n,w\n\n,\n4,é\"q\n5,\"ok\nline\"\n6,\"p\"q\n1,again\n7,\xffz\n8,\"open\n9,last\n",
			want: []account{
				{Key: "A/B/1", Attributes: `{"id":"1","a":"x"}`}, {Key: "A/B/5", Attributes: `{"id":"5","a":"ok\nline"}`},
				{Key: "A/B/1", Attributes: `{"id":"1","a":"again"}`}, {Key: "A/B/7", Attributes: `{"id":"7","a":"�z"}`},
				{Key: "A/B/9", Attributes: `{"id":"9","a":"last"}`}},
			findings: []string{
				"f/A%2FB.csv:3:1: error csv-cell-count: the row has 1 cells, expected 2; it is left out",
				"f/A%2FB.csv:4:1: error csv-cell-count: the row has 3 cells, expected 2; it is left out",
				`f/A%2FB.csv:5:1: error account-id-missing: the row has no account id (column "id"); it is left out`,
				"f/A%2FB.csv:8:4: error csv-quote: a quote inside a cell that does not begin with one; the row is left out",
				"f/A%2FB.csv:11:5: error csv-quote: a quote inside a quoted cell that is not doubled; the row is left out",
				`f/A%2FB.csv:12:1: warning account-duplicate: account "1" is also on line 2; the last one counts`,
				"f/A%2FB.csv:13:1: warning text-utf8: the row has bytes that are not UTF-8; they are read as U+FFFD",
				"f/A%2FB.csv:14:3: error csv-quote: the quote is not closed; the row is left out",
			},
		},
		{
			name: "column twice", file: "x.tsv", text: "id\ta\ta\n1\tb\tc\n", want: []account{{Key: "x/1", Attributes: `{"id":"1","a":"b"}`}},
			findings: []string{`x.tsv:1:1: warning csv-duplicate-column: column "a" occurs twice; the first one counts`},
		},
		{
			name: "flag", file: "x.csv", text: "id,locked\n1,yes\n", want: []account{{Key: "x/1", Attributes: `{"id":"1","locked":"yes"}`}},
			findings: []string{`x.csv:2:1: warning account-flag: locked "yes": expected true or false; it counts as false`},
		},
		{name: "empty file", file: "x.csv", findings: []string{"error: x.csv: the file is empty, expected a row with the names of the columns"}},
		{name: "no id column", file: "x.csv", text: "a,b\n1,2\n", findings: []string{
			"error: x.csv: no column nativeIdentity or id for the account id; there are a, b"}},
		{name: "header with a bad quote", file: "x.csv", text: "a,b\"\n1,2\n", findings: []string{
			"error: x.csv:1:4: the names of the columns cannot be read: a quote inside a cell that does not begin with one"}},
		{name: "UTF-16", file: "x.csv", text: "\xff\xfei\x00d\x00\n\x001\x00\n\x00", want: []account{{Key: "x/1", Attributes: `{"id":"1"}`}}},
	})
}

func TestJSON(t *testing.T) {
	badge := Options{NativeIdentity: "badge", DisplayName: "who", Attributes: []Attribute{
		{Name: "badge"}, {Name: "who"}, {Name: "zones", Multi: true, Entitlement: true}, {Name: "ok"}}}
	runRead(t, []readCase{
		{
			name: "lines", file: "B.jsonl", options: badge, refused: 3,
			text: "\ufeff{\"badge\": 12, \"who\": \"Ann\", \"zones\": [\"a\", \"b\"], \"ok\": true, \"more\": 1, \"created\": \"2024-05-31\", \"disabled\": true}\n\n" +
				"{\"badge\": \"13\", \"who\": null, \"zones\": \"a\"}\r\n{\"badge\": 01}\n{\"who\": \"é\"}\n7\n{\"badge\": 12, \"who\": \"x\", \"who\": \"\"}",
			want: []account{
				{Key: "B/12", Name: "Ann", Created: "2024-05-31T00:00:00Z", Disabled: true, Entitlements: []string{"a", "b"},
					Attributes: `{"badge":12,"who":"Ann","zones":["a","b"],"ok":true}`},
				{Key: "B/13", Entitlements: []string{"a"}, Attributes: `{"badge":"13","zones":["a"]}`},
				{Key: "B/12", Attributes: `{"badge":12,"who":""}`}},
			findings: []string{
				"B.jsonl:4:12: error json-syntax: a number must not start with 0",
				`B.jsonl:5:1: error account-id-missing: the account has no account id ("badge"); it is left out`,
				"B.jsonl:6:1: error json-shape: found a number, expected an object with an account; it is left out",
				`B.jsonl:7:27: warning json-duplicate-key: key "who" occurs twice in this object; the last one counts`,
				`B.jsonl:7:1: warning account-duplicate: account "12" is also on line 1; the last one counts`},
		},
		{
			name: "objects without a schema", file: "B.json", text: "{\"id\": 2.0, \"a\": 1.5}\n {\"id\": \"x\",\n \"b\": {\"c\": [1]}}",
			want: []account{{Key: "B/2", Attributes: `{"id":2,"a":"1.5"}`}, {Key: "B/x", Attributes: `{"id":"x","b":"{\"c\":[1]}"}`}},
		},
		{
			name: "accounts API", file: "list.json", options: Options{Name: "HR", Attributes: []Attribute{{Name: "dept"}, {Name: "groups", Entitlement: true}}},
			text: `[ {"id":"i1","name":"ann","nativeIdentity":"n1","sourceName":"HR","identityId":"p1","manuallyCorrelated":true,"uncorrelated":false,
  "created":"2024-05-31T08:00:00.000Z","disabled":true,"locked":false,"attributes":{"dept":"Lab","groups":["g"],"other":1}},
 {"nativeIdentity":"n2","sourceName":"AD","attributes":{}}, {"nativeIdentity":"n3","sourceName":"HR","identityId":"shadow","uncorrelated":true,"attributes":null,
  "entitlements":["e",{"id":"1","name":"f","value":"F"},{"name":"g"}],"created":17,"locked":true} ]`,
			want: []account{
				{Key: "HR/n1", ID: "i1", Name: "ann", Identity: "p1", Manual: true, Created: "2024-05-31T08:00:00Z", Disabled: true,
					Entitlements: []string{"g"}, Attributes: `{"dept":"Lab","groups":["g"]}`},
				{Key: "HR/n3", Locked: true, Entitlements: []string{"e", "F", "g"}, Attributes: `{}`}},
			findings: []string{
				`list.json:4:81: warning account-created: created "17" is not a date, expected such as 2024-05-31T08:00:00Z; it counts as absent`,
				`list.json: info account-other-source: 1 accounts of other sources than "HR" are passed over: AD`},
		},
		{
			name: "array with mistakes", file: "a.json", refused: 5, text: "[,{\"id\":1}{\"id\":2}, {\"id\" 3},\n 4, {\"id\":\"é}\\\"{\"}, {\"id\":5},",
			want: []account{{Key: "a/1", Attributes: `{"id":1}`}, {Key: "a/2", Attributes: `{"id":2}`},
				{Key: `a/é}"{`, Attributes: `{"id":"é}\"{"}`}, {Key: "a/5", Attributes: `{"id":5}`}},
			findings: []string{
				"a.json:1:1: error json-syntax: a comma without a value before it",
				"a.json:1:1: error json-syntax: no comma between two values of the array",
				"a.json:1:27: error json-syntax: found '3', expected ':' after the key \"id\"",
				"a.json:2:2: error json-shape: found a number, expected an object with an account; it is left out",
				"a.json:2:1: error json-syntax: the array is not closed: the file is cut off"},
		},
		{name: "empty array", file: "a.json", text: " [ ] "},
		{name: "empty file", file: "a.jsonl", text: ""},
		{name: "cut off object", file: "a.json", text: `{"id":1}{"id":"`, refused: 1, want: []account{{Key: "a/1", Attributes: `{"id":1}`}},
			findings: []string{"a.json:1:16: error json-syntax: the string is not closed"}},
	})
}

func TestManyNames(t *testing.T) {
	var b strings.Builder
	for i := range 3 * maxNames {
		fmt.Fprintf(&b, "{\"id\":%d,\"k%d\":\"v\"}\n", i, i)
	}
	f, err := Open(fstest.MapFS{"x.jsonl": {Data: []byte(b.String())}}, "x.jsonl", Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for a, err := range f.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Attributes.Get(fmt.Sprint("k", n)).Text(); got != "v" || a.NativeIdentity != fmt.Sprint(n) {
			t.Fatalf("account %d: id %q, value %q", n, a.NativeIdentity, got)
		}
		n++
	}
	if n != 3*maxNames {
		t.Errorf("%d accounts, want %d", n, 3*maxNames)
	}
}

// acme reads the example tenant's accounts with its schemas.
func TestAcme(t *testing.T) {
	fsys := os.DirFS("../../examples/acme")
	memberOf := []Attribute{{Name: "distinguishedName"}, {Name: "sAMAccountName"}, {Name: "memberOf", Multi: true, Entitlement: true}}
	for _, tc := range []struct {
		file    string
		options Options
		want    int
		id      string
		check   func(a identity.Account) bool
		finds   map[string]int
	}{
		{file: "accounts/HR.csv", options: Options{NativeIdentity: "employeeNumber"}, want: 217, id: "1904",
			check: func(a identity.Account) bool { return strings.Contains(a.Attributes.Get("notes").Text(), "\n") },
			finds: map[string]int{"account-created": 1}},
		{file: "accounts/Contractors.csv", options: Options{NativeIdentity: "accountName", Delimiter: ";"}, want: 82, id: "C-0059",
			check: func(a identity.Account) bool { return a.Attributes.Get("lastName").Text() == " " }},
		{file: "accounts/Active Directory.csv", options: Options{NativeIdentity: "distinguishedName", DisplayName: "sAMAccountName",
			Separator: ";", Attributes: memberOf}, want: 261, id: "CN=x0033,OU=External,OU=People,DC=acme,DC=example",
			check: func(a identity.Account) bool {
				return a.Name == "x0033" && a.Disabled && len(a.Attributes.Get("memberOf").List()) == 2 && len(a.Entitlements) == 2
			}, finds: map[string]int{"column-unknown": 14}},
		{file: "accounts/Badge System.jsonl", options: Options{NativeIdentity: "badgeId", DisplayName: "cardholder"}, want: 186, id: "40010572",
			check: func(a identity.Account) bool {
				return a.Attributes.Get("active").Kind() == identity.Boolean && a.Attributes.Get("zones").Kind() == identity.List
			}, finds: map[string]int{"account-duplicate": 1}},
	} {
		t.Run(tc.file, func(t *testing.T) {
			finds := map[string]int{}
			tc.options.OnFinding = func(d diag.Diagnostic) { finds[string(d.Code)]++ }
			f, err := Open(fsys, tc.file, tc.options)
			if err != nil {
				t.Fatal(err)
			}
			n, found := 0, false
			for a, err := range f.Accounts(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
				if a.NativeIdentity == tc.id {
					if found = true; !tc.check(a) {
						t.Errorf("account %s is not as expected: %v", tc.id, a.Attributes.Map())
					}
				}
			}
			if n != tc.want || !found || f.Refused() != 0 {
				t.Errorf("%d accounts, want %d; account %s found: %v; refused %d", n, tc.want, tc.id, found, f.Refused())
			}
			if tc.finds == nil {
				tc.finds = map[string]int{}
			}
			if diff := cmp.Diff(tc.finds, finds); diff != "" {
				t.Errorf("findings: mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// closing is a file that remembers that it was closed, and may fail.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error { c.closed = true; return nil }

func TestStreams(t *testing.T) {
	data := people(2000)
	for _, tc := range []struct {
		name    string
		src     io.Reader
		ctx     func(context.Context) (context.Context, context.CancelFunc)
		stop    int // leave after so many accounts; 0: never
		want    int
		failure error
	}{
		{name: "to the end", src: strings.NewReader(string(data)), want: 2000},
		{name: "break", src: strings.NewReader(string(data)), stop: 3, want: 3},
		{name: "failing file", src: io.MultiReader(strings.NewReader("employeeNumber,a\n1,2\n"), failing{}), want: 1, failure: errDisk},
		{name: "cancelled", src: strings.NewReader(string(data)), ctx: func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, failure: context.Canceled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := t.Context()
			if tc.ctx != nil {
				c, cancel := tc.ctx(ctx)
				defer cancel()
				ctx = c
			}
			src := &closing{Reader: tc.src}
			f, err := Delimited("x.csv", func() (io.ReadCloser, error) { return src, nil }, Options{NativeIdentity: "employeeNumber"})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			var failure error
			for _, err := range f.Accounts(ctx) {
				if err != nil {
					failure = err
					continue
				}
				if n++; n == tc.stop {
					break
				}
			}
			if n != tc.want || !errors.Is(failure, tc.failure) {
				t.Errorf("%d accounts, error %v; want %d, %v", n, failure, tc.want, tc.failure)
			}
			if !src.closed {
				t.Error("the file was not closed")
			}
		})
	}
}

var errDisk = errors.New("disk on fire")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDisk }

func TestOpenErrors(t *testing.T) {
	fsys := fstest.MapFS{"a.xlsx": {}, "a.csv": {}}
	if _, err := Open(fsys, "b.csv", Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	for _, tc := range []struct {
		file    string
		options Options
		want    string
	}{
		{"a.xlsx", Options{}, `a.xlsx: accounts in a ".xlsx" file, expected .csv, .tsv, .txt, .json, .jsonl or .ndjson`},
		{"a.csv", Options{Delimiter: "\""}, `a.csv: delimiter "\"": expected text without quotes and line breaks`},
	} {
		if _, err := Open(fsys, tc.file, tc.options); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", tc.file, err, tc.want)
		}
	}
}

func TestSlice(t *testing.T) {
	src := Slice("HR", identity.Account{NativeIdentity: "1"}, identity.Account{Source: "AD", NativeIdentity: "2"})
	var keys []string
	for a, err := range src.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, a.Key().String())
	}
	if diff := cmp.Diff([]string{"HR/1", "AD/2"}, keys); diff != "" || src.Name() != "HR" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range src.Accounts(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: got error %v", err)
		}
	}
}

// Rows of one file share chunks: packing one allocates nothing of its own.
func TestDelimitedAllocations(t *testing.T) {
	data := string(people(4000))
	f, err := Delimited("x.csv", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil },
		Options{NativeIdentity: "employeeNumber", DisplayName: "login"})
	if err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(3, func() {
		for range f.Accounts(t.Context()) {
		}
	})
	if allocs > 200 {
		t.Errorf("%v allocations for 4000 accounts, want at most 200", allocs)
	}
}

func BenchmarkAccounts(b *testing.B) {
	data := string(people(50000))
	f, err := Delimited("x.csv", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil },
		Options{NativeIdentity: "employeeNumber", DisplayName: "login"})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for range f.Accounts(b.Context()) {
		}
	}
}

// Every cell of the example files is what encoding/csv reads; an empty one is
// null.
func TestAcmeCells(t *testing.T) {
	fsys := os.DirFS("../../examples/acme/accounts")
	for _, tc := range []struct{ file, id, delim string }{
		{"HR.csv", "employeeNumber", ","}, {"Contractors.csv", "accountName", ";"}, {"Active Directory.csv", "distinguishedName", ","},
	} {
		t.Run(tc.file, func(t *testing.T) {
			text, err := fs.ReadFile(fsys, tc.file)
			if err != nil {
				t.Fatal(err)
			}
			r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
			r.Comma = rune(tc.delim[0])
			rows, err := r.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			f, err := Open(fsys, tc.file, Options{NativeIdentity: tc.id, Delimiter: tc.delim})
			if err != nil {
				t.Fatal(err)
			}
			n := 1
			for a, err := range f.Accounts(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				for i, cell := range rows[n] {
					want := identity.StringValue(cell)
					if cell == "" {
						want = identity.Value{}
					}
					if got := a.Attributes.Get(rows[0][i]); !got.Equal(want) {
						t.Fatalf("row %d, %s: got %v, want %v", n, rows[0][i], got, want)
					}
				}
				n++
			}
			if n != len(rows) {
				t.Errorf("%d rows, want %d", n, len(rows))
			}
		})
	}
}
