package store

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"sort"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// outline is what a file says of itself behind its last batch, so that opening it reads no
// entry: where each identity is, by ascending id, and which accounts it may have.
type outline struct {
	file   *File
	note   string
	blocks []*filelog.Block
	places []uint32 // by identity: block and offset
	first  []uint32 // by identity, and one more: the number of its first account
	tags   []uint32 // by account

	loose     []uint32 // places of accounts that nobody has, by their keys
	looseTags []uint32

	// By the last bits of tags, made when it is first asked: the first account, and by account the
	// next one; each one too high, so that 0 is none. Accounts that nobody has stand behind the others.
	heads, next []int32

	read, own decoder // of what is late, and of accounts
}

const outlineVersion = 1

// offsetBits are those of the offset in a place: no entry begins behind the size of a frame.
const offsetBits = 20

// accountTag is a hash of 24 bits of the key of an account, the same in every process.
func accountTag(key identity.AccountKey) uint32 {
	hash := crc32.Update(crc32.Update(0, castagnoli, []byte(key.Source)), castagnoli, []byte(key.NativeIdentity))
	return hash ^ hash>>24<<24
}

// Outline implements [identity.Outliner]. Each caller has its own.
func (f *File) Outline(ctx context.Context) (identity.Outline, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.outline == nil {
		return nil, ctx.Err()
	}
	o := *f.outline
	o.heads, o.next, o.read, o.own = nil, nil, decoder{}, decoder{}
	return &o, ctx.Err()
}

// outlined takes in the outline of a file, and reports whether it is one.
func (f *File) outlined(body string, block func(at, end int64) *filelog.Block) bool {
	lists := newLists()
	o := &outline{file: f}
	decisions, entries, ok := o.decode(body, lists, block)
	if !ok {
		return false
	}
	f.lists, f.entries, f.outline = lists, entries, o
	f.s = newHeld()
	f.s.decisions, f.s.lists = decisions, lists
	return true
}

// whole takes in everything that an outline stands for.
func (f *File) whole() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.outline == nil {
		return nil
	}

	// The lists are there: whoever writes goes on numbering them.
	f.note = f.outline.note
	f.s, f.run, f.entries, f.listed = newHeld(), nil, 0, true
	f.s.lists = f.lists
	err := f.log.Replay()
	f.s.lists, f.listed = f.lists.fixed(), false
	if err != nil {
		return f.at(err)
	}
	f.outline = nil
	f.limit = f.nextLimit()
	return nil
}

// Empty reports whether the store has no identity.
func (f *File) Empty() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.outline != nil {
		return len(f.outline.places) == 0
	}
	return f.s.count == 0
}

// Note implements [identity.Outline].
func (o *outline) Note() string { return o.note }

// Len implements [identity.Outline].
func (o *outline) Len() (identities, uncorrelated int) { return len(o.places), len(o.loose) }

// Accounts implements [identity.Outline].
func (o *outline) Accounts(n int) int { return int(o.first[n+1] - o.first[n]) }

func (o *outline) place(p uint32) filelog.Place {
	return o.blocks[p>>offsetBits].Place(p & (1<<offsetBits - 1))
}

// decoders makes what is read with, when it is needed first.
func (o *outline) decoders() {
	if o.read.lists == nil {
		lists := o.file.lists.fixed()
		o.read = decoder{lists: lists, chunk: chunkSize, late: true}
		o.own = decoder{lists: lists, chunk: chunkSize}
	}
}

// Identity implements [identity.Outline].
func (o *outline) Identity(n int) (*identity.Identity, []string, error) {
	o.decoders()
	i := new(identity.Identity)
	if err := o.read.read(record{at: o.place(o.places[n])}, i); err != nil {
		return nil, nil, o.file.at(err)
	}
	if len(i.Accounts) != o.Accounts(n) {
		return nil, nil, o.file.at(damaged(codec.ErrMalformed))
	}
	return i, slices.Clone(o.read.unread), nil
}

// Read implements [identity.Outline].
func (o *outline) Read(unread string, a *identity.Account) error {
	o.decoders()
	o.own.accountRows = o.own.accountRows[:0]
	return damaged(o.own.account(unread, a))
}

// Uncorrelated implements [identity.Outline].
func (o *outline) Uncorrelated(n int, a *identity.Account) error {
	o.decoders()
	o.own.accountRows = o.own.accountRows[:0]
	if err := o.own.readLoose(o.place(o.loose[n]), a); err != nil {
		return o.file.at(err)
	}
	return nil
}

// Number implements [identity.Outline].
func (o *outline) Number(id string) (n int, found bool, err error) {
	n, found = sort.Find(len(o.places), func(n int) int {
		other, failed := o.id(n)
		if failed != nil {
			err = failed
			return 0
		}
		return compareTexts(id, other)
	})
	return n, found, err
}

func compareTexts(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (o *outline) id(n int) (string, error) {
	o.decoders()
	_, body, err := o.place(o.places[n]).Entry()
	if err == nil {
		var id string
		id, err = o.own.id(body)
		if err == nil {
			return id, nil
		}
		err = damaged(err)
	}
	return "", o.file.at(err)
}

// Candidates implements [identity.Outline].
func (o *outline) Candidates(key identity.AccountKey, yield func(identity, account int)) {
	o.candidates(accountTag(key), yield)
}

func (o *outline) candidates(tag uint32, yield func(identity, account int)) {
	o.hash()
	for at := o.heads[tag&uint32(len(o.heads)-1)]; at != 0; at = o.next[at-1] {
		n := int(at) - 1
		switch {
		case n >= len(o.tags):
			if n -= len(o.tags); o.looseTags[n] == tag {
				yield(-1, n)
			}
		case o.tags[n] == tag:
			owner := sort.Search(len(o.places), func(i int) bool { return o.first[i+1] > uint32(n) })
			yield(owner, n-int(o.first[owner]))
		}
	}
}

// hash makes the table of tags.
func (o *outline) hash() {
	if o.heads != nil {
		return
	}
	count, size := len(o.tags)+len(o.looseTags), 16
	for size < 2*count {
		size *= 2
	}
	o.heads, o.next = make([]int32, size), make([]int32, 0, count)
	for _, list := range [][]uint32{o.tags, o.looseTags} {
		for _, tag := range list {
			at := tag & uint32(size-1)
			o.next = append(o.next, o.heads[at])
			o.heads[at] = int32(len(o.next))
		}
	}
}

// keyOf reads which account a candidate is.
func (o *outline) keyOf(owner, account int) (key identity.AccountKey, err error) {
	if owner < 0 {
		return o.looseKey(account)
	}
	o.decoders()
	_, body, err := o.place(o.places[owner]).Entry()
	if err != nil {
		return key, o.file.at(err)
	}
	n := 0
	err = o.own.keys(body, func(k identity.AccountKey) {
		if n == account {
			key = k
		}
		n++
	})
	if err != nil {
		return key, o.file.at(damaged(err))
	}
	return key, nil
}

func (o *outline) looseKey(n int) (key identity.AccountKey, err error) {
	o.decoders()
	_, body, err := o.place(o.loose[n]).Entry()
	if err == nil {
		if key, err = o.own.key(body); err == nil {
			return key, nil
		}
		err = damaged(err)
	}
	return key, o.file.at(err)
}

// taken reports whether somebody who is not of the batch has an account of the batch.
func (o *outline) taken(t *transaction, c *change) (doubt bool, err error) {
	ids := map[int]bool{} // of candidates: whether they are of the batch
	ofBatch := func(owner int) bool {
		of, known := ids[owner]
		if !known && err == nil {
			var id string
			if id, err = o.id(owner); err == nil {
				of = t.has(id) || c.gone[id]
			}
			ids[owner] = of
		}
		return of
	}
	look := func(tag uint32, same func(identity.AccountKey) bool) {
		o.candidates(tag, func(owner, account int) {
			if owner < 0 || doubt || err != nil || ofBatch(owner) || err != nil {
				return
			}
			stored, failed := o.keyOf(owner, account)
			if failed != nil {
				err = failed
				return
			}
			doubt = same(stored)
		})
	}

	// Of the accounts of identities only hashes are at hand.
	for n, tag := range t.tags {
		look(tag, func(stored identity.AccountKey) bool { return t.hash(stored) == t.tagged[n] })
	}
	for key := range c.loose {
		look(accountTag(key), func(stored identity.AccountKey) bool { return stored == key })
	}
	return doubt, err
}

// outlineBuilder puts an outline together, identity by identity.
type outlineBuilder struct {
	o       outline
	numbers map[int64]int // of blocks, by their places in the file
	failed  bool          // something has no place that an outline can name
}

func newOutlineBuilder(f *File) *outlineBuilder {
	return &outlineBuilder{o: outline{file: f}, numbers: map[int64]int{}}
}

// outline returns what was put together; nil when that cannot be an outline.
func (b *outlineBuilder) outline(note string) *outline {
	if b.failed || len(b.o.tags)+len(b.o.looseTags) > 1<<31-2 {
		return nil
	}
	b.o.first = append(b.o.first, uint32(len(b.o.tags)))
	b.o.note = note
	return &b.o
}

// place returns the place of an entry.
func (b *outlineBuilder) place(at filelog.Place) uint32 {
	start, _, offset, ok := at.Where()
	if !ok || offset >= 1<<offsetBits {
		b.failed = true
		return 0
	}
	n, known := b.numbers[start]
	if !known {
		n = len(b.o.blocks)
		b.o.blocks = append(b.o.blocks, at.Block())
		b.numbers[start] = n
		b.failed = b.failed || n >= maxBlocks
	}
	return uint32(n)<<offsetBits | offset
}

func (b *outlineBuilder) person(at filelog.Place, tags []uint32) {
	b.o.places = append(b.o.places, b.place(at))
	b.o.first = append(b.o.first, uint32(len(b.o.tags)))
	b.o.tags = append(b.o.tags, tags...)
}

func (b *outlineBuilder) account(at filelog.Place, tag uint32) {
	b.o.loose, b.o.looseTags = append(b.o.loose, b.place(at)), append(b.o.looseTags, tag)
}

// outlineAfter makes the outline of what counts after a batch that was written and is not taken in yet;
// nil when there can be none. The first of t.run are those that were put, see [transaction.sort].
func (t *transaction) outlineAfter(batch identity.Batch, c *change) (*outline, error) {
	f := t.File
	switch {
	case batch.Outline != nil:
	case t.entryWriter.entries == 0:
		return f.outline, nil // nothing is other than it was
	default:
		return nil, nil
	}
	b := newOutlineBuilder(f)
	b.failed = t.puts > t.put // what the first of two with one id claims is among the hashes
	own := func(k int) []uint32 {
		n := t.order[k]
		return t.tags[t.firstTag[n]:t.firstTag[n+1]]
	}

	after := t.afterAll
	if f.outline != nil {
		after = t.afterOutline
	}
	if err := after(b, c, own); err != nil {
		return nil, err
	}
	return b.outline(string(batch.Outline())), nil
}

// afterAll makes an outline of everything that is at hand, and of a batch.
func (t *transaction) afterAll(b *outlineBuilder, c *change, own func(k int) []uint32) error {
	f := t.File
	f.mu.Lock()
	defer f.mu.Unlock()
	base := f.s.all()
	stored := func(r record) error {
		if c.gone[r.id] {
			return nil
		}
		var tags []uint32
		err := f.s.claims(r, func(key identity.AccountKey) { tags = append(tags, accountTag(key)) })
		b.person(r.at, tags)
		return err
	}
	for k, r := range t.run[:t.put] {
		for len(base) > 0 && base[0].id <= r.id {
			if base[0].id < r.id {
				if err := stored(base[0]); err != nil {
					return err
				}
			}
			base = base[1:]
		}
		b.person(r.at, own(k))
	}
	for _, r := range base {
		if err := stored(r); err != nil {
			return err
		}
	}

	// What somebody has is no longer nobody's.
	keys := make([]identity.AccountKey, 0, len(f.s.loose)+len(t.loose))
	for key := range f.s.loose {
		if !c.forget[key] && !t.may(key) {
			keys = append(keys, key)
		}
	}
	for key := range t.loose {
		if _, stored := f.s.loose[key]; !stored || c.forget[key] || t.may(key) {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, compareKeys)
	for _, key := range keys {
		at, ok := t.loose[key]
		if !ok {
			at = f.s.loose[key]
		}
		b.account(at, accountTag(key))
	}
	return nil
}

// afterOutline makes an outline of the one that there was, and of a batch.
func (t *transaction) afterOutline(b *outlineBuilder, c *change, own func(k int) []uint32) error {
	old := t.File.outline
	b.known(old)

	// Who is new comes before whoever has the next id.
	at, replaced := make([]int, t.put), map[int]bool{}
	for k, r := range t.run[:t.put] {
		n, found, err := old.Number(r.id)
		if err != nil {
			return err
		}
		at[k], replaced[n] = n, replaced[n] || found
	}
	for id := range c.gone {
		n, found, err := old.Number(id)
		if err != nil {
			return err
		}
		replaced[n] = replaced[n] || found
	}

	k := 0
	for n := range len(old.places) + 1 {
		for ; k < t.put && at[k] == n; k++ {
			b.person(t.run[k].at, own(k))
		}
		if n < len(old.places) && !replaced[n] {
			b.o.places = append(b.o.places, old.places[n])
			b.o.first = append(b.o.first, uint32(len(b.o.tags)))
			b.o.tags = append(b.o.tags, old.tags[old.first[n]:old.first[n+1]]...)
		}
	}
	return t.looseAfter(b, c)
}

// looseAfter adds the accounts that nobody has after a batch.
func (t *transaction) looseAfter(b *outlineBuilder, c *change) error {
	old := t.File.outline
	fresh := make([]identity.AccountKey, 0, len(t.loose))
	for key := range t.loose {
		fresh = append(fresh, key)
	}
	slices.SortFunc(fresh, compareKeys)
	for n, p := range old.loose {
		key, err := old.looseKey(n)
		if err != nil {
			return err
		}
		for len(fresh) > 0 && compareKeys(fresh[0], key) < 0 {
			b.account(t.loose[fresh[0]], accountTag(fresh[0]))
			fresh = fresh[1:]
		}
		switch _, again := t.loose[key]; {
		case again:
			b.account(t.loose[key], accountTag(key))
			fresh = fresh[1:]
		case !c.forget[key] && !t.may(key):
			b.o.loose, b.o.looseTags = append(b.o.loose, p), append(b.o.looseTags, old.looseTags[n])
		}
	}
	for _, key := range fresh {
		b.account(t.loose[key], accountTag(key))
	}
	return nil
}

// known makes the blocks of an outline the first ones.
func (b *outlineBuilder) known(old *outline) {
	b.o.blocks = slices.Clone(old.blocks)
	for n, block := range b.o.blocks {
		start, _, _, _ := block.Place(0).Where()
		b.numbers[start] = n
	}
}

// encode writes an outline.
func (o *outline) encode(lists *lists, decisions []identity.Decision, entries int) []byte {
	b := make([]byte, 0, 1<<16+len(o.note)+5*(len(o.places)+len(o.loose))+3*(len(o.tags)+len(o.looseTags)))
	b = append(b, outlineVersion)
	b = binary.AppendUvarint(b, uint64(entries))
	b = binary.AppendUvarint(b, uint64(len(lists.schemas)))
	for _, s := range lists.schemas {
		b = codec.AppendTexts(b, s.Names())
	}
	b = codec.AppendTexts(b, lists.shared.list)
	b = binary.AppendUvarint(b, uint64(len(decisions)))
	for _, d := range decisions {
		b = codec.AppendText(b, d.Event)
	}

	b = binary.AppendUvarint(b, uint64(len(o.blocks)))
	for _, block := range o.blocks {
		at, end, _, _ := block.Place(0).Where()
		b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(at)), uint64(end-at))
	}

	b = binary.AppendUvarint(b, uint64(len(o.places)))
	b = binary.AppendUvarint(b, uint64(len(o.loose)))
	for n := range o.places {
		b = binary.AppendUvarint(b, uint64(o.Accounts(n)))
	}
	for _, list := range [][]uint32{o.places, o.loose} {
		for _, place := range list {
			b = binary.LittleEndian.AppendUint32(b, place)
		}
	}
	for _, list := range [][]uint32{o.tags, o.looseTags} {
		for _, tag := range list {
			b = append(b, byte(tag), byte(tag>>8), byte(tag>>16))
		}
	}
	return codec.AppendText(b, o.note)
}

// maxBlocks is how many blocks an outline may name.
const maxBlocks = 1 << (32 - offsetBits)

// decode reads what encode has written, whatever the bytes are.
func (o *outline) decode(body string, lists *lists, block func(at, end int64) *filelog.Block) (decisions []identity.Decision,
	entries int, ok bool) {
	r := codec.NewReader(body, nil)
	if r.Byte() != outlineVersion {
		return nil, 0, false
	}
	entries = int(r.Uvarint())
	for range r.Count() {
		lists.number(r.Texts())
	}
	if !lists.shared.add(r.Texts()) {
		return nil, 0, false
	}
	for n := range r.Count() {
		decisions = append(decisions, identity.Decision{Number: n + 1, Event: r.Text()})
	}

	type frame struct{ at, end int64 }
	frames := make([]frame, r.Count())
	for n := range frames {
		at := int64(r.Uvarint())
		frames[n] = frame{at, at + int64(r.Uvarint())}
	}

	// The counts are those of what follows, so no damaged length takes memory.
	people, loose := r.Uvarint(), r.Uvarint()
	if left := uint64(r.Len()); people > left || loose > left || r.Err() != nil {
		return nil, 0, false
	}
	o.first = make([]uint32, people+1)
	accounts := uint64(0)
	for n := range people {
		accounts += r.Uvarint()
		if o.first[n+1] = uint32(accounts); accounts > uint64(r.Len()) {
			return nil, 0, false
		}
	}

	o.places, o.loose = readNumbers(&r, int(people)), readNumbers(&r, int(loose))
	o.tags, o.looseTags = readTags(&r, int(accounts)), readTags(&r, int(loose))
	o.note = r.Text()
	if r.Err() != nil || len(frames) > maxBlocks || slices.ContainsFunc(append(o.places[:people:people], o.loose...),
		func(p uint32) bool { return int(p>>offsetBits) >= len(frames) }) {
		return nil, 0, false
	}
	for _, f := range frames {
		o.blocks = append(o.blocks, block(f.at, f.end))
	}
	return decisions, entries, true
}

func readNumbers(r *codec.Reader, n int) []uint32 {
	list := make([]uint32, n)
	text := r.Take(4 * n)
	if r.Err() != nil {
		return list
	}
	for i := range list {
		list[i] = uint32At(text[4*i:])
	}
	return list
}

// readTags reads tags of three bytes.
func readTags(r *codec.Reader, n int) []uint32 {
	list := make([]uint32, n)
	text := r.Take(3 * n)
	if r.Err() != nil {
		return list
	}
	for i := range list {
		at := text[3*i:]
		list[i] = uint32(at[0]) | uint32(at[1])<<8 | uint32(at[2])<<16
	}
	return list
}

// uint32At reads four bytes, the lowest first.
func uint32At(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
