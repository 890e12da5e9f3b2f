package linkage

import (
	"slices"
	"strings"
)

// maxFields is how many fields a pair has: four bits each fit into one word.
const maxFields = 16

// pattern is the levels of a pair, four bits a field; 0 is missing.
type pattern uint64

func (p pattern) level(field int) uint8           { return uint8(p >> (4 * field) & 15) }
func (p pattern) with(field int, l uint8) pattern { return p | pattern(l)<<(4*field) }
func (p pattern) without(fields pattern) pattern  { return p &^ fields }
func fieldMask(field int) pattern                 { return pattern(15) << (4 * field) }

// space is two tables, or one twice, prepared for comparing their records. It does
// not change once it is built.
type space struct {
	tables [2]*Table
	self   bool // one table: pairs of different records, each once
	fields []*comparison

	names          *dict
	given, surname [2][]int32
	impersonal     [2][]bool
	full           int // field of whole names, -1 when names have parts
	order          int // field that tells whether names are crossed, -1 for none
	mention        int // field of names in free text, -1 for none
	texts          [2][]string
	personName     bool
	first          int // the first field behind those of the name
	recognised     [2][]Recognised
	pairings       []Pairing
	derived        []int // fields made of the name
}

// The numbers of the fields that make up the name.
const (
	fieldGiven = iota
	fieldSurname
)

func (s *space) len(side int) int { return len(s.tables[side].ID) }

func (s *space) records() int {
	if s.self {
		return s.len(0)
	}
	return s.len(0) + s.len(1)
}

// newSpace prepares two tables; b is nil for the pairs within one.
func newSpace(a, b *Table, o *Options) *space {
	s := &space{full: -1, order: -1, mention: -1}
	s.tables[0] = a.ordered()
	s.tables[1] = s.tables[0]
	if s.self = b == nil; !s.self {
		s.tables[1] = b.ordered()
	}
	for side, t := range s.tables {
		s.recognised[side] = o.recognise(t)
	}
	s.readNames()
	s.first = len(s.fields)
	s.pairings = pairings(s.tables[0], s.tables[1], s.recognised[0], s.recognised[1], maxFields-1-s.first)
	s.fields = append(s.fields, make([]*comparison, len(s.pairings))...)
	parallel(o.workers(), len(s.pairings), func(i int) {
		p := s.pairings[i]
		s.fields[s.first+i] = newComparison(p, s.tables[0].column(p.A), s.tables[1].column(p.B))
	})
	s.linkLines()
	s.findDerived()
	s.readTexts()
	return s
}

// linkLines lets address lines be looked for in each other's place.
func (s *space) linkLines() {
	var lines []*comparison
	for _, c := range s.fields {
		if c.kind == Address {
			lines = append(lines, c)
		}
	}
	if len(lines) != 2 {
		return
	}
	// Both lines need one numbering.
	shared := newDict()
	for _, c := range lines {
		for side := range 2 {
			if side == 1 && s.self {
				c.values[1] = c.values[0]
				break
			}
			values := make([]int32, len(c.values[side]))
			for i, n := range c.values[side] {
				values[i] = -1
				if n >= 0 {
					values[i] = shared.put(c.dict.texts[n], side)
				}
			}
			c.values[side] = values
		}
	}
	if s.self {
		shared.counts[1] = shared.counts[0]
	}
	shared.close()
	lines[0].dict, lines[1].dict = shared, shared
	lines[0].other, lines[1].other = lines[1], lines[0]
	for _, c := range lines {
		last := len(c.levels) - 1
		c.levels = slices.Insert(c.levels, last, Level{Name: swappedColumn, M: 0.05, U: 0.0005})
		c.levels[last-2].M -= 0.05
	}
}

// findDerived marks the fields that are made of the name on both sides.
func (s *space) findDerived() {
	if !s.personName {
		return
	}
	for f, c := range s.fields {
		if (c.kind == Email || c.kind == UserID) && s.madeOfName(c, 0) && s.madeOfName(c, 1) {
			c.derived = true
			s.derived = append(s.derived, f)
			s.uniqueAlso(c)
		}
	}
}

// madeOfName reports whether most values of a side have a part of their own
// record's name.
func (s *space) madeOfName(c *comparison, side int) bool {
	fit, all := 0, 0
	step := max(1, s.len(side)/maxProfiled)
	for i := 0; i < s.len(side); i += step {
		n := c.values[side][i]
		name := s.name(side, int32(i))
		if n < 0 || name == (personName{}) {
			continue
		}
		text := c.dict.texts[n]
		if c.kind == Email {
			text = text[:c.dict.split[n]]
		}
		all++
		if name.fits(text) {
			fit++
		}
	}
	return fit*2 >= all && all > 0
}

// uniqueAlso sets how often two people of one name have one value of a field that
// is made of the name. Where such values are unique on a side, namesakes there are
// told apart; the more namesakes have been seen, the surer.
func (s *space) uniqueAlso(c *comparison) {
	share := 0.25
	for side := range 2 {
		if c.distinctShare(side) < 0.99 || s.self {
			continue
		}
		namesakes := map[[2]int32]int{}
		pairs := 0
		for i := range s.len(side) {
			k := [2]int32{s.given[side][i], s.surname[side][i]}
			if k[0] >= 0 && k[1] >= 0 && c.values[side][i] >= 0 {
				pairs += namesakes[k]
				namesakes[k]++
			}
		}
		share = min(share, max(1.0/128, 1/float64(4+pairs)))
	}
	for i := range c.levels {
		switch l := &c.levels[i]; {
		case l.Also && l.Frequency:
			l.U = share
		case l.Also && i == userAlsoPart-1:
			// The number that tells namesakes apart is the same in these.
			l.U = min(l.U, 4*share)
		}
	}
}

// name returns the name of a record.
func (s *space) name(side int, i int32) personName {
	var n personName
	if g := s.given[side][i]; g >= 0 {
		n.given = s.names.texts[g]
	}
	if f := s.surname[side][i]; f >= 0 {
		n.surname = s.names.texts[f]
	}
	return n
}

// readNames prepares the names of both sides and adds the fields that they make.
func (s *space) readNames() {
	s.names = newDict()
	parts := [2]bool{}
	for side := range 2 {
		if side == 1 && s.self {
			s.given[1], s.surname[1], s.impersonal[1], parts[1] = s.given[0], s.surname[0], s.impersonal[0], parts[0]
			s.names.counts[1] = s.names.counts[0]
			break
		}
		parts[side] = s.readSide(side)
	}
	s.names.withNames()
	if s.given[0] == nil || s.given[1] == nil {
		return
	}
	s.personName = true
	s.fields = append(s.fields,
		&comparison{name: "given name", kind: GivenName, values: s.given, dict: s.names, levels: slices.Clone(shippedGiven), compare: (*dict).compareGiven},
		&comparison{name: "surname", kind: Surname, values: s.surname, dict: s.names, levels: slices.Clone(shippedSurname), compare: (*dict).compareSurname},
		&comparison{name: "order of names", kind: FullName, dict: s.names, levels: slices.Clone(shippedOrder)})
	s.order = len(s.fields) - 1
	if !parts[0] && !parts[1] {
		s.wholeNames()
	}
}

// readSide reads the names of one side, from the parts where there are some, else
// from the whole name. It reports whether there are columns of parts.
func (s *space) readSide(side int) bool {
	t := s.tables[side]
	columns := map[Kind]*Column{}
	for i, r := range s.recognised[side] {
		if columns[r.Kind] == nil {
			columns[r.Kind] = &t.Columns[i]
		}
	}
	given, surname, full := columns[GivenName], columns[Surname], columns[FullName]
	if given == nil && surname == nil && full == nil {
		return false
	}
	s.given[side], s.surname[side], s.impersonal[side] = make([]int32, t.Len()), make([]int32, t.Len()), make([]bool, t.Len())
	for i := range t.Len() {
		var n personName
		if given != nil {
			n.given = namePart(given.Values[i])
		}
		if surname != nil {
			n.surname = namePart(surname.Values[i])
		}
		if full != nil && isImpersonal(Fold(full.Values[i])) {
			s.impersonal[side][i] = true
		} else if full != nil && n == (personName{}) {
			n = splitName(full.Values[i])
		}
		s.given[side][i], s.surname[side][i] = s.names.name(n.given, side), s.names.name(n.surname, side)
	}
	return given != nil || surname != nil
}

func (d *dict) name(part string, side int) int32 {
	if part == "" {
		return -1
	}
	return d.put(part, side)
}

// readTexts prepares free text for the search of names in it.
func (s *space) readTexts() {
	if !s.personName {
		return
	}
	for side, t := range s.tables {
		for i, r := range s.recognised[side] {
			if r.Kind != Text {
				continue
			}
			if s.texts[side] == nil {
				s.texts[side] = make([]string, t.Len())
			}
			for k, v := range t.Columns[i].Values {
				s.texts[side][k] = strings.TrimSpace(s.texts[side][k] + " " + Fold(v))
			}
		}
	}
	if s.texts[0] != nil || s.texts[1] != nil {
		s.mention = len(s.fields)
		s.fields = append(s.fields, &comparison{name: "name in text", kind: Text, dict: s.names, levels: slices.Clone(shippedMention)})
	}
}

// compare returns the levels of a pair.
func (s *space) compare(a, b int32) pattern {
	p, agree := s.compareFirst(a, b)
	for f := s.first; f < len(s.fields); f++ {
		var l uint8
		l, agree = s.compareField(f, p, agree, a, b)
		p = p.with(f, l)
	}
	return p
}

// compareFirst returns the levels of the name, on which those of other fields rest.
func (s *space) compareFirst(a, b int32) (pattern, agreement) {
	if !s.personName {
		return 0, namesDiffer
	}
	return s.compareNames(a, b)
}

// compareField returns the level of one field behind the name, and what the names
// and fields made of them say together.
func (s *space) compareField(f int, p pattern, agree agreement, a, b int32) (uint8, agreement) {
	if f == s.mention {
		return s.compareMention(p, a, b), agree
	}
	c := s.fields[f]
	x, y := c.values[0][a], c.values[1][b]
	if x < 0 || y < 0 {
		return 0, agree
	}
	l := c.compare(c.dict, x, y)
	if c.other != nil {
		l = c.lineLevel(l, a, b)
	}
	if c.derived {
		return c.also(l, agree, x, y)
	}
	return l, agree
}

// lineLevel looks for a line in the other column when it is not in its own.
func (c *comparison) lineLevel(l uint8, a, b int32) uint8 {
	if l != lineDifferent {
		return l
	}
	for _, n := range [2][2]int32{{c.values[0][a], c.other.values[1][b]}, {c.other.values[0][a], c.values[1][b]}} {
		if n[0] >= 0 && n[1] >= 0 && c.dict.compareLine(n[0], n[1]) <= lineEdit {
			return lineDifferent
		}
	}
	return lineDifferent + 1
}

// also returns the level of a field that is made of the name. Where the name has
// spoken, or another field made of it, it says only what they do not: that the
// values are the same one, or that namesakes have two.
func (c *comparison) also(l uint8, agree agreement, x, y int32) (uint8, agreement) {
	if agree == namesDiffer {
		if l <= mailLocal {
			return l, namesAlike
		}
		return l, agree
	}
	if c.kind == Email {
		l = [...]uint8{0, mailAlsoExact, mailAlsoDifferent, mailAlsoEdit, mailAlsoDifferent}[l]
	} else {
		l = [...]uint8{0, userAlsoExact, userAlsoPart, userAlsoDifferent, userAlsoDifferent}[l]
	}
	// Values made of two spellings of a name, or for two domains, differ anyway.
	if l == mailAlsoDifferent && (agree == namesAlike || c.kind == Email && !c.dict.sameDomain(x, y)) {
		return 0, agree
	}
	return l, agree
}

// sameDomain reports whether two addresses have one domain.
func (d *dict) sameDomain(x, y int32) bool {
	return d.texts[x][d.split[x]:] == d.texts[y][d.split[y]:]
}

// agreement is what two names say of values that are made of them.
type agreement uint8

const (
	namesDiffer agreement = iota
	namesAlike            // the surname, or the given name where there is none
	namesSame
)

// compareNames returns the levels of the name, in the order of its parts that fits
// best, and whether the names agree.
func (s *space) compareNames(a, b int32) (p pattern, agree agreement) {
	ga, sa, gb, sb := s.given[0][a], s.surname[0][a], s.given[1][b], s.surname[1][b]
	if s.full >= 0 {
		return s.compareWhole(a, b)
	}
	var given, surname uint8
	if ga >= 0 && gb >= 0 {
		given = s.names.compareGiven(ga, gb)
	}
	if sa >= 0 && sb >= 0 {
		surname = s.names.compareSurname(sa, sb)
	}
	if (given == givenDifferent || given == 0) && (surname == surnameDifferent || surname == 0) && s.maybeCrossed(ga, sa, gb, sb) {
		if g, f, ok := s.crossed(ga, sa, gb, sb); ok {
			given, surname = g, f
			p = p.with(s.order, 1)
		}
	}
	switch {
	case given == givenExact && surname == surnameExact && p == 0:
		agree = namesSame
	case surname > 0 && surname != surnameDifferent, surname == 0 && given > 0 && given != givenDifferent:
		agree = namesAlike
	}
	return p.with(fieldGiven, given).with(fieldSurname, surname), agree
}

// maybeCrossed reports whether one part of a name can be a spelling of the other's
// other part.
func (s *space) maybeCrossed(ga, sa, gb, sb int32) bool {
	sig := s.names.sig
	return ga >= 0 && sb >= 0 && !tooFar(sig[ga], sig[sb], 2) || sa >= 0 && gb >= 0 && !tooFar(sig[sa], sig[gb], 2)
}

// crossed compares given names with surnames.
func (s *space) crossed(ga, sa, gb, sb int32) (given, surname uint8, ok bool) {
	if ga >= 0 && sb >= 0 {
		surname = s.names.compareSurname(ga, sb)
	}
	if sa >= 0 && gb >= 0 {
		given = s.names.compareGiven(sa, gb)
	}
	switch {
	case surname == 0 && given == 0:
		return 0, 0, false
	case surname == 0:
		return given, surname, given <= givenEdit && s.long(sa)
	case given == 0:
		return given, surname, surname <= surnameEdit && s.long(ga)
	}
	return given, surname, given <= givenSimilar && surname <= surnameSimilar && (given <= givenEdit || surname <= surnameEdit)
}

// long reports whether a part of a name is long enough to be found in the other
// part's place alone.
func (s *space) long(n int32) bool { return len(s.names.texts[n]) >= 3 }

// compareMention looks for the surname of one side in the text of the other, where
// the surnames differ.
func (s *space) compareMention(p pattern, a, b int32) uint8 {
	if l := p.level(fieldSurname); l != 0 && l != surnameDifferent {
		return 0
	}
	text := false
	for side, n := range [2][2]int32{{a, b}, {b, a}} {
		if s.texts[side] == nil || s.texts[side][n[0]] == "" {
			continue
		}
		surname := s.surname[1-side][n[1]]
		if surname < 0 {
			continue
		}
		text = true
		if name := s.names.texts[surname]; len(name) > 2 && hasWord(s.texts[side][n[0]], name) {
			return 1
		}
	}
	if text {
		return 2
	}
	return 0
}
