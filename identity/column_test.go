package identity

import "testing"

// A column reads what a look-up by name does, whatever schemas come one after the other.
func TestColumn(t *testing.T) {
	rows := []Attributes{{}, NewAttributes(map[string]Value{"a": StringValue("1"), "b": StringValue("2")}), {},
		NewAttributes(map[string]Value{"b": StringValue("3")}), NewAttributes(map[string]Value{"a": StringValue("4")}),
		FromRow(NewSchema("a", "a"), ""), Pack(NewSchema("x", "b"), []Value{{}, StringsValue("5", "6")})}
	for _, name := range []string{"a", "b", "x", "none"} {
		column := NewColumn(name)
		for _, a := range append(rows, rows...) {
			if want, got := a.Get(name).String(), column.Of(a).String(); want != got {
				t.Errorf("%s of %v: %s, want %s", name, a, got, want)
			}
		}
	}
}
