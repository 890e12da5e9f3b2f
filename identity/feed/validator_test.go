package feed

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// listened is a file whose listeners are heard.
func listened(t testing.TB, file, text string, o Options, said *[]string) *File {
	t.Helper()
	o.OnFinding = func(d diag.Diagnostic) { *said = append(*said, fmt.Sprintf("%#v", d)) }
	o.OnAssumption = func(a diag.Assumption) { *said = append(*said, fmt.Sprintf("%#v", a)) }
	o.OnColumns = func(names []string) { *said = append(*said, fmt.Sprintf("%#v", names)) }
	f, err := Open(fstest.MapFS{file: {Data: []byte(text)}}, file, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func readAll(t testing.TB, f *File) {
	t.Helper()
	for _, err := range f.Unrecognized(context.Background(), func(string, uint64) bool { return false }) {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A file that is what it was says what reading it says; any other one has to be read.
func TestUnchanged(t *testing.T) {
	const head = "id,mail,created,other\n"
	long := head + strings.Repeat("1,a,,\n2,b,soon,\n", 20_000)
	for _, tc := range []struct {
		name, file, before, after string
		want                      bool
	}{
		{"the same", "HR.csv", head + "1,a,,\n2,b\n1,c,soon,\n", head + "1,a,,\n2,b\n1,c,soon,\n", true},
		{"nothing but names", "HR.csv", head, head, true},
		{"a blank more", "HR.csv", head + "1,a,,\n", head + "1,a,, \n", false},
		{"a line end more", "HR.csv", head + "1,a,,", head + "1,a,,\n", false},
		{"another letter", "HR.csv", head + "1,a,,\n", head + "1,b,,\n", false},
		{"two lines in another order", "HR.csv", head + "1,a,,\n2,b,,\n", head + "2,b,,\n1,a,,\n", false},
		{"no UTF-8", "HR.csv", head + "1,\xe4,,\n", head + "1,\xe4,,\n", true},
		{"more to be told than is kept", "HR.csv", long, long, false},
		{"objects", "AD.jsonl", "{\"id\":\"1\",\"created\":\"x\"}\nno\n", "{\"id\":\"1\",\"created\":\"x\"}\nno\n", true},
		{"an array with something behind it", "AD.json", `[{"id":"1"}] x`, `[{"id":"1"}] x`, true},
		{"something else behind it", "AD.json", `[{"id":"1"}] x`, `[{"id":"1"}] y`, false},
		{"accounts of several sources", "AD.json", `[{"nativeIdentity":"1","sourceName":"AD","attributes":{}}]`,
			`[{"nativeIdentity":"1","sourceName":"AD","attributes":{}}]`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var first, want, got []string
			f := listened(t, tc.file, tc.before, Options{}, &first)
			if f.Validator() != nil {
				t.Error("a file that was not read has a validator")
			}
			readAll(t, f)
			reading := listened(t, tc.file, tc.after, Options{}, &want)
			readAll(t, reading)

			again := listened(t, tc.file, tc.after, Options{}, &got)
			validator := f.Validator()
			tell, ok := again.Unchanged(context.Background(), validator)
			if ok != tc.want || len(got) > 0 {
				t.Fatalf("unchanged: %t, want %t; said %q", ok, tc.want, got)
			}
			if !ok {
				return
			}
			tell()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("said: mismatch (-read +unchanged):\n%s", diff)
			}
			if reading.Refused() != again.Refused() || string(again.Validator()) != string(validator) {
				t.Errorf("%d refused, want %d; validator %q, want %q", again.Refused(), reading.Refused(), again.Validator(), validator)
			}
			for n := range validator {
				cut, other := validator[:n], []byte(string(validator))
				other[n] ^= 1
				if _, ok := again.Unchanged(context.Background(), cut); ok {
					t.Errorf("a validator of %d bytes counts", n)
				}
				_, _ = again.Unchanged(context.Background(), other) // what is told may be another text
			}
		})
	}
}

// A reading that does not come to its end leaves no validator, nor does one that fails.
func TestUnfinishedHasNoValidator(t *testing.T) {
	var said []string
	f := listened(t, "HR.csv", "id\n1\n2\n", Options{}, &said)
	readAll(t, f)
	for range f.Unrecognized(context.Background(), func(string, uint64) bool { return false }) {
		break
	}
	if f.Validator() != nil {
		t.Error("a reading that was stopped has a validator")
	}
	readAll(t, f)
	if f.Validator() == nil {
		t.Error("a reading that came to its end has none")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range f.Unrecognized(ctx, func(string, uint64) bool { return false }) {
	}
	if f.Validator() != nil {
		t.Error("a reading that failed has a validator")
	}
	foreign, err := NewFile("x", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }, Options{},
		func(context.Context, *Reading, io.Reader, func(identity.Account, error) bool) {})
	if err != nil {
		t.Fatal(err)
	}
	if readAll(t, foreign); foreign.Validator() != nil {
		t.Error("a format that somebody else reads has a validator")
	}
}

// Every option is part of what decides whether a file has to be read.
func TestEveryOptionValidates(t *testing.T) {
	var said []string
	const text = "id,mail\n1,a\n"
	f := listened(t, "HR.csv", text, Options{}, &said)
	readAll(t, f)
	node, found := jsondoc.Parse("connector.json", []byte(`{"deltaAggregationEnabled":true}`))
	if len(found) > 0 {
		t.Fatal(found)
	}
	yes := true
	values := map[reflect.Type]any{
		reflect.TypeFor[string](): "|", reflect.TypeFor[bool](): true, reflect.TypeFor[*bool](): &yes,
		reflect.TypeFor[[]string](): []string{"id"}, reflect.TypeFor[[]Attribute](): []Attribute{{Name: "id"}},
		reflect.TypeFor[*jsondoc.Node](): node,
	}
	options := reflect.TypeFor[Options]()
	for i := range options.NumField() {
		field := options.Field(i)
		if field.Type.Kind() == reflect.Func {
			continue // whether they are there counts, see below
		}
		value, ok := values[field.Type]
		if field.Name == "Encoding" {
			value = UTF8
		}
		if !ok {
			t.Fatalf("no other value of %s", field.Name)
		}
		var o Options
		reflect.ValueOf(&o).Elem().Field(i).Set(reflect.ValueOf(value))
		if _, ok := listened(t, "HR.csv", text, o, &said).Unchanged(context.Background(), f.Validator()); ok {
			t.Errorf("with another %s nothing is to be read", field.Name)
		}
	}

	silent, err := Open(fstest.MapFS{"HR.csv": {Data: []byte(text)}}, "HR.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := silent.Unchanged(context.Background(), f.Validator()); ok {
		t.Error("without listeners nothing is to be read that was read with some")
	}
	if _, ok := listened(t, "HR.csv", text, Options{}, &said).Unchanged(context.Background(), f.Validator()); !ok {
		t.Error("with the same options the file has to be read")
	}
}

// The digest of a text does not depend on how it comes.
func TestDigestInParts(t *testing.T) {
	text := strings.Repeat("0123456789abcdef-", 20_000)
	var whole digest
	io.WriteString(&whole, text)
	want := whole.end()
	for _, size := range []int{1, 7, 4096, digestBlock - 1, digestBlock, digestBlock + 1, len(text)} {
		var d digest
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			io.WriteString(&d, rest[:n])
			rest = rest[n:]
		}
		if got := d.end(); got != want || d.size != uint64(len(text)) {
			t.Errorf("in parts of %d: %x of %d bytes, want %x of %d", size, got, d.size, want, len(text))
		}
	}
	var other digest
	io.WriteString(&other, text[:len(text)-1]+"x")
	if other.end() == want {
		t.Error("two texts have one digest")
	}
}

// FuzzValidator: whatever a validator is, reading it gives something that is written as it was read, or nothing.
func FuzzValidator(f *testing.F) {
	var said []string
	file := listened(f, "HR.csv", "id,mail,created\n1,a,soon\n2\n1,a,\n", Options{}, &said)
	readAll(f, file)
	f.Add(file.Validator())
	f.Fuzz(func(t *testing.T, text []byte) {
		var v, again validator
		if !v.read(string(text)) {
			return
		}
		b, ok := v.append(nil)
		if !ok || !again.read(string(b)) {
			t.Fatalf("%q is written as %q", text, b)
		}
		if diff := cmp.Diff(v, again, cmp.AllowUnexported(validator{}, told{})); diff != "" {
			t.Fatalf("mismatch (-first +again):\n%s", diff)
		}
	})
}
