package builtin_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// work is a realistic use of an operation, with inputs that are taken in turn.
type work struct {
	operation string // type, or type and part
	config    string
	inputs    []string // implicit inputs; none: null
}

const (
	utility = `{"type":"rule","attributes":{"name":"Cloud Services Deployment Utility","operation":`
	given   = `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"givenName"}}`
	family  = `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"familyName"}}`
	mail    = `{"type":"identityAttribute","attributes":{"name":"email"}}`
	hired   = `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"hired"}}`
)

var (
	names = []string{"José", "MARY ANN", "Åsa", "van der Berg", "O'NEIL", "Łukasz", "müller-lüdenscheidt", "Lee"}
	mails = []string{"Ann.Lee@example.com", "j.smith@example.org", "maria.garcia@mail.example.com"}
)

// works lists every operation of the library, in the order of the reference
// page.
var works = []work{
	{"accountAttribute", given, nil},
	{"base64Decode", `{"type":"base64Decode"}`, []string{"QW5uIExlZQ==", "TWFyw61hIEdhcmPDrWE="}},
	{"base64Encode", `{"type":"base64Encode"}`, names},
	{"concat", `{"type":"concat","attributes":{"values":[` + family + `,", ",` + given + `]}}`, nil},
	{"conditional", `{"type":"conditional","attributes":{"expression":"$name eq Lee","name":` + family + `,"positiveCondition":"yes","negativeCondition":"no"}}`, nil},
	{"dateCompare", `{"type":"dateCompare","attributes":{"firstDate":` + hired + `,"secondDate":"now","operator":"lt","positiveCondition":"active","negativeCondition":"prehire"}}`, nil},
	{"dateFormat", `{"type":"dateFormat","attributes":{"inputFormat":"MM/dd/yyyy","outputFormat":"yyyy-MM-dd"}}`, []string{"03/09/2027", "12/31/1999", "1/2/2003"}},
	{"dateMath", `{"type":"dateMath","attributes":{"expression":"+1M-1d/d"}}`, []string{"2026-01-31T00:00:00Z", "2024-02-29T12:30:00+02:00"}},
	{"decomposeDiacriticalMarks", `{"type":"decomposeDiacriticalMarks"}`, names},
	{"displayName", `{"type":"displayName","attributes":{}}`, nil},
	{"e164phone", `{"type":"e164phone","attributes":{"defaultRegion":"US"}}`, []string{"(512) 346-2000", "+49 30 901820", "212.555.0123", "n/a"}},
	{"firstValid", `{"type":"firstValid","attributes":{"values":[{"type":"identityAttribute","attributes":{"name":"none"}},` + given + `,"none"]}}`, nil},
	{"identityAttribute", `{"type":"identityAttribute","attributes":{"name":"email"}}`, nil},
	{"indexOf", `{"type":"indexOf","attributes":{"substring":"@"}}`, mails},
	{"iso3166", `{"type":"iso3166","attributes":{"format":"alpha3"}}`, []string{"Germany", "US", "Türkiye", "GBR"}},
	{"join", `{"type":"join","attributes":{"values":[` + given + `,` + family + `],"separator":"-"}}`, nil},
	{"lastIndexOf", `{"type":"lastIndexOf","attributes":{"substring":"."}}`, mails},
	{"leftPad", `{"type":"leftPad","attributes":{"length":8,"padding":"0"}}`, []string{"1", "1234", "12345678"}},
	{"lookup", `{"type":"lookup","attributes":{"table":{"US":"AMER","CA":"AMER","FR":"EMEA","DE":"EMEA","default":"APAC"}}}`, []string{"FR", "US", "JP"}},
	{"lower", `{"type":"lower"}`, names},
	{"normalizeNames", `{"type":"normalizeNames"}`, []string{"JOHN MCDONALD III", "maria dos santos", "O'NEIL"}},
	{"randomAlphaNumeric", `{"type":"randomAlphaNumeric","attributes":{"length":8}}`, nil},
	{"randomNumeric", `{"type":"randomNumeric","attributes":{"length":4}}`, nil},
	{"reference", `{"type":"reference","attributes":{"id":"Trimmed"}}`, names},
	{"replace", `{"type":"replace","attributes":{"regex":"[^a-zA-Z]","replacement":""}}`, names},
	{"replaceAll", `{"type":"replaceAll","attributes":{"table":{"-":"","\\s+":" ","Sr\\.":"Senior"}}}`, []string{"Sr. Software   Engineer", "Buyer", "Co-ordinator"}},
	{"rfc5646", `{"type":"rfc5646"}`, []string{"German", "en", "Brazilian Portuguese"}},
	{"rightPad", `{"type":"rightPad","attributes":{"length":6,"padding":"x"}}`, []string{"ab", "abcdef"}},
	{"rule", `{"type":"rule","attributes":{"name":"Theirs"}}`, names},
	{"rule getEndOfString", utility + `"getEndOfString","numChars":2}}`, mails},
	{"rule generateRandomString", utility + `"generateRandomString","includeNumbers":true,"includeSpecialChars":false,"length":12}}`, nil},
	{"rule getReferenceIdentityAttribute", utility + `"getReferenceIdentityAttribute","uid":"manager","attributeName":"email"}}`, nil},
	{"split", `{"type":"split","attributes":{"delimiter":"@","index":1}}`, mails},
	{"static", `{"type":"static","attributes":{"value":"${first}.${last}@example.com","first":` + given + `,"last":` + family + `}}`, nil},
	{"substring", `{"type":"substring","attributes":{"begin":0,"end":1}}`, names},
	{"trim", `{"type":"trim"}`, []string{"  Ann \t", "Lee", " Åsa"}},
	{"upper", `{"type":"upper"}`, names},
	{"usernameGenerator", `{"type":"usernameGenerator","attributes":{"patterns":["$first.$last","$first.$last$uniqueCounter"],"first":` + mail + `,"last":` + mail + `}}`, nil},
	{"uuid", `{"type":"uuid"}`, nil},
}

// Every operation of the library, and every part of one, is measured.
func TestWorksAreComplete(t *testing.T) {
	lib := builtin.Library()
	var want, got []string
	for _, typ := range lib.Types() {
		want = append(want, typ)
		op, _ := lib.Operation(typ)
		for i := range op.Parts {
			want = append(want, typ+" "+op.Parts[i].Type)
		}
	}
	for i := range works {
		got = append(got, works[i].operation)
		works[i].prepare(t)() // fails when the operation does
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("got operations %q, want %q", got, want)
	}
}

// prepare compiles the work and returns a function that goes through all inputs,
// each for a person who is taken up anew.
func (w *work) prepare(t testing.TB) func() {
	t.Helper()
	one := w.evaluate(t, 1)
	return func() {
		for range max(1, len(w.inputs)) {
			one()
		}
	}
}

// evaluate compiles the work and returns a function that takes up a person and
// evaluates the operation for the next inputs.
func (w *work) evaluate(t testing.TB, times int) func() {
	t.Helper()
	trimmed, _ := transform.Parse("trimmed.json", []byte(`{"name":"Trimmed","type":"trim","attributes":{}}`))
	trimmed.Name = "Trimmed"
	def, found := transform.Parse("work.json", []byte(w.config))
	if len(found) > 0 {
		t.Fatal(found)
	}
	unit, found := builtin.Library().Link(transform.Options{Provisioning: w.operation == "usernameGenerator", Rules: []string{"Theirs"},
		Transforms: map[string]*transform.Definition{trimmed.Name: trimmed}}, transform.Item{Def: def})
	if err := found.Err(); err != nil {
		t.Fatalf("%s: %v", w.operation, err)
	}
	scope := unit.NewScope(t.Context(), &transform.Env{Now: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC), Directory: colleague{},
		Rules: map[string]transform.Rule{"Theirs": func(_ context.Context, c transform.RuleCall) (identity.Value, error) { return c.Input, nil }}})
	inputs := []identity.Value{{}}
	if len(w.inputs) > 0 {
		inputs = identity.StringsValue(w.inputs...).List()
	}
	program, who := unit.Programs()[0], colleague{}
	accounts := []identity.Account{{Source: "HR", NativeIdentity: "1", Attributes: identity.NewAttributes(map[string]identity.Value{
		"givenName": identity.StringValue("María"), "familyName": identity.StringValue("Lee"), "hired": identity.StringValue("2020-03-01T00:00:00Z"),
	})}}
	next := 0
	return func() {
		scope.Reset(who, accounts)
		for range times {
			if _, err := program.Eval(scope, inputs[next]); err != nil {
				t.Fatalf("%s: %v", w.operation, err)
			}
			if next++; next == len(inputs) {
				next = 0
			}
		}
	}
}

// BenchmarkOperations tells the time of one evaluation, with a scope that is
// begun anew for each.
func BenchmarkOperations(b *testing.B) {
	for i := range works {
		w := &works[i]
		b.Run(w.operation, func(b *testing.B) {
			all := w.prepare(b)
			n := max(1, len(w.inputs))
			b.ReportAllocs()
			for b.Loop() {
				all()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/eval")
		})
	}
}

// colleague is an identity, and the directory that knows nobody else.
type colleague struct{}

func (colleague) ID() string   { return "c" }
func (colleague) Name() string { return "colleague" }
func (colleague) Attribute(name string) (identity.Value, error) {
	if name == "none" {
		return identity.Value{}, nil
	}
	return identity.StringValue("ann.lee"), nil
}
func (colleague) AttributeNames() []string                                 { return []string{"email"} }
func (colleague) Manager() (transform.Subject, error)                      { return nil, nil }
func (colleague) IsManager() bool                                          { return false }
func (colleague) Accounts() []identity.Account                             { return nil }
func (colleague) ByUID(context.Context, string) (transform.Subject, error) { return colleague{}, nil }
