package linkage

import (
	"slices"
	"strings"
)

// key is a blocking key: records with one hash are candidates for each other.
type key struct {
	name   string
	fields pattern // the fields that it looks at, which say nothing new of its pairs
	hash   [2][]uint32
	order  [2][]int32 // records that have the key, by hash
	blocks []block
	pairs  int64 // of the blocks
	Cut    int   // blocks that were too large
	cut    int64 // pairs that were left out with them
	every  bool  // all pairs, for few records
}

// block is the records of both sides that share a hash.
type block struct{ a0, a1, b0, b1 int32 }

func (b block) pairs(self bool) int64 {
	n, m := int64(b.a1-b.a0), int64(b.b1-b.b0)
	if self {
		return n * (n - 1) / 2
	}
	return n * m
}

// hasher mixes what a key looks at.
type hasher uint64

const hashStart hasher = 0x9e3779b97f4a7c15

func (h hasher) text(s string) hasher {
	for i := range len(s) {
		h = (h ^ hasher(s[i])) * 0x100000001b3
	}
	return h.number(uint64(len(s)))
}

func (h hasher) number(n uint64) hasher {
	h ^= hasher(n) + 0x9e3779b97f4a7c15 + h<<6 + h>>2
	return hasher(mix(uint64(h)))
}

// mix is the finaliser of a hash: each bit of the input moves all of the output.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// sum returns the hash of a key, never 0.
func (h hasher) sum() uint32 {
	if s := uint32(mix(uint64(h)) >> 32); s != 0 {
		return s
	}
	return 1
}

// maker returns the hash of a record, 0 when it has not what the key needs.
type maker func(side int, i int32) uint32

// keyList are the keys of a space, the most specific first.
type keyList struct {
	s      *space
	keys   []*key
	makers []maker
}

func (l *keyList) add(name string, fields pattern, m maker) {
	l.keys, l.makers = append(l.keys, &key{name: name, fields: fields}), append(l.makers, m)
}

// fill computes the hashes of one key.
func (l *keyList) fill(n int) {
	k, m := l.keys[n], l.makers[n]
	for side := range 2 {
		if side == 1 && l.s.self {
			k.hash[1] = k.hash[0]
			break
		}

		k.hash[side] = make([]uint32, l.s.len(side))
		for i := range k.hash[side] {
			k.hash[side][i] = m(side, int32(i))
		}
	}
}

// keys makes the keys that the fields allow.
func (s *space) keys(workers int) []*key {
	l := &keyList{s: s}
	s.listKeys(l)
	parallel(workers, len(l.keys), func(i int) {
		l.fill(i)
		l.keys[i].sort(s)
	})
	return l.keys
}

// listKeys lists the keys that the fields allow.
func (s *space) listKeys(l *keyList) {
	// The order is from cheap and sure to dear and loose. A pair counts for the first key that finds
	// it, and the planner cuts from the end.
	for f, c := range s.fields {
		switch c.kind {
		case Identifier, Phone, Email, UserID:
			l.add(c.name, fieldMask(f), c.exact())
		}

		if c.kind == Email {
			l.add(c.name+" before the @", fieldMask(f), c.local())
		}
	}

	if s.personName {
		l.names()
	}
	l.dates()
	l.places()

	// A digit that is missing or swapped spoils one half of a number; the other half still finds it.
	for f, c := range s.fields {
		if c.kind == Identifier || c.kind == Phone {
			l.add("beginning of "+c.name, fieldMask(f), c.half(false))
			l.add("end of "+c.name, fieldMask(f), c.half(true))
		}
	}

	l.mentions()
	l.loose()
}

// exact is the value of a field.
func (c *comparison) exact() maker {
	return func(side int, i int32) uint32 {
		n := c.values[side][i]
		if n < 0 {
			return 0
		}
		return hashStart.text(c.dict.texts[n]).sum()
	}
}

// local is the letters of an address before the @.
func (c *comparison) local() maker {
	return func(side int, i int32) uint32 {
		n := c.values[side][i]
		if n < 0 || c.dict.split[n] < 4 {
			return 0
		}
		return hashStart.text(c.dict.texts[n][:c.dict.split[n]]).sum()
	}
}

// half is one half of an id: an edit leaves the other as it is.
func (c *comparison) half(end bool) maker {
	return func(side int, i int32) uint32 {
		n := c.values[side][i]
		if n < 0 || len(c.dict.texts[n]) < 6 {
			return 0
		}
		text := c.dict.texts[n]
		if end {
			return hashStart.text(text[len(text)-(len(text)+1)/2:]).sum()
		}
		return hashStart.text(text[:(len(text)+1)/2]).sum()
	}
}

// both returns the parts of a name in alphabetic order, so that crossed names have
// the same key.
func (s *space) both(side int, i int32) (x, y int32) {
	x, y = s.given[side][i], s.surname[side][i]
	if x >= 0 && y >= 0 && s.names.texts[x] > s.names.texts[y] {
		x, y = y, x
	}
	return x, y
}

const nameFields = pattern(0xff) // given name and surname

// names adds the keys of names.
func (l *keyList) names() {
	s := l.s
	fields := nameFields
	if s.full >= 0 {
		fields |= fieldMask(s.full)
	}
	l.add("name", fields, func(side int, i int32) uint32 {
		x, y := s.both(side, i)
		if x < 0 || y < 0 {
			return 0
		}
		return hashStart.text(s.names.texts[x]).text(s.names.texts[y]).sum()
	})

	l.add("sound of the name", fields, func(side int, i int32) uint32 {
		x, y := s.given[side][i], s.surname[side][i]
		if x < 0 || y < 0 {
			return 0
		}
		u, v := s.names.code[x], s.names.code[y]
		return hashStart.number(min(u, v)).number(max(u, v)).sum()
	})
}

// birth returns the field of the birth date, else of another date, -1 for none.
func (s *space) birth() int {
	i := slices.IndexFunc(s.fields, func(c *comparison) bool { return c.kind == BirthDate })
	if i < 0 {
		i = slices.IndexFunc(s.fields, func(c *comparison) bool { return c.kind == Date })
	}
	return i
}

// day returns the parts of a day, the smaller of day and month first, so that
// swapped ones have the same key.
func (c *comparison) day(side int, i int32) (year, low, high int, ok bool) {
	n := c.values[side][i]
	if n < 0 {
		return 0, 0, 0, false
	}
	y, m, d, _ := c.dict.dates[n].parts()
	return y % 100, min(m, d), max(m, d), true
}

// dates adds the keys of the birth date.
func (l *keyList) dates() {
	s, f := l.s, l.s.birth()
	if f < 0 {
		return
	}
	c := s.fields[f]

	// A birth date alone has thousands of people in a large table; with the sound of one name a few.
	if s.personName {
		withSound := func(of *[2][]int32) func(side int, i int32) uint32 {
			return func(side int, i int32) uint32 {
				y, m, d, ok := c.day(side, i)
				g := of[side][i]
				if !ok || g < 0 {
					return 0
				}
				return hashStart.number(uint64(y*10000 + m*100 + d)).number(s.names.code[g]).sum()
			}
		}
		l.add("birth date and sound of the given name", fieldMask(f)|fieldMask(fieldGiven), withSound(&s.given))
		l.add("birth date and sound of the surname", fieldMask(f)|fieldMask(fieldSurname), withSound(&s.surname))
	}
}

// places adds the keys of addresses.
func (l *keyList) places() {
	s := l.s
	area := slices.IndexFunc(s.fields, func(c *comparison) bool { return c.kind == PostalCode })
	if area < 0 {
		area = slices.IndexFunc(s.fields, func(c *comparison) bool { return c.kind == Place })
	}
	for f, c := range s.fields {
		if c.kind == Address {
			l.add(c.name, fieldMask(f), c.exact())
		}
		if c.kind == HouseNumber && area >= 0 {
			l.pair(c.name+" and "+s.fields[area].name, f, area)
		}
	}

	if area < 0 || !s.personName {
		return
	}
	for _, part := range []int{fieldSurname, fieldGiven} {
		l.pair(s.fields[part].name+" and "+s.fields[area].name, part, area)
	}
}

// pair adds a key of two fields.
func (l *keyList) pair(name string, f, g int) {
	c, d := l.s.fields[f], l.s.fields[g]
	l.add(name, fieldMask(f)|fieldMask(g), func(side int, i int32) uint32 {
		x, y := c.values[side][i], d.values[side][i]
		if x < 0 || y < 0 {
			return 0
		}
		return hashStart.text(c.dict.texts[x]).text(d.dict.texts[y]).sum()
	})
}

// mentions adds the keys of surnames that stand in the text of the other side: of
// the first two words there that are surnames.
func (l *keyList) mentions() {
	s := l.s
	if s.mention < 0 {
		return
	}
	for side := range 2 {
		if s.texts[side] == nil {
			continue
		}
		names := map[string]bool{}
		for _, n := range s.surname[1-side] {
			if n >= 0 {
				names[s.names.texts[n]] = true
			}
		}

		for slot := range 2 {
			l.mention(side, slot, names)
		}
	}
}

func (l *keyList) mention(withText, slot int, names map[string]bool) {
	s := l.s
	l.add("surname in text", fieldMask(s.mention)|fieldMask(fieldSurname), func(side int, i int32) uint32 {
		initial := byte(0)
		if g := s.given[side][i]; g >= 0 {
			initial = s.names.texts[g][0]
		}

		// The side without text looks with its own surname, the other one with each name that its text
		// contains.
		if side != withText {
			if n := s.surname[side][i]; n >= 0 {
				return hashStart.text(s.names.texts[n]).number(uint64(initial)).sum()
			}
			return 0
		}

		found := 0

		// Two letters are no name that could be looked for. Each key takes one name of the text, by
		// its place.
		for word := range strings.FieldsSeq(s.texts[side][i]) {
			if len(word) > 2 && names[word] {
				if found == slot {
					return hashStart.text(word).number(uint64(initial)).sum()
				}
				found++
			}
		}

		return 0
	})
}

// loose adds the keys that find most and cost most.
func (l *keyList) loose() {
	s := l.s

	// These come last, for what the others have missed, and are cut when they cost too much.
	if f := s.birth(); f >= 0 {
		c := s.fields[f]
		l.add(c.name, fieldMask(f), func(side int, i int32) uint32 {
			y, m, d, ok := c.day(side, i)
			if !ok {
				return 0
			}
			return hashStart.number(uint64(y*10000 + m*100 + d)).sum()
		})
	}

	if s.personName {
		l.add("surname", fieldMask(fieldSurname), s.fields[fieldSurname].exact())
		l.add("sound of the surname", fieldMask(fieldSurname), func(side int, i int32) uint32 {
			// Short codes stand for so many names that they find everybody.
			if n := s.surname[side][i]; n >= 0 && s.names.code[n] > 1<<8 {
				return hashStart.number(s.names.code[n]).sum()
			}
			return 0
		})

		l.add("given name", fieldMask(fieldGiven), s.fields[fieldGiven].exact())
	}

	for f, c := range s.fields {
		if c.kind == PostalCode || c.kind == Place {
			l.add(c.name, fieldMask(f), c.exact())
		}
	}

	// Few records are simply all compared, which makes every other key needless.
	if n := int64(s.len(0)) * int64(s.len(1)); n <= fewPairs {
		l.add("every pair", 0, func(int, int32) uint32 { return 1 })
		l.keys[len(l.keys)-1].every = true
	}
}
