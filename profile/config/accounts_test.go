package config_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

const hrSource = `{"id": "s1", "name": "HR", "connector": "x", "schemas": [{"name": "account", "identityAttribute": "no", "displayAttribute": "login",
 "attributes": [{"name": "no"}, {"name": "login"}, {"name": "groups", "isMulti": true}]}]}`

const hrProfile = `{"name": "People", "authoritativeSource": {"name": "HR"}, "identityAttributeConfig": {"enabled": true}}`

func TestAccounts(t *testing.T) {
	fsys := fstest.MapFS{
		"hr.json":          {Data: []byte(hrSource)},
		"p.json":           {Data: []byte(hrProfile)},
		"idprofile.json":   {Data: []byte(`{"sources": {"HR": {"file": "data/people.txt", "delimiter": "|", "separator": "/"}}}`)},
		"data/people.txt":  {Data: []byte("no|login|groups|extra\n7|ann|a/b|?\n|bob|c|?\n")},
		"accounts/HR.json": {Data: []byte(`[]`)},
	}
	b, found := config.Load(fsys)
	if found.HasErrors() {
		t.Fatal(found)
	}
	var codes []string
	sources, missing := b.Accounts(fsys, func(d diag.Diagnostic) { codes = append(codes, string(d.Code)) })
	if len(missing) > 0 || len(sources) != 1 {
		t.Fatalf("%d sources, %v", len(sources), missing)
	}
	var got []string
	for a, err := range sources[0].Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.Source, a.NativeIdentity, a.Name, a.Attributes.Get("groups").String(), a.Attributes.Get("extra").String())
	}
	if diff := cmp.Diff([]string{"HR", "7", "ann", `["a" "b"]`, "null"}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"column-unknown", "account-id-missing"}, codes); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestAccountsMissing(t *testing.T) {
	for _, tc := range []struct {
		name string
		fsys fstest.MapFS
		want string
	}{
		{"no file", fstest.MapFS{}, "data-missing"},
		{"a file that is not there", fstest.MapFS{"idprofile.json": {Data: []byte(`{"sources": {"HR": {"file": "x.csv"}}}`)}}, "file-unreadable"},
		{"a file of another kind", fstest.MapFS{"x.xls": {}, "idprofile.json": {Data: []byte(`{"sources": {"HR": {"file": "x.xls"}}}`)}}, "file-unreadable"},
		{"a folder that is named as a file", fstest.MapFS{"accounts/HR.csv/part-0.csv": {Data: []byte("no,login\n7,ann\n")}}, "file-unreadable"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.fsys["hr.json"], tc.fsys["p.json"] = &fstest.MapFile{Data: []byte(hrSource)}, &fstest.MapFile{Data: []byte(hrProfile)}
			b, _ := config.Load(tc.fsys)
			sources, found := b.Accounts(tc.fsys, nil)
			if len(sources) != 0 || len(found) != 1 || string(found[0].Code) != tc.want {
				t.Errorf("%d sources, %v, want %s", len(sources), found, tc.want)
			}
		})
	}
}

// The one file that no source has is offered to the source that has none.
func TestAccountsUnderAnotherName(t *testing.T) {
	other := &fstest.MapFile{Data: []byte("id,mail\n1,a@x.example\n")}
	for _, tc := range []struct {
		files []string
		want  string
	}{
		{[]string{"accounts/people.csv"}, "expected accounts/HR.csv, .json or .jsonl; if accounts/people.csv is it, name it in idprofile.json: " +
			`{"sources": {"HR": {"file": "accounts/people.csv"}}}`},
		{[]string{"accounts/people.csv", "accounts/staff.csv"}, "expected accounts/HR.csv, .json or .jsonl"},
		{nil, "expected accounts/HR.csv, .json or .jsonl"},
	} {
		fsys := fstest.MapFS{"hr.json": {Data: []byte(hrSource)}, "p.json": {Data: []byte(hrProfile)},
			"ad.json": {Data: []byte(`{"id": "s2", "name": "Directory", "connector": "x", "schemas": []}`)}}
		for _, f := range tc.files {
			fsys[f] = other
		}
		b, _ := config.Load(fsys)
		_, found := b.Accounts(fsys, nil)
		if len(found) != 1 {
			t.Fatalf("%v: %v", tc.files, found)
		}
		if diff := cmp.Diff(tc.want, found[0].Hint); diff != "" {
			t.Errorf("%v: mismatch (-want +got):\n%s", tc.files, diff)
		}
	}
}

func TestStoredTransformsAreChecked(t *testing.T) {
	b, found := config.LoadFiles(
		config.File{Name: "a.json", Data: []byte(`{"name": "A", "type": "reference", "attributes": {"id": "B"}}`)},
		config.File{Name: "b.json", Data: []byte(`{"name": "B", "type": "uper"}`)})
	if len(found) > 0 {
		t.Fatal(found)
	}
	_, found = profile.Compile(b, profile.Options{})
	if len(found) != 1 || found[0].Code != "type-unknown" || found[0].Pos.File != "b.json" {
		t.Errorf("got %v, want one type-unknown in b.json", found)
	}
}
