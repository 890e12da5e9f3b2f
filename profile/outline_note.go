package profile

import (
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
)

// outlineNote is what a run notes about everybody for the next one, the note of an
// [identity.Outline]: what that one asks of all identities and accounts, in columns, so that it
// reads only those that it has to look at. Accounts are numbered by identities, then by their
// order; those that nobody has stand behind them.
type outlineNote struct {
	frame      string     // of the run, see [Engine.newFrame]
	sources    []string   // by number
	keys       []string   // of the index, see correlate.Index.Tags
	attributes []string   // whose texts are noted, see [Engine.notedTexts]
	readings   []reading  // by source
	runs       []notedRun // what attributes were evaluated by
	kinds      []string   // of briefs; the first is none

	withExceptions int

	// By account.
	source []uint16
	marks  []uint8
	prints []uint64
	stable []uint32 // tags of stable ids, 0: none

	// By identity.
	accounts []uint32 // the number of the first one; and one more
	profile  []int16  // rank, -1: none
	auth     []uint16 // place of the authoritative account among its own
	flags    []uint8
	run      []uint16
	kind     []uint32
	manager  []int32 // -1: none
	texts    []textColumn
	tags     []tagColumn // of what correlation finds them by, by key of the index

	order  []int32        // identities in the order of their results
	lost   []notedManager // those who look for a manager and have none
	losers [][2]int32     // those who have lost a uid, and to whom
}

// notedManager is what became of looking for the manager of an identity.
type notedManager struct {
	n int32
	ManagerResult
}

// briefFacts is what a brief says of everybody of a kind.
type briefFacts struct {
	codes     []string // of exceptions
	warnings  []string // kinds
	manager   string
	lifecycle LifecycleResult
}

func (f *briefFacts) append(b []byte) []byte {
	l := &f.lifecycle
	b = codec.AppendTexts(codec.AppendTexts(b, f.codes), f.warnings)
	b = codec.AppendTexts(b, []string{f.manager, l.Value, string(l.Status), l.State, l.Previous})
	return append(b, byte(btoi(l.Manual)), byte(btoi(l.Entered)), byte(btoi(l.FromNull)))
}

// read reads what append has written.
func (f *briefFacts) read(kind string) bool {
	r := codec.NewReader(kind, nil)
	f.codes, f.warnings = r.Texts(), r.Texts()
	texts := r.Texts()
	if len(texts) != 5 {
		return false
	}
	f.manager = texts[0]
	f.lifecycle = LifecycleResult{Value: texts[1], Status: LifecycleStatus(texts[2]), State: texts[3], Previous: texts[4],
		Manual: r.Byte() != 0, Entered: r.Byte() != 0, FromNull: r.Byte() != 0}
	return r.Err() == nil
}

// notedRun is what the attributes of many identities were evaluated by.
type notedRun struct {
	profile, mappings string
	at                time.Time
	stable            bool
}

// Flags of identities.
const (
	noteHoldsUID = 1 << iota
	noteErrors
	noteDoubtful  // nothing is known of its evaluation
	noteKeptUID   // it has lost a uid and kept the one before
	noteContested // it has lost a uid, which another one may have in the next run
)

// Marks of accounts.
const (
	noteManual = 1 << iota
	noteNamed  // the data name its identity
	noteStable // it has a stable id
)

// tagColumn are tags of identities: all of them, or where most follow from the noted texts, those that do
// not.
type tagColumn struct {
	tags   []uint32 // nil: they follow
	others map[int32]uint32
}

// textColumn is a text of each identity.
type textColumn struct {
	text string
	ends []uint32
}

func (c *textColumn) at(n int32) string {
	from := uint32(0)
	if n > 0 {
		from = c.ends[n-1]
	}
	return c.text[from:c.ends[n]]
}

// noteVersion goes up when a note means something else: also when what a run finds of the same
// values does, such as warnings.
const noteVersion = 2

// size is about how many bytes a note takes.
func (o *outlineNote) size() int {
	n := 1<<16 + 14*len(o.source) + 16*len(o.flags)
	for i := range o.texts {
		n += len(o.texts[i].text) + len(o.flags)
	}
	for i := range o.tags {
		n += 3*len(o.tags[i].tags) + 7*len(o.tags[i].others)
	}
	return n
}

// tagSize is how many bytes the tag of a key takes, see correlate.Index.AppendTags.
const tagSize = 3

// append writes a note.
func (o *outlineNote) append(b []byte) []byte {
	b = append(b, noteVersion)
	b = codec.AppendText(b, o.frame)
	for _, list := range [][]string{o.sources, o.keys, o.attributes, o.kinds} {
		b = codec.AppendTexts(b, list)
	}
	for _, r := range o.readings {
		b = codec.AppendTexts(codec.AppendText(b, r.validator), r.again)
	}
	b = binary.AppendUvarint(b, uint64(len(o.runs)))
	for _, r := range o.runs {
		b = codec.AppendTime(codec.AppendText(codec.AppendText(b, r.profile), r.mappings), r.at)
		b = append(b, byte(btoi(r.stable)))
	}

	people := len(o.flags)
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(people)), uint64(len(o.source)))
	b = binary.AppendUvarint(b, uint64(o.withExceptions))
	b = append(b, o.marks...)
	for _, source := range o.source {
		b = binary.AppendUvarint(b, uint64(source))
	}
	for _, tag := range o.stable {
		if tag != 0 {
			b = binary.LittleEndian.AppendUint32(b, tag)
		}
	}
	b = codec.AppendFixed(b, 8, o.prints...)

	b = append(b, o.flags...)
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.accounts[n+1]-o.accounts[n]))
	}
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.profile[n]+1))
	}
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.auth[n]))
	}
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.run[n]))
	}
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.kind[n]))
	}
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.manager[n]+1))
	}
	for n := range people {
		b = binary.AppendUvarint(b, uint64(o.order[n]))
	}

	for i := range o.texts {
		from := uint32(0)
		for _, end := range o.texts[i].ends {
			b = binary.AppendUvarint(b, uint64(end-from))
			from = end
		}
		b = append(b, o.texts[i].text...)
	}
	for _, c := range o.tags {
		b = append(b, byte(btoi(c.tags != nil)))
		b = codec.AppendFixed(b, tagSize, c.tags...)
		if c.tags == nil {
			b = binary.AppendUvarint(b, uint64(len(c.others)))
			for _, n := range slices.Sorted(maps.Keys(c.others)) {
				b = codec.AppendFixed(binary.AppendUvarint(b, uint64(n)), tagSize, c.others[n])
			}
		}
	}
	b = binary.AppendUvarint(b, uint64(len(o.lost)))
	for _, l := range o.lost {
		b = codec.AppendTexts(binary.AppendUvarint(b, uint64(l.n)), []string{l.State, l.Value, l.Attribute})
	}
	b = binary.AppendUvarint(b, uint64(len(o.losers)))
	for _, l := range o.losers {
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(l[0])), uint64(l[1]))
	}
	return b
}

// noteReader reads a note, whatever the bytes are.
type noteReader struct {
	codec.Reader
	people, accounts int
}

// number reads a number below a bound.
func (r *noteReader) number(below int) int {
	n := r.Uvarint()
	if n >= uint64(below) {
		r.Fail()
		return 0
	}
	return int(n)
}

func (r *noteReader) bytes(n int) []uint8 { return []uint8(r.Take(n)) }

// readNote reads a note; nil when it is none that can be gone on from.
func readNote(text string) *outlineNote {
	r := noteReader{Reader: codec.NewReader(text, nil)}
	if r.Byte() != noteVersion {
		return nil
	}
	o := &outlineNote{frame: r.Text(), sources: r.Texts(), keys: r.Texts(), attributes: r.Texts(), kinds: r.Texts()}
	for range o.sources {
		o.readings = append(o.readings, reading{validator: r.Text(), again: r.Texts()})
	}
	for range r.Count() {
		o.runs = append(o.runs, notedRun{profile: r.Text(), mappings: r.Text(), at: r.Time(), stable: r.Byte() != 0})
	}

	// Everybody has some bytes, so no damaged count takes memory.
	r.people, r.accounts = r.Count(), r.Count()
	o.withExceptions = r.number(r.people + 1)
	if r.Err() != nil {
		return nil
	}
	o.readAccounts(&r)
	o.readPeople(&r)
	if r.Err() != nil || len(o.kinds) == 0 {
		return nil
	}
	return o
}

func (o *outlineNote) readAccounts(r *noteReader) {
	o.marks = r.bytes(r.accounts)
	o.source, o.stable = make([]uint16, r.accounts), make([]uint32, r.accounts)
	for n := range o.source {
		o.source[n] = uint16(r.number(len(o.sources)))
	}
	if r.Err() != nil {
		return
	}
	stable := 0
	for _, marks := range o.marks {
		stable += btoi(marks&noteStable != 0)
	}
	tags := codec.Fixed[uint32](&r.Reader, 4, stable)
	for n, marks := range o.marks {
		if marks&noteStable != 0 && len(tags) > 0 {
			o.stable[n], tags = tags[0], tags[1:]
		}
	}
	o.prints = codec.Fixed[uint64](&r.Reader, 8, r.accounts)
}

func (o *outlineNote) readPeople(r *noteReader) {
	people := r.people
	o.flags, o.accounts = r.bytes(people), make([]uint32, people+1)
	o.profile, o.auth, o.run = make([]int16, people), make([]uint16, people), make([]uint16, people)
	o.kind, o.manager, o.order = make([]uint32, people), make([]int32, people), make([]int32, people)
	for n := range people {
		o.accounts[n+1] = o.accounts[n] + uint32(r.number(r.accounts-int(o.accounts[n])+1))
	}
	for n := range people {
		o.profile[n] = int16(r.number(1<<15)) - 1
	}
	for n := range people {
		o.auth[n] = uint16(r.number(int(o.accounts[n+1]-o.accounts[n]) + btoi(o.profile[n] < 0)))
	}
	for n := range people {
		o.run[n] = uint16(r.number(len(o.runs)))
	}
	for n := range people {
		o.kind[n] = uint32(r.number(len(o.kinds)))
	}
	for n := range people {
		o.manager[n] = int32(r.number(people+1)) - 1
	}
	seen := make([]bool, people)
	for n := range people {
		at := r.number(people)
		if r.Err() == nil && seen[at] {
			r.Fail()
		}
		if o.order[n] = int32(at); r.Err() != nil {
			return
		}
		seen[at] = true
	}

	for range o.attributes {
		c := textColumn{ends: make([]uint32, people)}
		end := 0
		for n := range people {
			if end += r.number(r.Len() + 1); end > r.Len() {
				r.Fail()
				return
			}
			c.ends[n] = uint32(end)
		}
		c.text = r.Take(end)
		o.texts = append(o.texts, c)
	}
	for range o.keys {
		c := tagColumn{}
		if r.Byte() != 0 {
			c.tags = codec.Fixed[uint32](&r.Reader, tagSize, people)
		} else {
			c.others = map[int32]uint32{}
			for range r.Count() {
				n := int32(r.number(people))
				for _, tag := range codec.Fixed[uint32](&r.Reader, tagSize, 1) {
					c.others[n] = tag
				}
			}
		}
		o.tags = append(o.tags, c)
	}
	for range r.Count() {
		l := notedManager{n: int32(r.number(people))}
		texts := r.Texts()
		if len(texts) != 3 {
			r.Fail()
			return
		}
		l.State, l.Value, l.Attribute = texts[0], texts[1], texts[2]
		o.lost = append(o.lost, l)
	}
	for range r.Count() {
		o.losers = append(o.losers, [2]int32{int32(r.number(people)), int32(r.number(people))})
	}
}

// keyOfRun is what the evaluation of an identity was by, of one that a run noted.
func keyOfRun(i *identity.Identity) notedRun {
	s := stateOf(i)
	return notedRun{profile: i.Profile, mappings: s.mappings(), at: i.Evaluated, stable: s.stable()}
}
