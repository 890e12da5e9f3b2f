package linkage

import (
	"slices"
	"strings"
	"sync"
)

// dict numbers the distinct values of a comparison, of both sides, and keeps what
// is needed to compare two of them without looking at the texts again.
type dict struct {
	number map[string]int32
	texts  []string
	sig    []uint64 // which letters and digits occur
	code   []uint64 // packed phonetic code
	groups [][]uint16
	split  []uint16 // where the domain of a mail address begins
	local  []int32  // what stands before it, numbered
	dates  []date
	counts [2][]int32 // by side: records that have the value
}

func newDict() *dict { return &dict{number: map[string]int32{}} }

// put returns the number of a text, which is new or known, and counts it for a side.
func (d *dict) put(text string, side int) int32 {
	n, ok := d.number[text]
	if !ok {
		n = int32(len(d.texts))
		d.number[text] = n
		d.texts = push(d.texts, text)
		d.sig = push(d.sig, signature(text))
		d.counts[0], d.counts[1] = push(d.counts[0], 0), push(d.counts[1], 0)
	}

	d.counts[side][n]++
	return n
}

// push appends to a list that doubles when it is full: the quarter that append adds
// copies a list of millions five times over.
func push[T any](list []T, v T) []T {
	if len(list) == cap(list) {
		list = slices.Grow(list, max(64, len(list)))
	}
	return append(list, v)
}

// signature has a bit for every letter and digit that occurs, and one for those that
// occur twice, as far as there is room: an edit takes away at most one of them and
// adds at most one. The highest bit says that there are spaces.
func signature(s string) uint64 {
	// Two texts whose signatures differ in more bits than edits could change need not be compared.
	var sig uint64
	for _, c := range s {
		bit, twice := uint64(0), uint64(0)
		switch {
		case c >= 'a' && c <= 'z':
			bit = 1 << (c - 'a')

			// Some letters share a bit for occurring twice, as there is no room for all.
			twice = uint64(secondBits[c-'a']) << 46
		case c >= '0' && c <= '9':
			bit, twice = 1<<(26+c-'0'), 1<<(36+c-'0')
		case c == ' ':
			sig |= spaceBit
		case c >= 0x80:
			bit = 1 << (26 + c%20)
		}

		if sig&bit != 0 {
			sig |= twice
		}
		sig |= bit
	}

	return sig
}

// spaceBit of a signature says that a text has spaces; it does not count for edits.
const spaceBit = 1 << 63

// secondBits are the bits for a second occurrence of frequent letters.
var secondBits = func() (bits [26]uint32) {
	for i, c := range "aeinorstlhcdmugby" {
		bits[c-'a'] = 1 << i
	}
	return bits
}()

// withNames adds what given names are compared by.
func (d *dict) withNames() {
	groups := nicknameIndex()
	d.groups = make([][]uint16, len(d.texts))
	for i, s := range d.texts {
		d.groups[i] = groups[s]
		if first, _, more := strings.Cut(s, " "); more && d.groups[i] == nil {
			d.groups[i] = groups[first]
		}
	}

	d.withCodes()
}

// withCodes adds phonetic codes.
func (d *dict) withCodes() {
	d.code = make([]uint64, len(d.texts))
	var buf [phoneticLength]byte
	for i, s := range d.texts {
		for _, c := range phonetic(buf[:0], s) {
			d.code[i] = d.code[i]<<8 | uint64(c)
		}
	}
}

// withDomains adds where the domains of addresses begin.
func (d *dict) withDomains() {
	d.split, d.local = make([]uint16, len(d.texts)), make([]int32, len(d.texts))
	numbers := make(map[string]int32, len(d.texts))
	for i, s := range d.texts {
		at := strings.LastIndexByte(s, '@')
		if at < 0 {
			at = len(s)
		}
		at = min(at, 1<<16-1)
		d.split[i] = uint16(at)
		n, ok := numbers[s[:at]]
		if !ok {
			n = int32(len(numbers))
			numbers[s[:at]] = n
		}

		d.local[i] = n
	}
}

// close forgets what only putting needs.
func (d *dict) close() { d.number = nil }

// nicknameIndex returns the groups of each given name. It is computed once and
// never changes.
var nicknameIndex = sync.OnceValue(nicknameGroups)

// clean returns the form of a cell in which a kind is compared, "" for missing.
func clean(k Kind, s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}

	// Each kind has its own form; what is no value in it, such as "n/a", is missing.
	switch k {
	case Email:
		s = strings.ToLower(strings.TrimSpace(s))
		if isBlank(Fold(s)) {
			return ""
		}
		return s

	case Phone:
		return cleanPhone(s)
	case Address:
		return cleanAddress(s)
	case HouseNumber:
		return strings.TrimLeft(compact(Fold(s)), "0")
	case BirthDate, Date:
		return strings.TrimSpace(s)
	}

	s = Fold(s)
	if isBlank(s) {
		return ""
	}

	// Spreadsheets eat zeros in front, so they do not count.
	if k == Identifier || k == PostalCode {
		return strings.TrimLeft(compact(s), "0")
	}
	return s
}

// significant is how many digits of a phone number count: what stands before is
// the country and its way of writing.
const significant = 9

func cleanPhone(s string) string {
	d := digits(s)
	if len(d) < 6 || strings.Trim(d, d[:1]) == "" {
		return ""
	}
	return d[max(0, len(d)-significant):]
}

// abbreviations of words in addresses.
var abbreviations = map[string]string{
	"street": "st", "str": "st", "strasse": "st", "road": "rd", "avenue": "ave", "av": "ave",
	"drive": "dr", "lane": "ln", "court": "ct", "place": "pl",
	"parkway": "pkwy", "boulevard": "blvd", "circuit": "cct", "crescent": "cres", "close": "cl",
	"terrace": "tce", "highway": "hwy",
	"apartment": "apt", "suite": "ste", "square": "sq", "north": "n", "south": "s", "east": "e", "west": "w",
}

func cleanAddress(s string) string {
	s = Fold(strings.ReplaceAll(s, `\n`, " "))
	if isBlank(s) {
		return ""
	}
	words := strings.Fields(s)
	for i, w := range words {
		if short, ok := abbreviations[w]; ok {
			words[i] = short
		} else if t := strings.TrimLeft(w, "0"); t != "" && w[0] == '0' {
			words[i] = t
		}
	}

	return strings.Join(words, " ")
}
