package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// said returns the findings and assumptions of a configuration with one of the
// codes, in the order of the bundle.
func said(files []config.File, codes ...diag.Code) []string {
	b, found := config.LoadFiles(files...)
	var list []string
	for _, d := range found {
		if slices.Contains(codes, d.Code) {
			list = append(list, fmt.Sprintf("%s %s: %s", d.Severity, d.Code, d.Message))
		}
	}
	for _, a := range b.Assumptions {
		if slices.Contains(codes, a.Code) {
			list = append(list, a.String())
		}
	}
	return list
}

// tenant is a profile on the source HR, and another source.
func tenant(states, transform, badge string) []config.File {
	return []config.File{
		{Name: "p.json", Data: []byte(`{"name":"People","priority":10,"authoritativeSource":{"id":"1","name":"HR"},"identityAttributeConfig":{"enabled":true,
			"attributeTransforms":[{"identityAttributeName":"cloudLifecycleState","transformDefinition":` + transform + `}]},"lifecycleStates":[` + states + `]}`)},
		{Name: "s.json", Data: []byte(`[{"id":"1","name":"HR","connector":"csv"},{"id":"2","name":"Badges","connector":"csv"` + badge + `}]`)},
		{Name: "t.json", Data: []byte(`{"name":"State","type":"lookup","attributes":{"table":{"A":"active","L":"leave","default":"gone"}}}`)},
	}
}

// A lifecycle state that a mapping spells out and the profile does not have is
// said, wherever in what the mapping hands on it stands.
func TestStatesMissing(t *testing.T) {
	state := func(name string) string { return `{"name":"X","technicalName":"` + name + `","enabled":true}` }
	for _, tc := range []struct{ name, states, transform, want string }{
		{"all there", state("active") + "," + state("leave") + "," + state("gone"), `{"type":"reference","attributes":{"id":"State"}}`, ""},
		{"one of a table", state("active") + "," + state("gone"), `{"type":"reference","attributes":{"id":"State"}}`, "leave (1)"},
		{"no states known", "", `{"type":"reference","attributes":{"id":"State"}}`, ""},
		{"a template", state("active"), `{"type":"static","attributes":{"x":"1","value":"#if($x == '1')active#{elseif}($x == '2' )leave #else gone#end"}}`, "gone, leave (2)"},
		{"else in braces", state("gone"), `{"type":"static","attributes":{"x":"1","value":"#if($x == '1')gone#{else}active#end"}}`, "active (1)"},
		{"a variable", state("active"), `{"type":"static","attributes":{"x":"1","value":"$x"}}`, "inactive (1)"},
		{"read as it is", state("leave"), `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"st"}}`, "active, inactive (2)"},
		{"read, all there", state("active") + "," + state("inactive"), `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"st"}}`, ""},
		{"what is compared is no state", state("active"),
			`{"type":"conditional","attributes":{"expression":"a eq b","positiveCondition":"active","negativeCondition":"over"}}`, "over (1)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := strings.Join(said(tenant(tc.states, tc.transform, ""), "states-missing"), "\n")
			if tc.want == "" && got != "" || tc.want != "" && !strings.Contains(got, strings.Replace(tc.want, " (", `" (`, 1)) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// A source that nothing correlates by is a warning, unless a profile reads it.
func TestSourceWithoutCriteria(t *testing.T) {
	none := `warning source-without-criteria: source "Badges" has no correlation criteria and no correlation rule, ` +
		`so only accounts that are named like an identity find one`
	for _, tc := range []struct {
		name, badge string
		want        []string
	}{
		{"none", "", []string{none}},
		{"no assignments", `,"correlationConfigDetails":{"name":"c","attributeAssignments":[]}`, []string{none}},
		{"only a reference", `,"accountCorrelationConfig":{"id":"7","name":"c"}`, []string{none}},
		{"criteria", `,"correlationConfigDetails":{"name":"c","attributeAssignments":[{"property":"uid","value":"id","operation":"EQ","complex":false}]}`, nil},
		{"a rule", `,"accountCorrelationRule":{"type":"RULE","id":"9","name":"Find"}`, nil},
		{"authoritative without profile", `,"authoritative":true`, []string{
			`warning source-authoritative: source "Badges" is authoritative, and no profile reads it: its accounts make no identities`, none}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := said(tenant("", `{"type":"static","attributes":{"value":"active"}}`, tc.badge), "source-without-criteria", "source-authoritative")
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// An object of a list that nothing is known of is said, also beside others that are
// known; the catalogue is known by its attributes.
func TestUnknownBesideKnown(t *testing.T) {
	got := said([]config.File{{Name: "x.json", Data: []byte(`{"version":1,"objects":[
		{"self":{"type":"TRANSFORM","name":"T"},"object":{"name":"T","type":"lower","attributes":{}}},
		{"self":{"name":"Odd"},"object":{"name":"Odd","foo":1}},
		{"self":{"name":"Identity"},"object":{"name":"Identity","attributes":[{"name":"uid","standard":true,"system":false}]}}]}`)}}, "shape-unknown")
	want := []string{`info shape-unknown: the object "Odd" is of no known shape; it is kept and not evaluated`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// What a profile leaves unmapped, and what operations and objects take when they
// are not told, is in the list.
func TestDefaultsTaken(t *testing.T) {
	files := append(tenant("", `{"type":"split","attributes":{"delimiter":"-","index":0,"input":"a-b"}}`, ""), config.File{Name: "q.json",
		Data: []byte(`{"name":"Guests","authoritativeSource":{"name":"Badges"},"identityAttributeConfig":{"enabled":true,
			"attributeTransforms":[{"identityAttributeName":"uid"}]}}`)})
	want := []string{
		`warning mapping-empty: the mapping of "uid" in profile "Guests" has no transformDefinition: the attribute is not mapped`,
		`q.json:1:1: attributes-unmapped "Guests": used "no value" instead of "cloudLifecycleState" (1)`,
		`default-taken "Identity, the catalogue of attributes": used "those of the platform and those that are mapped" (1)`,
		`default-taken "idprofile.json": used "no settings; now is what the caller says" (1)`,
		`t.json:1:1: default-taken "lookup": used "input: the value handed on" (1)`,
		`p.json:1:1: default-taken "profile": used "created: older than all others (2); priority: the next one after all others" (3)`,
		`s.json:1:1: default-taken "source": used "correlationConfigDetails.attributeAssignments of Badges: names alone; ` +
			`correlationConfigDetails.attributeAssignments of HR: names alone; deleteThreshold: 10 percent (2); ` +
			`managerCorrelationMapping of Badges: no managers; managerCorrelationMapping of HR: no managers; schemas: the columns of the account file (2)" (8)`,
		`p.json:2:1: default-taken "split": used "throws: true" (1)`,
	}
	if diff := cmp.Diff(want, said(files, "mapping-empty", "attributes-unmapped", "default-taken")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
