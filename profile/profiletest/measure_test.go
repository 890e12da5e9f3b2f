package profiletest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

func TestCoverage(t *testing.T) {
	fsys, b, _ := tenant(t)
	c := profiletest.NewCoverage(b, options)
	r, _, err := c.Suite(t.Context(), suite(t, "testdata/tenant"))
	if err != nil || !r.OK() {
		t.Fatal(err)
	}
	if s := c.Summary(); s.Least() < 100 {
		var text strings.Builder
		if err := c.WriteText(&text, profiletest.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Error(text.String())
	}
	c = profiletest.NewCoverage(b, options)
	accounts := []identity.Account{{NativeIdentity: "1", Attributes: identity.NewAttributes(map[string]identity.Value{"login": identity.StringValue("a"), "grade": identity.StringValue("1")})}}
	if err := c.Data(t.Context(), profile.RunOptions{}, feed.Slice("HR", accounts...)); err != nil {
		t.Fatal(err)
	}
	var text, js, page bytes.Buffer
	for _, err := range []error{c.WriteText(&text, profiletest.TextOptions{Folder: "tenant"}), c.WriteJSON(&js), c.WriteHTML(&page, fsys)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "coverage.txt", text.String())
	golden(t, "coverage.json", js.String())
	golden(t, "coverage.html", page.String())
}

func TestMutate(t *testing.T) {
	_, b, _ := tenant(t)
	var reports []string
	for _, workers := range []int{1, 2} {
		m, found, err := profiletest.Mutate(t.Context(), b, suite(t, "testdata/tenant"), options, workers)
		if err != nil || len(found) > 0 {
			t.Fatal(err, found)
		}
		var text, js strings.Builder
		for _, err := range []error{m.WriteText(&text, profiletest.TextOptions{}), m.WriteJSON(&js)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		reports = append(reports, text.String()+js.String())
	}
	if reports[0] != reports[1] {
		t.Error("the outcome depends on the number of workers")
	}
	golden(t, "mutants.txt", reports[0])
}

func TestMutateNeedsPasses(t *testing.T) {
	_, b, _ := tenant(t)
	if _, _, err := profiletest.Mutate(t.Context(), b, suite(t, "testdata/failing"), options, 1); err == nil {
		t.Error("a suite that fails is no measure")
	}
}

func TestFromData(t *testing.T) {
	_, b, e := tenant(t)
	config, err := os.ReadFile("testdata/tenant/config.json")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"config.json": {Data: config}, "accounts/HR.csv": {Data: []byte("id,login,mail,sn,boss,grade\n1,ann,Ann.Müller@X.example,Müller,bo,1\n2,bo,bo@x.example,Boss,,9\n3,ANN,c@x.example,Three,bo,2\n")}}
	b.Data["HR"] = []string{"accounts/HR.csv"}
	for _, tc := range []struct {
		name    string
		options profiletest.DataOptions
		hides   []string
	}{
		{"plain", profiletest.DataOptions{Identities: []string{"ann", "bo"}}, nil},
		{"masked", profiletest.DataOptions{Identities: []string{"HR/1", "3"}, Mask: true}, []string{"ann", "Müller", "Boss", "bo@", "\"bo\""}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src, err := profiletest.FromData(t.Context(), e, fsys, options, tc.options)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "data-"+tc.name+".json", string(src))
			for _, text := range tc.hides {
				if bytes.Contains(src, []byte(text)) {
					t.Errorf("the masked file has %q", text)
				}
			}
			r, found, err := profiletest.Run(t.Context(), e, fstest.MapFS{"a_test.json": {Data: src}}, "", options)
			if err != nil || found.HasErrors() || !r.OK() || len(r.Cases) == 0 {
				t.Errorf("the file does not pass: %v %v %+v", err, found, r)
			}
		})
	}
	if _, err := profiletest.FromData(t.Context(), e, fsys, options, profiletest.DataOptions{Identities: []string{"zoe"}}); err == nil {
		t.Error("an identity that is not there is an error")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/tenant/tests/pass_test.json", "testdata/tenant/tests/vectors_test.json", "testdata/failing/fail_test.json", "testdata/broken/keys_test.json", "testdata/broken/names_test.json"} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	_, _, e := tenant(f)
	f.Fuzz(func(t *testing.T, src []byte) {
		s, found := profiletest.Load(fstest.MapFS{"a_test.json": {Data: src}}, "")
		if found.HasErrors() {
			return
		}
		if r, _, err := s.Run(t.Context(), e, options); err == nil && r != nil {
			files, _ := s.Update(r)
			for _, src := range files {
				if _, found := profiletest.Load(fstest.MapFS{"a_test.json": {Data: src}}, ""); found.HasErrors() {
					t.Fatalf("the update breaks the file: %v\n%s", found, src)
				}
			}
		}
	})
}

const people = 1000

// thousand is a test file of 1,000 cases, and the accounts in them.
func thousand() ([]byte, []identity.Account) {
	var accounts []identity.Account
	b := bytes.NewBufferString(`{"cases": [`)
	for i := range people {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(b, `{"name": "case %d", "accounts": [{"source": "HR", "nativeIdentity": "%d", "attributes": {"login": "u%d", "mail": "U%d@X.example", "sn": " Lee ", "grade": "1"}}],
			"expect": {"attributes": {"uid": "u%d", "email": "u%d@x.example", "lastname": "Lee", "grade": "junior"}, "exceptions": [], "profile": "Staff"}}`, i, i, i, i, i, i)
		accounts = append(accounts, identity.Account{NativeIdentity: fmt.Sprint(i), Attributes: identity.NewAttributes(map[string]identity.Value{
			"id": identity.StringValue(fmt.Sprint(i)), "login": identity.StringValue(fmt.Sprintf("u%d", i)), "mail": identity.StringValue(fmt.Sprintf("U%d@X.example", i)), "sn": identity.StringValue(" Lee "), "grade": identity.StringValue("1"),
		})})
	}
	b.WriteString("]}")
	return b.Bytes(), accounts
}

// BenchmarkCases runs 1,000 loaded cases; compare with BenchmarkPeople.
func BenchmarkCases(b *testing.B) {
	_, _, e := tenant(b)
	src, _ := thousand()
	s, _ := profiletest.Load(fstest.MapFS{"a_test.json": {Data: src}}, "")
	b.ReportAllocs()
	for b.Loop() {
		if r, _, err := s.Run(b.Context(), e, options); err != nil || r.Passed != people {
			b.Fatal(err)
		}
	}
}

// BenchmarkPeople runs the same 1,000 people as one population.
func BenchmarkPeople(b *testing.B) {
	_, _, e := tenant(b)
	_, accounts := thousand()
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range e.Run(b.Context(), profile.RunOptions{Workers: 1}, feed.Slice("HR", accounts...)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func ExampleRun() {
	fsys := fstest.MapFS{
		"profile.json": {Data: []byte(`{"name": "Staff", "priority": 10, "authoritativeSource": {"name": "HR"}, "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
  {"identityAttributeName": "uid", "transformDefinition": {"type": "lower", "attributes": {"input": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "login"}}}}}]}}`)},
		"hr.json": {Data: []byte(`{"name": "HR", "connector": "delimited-file"}`)},
		"uid_test.json": {Data: []byte(`{"cases": [{"name": "lower case", "accounts": [{"source": "HR", "nativeIdentity": "1", "attributes": {"login": "ANN"}}],
  "expect": {"attributes": {"uid": "Ann"}}}]}`)},
	}
	bundle, _ := config.Load(fsys)
	engine, _ := profile.Compile(bundle, profile.Options{})
	report, _, err := profiletest.Run(context.Background(), engine, fsys, "", profiletest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = report.WriteText(os.Stdout, profiletest.TextOptions{})
	// Output:
	// FAIL uid_test.json: lower case
	//   uid_test.json:2:36: attribute "uid"
	//     want "Ann"
	//     got  "ann"
	//     note they differ only in case
	//     from profile.json:2:59
	//          profile "Staff" > attribute "uid"
	//     because
	//       lower = "ann"  (profile.json:2)
	//         input accountAttribute HR.login = "ANN"  (profile.json:2)
	// 1 case, 0 passed, 1 failed
}
