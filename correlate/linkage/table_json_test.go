package linkage

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadJSON(t *testing.T) {
	tests := []struct {
		name, src string
		want      string // columns with their cells
		found     []string
	}{
		{"an array", `[{"id":"1","name":{"first":"Ann","last":"Lee"}},{"id":"2","mail":["a@x","b@x"],"n":null,"on":true,"age":7}]`,
			"id 1 2|name.first Ann -|name.last Lee -|mail - a@x; b@x|n - -|on - true|age - 7", nil},
		{"lines, one of them bad", "{\"id\":\"1\",\"a\":\"x\"}\n\n{\"id\":\n7\n{\"id\":\"2\",\"a\":{}}\n{\"id\":\"3\",\"a\":[{\"b\":1}]}",
			`id 1 2 3|a x - {"b":1}`, []string{"f:3:7: error json-syntax: found the end of the file, expected a JSON value", "f:4:1: error table-row: number, expected an object"}},
		{"nothing", " \n", "", []string{"f:1:1: error table-header: no record, expected JSON objects with members"}},
		{"cut", `[{"id":"1"}`, "", []string{`f:1:12: error json-syntax: found the end of the file, expected ',' or ']'`}},
		{"ids that are not unique", "{\"id\":\"1\"}\n{\"id\":\"1\"}", "", []string{`f:2:1: error table-key: id "1" is in line 1 too, expected unique ids`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key := ""
			if strings.Contains(test.name, "unique") {
				key = "id"
			}
			table, list := ReadJSON("f", strings.NewReader(test.src), key)
			var columns, found []string
			if table != nil {
				columns = append(columns, "id "+strings.Join(table.ID, " "))
				for _, c := range table.Columns {
					line := c.Name
					for _, v := range c.Values {
						if v == "" {
							v = "-"
						}
						line += " " + v
					}
					columns = append(columns, line)
				}
			}
			for _, d := range list {
				found = append(found, d.String())
			}
			if diff := cmp.Diff(test.want, strings.Join(columns, "|")); diff != "" {
				t.Errorf("table mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.found, found); diff != "" {
				t.Errorf("findings mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzReadJSON: no panic, and each column has a cell for each record.
func FuzzReadJSON(f *testing.F) {
	for _, src := range []string{`[{"id":"1","a":{"b":"c"}}]`, "{\"id\":1}\n{\"a\":[1,null]}\n", "[", "{}", `[1,"x",{}]`, "\ufeff{\"a\":\"\\ud800\"}"} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		table, found := ReadJSON("f", strings.NewReader(string(src)), "")
		if table == nil {
			if !found.HasErrors() {
				t.Error("no table and no error")
			}
			return
		}
		for _, c := range table.Columns {
			if len(c.Values) != table.Len() {
				t.Errorf("column %q has %d cells, want %d", c.Name, len(c.Values), table.Len())
			}
		}
	})
}
