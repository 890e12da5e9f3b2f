package nerm

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTextValue(t *testing.T) {
	tests := []struct{ json, want string }{
		{`"as it is"`, "as it is"},
		{`" spaces "`, " spaces "},
		{`""`, ""},
		{`"01/15/2020"`, "01/15/2020"},
		{`"\u00e9\n\ud83d\ude00"`, "é\n😀"},
		{`"Ann (ann@x.com)"`, "Ann (ann@x.com)"},
		{`true`, "true"},
		{`false`, "false"},
		{`1`, "1"},
		{`1.0`, "1"},
		{`1.50`, "1.5"},
		{`-0.0`, "0"},
		{`-1.25`, "-1.25"},
		{`0.001`, "0.001"},
		{`1e3`, "1000"},
		{`1.5E+2`, "150"},
		{`12e-1`, "1.2"},
		{`1e-7`, "0.0000001"},
		{`100`, "100"},
		{`12345678901234567890`, "12345678901234567890"},
		{`0.1234567890123456789`, "0.1234567890123456789"},
		{`100000000000000000000`, "100000000000000000000"},
		{`1e20`, "100000000000000000000"},
		{`1e21`, "1e+21"},
		{`123e20`, "1.23e+22"},
		{`-2.5e30`, "-2.5e+30"},
		{`1e-400`, "1e-400"},
		{`1e999999999999`, "1e999999999999"},
		{`["a","b"]`, "a,b"},
		{`[]`, ""},
		{`["a",null,1.0,true]`, "a,,1,true"},
		{`["a",["b","c"]]`, "a,b,c"},
		{`["a,b","c"]`, "a,b,c"},
		{`{"b": 1, "a": [1, 2]}`, `{"b":1,"a":[1,2]}`},
		{`[{"a": 1}]`, `{"a":1}`},
	}
	for _, tt := range tests {
		got := textValue(json.RawMessage(tt.json))
		if got.IsNull() || got.Text() != tt.want {
			t.Errorf("%s: got %v, expected %q", tt.json, got, tt.want)
		}
	}
	for _, null := range []string{"", "null"} {
		if got := textValue(json.RawMessage(null)); !got.IsNull() {
			t.Errorf("%q: got %v, expected null", null, got)
		}
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	if got := textValue(json.RawMessage(deep)); got.Text() != deep[maxListDepth:len(deep)-maxListDepth] {
		t.Errorf("a deep list gives %d bytes", len(got.Text()))
	}
}

func TestMalformedErrorsRepeatNothing(t *testing.T) {
	for _, body := range []string{`{"secret":"hush"`, `hush`, `"hush"`, `["hush"]`, `{"a":hush}`, ``, `null`} {
		_, err := decodeObject([]byte(body))
		if !errors.Is(err, ErrMalformed) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestFailure(t *testing.T) {
	tests := []struct{ json, want string }{
		{`{}`, ""},
		{`{"error":null}`, ""},
		{`{"error":"no"}`, "no"},
		{`{"error":{"code":1}}`, `{"code":1}`},
		{`{"error":"no","errors":{"name": "is blank"}}`, `no: {"name":"is blank"}`},
		{`{"errors":{"name": "is blank"}}`, `{"name":"is blank"}`},
	}
	for _, tt := range tests {
		o, err := decodeObject([]byte(tt.json))
		if got := o.failure(); err != nil || got != tt.want {
			t.Errorf("%s: %q, error %v, expected %q", tt.json, got, err, tt.want)
		}
	}
	for s, want := range map[string]bool{"no profiles found": true, "No user roles found.": true, "The requested Profile was not found": false, "profile not found": false, "known profiles found": false} {
		if noneFound.MatchString(s) != want {
			t.Errorf("%q: expected %v", s, want)
		}
	}
}

func TestParseUUID(t *testing.T) {
	for id, want := range map[string]bool{
		peopleID: true, strings.ToUpper(peopleID): true, "": false, strings.Repeat("0", 36): false,
		"79ed1cb6-9977-4965-9bfe-f2bcc242523g": false, "79ed1cb6-9977-4965-9bfe-f2bcc24252\x10e": false, "79ed1cb6-9977-4965-9bfe-f2bcc242523e0": false,
	} {
		if isUUID(id) != want {
			t.Errorf("%q: expected %v", id, want)
		}
	}
	var s idSet
	if !s.add(peopleID) || s.add(strings.ToUpper(peopleID)) || !s.add("x") || s.add("x") || !s.add("X") {
		t.Error("the set of ids is wrong")
	}
}

// FuzzAnswer feeds bodies to everything that reads an answer: nothing panics,
// profiles have an id, values are UTF-8, no number loses its value.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`{"profiles":[{"id":"a","name":"N","attributes":{"x":[1.0,"b",{"c":null}]}}],"_metadata":{"limit":2,"total":3,"after_id":"a"}}`,
		`{"profiles":[],"_metadata":{"after_id":null}}`, `{"error":"no profiles found"}`, `{"error":"x","errors":{"a":"b"}}`,
		`{"profile_type":{"id":"1","uid":"u","category":"employee","archived":false}}`, `{"profiles":[null,1,{},{"id":-1e5}]}`,
		`{"ne_attributes":[{"uid":"u","date_format":"mm/dd/yyyy"}]}`, `[`, `null`, "{\"profiles\":[{\"id\":\"\xff\"}]}", `{"profiles":[{"id":1e-9,"archived":"TRUE"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := decodeObject(body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error %v", err)
			}
			return
		}
		_, _ = o.failure(), readType(o)
		for name, raw := range o {
			checkValue(t, raw)
			_, _ = o.flag(name), o.number(name)
		}
		pg, err := decodePage(o)
		if err != nil {
			return
		}
		for _, item := range pg.items {
			p, err := decodeProfile(item)
			if err != nil {
				continue
			}
			if strings.TrimSpace(p.id) == "" {
				t.Fatal("a profile without id")
			}
			_ = p.archived()
			for _, raw := range p.attributes {
				checkValue(t, raw)
			}
		}
	})
}

func checkValue(t *testing.T, raw json.RawMessage) {
	v := textValue(raw)
	if !utf8.ValidString(v.Text()) {
		t.Fatalf("%q gives invalid UTF-8", raw)
	}
	var n json.Number
	if json.Unmarshal(raw, &n) != nil || len(raw) == 0 || raw[0] == '"' || isNull(raw) {
		return
	}
	want, errWant := strconv.ParseFloat(string(raw), 64)
	got, errGot := strconv.ParseFloat(v.Text(), 64)
	if diff := cmp.Diff(want, got); diff != "" || (errWant == nil) != (errGot == nil) {
		t.Fatalf("%s gives %s", raw, v.Text())
	}
}

func BenchmarkProfile(b *testing.B) {
	src := json.RawMessage(`{"id":"79ed1cb6-9977-4965-9bfe-f2bcc242523e","uid":"x","name":"Ann Archer","profile_type_id":"t","status":"Active","created_at":"2025-01-01T00:00:00.000-05:00","updated_at":"2025-01-01T00:00:00.000-05:00","attributes":{"first_name":"Ann","last_name":"Archer","email":"ann@acme.example","start_date":"01/02/2025","count":3.0}}`)
	c := testConfig("https://acme.nonemployee.com")
	s, err := New(c, &http.Client{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p, err := decodeProfile(src)
		if err != nil {
			b.Fatal(err)
		}
		if a := s.account(p); a.NativeIdentity == "" {
			b.Fatal("no id")
		}
	}
}
