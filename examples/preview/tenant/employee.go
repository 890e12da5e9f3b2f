package tenant

import (
	"fmt"
	"strings"
	"time"
)

// employee is a row of the HR file.
type employee struct {
	person
	number                      int
	previous, former            string
	login, work, latin1, latin2 string
	hired                       time.Time
	since                       string // created, as the row has it
	rehired                     bool
	end                         time.Time
	status, override            string
	directory                   bool // has a directory account
	entered                     bool // the row is complete
}

// firstNumber is the number of the first employee.
const firstNumber = 1000

func (p *population) employee() error {
	e := p.hire()
	p.counts.Employees++
	p.defects(&e)
	p.lifecycle(&e)

	// Only whom the directory knows can sponsor a contractor, or be in the way of a uid later.
	if e.directory {
		p.remember(&e)
	}
	if p.share(57) && e.entered && !e.rehired {
		if err := p.conversion(&e); err != nil {
			return err
		}
	}

	if err := p.rowHR(&e); err != nil {
		return err
	}
	if err := p.accounts(&e); err != nil {
		return err
	}
	if e.rehired {
		return p.rehire(e)
	}
	return nil
}

// hire makes an employee with complete data.
func (p *population) hire() employee {
	e := employee{person: p.somebody(p.region()), number: firstNumber + p.counts.Employees, status: "A", entered: true}
	e.login, e.work = e.uid, e.mail
	e.latin1, e.latin2 = e.given.latin, e.family.latin

	// Everything that can be missing is there first, so that what is left out is decided in one place.
	e.hired = p.day(-4800, -30)
	e.directory = p.share(900)
	if !p.share(800) {
		e.work = ""
	}
	if !p.share(700) {
		e.personal = ""
	}

	// Capitals and blanks around a login are what real exports have, and what comparing has to see
	// through or not.
	switch n := p.rng.IntN(1000); {
	case n < 100:
		e.login = strings.ToUpper(e.login)
	case n < 110:
		e.login += " "
	case n < 120:
		e.login = "  " + e.login
	case n < 135:
		e.uid = e.uid[:1] + "." + e.uid[1:]
		e.login = e.uid
	}

	// The same letters in another form of Unicode: equal to a reader and different to a program.
	if p.share(5) {
		e.family.own = decomposed(e.family.own)
	}
	return e
}

// defects are the rows that make exceptions.
func (p *population) defects(e *employee) {
	switch n := p.rng.IntN(1000); {
	case n < 5:
		e.family, e.latin2 = name{}, ""
	case n < 10:
		e.family.own, e.latin2 = "  ", ""
	case n < 20 && !e.region.latin:
		e.latin1, e.latin2, e.work, e.directory = "", "", "", false
	case n >= 20 && n < 25:
		e.login, e.directory = "", false
	case n >= 25 && n < 30:
		e.login, e.work, e.family, e.latin1, e.latin2 = "", "", name{}, "", ""
		e.directory, e.entered = false, false
	case n >= 30 && n < 45 && p.held != "":
		e.login = []string{p.held, strings.ToUpper(p.held), p.held + " "}[n%3]
	}
}

func (p *population) lifecycle(e *employee) {
	// The states follow from dates and codes alone, as the profile derives them; who falls in no case
	// just works.
	switch n := p.rng.IntN(1000); {
	case n < 50:
		e.hired = p.day(1, 150)
	case n < 115:
		e.end = p.day(-400, -1)
	case n < 145:
		e.end = p.day(0, 200)
	case n < 175:
		e.status = "L"
	case n < 190:
		e.override = []string{"inactive", "Inactive", "terminated"}[n%3]
	case n < 260:
		e.status = ""
	}

	e.created = e.hired.AddDate(0, 0, -p.rng.IntN(30)).Add(time.Duration(p.rng.IntN(86400)) * time.Second)
	if e.created.After(today) {
		e.created = p.day(-20, -1)
	}

	// A text that is no date makes the attribute fail, not the person.
	switch n := p.rng.IntN(1000); {
	case n < 25:
	case n < 30:
		e.since = "n/a"
	default:
		e.since = stamp(e.created)
	}

	// Nobody who has people to manage comes back under another number.
	e.rehired = p.share(12) && e.entered && len(e.since) > 3 && e.number-firstNumber > p.people/8
}

// remember keeps an employee as holder of a uid and as sponsor.
func (p *population) remember(e *employee) {
	p.held = e.uid
	b := boss{e.uid, e.dn(e.uid)}
	if len(p.bosses) < 256 {
		p.bosses = append(p.bosses, b)
	} else {
		p.bosses[e.number%256] = b
	}
}

// boss returns a sponsor; the zero boss when there is nobody yet.
func (p *population) boss() boss {
	if len(p.bosses) == 0 {
		return boss{}
	}
	return pick(p, p.bosses)
}

// manager is the number of the manager: eight people have one. Two in two
// hundred manage each other.
func (p *population) manager(e *employee) string {
	i := e.number - firstNumber
	boss := (i - 1) / 8
	switch n := p.rng.IntN(1000); {
	case i == 0 || n < 23:
		return ""
	case n < 40:
		return "0999" + p.digits("##")
	case n < 43:
		return fmt.Sprintf("%06d ", firstNumber+boss)
	case n < 53:
		boss = i
	case i%200 == 7:
		boss = i + 1
	case i%200 == 8:
		boss = i - 1
	}

	return fmt.Sprintf("%06d", firstNumber+boss)
}

// date is a date in one of the forms that the HR system has seen.
func (p *population) date(t time.Time) string {
	switch n := p.rng.IntN(1000); {
	case t.IsZero():
		return ""
	case n < 5:
		return "tbd"
	case n < 855:
		return t.Format("2006-01-02")
	case n < 955:
		return t.Format("02/01/2006")
	}

	return t.Format("02.01.2006")
}

// rowHR writes the row. A row that is not complete has little else either.
func (p *population) rowHR(e *employee) error {
	p.counts.HR++
	number := fmt.Sprint(e.number)
	modified := stamp(p.day(-90, -2))
	if !e.entered {
		return p.csv(p.hr, ',', "\r\n", number, "", "", "", e.given.own, "", "", "", "", "", "", "", "",
			"", "", "", "", "",
			"", "", "", "", "", "", "", "", e.since, modified, "false")
	}
	language, department := pick(p, e.region.languages), pick(p, departments)
	if p.share(10) {
		language = pick(p, noLanguages)
	}
	if p.share(15) {
		department = pick(p, noDepartments)
	}
	return p.csv(p.hr, ',', "\r\n", number, e.previous, e.former, e.login, e.given.own, e.family.own,
		e.latin1, e.latin2,
		p.maybe(45, e.given.roman()), e.work, e.personal, p.phone(e.region.mobile, 200), p.phone(e.region.desk, 300),
		p.country(e.region), e.city.own, department, pick(p, titles), pick(p, costPrefixes)+pick(p, costNumbers),
		language,
		pick(p, []string{"F", "F", "F", "F", "F", "F", "F", "F", "P",
			""}), p.date(e.hired), p.date(e.end), e.status, e.override,
		p.manager(e), p.maybe(20, pick(p, remarks)), e.since, modified, fmt.Sprint(!e.end.IsZero() &&
			e.end.Before(today)))
}

// rehire writes a second, newer row for somebody.
func (p *population) rehire(e employee) error {
	e.previous = fmt.Sprintf("%06d", e.number)
	e.number += p.people + firstNumber
	e.hired, e.end, e.status = p.day(-29, -1), time.Time{}, "A"
	e.since = stamp(today)
	return p.rowHR(&e)
}
