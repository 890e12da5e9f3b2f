package isc_test

import (
	"errors"
	"testing"

	"github.com/idprofile/engine/identity/isc"
)

func TestNames(t *testing.T) {
	for _, test := range []struct {
		name string
		a, b string
		same bool
		bare bool // b may be the name of a new object
	}{
		{name: "equal", a: "Staff", b: "Staff", same: true, bare: true},
		{name: "case", a: "Staff", b: "STAFF", same: true, bare: true},
		{name: "blanks", a: "Staff", b: " staff ", same: true},
		{name: "tab and line end", a: "Staff", b: "\tStaff\n", same: true},
		{name: "no-break space", a: "Staff", b: "Staff\u00A0", same: true},
		{name: "zero width space", a: "Staff", b: "Staff\u200B", same: true},
		{name: "byte order mark", a: "Staff", b: "\uFEFFStaff", same: true},
		{name: "right-to-left mark", a: "Staff", b: "\u200FStaff", same: true},
		{name: "blank within", a: "Active Directory", b: "Active  Directory", bare: true},
		{name: "joiner within", a: "می\u200Cخواهم", b: "می\u200Cخواهم", same: true, bare: true},
		{name: "other", a: "Staff", b: "Staff 2", bare: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := isc.SameName(test.a, test.b); got != test.same {
				t.Errorf("SameName(%q, %q) is %v", test.a, test.b, got)
			}
			err := isc.CheckName(test.b)
			if bare := err == nil; bare != test.bare {
				t.Errorf("CheckName(%q): %v", test.b, err)
			}
			if err != nil && !errors.Is(err, isc.CodeIllegalValue) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
