package builtin_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// The M34 mapping set as a Go developer would write it for exactly this purpose,
// with the standard library and the usual modules. What has no value is "".

// The attributes, in the order of the mappings.
const (
	m34Uid = iota
	m34Email
	m34Firstname
	m34Lastname
	m34DisplayName
	m34Initials
	m34SortName
	m34LoginName
	m34MailNick
	m34EmployeeNumber
	m34BadgeNumber
	m34BadgeColour
	m34OldestBadge
	m34AdminLogin
	m34Phone
	m34Mobile
	m34HireDate
	m34Birthday
	m34ContractEnd
	m34ReviewDate
	m34LastLogon
	m34DeleteAfter
	m34CloudLifecycleState
	m34CostCentre
	m34CostCentreName
	m34Region
	m34PreferredLanguage
	m34CountryAlpha3
	m34Title
	m34Department
	m34Building
	m34Room
	m34EmployeeClass
	m34Manager
)

// m34Values are the values of one person.
type m34Values [34]string

// m34Tables are what the program looks up.
type m34Tables struct {
	calling, regions, centres, owners, languages map[string]string
	alpha2, alpha3                               map[string]string // by lower-case name
}

func newM34Tables() *m34Tables {
	t := &m34Tables{
		calling: map[string]string{}, regions: map[string]string{}, centres: map[string]string{}, owners: map[string]string{},
		languages: map[string]string{"english": "en", "german": "de", "french": "fr", "spanish": "es", "japanese": "ja"},
		alpha2:    map[string]string{}, alpha3: map[string]string{},
	}
	for _, c := range m34Countries {
		region := language.MustParseRegion(c.code)
		t.calling[c.code] = fmt.Sprintf("+%d", phonenumbers.GetCountryCodeForRegion(c.code))
		t.regions[c.code] = c.region
		t.alpha2[strings.ToLower(c.name)], t.alpha3[strings.ToLower(c.name)] = c.code, region.ISO3()
	}
	for i := range 500 {
		code := fmt.Sprintf("CC%04d", i*7)
		t.centres[code], t.owners[code] = fmt.Sprintf("%d-%03d", i%9, i), fmt.Sprintf("owner%d", i%60)
	}
	return t
}

var (
	m34NotLetter = regexp.MustCompile(`[^A-Za-z.]`)
	m34Short     = regexp.MustCompile(`^(.)[^.]*\.(.{1,12}).*$`)
	m34Between   = regexp.MustCompile(`([a-z])[._]([a-z])`)
	m34Honorific = regexp.MustCompile(`(?i)^(dr|prof)\.\s*`)
	m34NotNick   = regexp.MustCompile(`[^a-z0-9-]+`)
	m34Senior    = regexp.MustCompile(`\bSr\.?(\s)`)
	m34Mgr       = regexp.MustCompile(`\bMgr\b`)
	m34Spaces    = regexp.MustCompile(`\s{2,}`)
	m34Ampersand = regexp.MustCompile(`\s*&\s*`)
	m34RoomText  = regexp.MustCompile(`^[A-Z]{2,3}(?:-(\d+))?(?:-(\d{3}[A-Z]?)).*$`)
)

// m34Plain removes accents: NFKD, then drop combining marks.
func m34Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

func m34E164(s, region string) string {
	n, err := phonenumbers.Parse(s, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

func m34Date(text, in, out string) string {
	t, err := time.Parse(in, text)
	if err != nil {
		return ""
	}
	return t.UTC().Format(out)
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// upperText is Java's toUpperCase: unlike Go's it turns ß into SS.
func upperText(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "ß", "SS")) }

const m34ISO = "2006-01-02T15:04:05.000Z"

// Values computes the attributes of one person, in the order of m34Names.
func (t *m34Tables) values(p *m34Person, v *m34Values) {
	*v = m34Values{}
	h := &p.HR
	var user *m34AD
	for i := range p.AD {
		a := &p.AD[i]
		if a.Status == "active" && a.Kind != "admin" && (user == nil || a.Created.After(user.Created)) {
			user = a
		}
	}
	var login, mail, logon, admin string
	if user != nil {
		login, mail, logon = user.Login, user.Mail, user.LastLogon
	}
	// Null falls through to the next account of the selection.
	if user != nil && mail == "" {
		var others []*m34AD
		for i := range p.AD {
			if a := &p.AD[i]; a.Status == "active" && a.Kind != "admin" && a.Mail != "" {
				others = append(others, a)
			}
		}
		slices.SortStableFunc(others, func(a, b *m34AD) int { return b.Created.Compare(a.Created) })
		if len(others) > 0 {
			mail = others[0].Mail
		}
	}
	var oldest *m34AD
	for i := range p.AD {
		if a := &p.AD[i]; a.Kind == "admin" && (oldest == nil || a.Created.Before(oldest.Created)) {
			oldest = a
		}
	}
	if oldest != nil {
		admin = oldest.Login
	}

	v[m34Uid] = strings.ToLower(first(login, h.EmployeeID))
	given, family := strings.TrimSpace(h.Given), strings.TrimSpace(h.Family)
	plainGiven, plainFamily := m34Plain(given), m34Plain(family)
	if mail != "" {
		v[m34Email] = strings.ToLower(mail)
	} else if given != "" && family != "" {
		domain := "example.com"
		if h.Department == "Sales" {
			domain = "sales.example.com"
		}
		v[m34Email] = strings.ToLower(plainGiven) + "." + strings.ToLower(plainFamily) + "@" + domain
	}
	v[m34Firstname], v[m34Lastname] = normalized(given), normalized(family)
	if given != "" && family != "" {
		v[m34DisplayName] = family + ", " + given
		if h.Preferred != "" && h.Preferred != given {
			v[m34DisplayName] += " (" + h.Preferred + ")"
		}
	}
	if plainGiven != "" {
		v[m34Initials] = upperText(string([]rune(plainGiven)[0]))
	}
	if plainFamily != "" {
		v[m34Initials] += upperText(string([]rune(plainFamily)[0]))
	}
	v[m34SortName] = upperText(m34Plain(h.Family + ", " + h.Given))
	name := plainGiven + "." + plainFamily
	v[m34LoginName] = strings.ToLower(m34Short.ReplaceAllString(m34NotLetter.ReplaceAllString(name, ""), "$1$2"))
	nick := m34Between.ReplaceAllString(strings.ToLower(name), "$1-$2")
	v[m34MailNick] = m34NotNick.ReplaceAllString(m34Honorific.ReplaceAllString(nick, ""), "")
	v[m34EmployeeNumber] = fmt.Sprintf("%08s", strings.TrimPrefix(h.EmployeeID, "E"))

	var badge, old *m34Badge
	for i := range p.Badges {
		b := &p.Badges[i]
		if b.State == "A" && (badge == nil || b.Issued > badge.Issued) {
			badge = b
		}
		if strings.HasPrefix(b.ID, "B") && (old == nil || b.Issued < old.Issued) {
			old = b
		}
	}
	v[m34BadgeColour] = "NONE"
	if badge != nil {
		v[m34BadgeNumber] = badge.Number
		if badge.Colour != "" {
			v[m34BadgeColour] = strings.ToUpper(badge.Colour)
		}
	}
	if old != nil {
		v[m34OldestBadge] = old.Number
	}
	v[m34AdminLogin] = strings.ToLower(admin)

	v[m34Phone] = m34E164(t.calling[h.CountryCode]+" "+h.Phone, "US")
	v[m34Mobile] = m34E164(h.Mobile, h.CountryCode)
	v[m34HireDate] = m34Date(h.Hired, "02.01.2006", m34ISO)
	v[m34Birthday] = m34Date(h.Born, "Jan 2, 2006", "2006-01-02")
	v[m34ContractEnd] = m34Date(h.Ends, "20060102", "02/01/2006")
	v[m34ReviewDate] = m34Date(h.Review, "2006-01-02T15:04:05-0700", "Mon, 2 Jan 2006")
	v[m34LastLogon] = m34Date(logon, "20060102150405Z", m34ISO)
	end, err := time.Parse("20060102", h.Ends)
	if err != nil {
		end = time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)
	}
	v[m34DeleteAfter] = end.AddDate(0, 0, 90).Truncate(24 * time.Hour).Format("2006-01-02T15:04Z")
	hired, err := time.Parse("02.01.2006", h.Hired)
	switch {
	case err == nil && hired.After(m34Now):
		v[m34CloudLifecycleState] = "prehire"
	case end.Before(m34Now):
		v[m34CloudLifecycleState] = "inactive"
	case h.Leave == "Y":
		v[m34CloudLifecycleState] = "leave"
	default:
		v[m34CloudLifecycleState] = "active"
	}

	v[m34CostCentre] = first(t.centres[h.CostCentre], "unknown")
	if owner := first(t.owners[h.CostCentre], "none"); owner == "none" {
		v[m34CostCentreName] = h.CostCentre + " (unowned)"
	} else {
		v[m34CostCentreName] = h.CostCentre + " (" + owner + ")"
	}
	country := strings.ToLower(h.Country)
	v[m34Region] = first(t.regions[t.alpha2[country]], "OTHER")
	v[m34CountryAlpha3] = t.alpha3[country]
	v[m34PreferredLanguage] = t.languages[strings.ToLower(h.Language)]
	title := m34Mgr.ReplaceAllString(m34Senior.ReplaceAllString(strings.TrimSpace(h.Title), "Senior$1"), "Manager")
	v[m34Title] = m34Spaces.ReplaceAllString(title, " ")
	v[m34Department] = strings.TrimSpace(m34Ampersand.ReplaceAllString(h.Department, " and "))
	v[m34Building] = strings.Split(h.Office, "-")[0]
	v[m34Room] = m34RoomText.ReplaceAllString(h.Office, "$2/$1")
	if num := h.EmployeeID[1:8]; h.Department == "Executive" {
		v[m34EmployeeClass] = "EXEC-" + num
	} else {
		v[m34EmployeeClass] = "STD-" + num
	}
	v[m34Manager] = "NONE"
	if manager := strings.TrimSpace(h.Manager); manager != "" {
		v[m34Manager] = upperText(manager)
	}
}

// normalized writes a personal name in the usual capitals.
func normalized(name string) string {
	words := strings.Fields(strings.ToLower(name))
	for i, word := range words {
		var b strings.Builder
		part := 0 // where the part of the word begins
		for k, r := range word {
			if k == part || k == part+2 && strings.HasPrefix(word[part:], "mc") {
				r = unicode.ToUpper(r)
			}
			if r == '-' || r == '\'' {
				part = k + 1
			}
			b.WriteRune(r)
		}
		words[i] = b.String()
	}
	return strings.Join(words, " ")
}
