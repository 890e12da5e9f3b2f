package main

import (
	"strings"
	"testing"
)

// What the configuration suppresses, other commands than lint count and say no more of.
func TestSuppressedFindings(t *testing.T) {
	wrong := map[string]string{"other.json": `{"name": "Other", "type": "uper"}`}
	quiet := map[string]string{"other.json": wrong["other.json"], "idprofile.json": `{"now": "2026-01-15T09:00:00Z",
 "suppress": [{"code": "type-unknown", "object": "Other", "reason": "a plug-in of ours"}]}`}
	for _, c := range []struct {
		args []string
		want string // said where it is suppressed
	}{
		{[]string{"run"}, "Findings: 0 errors, 0 warnings"},
		{[]string{"run", "--format", "json"}, `"suppressed": 1`},
		{[]string{"correlate"}, "preview: 1 error suppressed"},
		{[]string{"explain", "--identity", "1"}, "preview: 1 error suppressed"},
		{[]string{"data"}, "preview: 1 error suppressed"},
		{[]string{"diff", tenantWith(t, nil), "--now", "2026-01-15"}, "preview: 1 error suppressed"},
	} {
		said := func(files map[string]string) string {
			dir := tenantWith(t, files)
			_, out, errs := command(t, append(append([]string{}, c.args...), dir)...)
			return out + errs
		}
		loud, silent := said(wrong), said(quiet)
		if !strings.Contains(loud, "type-unknown") && !strings.Contains(loud, `"error": 1`) {
			t.Errorf("%v says nothing of the wrong type:\n%s", c.args, loud)
		}
		if strings.Contains(silent, "unknown operation") || !strings.Contains(silent, c.want) {
			t.Errorf("%v does not say %q:\n%s", c.args, c.want, silent)
		}
	}
}
