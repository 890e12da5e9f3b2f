package profile

import (
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
)

// TestNextProcessing: which forms of nextProcessing are processed.
func TestNextProcessing(t *testing.T) {
	for value, want := range map[string]string{
		"2025-04-01T06:00:00-05:00": "", "2025-04-01T06:00:00Z": "", "2025-04-01T06:00Z": "", "2025-04-01T06:00:00.000Z": "",
		"2025-04-01T06:00:00+0530": "", "2025-04-01T06:00:00-05": "",
		"2025-04-01T06:00:00-05:00Z": "an offset and Z", "2025-04-01T06:00:00+00:00Z": "an offset and Z",
		"2025-04-01T06:00:00": "neither", "2025-04-01T06:00": "neither",
		"2025-04-01": "no date-time", "04/01/2025": "no date-time", "2025-04-01 06:00:00Z": "no date-time", "": "no date-time",
		"2025-13-01T06:00:00Z": "no such date", "2025-02-29T06:00:00Z": "no such date", "2025-04-01T25:00:00Z": "no such date", "2024-02-29T06:00:00Z": "",
		"1743487200000": "no date-time",
	} {
		got := nextProcessingWarning(identity.NewAttributes(map[string]identity.Value{"nextProcessing": identity.StringValue(value)}))
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
	if got := nextProcessingWarning(identity.NewAttributes(nil)); got != "" {
		t.Errorf("without a value: %q", got)
	}
}
