package tenant_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/profile/tenant"
)

// proposalBase is a small tenant with one of everything that has an operation.
const proposalBase = `[
 {"name":"Staff","id":"p1","priority":10,"description":"all","authoritativeSource":{"type":"SOURCE","id":"s1","name":"HR"},
  "identityAttributeConfig":{"enabled":true,"attributeTransforms":[
   {"identityAttributeName":"uid","transformDefinition":{"type":"reference","attributes":{"id":"Outer"}}},
   {"identityAttributeName":"email","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}}]},
  "lifecycleStates":[{"id":"l1","name":"Active","technicalName":"active","enabled":true,"priority":10},{"id":"l2","name":"Leave","technicalName":"leave","enabled":false}]},
 {"name":"Guests","id":"p2","priority":20,"authoritativeSource":{"type":"SOURCE","id":"s2","name":"Desk"},
  "identityAttributeConfig":{"enabled":true,"attributeTransforms":[]}},
 {"name":"Outer","id":"t1","type":"upper","attributes":{"input":{"type":"reference","attributes":{"id":"Inner"}}}},
 {"name":"Inner","id":"t2","type":"trim","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}},
 {"name":"HR","id":"s1","type":"DelimitedFile","connectorAttributes":{},"correlationConfigDetails":{"name":"c","attributeAssignments":[{"property":"uid","value":"id","operation":"EQ"}]}},
 {"name":"Desk","id":"s2","type":"DelimitedFile","connectorAttributes":{}},
 {"objectType":"IdentityObjectConfig","attributes":[
  {"name":"costCenter","displayName":"Cost Center","standard":false,"type":"string","multi":false,"searchable":false,"system":false},
  {"name":"badge","displayName":"Badge","standard":false,"type":"string","multi":false,"searchable":false,"system":false}]}
]`

// TestRequests: what makes one configuration out of another is proposed, survives being
// written and read, and leads there when a tenant carries it out.
func TestRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		from, to []string // texts that are replaced, in turn
		want     string   // the operations
		left     int      // differences that no operation makes
	}{
		"nothing":  {want: ""},
		"priority": {from: []string{`"priority":20`}, to: []string{`"priority":5`}, want: "patchProfile Guests"},
		"mapping": {from: []string{`"attributeName":"mail"`}, to: []string{`"attributeName":"workMail"`},
			want: "setMapping Staff email"},
		"mapping gone": {from: []string{`,
   {"identityAttributeName":"email","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}}`},
			to: []string{""}, want: "removeMapping Staff email"},
		"disabled":  {from: []string{`"enabled":true,"attributeTransforms":[]`}, to: []string{`"enabled":false,"attributeTransforms":[]`}, want: "patchProfile Guests"},
		"transform": {from: []string{`"type":"trim","attributes":{`}, to: []string{`"type":"trim","attributes":{"x":1,`}, want: "putTransform Inner"},
		"type of a transform": {from: []string{`"id":"t2","type":"trim"`}, to: []string{`"id":"t2","type":"lower"`}, want: "",
			left: 1},
		"transforms gone, users first": {
			from: []string{`{"type":"reference","attributes":{"id":"Outer"}}`, ` {"name":"Outer","id":"t1","type":"upper","attributes":{"input":{"type":"reference","attributes":{"id":"Inner"}}}},
 {"name":"Inner","id":"t2","type":"trim","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}},
`},
			to:   []string{`{"type":"static","attributes":{"value":"x"}}`, ""},
			want: "setMapping Staff uid, deleteTransform Outer, deleteTransform Inner",
		},
		"states": {
			from: []string{`"technicalName":"active","enabled":true,"priority":10`, `{"id":"l2","name":"Leave","technicalName":"leave","enabled":false}`},
			to:   []string{`"technicalName":"active","enabled":false`, `{"id":"l3","name":"Gone","technicalName":"gone","enabled":true}`},
			want: "patchState Staff active, createState Staff Gone, deleteState Staff leave",
			left: 1, // the new state has the members, too, that a tenant gives each
		},
		"correlation": {from: []string{`"property":"uid"`}, to: []string{`"property":"email"`}, want: "setCorrelation HR"},
		"profile gone": {
			from: []string{` {"name":"Guests","id":"p2","priority":20,"authoritativeSource":{"type":"SOURCE","id":"s2","name":"Desk"},
  "identityAttributeConfig":{"enabled":true,"attributeTransforms":[]}},
`}, to: []string{""}, want: "deleteProfile Guests"},
		"attributes": {
			from: []string{`"displayName":"Badge","standard":false,"type":"string","multi":false,"searchable":false`, `"name":"costCenter","displayName":"Cost Center"`},
			to:   []string{`"displayName":"Badge","standard":false,"type":"string","multi":false,"searchable":true`, `"name":"costPlace","displayName":"Cost Place"`},
			want: "addAttribute Cost Place, setSearchable badge, deleteAttribute costCenter",
		},
		"a source more": {from: []string{` {"name":"Desk",`}, to: []string{` {"name":"New","id":"s3","type":"DelimitedFile","connectorAttributes":{}},
 {"name":"Desk",`}, want: "", left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			changed := proposalBase
			for i, from := range tc.from {
				if !strings.Contains(changed, from) {
					t.Fatalf("there is no %s", from)
				}
				changed = strings.Replace(changed, from, tc.to[i], 1)
			}
			before, _ := config.LoadFiles(config.File{Name: "t.json", Data: []byte(proposalBase)})
			after, _ := config.LoadFiles(config.File{Name: "t.json", Data: []byte(changed)})

			requests := tenant.Requests(before, after)
			var got []string
			for _, r := range requests {
				words := r.Do + " " + strings.Join(strings.Fields(strings.Join([]string{r.Profile, r.Source, r.Attribute}, " ")), " ")
				for _, s := range []string{r.Name, r.Transform.Get("name").Text(), r.State.Get("name").Text()} {
					words = strings.TrimRight(words, " ") + " " + s
				}
				got = append(got, strings.TrimSpace(words))
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if left := carryOut(t, before, requests, after); len(left) != tc.left {
				t.Errorf("left are %v, want %d", left, tc.left)
			}
		})
	}
}

// carryOut writes requests, reads them again, carries them out and returns what differs then.
func carryOut(t *testing.T, before *config.Bundle, requests []tenant.Request, after *config.Bundle) (left []string) {
	t.Helper()
	src, err := json.Marshal(map[string]any{"changes": requests})
	if err != nil {
		t.Fatal(err)
	}
	if requests == nil {
		src = []byte(`{"changes":[]}`)
	}
	list, err := tenant.ReadRequests("plan.json", src)
	if err != nil {
		t.Fatalf("%v: %s", err, src)
	}
	tn := tenant.New(before.Clone(), store.NewMemory(), tenant.Options{})
	for _, r := range list {
		p, err := tn.Plan(t.Context(), r)
		if err == nil {
			_, err = tn.Apply(t.Context(), p)
		}
		if err != nil {
			t.Fatalf("%s: %v", r.Do, err)
		}
	}
	for _, c := range preview.Causes(tn.Bundle(), after) {
		left = append(left, c.String())
	}
	return left
}

// TestRequestsOfExamples: the changes beside examples/acme are operations.
func TestRequestsOfExamples(t *testing.T) {
	before, _ := config.Load(os.DirFS("../../examples/acme"))
	for _, name := range []string{"priority-swap", "correlation-change", "domain-change", "broken-transform"} {
		after, _ := config.Load(over{os.DirFS("../../examples/acme"), os.DirFS("../../examples/acme-changes/" + name)})
		requests := tenant.Requests(before, after)
		if len(requests) != 1 {
			t.Errorf("%s: %d operations, want 1", name, len(requests))
		}
		if left := carryOut(t, before, requests, after); len(left) > 0 {
			t.Errorf("%s: left are %v", name, left)
		}
	}
}

// over is a folder with the files of another one in the place of its own.
type over struct{ below, top fs.FS }

// Open implements [fs.FS].
func (o over) Open(name string) (fs.File, error) {
	if f, err := o.top.Open(name); err == nil && !isFolder(o.top, name) {
		return f, nil
	}
	return o.below.Open(name)
}

// ReadDir implements [fs.ReadDirFS].
func (o over) ReadDir(name string) ([]fs.DirEntry, error) {
	list, _ := fs.ReadDir(o.below, name)
	top, _ := fs.ReadDir(o.top, name)
	for _, e := range top {
		if !slices.ContainsFunc(list, func(x fs.DirEntry) bool { return x.Name() == e.Name() }) {
			list = append(list, e)
		}
	}
	return list, nil
}

func isFolder(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}
