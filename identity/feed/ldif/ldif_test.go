package ldif

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

// told collects what a reading tells.
type told struct{ lines []string }

func (w *told) options(o feed.Options) feed.Options {
	o.OnFinding = func(d diag.Diagnostic) { w.lines = append(w.lines, d.String()) }
	o.OnAssumption = func(a diag.Assumption) { w.lines = append(w.lines, a.String()) }
	return o
}

// line is an account as a test writes it down.
func line(a *identity.Account) string {
	text, _ := a.Attributes.MarshalJSON()
	s := a.NativeIdentity
	for _, field := range []struct {
		name string
		on   bool
	}{{a.Name, a.Name != ""}, {a.UUID, a.UUID != ""}, {"disabled", a.Disabled}, {"locked", a.Locked}} {
		if field.on {
			s += " " + field.name
		}
	}
	return s + " " + string(text)
}

func collect(t testing.TB, src identity.Source) (lines []string) {
	t.Helper()
	for a, err := range src.Accounts(t.Context()) {
		if err != nil {
			return append(lines, "error: "+err.Error())
		}
		lines = append(lines, line(&a))
	}
	return lines
}

const guidBytes = "\xf9\x8f\x28\x75\x1d\x5c\x2f\x4e\x9a\x3b\x00\x00\x00\x00\x00\xd3"

func TestRead(t *testing.T) {
	b64 := base64.StdEncoding.EncodeToString
	ad := feed.Options{NativeIdentity: "distinguishedName", DisplayName: "sAMAccountName", Attributes: []feed.Attribute{
		{Name: "distinguishedName"}, {Name: "sAMAccountName"}, {Name: "objectGUID"}, {Name: "objectSid"}, {Name: "memberOf", Multi: true, Entitlement: true}}}
	for _, tc := range []struct {
		name, text string
		options    feed.Options
		want, told []string
	}{
		{
			name: "ldapsearch", text: "# extended LDIF\n#\n# a long comment that is\n  folded\nversion: 1\n\n# ann, x\ndn: uid=ann,dc=x\nuid: ann\n" +
				"cn: Ann Lo\n ng\ncn:: " + b64([]byte("Änn")) + "\ncn;lang-de: Anna\nentryUUID: 6ba7b810-9dad-11d1-80b4-00c04fd430c8\n\n" +
				"# search reference\nref: ldap://other/dc=y??sub\n\n# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 3\n# numEntries: 1\n",
			want: []string{`uid=ann,dc=x 6ba7b810-9dad-11d1-80b4-00c04fd430c8 {"uid":"ann","cn":["Ann Long","Änn"],"cn;lang-de":"Anna",` +
				`"entryUUID":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","dn":"uid=ann,dc=x"}`},
			told: []string{`x.ldif: ldif-referrals "x" (1)`},
		},
		{
			name: "Active Directory", options: ad, text: "dn: CN=Ann,OU=P,DC=x\r\ndistinguishedname: CN=Ann,OU=P,DC=x\r\nSAMACCOUNTNAME: ann\r\nobjectGUID:: " + b64([]byte(guidBytes)) +
				"\r\nobjectSid:: AQUAAAAAAAUVAAAAoGXPfnhLm1/nfIdwCRwBAA==\r\nmemberOf: CN=a,DC=x\r\nmemberOf: CN=b,DC=x\r\nuserAccountControl: 514\r\n" +
				"msDS-User-Account-Control-Computed: 16\r\nmember;range=0-1499: CN=z\r\nphoto;binary:: /9j/\r\n",
			want: []string{`CN=Ann,OU=P,DC=x ann {75288ff9-5c1d-4e2f-9a3b-0000000000d3} disabled locked {"distinguishedName":"CN=Ann,OU=P,DC=x",` +
				`"sAMAccountName":"ann","objectGUID":"{75288ff9-5c1d-4e2f-9a3b-0000000000d3}","objectSid":"S-1-5-21-2127521184-1604012920-1887927527-72713",` +
				`"memberOf":["CN=a,DC=x","CN=b,DC=x"]}`},
			told: []string{`x.ldif:10:1: warning ldif-range: member has only a part of its values (range=0-1499); the export should ask for the others`,
				`x.ldif: ldif-binary "x": used "base64" instead of "the bytes" (1)`},
		},
		{
			name: "ldbsearch writes ids as text", options: ad,
			text: "# record 1\ndn: CN=Ann,DC=x\nobjectGUID: 75288FF9-5C1D-4E2F-9A3B-0000000000D3\nobjectSid: S-1-5-32-544\n\n# returned 1 records\n# 1 entries\n# 0 referrals\n",
			want: []string{`CN=Ann,DC=x {75288ff9-5c1d-4e2f-9a3b-0000000000d3} {"distinguishedName":"CN=Ann,DC=x",` +
				`"objectGUID":"{75288ff9-5c1d-4e2f-9a3b-0000000000d3}","objectSid":"S-1-5-32-544"}`},
		},
		{
			name: "UTF-16", text: "\xff\xfed\x00n\x00:\x00 \x00c\x00n\x00=\x00\xe4\x00\n\x00", want: []string{`cn=ä {"dn":"cn=ä"}`},
		},
		{
			name: "bad records cost themselves", options: feed.Options{NativeIdentity: "uid"},
			text: "dn: uid=1\nuid: 1\n\ndn: uid=2\nuid: 2\ncn:: QUJ\n\nuid: 3\n\ndn: uid=4\nuid: 4\nphoto:< file:///etc/passwd\n\ndn: uid=5\nuid: 5\ncn: M\xfcller\n\n" +
				"dn: UID = 1\nuid: 6\n\ndn: cn=7\n\ndn: uid=8\nuid 8\n\ndn: uid=9\nchangetype: delete\n\ndn:: /w==\nuid: 10\n\ndn: uid=11\nchangetype: add\nuid: 11\n",
			want: []string{`1 {"uid":"1","dn":"uid=1"}`, `11 {"uid":"11","dn":"uid=11"}`},
			told: []string{
				`x.ldif:6:1: error ldif-base64: the value of cn is no base64: it is cut off or damaged; the entry "uid=2" is left out`,
				`x.ldif:8:1: error ldif-dn-missing: the entry has no dn; it is left out`,
				`x.ldif:12:1: error ldif-url: the value of photo is in another place, "file:///etc/passwd", which is not read; the entry "uid=4" is left out`,
				`x.ldif:16:1: error ldif-encoding: the value of cn is not UTF-8, expected UTF-8 or base64; the entry "uid=5" is left out`,
				`x.ldif:18:1: error ldif-dn-duplicate: the entry "UID = 1" is also on line 1, maybe in another spelling; it is left out`,
				`x.ldif:21:1: error account-id-missing: the entry "cn=7" has no uid for the account id; it is left out`,
				`x.ldif:24:1: error ldif-syntax: found "uid 8", expected an attribute and a colon; the entry "uid=8" is left out`,
				`x.ldif:26:1: error ldif-change: the record is a change (delete), expected an entry; it is left out`,
				`x.ldif:29:1: error ldif-encoding: the dn is not UTF-8; the entry is left out`},
		},
		{
			name: "a search that did not end", text: "dn: uid=1\n\nsearch: 2\nresult: 4 Size limit exceeded\n",
			want: []string{`uid=1 {"dn":"uid=1"}`, "error: x.ldif, line 4: the search ended with 4 Size limit exceeded: the file is not complete"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, slow := range []bool{false, true} {
				var w told
				f, err := New("x.ldif", func() (io.ReadCloser, error) {
					var src io.Reader = strings.NewReader(tc.text)
					if slow {
						src = iotest.OneByteReader(src)
					}
					return io.NopCloser(src), nil
				}, w.options(tc.options))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, collect(t, f)); diff != "" {
					t.Errorf("accounts: mismatch (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tc.told, w.lines); diff != "" {
					t.Errorf("told: mismatch (-want +got):\n%s", diff)
				}
				refused := 0
				for _, s := range tc.told {
					if strings.Contains(s, ": error ") {
						refused++
					}
				}
				if f.Refused() != refused {
					t.Errorf("refused %d, want %d", f.Refused(), refused)
				}
			}
		})
	}
}

func source(t testing.TB, file, text string, o feed.Options) *feed.File {
	t.Helper()
	f, err := Open(fstest.MapFS{file: {Data: []byte(text)}}, file, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What a full read gives after changes is what the changes give on the full read
// before them.
func TestChanges(t *testing.T) {
	const before = "dn: ou=a,dc=x\nou: a\n\ndn: uid=1,ou=a,dc=x\nentryUUID: u1\nuid: 1\nsn: Lee\nmanager: uid=2,ou=a,dc=x\ngroups: g\n\n" +
		"dn: uid=2,ou=a,dc=x\nentryUUID: u2\nuid: 2\n\ndn: uid=3,ou=c,dc=x\nentryUUID: u3\nuid: 3\nmanager: UID=2, ou=a,dc=x\n\ndn: uid=4,ou=c,dc=x\nentryUUID: u4\nuid: 4\n"
	const delta = "dn: uid=1,ou=a,dc=x\nchangetype: modify\nreplace: sn\nsn: Leigh\n-\nadd: groups\ngroups: h\ngroups: i\n-\ndelete: groups\ngroups: G\n-\n\n" +
		"dn: ou=a,dc=x\nchangetype: modrdn\nnewrdn: ou=b\ndeleteoldrdn: 1\n\n" +
		"dn: uid=1,ou=b,dc=x\nchangetype: modify\nadd: mail\nmail: a@x\n\n" +
		"dn: uid=4,ou=c,dc=x\ncontrol: 1.2.3 true\nchangetype: delete\n\n" +
		"dn: uid=5,ou=c,dc=x\nchangetype: add\nentryUUID: u5\nuid: 5\nuserAccountControl: 514\n\n" +
		"dn: uid=2,ou=b,dc=x\nchangetype: moddn\nnewrdn: uid=22\ndeleteoldrdn: 0\nnewsuperior: ou=c,dc=x\n\n" +
		"dn: uid=9,ou=c,dc=x\nchangetype: modify\nreplace: sn\nsn: x\n\ndn: uid=3,ou=c,dc=x\nchangetype: twist\n"
	o := feed.Options{Name: "D", Attributes: []feed.Attribute{{Name: "dn"}, {Name: "uid"}, {Name: "sn"}, {Name: "manager"}, {Name: "mail"},
		{Name: "groups", Multi: true}, {Name: "userAccountControl"}}}
	known := func() iter.Seq[identity.Account] {
		return func(yield func(identity.Account) bool) {
			for a := range source(t, "x.ldif", before, o).Accounts(t.Context()) {
				if !yield(a) {
					return
				}
			}
		}
	}

	var w told
	d, err := Changes("d.ldif", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(delta)), nil }, w.options(o), known, "manager")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`ou=b,dc=x {"dn":"ou=b,dc=x"}`,
		`uid=1,ou=b,dc=x u1 {"dn":"uid=1,ou=b,dc=x","uid":"1","sn":"Leigh","manager":"uid=2,ou=a,dc=x","mail":"a@x","groups":["h","i"]}`,
		`uid=22,ou=c,dc=x u2 {"dn":"uid=22,ou=c,dc=x","uid":"2"}`,
		`uid=3,ou=c,dc=x u3 {"dn":"uid=3,ou=c,dc=x","uid":"3","manager":"uid=22,ou=c,dc=x"}`,
		`uid=5,ou=c,dc=x u5 disabled {"dn":"uid=5,ou=c,dc=x","uid":"5","userAccountControl":"514"}`}
	if diff := cmp.Diff(want, collect(t, d)); diff != "" {
		t.Errorf("changed: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ou=a,dc=x", "uid=1,ou=a,dc=x", "uid=2,ou=a,dc=x", "uid=4,ou=c,dc=x"}, d.Removed()); diff != "" {
		t.Errorf("removed: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{
		`d.ldif:40:1: error ldif-change: the record changes "uid=9,ou=c,dc=x" which is not known; it is left out`,
		`d.ldif:45:1: error ldif-change: a change of the type "twist", expected add, modify, modrdn or delete; it is left out`}, w.lines); diff != "" {
		t.Errorf("told: mismatch (-want +got):\n%s", diff)
	}
}

func TestBroken(t *testing.T) {
	broken := errors.New("broken pipe")
	f, err := New("x.ldif", func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("dn: uid=1\n\ndn: uid=2\nsn: x"), iotest.ErrReader(broken))), nil
	}, feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := collect(t, f)
	if diff := cmp.Diff([]string{`uid=1 {"dn":"uid=1"}`, "error: x.ldif, line 3: broken pipe"}, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// write is the plain form of records, for the fuzz target.
func write(lines []string) string { return strings.Join(lines, "\n") }

// Any text is read to its end without a panic, in one piece and byte by byte alike.
func FuzzRead(f *testing.F) {
	f.Add("dn: uid=1\nuid: 1\ncn:: QUI=\n\n# c\n  d\ndn:: eA==\n")
	f.Add("version: 1\ndn: x=1\nchangetype: modify\nadd: a\na: 1\n-\n")
	f.Add("dn: \n\nref: x\n\nresult: 0 x\n")
	f.Fuzz(func(t *testing.T, text string) {
		var lists [][]string
		for _, slow := range []bool{false, true} {
			var w told
			src, err := New("x.ldif", func() (io.ReadCloser, error) {
				if slow {
					return io.NopCloser(iotest.OneByteReader(strings.NewReader(text))), nil
				}
				return io.NopCloser(strings.NewReader(text)), nil
			}, w.options(feed.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			lists = append(lists, append(collect(t, src), w.lines...))
		}
		if write(lists[0]) != write(lists[1]) {
			t.Errorf("%q: mismatch (-whole +bytes):\n%s", text, cmp.Diff(lists[0], lists[1]))
		}
		d, err := Changes("x.ldif", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }, feed.Options{},
			func() iter.Seq[identity.Account] { return slices.Values([]identity.Account{{NativeIdentity: "x=1"}}) }, "a")
		if err != nil {
			t.Fatal(err)
		}
		collect(t, d)
	})
}

// generate writes n entries as ldapsearch does.
func generate(w io.Writer, n int) {
	for i := range n {
		fmt.Fprintf(w, "# user%d, people, acme.example\ndn: uid=user%d,ou=people,dc=acme,dc=example\nobjectClass: top\nobjectClass: inetOrgPerson\nuid: user%d\n"+
			"cn: Given%d Family%d\nsn: Family%d\ngivenName: Given%d\nmail: given%d.family%d@acme.example\nemployeeNumber: %06d\ntelephoneNumber: +49 30 %07d\n"+
			"departmentNumber: %d\ntitle: Senior Engineer\nmanager: uid=user%d,ou=people,dc=acme,dc=example\ndescription:: %s\nentryUUID: %08x-9dad-11d1-80b4-00c04fd430c8\n\n",
			i, i, i, i%700, i%900, i%900, i%700, i%700, i, i, i, i%40, i/10, base64.StdEncoding.EncodeToString([]byte("Größe")), i)
	}
}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	generate(&text, 20000)
	b.Run("accounts", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for b.Loop() {
			f, _ := New("x.ldif", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text.String())), nil }, feed.Options{OnFinding: func(diag.Diagnostic) {}})
			for _, err := range f.Accounts(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("lines", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		for b.Loop() {
			lines := 0
			for range strings.Lines(text.String()) {
				lines++
			}
		}
	})
}
