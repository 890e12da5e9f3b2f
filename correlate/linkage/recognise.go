package linkage

import (
	"slices"
	"strings"
	"unicode"
)

// Kind is what a column says of a person; it decides how its values are compared.
type Kind uint8

// The kinds of columns.
const (
	Ignored Kind = iota
	GivenName
	Surname
	FullName
	OtherName // maiden and former names, middle names
	BirthDate
	Date
	Email
	UserID
	Identifier
	Phone
	Address
	HouseNumber
	Place
	PostalCode
	Category
	Text
)

var kindNames = [...]string{"ignored", "givenName", "surname", "fullName", "otherName", "birthDate", "date", "email",
	"userId", "identifier",
	"phone", "address", "houseNumber", "place", "postalCode", "category", "text"}

// String returns the name of the kind as configuration files write it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// MarshalText writes the name of the kind.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the name of a kind.
func (k *Kind) UnmarshalText(text []byte) error {
	i := slices.Index(kindNames[:], string(text))
	if i < 0 {
		return unknownKind(text)
	}
	*k = Kind(i)
	return nil
}

// Recognised is what a column was taken for, and why.
type Recognised struct {
	Column string `json:"column"`
	Kind   Kind   `json:"kind"`
	Why    string `json:"why"`
}

// Recognise tells what the columns of a table are taken for.
func Recognise(t *Table) []Recognised {
	out := make([]Recognised, len(t.Columns))
	for i := range t.Columns {
		out[i] = recognise(&t.Columns[i])
	}
	t.userIDs(out)
	return out
}

// oneWord is why a column without a telling name is taken for surnames.
const oneWord = "its values look like names of one word"

// userIDs tells user ids from surnames, which both are single words: a surname is
// part of the whole name or of the mail address of its own record, in front of the
// @ with something else.
func (t *Table) userIDs(list []Recognised) {
	surname := slices.IndexFunc(list, func(r Recognised) bool { return r.Kind == Surname && r.Why != oneWord })
	whole := slices.IndexFunc(list, func(r Recognised) bool { return r.Kind == FullName })
	for i := range list {
		if list[i].Kind != Surname || list[i].Why != oneWord {
			continue
		}
		if surname >= 0 || whole >= 0 && !t.within(i, whole) {
			list[i].Kind, list[i].Why = UserID, "its values are single words, and not the surname"
			continue
		}

		surname = i
	}
}

// within reports whether most values of one column are words of another one's.
func (t *Table) within(word, whole int) bool {
	found, all := 0, 0
	step := max(1, t.Len()/maxProfiled)
	for i := 0; i < t.Len(); i += step {
		w, text := Fold(t.Columns[word].Values[i]), Fold(t.Columns[whole].Values[i])
		if w == "" || text == "" {
			continue
		}
		all++
		if hasWord(text, w) || strings.Contains(text, w) && strings.Contains(w, " ") {
			found++
		}
	}

	return found*2 >= all
}

// headers are the words of column names, without case and punctuation. The last
// entry that fits decides, and whole names go before parts.
var headers = []struct {
	kind  Kind
	whole string // names that are just this
	part  string // words that occur in the name
}{
	{Category, "title suffix namesuffix generation",
		"abteilung geschlecht service departamento gender sex race ethnicity department dept " +
			"division company employer organisation organization state province county country " +
			"region location site office title occupation profession job costcenter"},
	{Ignored, "date", "date"}, // of something that is not said
	{Text, "", "bemerkung beschreibung descripcion description notes note comment remarks info"},
	{Place, "", "ort wohnort ville ciudad city town suburb locality birthplace placeofbirth village municipality"},
	{PostalCode, "plz", "postcode zip postal zipcode"},
	{Address, "", "adresse anschrift strasse rue calle direccion address addr street"},
	{HouseNumber, "", "hausnummer streetnumber housenumber streetno houseno"},
	{Phone, "tel", "telefon telefono handy mobil phone telephone mobile cell telephonenumber phonenumber mobilenumber"},
	{Identifier, "ssn sin nin persnr",
		"personalnummer matrikelnummer ausweisnummer matricule legajo number ssn socsec " +
			"passport licence license employeeid personid nationalid taxid badge employeenumber " +
			"personnelnumber socsecid idnumber"},
	{UserID, "uid login user logon alias nickname cn",
		"benutzername kennung anmeldename usuario identifiant username userid samaccountname " +
			"loginname accountname logonname userprincipalname uid"},
	{Email, "upn", "email mail emailaddress"},
	{FullName, "name cn fullname person",
		"anzeigename displayname fullname commonname namefull firstandsurname personname"},
	{OtherName, "initial initials",
		"org nameorg business maiden maidenname middle middlename middleinitial formername " +
			"birthname"},
	{BirthDate, "born", "geburtsdatum geburtstag nacimiento naissance dob dateofbirth birthdate birthday birth"},
	{GivenName, "first given",
		"firstname givenname forename fname namefirst vorname prenom nombre givennames " +
			"forenames"},
	{Surname, "last sn family",
		"surname lastname familyname lname namelast nachname familienname surnames apellido " +
			"apellidos nomdefamille"},
}

// notPersonal are words of columns about something else than the person.
var notPersonal = []string{"manager", "supervisor", "created", "modified", "hire", "start", "end", "amount", "cluster",
	"entity", "blocking", "source", "status", "type", "category", "record", "since", "until"}

// recognise tells what one column is taken for: by its name where that is clear
// and the values do not contradict, else by its values.
func recognise(c *Column) Recognised {
	p := profileOf(c.Values)
	if p.filled == 0 {
		return Recognised{Column: c.Name, Kind: Ignored, Why: "it is empty"}
	}
	words := headerWords(c.Name)
	for _, w := range notPersonal {
		if slices.Contains(words, w) {
			return Recognised{Column: c.Name, Kind: Ignored, Why: "its name says " + w}
		}
	}

	kind, word := byHeader(c.Name, words)
	if word != "" && p.allows(kind) && kind == Ignored {
		return Recognised{Column: c.Name, Kind: Ignored, Why: "its name says " + word + " and not of what"}
	}
	if word != "" && p.allows(kind) {
		return Recognised{Column: c.Name, Kind: kind, Why: "its name says " + word}
	}
	kind, why := p.kind()
	return Recognised{Column: c.Name, Kind: kind, Why: why}
}

// byHeader looks a name up. What it says last counts, as in ADDR_CITY; of words that
// end at one place the longest, as in phone number.
func byHeader(name string, words []string) (Kind, string) {
	all := squeeze(name)
	kind, best, end := Ignored, "", 0
	for _, h := range headers {
		if slices.Contains(strings.Fields(h.whole), all) {
			return h.kind, all
		}
		for word := range strings.FieldsSeq(h.part) {
			i := strings.LastIndex(all, word)
			if i < 0 || len(word) <= 5 && !slices.Contains(words, word) {
				continue
			}
			if at := i + len(word); at > end || at == end && len(word) >= len(best) {
				kind, best, end = h.kind, word, at
			}
		}
	}

	return kind, best
}

// headerWords splits a column name at capitals, digits and punctuation.
func headerWords(name string) []string {
	var words []string
	var word []rune
	lower := false
	for _, r := range name + " " {
		// A capital begins a word only behind a small letter: ID stays whole.
		if !unicode.IsLetter(r) || unicode.IsUpper(r) && lower {
			if len(word) > 0 {
				words = append(words, strings.ToLower(string(word)))
			}
			word = word[:0]
		}

		if unicode.IsLetter(r) {
			word = append(word, r)
		}
		lower = unicode.IsLower(r)
	}

	return words
}

// squeeze returns the letters of a name in lower case.
func squeeze(name string) string {
	return strings.Join(headerWords(name), "")
}

// profile is what the values of a column look like.
type profile struct {
	filled, distinct                     int
	mail, dates, numeric, letters, words int
	phones, given, withDigit             int
}

// maxProfiled is how many values are looked at.
const maxProfiled = 5000

func profileOf(values []string) profile {
	var p profile
	step := max(1, len(values)/maxProfiled)
	seen := map[string]bool{}
	groups := nicknameIndex()
	for i := 0; i < len(values); i += step {
		v := strings.TrimSpace(values[i])
		if v == "" {
			continue
		}
		p.filled++
		seen[v] = true
		p.look(v, groups)
	}

	p.distinct = len(seen)
	return p
}

// look counts the shapes of one value.
func (p *profile) look(v string, groups map[string][]uint16) {
	count := func(n *int, ok bool) {
		if ok {
			*n++
		}
	}
	d := len(digits(v))
	count(&p.mail, strings.Count(v, "@") == 1)
	count(&p.dates, parseDate(v, dayFirst) != noDate && d >= 4 && d <= 8 && plausibleDate(v))
	count(&p.numeric, d == len(v))
	count(&p.withDigit, d > 0)
	count(&p.phones, d >= 7 && d <= 15 && strings.Trim(v, "+0123456789 ()-./") == "" && d < len(v))
	count(&p.letters, d == 0)
	count(&p.words, strings.ContainsAny(v, " ,"))
	_, known := groups[Fold(v)]
	count(&p.given, known)
}

// plausibleDate reports whether one reading of a text is a day of our times.
func plausibleDate(v string) bool {
	for _, order := range []dateOrder{yearFirst, dayFirst, monthFirst} {
		d := parseDate(v, order)
		if d == noDate {
			continue
		}
		y, m, day, century := d.parts()
		if m >= 1 && m <= 12 && day >= 1 && day <= 31 && (!century || y >= 1850 && y <= 2100) {
			return true
		}
	}

	return false
}

// most reports whether nearly all values have a shape.
func (p *profile) most(n int) bool { return n*10 >= p.filled*8 }

// allows reports whether values can be of a kind that their column's name says.
func (p *profile) allows(k Kind) bool {
	switch k {
	case Email:
		return p.mail*2 >= p.filled
	case BirthDate, Date:
		return p.dates*2 >= p.filled
	case Identifier:
		return p.distinct*5 >= p.filled && p.withDigit*2 >= p.filled
	case UserID:
		return p.mail*2 < p.filled && p.distinct*5 >= p.filled
	case Phone:
		return p.withDigit*2 >= p.filled
	case GivenName, Surname, FullName:
		return p.letters*2 >= p.filled
	}

	return true
}

// kind tells what values look like when the name of their column says nothing.
func (p *profile) kind() (Kind, string) {
	many := p.distinct*2 >= p.filled
	switch {
	// What can be told by its form comes first; words look like much else.
	case p.most(p.mail):
		return Email, "its values look like e-mail addresses"
	case p.most(p.dates):
		return Date, "its values look like dates"
	case p.most(p.phones):
		return Phone, "its values look like phone numbers"
	case p.given*10 >= p.filled*3 && p.words*2 < p.filled:
		return GivenName, "its values are given names"
	case p.most(p.withDigit) && many && p.words*2 < p.filled:
		return Identifier, "its values look like ids"
	case p.distinct*5 < p.filled && p.distinct <= 1000:
		return Category, "it has few values"
	case p.most(p.letters) && many && p.words*2 >= p.filled:
		return FullName, "its values look like names"
	case p.most(p.letters):
		return Surname, oneWord
	}

	return Ignored, "its values look like nothing known"
}
