package feed

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// outcomes is all that a reading gave: a line for each account, then findings
// and assumptions. That a file does not say when accounts were created, as nearly
// none of these do, is left out.
func outcomes(t testing.TB, file, text string, o Options) []string {
	t.Helper()
	var accounts, told []string
	o.OnFinding = func(d diag.Diagnostic) { told = append(told, d.String()) }
	o.OnAssumption = func(a diag.Assumption) {
		if a.Code != "created-missing" {
			told = append(told, a.String())
		}
	}
	f, err := Open(fstest.MapFS{file: {Data: []byte(text)}}, file, o)
	if err != nil {
		t.Fatal(err)
	}
	for a, err := range f.Accounts(t.Context()) {
		if err != nil {
			return append(append(accounts, told...), "error: "+err.Error())
		}
		text, err := a.Attributes.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		line := a.NativeIdentity + " " + string(text)
		if a.UUID != "" {
			line += " uuid " + a.UUID
		}
		accounts = append(accounts, line)
	}
	return append(accounts, told...)
}

func connector(t testing.TB, text string) *jsondoc.Node {
	t.Helper()
	n, found := jsondoc.Parse("source.json", []byte(text))
	if found.HasErrors() {
		t.Fatal(found)
	}
	return n
}

func wide(text string, order binary.AppendByteOrder) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, c)
	}
	return string(b)
}

func TestRecognize(t *testing.T) {
	schema := []Attribute{{Name: "no"}, {Name: "login"}, {Name: "mail"}}
	hr := Options{NativeIdentity: "no", Attributes: schema}
	said := func(o Options, change func(*Options)) Options { change(&o); return o }
	for _, tc := range []struct {
		name, file, text string
		options          Options
		connector        string
		want             []string
	}{
		{name: "semicolons", text: "no;login;mail\n1;ann;a,b@x\n", options: hr, want: []string{
			`1 {"no":"1","login":"ann","mail":"a,b@x"}`, `x.csv: file-delimiter "x": used ";" instead of ","`}},
		{name: "tabs, no schema", text: "id\tlogin\n1\tann\n", want: []string{
			`1 {"id":"1","login":"ann"}`, `x.csv: file-delimiter "x": used "\t" instead of ","`}},
		{name: "pipes without any known name", text: "key|login\n1|a,b\n2|c\n", options: Options{FirstColumn: true}, want: []string{
			`1 {"key":"1","login":"a,b"}`, `2 {"key":"2","login":"c"}`, `x.csv: file-delimiter "x": used "|" instead of ","`,
			`x.csv:1:1: info id-column: no column nativeIdentity or id; the first column, key, is taken for the account id`}},
		{name: "one column", text: "id\na;b\n", want: []string{`a;b {"id":"a;b"}`}},
		{name: "commas in a .tsv file", file: "x.tsv", text: "id,a\n1,b\n", want: []string{
			`1 {"id":"1","a":"b"}`, `x.tsv: file-delimiter "x": used "," instead of "\t"`}},
		{name: "single quotes", text: "'no','login','mail'\n'1','O''Neil','x, y'\n", options: hr, want: []string{
			`1 {"no":"1","login":"O'Neil","mail":"x, y"}`, `x.csv: file-quote "x": used "'" instead of "\""`}},

		{name: "the file says how", text: "sep=;\r\nno;login;mail\r\n1;ann;a,b@x\r\n", options: hr, want: []string{
			`1 {"no":"1","login":"ann","mail":"a,b@x"}`}},
		{name: "a header like that", text: "sep=x;no\n1;2\n", options: hr, want: []string{
			`2 {"no":"2"}`, `x.csv: file-delimiter "x": used ";" instead of ","`,
			`x.csv:1:1: info column-unknown: column "sep=x" is not in the account schema; it is left out`,
			`x.csv: columns-missing "x": used "null" instead of "login, mail" (2)`}},
		{name: "the id in capitals", text: "NO,login,mail\n1,a,b\n", options: hr, want: []string{
			`error: x.csv: no column no for the account id; there are NO, login, mail (did you mean "NO"?)`}},
		{name: "connector says how", text: "no;login;mail\n1;a;b\n", options: hr, connector: `{"delimiter":";","hasHeader":true}`,
			want: []string{`1 {"no":"1","login":"a","mail":"b"}`}},
		{name: "connector does not fit", text: "no,login,mail\n1,a,b\n", options: hr, connector: `{"delimiter":";"}`, want: []string{
			`1 {"no":"1","login":"a","mail":"b"}`,
			`x.csv: warning csv-delimiter: the source says that ";" stands between the cells, but the file's first row fits ",", which is used`}},
		{name: "settings go before", text: "no;login;mail\n1;a;b\n", connector: `{"delimiter":"\\u0009"}`,
			options: said(hr, func(o *Options) { o.Delimiter = ";" }), want: []string{
				`1 {"no":"1","login":"a","mail":"b"}`, `x.csv: file-delimiter "x": used ";" instead of "\t"`}},
		{name: "settings that do not fit", text: "no;login;mail\n1;a;b\n", options: said(hr, func(o *Options) { o.Delimiter = "|" }), want: []string{
			`x.csv: warning csv-delimiter: the settings say that "|" stands between the cells, but the file looks as if it were ";"; the settings count`,
			`error: x.csv: no column no for the account id; there are no;login;mail`}},
		{name: "unusable", text: "no,login,mail\n1,a,b\n", options: hr, connector: `{"delimiter":"\"","fileEncoding":"EBCDIC"}`, want: []string{
			`1 {"no":"1","login":"a","mail":"b"}`,
			`x.csv: warning connector-attribute: the source's connector attribute delimiter is "\"", which cannot be used; it is passed over`,
			`x.csv: warning connector-attribute: the source's connector attribute fileEncoding is "EBCDIC", which cannot be used; it is passed over`}},

		{name: "no header, names of the connector", text: "1;ann\n2;bo\n", connector: `{"delimiter":";","hasHeader":false,"columnNames":["no","login"]}`,
			options: hr, want: []string{`1 {"no":"1","login":"ann"}`, `2 {"no":"2","login":"bo"}`,
				`x.csv: file-header "x": used "no, login" instead of "a row with the names of the columns"`,
				`x.csv: columns-missing "x": used "null" instead of "mail" (1)`}},
		{name: "no header, names of the schema", text: "1,ann,a@x\n2,bo,\n", options: hr, want: []string{
			`1 {"no":"1","login":"ann","mail":"a@x"}`, `2 {"no":"2","login":"bo"}`,
			`x.csv: file-header "x": used "no, login, mail" instead of "a row with the names of the columns"`}},
		{name: "a header that the source denies", text: "no,login\n1,ann\n", connector: `{"hasHeader":"false","columnNames":"no,login"}`, options: hr,
			want: []string{`1 {"no":"1","login":"ann"}`, `x.csv:1:1: warning csv-header: the source says that the file has no header, ` +
				`but the first row has the names of the columns and is read as one`,
				`x.csv: columns-missing "x": used "null" instead of "mail" (1)`}},
		{name: "a header that is none", text: "1,ann\n", connector: `{"hasHeader":true,"columnNames":["no","login"]}`, options: hr,
			want: []string{`1 {"no":"1","login":"ann"}`, `x.csv:1:1: warning csv-header: the source says that the first row names the columns, ` +
				`but it has none of their names; it is read as an account`,
				`x.csv: file-header "x": used "no, login" instead of "a row with the names of the columns"`,
				`x.csv: columns-missing "x": used "null" instead of "mail" (1)`}},
		{name: "no header and no names", text: "1,2\n", options: said(hr, func(o *Options) { o.HasHeader = new(false) }), want: []string{
			`error: x.csv: the file has no header and 2 columns, expected as many names of columns`}},

		{name: "UTF-16LE with mark", text: "\xff\xfe" + wide("id,a\r\n1,né😀\r\n", binary.LittleEndian), want: []string{
			`1 {"id":"1","a":"né😀"}`, `x.csv: file-encoding "x": used "UTF-16LE" instead of "UTF-8"`}},
		{name: "UTF-16BE without mark", text: wide("id;a\n1;Łódź\n", binary.BigEndian), want: []string{`1 {"id":"1","a":"Łódź"}`,
			`x.csv: file-delimiter "x": used ";" instead of ","`, `x.csv: file-encoding "x": used "UTF-16BE" instead of "UTF-8"`}},
		{name: "UTF-16 cut off", text: "\xff\xfe" + wide("id\n1\n", binary.LittleEndian) + "\x32", want: []string{`1 {"id":"1"}`, "\ufffd {\"id\":\"\ufffd\"}",
			`x.csv: file-encoding "x": used "UTF-16LE" instead of "UTF-8"`,
			`x.csv: warning text-utf8: 1 places of the file are not UTF-16; they are read as U+FFFD`}},
		{name: "Windows-1252", text: "id,name\n1,Ren\xe9\n2,\x80 5\n3,M\xfcller \x96 \x93x\x94\n", want: []string{`1 {"id":"1","name":"René"}`,
			`2 {"id":"2","name":"€ 5"}`, `3 {"id":"3","name":"Müller – “x”"}`, `x.csv: file-encoding "x": used "windows-1252" instead of "UTF-8"`}},
		{name: "Windows-1252 in the header", text: "id,Stra\xdfe\n1,\xe4\n", want: []string{`1 {"id":"1","Straße":"ä"}`,
			`x.csv: file-encoding "x": used "windows-1252" instead of "UTF-8"`}},
		{name: "damaged UTF-8 is not Windows-1252", text: "id,name\n1,Ren\xe9\n2,Müller\n3,Ärger\n", want: []string{"1 {\"id\":\"1\",\"name\":\"Ren\ufffd\"}",
			`2 {"id":"2","name":"Müller"}`, `3 {"id":"3","name":"Ärger"}`,
			`x.csv:2:1: warning text-utf8: the row has bytes that are not UTF-8; they are read as U+FFFD`}},
		{name: "said to be Windows-1252", text: "id,name\n1,\xc3\xa9\n", options: Options{Encoding: "Cp1252"}, want: []string{`1 {"id":"1","name":"Ã©"}`}},

		{name: "filter", text: "no,login,mail\n1,ann,a\n2,bo,\n3,cy,c\n", options: hr, connector: `{"filterString":"login == \"bo\" || mail == \"c\""}`,
			want: []string{`1 {"no":"1","login":"ann","mail":"a"}`, `x.csv: rows-filtered "x": used "login == \"bo\" || mail == \"c\"" (2)`}},
		{name: "filter that cannot be read", text: "no,login,mail\n1,ann,a\n", options: hr, connector: `{"filterString":"login ="}`, want: []string{
			`1 {"no":"1","login":"ann","mail":"a"}`,
			`x.csv: warning filter-syntax: the filter of the source cannot be read, so nothing is taken out: filter, character 7: expected a comparison after "login"`}},
		{name: "filter for nothing that is there", text: "no,login,mail\n1,ann,a\n", options: hr, connector: `{"filterString":"dept == \"x\""}`, want: []string{
			`1 {"no":"1","login":"ann","mail":"a"}`,
			`x.csv: warning filter-property: the filter of the source asks for "dept", which the accounts do not have`}},
		{name: "comments", text: "# \"export\nno,login,mail\n#1,x\n1,ann,a\n#", options: hr, connector: `{"commentCharacter":"#"}`, want: []string{
			`1 {"no":"1","login":"ann","mail":"a"}`, `x.csv: rows-comment "x": used "#" (3)`}},

		{name: "stable id", text: "no,login,mail,uuid\n1,ann,a,u-1\n2,bo,b,\n", options: hr, want: []string{
			`1 {"no":"1","login":"ann","mail":"a"} uuid u-1`, `2 {"no":"2","login":"bo","mail":"b"}`}},
		{name: "stable id, the first that is there", text: "no,login,uuid,objectGUID\n1,ann,u-1,g-1\n2,bo,u-2,\n",
			options: said(hr, func(o *Options) { o.StableID = []string{"objectGUID", "uuid"} }), want: []string{
				`1 {"no":"1","login":"ann"} uuid g-1`, `2 {"no":"2","login":"bo"} uuid u-2`,
				`x.csv: columns-missing "x": used "null" instead of "mail" (1)`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.file == "" {
				tc.file = "x.csv"
			}
			if tc.connector != "" {
				tc.options.Connector = connector(t, tc.connector)
			}
			if diff := cmp.Diff(tc.want, outcomes(t, tc.file, tc.text, tc.options)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeRows(t *testing.T) {
	o := Options{NativeIdentity: "id", DisplayName: "name", Separator: ",", Attributes: []Attribute{
		{Name: "id"}, {Name: "name"}, {Name: "groups", Multi: true, Entitlement: true}, {Name: "role"}}}
	for _, tc := range []struct {
		name, text, connector string
		want                  []string
	}{
		{name: "together", connector: `{"mergeRows":true,"mergeColumns":["groups"],"indexColumn":"id","hasHeader":true,"delimiter":","}`,
			text: "id,name,groups,role\n1,ann,users,x\n1,ann,admins,x\n1,ann,users,x\n2,bo,,y\n", want: []string{
				`1 {"id":"1","name":"ann","groups":["users","admins"],"role":"x"}`, `2 {"id":"2","name":"bo","role":"y"}`, `x.csv: rows-merged "x" (2)`}},
		{name: "apart, in the order of the first rows", connector: `{"mergeRows":"true","mergeColumns":"groups, role","indexColumn":"id"}`,
			text: "id,name,groups,role\n1,ann,,x\n2,bo,u,y\n2,bo,v,\n1,anna,a,z\n1,ann,b,x\n3,cy,w,\n2,bo,t,y\n", want: []string{
				`1 {"id":"1","name":"ann","groups":["a","b"],"role":["x","z"]}`, `2 {"id":"2","name":"bo","groups":["u","v","t"],"role":"y"}`,
				`3 {"id":"3","name":"cy","groups":["w"]}`, `x.csv: rows-merged "x" (4)`,
				`x.csv: rows-merged-first "x": used "the values of the account's first row" instead of "other values of its other rows" (1)`}},
		{name: "columns of the schema, another key", connector: `{"mergeRows":true,"indexColumn":"name"}`,
			text: "id,name,groups,role\n1,ann,a,\n2,ann,b,\n3,,c,\n4,,d,\n", want: []string{
				`1 {"id":"1","name":"ann","groups":["a","b"]}`, `3 {"id":"3","groups":["c"]}`, `4 {"id":"4","groups":["d"]}`,
				`x.csv: merge-columns "x": used "groups"`, `x.csv: rows-merged "x" (1)`,
				`x.csv: rows-merged-first "x": used "the values of the account's first row" instead of "other values of its other rows" (1)`}},
		{name: "unknown column", connector: `{"mergeRows":true,"mergeColumns":["roles"],"indexColumn":"id"}`,
			text: "id,name,groups,role\n1,ann,a,\n1,ann,b,\n", want: []string{
				`1 {"id":"1","name":"ann","groups":["a"]}`,
				`x.csv:1:1: warning merge-column: mergeColumns names the column "roles", which the file does not have (did you mean "role"?)`, `x.csv: rows-merged "x" (1)`,
				`x.csv: rows-merged-first "x": used "the values of the account's first row" instead of "other values of its other rows" (1)`}},
		{name: "not asked for", connector: `{"mergeRows":false,"mergeColumns":["groups"]}`, text: "id,name,groups,role\n1,ann,a,\n1,ann,b,\n", want: []string{
			`1 {"id":"1","name":"ann","groups":["a"]}`, `1 {"id":"1","name":"ann","groups":["b"]}`,
			`x.csv:3:1: warning account-duplicate: account "1" is also on line 2; the last one counts`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o.Connector = connector(t, tc.connector)
			if diff := cmp.Diff(tc.want, outcomes(t, "x.csv", tc.text, o)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// One list with the accounts of many sources, as JSON and as a table.
func TestAccountList(t *testing.T) {
	table := "id,sourceId,sourceName,nativeIdentity,name,uuid,disabled,uncorrelated,identityId,attributes.mail,attributes.name\n" +
		"i1,s1,HR,n1,ann,u1,true,false,p1,a@x,Ann\ni2,s2,AD,n2,bo,,false,true,p2,b@x,Bo\ni3,s1,Old name,n3,cy,,false,true,p3,c@x,Cy\n"
	list := `[{"id":"i1","sourceId":"s1","sourceName":"HR","nativeIdentity":"n1","name":"ann","uuid":"u1","disabled":true,"uncorrelated":false,` +
		`"identityId":"p1","attributes":{"mail":"a@x","name":"Ann"}},` +
		`{"id":"i2","sourceId":"s2","sourceName":"AD","nativeIdentity":"n2","name":"bo","uncorrelated":true,"identityId":"p2","attributes":{"mail":"b@x"}},` +
		`{"id":"i3","sourceId":"s1","sourceName":"Old name","nativeIdentity":"n3","name":"cy","uncorrelated":true,"identityId":"p3","attributes":{"mail":"c@x","name":"Cy"}}]`
	want := []string{`HR n1 ann i1 u1 p1 true {"mail":"a@x","name":"Ann"}`, `HR n3 cy i3   false {"mail":"c@x","name":"Cy"}`}
	for file, text := range map[string]string{"all.csv": table, "all.json": list} {
		f, err := Open(fstest.MapFS{file: {Data: []byte(text)}}, file, Options{
			Name: "HR", ID: "s1", NativeIdentity: "login", DisplayName: "login", Attributes: []Attribute{{Name: "mail"}, {Name: "name"}}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for a, err := range f.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			text, _ := a.Attributes.MarshalJSON()
			got = append(got, fmt.Sprint(a.Source, " ", a.NativeIdentity, " ", a.Name, " ", a.ID, " ", a.UUID, " ", a.IdentityID, " ", a.Disabled, " ", string(text)))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", file, diff)
		}
	}
}

// Whatever the encoding, a file read a byte at a time has the accounts of its
// UTF-8 form.
func TestEncodingsAgree(t *testing.T) {
	text := "id;name\n" + strings.Repeat("1;Zoë \U0001F600 “Łódź”\n2;x\n", 9000)
	plain := "id;name\n" + strings.Repeat("1;Zo\xeb \x93x\x94\n2;x\n", 9000)
	count := func(src io.Reader) map[string]int {
		got := map[string]int{}
		f, err := Delimited("x.csv", func() (io.ReadCloser, error) { return io.NopCloser(src), nil }, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for a, err := range f.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got[a.Attributes.Get("name").Text()]++
		}
		return got
	}
	for _, tc := range []struct{ text, name string }{
		{text, "Zoë \U0001F600 “Łódź”"}, {"\ufeff" + text, "Zoë \U0001F600 “Łódź”"}, {plain, "Zoë “x”"},
		{wide(text, binary.LittleEndian), "Zoë \U0001F600 “Łódź”"}, {"\xfe\xff" + wide(text, binary.BigEndian), "Zoë \U0001F600 “Łódź”"},
	} {
		want := map[string]int{tc.name: 9000, "x": 9000}
		for _, src := range []io.Reader{strings.NewReader(tc.text), iotest.OneByteReader(strings.NewReader(tc.text))} {
			if diff := cmp.Diff(want, count(src)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		}
	}
}

// A long quoted cell that comes in small pieces, a wide header and an account
// with very many entitlements take time that grows with their size, not with its
// square.
func TestLargeInputs(t *testing.T) {
	text := "id,a\n1,\"" + strings.Repeat("x\n", 2<<20) + "\"\n"
	r := newReader(iotest.HalfReader(&small{strings.NewReader(text)}), ",")
	for rows := 0; ; rows++ {
		if _, _, _, err := r.next(); err != nil {
			if rows != 2 {
				t.Errorf("%d rows, want 2", rows)
			}
			break
		}
	}

	var names strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&names, ",c%d", i)
	}
	if got := outcomes(t, "x.csv", "id"+names.String()+"\n", Options{}); len(got) > 0 {
		t.Errorf("got %v", got[:1])
	}

	var a identity.Account
	var groups []identity.Value
	for i := range 200_000 {
		groups = append(groups, identity.StringValue(fmt.Sprint("g", i%150_000)))
	}
	p := newReading(&Options{}, "x", "x")
	p.addEntitlement(&a, "g7")
	p.addEntitlements(&a, identity.ListValue(groups...))
	if len(a.Entitlements) != 150_000 || a.Entitlements[0] != "g7" || a.Entitlements[1] != "g0" {
		t.Errorf("%d entitlements", len(a.Entitlements))
	}
}

// small reads at most 512 bytes at a time.
type small struct{ io.Reader }

func (s *small) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), 512)]) }

func FuzzRecognize(f *testing.F) {
	f.Add("no;login\n1;a\n", `{"delimiter":";"}`)
	f.Add("'a','b'\n", `{"hasHeader":false,"columnNames":["no","b"]}`)
	f.Add("\xff\xfei\x00d\x00", `{}`)
	f.Add("id\n1\n1\n2\n1\n", `{"mergeRows":true,"commentCharacter":"#"}`)
	f.Fuzz(func(t *testing.T, text, attributes string) {
		node, _ := jsondoc.Parse("c.json", []byte(attributes))
		outcomes(t, "x.csv", text, Options{FirstColumn: true, Connector: node})
	})
}
