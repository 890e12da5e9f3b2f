package tenant

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// In examples/acme 69 of 284 people are contractors.
const (
	contractorShare = 69
	peopleShare     = 284
)

// today is the clock of the example.
var today = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)

// population makes one person after another.
type population struct {
	*writer
	pcg    *rand.PCG
	rng    *rand.Rand
	seed   uint64
	people int
	names  map[string]int // how often a sign-in name was given out
	bosses []boss         // some of the last employees
	held   string         // a uid that an employee holds
	weight int
	cards  int
	robots int
}

// boss is an employee who sponsors contractors.
type boss struct{ uid, dn string }

func (w *writer) people(ctx context.Context, o Options) error {
	p := &population{writer: w, pcg: rand.NewPCG(0, 0), seed: o.Seed, people: o.People, names: map[string]int{}}
	p.rng = rand.New(p.pcg)
	for _, r := range regions {
		p.weight += r.weight
	}
	for i := range o.People {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}

		// Every person has a stream of random numbers of its own: a change in how one is made leaves all
		// others as they were.
		p.pcg.Seed(o.Seed, uint64(i))
		var err error

		// Contractors are spread evenly, and their share is exact for any number of people.
		if (i+1)*contractorShare/peopleShare > i*contractorShare/peopleShare {
			err = p.contractor()
		} else {
			err = p.employee()
		}

		if err != nil {
			return err
		}
	}

	return nil
}

// share is true in so many of a thousand cases.
func (p *population) share(permille int) bool { return p.rng.IntN(1000) < permille }

func pick[T any](p *population, list []T) T { return list[p.rng.IntN(len(list))] }

// maybe is the text in so many of a thousand cases, else empty.
func (p *population) maybe(permille int, s string) string {
	if p.share(permille) {
		return s
	}
	return ""
}

func (p *population) region() *region {
	n := p.rng.IntN(p.weight)
	for i := range regions {
		if n -= regions[i].weight; n < 0 {
			return &regions[i]
		}
	}

	return &regions[0]
}

// digits replaces every # by a digit.
func (p *population) digits(pattern string) string {
	b := []byte(pattern)
	for i, c := range b {
		if c == '#' {
			b[i] = byte('0' + p.rng.IntN(10))
		}
	}

	return string(b)
}

// day is a date so many days from today at most: from..to.
func (p *population) day(from, to int) time.Time {
	return today.AddDate(0, 0, from+p.rng.IntN(to-from+1))
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }

// person is somebody before it is decided where the data are wrong.
type person struct {
	region        *region
	given, family name
	city          name
	uid           string // unique
	mail          string // of the directory, unique
	personal      string // private mail
	created       time.Time
}

// somebody makes a person of a region.
func (p *population) somebody(r *region) person {
	q := person{region: r, given: pick(p, r.given), family: pick(p, r.family), city: pick(p, r.cities)}
	first, last := ascii(q.given.roman()), ascii(q.family.roman())
	q.uid = first[:1] + last
	q.mail = first + "." + last
	p.names[q.uid]++
	if n := p.names[q.uid]; n > 1 {
		q.mail += fmt.Sprint(n)
		q.uid += fmt.Sprint(n)
	}

	q.personal = fmt.Sprintf("%s%02d@%s", q.uid, p.rng.IntN(100), pick(p, []string{"inbox.example", "mail.example"}))
	q.mail += "@acme.example"
	return q
}

// roman is the name in Latin letters.
func (n name) roman() string {
	if n.latin != "" {
		return n.latin
	}
	return n.own
}

// phone is a number in the form of the country; some have none, some no number.
func (p *population) phone(patterns []string, without int) string {
	switch {
	case p.share(without):
		return ""
	case p.share(30):
		return pick(p, noPhones)
	}

	return p.digits(pick(p, patterns))
}

// country is the country in one of the ways in which people enter it.
func (p *population) country(r *region) string {
	switch n := p.rng.IntN(1000); {
	case n < 15:
		return pick(p, noCountries)
	case n < 500:
		return r.code
	case n < 750:
		return r.countries[0]
	case n < 870:
		return r.countries[1]
	case n < 960:
		return r.countries[2]
	}

	return r.countries[3]
}
