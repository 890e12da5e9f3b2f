package identity

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValue(t *testing.T) {
	for _, tc := range []struct {
		name               string
		value              Value
		kind               Kind
		text, string, json string
	}{
		{"null", Value{}, Null, "", "null", `null`},
		{"text", StringValue("a\"é"), Text, "a\"é", `"a\"é"`, `"a\"é"`},
		{"empty text", StringValue(""), Text, "", `""`, `""`},
		{"integer", IntValue(-42), Integer, "-42", "-42", `-42`},
		{"largest", IntValue(math.MaxInt64), Integer, "9223372036854775807", "9223372036854775807", `9223372036854775807`},
		{"true", BoolValue(true), Boolean, "true", "true", `true`},
		{"false", BoolValue(false), Boolean, "false", "false", `false`},
		{"list", ListValue(StringValue("a"), Value{}, IntValue(2), BoolValue(true)), List, "[a, null, 2, true]", `["a" null 2 true]`, `["a",null,2,true]`},
		{"empty list", ListValue(), List, "[]", "[]", `[]`},
		{"list in a list", ListValue(StringsValue("a", "b"), ListValue()), List, "[[a, b], []]", `[["a" "b"] []]`, `[["a","b"],[]]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := tc.value
			out, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{v.Kind().String(), v.Text(), string(v.AppendText([]byte("x"))), v.String(), string(out)}
			if diff := cmp.Diff([]string{tc.kind.String(), tc.text, "x" + tc.text, tc.string, tc.json}, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			var back Value
			if err := json.Unmarshal(out, &back); err != nil || !back.Equal(v) {
				t.Errorf("read back: %v, error %v", back, err)
			}
			if c := v.Clone(); !c.Equal(v) {
				t.Errorf("clone is %v", c)
			}
			if v.IsNull() != (tc.kind == Null) {
				t.Errorf("IsNull is %v", v.IsNull())
			}
		})
	}
	if got := Kind(99).String(); got != "unknown" {
		t.Errorf("Kind(99) is %q", got)
	}
}

func TestValueAccess(t *testing.T) {
	if n, ok := IntValue(3).Int(); n != 3 || !ok {
		t.Errorf("Int: %d, %v", n, ok)
	}
	if _, ok := StringValue("3").Int(); ok {
		t.Error("a text is no integer")
	}
	if b, ok := BoolValue(true).Bool(); !b || !ok {
		t.Errorf("Bool: %v, %v", b, ok)
	}
	if _, ok := IntValue(1).Bool(); ok {
		t.Error("an integer is no boolean")
	}
	if l := StringValue("x").List(); l != nil {
		t.Errorf("a text has items %v", l)
	}
}

func TestEqual(t *testing.T) {
	different := []Value{
		{}, StringValue(""), StringValue("1"), StringValue("a"), StringValue("b"), IntValue(0), IntValue(1), BoolValue(false), BoolValue(true),
		ListValue(), StringsValue("a"), StringsValue("b"), StringsValue("a", "b"), ListValue(Value{}), ListValue(ListValue()),
	}
	for i, a := range different {
		for j, b := range different {
			if a.Equal(b) != (i == j) {
				t.Errorf("%v equal to %v: %v", a, b, a.Equal(b))
			}
		}
	}
}

func TestNumberValue(t *testing.T) {
	for _, tc := range []struct {
		text string
		want Value
	}{
		{"0", IntValue(0)}, {"-7", IntValue(-7)}, {"2.0", IntValue(2)}, {"-0.0", IntValue(0)}, {"1e3", IntValue(1000)}, {"1.5", StringValue("1.5")},
		{"9223372036854775807", IntValue(math.MaxInt64)}, {"9223372036854775808", StringValue("9223372036854775808")},
		{"9007199254740991.0", IntValue(9007199254740991)}, {"9007199254740993.0", StringValue("9007199254740993.0")},
		{"1e400", StringValue("1e400")}, {"-1e400", StringValue("-1e400")},
	} {
		if got := NumberValue(tc.text); !got.Equal(tc.want) {
			t.Errorf("%s: got %v, want %v", tc.text, got, tc.want)
		}
	}
}

func TestUnmarshalErrors(t *testing.T) {
	for _, text := range []string{"", "[", `"a`, "[1,]"} {
		var v Value
		if err := v.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, v)
		}
	}
	var v Value
	if err := v.UnmarshalJSON([]byte(` {"a": 1} `)); err != nil || !v.Equal(StringValue(`{"a": 1}`)) {
		t.Errorf("object: %v, error %v", v, err)
	}
	var a Attributes
	if err := a.UnmarshalJSON([]byte("[]")); err == nil {
		t.Error("a list is no set of attributes")
	}
}

func TestSchema(t *testing.T) {
	s := NewSchema("a", "b", "a")
	with := s.With("c")
	slot, ok := with.Slot("c")
	if diff := cmp.Diff([]string{"a", "b", "a", "c"}, with.Names()); diff != "" || slot != 3 || !ok || with.Len() != 4 || with.Name(1) != "b" {
		t.Errorf("with: slot %d, %v; mismatch (-want +got):\n%s", slot, ok, diff)
	}
	if slot, ok := s.Slot("a"); slot != 0 || !ok {
		t.Errorf("a name that occurs twice is in slot %d", slot)
	}
	if _, ok := s.Slot("A"); ok {
		t.Error("names are compared exactly")
	}
	var none *Schema
	if _, ok := none.Slot("a"); ok || none.Len() != 0 || none.Names() != nil || none.With("x").Len() != 1 {
		t.Error("a nil schema has no names")
	}
}

// randomValue returns any value, small or large.
func randomValue(r *rand.Rand, depth int) Value {
	switch r.IntN(8) {
	case 0:
		return Value{}
	case 1:
		return IntValue(int64(r.Uint64()))
	case 2:
		return BoolValue(r.IntN(2) == 0)
	case 3:
		if depth > 2 {
			return StringValue("")
		}
		items := make([]Value, r.IntN(4))
		for i := range items {
			items[i] = randomValue(r, depth+1)
		}
		return ListValue(items...)
	case 4:
		return StringValue(strings.Repeat("é", r.IntN(1<<r.IntN(16))))
	}
	return StringValue("0123456789abcdefghijklmnopqrstuvwxyzABCDEF"[r.IntN(4):][:r.IntN(39)])
}

// What goes into a row comes out of it, whichever way it was packed.
func TestAttributesLikeMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var packer Packer
	for range 500 {
		oracle := map[string]Value{}
		var names []string
		var row []Value
		for i := range r.IntN(20) {
			name, v := fmt.Sprint("n", i), randomValue(r, 0)
			names, row = append(names, name), append(row, v)
			if !v.IsNull() {
				oracle[name] = v
			}
		}
		schema := NewSchema(names...)
		for _, v := range row {
			pack(&packer, v)
		}
		packed := packer.Pack(schema)
		plain := Pack(schema, row)
		if packed.Row() != plain.Row() {
			t.Fatalf("%v: Packer gives another row than Pack", row)
		}
		moved := slices.Clone(row)
		if got := MoveToRow([]byte("before"), len(row), moved); string(got) != "before"+plain.Row() {
			t.Fatalf("%v: MoveToRow gives another row than Pack", row)
		}
		slots := []int{-1, len(row)}
		for i := range row {
			slots = append(slots, len(row)-1-i)
		}
		some := make([]Value, len(slots))
		plain.ReadSlots(some, slots)
		if !some[0].IsNull() || !some[1].IsNull() {
			t.Fatalf("%v: slots that do not exist have values", row)
		}
		for i, want := range row {
			if got := some[len(some)-1-i]; !got.Equal(want) || !moved[i].Equal(want) {
				t.Fatalf("slot %d is %v, and %v when moved, want %v", i, got, moved[i], want)
			}
		}
		for name, a := range map[string]Attributes{"Pack": plain, "NewAttributes": NewAttributes(oracle), "FromRow": FromRow(schema, packed.Row())} {
			if diff := cmp.Diff(oracle, a.Map(), cmp.Comparer(Value.Equal)); diff != "" {
				t.Fatalf("%s: mismatch (-want +got):\n%s", name, diff)
			}
			for i, want := range row {
				if got := a.Get(names[i]); !got.Equal(want) {
					t.Fatalf("%s: %s is %v, want %v", name, names[i], got, want)
				}
			}
		}
		out, err := json.Marshal(plain)
		if err != nil {
			t.Fatal(err)
		}
		var back Attributes
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(oracle, back.Map(), cmp.Comparer(Value.Equal)); diff != "" {
			t.Fatalf("JSON: mismatch (-want +got):\n%s", diff)
		}
	}
}

// pack adds a value by the special ways of the packer where there is one.
func pack(p *Packer, v Value) {
	texts := v.Kind() == List
	for _, item := range v.List() {
		texts = texts && item.Kind() == Text
	}
	switch {
	case v.IsNull():
		p.Null()
	case v.Kind() == Text:
		p.Text(v.Text())
	case texts:
		p.List()
		for _, item := range v.List() {
			p.Item(item.Text())
		}
	default:
		p.Value(v)
	}
}

func TestPackerLengths(t *testing.T) {
	var p Packer
	p.Item("ignored")
	p.Text("a")
	p.Item("ignored")
	p.Null()
	p.Item("ignored")
	long := p.Pack(NewSchema("a", "b", "c"))
	if diff := cmp.Diff(map[string]Value{"a": StringValue("a")}, long.Map(), cmp.Comparer(Value.Equal)); diff != "" {
		t.Errorf("missing cells: mismatch (-want +got):\n%s", diff)
	}
	p.Text("a")
	p.Text("b")
	short := p.Pack(NewSchema("a"))
	if diff := cmp.Diff(map[string]Value{"a": StringValue("a")}, short.Map(), cmp.Comparer(Value.Equal)); diff != "" {
		t.Errorf("surplus cells: mismatch (-want +got):\n%s", diff)
	}
	if got := p.Pack(nil); got.At(0).Kind() != Null || len(got.Map()) != 0 {
		t.Errorf("no schema: %v", got.Map())
	}
	if got := AppendRow(nil, 1, []Value{StringValue("a"), StringValue(strings.Repeat("x", 300))}); string(got) != "\x01\x02ta" {
		t.Errorf("surplus values: row %q", got)
	}
}

func TestAtOutside(t *testing.T) {
	a := Pack(NewSchema("a"), []Value{IntValue(1)})
	for _, slot := range []int{-1, 1, 1 << 40} {
		if !a.At(slot).IsNull() {
			t.Errorf("slot %d is %v", slot, a.At(slot))
		}
	}
	var none Attributes
	if !none.At(0).IsNull() || !none.Get("a").IsNull() || none.Schema() != nil || len(none.Map()) != 0 {
		t.Error("the zero Attributes is empty")
	}
}

func TestReadAllocations(t *testing.T) {
	a := Pack(NewSchema("a", "b", "c", "l"), []Value{StringValue("x"), IntValue(1), BoolValue(true), StringsValue("y")})
	n := testing.AllocsPerRun(100, func() {
		if a.At(0).Text() == "" || a.Get("a").Text() == "" || a.At(1).IsNull() || a.Get("c").Text() != "true" {
			t.Error("unexpected value")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	var p Packer
	schema := a.Schema()
	n = testing.AllocsPerRun(2000, func() {
		p.Text("some text")
		p.Null()
		p.List()
		p.Item("item")
		p.Pack(schema)
	})
	if n != 0 { // chunks are too rare to count
		t.Errorf("packing a row: %v allocations, want 0", n)
	}
}

func TestProperty(t *testing.T) {
	at := time.Date(2024, 5, 31, 10, 0, 0, 1e6, time.FixedZone("", 7200))
	a := Account{Source: "HR", NativeIdentity: "n", ID: "i", Created: at, Disabled: true, Entitlements: []string{"e"},
		Attributes: NewAttributes(map[string]Value{"dept": StringValue("Lab"), "locked": StringValue("own"), "uuid": {}})}
	for _, tc := range []struct {
		name string
		want Value
	}{
		{"dept", StringValue("Lab")}, {"created", StringValue("2024-05-31T08:00:00.001Z")}, {"modified", Value{}}, {"nativeIdentity", StringValue("n")},
		{"displayName", StringValue("n")}, {"name", StringValue("n")}, {"id", StringValue("i")}, {"uuid", Value{}}, {"disabled", BoolValue(true)},
		{"locked", StringValue("own")}, {"entitlements", StringsValue("e")}, {"Dept", Value{}},
	} {
		if got := a.Property(tc.name); !got.Equal(tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
	if got := a.Key().String(); got != "HR/n" {
		t.Errorf("key %q", got)
	}
}

func TestFold(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		same bool
	}{
		{"Ann", "aNN", true}, {"ÄÖÜ", "äöü", true}, {"straße", "STRASSE", false}, {"İ", "i", true}, {"ı", "I", true}, {"ſ", "S", true}, {"K", "k", true},
		{"Σ", "ς", true}, {"σ", "ς", true}, {"\U00010400", "\U00010428", true}, {"\xff", "\xfe", false}, {"a", "b", false}, {"", "", true},
		{"\u2c2f", "\u2c5f", false}, {"\U00010570", "\U00010597", false}, // without case in JDK 17
	} {
		if got := Fold(tc.a) == Fold(tc.b); got != tc.same {
			t.Errorf("%q and %q: %v, want %v", tc.a, tc.b, got, tc.same)
		}
		if string(AppendFold(nil, tc.a)) != Fold(tc.a) {
			t.Errorf("%q: AppendFold differs", tc.a)
		}
	}
	if n := testing.AllocsPerRun(100, func() { Fold("already lower") }); n != 0 {
		t.Errorf("%v allocations for a text that stays, want 0", n)
	}
}

func TestClone(t *testing.T) {
	i := &Identity{ID: "p", Accounts: []Account{{Source: "HR", Entitlements: []string{"e"}}}, ExceptionCodes: []string{"X"}}
	c := i.Clone()
	c.ID, c.Accounts[0].Source, c.Accounts[0].Entitlements[0], c.ExceptionCodes[0] = "q", "AD", "f", "Y"
	if i.ID != "p" || i.Accounts[0].Source != "HR" || i.Accounts[0].Entitlements[0] != "e" || i.ExceptionCodes[0] != "X" {
		t.Errorf("changing a clone changed the identity: %+v", i)
	}
}

func BenchmarkGet(b *testing.B) {
	a := Pack(NewSchema("a", "b", "c"), []Value{StringValue("x"), IntValue(1), StringValue("y")})
	b.Run("At", func(b *testing.B) {
		for b.Loop() {
			_ = a.At(2)
		}
	})
	b.Run("Get", func(b *testing.B) {
		for b.Loop() {
			_ = a.Get("c")
		}
	})
}
