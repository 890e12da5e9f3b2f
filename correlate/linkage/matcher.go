package linkage

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Matcher finds the candidates of one record at a time in the second table of a
// result, with its weights: for accounts that come one by one, and for questions. It
// gives what a run over both tables gives for the record, as long as no block of a
// key is larger than it looks at. It is not safe for concurrent use.
type Matcher struct {
	r      *Result // with a first table of one record
	makers []maker
	hashes [][]uint32 // by key: of the records of order, ascending
	order  [][]int32
	seen   []int32
	number []map[string]int32 // by field: values of the second table
	names  map[string]int32
	orders []dateOrder
}

const (
	matchedBlock = 48  // records that share a key, at most
	matchedAll   = 256 // candidates of one record
)

// Match is a candidate of a record.
type Match struct {
	ID          string
	Bits        float64
	Probability float64
	Band        Band
	Veto        string
}

// Matcher prepares the second table of a result of [Between] for single records.
func (r *Result) Matcher() *Matcher {
	// The matcher is a linkage of a table of one record, whose value is written anew for each search;
	// so it gives what a linkage would.
	s := *r.s
	s.tables[0] = &Table{Name: r.A.Name, ID: []string{""}}
	for _, c := range r.A.Columns {
		s.tables[0].Columns = append(s.tables[0].Columns, Column{Name: c.Name, Values: []string{""}})
	}
	m := &Matcher{
		r: &Result{A: s.tables[0], B: r.B, Model: r.Model, Report: r.Report, s: &s, prior: r.prior,
			linkFrom:   r.linkFrom,
			reviewFrom: r.reviewFrom},
	}
	m.scorer(r, &s)
	s.fields = make([]*comparison, len(r.s.fields))
	m.number, m.orders = make([]map[string]int32, len(s.fields)), make([]dateOrder, len(s.fields))
	if s.personName {
		// The dictionaries of the second table stay as they are, with room at the end for what the
		// record brings.
		s.names = r.s.names.withRoom(2)
		m.names = s.names.numbers(2)
		s.given[0], s.surname[0], s.impersonal[0] = []int32{-1}, []int32{-1}, []bool{false}
		if s.texts[0] != nil {
			s.texts[0] = []string{""}
		}
	}

	for f, c := range r.s.fields {
		m.field(r, f, c)
	}
	m.keys(r, &s)
	return m
}

// scorer takes over the weights; values that only the record has are as frequent as
// those that nobody has.
func (m *Matcher) scorer(r *Result, s *space) {
	sc := *r.sc
	sc.s = s
	sc.exact, sc.domains = slices.Clone(sc.exact), slices.Clone(sc.domains)
	for f := range sc.exact {
		for _, list := range []*[]float32{&sc.exact[f], &sc.domains[f]} {
			if *list != nil {
				*list = append(slices.Clone(*list), math.MaxFloat32, math.MaxFloat32)
			}
		}
	}

	m.r.sc = &sc
}

// field prepares one field for values that are not known yet.
func (m *Matcher) field(r *Result, f int, c *comparison) {
	s := m.r.s
	own := *c
	s.fields[f] = &own
	switch {
	case c.values[0] == nil:
		own.dict = s.names
		return
	// Names have one dictionary for given name and surname, since they may be crossed.
	case f <= fieldSurname && s.personName:
		own.dict = s.names
		own.values[0] = s.given[0]
		if f == fieldSurname {
			own.values[0] = s.surname[0]
		}
		return
	}

	own.values[0] = []int32{-1}
	own.dict = c.dict.withRoom(1)
	m.number[f] = own.dict.numbers(1)

	// The order of days and months was found on the whole first table; one record cannot tell it.
	if c.kind == BirthDate || c.kind == Date {
		m.orders[f] = dateOrderOf(r.A.column(c.columns[0]).Values)
	}
	for g := range f {
		// Address lines that are looked for in each other's place share their values.
		if c.other == r.s.fields[g] {
			own.dict, m.number[f] = s.fields[g].dict, m.number[g]
			own.other, s.fields[g].other = s.fields[g], &own
		}
	}
}

// keys prepares the keys of the second table.
func (m *Matcher) keys(r *Result, s *space) {
	l := &keyList{s: s}
	s.listKeys(l)
	m.makers = l.makers[:len(r.keys)] // but for that of every pair, which comes last
	for _, k := range r.keys {
		order := make([]int32, 0, len(k.order[1]))
		hashes := make([]uint32, 0, len(k.order[1]))
		for _, n := range k.order[1] {
			if h := k.hash[1][n]; h != 0 {
				order, hashes = append(order, n), append(hashes, h)
			}
		}

		m.order, m.hashes = append(m.order, order), append(m.hashes, hashes)
	}

	m.r.keys = make([]*key, len(r.keys))
	for i, k := range r.keys {
		m.r.keys[i] = &key{name: k.name, fields: k.fields, hash: [2][]uint32{{0}, k.hash[1]}}
	}
}

// withRoom returns the values with room for some more at the end.
func (d *dict) withRoom(n int) *dict {
	out := *d
	out.texts, out.sig = append(slices.Clone(d.texts), make([]string, n)...),
		append(slices.Clone(d.sig), make([]uint64, n)...)
	if d.code != nil {
		out.code = append(slices.Clone(d.code), make([]uint64, n)...)
	}
	if d.groups != nil {
		out.groups = append(slices.Clone(d.groups), make([][]uint16, n)...)
	}
	if d.split != nil {
		out.split, out.local = append(slices.Clone(d.split), make([]uint16, n)...),
			append(slices.Clone(d.local), make([]int32, n)...)
	}
	if d.dates != nil {
		out.dates = append(slices.Clone(d.dates), make([]date, n)...)
	}
	return &out
}

// numbers returns the numbers of the values, but for those of the room.
func (d *dict) numbers(room int) map[string]int32 {
	out := make(map[string]int32, len(d.texts))
	for n, text := range d.texts[:len(d.texts)-room] {
		out[text] = int32(n)
	}
	return out
}

// set writes a value into the room of a field.
func (d *dict) set(n int32, text string) {
	d.texts[n], d.sig[n] = text, signature(text)
	if d.code != nil {
		var buf [phoneticLength]byte
		d.code[n] = 0
		for _, c := range phonetic(buf[:0], text) {
			d.code[n] = d.code[n]<<8 | uint64(c)
		}
	}

	// Someone with two given names is called by the first.
	if d.groups != nil {
		first, _, _ := strings.Cut(text, " ")
		if d.groups[n] = nicknameIndex()[text]; d.groups[n] == nil {
			d.groups[n] = nicknameIndex()[first]
		}
	}

	if d.split != nil {
		at := strings.LastIndexByte(text, '@')
		if at < 0 {
			at = len(text)
		}
		d.split[n], d.local[n] = uint16(min(at, math.MaxUint16)), -1
	}
}

// Find returns the candidates of a record, given by the columns of the first table,
// the likeliest first.
func (m *Matcher) Find(value func(column string) string) []Match {
	m.read(value)
	m.seen = m.seen[:0]
	for i, make := range m.makers {
		// A hash of 0 says that the record has nothing for this key.
		h := make(0, 0)
		m.r.keys[i].hash[0][0] = h
		if h == 0 || len(m.seen) >= matchedAll {
			continue
		}
		from, found := slices.BinarySearch(m.hashes[i], h)
		if !found {
			continue
		}

		// A block that many share is left out whole: it would cost more than it tells, and the rarer
		// keys find the same people.
		to := from
		for to < len(m.hashes[i]) && m.hashes[i][to] == h && to-from <= matchedBlock {
			to++
		}
		if to-from <= matchedBlock {
			m.seen = append(m.seen, m.order[i][from:to]...)
		}
	}

	slices.Sort(m.seen)
	return m.decide(slices.Compact(m.seen))
}

// decide scores the candidates.
func (m *Matcher) decide(candidates []int32) []Match {
	var list []scored
	r := m.r
	for _, b := range candidates {
		if p, bits, ok := r.sc.evaluate(0, b); ok {
			list = append(list, scored{b: b, p: p, bits: bits})
		}
	}

	// The same competition as in a linkage: several good candidates make each less likely.
	compete(list, r.prior-r.sc.prior)
	slices.SortFunc(list, func(x, y scored) int { return cmp.Or(-cmp.Compare(x.prob, y.prob), cmp.Compare(x.b, y.b)) })
	var out []Match
	r.Pairs = r.Pairs[:0]
	for i := range list {
		p := &list[i]

		// They are ordered: nothing after the first below the line is above it.
		if p.prob < r.reviewFrom {
			break
		}
		c := Match{ID: r.B.ID[p.b], Bits: p.bits, Probability: p.prob, Band: Review, Veto: r.veto(p)}
		if p.prob >= r.linkFrom && c.Veto == "" {
			c.Band = Linked
		}
		out = append(out, c)
		r.Pairs = append(r.Pairs, Pair{
			B:           p.b,
			Probability: c.Probability,
			Bits:        c.Bits,
			Band:        c.Band,
			Veto:        c.Veto,
			levels:      p.p,
		})
	}

	return out
}

// Explain tells why the record that was looked up last has a candidate, or not.
func (m *Matcher) Explain(id string) (*Explanation, error) { return m.r.Explain("", id) }

// read takes over the values of a record.
func (m *Matcher) read(value func(column string) string) {
	s := m.r.s
	t := s.tables[0]
	for i := range t.Columns {
		t.Columns[i].Values[0] = value(t.Columns[i].Name)
	}
	if s.personName {
		m.readName()
	}
	for f, c := range s.fields {
		if m.number[f] == nil {
			continue
		}
		c.values[0][0] = m.put(f, clean(c.kind, t.column(c.columns[0]).Values[0]))
	}

	// Free text is folded whole, since any part may name somebody.
	if s.texts[0] != nil {
		s.texts[0][0] = ""
		for i, r := range s.recognised[0] {
			if r.Kind == Text {
				s.texts[0][0] = strings.TrimSpace(s.texts[0][0] + " " + Fold(t.Columns[i].Values[0]))
			}
		}
	}
}

// readName takes over the name.
func (m *Matcher) readName() {
	s := m.r.s
	columns := map[Kind]string{}
	for i, r := range s.recognised[0] {
		if _, ok := columns[r.Kind]; !ok {
			columns[r.Kind] = s.tables[0].Columns[i].Values[0]
		}
	}

	// Parts are better than the whole name, which has to be guessed apart.
	full := columns[FullName]
	name := personName{given: namePart(columns[GivenName]), surname: namePart(columns[Surname])}
	s.impersonal[0][0] = isImpersonal(Fold(full))
	if name == (personName{}) && !s.impersonal[0][0] {
		name = splitName(full)
	}

	// The last two places of the dictionary are those of the record's own names.
	room := int32(len(s.names.texts) - 2)
	for i, part := range []string{name.given, name.surname} {
		n, ok := m.names[part]
		switch {
		case part == "":
			n = -1
		case !ok:
			n = room + int32(i)
			s.names.set(n, part)
		}

		s.fields[i].values[0][0] = n
	}
}

// put returns the number of a value of a field.
func (m *Matcher) put(f int, v string) int32 {
	c := m.r.s.fields[f]
	if v == "" {
		return -1
	}

	// Dates are numbered by the day, not by the way they are written.
	day := noDate
	if c.kind == BirthDate || c.kind == Date {
		if day = parseDate(v, m.orders[f]); day == noDate {
			return -1
		}
		y, month, d, century := day.parts()
		v = dayText(y, month, d, century)
	}

	// A value that the table has keeps its number there, so that equality is equality of numbers.
	n, ok := m.number[f][v]
	if !ok {
		n = int32(len(c.dict.texts) - 1)
		c.dict.set(n, v)
		if c.dict.dates != nil {
			c.dict.dates[n] = day
		}
	}

	return n
}
