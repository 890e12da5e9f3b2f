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
}
