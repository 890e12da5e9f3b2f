package preview_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

const listShape = `[
 {"id":"t1","name":"Ann Lee","alias":"1","identityProfile":{"id":"p","name":"Employees"},"attributes":{"uid":"1","email":"ann@x","lastname":"Lee","town":"Roma","tags":["a"]}},
 {"id":"t2","name":"Bob Fox","alias":"2","attributes":{"uid":"2","email":"bob@x","lastname":"Fox","manager":{"name":"Ann Lee"},"town":null}},
 {"id":"t9","name":"Gone","alias":"9","attributes":{}}
]`

func TestVerify(t *testing.T) {
	e, _ := profile.Compile(small(t, with("town=town", "floor=floor")...), profile.Options{})
	results := e.Run(t.Context(), profile.RunOptions{Now: now}, people)
	tenant, err := preview.ReadIdentities(strings.NewReader(listShape))
	if err != nil {
		t.Fatal(err)
	}
	v, err := preview.Verify(results, tenant, 2)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := v.WriteText(&b, nil); err != nil {
		t.Fatal(err)
	}
	want := `2 of our 3 and the tenant's 3 identities were matched; 0 agree in everything (0.0 %).
  only ours: 1, for example 3
  only the tenant's: 1, for example 9

Attribute                agree   differ  only ours  only theirs
  (profile)             50.0 %        -          1            -
      2: ours "Employees", theirs (none)
  town                   0.0 %        1          1            -
      1 × another value
      1: ours "Rome", theirs "Roma"
      2: ours "Oslo", theirs (none)

Agree for everybody: email, lastname, uid

Not in the tenant's file, so not compared: floor, number
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	if v.Agrees() {
		t.Error("everything agrees")
	}
}

// Our own results, exported in either form, agree with themselves.
func TestVerifyItself(t *testing.T) {
	b := acme(t, "")
	e, _ := profile.Compile(b, profile.Options{})
	o := profile.RunOptions{Now: b.Settings.Now, Seed: b.Settings.Seed}
	var lines, array bytes.Buffer
	for r, err := range e.Run(t.Context(), o, accounts(t, b)...) {
		if err != nil {
			t.Fatal(err)
		}
		attributes, err := r.Identity.Attributes.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		line := `{"id":"` + r.Identity.ID + `","attributes":` + string(attributes) + `}`
		lines.WriteString(line + "\n")
		array.WriteString("," + line)
	}
	for name, src := range map[string]string{"lines": lines.String(), "array": "[" + array.String()[1:] + "]"} {
		tenant, err := preview.ReadIdentities(strings.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		v, err := preview.Verify(e.Run(t.Context(), o, accounts(t, b)...), tenant, 1)
		if err != nil || !v.Agrees() || v.Ours != 284 {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestReadIdentitiesErrors(t *testing.T) {
	for _, src := range []string{`[`, `{"id":1}`, `{}`, `[{"id":"1"},{}]`, `"text"`, `{"id":"1","attributes":{"a":{"name":1}}}`} {
		if list, err := preview.ReadIdentities(strings.NewReader(src)); err == nil {
			t.Errorf("%s: no error, %v", src, list)
		}
	}
}

func FuzzReadIdentities(f *testing.F) {
	f.Add(listShape)
	f.Add("{\"id\":\"1\",\"attributes\":{\"a\":[1,true,null]}}\n{\"name\":\"x\"}")
	f.Add("[null]")
	f.Fuzz(func(t *testing.T, src string) {
		list, err := preview.ReadIdentities(strings.NewReader(src))
		for _, i := range list {
			if err == nil && i.ID == "" && i.Name == "" && i.Alias == "" {
				t.Errorf("%q: an identity without name", src)
			}
		}
	})
}
