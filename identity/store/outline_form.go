package store

import (
	"encoding/binary"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// outlineVersion goes up when an outline means something else.
const outlineVersion = 2

// tagSize is how many bytes the tag of an account takes.
const tagSize = 3

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
	b = codec.AppendFixed(codec.AppendFixed(b, 4, o.places...), 4, o.loose...)
	b = codec.AppendFixed(codec.AppendFixed(b, tagSize, o.tags...), tagSize, o.looseTags...)
	return codec.AppendText(b, o.note)
}

// maxBlocks is how many blocks an outline may name.
const maxBlocks = 1 << (32 - offsetBits)

// decode reads what encode has written, whatever the bytes are.
func (o *outline) decode(body string, lists *lists,
	block func(at, end int64) *filelog.Block) (decisions []identity.Decision, entries int, ok bool) {
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

	o.places, o.loose = codec.Fixed[uint32](&r, 4, int(people)), codec.Fixed[uint32](&r, 4, int(loose))
	o.tags, o.looseTags = codec.Fixed[uint32](&r, tagSize, int(accounts)), codec.Fixed[uint32](&r, tagSize, int(loose))
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
