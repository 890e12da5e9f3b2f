package tenant

import (
	"fmt"
	"strings"
	"time"
)

// contract is a row of the contractors file.
type contract struct {
	id, given, family, phone, mail, sponsor string
	start, end                              string
	country, login, employee                string
	created                                 time.Time
	over                                    bool
}

func (p *population) nextContract() string {
	p.counts.ContractorRows++
	return fmt.Sprintf("C-%04d", p.counts.ContractorRows)
}

func (p *population) contractor() error {
	n := p.counts.Contractors
	p.counts.Contractors++
	r := p.region()

	// Names in other scripts are an exercise for employees; most contractors have Latin ones, so that
	// correlation by name has something to find.
	if !r.latin && p.share(400) {
		r = &regions[0]
	}
	q := p.somebody(r)
	c := contract{id: p.nextContract(), given: q.given.own, family: q.family.own, mail: q.personal,
		country: r.countries[0],
		phone:   p.phone(r.mobile, 250), login: p.contractorLogin(n)}
	p.sponsor(&c)
	p.term(&c)
	directory := p.share(700)

	// Some lack what the profile requires, which gives exceptions.
	switch k := p.rng.IntN(1000); {
	case k < 15:
		c.family = " "
	case k < 30:
		c.mail, directory = "", false
	}

	if err := p.rowContractor(&c); err != nil {
		return err
	}
	if directory {
		if err := p.external(&q, &c); err != nil {
			return err
		}
	}

	// The same person comes back under another number and with the mail in capitals: a duplicate that
	// correlation has to deal with.
	if c.mail == "" || !p.share(15) {
		return nil
	}
	c.id, c.mail, c.login = p.nextContract(), strings.ToUpper(c.mail), ""
	c.created = c.created.AddDate(0, 2, 0)
	return p.rowContractor(&c)
}

// contractorLogin is mostly empty: the id serves. Of 66 one has the uid of an
// employee, and two have one that is equal after clean-up.
func (p *population) contractorLogin(n int) string {
	switch n % 66 {
	case 2:
		return p.held
	case 3:
		return fmt.Sprintf("ext testing%d", n)
	case 4:
		return fmt.Sprintf("ExtTesting%d", n-1)
	}

	return ""
}

func (p *population) sponsor(c *contract) {
	switch n := p.rng.IntN(1000); {
	case n < 30:
	case n < 70:
		c.sponsor = pick(p, []string{"cloudadmin", "asmithers", "芳 李"})
	default:
		c.sponsor = p.boss().uid
	}
}

// term sets the dates of the contract.
func (p *population) term(c *contract) {
	start, end := p.day(-1100, -20), p.day(5, 1500)
	switch n := p.rng.IntN(1000); {
	case n < 100:
		start, end = p.day(1, 120), p.day(130, 700)
	case n < 330:
		start, end, c.over = p.day(-1100, -400), p.day(-390, -1), true
	}

	// A few ends are missing, and a few are written in another form than all others, as real files have
	// them.
	c.start, c.end = stamp(start), stamp(end)
	switch n := p.rng.IntN(1000); {
	case n < 40:
		c.end, c.over = "", false
	case n < 50:
		c.end = end.Format("02.01.2006")
	}

	c.created = start.AddDate(0, 0, -p.rng.IntN(30)-1).Add(time.Duration(p.rng.IntN(86400)) * time.Second)
	if c.created.After(today) {
		c.created = p.day(-20, -1)
	}
}

func (p *population) rowContractor(c *contract) error {
	return p.csv(p.contractors, ';', "\n", c.id, c.given, c.family, c.phone, c.mail, c.sponsor, c.start, c.end,
		pick(p, companies),
		pick(p, departments), pick(p, trades), c.country, c.login, c.employee, stamp(c.created), stamp(p.day(-200,
			-2)), fmt.Sprint(c.over && p.share(700)))
}

// conversion writes the contract of somebody who became an employee. It joins by
// employee number or by private mail.
func (p *population) conversion(e *employee) error {
	c := contract{id: p.nextContract(), given: e.given.own, family: e.family.own, mail: e.personal,
		country: e.region.countries[0], over: true}
	start := e.hired.AddDate(-2, 0, 0)
	c.start, c.end, c.created = stamp(start), stamp(e.hired.AddDate(0, 0, -1)), start.AddDate(0, 0, -5)
	if e.personal == "" || p.share(520) {
		c.employee, c.mail = fmt.Sprintf("%06d", e.number), fmt.Sprintf("contact.%d@initech.example", e.number)
	}
	e.former = c.id
	p.sponsor(&c)
	return p.rowContractor(&c)
}
