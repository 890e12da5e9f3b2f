package javaregex

import (
	"cmp"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/unicode/runenames"
)

// runeByName is Character.codePointOf: the Unicode name, Java's own names for
// control characters, or the name of the block and the number in hexadecimal
// for characters without a name of their own. Case does not matter.
func runeByName(name string) (rune, bool) {
	// The control characters come first: Unicode gives them no names, and Java does.
	name = strings.ToUpper(strings.Trim(name, "\x00\t\n\v\f\r "))
	for i, n := range strings.Split(controlNames, "|") {
		if n != name {
			continue
		}
		if i >= 0x20 {
			return rune(i - 0x20 + 0x7F), true
		}
		return rune(i), true
	}

	// Characters without names of their own are called by their block and number.
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		if n, err := strconv.ParseInt(name[i+1:], 16, 32); err == nil {
			if s := blockSet(name[:i]); s != nil && s.has(rune(n)) && nameless(rune(n)) {
				return rune(n), true
			}
		}
	}

	if strings.HasPrefix(name, "<") {
		return 0, false
	}

	// Names are found by a hash of 32 bits and compared in full afterwards.
	index := nameIndex()
	h := nameHash(name)
	i, _ := slices.BinarySearchFunc(index, h, func(e nameEntry, h uint32) int { return cmp.Compare(e.hash, h) })
	for ; i < len(index) && index[i].hash == h; i++ {
		if runenames.Name(index[i].r) == name {
			return index[i].r, true
		}
	}

	return 0, false
}

// A nameEntry finds a character by the hash of its name.
type nameEntry struct {
	hash uint32
	r    rune
}

var nameIndex = sync.OnceValue(func() []nameEntry {
	var out []nameEntry
	for _, sp := range assignedSet().spans {
		for r := sp.lo; r <= sp.hi; r++ {
			if n := runenames.Name(r); n != "" && n[0] != '<' {
				out = append(out, nameEntry{nameHash(n), r})
			}
		}
	}

	slices.SortFunc(out, func(a, b nameEntry) int { return cmp.Compare(a.hash, b.hash) })
	return out
})

func nameHash(name string) uint32 { return crc32.ChecksumIEEE([]byte(name)) }

// nameless tells whether the name of r is made of its number.
func nameless(r rune) bool {
	n := runenames.Name(r)
	return n == "" || strings.HasPrefix(n, "<")
}
