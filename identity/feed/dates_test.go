package feed

import (
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"/Date(1717142400000)/", "2024-05-31T08:00:00Z"}, {`\/Date(1717142400000+0120)\/`, "2024-05-31T10:00:00+02:00"},
		{"/Date(-86400000)/", "1969-12-31T00:00:00Z"}, {"/Date(-1-60)/", "1969-12-31T22:59:59.999-01:00"},
		{"/Date(253402214400000)/", "9999-12-31T00:00:00Z"},
		{"/Date()/", ""}, {"/Date(1", ""}, {"Date(1)/", ""}, {"/Date(1+2000)/", ""}, {"/Date(99999999999999999999)/", ""},
	} {
		got := ""
		if at, ok := ODataDate(tc.text); ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.text, got, tc.want)
		}
	}
	for _, tc := range []struct {
		text string
		mac  bool
		want string
	}{
		{"45443", false, "2024-05-31T00:00:00Z"}, {"45443.5", false, "2024-05-31T12:00:00Z"}, {"1", false, "1900-01-01T00:00:00Z"},
		{"59", false, "1900-02-28T00:00:00Z"}, {"61", false, "1900-03-01T00:00:00Z"}, {"60", false, ""}, {"0", false, ""}, {"0.5", false, ""},
		{"0", true, "1904-01-01T00:00:00Z"}, {"43981", true, "2024-05-31T00:00:00Z"}, {"45443.99999999", false, "2024-05-31T23:59:59.999Z"},
		{"2958465", false, "9999-12-31T00:00:00Z"}, {"2958466", false, ""}, {"-1", false, ""}, {"NaN", false, ""}, {"2024-05-31", false, ""},
	} {
		got := ""
		if at, ok := ExcelDate(tc.text, tc.mac); ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.text, got, tc.want)
		}
	}
}
