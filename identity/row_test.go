package identity_test

import (
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
)

var rowValues = []identity.Value{
	{}, identity.StringValue(""), identity.StringValue("x"), identity.IntValue(-7), identity.BoolValue(true), identity.BoolValue(false),
	identity.StringsValue(), identity.StringsValue("a", "", strings.Repeat("b", 200)), identity.StringValue(strings.Repeat("y", 300)),
	identity.ListValue(identity.Value{}, identity.StringsValue("n")), identity.StringValue(strings.Repeat("z", 70000)),
}

func TestAppendReplaced(t *testing.T) {
	names := make([]string, len(rowValues))
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	schema := identity.NewSchema(names...)
	for _, values := range [][]identity.Value{rowValues, rowValues[:10], rowValues[:3], nil} {
		a := identity.Pack(schema, values)
		if values == nil {
			a = identity.FromRow(schema, "")
		}
		for slot := range names {
			for _, v := range rowValues {
				want := make([]identity.Value, len(names))
				copy(want, values)
				want[slot] = v
				got := string(identity.AppendReplaced(nil, a, slot, v))
				if got != string(identity.AppendRow(nil, len(names), want)) || !identity.ValidRow(len(names), got) {
					t.Fatalf("%d values, slot %d, %s: not the row of the values", len(values), slot, v.Kind())
				}
			}
		}
	}
}

// A row that is valid can be read, whatever it says.
func FuzzValidRow(f *testing.F) {
	f.Add(uint8(len(rowValues)), identity.AppendRow(nil, len(rowValues), rowValues[:9]))
	f.Add(uint8(2), []byte{1, 1, 2, 't', 'n'})
	f.Add(uint8(1), []byte{1, 3, 'l', 1, 't'})
	f.Fuzz(func(t *testing.T, n uint8, row []byte) {
		if !identity.ValidRow(int(n), string(row)) {
			return
		}
		a := identity.FromRow(identity.NewSchema(make([]string, n)...), string(row))
		for i := range int(n) {
			a.At(i).Clone()
			_ = a.At(i).Text()
		}
	})
}

// The names of fields are those that an account with everything has values of.
func TestIsField(t *testing.T) {
	now := time.Unix(1, 0)
	a := identity.Account{NativeIdentity: "n", Name: "d", ID: "i", UUID: "u", Created: now, Modified: now}
	for _, name := range []string{"created", "modified", "nativeIdentity", "displayName", "name", "id", "uuid", "disabled", "locked",
		"entitlements", "source", "Created", "mail", ""} {
		if v := a.Field(name); identity.IsField(name) == v.IsNull() {
			t.Errorf("%q: the field is %v, IsField says %v", name, v, identity.IsField(name))
		}
	}
}

// Texts of every length come out of a row as they went in, also where they are written by words.
func TestTextLengths(t *testing.T) {
	letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	schema := identity.NewSchema("a", "b", "c")
	for n := range 60 {
		want := []string{letters[:n], letters[60-n : 60], "end"}
		values := make([]identity.Value, len(want))
		for i, text := range want {
			values[i] = identity.StringValue(text)
		}
		row := identity.MoveToRow(make([]byte, 0, 300), len(values), values)
		a := identity.FromRow(schema, string(row))
		for i, text := range want {
			if got := a.At(i).Text(); got != text {
				t.Errorf("%d bytes: cell %d is %q, want %q", n, i, got, text)
			}
			if got := values[i].Text(); got != text {
				t.Errorf("%d bytes: value %d is %q afterwards, want %q", n, i, got, text)
			}
		}
	}
}
