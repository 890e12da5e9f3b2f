package profiletest_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

// A transform that is tested alone is what a mapping would use: with the dialect and the
// rules of the settings, and with the ready-made transforms.
func TestRowsSeeTheSettings(t *testing.T) {
	fsys := fstest.MapFS{
		"idprofile.json": {Data: []byte(`{"rules": {"Shout": "upper(args.text) + \"!\""}, "dialect": {"firstValidIgnoresErrors": true}}`)},
		"transforms/loud.json": {Data: []byte(`{"name": "Loud", "type": "rule", "attributes": {"name": "Shout",
			"text": {"type": "reference", "attributes": {"id": "ToLower"}}}}`)},
		"transforms/first.json": {Data: []byte(`{"name": "First", "type": "firstValid", "attributes": {"values": [
			{"type": "split", "attributes": {"delimiter": "-", "index": 5, "throws": true, "input": "a"}}, "second"]}}`)},
		"a_test.json": {Data: []byte(`{"cases": [
			{"name": "rule", "transform": "Loud", "rows": [{"input": "Hey", "expect": "HEY!"}]},
			{"name": "stub", "transform": "Loud", "rules": {"Shout": "quiet"}, "rows": [{"input": "Hey", "expect": "quiet"}]},
			{"name": "dialect", "transform": "First", "rows": [{"expect": "second"}]}]}`)},
	}
	b, found := config.Load(fsys)
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	e, _ := profile.Compile(b, profile.Options{})
	report, found, err := profiletest.Run(t.Context(), e, fsys, "", profiletest.Options{})
	if err != nil || report == nil {
		t.Fatal(err, found)
	}
	got := map[string]string{}
	for _, c := range report.Cases {
		got[c.Name] = ""
		for _, f := range c.Failures {
			got[c.Name] += f.Got
		}
	}
	if diff := cmp.Diff(map[string]string{"rule/row 1": "", "stub/row 1": "", "dialect/row 1": ""}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
