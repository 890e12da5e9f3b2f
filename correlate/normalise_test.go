package correlate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// normalise runs normalisers through the public door: the key of an explanation.
func normalise(t testing.TB, text string, names ...string) string {
	t.Helper()
	side := correlate.SideConfig{Attribute: "a", Normalize: names}
	cfg := &correlate.Config{NoDefault: true, Rules: []correlate.RuleConfig{{ID: "r", Placeholders: []string{}, Conditions: []correlate.ConditionConfig{{Identity: side, Account: side}}}}}
	c, found := correlate.Compile(cfg, correlate.Options{})
	if len(found) > 0 {
		t.Fatal(found)
	}
	x := correlate.IndexOf(correlate.PopulationOf(nil), c)
	a := identity.Account{NativeIdentity: "1", Attributes: identity.NewAttributes(map[string]identity.Value{"a": identity.StringValue(text)})}
	s := c.Explain(x, &a, nil).Steps[0]
	if s.Outcome != correlate.NoMatch {
		return ""
	}
	return s.Keys[0]
}

func TestNormalisers(t *testing.T) {
	for _, c := range []struct{ names, text, want string }{
		{"exact", " aB ", " aB "},
		{"fold", "AbÇ", "abç"},
		{"fold", "İ", "i"},
		{"trim", " \t a b\u00a0\u200b\ufeff", "a b"},
		{"trim", " ", ""},
		{"spaces", "  a \t  b ", "a b"},
		{"spaces", "a\u00a0b", "a b"},
		{"nfkc", "ＡＢ１２", "AB12"},
		{"nfkc", "ﬁ", "fi"},
		{"nfkc", "e\u0301", "é"},
		{"diacritics", "José Ñandú", "Jose Nandu"},
		{"diacritics", "Łódź Øre Straße Æ", "Lodz Ore Strasse AE"},
		{"diacritics", "e\u0301", "e"},
		{"digits", "+49 (0)89-12", "4908912"},
		{"digits", "abc", ""},
		{"alnum", "O'Neil-Smith 3", "ONeilSmith3"},
		{"leadingZeros", "0070", "70"},
		{"leadingZeros", "000", "0"},
		{"leadingZeros", "E007", "E007"},
		{"email", "Ann.Lee@X.ORG", "ann.lee@x.org"},
		{"email", " mailto:ann@x.org ", "ann@x.org"},
		{"email", "SMTP:ann@x.org.", "ann@x.org"},
		{"email", `"Lee, Ann" <ann@x.org>`, "ann@x.org"},
		{"email", "ann+news@x.org", "ann@x.org"},
		{"email", "+@x.org", "+@x.org"},
		{"email", "nobody", "nobody"},
		{"email", "a@b@x.org", "a@b@x.org"},
		{"words", "Lee, Ann", "Ann Lee"},
		{"words", "b a\u0301 c", "a\u0301 b c"},
		{"dn", "cn = Ann Lee , OU=People,dc=X", "cn=ann lee,ou=people,dc=x"},
		{"dn", `CN=Lee\, Ann,OU=P`, `cn=lee\, ann,ou=p`},
		{"dn", `CN=Lee\2C Ann,OU=P`, `cn=lee\, ann,ou=p`},
		{"dn", `CN="Lee, Ann",OU=P`, `cn=lee\, ann,ou=p`},
		{"dn", `CN=a+UID=1;OU=P`, `cn=a+uid=1,ou=p`},
		{"dn", "CN=Ann   Lee,OU=P", "cn=ann lee,ou=p"},
		{"dn", `CN=Ann\20\20Lee\ ,OU=P`, "cn=ann lee,ou=p"},
		{"dn", "UID=1+CN=a,OU=P", "cn=a+uid=1,ou=p"},
		{"dn", "ou=b+cn=c+ou=a,dc=x", "cn=c+ou=a+ou=b,dc=x"},
		{"dn", "commonName=Ann,organizationalUnitName=P,domainComponent=X", "cn=ann,ou=p,dc=x"},
		{"dn", "2.5.4.3=Ann,OID.2.5.4.11=P,S=Bavaria", "cn=ann,ou=p,st=bavaria"},
		{"dn", "userid=1,E=a@x", "uid=1,e=a@x"},
		{"dn", "CN=,OU=P", "cn=,ou=p"},
		{"dn", "CN=a+", "cn=a+"},
		{"dn", "not a name", "not a name"},
		{"dn", "CN=a,", "cn=a,"},
		{"dn:CN", "cn=Ann,OU=P", "Ann"},
		{"dn:ou", "CN=Ann,OU=P,OU=Q", "P"},
		{"dn:uid", "CN=Ann,OU=P", ""},
		{"dn:CN", "commonName=Ann,OU=P", "Ann"},
		{"dn:CN", "plain", "plain"},
		{"dn:CN", `CN=Ann\20 ,OU=P`, "Ann "},
		{"prefix:adm_", "ADM_ann", "ann"},
		{"prefix:adm_", "ann", "ann"},
		{"suffix:@x.org", "ann@X.org", "ann"},
		{"before:@", "ann@x@y", "ann"},
		{"before:@", "ann", "ann"},
		{"after:\\", `CORP\ann`, "ann"},
		{"after:\\", "ann", "ann"},
		{"trim,fold,leadingZeros", " 00E1 ", "e1"},
		{"after:\\,before:@,fold", `CORP\Ann@x`, "ann"},
		{"diacritics,fold,words,alnum", "Müller, José", "josemuller"},
	} {
		got := normalise(t, c.text, strings.Split(c.names, ",")...)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s of %q: mismatch (-want +got):\n%s", c.names, c.text, diff)
		}
	}
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"E001", "e001", "case"},
		{"E001 ", "E001", "space"}, // worked case 9
		{"Ann  Lee", "Ann Lee", "space"},
		{"007", "7", "leading zero"},
		{"José", "Jose", "accent"},
		{"ＡＢ", "AB", "width"},
		{"O'Neil", "ONeil", "punctuation"},
		{"Lee Ann", "Ann Lee", "swapped words"},
		{" e001", "E001", "space case"},
		{"LEE, José", "jose lee", "accent case swapped words"},
		{"E0123", "E0132", "one character"},
		{"Sofia", "Sophia", ""},
		{"Jon Doe", "John Doe", "one character"},
		{"ab", "ac", ""},
		{"same", "same", ""},
		{"", "x", ""},
		{"alpha", "omega", ""},
	} {
		d, near := correlate.Differ(c.a, c.b)
		var names []string
		for _, x := range d {
			names = append(names, x.String())
		}
		if got := strings.Join(names, " "); got != c.want || near != (c.want != "") {
			t.Errorf("%q, %q: %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

func TestNearMisses(t *testing.T) {
	people := []identity.Identity{person("alias=a; n=E0010"), person("alias=b; n=e0020"), person("alias=c; n=E 0030"), person("alias=d; n=0040"), person("alias=e; n=Ñ050"), person("alias=lee ann; n=E0123456")}
	p := correlate.PopulationOf(people)
	c := correlate.New(config(t, "n=x"), correlate.Options{HonourIgnoreCase: true})
	near := correlate.NewNearby(c, p)
	for _, k := range []struct {
		account string
		person  int32
		want    string
	}{
		{"id=1; x=E0010 ", 0, "config 0 space"},
		{"id=1; x=E0020", 1, "config 0 case"},
		{"id=1; x=E0030", 2, "config 0 punctuation"},
		{"id=1; x=40", 3, "config 0 leading zero"},
		{"id=1; x=N050", 4, "config 0 accent"},
		{"id=1; x=E0123465", 5, "config 0 one character"},
		{"id=1; x=E123456", 5, "config 0 one character"},
		{"id=1; x=zz|E0123457", 5, "config 0 one character"},
		{"id=1; name=Ann Lee", 5, "default name swapped words"},
		{"id=1; x=E0010", 0, ""}, // the rule finds it
		{"id=1; x=quite different", 0, ""},
	} {
		a := account(k.account)
		got := ""
		for _, m := range near.Find(&a) {
			if m.Identity == k.person {
				got = m.Rule + " " + m.Differences[0].String()
				break
			}
		}
		if k.want == "config 0 punctuation" && got == "config 0 space" {
			got = k.want // a blank inside is both
		}
		if got != k.want {
			t.Errorf("%s: %q, want %q", k.account, got, k.want)
		}
	}
}

func TestWith(t *testing.T) {
	people := []identity.Identity{person("n=E1"), person("n=E2 "), person("n=é3")}
	accounts := []identity.Account{account("id=1; x=e1 "), account("id=2; x=e2"), account("id=3; x=E3"), account("id=4; x=e4")}
	p := correlate.PopulationOf(people)
	c := correlate.New(config(t, "n=x"), correlate.Options{})
	base, err := c.Run(t.Context(), p, accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	effects, err := c.Effects(t.Context(), p, accounts, base, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]int32{}
	for _, f := range effects {
		if f.Rule == "config 0" {
			got[f.Fix] = f.Change.Gained
		}
	}
	want := map[string][]int32{"spaces": {0, 1}, "diacritics": {2}, "alnum": {0, 1}, "words": {0, 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if s := effects[0].String(); !strings.HasPrefix(s, "2 accounts would match if config 0 (n = x) compared ") {
		t.Error(s)
	}
	both, ok := c.With("config 0", "diacritics", "spaces")
	if !ok {
		t.Fatal("no such rule")
	}
	x := correlate.IndexOf(p, both)
	after, err := both.Run(t.Context(), p, accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range accounts {
		if m := both.Match(x, &accounts[i], nil); m.Identity != after.Identity[i] || m.Identity != []int32{0, 1, 2, -1}[i] {
			t.Errorf("account %d: %d by the index, %d by the join", i, m.Identity, after.Identity[i])
		}
	}
	if _, ok := c.With("config 9", "spaces"); ok {
		t.Error("a rule that is not there")
	}
	if _, ok := c.With("config 0", "nonsense"); ok {
		t.Error("a normaliser that is not there")
	}
}

func TestExplainPair(t *testing.T) {
	people := []identity.Identity{person("alias=a; n=E1; m=x"), person("alias=b; n=E2 ; m=x")}
	p := correlate.PopulationOf(people)
	c := correlate.New(config(t, "n=v, m=w"), correlate.Options{})
	a := account("id=9; v=e2; w=X")
	pairs := c.ExplainPair(correlate.IndexOf(p, c), &a, 1, correlate.Values(p))
	want := []correlate.Pair{
		{Rule: "config 0", Criterion: "n = v", Account: []string{"e2"}, Identity: []string{"E2 "}, AccountKey: []string{"e2"}, IdentityKey: []string{"e2 "}, Applies: true,
			Differences: []correlate.Difference{correlate.InSpace, correlate.InCase}},
		{Rule: "config 1", Criterion: "m = w", Account: []string{"X"}, Identity: []string{"x"}, AccountKey: []string{"x"}, IdentityKey: []string{"x"}, Equal: true, Accepted: true, Applies: true, Others: 1},
		{Rule: "default name", Criterion: "alias = account name", Account: []string{"9"}, Identity: []string{"b"}, AccountKey: []string{"9"}, IdentityKey: []string{"b"}, Applies: true},
		{Rule: "default id", Criterion: "alias = account id", Account: []string{"9"}, Identity: []string{"b"}, AccountKey: []string{"9"}, IdentityKey: []string{"b"}, Applies: true},
	}
	if diff := cmp.Diff(want, pairs); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestExplainSteps(t *testing.T) {
	people := []identity.Identity{person("alias=a; n=1; e=k"), person("alias=b; n=2; e=k")}
	p := correlate.PopulationOf(people)
	c := correlate.New(config(t, `{"rules":[
		{"id":"never","when":"false","conditions":[{"identity":"n","account":"x"}]},
		{"id":"blank","conditions":[{"identity":"n","account":"zz"}]},
		{"id":"placeholder","conditions":[{"identity":"n","account":"p"}]},
		{"id":"broken","conditions":[{"identity":"n","accountExpression":"1 + account.x"}]},
		{"id":"nobody","conditions":[{"identity":"n","account":"no"}]},
		{"id":"several","conditions":[{"identity":"e","account":"e"}]},
		{"id":"shared","maxShared":1,"conditions":[{"identity":"e","account":"e"}]},
		{"id":"rejected","predicate":"false","conditions":[{"identity":"e","account":"e"}]}],
		"attributeAssignments":[{"property":"n","value":"x"}]}`), correlate.Options{})
	a := account("id=9; x=2; p=n/a; no=7; e=K")
	ex := c.Explain(correlate.IndexOf(p, c), &a, correlate.Values(p))
	var got []string
	for _, s := range ex.Steps {
		got = append(got, s.Rule+" "+s.Outcome.String()+" "+strings.Join(s.Keys, ","))
	}
	want := []string{"never NOT_APPLICABLE ", "blank BLANK ", "placeholder PLACEHOLDER ", "broken FAILED ", "nobody NO_MATCH 7", "several AMBIGUOUS k", "shared TOO_SHARED k",
		"rejected REJECTED k", "config 0 MATCHED 2", "default name NOT_REACHED ", "default id NOT_REACHED "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if ex.Steps[3].Err == nil || ex.Match.Identity != 1 {
		t.Errorf("%v %v", ex.Steps[3].Err, ex.Match)
	}
}

// TestTransforms: values go through a transform of the library, E.164 included.
func TestTransforms(t *testing.T) {
	type phone struct {
		Input  transform.Input
		Region transform.Child `json:"defaultRegion"`
	}
	library := transform.NewLibrary(transform.Define("e164phone", "A stand-in.", func(_ *transform.Compiler, a *phone) transform.Node {
		return transform.OnInput(applyFunc(func(s *transform.Scope, in identity.Value) (identity.Value, error) {
			text := in.Text()
			if in.IsNull() || strings.Contains(text, "x") {
				return identity.Value{}, nil
			}
			region, err := a.Region.Eval(s)
			text = strings.NewReplacer(" ", "", "-", "").Replace(text)
			if region.Text() == "DE" && strings.HasPrefix(text, "0") {
				text = "+49" + text[1:]
			}
			return identity.StringValue(text), err
		}))
	}))
	c, found := correlate.Compile(parse(t, one("e164:DE")), correlate.Options{Library: library})
	if len(found) > 0 {
		t.Fatal(found)
	}
	people := []identity.Identity{person("n=+49 89 12"), person("n=x")}
	p := correlate.PopulationOf(people)
	x := correlate.IndexOf(p, c)
	for text, want := range map[string]int32{"089-12": 0, "+498912": 0, "089-13": -1, "x": -1} {
		a := account("id=9; x=" + text)
		b, err := c.Run(t.Context(), p, []identity.Account{a}, correlate.BulkOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if m := c.Match(x, &a, nil); m.Identity != want || b.Identity[0] != want {
			t.Errorf("%s: %d by the index, %d by the join, want %d", text, m.Identity, b.Identity[0], want)
		}
	}
}

type applyFunc func(s *transform.Scope, in identity.Value) (identity.Value, error)

func (f applyFunc) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	return f(s, in)
}

func TestManual(t *testing.T) {
	rows, found := correlate.ParseManual("m.csv", strings.NewReader("\ufeffaccount,displayName,userName,type\r\n1,Ann,ann,x\r\n,No,bob,\r\n2,Bob,,\r\n9,X,ann,\r\n3,Y,zed,\r\n4,Z,twin,\r\n1,Ann,bob,\r\n5,a\"b,c,\r\n2\r\n"))
	if len(found) != 1 || found[0].Code != "manual-row" || found[0].Pos.Line != 9 {
		t.Errorf("findings %v", found)
	}
	people := map[string][]int32{"ann": {0}, "bob": {1}, "twin": {2, 3}}
	links, counts, more := correlate.ApplyManual(rows, len(found),
		func(id string) (int32, bool) { n := strings.Index("12345", id); return int32(n), n >= 0 },
		func(alias string) []int32 { return people[alias] })
	want := correlate.ManualCounts{Correlated: 2, EmptyAccount: 1, EmptyUsername: 2, AccountNotFound: 1, IdentityNotFound: 1, Error: 2}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if len(links) != 1 || links[0].Identity != 1 || links[0].Row.Line != 8 || len(more) != 2 {
		t.Errorf("links %+v, findings %v", links, more)
	}
	for _, bad := range []string{"", "a,b\n", "account,displayName\n"} {
		if rows, found := correlate.ParseManual("m.csv", strings.NewReader(bad)); len(rows) > 0 || !found.HasErrors() || found[0].Code != "manual-header" {
			t.Errorf("%q: %v, %v", bad, rows, found)
		}
	}
}

func TestLookUpAllocations(t *testing.T) {
	people, accounts := benchData(2000)
	c := correlate.New(parse(t, benchRules), correlate.Options{})
	x := correlate.IndexOf(correlate.PopulationOf(people), c)
	var ex correlate.Explanation
	i := 0
	match := testing.AllocsPerRun(500, func() {
		c.Match(x, &accounts[i%len(accounts)], nil)
		i++
	})
	explain := testing.AllocsPerRun(500, func() {
		c.ExplainInto(&ex, x, &accounts[i%len(accounts)], nil)
		i++
	})
	if match > 1 || explain > 4 {
		t.Errorf("%v allocations for a match, %v for an explanation", match, explain)
	}
}

func FuzzNormalise(f *testing.F) {
	names := slices.DeleteFunc(correlate.Normalisers(), func(s string) bool { return strings.HasPrefix(s, "e164") })
	for i := range names {
		if strings.HasSuffix(names[i], ":") {
			names[i] += "\xffé"
		}
	}
	for _, s := range []string{"CN=a\\2C,OU=\"x", "\xff\xfe", "a@b+c@<d>", "İß", "0", "=,", "\\", "CN=\\"} {
		f.Add(s, s+"x", uint8(3))
	}
	f.Fuzz(func(t *testing.T, a, b string, which uint8) {
		normalise(t, a, names[int(which)%len(names)], names[int(which>>4)%len(names)])
		d1, near1 := correlate.Differ(a, b)
		d2, near2 := correlate.Differ(b, a)
		if near1 != near2 || !slices.Equal(d1, d2) {
			t.Errorf("%q, %q: %v and %v", a, b, d1, d2)
		}
		if identity.Fold(identity.Fold(a)) != identity.Fold(a) {
			t.Errorf("folding %q twice differs", a)
		}
	})
}

func FuzzConfig(f *testing.F) {
	for _, s := range []string{benchRules, fourRules, one("trim,fold"), `{"exclude":"account.a ==","rules":[{"conditions":[{"accountTransform":{"type":1}}]}],"attributeAssignments":[1,null,{"property":{}}]}`} {
		f.Add(s)
	}
	a := account("id=1; x=a|b; mail=x")
	p := correlate.PopulationOf([]identity.Identity{person("alias=a; n=b; email=x")})
	f.Fuzz(func(t *testing.T, source string) {
		cfg := tryParse(source)
		if cfg == nil {
			return
		}
		c, _ := correlate.Compile(cfg, correlate.Options{})
		b, err := c.Run(t.Context(), p, []identity.Account{a}, correlate.BulkOptions{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if m := c.Match(correlate.IndexOf(p, c), &a, correlate.Values(p)); describe(m) != describe(b.Match(0)) {
			t.Errorf("%s and %s", describe(m), describe(b.Match(0)))
		}
	})
}

func FuzzManual(f *testing.F) {
	f.Add("account,userName\n1,\"a\n")
	f.Fuzz(func(t *testing.T, source string) {
		rows, found := correlate.ParseManual("m.csv", strings.NewReader(source))
		_, counts, _ := correlate.ApplyManual(rows, len(found), func(string) (int32, bool) { return 0, true }, func(string) []int32 { return []int32{1} })
		if counts.Correlated+counts.EmptyAccount+counts.EmptyUsername != len(rows) {
			t.Errorf("%d rows, %v", len(rows), counts)
		}
	})
}
