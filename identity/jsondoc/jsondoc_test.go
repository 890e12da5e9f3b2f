package jsondoc_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

func parse(t testing.TB, text string) *jsondoc.Node {
	t.Helper()
	n, found := jsondoc.Parse("f.json", []byte(text))
	if n == nil {
		t.Fatalf("%s: %v", text, found)
	}
	return n
}

func findings(l diag.List) []string {
	list := []string{}
	for _, d := range l {
		list = append(list, d.String())
	}
	return list
}

func TestPositions(t *testing.T) {
	n := parse(t, "\ufeff{\"é\": [1,\r\n  {\"b\" :true}],\n\"ü\":\t\"x\"}\n")
	second := n.Get("é").Items()[1]
	for _, tc := range []struct {
		name string
		pos  diag.Pos
		want diag.Pos
	}{
		{"root", n.Pos(), diag.Pos{File: "f.json", Line: 1, Column: 1, Offset: 3}},
		{"key", n.Members()[0].Pos(), diag.Pos{File: "f.json", Line: 1, Column: 2, Offset: 4}},
		{"value", n.Get("é").Pos(), diag.Pos{File: "f.json", Line: 1, Column: 7, Offset: 10}},
		{"second line", second.Pos(), diag.Pos{File: "f.json", Line: 2, Column: 3, Offset: 17}},
		{"nested", second.Get("b").Pos(), diag.Pos{File: "f.json", Line: 2, Column: 9, Offset: 23}},
		{"third line", n.Get("ü").Pos(), diag.Pos{File: "f.json", Line: 3, Column: 6, Offset: 37}},
		{"made", jsondoc.NewInt(1).Pos(), diag.Pos{}},
		{"made member", jsondoc.M("a", nil).Pos(), diag.Pos{}},
		{"absent", n.Get("no").Pos(), diag.Pos{}},
	} {
		if diff := cmp.Diff(tc.want, tc.pos); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tc.name, diff)
		}
	}
}

func TestParseAt(t *testing.T) {
	n, _ := jsondoc.ParseAt(diag.Pos{File: "f", Line: 7, Column: 5, Offset: 100}, []byte("[1,\n2]"))
	if diff := cmp.Diff(diag.Pos{File: "f", Line: 7, Column: 6, Offset: 101}, n.Items()[0].Pos()); diff != "" {
		t.Errorf("first line: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(diag.Pos{File: "f", Line: 8, Column: 1, Offset: 104}, n.Items()[1].Pos()); diff != "" {
		t.Errorf("second line: mismatch (-want +got):\n%s", diff)
	}
}

func TestFindings(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{``, "f.json:1:1: error json-syntax: found the end of the file, expected a JSON value"},
		{"{\n \"a\": 1,\n}", "f.json:3:1: error json-syntax: found '}' after a comma; JSON has no trailing commas"},
		{`[1,]`, "f.json:1:4: error json-syntax: found ']' after a comma; JSON has no trailing commas"},
		{`[1 2]`, "f.json:1:4: error json-syntax: found '2', expected ',' or ']'"},
		{`{"a" 1}`, "f.json:1:6: error json-syntax: found '1', expected ':' after the key \"a\""},
		{`{a: 1}`, "f.json:1:2: error json-syntax: found 'a', expected a key in double quotes"},
		{`{"a": 1`, "f.json:1:8: error json-syntax: found the end of the file, expected ',' or '}'"},
		{`"a`, "f.json:1:3: error json-syntax: the string is not closed"},
		{`"a\`, "f.json:1:4: error json-syntax: the string is not closed"},
		{`"é\x"`, `f.json:1:3: error json-syntax: found \x, expected one of \" \\ \/ \b \f \n \r \t \u`},
		{`"\u12g4"`, `f.json:1:2: error json-syntax: \u needs four hexadecimal digits`},
		{"\"a\nb\"", `f.json:1:3: error json-syntax: a control character ('\n') in a string must be escaped`},
		{`01`, "f.json:1:2: error json-syntax: a number must not start with 0"},
		{`-`, "f.json:1:2: error json-syntax: found the end of the file, expected a digit"},
		{`1.`, "f.json:1:3: error json-syntax: found the end of the file, expected a digit"},
		{`1e+x`, "f.json:1:4: error json-syntax: found 'x', expected a digit"},
		{`nul`, "f.json:1:1: error json-syntax: found 'n', expected a JSON value"},
		{`nullx`, "f.json:1:5: error json-syntax: text after the end of the JSON value"},
		{`1 1`, "f.json:1:3: error json-syntax: text after the end of the JSON value"},
		{strings.Repeat("[", 1002), "f.json:1:1002: error json-syntax: lists and objects are nested more than 1000 deep"},
	} {
		n, found := jsondoc.Parse("f.json", []byte(tc.text))
		if n != nil {
			t.Errorf("%s: got a tree", tc.text)
		}
		if diff := cmp.Diff([]string{tc.want}, findings(found)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tc.text, diff)
		}
	}
}

func TestTolerated(t *testing.T) {
	n, found := jsondoc.Parse("f.json", []byte("{\"a\": 1, \"b\": {\"a\": 2, \"a\": 3},\n \"a\": \"\xff\"}"))
	want := []string{
		`f.json:1:24: error json-duplicate-key: key "a" occurs twice in this object; the last one counts`,
		`f.json:2:2: error json-duplicate-key: key "a" occurs twice in this object; the last one counts`,
		`f.json:2:8: warning json-utf8: byte 0xff is not UTF-8; read as U+FFFD`,
	}
	if diff := cmp.Diff(want, findings(found)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	_, found = jsondoc.Parse("f.json", []byte("[\"x\xff\xfe\u00e4\xfd\", \"y\"]"))
	want = []string{`f.json:1:4: warning json-utf8: byte 0xff and 2 more of this string are not UTF-8; each is read as U+FFFD`}
	if diff := cmp.Diff(want, findings(found)); diff != "" {
		t.Errorf("three bytes of one string: mismatch (-want +got):\n%s", diff)
	}
	if got := n.Get("a").Text(); got != "\ufffd" {
		t.Errorf("the last of two members is %q", got)
	}
	if got := string(n.Append(nil)); got != "{\"a\":1,\"b\":{\"a\":2,\"a\":3},\"a\":\"\ufffd\"}" {
		t.Errorf("written as %s", got)
	}
}

// Large objects look for duplicate keys in another way than small ones.
func TestManyMembers(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, `"k%d":%d,`, i, i)
	}
	for repeated, want := range map[string]int{"k0": 1, "k15": 1, "k16": 1, "k39": 1, "k40": 0} {
		_, found := jsondoc.Parse("f", []byte("{"+b.String()+`"`+repeated+`":0}`))
		if len(found) != want {
			t.Errorf("%s again: %v, want %d findings", repeated, found, want)
		}
	}
}

func TestDepth(t *testing.T) {
	deep := strings.Repeat("[", jsondoc.MaxDepth) + strings.Repeat("]", jsondoc.MaxDepth)
	if got := string(parse(t, deep).Append(nil)); got != deep {
		t.Error("a tree of the greatest depth is not written as it was")
	}
	objects := strings.Repeat(`{"a":`, jsondoc.MaxDepth) + "1" + strings.Repeat("}", jsondoc.MaxDepth)
	if n := parse(t, objects); !n.Equal(n.Clone()) {
		t.Error("a deep tree is not equal to its clone")
	}
}

func TestRoundTrip(t *testing.T) {
	for _, text := range []string{
		`{"z":1.50,"a":-0,"m":[1e5,1E+5,0.0],"unknown":{"x":null}}`, `""`, `"a\"\\/\n\r\t\u0001é\ud83d😀\udc00"`, `[true,false,null,[],{}]`, `{"":{"":""}}`,
	} {
		if got := string(parse(t, text).Append(nil)); got != text {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	n := parse(t, `{"a":[1,{"b":[]}],"c":{}}`)
	want := "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}\n"
	if diff := cmp.Diff(want, string(n.Indent())); diff != "" {
		t.Errorf("indented: mismatch (-want +got):\n%s", diff)
	}
	if out, err := json.Marshal(n); err != nil || string(out) != string(n.Append(nil)) {
		t.Errorf("marshalled as %s, error %v", out, err)
	}
}

func TestEdit(t *testing.T) {
	n := parse(t, `{"keep":1.0,"old":2,"twice":3,"twice":4,"list":[1]}`)
	c := n.Clone()
	n.Set("old", jsondoc.NewString("new"))
	n.Set("twice", jsondoc.NewBool(true))
	n.Set("more", jsondoc.NewObject(jsondoc.M("x", jsondoc.NewNull()), jsondoc.M("y", nil)))
	n.Get("list").SetItems([]*jsondoc.Node{jsondoc.NewInt(7), jsondoc.NewArray()})
	n.Get("keep").Set("x", jsondoc.NewInt(1)) // no object: nothing happens
	n.Get("keep").SetItems(nil)
	want := `{"keep":1.0,"old":"new","twice":3,"twice":true,"list":[7,[]],"more":{"x":null,"y":null}}`
	if diff := cmp.Diff(want, string(n.Append(nil))); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if !n.Remove("twice") || n.Remove("twice") || n.Get("twice") != nil {
		t.Error("remove takes all members of a key")
	}
	if got := string(c.Append(nil)); got != `{"keep":1.0,"old":2,"twice":3,"twice":4,"list":[1]}` {
		t.Errorf("the clone changed: %s", got)
	}
	if c.Get("old").Pos().Line != 1 {
		t.Error("a clone keeps the places")
	}
}

func TestAbsent(t *testing.T) {
	var n *jsondoc.Node
	if n.Kind() != jsondoc.Null || !n.IsNull() || n.Get("a") != nil || n.At("a", "b") != nil || n.Members() != nil || n.Items() != nil ||
		n.Text() != "" || n.IsTrue() || !n.Value().IsNull() || n.Remove("a") || n.Clone() != nil || !n.Equal(jsondoc.NewNull()) || string(n.Append(nil)) != "null" {
		t.Error("an absent node is null")
	}
	if _, ok := n.Str(); ok {
		t.Error("an absent node is no text")
	}
	n.Set("a", nil)
	n.SetItems(nil)
}

func TestReading(t *testing.T) {
	n := parse(t, `{"t":true,"T":"TRUE","one":"1","f":false,"i":2.0,"s":"2","x":"2.0","h":1.5,"o":{"a":[1]},"l":[1,"a",null],"n":null}`)
	for key, want := range map[string]bool{"t": true, "T": true, "one": false, "f": false, "i": false, "n": false} {
		if got := n.Get(key).IsTrue(); got != want {
			t.Errorf("%s is true: %v, want %v", key, got, want)
		}
	}
	for key, want := range map[string]int64{"i": 2, "s": 2, "x": -1, "h": -1, "t": -1} {
		if got, ok := n.Get(key).Int(); ok != (want >= 0) || ok && got != want {
			t.Errorf("%s is the integer %d, %v", key, got, ok)
		}
	}
	for key, want := range map[string]identity.Value{
		"t": identity.BoolValue(true), "i": identity.IntValue(2), "h": identity.StringValue("1.5"), "s": identity.StringValue("2"),
		"o": identity.StringValue(`{"a":[1]}`), "l": identity.ListValue(identity.IntValue(1), identity.StringValue("a"), identity.Value{}), "n": {},
	} {
		if got := n.Get(key).Value(); !got.Equal(want) {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	kinds := []string{}
	for _, m := range n.Members() {
		kinds = append(kinds, m.Value.Kind().String())
	}
	if diff := cmp.Diff("boolean text text boolean number text text number object list null", strings.Join(kinds, " ")); diff != "" {
		t.Errorf("kinds: mismatch (-want +got):\n%s", diff)
	}
}

func TestEqual(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true}, {`1`, `1.0`, false}, {`"1"`, `1`, false}, {`[1,2]`, `[2,1]`, false}, {`{"a":null}`, `{"b":null}`, false},
		{`{"a":1,"a":2}`, `{"a":2,"b":2}`, false}, {`{"a":2,"b":2}`, `{"a":1,"a":2}`, false}, {`{"a":1,"a":2}`, `{"a":1,"a":2}`, true}, {`{"a":1,"a":2}`, `{"a":2}`, true}, {`{}`, `[]`, false},
	} {
		if got := parse(t, tc.a).Equal(parse(t, tc.b)); got != tc.same {
			t.Errorf("%s and %s: %v, want %v", tc.a, tc.b, got, tc.same)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,2.50,-0e-5,true,false,null,"x\ud83d\ude00\ud83d\n"],"a":{}}`, `[[[[]]]]`, "\ufeff 1 ", `"\ud83d\ud83d\ude00"`, "\"\xed\xa0\xbd\"", `01`, `1.`,
		`{"a":1,}`, "\"\x7f\u2028\"", `"\u0000"`, strings.Repeat("[", 999) + strings.Repeat("]", 999), "\t\r\n [ ]", "nullnull", "-", "1E400",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		n, found := jsondoc.Parse("f", src)
		if !strings.HasPrefix(string(src), "\ufeff") && strings.Count(string(src), "[")+strings.Count(string(src), "{") < jsondoc.MaxDepth {
			if valid := json.Valid(src); valid != (n != nil) {
				t.Fatalf("%q: valid is %v, findings %v", src, valid, found)
			}
		}
		if n == nil {
			if !found.HasErrors() {
				t.Fatalf("%q: no tree and no error", src)
			}
			return
		}
		for _, out := range [][]byte{n.Append(nil), n.Indent()} {
			if !utf8.Valid(out) || !json.Valid(out) {
				t.Fatalf("%q is written as %q, which is no JSON", src, out)
			}
			back, found := jsondoc.Parse("f", out)
			if back == nil {
				t.Fatalf("%q, written as %q: %v", src, out, found)
			}
			if string(back.Append(nil)) != string(n.Append(nil)) || !back.Equal(n) || !n.Equal(n.Clone()) {
				t.Fatalf("%q, written as %q, is read as something else", src, out)
			}
		}
	})
}

func ExampleParse() {
	n, found := jsondoc.Parse("lower.json", []byte(`{"name": "Lower", "type": "lower", "limit": 1.50}`))
	fmt.Println(found, n.Get("type").Text(), n.Get("type").Pos())
	n.Set("type", jsondoc.NewString("upper"))
	fmt.Println(string(n.Append(nil)))
	_, found = jsondoc.Parse("broken.json", []byte("{\n  \"a\": 1,\n}"))
	fmt.Println(found.Err())
	// Output:
	// [] lower lower.json:1:27
	// {"name":"Lower","type":"upper","limit":1.50}
	// broken.json:3:1: error json-syntax: found '}' after a comma; JSON has no trailing commas
}

func BenchmarkParse(b *testing.B) {
	src := []byte(`{"badgeId": 40012557, "cardholder": "Melissa O'Neil", "email": null, "zones": ["DATA CENTRE", "HQ-2"], "active": true, "issued": "2024-04-03"}`)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		jsondoc.Parse("x", src)
	}
}

// TestWalk: every value is visited once, parents first, and nothing below one
// that is refused.
func TestWalk(t *testing.T) {
	root, found := jsondoc.Parse("", []byte(`{"a":[1,{"b":"x"},null],"skip":{"c":[2]},"d":{"e":true,"e":false}}`))
	if len(found) != 1 { // the key that occurs twice
		t.Fatal(found)
	}
	var seen []string
	root.Walk(func(n *jsondoc.Node) bool {
		seen = append(seen, string(n.Append(nil)))
		return n != root.Get("skip")
	})
	want := []string{
		string(root.Append(nil)), `[1,{"b":"x"},null]`, `1`, `{"b":"x"}`, `"x"`, `null`,
		`{"c":[2]}`, string(root.Get("d").Append(nil)), `true`, `false`,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	(*jsondoc.Node)(nil).Walk(func(*jsondoc.Node) bool { t.Error("an absent node is visited"); return true })
}

// TestLongLine: places in a long line are those that counting from its start
// gives, whatever the line has in it.
func TestLongLine(t *testing.T) {
	var b strings.Builder
	b.WriteString("[\n[")
	for i := range 4000 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString([]string{`"abc"`, `"Müller"`, `"李😀"`, "\"\xff\xe2\x82\"", `12`}[i%5])
	}
	b.WriteString("]\n,1]")
	text := b.String()
	n, _ := jsondoc.Parse("a.json", []byte(text))
	line := text[2:]
	for i, item := range n.Items()[0].Items() {
		pos := item.Pos()
		if want := utf8.RuneCountInString(line[:pos.Offset-2]) + 1; pos.Line != 2 || pos.Column != want {
			t.Fatalf("item %d stands at %s, want column %d", i, pos, want)
		}
	}
	if pos := n.Items()[1].Pos(); pos.Line != 3 || pos.Column != 2 {
		t.Errorf("the last item stands at %s", pos)
	}
}

func BenchmarkPlaces(b *testing.B) {
	for _, form := range []string{"{\"key\":\"value\"}", "{\n\"key\":\n\"value\"}\n"} {
		src := []byte("[" + strings.Repeat(form+",", 20_000) + "0]")
		n, _ := jsondoc.Parse("a.json", src)
		b.Run(map[bool]string{true: "indented", false: "one line"}[strings.Contains(form, "\n")], func(b *testing.B) {
			for b.Loop() {
				for _, item := range n.Items()[:4000] {
					item.Pos()
				}
				for _, item := range n.Items()[16_000:] {
					item.Pos()
				}
			}
		})
	}
}

// TestMaxValues: a text with more values than may be read gives a finding and no tree, and
// one with as many is read.
func TestMaxValues(t *testing.T) {
	const text = "{\"a\": [1, 2],\n \"b\": {}}" // five values
	for _, tc := range []struct {
		most, values int
		want         []string
	}{
		{most: 0, values: 5, want: []string{}},
		{most: 5, values: 5, want: []string{}},
		{most: 4, values: 5, want: []string{"f.json:2:7: error json-values: the file has more than 4 JSON values, which is as many as " +
			"may be read (leave out what is not needed, or allow more (the option MaxValues))"}},
	} {
		n, values, found := jsondoc.Options{MaxValues: tc.most}.Parse(diag.Pos{File: "f.json", Line: 1, Column: 1}, text)
		if (n != nil) != (len(tc.want) == 0) || values != tc.values {
			t.Errorf("at most %d: tree %v, %d values", tc.most, n != nil, values)
		}
		if diff := cmp.Diff(tc.want, findings(found)); diff != "" {
			t.Errorf("at most %d: mismatch (-want +got):\n%s", tc.most, diff)
		}
	}
}

// TestLean: a tree takes little more than a hundred bytes for each value, the text and what
// is thrown away while it is read included.
func TestLean(t *testing.T) {
	const n = 20_000
	text := "[" + strings.Repeat(`{"id":"1","name":"T","attributes":{"input":{"type":"é"}}},`, n) + "0]"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	root, values, _ := jsondoc.Options{}.Parse(diag.Pos{File: "f"}, text)
	runtime.ReadMemStats(&after)
	if each := int(after.TotalAlloc-before.TotalAlloc) / values; root == nil || each > 110 {
		t.Errorf("%d values take %d bytes each, want at most 110", values, each)
	}
}

// TestManyKeys: large objects are compared without looking through all keys for each.
func TestManyKeys(t *testing.T) {
	const n = 50_000
	var list, turned []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"k%d":%d`, i, i))
		turned = append(turned, fmt.Sprintf(`"k%d":%d`, n-1-i, n-1-i))
	}
	a, b := parse(t, "{"+strings.Join(list, ",")+"}"), parse(t, "{"+strings.Join(turned, ",")+"}")
	if !a.Equal(a.Clone()) || !a.Equal(b) {
		t.Error("equal objects differ")
	}
	b.Set("k7", jsondoc.NewInt(8))
	if a.Equal(b) {
		t.Error("different objects are equal")
	}
	src := b.Append(nil)
	if got := string(jsondoc.Rewrite(src, b)); got != string(src) {
		t.Error("an unchanged text is written anew")
	}
}
