package tenant_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// TestReadRequests: what is wrong with a plan, each with its place.
func TestReadRequests(t *testing.T) {
	for src, want := range map[string]string{
		`{`:                                  "json-syntax",
		`[]`:                                 "1:1: found a list",
		`{"changes": [], "chnges":1}`:        `did you mean "changes"?`,
		`{"changes":[{"do":"patchProfil"}]}`: `did you mean "patchProfile"?`,
		`{"changes":[{"do":"removeMapping","profile":"A"}]}`:                    `removeMapping: "attribute" is missing`,
		`{"changes":[{"do":"deleteProfile","profile":1}]}`:                      `profile: found a number, expected a name`,
		`{"changes":[{"do":"deleteProfile","profile":"A","force":true}]}`:       `it has no member "force"`,
		`{"changes":[{"do":"putTransform","transform":[]}]}`:                    `transform: found a list, expected an object`,
		`{"changes":[{"do":"patchProfile","profile":"A","patch":{"op":1}}]}`:    `patch: `,
		`{"changes":[{"do":"deleteProfile","profile":"A","why":"it is over"}]}`: "",
	} {
		list, err := tenant.ReadRequests("p.json", []byte(src))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if want == "" && (len(list) != 1 || text != "") || !strings.Contains(text, want) {
			t.Errorf("%s: %d changes, %s, want %s", src, len(list), text, want)
		}
	}
}

func FuzzReadRequests(f *testing.F) {
	f.Add(`{"changes":[{"do":"patchProfile","profile":"A","patch":[{"op":"replace","path":"/priority","value":5}]},{"do":"setMapping","profile":"A","attribute":"b","transform":{}}]}`)
	f.Add(`{"changes":[{"do":"addAttribute","name":"a b","searchable":true},{"do":"createState","profile":"A","state":{"name":"x"}}]}`)
	f.Fuzz(func(t *testing.T, src string) {
		b, _ := config.LoadFiles(config.File{Name: "t.json", Data: []byte(`{"name":"A","priority":10,"authoritativeSource":{"type":"SOURCE","id":"1","name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[]}}`)})
		tn := tenant.New(b, store.NewMemory(), tenant.Options{})
		list, err := tenant.ReadRequests("p.json", []byte(src))

		// What is read without a fault is written so that it is read again, and the same.
		if written, _ := json.Marshal(map[string]any{"changes": list}); err == nil && len(list) > 0 {
			again, err := tenant.ReadRequests("p.json", written)
			if twice, _ := json.Marshal(map[string]any{"changes": again}); err != nil || string(twice) != string(written) {
				t.Errorf("%s was written as %s: %v", src, written, err)
			}
		}
		for _, r := range list {
			p, err := tn.Plan(t.Context(), r)
			if err != nil {
				continue
			}
			if _, err := json.Marshal(p); err != nil {
				t.Errorf("%s: %v", src, err)
			}
		}
	})
}
