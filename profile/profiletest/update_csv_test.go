package profiletest_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

// TestUpdateCells: cells of a table become what came, and nothing else of the file moves.
func TestUpdateCells(t *testing.T) {
	b, _ := config.LoadFile("t.json", []byte(`{"name":"Word","type":"lookup","attributes":{"table":{"a":"one, two","b":"","c":"!c","d":"x","default":{"type":"trim"}}}}`))
	e, _ := profile.Compile(b, profile.Options{})
	load := func(csv string) (*profiletest.Suite, *profiletest.Report) {
		t.Helper()
		s, found := profiletest.Load(fstest.MapFS{
			"w_test.json": {Data: []byte(`{"cases":[{"name":"w","transform":"Word","csv":"w.csv"}]}`)},
			"w.csv":       {Data: []byte(csv)},
		}, "")
		if len(found) > 0 {
			t.Fatal(found)
		}
		r, found, err := s.Run(t.Context(), e, options)
		if err != nil || len(found) > 0 {
			t.Fatal(err, found)
		}
		return s, r
	}

	const before = "\ufeffinput,expect,name\r\n" +
		"a,\"wrong, \"\"too\",first\r\n" +
		"b,x,\"sec,ond\"\r\n" +
		"c,?,third\r\n" +
		"d,x,fourth\r\n" +
		"é é,,fifth\r\n"
	const after = "\ufeffinput,expect,name\r\n" +
		"a,\"one, two\",first\r\n" +
		"b,(empty),\"sec,ond\"\r\n" +
		"c,?,third\r\n" + // a cell that begins with ! is an error
		"d,x,fourth\r\n" +
		"é é,é é,fifth\r\n"
	s, r := load(before)
	files, left := s.Update(r)
	if diff := cmp.Diff(after, string(files["w.csv"])); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if len(left) != 1 || left[0].Pos.Line != 4 {
		t.Errorf("left: %v", left)
	}
	if _, r = load(string(files["w.csv"])); r.Failed != 1 {
		t.Errorf("%d fail after the update, want the one that a cell cannot say", r.Failed)
	}
}

// TestInputUnread: an input that cannot make a difference is said, whether the case passes or not.
func TestInputUnread(t *testing.T) {
	b, _ := config.LoadFile("t.json", []byte(`{"name":"Fixed","type":"lower","attributes":{"input":"ABC"}}`))
	e, _ := profile.Compile(b, profile.Options{})
	s, found := profiletest.Load(fstest.MapFS{"f_test.json": {Data: []byte(`{"cases":[
		{"name":"fails","transform":"Fixed","input":"X","expect":{"value":"x"}},
		{"name":"passes","transform":"Fixed","input":"X","expect":{"value":"abc"}},
		{"name":"reads","transform":{"type":"lower"},"input":"X","expect":{"value":"x"}}]}`)}}, "")
	if len(found) > 0 {
		t.Fatal(found)
	}
	r, _, err := s.Run(t.Context(), e, options)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := r.WriteText(&out, profiletest.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if len(r.Cases[0].Notes) != 1 || len(r.Cases[1].Notes) != 1 || len(r.Cases[2].Notes) != 0 || strings.Count(out.String(), "does not read the input") != 2 {
		t.Errorf("notes of the wrong cases:\n%s", out.String())
	}
}

// TestMaskKeeps: columns with few values stay, and what masking changes is told.
func TestMaskKeeps(t *testing.T) {
	csv := "id,mail,familyName,countryName,mobile\n"
	for i := range 40 {
		csv += strings.NewReplacer("#", string(rune('A'+i%26))+string(rune('a'+i/26)), "%", []string{"Netherlands", "Germany"}[i%2]).Replace(
			"10#,#@x.example,Name#,%,+4917123456" + string(rune('0'+i/10)) + string(rune('0'+i%10)) + "\n")
	}
	read := func(attribute string) string {
		return `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"` + attribute + `"}}`
	}
	mapped := func(name, def string) string {
		return `{"identityAttributeName":"` + name + `","transformDefinition":` + def + `}`
	}
	fsys := fstest.MapFS{
		"accounts/HR.csv": {Data: []byte(csv)},
		"tenant.json": {Data: []byte(`[{"name":"HR","connector":"delimited"},{"name":"P","priority":10,"authoritativeSource":{"name":"HR"},
			"identityAttributeConfig":{"enabled":true,"attributeTransforms":[` + strings.Join([]string{
			mapped("uid", read("id")), mapped("email", read("mail")), mapped("lastname", read("familyName")),
			mapped("country", `{"type":"iso3166","attributes":{"input":`+read("countryName")+`}}`),
			mapped("phone", `{"type":"e164phone","attributes":{"input":`+read("mobile")+`}}`)}, ",") + `]}}]`)},
	}
	b, _ := config.Load(fsys)
	e, _ := profile.Compile(b, profile.Options{})
	var told []string
	src, err := profiletest.FromData(t.Context(), e, fsys, options, profiletest.DataOptions{
		Identities: []string{"10Aa"}, Mask: true, OnMasked: func(m profiletest.MaskedChange) { told = append(told, m.What+" "+m.Was+" → "+m.Is) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"Aa@x", "NameAa", "+49171234560"} {
		if strings.Contains(string(src), personal) {
			t.Errorf("%q is in\n%s", personal, src)
		}
	}
	if !strings.Contains(string(src), `"Netherlands"`) || !strings.Contains(string(src), `"country": "NL"`) {
		t.Errorf("the country is masked:\n%s", src)
	}
	for _, line := range told {
		if !strings.HasPrefix(line, `attribute "phone" a value → `) {
			t.Errorf("told: %s", line)
		}
	}
	if null := strings.Contains(string(src), `"phone": null`); null != (len(told) == 1) {
		t.Errorf("phone is null: %v, and told is %v", null, told)
	}
}
