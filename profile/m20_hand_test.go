package profile_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/cputime"
	"github.com/idprofile/engine/profile"
)

// The M20 mapping set as a Go developer would write it for exactly this purpose,
// with the standard library and the usual modules. What has no value is "".

// m20Names are the attributes in the order of [m20Values].
var m20Names = [...]string{
	"uid", "email", "firstname", "lastname", "displayName", "sortName", "loginName", "phone", "workPhone", "country",
	"countryAlpha3", "startDate", "endDate", "deleteAfter", "cloudLifecycleState", "department", "departmentCode",
	"title", "employeeClass", "managerId",
}

type (
	m20Values [len(m20Names)]string

	// m20Person is a person as a program has somebody that it was written for.
	m20Person struct {
		hr struct {
			number, given, family, country, countryCode, phone, hired, left, department, title, manager, local string
		}
		ad struct{ login, mail, phone string }
	}
)

// m20Structs are the accounts of people as structs.
func m20Structs(people []*identity.Identity) []m20Person {
	list := make([]m20Person, len(people))
	for i, who := range people {
		p := &list[i]
		for k := range who.Accounts {
			text := func(name string) string { return who.Accounts[k].Attributes.Get(name).Text() }
			if who.Accounts[k].Source == "AD" {
				p.ad.login, p.ad.mail, p.ad.phone = text("sAMAccountName"), text("mail"), text("telephoneNumber")
				continue
			}

			h := &p.hr
			h.number, h.given, h.family = text("employeeNumber"), text("givenName"), text("familyName")
			h.country, h.countryCode, h.phone = text("country"), text("countryCode"), text("phone")
			h.hired, h.left, h.department = text("hireDate"), text("terminationDate"), text("department")
			h.title, h.manager, h.local = text("jobTitle"), text("manager"), text("emailLocal")
		}
	}

	return list
}

// m20Tables are what the program looks up.
type m20Tables struct{ calling, departments, alpha2, alpha3 map[string]string }

func newM20Tables() *m20Tables {
	t := &m20Tables{
		calling: map[string]string{}, alpha2: map[string]string{}, alpha3: map[string]string{},
		departments: map[string]string{
			"Engineering": "D100", "Information Technology": "D110", "Finance & Accounting": "D120", "Human Resources": "D130",
			"Sales": "D140", "Marketing & Communications": "D150", "Legal": "D160", "Operations": "D170",
			"Customer Support": "D180", "Research & Development": "D190", "Procurement": "D200", "Executive": "D210",
			"Facilities": "D220",
		},
	}
	for _, c := range countries {
		t.calling[c.code] = fmt.Sprintf("+%d", phonenumbers.GetCountryCodeForRegion(c.code))
		t.alpha2[strings.ToLower(c.name)] = c.code
		t.alpha3[strings.ToLower(c.code)] = language.MustParseRegion(c.code).ISO3()
	}
	return t
}

var (
	m20NotLetter = regexp.MustCompile(`[^\p{L}]`)
	m20NotASCII  = regexp.MustCompile(`[^A-Za-z]`)
	m20Spaces    = regexp.MustCompile(`\s+`)
	m20Ampersand = regexp.MustCompile(`\s*&\s*`)
)

// values computes the attributes of one person, in the order of m20Names.
func (t *m20Tables) values(p *m20Person, v *m20Values) {
	hr, ad := &p.hr, &p.ad
	*v = m20Values{}
	v[0] = strings.ToLower(firstText(ad.login, hr.number))
	if ad.mail != "" {
		v[1] = strings.ToLower(ad.mail)
	} else if hr.local != "" {
		v[1] = strings.ToLower(plainText(hr.local) + "@example.com")
	}

	given, family := strings.TrimSpace(hr.given), strings.TrimSpace(hr.family)
	v[2], v[3] = given, family
	if given != "" && family != "" {
		v[4] = given + " " + family
	}
	v[5] = upperText(plainText(hr.family + ", " + hr.given))
	initial := ""
	for _, r := range plainText(m20NotLetter.ReplaceAllString(hr.given, "")) {
		initial = string(r)
		break
	}
	v[6] = strings.ToLower(initial + "." + m20NotASCII.ReplaceAllString(plainText(hr.family), ""))

	if hr.phone != "" {
		v[7] = e164(t.calling[hr.countryCode] + " " + hr.phone)
	}
	if ad.phone != "" {
		v[8] = e164(ad.phone)
	}
	v[9], v[10] = t.alpha2[strings.ToLower(hr.country)], t.alpha3[strings.ToLower(hr.countryCode)]

	const day, iso = "02/01/2006", "2006-01-02T15:04:05.000Z"
	v[14] = "active"
	hired, err := time.Parse(day, hr.hired)
	if err == nil {
		v[11] = hired.Format("2006-01-02")
	}
	if end, err := time.Parse(day, firstText(hr.left, "31/12/2099")); err == nil {
		v[12] = end.Format(iso)
		v[13] = end.AddDate(0, 0, 30).Truncate(24 * time.Hour).Format("2006-01-02T15:04Z")
		if end.Before(m20Now) {
			v[14] = "inactive"
		}
	}
	if hired.After(m20Now) {
		v[14] = "prehire"
	}

	v[15] = strings.TrimSpace(m20Ampersand.ReplaceAllString(hr.department, " and "))
	v[16] = firstText(t.departments[hr.department], "D000")
	v[17] = strings.TrimSpace(m20Spaces.ReplaceAllString(hr.title, " "))
	if number := hr.number[1:8]; hr.department == "Executive" {
		v[18] = "EXEC-" + number
	} else {
		v[18] = "STD-" + number
	}
	v[19] = upperText(firstText(hr.manager, "NONE"))
}

func firstText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// plainText removes accents: NFKD, then drop combining marks.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

// upperText is Java's toUpperCase: unlike Go's it turns ß into SS.
func upperText(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "ß", "SS")) }

func e164(s string) string {
	n, err := phonenumbers.Parse(s, "US")
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// TestM20ByHand: the program that is written by hand computes the same values, so
// that the comparison is one of like with like.
func TestM20ByHand(t *testing.T) {
	engine := m20Engine(t)
	people := m20People(t, engine, 2000)
	v, tables := newBatch(t, engine, people).v, newM20Tables()
	for i, p := range m20Structs(people) {
		var want m20Values
		tables.values(&p, &want)
		r, err := v.Evaluate(people[i])
		if err != nil {
			t.Fatal(err)
		}
		for k, name := range m20Names {
			if got := r.Identity.Attributes.Get(name).Text(); got != want[k] {
				t.Fatalf("%s is %q, by hand %q: %+v", name, got, want[k], p)
			}
		}
	}
}

// BenchmarkM20 compares the mapping set with the same written by hand in Go, one
// core each, interleaved; packed into rows that outlive the next identity.
func BenchmarkM20(b *testing.B) {
	engine := m20Engine(b)
	for _, c := range []struct{ name, without string }{{"phones", ""}, {"without", "phone telephoneNumber"}} {
		b.Run(c.name, func(b *testing.B) {
			people := m20People(b, engine, 5000)
			newBatch(b, engine, people) // they are new
			withoutAttributes(people, strings.Fields(c.without))
			structs, tables := m20Structs(people), newM20Tables()
			v := engine.NewRun(profile.RunOptions{Now: m20Now}).Evaluator(b.Context())
			var values m20Values
			var ratios []float64
			const part = 1000
			for b.Loop() {
				for from := 0; from < len(people); from += part {
					hand := cputime.Of(func() {
						for i := from; i < from+part; i++ {
							tables.values(&structs[i], &values)
						}
					})
					ours := cputime.Of(func() {
						for _, who := range people[from : from+part] {
							v.Evaluate(who)
						}
					})
					ratios = append(ratios, float64(ours)/float64(hand))
				}
			}

			slices.Sort(ratios)
			b.ReportMetric(ratios[len(ratios)/2], "of-hand-written")
			b.ReportMetric(testing.AllocsPerRun(1, func() {
				for _, who := range people {
					v.Evaluate(who)
				}
			})/float64(len(people)), "allocs/person")
		})
	}
}

// withoutAttributes takes account attributes away from people.
func withoutAttributes(people []*identity.Identity, names []string) {
	for _, who := range people {
		who.Accounts = slices.Clone(who.Accounts)
		for k := range who.Accounts {
			a := &who.Accounts[k].Attributes
			for _, name := range names {
				if slot, ok := a.Schema().Slot(name); ok {
					row := identity.AppendReplaced(nil, *a, slot, identity.Value{})
					*a = identity.FromRow(a.Schema(), string(row))
				}
			}
		}
	}
}
