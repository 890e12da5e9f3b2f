package store

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/filelog"
)

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
