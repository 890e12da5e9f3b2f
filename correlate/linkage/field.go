package linkage

import (
	"cmp"
	"slices"
	"strings"
)

// Pairing is two columns that say the same, one of each side.
type Pairing struct {
	A    string  `json:"a"`
	B    string  `json:"b"`
	Kind Kind    `json:"kind"`
	Of   float64 `json:"overlap"` // share of the values of A that B has
}

// comparison is one field of a pair and how it is compared.
type comparison struct {
	name    string
	kind    Kind
	columns [2]string
	values  [2][]int32 // by side and record, -1 for missing
	dict    *dict
	levels  []Level // level n is levels[n-1]
	compare func(d *dict, x, y int32) uint8
	derived bool // made of the name
	other   *comparison
}

// shape is how a kind is compared.
type shape struct {
	levels  []Level
	compare func(d *dict, x, y int32) uint8
}

// shapes are the comparisons of the kinds that have a field of their own.
var shapes = map[Kind]shape{
	BirthDate:   {shippedDate, (*dict).compareDay},
	Date:        {shippedDate, (*dict).compareDay},
	Email:       {shippedMail, (*dict).compareMail},
	UserID:      {shippedUser, (*dict).compareUser},
	Identifier:  {shippedID, (*dict).compareID},
	Phone:       {shippedPhone, (*dict).compareID},
	Address:     {shippedLine, (*dict).compareLine},
	Place:       {shippedWord, (*dict).compareWord},
	HouseNumber: {shippedWord, (*dict).compareWord},
	PostalCode:  {shippedWord, (*dict).compareWord},
	OtherName:   {shippedWord, (*dict).compareWord},
	Category:    {shippedCategory, (*dict).compareCategory},
}

// pairings finds the columns of two tables that say the same: of a kind that both
// have, those of one name first, then those whose values overlap most. Each column
// counts once, and at most so many fields as there is room for.
func pairings(a, b *Table, ka, kb []Recognised, most, workers int) []Pairing {
	var list []Pairing
	for i := range a.Columns {
		for j := range b.Columns {
			// Some kinds cannot be compared, and within one table a column is only compared with
			// itself.
			if ka[i].Kind != kb[j].Kind || shapes[ka[i].Kind].levels == nil || a == b && i != j {
				continue
			}
			list = append(list, Pairing{A: a.Columns[i].Name, B: b.Columns[j].Name, Kind: ka[i].Kind, Of: 1})
		}
	}

	// Overlap is counted on many values, so pairs of columns are divided among workers.
	if a != b {
		parallel(workers, len(list), func(i int) {
			p := &list[i]
			p.Of = overlap(p.Kind, a.column(p.A).Values, b.column(p.B).Values)
		})
	}

	list = slices.DeleteFunc(list, func(p Pairing) bool { return !p.believable() })

	// Equal names decide before overlap: numbers of two kinds may overlap by accident.
	slices.SortStableFunc(list, func(x, y Pairing) int {
		return cmp.Or(-compareBool(x.sameName(), y.sameName()), -cmp.Compare(x.Of, y.Of))
	})

	var kept []Pairing
	for _, p := range list {
		if !slices.ContainsFunc(kept, func(k Pairing) bool { return k.A == p.A || k.B == p.B }) {
			kept = append(kept, p)
		}
	}

	// The fields that most records have are compared when there are too many.
	if len(kept) > most {
		filled := func(p Pairing) float64 { return a.column(p.A).filled() * b.column(p.B).filled() }
		slices.SortStableFunc(kept, func(x, y Pairing) int { return -cmp.Compare(filled(x), filled(y)) })
		kept = kept[:most]
	}

	// The order of fields is that of kinds, so that a model fits again when columns are moved.
	slices.SortStableFunc(kept, func(x, y Pairing) int { return cmp.Compare(x.Kind, y.Kind) })
	return kept
}

// filled returns the share of records that have a value.
func (c *Column) filled() float64 {
	n := 0
	for _, v := range c.Values {
		if strings.TrimSpace(v) != "" {
			n++
		}
	}

	return float64(n) / float64(max(1, len(c.Values)))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}

	return -1
}

func (p *Pairing) sameName() bool { return squeeze(p.A) == squeeze(p.B) }

// believable reports whether two columns say the same of a person: of one name,
// or with values in common.
func (p *Pairing) believable() bool {
	switch p.Kind {
	case Category, Date, OtherName:
		return p.sameName() || p.Of >= 0.5
	case Identifier:
		return p.sameName() || p.Of >= 0.02
	}

	return true
}

// overlap returns the share of the different values of one column that occur in
// another one. Of many, those with some hashes are looked at, on both sides.
func overlap(k Kind, a, b []string) float64 {
	every := uint64(max(len(a), len(b))/(4*maxProfiled) + 1)
	have := sample(k, b, every)
	seen := sample(k, a, every)
	found := 0
	for v := range seen {
		if have[v] {
			found++
		}
	}

	return float64(found) / float64(max(1, len(seen)))
}

// sample returns the different values of a column, as far as their hash is a
// multiple of a number.
func sample(k Kind, values []string, every uint64) map[string]bool {
	out := map[string]bool{}
	order := dateOrderOf(values)
	for _, v := range values {
		if k == BirthDate || k == Date {
			d := parseDate(v, order)
			y, m, day, _ := d.parts()
			v = string([]byte{byte(y % 100), byte(m), byte(day)})
			if d == noDate {
				continue
			}
		} else if v = clean(k, v); v == "" {
			continue
		}

		if every == 1 || mix(uint64(hashStart.text(v)))%every == 0 {
			out[v] = true
		}
	}

	return out
}

// newComparison prepares the values of two columns.
func newComparison(p Pairing, a, b *Column) *comparison {
	s := shapes[p.Kind]
	c := &comparison{
		name:    p.A,
		kind:    p.Kind,
		columns: [2]string{p.A, p.B},
		dict:    newDict(),
		levels:  slices.Clone(s.levels),
		compare: s.compare,
	}

	c.dict.number = make(map[string]int32, len(a.Values)/2)
	if p.A != p.B {
		c.name = p.A + " ~ " + p.B
	}

	// The table linked with itself has one set of values; counting them twice would halve what a rare
	// value is worth.
	for side, column := range []*Column{a, b} {
		if side == 1 && a == b {
			c.values[1] = c.values[0]
			c.dict.counts[1] = c.dict.counts[0]
			break
		}

		c.fill(side, column.Values)
	}

	if p.Kind == Email {
		c.dict.withDomains()
	}
	c.dict.close()
	return c
}

// fill numbers the values of one side.
func (c *comparison) fill(side int, values []string) {
	order := yearFirst
	if c.kind == BirthDate || c.kind == Date {
		order = dateOrderOf(values)
	}
	c.values[side] = make([]int32, len(values))
	for i, v := range values {
		c.values[side][i] = c.put(clean(c.kind, v), order, side)
	}
}

// put returns the number of one cleaned value, -1 for missing.
func (c *comparison) put(v string, order dateOrder, side int) int32 {
	if v == "" {
		return -1
	}
	if c.kind != BirthDate && c.kind != Date {
		return c.dict.put(v, side)
	}
	d := parseDate(v, order)
	if d == noDate {
		return -1
	}
	// Two ways of writing one day are one value.
	y, m, day, century := d.parts()
	n := c.dict.put(dayText(y, m, day, century), side)
	if int(n) == len(c.dict.dates) {
		c.dict.dates = append(c.dict.dates, d)
	}
	return n
}

func dayText(y, m, d int, century bool) string {
	b := make([]byte, 0, 8)
	if century {
		b = append(b, byte('0'+y/1000%10), byte('0'+y/100%10))
	}
	for _, n := range []int{y % 100, m, d} {
		b = append(b, byte('0'+n/10), byte('0'+n%10))
	}
	return string(b)
}

// distinctShare returns how many different values a side has for a hundred that
// are there.
func (c *comparison) distinctShare(side int) float64 {
	filled, distinct := 0, 0
	for _, n := range c.dict.counts[side] {
		filled += int(n)
		if n > 0 {
			distinct++
		}
	}

	return float64(distinct) / float64(max(1, filled))
}

// fits reports whether a text is made of a name: it has the beginning of one of
// its parts.
func (n personName) fits(text string) bool {
	text = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, text)

	for _, part := range []string{compact(n.surname), compact(n.given)} {
		if len(part) >= 2 && strings.Contains(text, part[:min(4, len(part))]) {
			return true
		}
	}

	return false
}
