package report_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/report"
)

func TestFprintf(t *testing.T) {
	var b strings.Builder
	if _, err := report.Fprintf(&b, "%s|%-4s|%5d|%v|%q|%s\n", "a\x1b[31mb\nIdentity exceptions: 0", "é", 7, errors.New("x\r\ny\u202e"), "z\a", report.Raw("\x1b[1mbold\x1b[0m")); err != nil {
		t.Fatal(err)
	}
	want := "a␛[31mb␊Identity exceptions: 0|é   |    7|x␊y\uFFFD|\"z\\a\"|\x1b[1mbold\x1b[0m\n"
	if b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestQuote(t *testing.T) {
	if got := report.Quote(strings.Repeat("ä", 400_000)); got != strings.Repeat("ä", 199)+"…" {
		t.Errorf("%d bytes", len(got))
	}
	if got := report.Quote("a\tb"); got != "a b" {
		t.Errorf("got %q", got)
	}
}
