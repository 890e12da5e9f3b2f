package diag

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePages(t *testing.T) {
	const text = `a-b error: what it is: in one line
  Why it matters,
  in two lines.
  wrong:
    {"a":
      1}
  right:
    {}

c-d info: another
no code
  lost
e-f warning: last
  wrong:
    x
`
	want := []Page{
		{Code: "a-b", Severity: Error, Meaning: "what it is: in one line", Why: "Why it matters,\nin two lines.", Wrong: "{\"a\":\n  1}", Right: "{}\n"},
		{Code: "c-d", Meaning: "another"},
		{Code: "e-f", Severity: Warning, Meaning: "last", Wrong: "x"},
	}
	want[0].Right = "{}"
	if diff := cmp.Diff(want, ParsePages(text)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestMergePages(t *testing.T) {
	got := MergePages([]Page{{Code: "b", Meaning: "m"}, {Code: "c"}}, []Page{{Code: "a"}, {Code: "b", Severity: Error, Meaning: "other", Why: "w", Wrong: "x"}})
	want := []Page{{Code: "a"}, {Code: "b", Severity: Error, Meaning: "m", Why: "w", Wrong: "x"}, {Code: "c"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func FuzzParsePages(f *testing.F) {
	f.Add("a error: b\n  c\n  wrong:\n    d\n")
	f.Fuzz(func(t *testing.T, text string) { ParsePages(text) })
}
