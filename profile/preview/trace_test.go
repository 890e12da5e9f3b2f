package preview_test

import (
	"io"
	"testing"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

func TestTrace(t *testing.T) {
	b := acme(t, "")
	e, _ := profile.Compile(b, profile.Options{})
	for _, tc := range []struct {
		name, who  string
		attributes []string
	}{
		{"rehire", "HR/6745", []string{"email", "identificationNumber", "manager", "organization", "badgeNumber", "title"}},
		{"error", "c-0052", []string{"cloudLifecycleState"}},
		{"duplicate", "9514", []string{"uid"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tr, err := e.Explain(t.Context(), profile.RunOptions{Now: b.Settings.Now}, preview.Finder(tc.who), tc.attributes, accounts(t, b)...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "trace-"+tc.name+".txt", func(w io.Writer) error { return preview.WriteTrace(w, tr, nil) })
			if tc.name == "error" {
				golden(t, "trace-"+tc.name+".json", func(w io.Writer) error { return preview.WriteTraceJSON(w, tr) })
			}
		})
	}
}
