package survey_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
	"github.com/idprofile/engine/transform/builtin"
)

func column(values ...string) *survey.Column {
	c := &survey.Column{}
	for _, v := range values {
		c.Add(identity.StringValue(v))
	}
	return c
}

func TestPatterns(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "Ann": "Aa+", "ANN-LEE": "A+-A+", "007": "9{3}", "a1": "a9", "花子": "x+", "Østergaard, K": "Aa+, A",
		"a\x00b": "a?a", "\xff\xfe": "\ufffd\ufffd", "A=b": "A=a", "x x": "a a", "+49 30": "+9{2} 9{2}",
		"a.a.a.a.a.a.a.a.a": "a.a.a.a.a.a.a.a.…",
	} {
		s := column(text).Stats(1, 5)
		if len(s.Patterns) != 1 || s.Patterns[0].Text != want {
			t.Errorf("%q: %v, want %q", text, s.Patterns, want)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-15": "yyyy-MM-dd", "2026-01-15T09:00:00Z": "ISO8601", "2026-01-15T09:00:00.000+01:00": "ISO8601",
		"2026-01-15T09:00:00": "yyyy-MM-dd'T'HH:mm:ss", "2026-01-15 09:00:00": "yyyy-MM-dd HH:mm:ss",
		"15.01.2026": "dd.MM.yyyy", "5.1.2026": "d.M.yyyy", "15/01/2026": "dd/MM/yyyy", "01/15/2026": "MM/dd/yyyy", "01/02/2026": "dd/MM or MM/dd",
		"20260115": "yyyyMMdd", "20260115090000Z": "yyyyMMddHHmmss'Z'", "20260115090000.0Z": "yyyyMMddHHmmss.S'Z'",
		"1768467600000": "EPOCH_TIME_JAVA", "134129412000000000": "EPOCH_TIME_WIN32", "15-Jan-2026": "dd-MMM-yyyy",
		"31/31/2026": "", "2026-13-01": "", "12345678": "", "Monday": "", "0171 2345678": "",
	} {
		got := ""
		if d := column(text).Stats(1, 5).Dates; len(d) > 0 {
			got = d[0].Text
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if d := column("20260115", "x1234", "y5678").Stats(3, 5).Dates; d != nil {
		t.Errorf("a column with a number that looks like a date is one of dates: %v", d)
	}
}

func TestNear(t *testing.T) {
	var values []string
	for range 20 {
		values = append(values, "Engineering", "Sales", "Team 10")
	}
	values = append(values, "Enginering", "engineering", "sales ", "Sale", "Team 11")
	want := []survey.Near{
		{Value: "Enginering", Count: 1, Like: "Engineering", LikeCount: 20},
		{Value: "engineering", Count: 1, Like: "Engineering", LikeCount: 20},
		{Value: "sales ", Count: 1, Like: "Sales", LikeCount: 20},
	}
	if diff := cmp.Diff(want, column(values...).Stats(65, 9).Near); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// TestBounds: what a column keeps does not grow with its rows, and the estimate is close.
func TestBounds(t *testing.T) {
	c := &survey.Column{}
	const rows = 300_000
	for i := range rows {
		c.Add(identity.StringValue(fmt.Sprintf("user-%d %s", i, strings.Repeat("x", i%7))))
	}
	s := c.Stats(rows, 5)
	if s.Exact || s.Distinct < rows*95/100 || s.Distinct > rows {
		t.Errorf("distinct: %d, exact %v; want about %d", s.Distinct, s.Exact, rows)
	}
	if s := column("a", "a", "b").Stats(3, 5); s.Distinct != 2 || !s.Exact || s.Filled != 3 {
		t.Errorf("small: %+v", s)
	}
	before := testing.AllocsPerRun(100, func() { c.Add(identity.StringValue("user-77 xx")) })
	if before > 6 {
		t.Errorf("a value costs %v allocations", before)
	}
}

func TestEmpty(t *testing.T) {
	c := &survey.Column{}
	c.Add(identity.Value{})
	c.Add(identity.ListValue())
	want := survey.Stats{Rows: 2, Exact: true, Patterns: []survey.Count{}, Values: []survey.Count{}}
	if diff := cmp.Diff(want, c.Stats(2, 5)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

const profiles = `[
{"name":"HR","id":"1","type":"DelimitedFile","authoritative":true,"schemas":[{"name":"account","nativeObjectType":"User","identityAttribute":"id","displayAttribute":"id",
 "attributes":[{"name":"id","type":"STRING"},{"name":"phone","type":"STRING"},{"name":"dept","type":"STRING"},{"name":"spare","type":"STRING"}]}]},
{"name":"AD","id":"2","type":"DelimitedFile","schemas":[{"name":"account","nativeObjectType":"User","identityAttribute":"id","displayAttribute":"id",
 "attributes":[{"name":"id","type":"STRING"},{"name":"mail","type":"STRING"}]}]},
{"name":"Staff","priority":10,"authoritativeSource":{"type":"SOURCE","id":"1","name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[
 {"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}},
 {"identityAttributeName":"email","transformDefinition":{"type":"firstValid","attributes":{"values":[
   {"type":"accountAttribute","attributes":{"sourceName":"AD","attributeName":"mail"}},
   {"type":"lower","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mobile"}}}}]}}},
 {"identityAttributeName":"phone","transformDefinition":{"type":"e164phone","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"phone"}}}}},
 {"identityAttributeName":"department","transformDefinition":{"type":"lookup","attributes":{"table":{"10":"Sales","default":"Other"},
   "input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"dept"}}}}},
 {"identityAttributeName":"region","transformDefinition":{"type":"lookup","attributes":{"table":{"10":"North"},
   "input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"dept"}}}}}
]}}]`

func take(t *testing.T) *survey.Report {
	t.Helper()
	fsys := fstest.MapFS{
		"tenant.json":     {Data: []byte(profiles)},
		"accounts/HR.csv": {Data: []byte("id,phone,dept,spare,mobilePhone\n1,(212) 555-0100,10,x,1\n2,n/a,11,,\n3,,10,,\n")},
	}
	b, found := config.Load(fsys)
	if found.HasErrors() {
		t.Fatal(found.Err())
	}
	e, _ := profile.Compile(b, profile.Options{})
	r, err := survey.Take(t.Context(), fsys, b, e, survey.Options{Library: builtin.Library(), Run: profile.RunOptions{Now: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTake: what nobody reads, what is not there, why there is nothing, what a look-up lacks.
func TestTake(t *testing.T) {
	r := take(t)
	var unread []string
	for _, c := range r.Sources[0].Columns {
		if c.Unread {
			unread = append(unread, c.Name)
		}
	}
	missing := ""
	for _, m := range r.Sources[0].Missing {
		missing += m.Message + ", " + m.Hint
	}
	if diff := cmp.Diff([]any{[]string{"spare"}, `mapping Staff/email reads HR.mobile, which no account has, did you mean "mobilePhone"?`, []string{"mobilePhone"}}, []any{unread, missing, r.Sources[0].LeftOut}); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}

	nulls := map[string][]string{}
	for _, a := range r.Attributes {
		for _, n := range a.Nulls {
			nulls[a.Name] = append(nulls[a.Name], fmt.Sprintf("%d %s %v %s", n.Count, n.Reason, n.Example, n.Who))
		}
	}
	want := map[string][]string{
		"email":  {"3 no account on AD, HR.mobile is empty <null> HR/1"},
		"phone":  {"1 HR.phone is empty <null> HR/3", "1 e164phone makes nothing of its input \"n/a\" HR/2"},
		"region": {`1 error in lookup: no match: Lookup table has no entry for input: … and no default is specified "11" HR/2`},
	}
	for _, list := range nulls {
		for i := range list {
			list[i] = strings.ReplaceAll(list[i], " null ", " <null> ")
		}
	}
	if diff := cmp.Diff(want, nulls); diff != "" {
		t.Errorf("nulls (-want +got):\n%s", diff)
	}

	var outside []string
	for _, l := range r.Outside {
		outside = append(outside, fmt.Sprint(l.Attribute, l.Fails, l.Values, l.Pos.Line))
	}
	if diff := cmp.Diff([]string{"departmentfalse [{11 1}] 12", "regiontrue [{11 1}] 14"}, outside); diff != "" {
		t.Errorf("look-ups (-want +got):\n%s", diff)
	}
}

// TestHTML: texts of the data are escaped.
func TestHTML(t *testing.T) {
	r := take(t)
	r.Sources[0].Columns[0].Values = []survey.Count{{Text: "<script>alert(1)</script>", Count: 2}}
	r.Sources[0].Name = "<b>HR"
	var b bytes.Buffer
	if err := survey.WriteHTML(&b, r, "Data <x>", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "<script") || strings.Contains(s, "<b>HR") || !strings.Contains(s, "&lt;script&gt;") {
		t.Error("a text of the data is not escaped")
	}
}
