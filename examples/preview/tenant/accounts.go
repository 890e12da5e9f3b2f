package tenant

import (
	"fmt"
	"strconv"
	"strings"
)

// account is a row of the directory file.
type account struct {
	dn, name, employee, given, family, display, mail, phone string
	department, title, manager, description, created        string
	disabled                                                bool
}

// dn is the distinguished name of a person's account.
func (q *person) dn(account string) string {
	return "CN=" + account + ",OU=" + q.city.roman() + ",OU=People,DC=acme,DC=example"
}

// accounts writes the directory accounts and the badge of an employee.
func (p *population) accounts(e *employee) error {
	number := fmt.Sprintf("%06d", e.number)

	// Shares are per mille of those who have an account at all, and the order of the draws is part of
	// the data: another draw in between changes all that follows.
	if e.directory {
		a := account{dn: e.dn(e.uid), name: e.uid, given: e.given.roman(), family: e.family.roman(),
			created: stamp(e.created),
			phone:   p.maybe(200, p.digits("+1 212 555 01##")), department: pick(p, departments), title: pick(p,
				titles), manager: p.boss().dn,
			disabled: !e.end.IsZero() && e.end.Before(today)}
		a.display = a.family + ", " + a.given

		// The directory knows people by employee number, some by mail only, and some by neither: these
		// are the ones that stay without identity.
		switch n := p.rng.IntN(1000); {
		case n < 80:
		case n < 190:
			a.mail = e.mail
		default:
			a.employee, a.mail = number, p.maybe(850, e.mail)
		}

		if err := p.rowDirectory(&a); err != nil {
			return err
		}

		// An administrative account has the number of its owner, so two accounts of one source belong
		// to one identity.
		if p.share(30) {
			admin := account{dn: "CN=adm-" + e.uid + ",OU=Admins,OU=People,DC=acme,DC=example", name: "adm-" + e.uid,
				employee: number,
				given:    a.given, family: a.family, display: "ADM " + a.given + " " +
					a.family, description: "administrative account", created: stamp(p.day(-900, -1))}
			if err := p.rowDirectory(&admin); err != nil {
				return err
			}
		}
	}

	if e.entered && p.share(820) {
		return p.badges(e, number)
	}
	return nil
}

// external writes the directory account of a contractor.
func (p *population) external(q *person, c *contract) error {
	a := account{name: "x" + c.id[2:], given: q.given.roman(), family: q.family.roman(), description: "external",
		created: stamp(c.created), disabled: c.over}
	switch n := p.rng.IntN(1000); {
	case n < 250:
		a.name = c.id
	case n < 375:
		a.mail = c.mail
	default:
		a.employee, a.mail = c.id, p.maybe(300, a.name+"@ext.acme.example")
	}

	a.dn = "CN=" + a.name + ",OU=External,OU=People,DC=acme,DC=example"
	a.display = a.family + ", " + a.given + " (ext)"
	return p.rowDirectory(&a)
}

// rowDirectory writes an account and, now and then, one that belongs to nobody.
func (p *population) rowDirectory(a *account) error {
	if err := p.writeDirectory(a); err != nil || !p.share(55) {
		return err
	}
	p.robots++
	n := strconv.Itoa(p.robots)
	o := account{name: pick(p, robots) + n, created: "2018-04-04T08:00:00.000Z"}
	o.dn = "CN=" + o.name + ",OU=Service,OU=People,DC=acme,DC=example"
	switch p.rng.IntN(14) {
	case 0, 1, 2: // somebody who left
		o.name, o.employee, o.mail, o.disabled = "left"+n, "9"+p.digits("#######"), "left"+n+"@acme.example", true
		o.dn = "CN=" + o.name + ",OU=Leavers,OU=People,DC=acme,DC=example"
	case 3:
		o.name, o.employee = "old."+n, a.employee+" "
	case 4:
		o.name, o.mail = "old."+n, a.mail+" "
	}

	return p.writeDirectory(&o)
}

func (p *population) writeDirectory(a *account) error {
	p.counts.Directory++
	member := make([]string, 0, 4)
	for _, g := range append([]string{"All Staff"}, groups[:p.rng.IntN(4)]...) {
		member = append(member, "CN="+g+",OU=Groups,DC=acme,DC=example")
	}
	control := "512"
	if a.disabled {
		control = "514"
	}
	logon := p.maybe(600, p.digits("1340########000000"))
	return p.csv(p.directory, ',', "\n", a.dn, a.name,
		fmt.Sprintf("{%08x-5c1d-4e2f-9a3b-%012x}", p.rng.Uint32(), p.counts.Directory), a.name+"@acme.example",
		a.employee, a.given, a.family, a.display, a.mail, a.phone, a.department, a.title, a.manager,
		strings.Join(member, ";"), logon, control,
		a.description, a.created, "2026-01-10T03:00:00.000Z", fmt.Sprint(a.disabled))
}

// badges writes the badge of an employee, some twice, and visitor cards.
func (p *population) badges(e *employee, number string) error {
	mail := p.maybe(500, e.mail)

	// Some badges are made without the number, so that only the mail leads to the person, in another
	// case.
	if p.share(60) && e.work != "" {
		number, mail = "", strings.ToUpper(e.mail)
	}
	p.cards++
	card, holder := 40_000_000+p.cards, e.given.own+" "+e.family.own
	if err := p.badgeLine(card, holder, number, mail); err != nil {
		return err
	}

	// The same row twice: exports of such systems have that.
	if p.share(5) {
		if err := p.badgeLine(card, holder, number, mail); err != nil {
			return err
		}
	}

	if p.share(20) {
		p.cards++
		return p.badgeLine(40_000_000+p.cards, fmt.Sprint("Visitor ", p.cards), "", "")
	}

	return nil
}

func (p *population) badgeLine(card int, holder, number, mail string) error {
	p.counts.Badge++
	b := append(p.row[:0], `{"badgeId": `...)
	b = strconv.AppendInt(b, int64(card), 10)
	b = appendText(append(b, `, "cardholder": `...), holder)
	b = appendText(append(b, `, "personnelNumber": `...), number)
	b = appendText(append(b, `, "email": `...), mail)
	b = append(b, `, "zones": [`...)
	for i, z := range zones[:p.rng.IntN(4)] {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = appendText(b, z)
	}

	issued := p.day(-2400, -30).Format("2006-01-02")
	b = append(append(append(append(b, `], "active": true, "issued": "`...), issued...), `", "created": "`...),
		issued...)
	p.row = append(b, "T06:00:00Z\", \"disabled\": false}\n"...)
	_, err := p.badge.Write(p.row)
	return err
}

// appendText appends a JSON string, or null when the text is empty.
func appendText(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}

	return append(b, '"')
}
