package codes

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ExampleCountry() {
	fmt.Println(Country(" deutschland ", Alpha3))
	fmt.Println(Country("56", Alpha2))
	fmt.Println(Country("UK", Alpha2))
	// Output:
	// DEU true
	// BE true
	//  false
}

func ExampleLanguageTag() {
	fmt.Println(LanguageTag("French (Canada)"))
	fmt.Println(LanguageTag("heb"))
	// Output:
	// fr_CA true
	// iw true
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

type country struct {
	Alpha3, Numeric, English string
	Names                    []string
}

func source(t *testing.T) map[string]country {
	t.Helper()
	var file struct{ Countries map[string]country }
	read(t, "iso3166.json", &file)
	return file.Countries
}

// TestCountrySource shows that the tables are those of iso3166.json.
func TestCountrySource(t *testing.T) {
	all := source(t)
	names := 0
	for alpha2, c := range all {
		inputs := append(slices.Clone(c.Names), alpha2, c.Alpha3, c.Numeric, strings.TrimLeft(c.Numeric, "0"))
		for _, text := range inputs {
			for _, text := range []string{text, strings.ToLower(text), "\t " + strings.ToUpper(text) + " \n"} {
				if strings.Contains(text, "SS") && strings.Contains(inputs[0], "ß") {
					continue
				}
				got := []string{}
				for _, format := range []string{Alpha2, Alpha3, Numeric} {
					code, _ := Country(text, format)
					got = append(got, code)
				}
				if want := []string{alpha2, c.Alpha3, c.Numeric}; !slices.Equal(got, want) {
					t.Errorf("%q: got %q, want %q", text, got, want)
				}
			}
		}
		if !IsRegion(alpha2) || IsRegion(strings.ToLower(alpha2)) {
			t.Errorf("IsRegion is wrong about %s", alpha2)
		}
		names += len(c.Names)
	}
	if n := len(slices.Collect(allCountryNames())); n != names {
		t.Errorf("%d names, want %d", n, names)
	}
	english := map[string]string{}
	for alpha2, name := range allCountries() {
		english[alpha2] = name
	}
	want := map[string]string{}
	for alpha2, c := range all {
		want[alpha2] = c.English
	}
	if diff := cmp.Diff(want, english); diff != "" {
		t.Errorf("english names: mismatch (-want +got):\n%s", diff)
	}
}

func TestCountryUnknown(t *testing.T) {
	for _, text := range []string{"", " ", "UK", "ZZ", "000", "0056", "5 6", "999", "Atlantis", "D", "D\x00", "DE U", "ＤＥ", "\u00a0DE", "1A"} {
		if code, ok := Country(text, Alpha2); ok {
			t.Errorf("%q: got %s", text, code)
		}
	}
	if _, ok := Country("DE", "alpha4"); ok || IsFormat("alpha4") || !IsFormat(Numeric) {
		t.Error("alpha4 is a format")
	}
	for _, code := range []string{"", "D", "DEU", "ZZ", "de", "UK"} {
		if IsRegion(code) {
			t.Errorf("%q is a region", code)
		}
	}
}

// TestCountryGoldens compares with the names of a JDK, as far as the table has them.
func TestCountryGoldens(t *testing.T) {
	data, err := os.ReadFile("testdata/country.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	missing, n := 0, 0
	for in := bufio.NewScanner(bytes.NewReader(data)); in.Scan(); n++ {
		var g struct {
			Input    struct{ Alpha2 string }
			Expected struct {
				Alpha3, English string
				Native          map[string]string
			}
		}
		if err := json.Unmarshal(in.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		alpha2 := g.Input.Alpha2
		if got, _ := Country(alpha2, Alpha3); got != g.Expected.Alpha3 {
			t.Errorf("%s: got %s, want %s", alpha2, got, g.Expected.Alpha3)
		}
		texts := []string{g.Expected.English}
		for _, name := range g.Expected.Native {
			texts = append(texts, name)
		}
		for _, text := range texts {
			if got, ok := Country(text, Alpha2); ok && got != alpha2 {
				t.Errorf("%q: got %q, want %s", text, got, alpha2)
			} else if !ok {
				missing++
			}
		}
	}
	if n != 249 || missing > 0 {
		t.Errorf("%d records, want 249; %d names are not in the table", n, missing)
	}
}

// TestLanguageSource shows that the table is that of rfc5646.json.
func TestLanguageSource(t *testing.T) {
	var file struct{ Table map[string]string }
	read(t, "rfc5646.json", &file)
	for text, want := range file.Table {
		texts := []string{text, " " + strings.ToUpper(text), strings.ToLower(text) + "\r\n", strings.ReplaceAll(text, "Bokm?l", "BOKMÅL")}
		for _, text := range texts {
			if got, ok := LanguageTag(text); !ok || got != want {
				t.Errorf("%q: got %q, want %s", text, got, want)
			}
		}
	}
	if got, want := len(slices.Collect(allLanguageNames())), len(file.Table)+2; got != want {
		t.Errorf("%d names, want %d", got, want)
	}
	for _, text := range []string{"", "fr", "Klingon", "French(Canada)"} {
		if tag, ok := LanguageTag(text); ok {
			t.Errorf("%q: got %s", text, tag)
		}
	}
}

// TestVectors runs what the operations are expected to answer to a plain input.
func TestVectors(t *testing.T) {
	for _, name := range []string{"iso3166", "rfc5646"} {
		var file struct {
			Vectors []struct {
				ID        string
				Input     *string
				Transform struct{ Attributes struct{ Format string } }
				Expected  struct {
					Value *string
					Error bool
				}
			}
		}
		read(t, "testdata/"+name+".json", &file)
		for _, v := range file.Vectors {
			if v.Input == nil {
				continue
			}
			var got *string
			format := v.Transform.Attributes.Format
			if format == "" {
				format = Alpha2
			}
			answer, ok := LanguageTag(*v.Input)
			if name == "iso3166" {
				answer, ok = Country(*v.Input, format)
			}
			if ok {
				got = &answer
			}
			if diff := cmp.Diff(v.Expected.Value, got); diff != "" || v.Expected.Error != (!IsFormat(format)) {
				t.Errorf("%s: mismatch (-want +got):\n%s", v.ID, diff)
			}
		}
	}
}

// TestGenerated runs the generator and compares.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the go command")
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	dir, want := t.TempDir(), "tables.go"
	for _, name := range []string{"iso3166.json", "rfc5646.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := dir + "/gen"
	if out, err := exec.CommandContext(t.Context(), goTool, "build", "-o", binary, "gen.go").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := exec.CommandContext(t.Context(), binary)
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(dir + "/tables.go")
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, have) {
		t.Error("tables.go is not what gen.go makes of the sources; run go generate")
	}
}

func TestAllocations(t *testing.T) {
	n := testing.AllocsPerRun(10, func() {
		Country(" united states of america ", Numeric)
		Country("Ελλάδα", Alpha2)
		Country("deu", Alpha2)
		LanguageTag("french (canada)")
		IsRegion("DE")
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzCountry(f *testing.F) {
	for _, s := range []string{"DE", "deu", "276", " 56", "Ελλάδα", "\xed\xa0\x80", "ÅLAND"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if code, ok := Country(text, Alpha2); ok != IsRegion(code) {
			t.Errorf("%q: got %q %t", text, code, ok)
		}
		LanguageTag(text)
	})
}

func BenchmarkCountry(b *testing.B) {
	texts := []string{"DE", "usa", "Germany", "united kingdom", "Ελλάδα", "276"}
	byName := map[string]string{}
	for name := range allCountryNames() {
		byName[strings.ToLower(name)], _ = Country(name, Alpha3)
	}
	b.Run("table", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			Country(texts[i%len(texts)], Alpha3)
		}
	})
	b.Run("map with strings.ToLower", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_ = byName[strings.ToLower(strings.TrimSpace(texts[i%len(texts)]))]
		}
	})
}
