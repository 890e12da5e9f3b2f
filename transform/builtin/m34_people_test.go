package builtin_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/idprofile/engine/identity"
)

// The people of the M34 mapping set have one account in HR, one to three in AD
// and none to three in Badge. The same fields are at hand as a struct, for the
// program that is written by hand.

type (
	m34HR struct {
		EmployeeID, Given, Family, Preferred, Department, CountryCode, Country, Phone, Mobile, Hired, Born, Ends, Review,
		Leave, CostCentre, Language, Title, Office, Manager string
	}
	m34AD struct {
		Login, Mail, Status, Kind, LastLogon string
		Created                              time.Time
	}
	m34Badge struct{ ID, Number, Colour, State, Issued string }

	m34Person struct {
		HR     m34HR
		AD     []m34AD
		Badges []m34Badge
	}
)

var (
	m34HRSchema = identity.NewSchema("employeeId", "given", "family", "preferred", "department", "countryCode", "country",
		"phone", "mobile", "hired", "born", "ends", "review", "leave", "costCentre", "language", "title", "office", "manager")
	m34ADSchema    = identity.NewSchema("sAMAccountName", "mail", "status", "kind", "lastLogon")
	m34BadgeSchema = identity.NewSchema("number", "colour", "state", "issued")
)

// m34Now is the clock of the mapping set.
var m34Now = time.Date(2026, 1, 15, 9, 30, 0, 0, time.UTC)

// m34Countries are thirty countries, with their names and regions.
var m34Countries = []struct{ code, name, region string }{
	{"US", "United States", "AMER"}, {"CA", "Canada", "AMER"}, {"MX", "Mexico", "AMER"}, {"BR", "Brazil", "AMER"}, {"AR", "Argentina", "AMER"},
	{"CL", "Chile", "AMER"}, {"GB", "United Kingdom", "EMEA"}, {"IE", "Ireland", "EMEA"}, {"DE", "Germany", "EMEA"}, {"AT", "Austria", "EMEA"},
	{"CH", "Switzerland", "EMEA"}, {"FR", "France", "EMEA"}, {"BE", "Belgium", "EMEA"}, {"NL", "Netherlands", "EMEA"}, {"ES", "Spain", "EMEA"},
	{"PT", "Portugal", "EMEA"}, {"IT", "Italy", "EMEA"}, {"PL", "Poland", "EMEA"}, {"CZ", "Czechia", "EMEA"}, {"SE", "Sweden", "EMEA"},
	{"NO", "Norway", "EMEA"}, {"DK", "Denmark", "EMEA"}, {"FI", "Finland", "EMEA"}, {"ZA", "South Africa", "EMEA"}, {"IN", "India", "APAC"},
	{"SG", "Singapore", "APAC"}, {"JP", "Japan", "APAC"}, {"KR", "South Korea", "APAC"}, {"AU", "Australia", "APAC"}, {"NZ", "New Zealand", "APAC"},
}

// m34Numbers are the ways in which numbers of a country are written: national
// ones of a fixed line and a mobile, and international ones.
func m34Numbers(region string) (national, international []string) {
	for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
		if n := phonenumbers.GetExampleNumberForType(region, kind); n != nil {
			national = append(national, phonenumbers.Format(n, phonenumbers.NATIONAL))
			international = append(international, phonenumbers.Format(n, phonenumbers.INTERNATIONAL))
		}
	}
	return national, international
}

// m34People makes n people, always the same ones.
func m34People(n int) []m34Person {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	rarely := func(percent int, usual, other string) string {
		if r.IntN(100) < percent {
			return other
		}
		return usual
	}
	var national, international [][]string
	for _, c := range m34Countries {
		nat, inter := m34Numbers(c.code)
		national, international = append(national, nat), append(international, inter)
	}
	given := strings.Fields("James Mary Robert PATRICIA John Jennifer Lukas Leonie Camille Hugo Giulia Matteo Carmen Javier Piotr Priya Rahul Yuki Omar José María Zoé Jürgen Łukasz João Åsa Søren")
	family := strings.Fields("Smith JOHNSON Williams Garcia Anderson Thompson Schneider Zimmermann Dubois Rossi Kowalski VanDenBerg Oliveira Sharma Yamamoto García Müller Groß Gonçalves Dvořák O'Brien")
	departments := strings.Split("Engineering|Information Technology|Finance & Accounting|Human Resources|Sales|Marketing&Communications|Legal|Operations|Executive", "|")
	titles := strings.Split("Software Engineer|Sr Software Engineer|Sr.  Accountant|Sales Mgr|Legal  Counsel|Intern", "|")
	languages := strings.Split("English|German|French|Spanish|Japanese|Klingon", "|")
	digits := func(s string) string {
		b := []byte(s)
		for i, left := len(b)-1, 3; i >= 0 && left > 0; i-- {
			if b[i] >= '0' && b[i] <= '9' {
				b[i], left = '0'+byte(r.IntN(10)), left-1
			}
		}
		return string(b)
	}

	people := make([]m34Person, n)
	for i := range people {
		p := &people[i]
		k := r.IntN(len(m34Countries))
		hired := time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(11400))
		p.HR = m34HR{
			EmployeeID: fmt.Sprintf("E%07d", i), Given: rarely(2, rarely(3, pick(given), " "+pick(given)+" "), ""),
			Family: rarely(4, rarely(1, pick(family)+rarely(10, "", "-"+pick(family)), ""), "MCDONALD"), Preferred: rarely(20, "", pick(given)),
			Department: rarely(2, pick(departments), ""), CountryCode: m34Countries[k].code, Country: m34Countries[k].name,
			Phone: rarely(2, digits(pick(national[k])), "n/a"), Mobile: rarely(40, digits(pick(national[k])), digits(pick(international[k]))),
			Hired: hired.Format("02.01.2006"), Born: hired.AddDate(-20-r.IntN(20), 0, r.IntN(300)).Format("Jan 2, 2006"),
			Ends:   rarely(90, hired.AddDate(0, 0, 30+r.IntN(4000)).Format("20060102"), ""),
			Review: hired.AddDate(1, 0, 0).Add(9 * time.Hour).In(time.FixedZone("", r.IntN(5)*3600)).Format("2006-01-02T15:04:05-0700"),
			Leave:  rarely(3, "", "Y"), CostCentre: rarely(3, fmt.Sprintf("CC%04d", r.IntN(500)*7), "CC9999"), Language: pick(languages),
			Title:   pick(titles),
			Office:  fmt.Sprintf("%s-%d-%03d%s", pick(strings.Fields("NY LON MUC PAR SYD")), r.IntN(12), r.IntN(400), pick([]string{"", "A", "B", "C"})),
			Manager: rarely(2, fmt.Sprintf("e%07d", i/8), ""),
		}
		for j := range 1 + r.IntN(30)/20 + r.IntN(20)/19 {
			login := fmt.Sprintf("%sU%05d%s", pick(family)[:1], i, strings.Repeat("x", j))
			p.AD = append(p.AD, m34AD{
				Login: login, Mail: rarely(10, login+"@Example.com", ""), Status: rarely(20, "active", "disabled"), Kind: rarely(15, "user", "admin"),
				LastLogon: hired.AddDate(2, 0, j).Add(time.Duration(r.IntN(86400)) * time.Second).Format("20060102150405Z"),
				Created:   hired.AddDate(0, r.IntN(40), 0),
			})
		}
		for j := range r.IntN(4) {
			p.Badges = append(p.Badges, m34Badge{
				ID: pick([]string{"B", "X"}) + fmt.Sprint(i, j), Number: fmt.Sprintf("%06d", r.IntN(1e6)), Colour: rarely(10, pick(strings.Fields("red green blue")), ""),
				State: rarely(30, "A", "R"), Issued: hired.AddDate(0, 0, r.IntN(900)).Format("2006-01-02"),
			})
		}
	}
	return people
}

// accounts are the accounts of the person, packed as a run has them.
func (p *m34Person) accounts() []identity.Account {
	h := &p.HR
	list := []identity.Account{{Source: "HR", NativeIdentity: h.EmployeeID, Attributes: m34Pack(m34HRSchema, h.EmployeeID, h.Given,
		h.Family, h.Preferred, h.Department, h.CountryCode, h.Country, h.Phone, h.Mobile, h.Hired, h.Born, h.Ends, h.Review, h.Leave,
		h.CostCentre, h.Language, h.Title, h.Office, h.Manager)}}
	for i := range p.AD {
		a := &p.AD[i]
		list = append(list, identity.Account{Source: "AD", NativeIdentity: a.Login, Created: a.Created,
			Attributes: m34Pack(m34ADSchema, a.Login, a.Mail, a.Status, a.Kind, a.LastLogon)})
	}
	for i := range p.Badges {
		b := &p.Badges[i]
		list = append(list, identity.Account{Source: "Badge", NativeIdentity: b.ID,
			Attributes: m34Pack(m34BadgeSchema, b.Number, b.Colour, b.State, b.Issued)})
	}
	return list
}

func m34Pack(s *identity.Schema, texts ...string) identity.Attributes {
	values := make([]identity.Value, len(texts))
	for i, text := range texts {
		if text != "" {
			values[i] = identity.StringValue(text)
		}
	}
	return identity.Pack(s, values)
}
