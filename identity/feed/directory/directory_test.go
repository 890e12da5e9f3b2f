package directory_test

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/feed/directory"
)

func ExampleTime() {
	for _, text := range []string{"20240531080000.0Z", "202405310800Z", "2024053108.25+0200", "20240531080000"} {
		t, ok := directory.Time(text)
		fmt.Println(t.Format(time.RFC3339Nano), ok)
	}
	// Output:
	// 2024-05-31T08:00:00Z true
	// 2024-05-31T08:00:00Z true
	// 2024-05-31T06:15:00Z true
	// 0001-01-01T00:00:00Z false
}

func TestTime(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"20240531080000Z", "2024-05-31T08:00:00Z"}, {"20240531080000.123456789Z", "2024-05-31T08:00:00.123456789Z"},
		{"20240531080000,5-0330", "2024-05-31T11:30:00.5Z"}, {"2024053108Z", "2024-05-31T08:00:00Z"},
		{"20240531235959.9999999999999Z", "2024-05-31T23:59:59.999999999Z"}, {"20161231235960Z", "2017-01-01T00:00:00Z"},
		{"16010101000000.0Z", "1601-01-01T00:00:00Z"}, {"99991231235959.0Z", "9999-12-31T23:59:59Z"},
		{"20240230080000Z", ""}, {"20240531080000.Z", ""}, {"20240531Z", ""}, {"20240531080000+1", ""}, {"20240531080000+2400", ""},
		{"20240531080000z", ""}, {"", ""}, {"Z", ""}, {"20240531080000.0Z ", ""},
	} {
		got := ""
		if at, ok := directory.Time(tc.text); ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestFileTime(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		never, ok  bool
	}{
		{"134058895040000000", "2025-10-25T18:11:44Z", false, true}, {"1", "1601-01-01T00:00:00.0000001Z", false, true},
		{"0", "0001-01-01T00:00:00Z", true, true}, {"9223372036854775807", "0001-01-01T00:00:00Z", true, true},
		{"-1", "0001-01-01T00:00:00Z", false, false}, {"", "0001-01-01T00:00:00Z", false, false}, {"9223372036854775808", "0001-01-01T00:00:00Z", false, false},
	} {
		at, never, ok := directory.FileTime(tc.text)
		if got := at.Format(time.RFC3339Nano); got != tc.want || never != tc.never || ok != tc.ok {
			t.Errorf("%s: got %s, never %v, ok %v", tc.text, got, never, ok)
		}
	}
}

func TestIDs(t *testing.T) {
	raw, _ := hex.DecodeString("ff19966f868b11d0b42d00c04fc964ff")
	guid, ok := directory.GUID(raw)
	if guid != "{6f9619ff-8b86-d011-b42d-00c04fc964ff}" || !ok {
		t.Errorf("got %s, %v", guid, ok)
	}
	if back, ok := directory.ParseGUID(guid); !ok || string(back) != string(raw) {
		t.Errorf("read back: %x, %v", back, ok)
	}
	if _, ok := directory.GUID(raw[1:]); ok {
		t.Error("15 bytes are no GUID")
	}
	for _, text := range []string{"", "6f9619ff-8b86-d011-b42d-00c04fc964f", "6f9619ff-8b86-d011-b42d-00c04fc964fg", "6f9619ff_8b86-d011-b42d-00c04fc964ff"} {
		if _, ok := directory.ParseGUID(text); ok {
			t.Errorf("%q is no GUID", text)
		}
	}
	for _, tc := range []struct{ raw, want string }{
		{"010500000000000515000000a065cf7e784b9b5fe77c8770091c0100", "S-1-5-21-2127521184-1604012920-1887927527-72713"},
		{"01020000000000052000000020020000", "S-1-5-32-544"}, {"010100000000000100000000", "S-1-1-0"},
		{"0100010000000000", "S-1-0x010000000000"}, {"0102000000000005200000", ""}, {"02010000000000010000000000", ""}, {"", ""},
	} {
		raw, _ := hex.DecodeString(tc.raw)
		if got, ok := directory.SID(raw); got != tc.want || ok != (tc.want != "") {
			t.Errorf("%s: got %s, want %s", tc.raw, got, tc.want)
		}
	}
}

func TestValues(t *testing.T) {
	uac, ok := directory.ParseAccountControl("514")
	if !ok || !uac.Has(directory.Disabled) || !uac.Has(directory.Normal) || uac.Has(directory.Locked) {
		t.Errorf("514: %v %v", uac, ok)
	}
	if uac, ok := directory.ParseAccountControl("-2147483646"); !ok || !uac.Has(directory.Disabled) {
		t.Errorf("with a sign: %v %v", uac, ok)
	}
	for _, text := range []string{"", "0x2", "4294967296", "1.0"} {
		if _, ok := directory.ParseAccountControl(text); ok {
			t.Errorf("%q is no account control", text)
		}
	}

	const id = "75288fd9-5c1d-4e2f-9a3b-0000000000d3"
	for _, tc := range []struct {
		name, had string
		kind      directory.Mangled
	}{
		{`CN=Ann\0ADEL:` + id + `,CN=Deleted Objects,DC=x`, `CN=Ann,CN=Deleted Objects,DC=x`, directory.Deleted},
		{`CN=Ann\0ACNF:` + id + `,OU=a,DC=x`, `CN=Ann,OU=a,DC=x`, directory.Conflict},
		{"Ann\nCNF:" + id, "Ann", directory.Conflict},
		{`CN=Ann\0aDEL:` + id, "CN=Ann", directory.Deleted},
		{`CN=DEL:x,DC=x`, `CN=DEL:x,DC=x`, directory.Intact}, {`CN=Ann\0ADEL:short`, `CN=Ann\0ADEL:short`, directory.Intact},
	} {
		had, guid, kind := directory.Unmangle(tc.name)
		if had != tc.had || kind != tc.kind || (guid == id) != (kind != directory.Intact) {
			t.Errorf("%s: got %s, %s, %v", tc.name, had, guid, kind)
		}
	}
	if diff := cmp.Diff("ann@x", directory.PrimaryMail([]string{"smtp:a@x", "SIP:ann@x", "SMTP:ann@x", "SMTP:b@x"})); diff != "" {
		t.Error(diff)
	}
}

func FuzzTime(f *testing.F) {
	f.Add("20240531080000.0Z")
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := directory.Time(text)
		if !ok {
			return
		}
		again, ok := directory.Time(directory.FormatTime(at))
		if at.Year() >= 0 && at.Year() < 10000 && (!ok || !again.Equal(at.Truncate(time.Second))) {
			t.Errorf("%s is %v, written and read %v", text, at, again)
		}
	})
}
