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

	// Names come first: their fields have fixed places, and are compared before all others.
	s.readNames()
	s.first = len(s.fields)
	s.pairings = pairings(s.tables[0], s.tables[1], s.recognised[0], s.recognised[1], maxFields-1-s.first, o.workers())
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

	// With more than two lines nothing says which of them may be exchanged.
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

	// Lines in each other's place are a level of their own, whose share is taken from lines that
	// agree.
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
	// An address made of the name agrees between namesakes more often than by chance. How often
	// depends on whether the directory numbers them.
	share := 0.25
	for side := range 2 {
		if c.distinctShare(side) < 0.99 || s.self {
			continue
		}
		namesakes := map[[2]int32]int{}
		pairs := 0

		// Pairs of namesakes that have a value: the more of them there are while values stay unique,
		// the surer that namesakes are told apart.
		for i := range s.len(side) {
			k := [2]int32{s.given[side][i], s.surname[side][i]}
			if k[0] >= 0 && k[1] >= 0 && c.values[side][i] >= 0 {
				pairs += namesakes[k]
				namesakes[k]++
			}
		}

		share = min(share, max(1.0/128, 1/float64(4+pairs)))
	}

	// Only levels that count beside the name are changed; the others have been learned without it.
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

	// Both sides have to have names, or there is nothing to compare.
	s.names.withNames()
	if s.given[0] == nil || s.given[1] == nil {
		return
	}
	s.personName = true
	s.fields = append(s.fields,
		&comparison{
			name:    "given name",
			kind:    GivenName,
			values:  s.given,
			dict:    s.names,
			levels:  slices.Clone(shippedGiven),
			compare: (*dict).compareGiven,
		},
		&comparison{
			name:    "surname",
			kind:    Surname,
			values:  s.surname,
			dict:    s.names,
			levels:  slices.Clone(shippedSurname),
			compare: (*dict).compareSurname,
		},
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

	// The first column of a kind counts; a second one is mostly an alias or a former name.
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
	s.given[side], s.surname[side], s.impersonal[side] = make([]int32, t.Len()), make([]int32, t.Len()),
		make([]bool, t.Len())
	for i := range t.Len() {
		var n personName
		if given != nil {
			n.given = namePart(given.Values[i])
		}
		if surname != nil {
			n.surname = namePart(surname.Values[i])
		}

		// Records of things (a printer, a service) have a display name that must not be read as a
		// person's.
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

	// The field counts only where a side has free text: one that is empty on both would take room in
	// every pattern.
	if s.texts[0] != nil || s.texts[1] != nil {
		s.mention = len(s.fields)
		s.fields = append(s.fields, &comparison{
			name:   "name in text",
			kind:   Text,
			dict:   s.names,
			levels: slices.Clone(shippedMention),
		})
	}
}
