package identity

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A host that notes what it is about to apply writes a batch as JSON and applies it after a crash:
// the text has everything that is stored, and whether an outline is asked for changes nothing.
func TestBatchAsJSON(t *testing.T) {
	account := Account{Source: "HR", NativeIdentity: "1",
		Attributes: NewAttributes(map[string]Value{"mail": StringValue("a@x.example")})}
	want := Batch{
		Put:          []*Identity{{ID: "a", Accounts: []Account{account}}},
		Delete:       []string{"b"},
		Uncorrelated: []Account{account},
		Forget:       []AccountKey{{Source: "HR", NativeIdentity: "2"}},
		Decisions:    []Decision{{Number: 1, Event: "{}"}},
	}
	asked := want
	asked.Outline = func() []byte { return []byte("note") }

	for _, b := range []Batch{want, asked} {
		src, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var got Batch
		if err := json.Unmarshal(src, &got); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(src), string(again)); diff != "" {
			t.Errorf("written again: mismatch (-want +got)\n%s", diff)
		}
		if got.Put[0].ID != "a" || len(got.Put[0].Accounts) != 1 || got.Outline != nil ||
			cmp.Diff(want.Decisions, got.Decisions) != "" || cmp.Diff(want.Forget, got.Forget) != "" {
			t.Errorf("read: %+v", got)
		}
	}
}
