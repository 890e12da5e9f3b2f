package profile_test

import (
	"bufio"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// The M20 mapping set has twenty attributes of everyday kinds: names, numbers,
// dates, tables. Its people have an account in HR and nine of ten one in AD.

// m20Now is the clock of the mapping set.
var m20Now = time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)

// m20 returns the mapping set with its sources.
func m20(tb testing.TB) *config.Bundle {
	tb.Helper()
	files := fstest.MapFS{
		"hr.json": {Data: []byte(fixture.Source("HR"))},
		"ad.json": {Data: []byte(fixture.Source("AD", "name=employeeID"))},
	}
	for _, name := range []string{"profile.json", "transforms.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", "m20", name))
		if err != nil {
			tb.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	b, found := config.Load(files)
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	b.Data = map[string][]string{"HR": {"HR.csv"}, "AD": {"AD.csv"}}
	return b
}

// m20Engine compiles the mapping set.
func m20Engine(tb testing.TB) *profile.Engine {
	tb.Helper()
	engine, found := profile.Compile(m20(tb), profile.Options{})
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return engine
}

// m20Folder writes n people and returns the folder.
func m20Folder(tb testing.TB, n int) fs.FS {
	tb.Helper()
	dir := tb.TempDir()
	var files [2]*bufio.Writer
	for i, name := range []string{"HR.csv", "AD.csv"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			tb.Fatal(err)
		}
		defer f.Close()
		files[i] = bufio.NewWriter(f)
		defer files[i].Flush()
	}
	writePeople(n, files[0], files[1])
	return os.DirFS(dir)
}

var (
	givenNames  = strings.Fields("James Mary Robert Patricia John Jennifer Lukas Leonie Camille Hugo Giulia Matteo Carmen Javier Piotr Agnieszka Priya Rahul Yuki Omar")
	markedGiven = strings.Fields("José María Sofía Élodie Zoé Jérôme François Jürgen Björn Łukasz Małgorzata João Åsa Øyvind Søren Jiří Çağla Ömer László Đorđe")
	familyNames = strings.Fields("Smith Johnson Williams Garcia Martinez Anderson Thompson Schneider Zimmermann Dubois Lefebvre Rossi Esposito Kowalski Lewandowski VanDenBerg Oliveira Sharma Yamamoto Johansson")
	markedNames = strings.Fields("García Rodríguez Hernández Müller Schäfer Groß Lefèvre Gonçalves Magalhães Wałęsa Dąbrowski Dvořák Procházka Sjöberg Sørensen Yılmaz Öztürk Szabó Kovács O'Súilleabháin")
	departments = strings.Split("Engineering|Information Technology|Finance & Accounting|Human Resources|Sales|Marketing & Communications|Legal|Operations|Customer Support|Facilities", "|")
	jobTitles   = strings.Split("Software Engineer|Senior  Software Engineer|Systems Administrator|Accountant|Financial Analyst|Account Executive|Sales Manager|Legal Counsel|Intern", "|")
	countries   = [...]struct{ code, name, national, international string }{
		{"US", "United States", "(201) 555-%04d", "+1 201-555-%04d"}, {"GB", "United Kingdom", "020 7946 %04d", "+44 20 7946 %04d"},
		{"DE", "Germany", "030 90%04d", "+49 30 90%04d"}, {"FR", "France", "01 44 55 %04d", "+33 1 44 55 %04d"}, {"IN", "India", "074104 1%04d", "+91 74104 1%04d"},
		{"ES", "Spain", "810 12 %04d", "+34 810 12 %04d"}, {"IT", "Italy", "06 1234 %04d", "+39 06 1234 %04d"}, {"PL", "Poland", "12 345 %04d", "+48 12 345 %04d"},
	}
)

// writePeople writes the account files of n people, always the same ones.
func writePeople(n int, hr, ad io.Writer) {
	r := rand.New(rand.NewPCG(1, 20))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	rarely := func(percent int, usual, other string) string {
		if r.IntN(100) < percent {
			return other
		}
		return usual
	}
	fmt.Fprintln(hr, "employeeNumber,givenName,familyName,country,countryCode,phone,hireDate,terminationDate,department,jobTitle,manager,emailLocal")
	fmt.Fprintln(ad, "employeeID,sAMAccountName,mail,telephoneNumber,displayName")
	for i := range n {
		given, family := pick(givenNames), pick(familyNames)
		login := fmt.Sprintf("%c%s%x", given[0]|0x20, strings.ToLower(family), i)
		mail := fmt.Sprintf("%s.%s%d", given, family, i)
		given, family = rarely(15, given, pick(markedGiven)), rarely(15, family, pick(markedNames))
		c := countries[r.IntN(len(countries))]
		hired := time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(11300))
		left := rarely(92, hired.AddDate(0, 0, 30+r.IntN(4000)).Format("02/01/2006"), "")
		fmt.Fprintf(hr, "E%07d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", i, rarely(1, rarely(3, given, " "+given+" "), ""), rarely(1, family, ""),
			c.name, c.code, rarely(1, fmt.Sprintf(c.national, r.IntN(10000)), "n/a"), hired.Format("02/01/2006"), left,
			pick(departments), pick(jobTitles), rarely(1, fmt.Sprintf("e%07d", i/8), ""), rarely(3, strings.ToLower(mail), ""))
		if r.IntN(10) > 0 {
			fmt.Fprintf(ad, "E%07d,%s,%s,%s,\"%s, %s\"\n", i, login, rarely(2, mail+"@Example.com", ""),
				rarely(10, fmt.Sprintf(c.international, r.IntN(10000)), ""), family, given)
		}
	}
}

// m20People returns identities with their accounts.
func m20People(tb testing.TB, engine *profile.Engine, n int) []*identity.Identity {
	tb.Helper()
	var people []*identity.Identity
	sources, _ := engine.Bundle().Accounts(m20Folder(tb, n), nil)
	for r, err := range engine.Run(tb.Context(), profile.RunOptions{Now: m20Now}, sources...) {
		if err != nil {
			tb.Fatal(err)
		}
		people = append(people, r.Identity)
	}
	if len(people) != n {
		tb.Fatalf("got %d people, want %d", len(people), n)
	}
	return people
}
