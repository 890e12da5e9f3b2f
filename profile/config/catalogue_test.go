package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile/config"
)

func TestTechnicalName(t *testing.T) {
	tests := []struct{ display, want string }{
		{"Start Date", "startDate"},
		{"AD Last Logon Date Type", "adLastLogonDateType"},
		{"NE Populations Jobtitles", "nePopulationsJobtitles"},
		{"TeSt1 test2 3", "test1Test23"},
		{"displayName", "displayname"},
		{"  Cost   Center ", "costCenter"},
		{"3rd Party", "3rdParty"},
		{"E-mail", ""}, {"Straße", ""}, {"", ""}, {"   ", ""}, {"a\tb", ""},
		{strings.Repeat("x", 128), strings.Repeat("x", 128)}, {strings.Repeat("x", 129), ""},
	}
	for _, tt := range tests {
		got, err := config.TechnicalName(tt.display)
		if got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, isc.CodeIllegalValue) {
			t.Errorf("%q: got %q, %v, want %q", tt.display, got, err, tt.want)
		}
	}
}

func FuzzTechnicalName(f *testing.F) {
	for _, s := range []string{"Start Date", "TeSt1 test2 3", "  ", "É"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, display string) {
		name, err := config.TechnicalName(display)
		if err != nil {
			return
		}
		if name == "" || strings.ContainsAny(name, " \t") || !strings.EqualFold(name, strings.ReplaceAll(display, " ", "")) {
			t.Errorf("%q became %q", display, name)
		}
	})
}

func TestCatalogue(t *testing.T) {
	list := config.Catalogue()
	if len(list) != 28 || list[0].Name != "uid" || list[0].DisplayName != "User Name" {
		t.Errorf("got %d entries, first %+v", len(list), list[0])
	}
	if diff := cmp.Diff([]string{"uid", "email", "lastname"}, config.Required()); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	list[0].Name = "changed"
	if config.Catalogue()[0].Name != "uid" {
		t.Error("a caller can change the catalogue")
	}
}
