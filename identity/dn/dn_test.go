package dn_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/dn"
)

func ExampleFold() {
	fmt.Println(dn.Fold(`CN=Smith\, Ann,OU=People,DC=acme,DC=example`))
	fmt.Println(dn.Fold(`commonName = smith\2c  ANN , ou=people;DC=Acme, dc=EXAMPLE`))
	// Output:
	// cn=smith\, ann,ou=people,dc=acme,dc=example
	// cn=smith\, ann,ou=people,dc=acme,dc=example
}

func TestFold(t *testing.T) {
	for _, tc := range []struct {
		name, a, b string
		differ     bool
	}{
		{name: "case", a: "CN=Ann,DC=x", b: "cn=ANN,dc=X"},
		{name: "blanks around", a: "CN=Ann,DC=x", b: " CN = Ann , DC = x "},
		{name: "blanks inside", a: "CN=Ann Lee,DC=x", b: "CN=Ann   Lee,DC=x"},
		{name: "escaped blank at the end", a: "CN=Ann,DC=x", b: `CN=Ann\20,DC=x`},
		{name: "escapes", a: `CN=a\,b,DC=x`, b: `CN=a\2Cb,DC=x`},
		{name: "quotes", a: `CN=a\,b,DC=x`, b: `CN="a,b",DC=x`},
		{name: "semicolons", a: "CN=a,DC=x", b: "CN=a;DC=x"},
		{name: "several values in another order", a: "CN=a+UID=1,DC=x", b: "uid=1+cn=A,DC=x"},
		{name: "type synonyms", a: "CN=a,OU=b,DC=x", b: "2.5.4.3=a,organizationalUnitName=b,OID.0.9.2342.19200300.100.1.25=x"},
		{name: "umlauts", a: "CN=MÜLLER,DC=x", b: "cn=müller,dc=x"},
		{name: "letter by letter, as slapd does", a: "uid=İrem,DC=x", b: "uid=irem,dc=x"},
		{name: "no letter becomes two", a: "uid=Straße,dc=x", b: "uid=STRASSE,dc=x", differ: true},
		{name: "no name", a: "  Ann  Lee ", b: "ann lee"},
		{name: "accents", a: "CN=Müller,DC=x", b: "CN=Muller,DC=x", differ: true},
		{name: "order of parts", a: "CN=a,OU=b", b: "OU=b,CN=a", differ: true},
		{name: "one part or two", a: "CN=a+UID=1", b: "CN=a,UID=1", differ: true},
		{name: "a comma is no part", a: `CN=a\,OU=b`, b: "CN=a,OU=b", differ: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if same := dn.Fold(tc.a) == dn.Fold(tc.b); same == tc.differ {
				t.Errorf("%s gives %s, %s gives %s", tc.a, dn.Fold(tc.a), tc.b, dn.Fold(tc.b))
			}
		})
	}
}

func TestParts(t *testing.T) {
	for _, tc := range []struct{ name, first, parent, cn string }{
		{`CN=Smith\, Ann,OU=People,DC=x`, `CN=Smith\, Ann`, "OU=People,DC=x", "Smith, Ann"},
		{`CN=a+UID=1, OU=b`, `CN=a+UID=1`, "OU=b", "a"},
		{"DC=x", "DC=x", "", ""},
		{"no name", "no name", "", "no name"},
		{"", "", "", ""},
	} {
		got := []string{dn.First(tc.name), dn.Parent(tc.name), dn.Value(tc.name, "cn")}
		if diff := cmp.Diff([]string{tc.first, tc.parent, tc.cn}, got); diff != "" {
			t.Errorf("%q: mismatch (-want +got):\n%s", tc.name, diff)
		}
	}
}

// Folding a folded name changes nothing.
func FuzzFold(f *testing.F) {
	for _, s := range []string{`CN=a\,b+UID=1 , DC = x`, `CN="a;b"`, `x`, `CN=\`, "CN=\\ a  b\\20", `=`, `CN=a,`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := dn.Fold(s)
		// A blank before the name makes it one that is folded part by part.
		if slow := dn.Fold(" " + s); slow != once {
			t.Errorf("%q folds to %q, with a blank before to %q", s, once, slow)
		}
		if twice := dn.Fold(once); twice != once {
			t.Errorf("%q folds to %q, that to %q", s, once, twice)
		}
	})
}
