package feed

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/diag"
)

// validator is what a reading of a file leaves, for the next one to know whether it would be the same:
// what the file was, what decided how it was read, and what was told on the way.
type validator struct {
	settings [sha256.Size]byte
	size     uint64
	sum      [2]uint64
	refused  uint64
	told     []told
}

// told is a call of one of the listeners.
type told struct {
	finding    *diag.Diagnostic
	assumption *diag.Assumption
	columns    []string
}

// validatorVersion goes up when a validator, or what a reading makes of the same file, is another one.
const validatorVersion = readingVersion

// maxTold is how much a validator keeps of what was told. A file of which more is to be said is read
// each time.
const maxTold = 20_000

// Validator implements [identity.Revalidator]: of delimited files and JSON files that hold the accounts of
// one source.
func (f *File) Validator() []byte {
	if v := f.validator.Load(); v != nil {
		return *v
	}
	return nil
}

// Unchanged implements [identity.Revalidator].
func (f *File) Unchanged(ctx context.Context, text []byte) (tell func(), ok bool) {
	var v validator
	if !f.validates || !v.read(string(text)) || v.settings != f.settingsOfReading() {
		return nil, false
	}
	src, err := f.open()
	if err != nil {
		return nil, false // reading will say so
	}
	defer src.Close()

	// A file of another size is another one.
	if s, knows := src.(interface{ Stat() (fs.FileInfo, error) }); knows {
		if info, err := s.Stat(); err != nil || uint64(info.Size()) != v.size {
			return nil, false
		}
	}
	var d digest
	for buf := make([]byte, digestBlock); ; {
		n, err := io.ReadFull(src, buf)
		d.Write(buf[:n])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil || ctx.Err() != nil || d.size > v.size {
			return nil, false
		}
	}
	if d.end() != v.sum || d.size != v.size {
		return nil, false
	}

	return func() {
		f.refused.Store(int64(v.refused))
		f.validator.Store(&text)
		for _, t := range v.told {
			t.tell(&f.options)
		}
	}, true
}

func (t *told) tell(o *Options) {
	switch {
	case t.finding != nil && o.OnFinding != nil:
		o.OnFinding(*t.finding)
	case t.assumption != nil && o.OnAssumption != nil:
		o.OnAssumption(*t.assumption)
	case t.columns != nil && o.OnColumns != nil:
		o.OnColumns(t.columns)
	}
}

// settingsOfReading is a hash of all that decides what is read from a file and told of it, but for the file.
func (f *File) settingsOfReading() (sum [sha256.Size]byte) {
	yes := func(b *bool) string {
		if b == nil {
			return ""
		}
		return strconv.FormatBool(*b)
	}

	// What stands behind pointers is written beside the others; of listeners it matters whether they are there.
	o := f.options
	behind := []string{f.path, f.name, yes(o.HasHeader), yes(o.MergeRows), string(o.Connector.Append(nil))}
	heard := [...]bool{o.OnFinding != nil, o.OnColumns != nil, o.OnAssumption != nil}
	o.HasHeader, o.MergeRows, o.Connector = nil, nil, nil
	o.OnFinding, o.OnColumns, o.OnAssumption, o.Elsewhere = nil, nil, nil, nil

	h := sha256.New()
	fmt.Fprintf(h, "%d %q %v %#v", validatorVersion, behind, heard, o)
	h.Sum(sum[:0])
	return sum
}

// witness is a reading whose validator is made.
type witness struct {
	validator
	digest
	src      io.Reader
	complete bool // nobody stopped it, and nothing went wrong
}

// Read passes on what the file holds.
func (w *witness) Read(b []byte) (int, error) {
	n, err := w.src.Read(b)
	w.digest.Write(b[:n])
	return n, err
}

// listen makes o options whose listeners are heard, and returns them.
func (w *witness) listen(o Options) *Options {
	keep := func(t told) {
		if len(w.told) <= maxTold {
			w.told = append(w.told, t)
		}
	}
	if hear := o.OnFinding; hear != nil {
		o.OnFinding = func(d diag.Diagnostic) { keep(told{finding: &d}); hear(d) }
	}
	if hear := o.OnAssumption; hear != nil {
		o.OnAssumption = func(a diag.Assumption) { keep(told{assumption: &a}); hear(a) }
	}
	if hear := o.OnColumns; hear != nil {
		o.OnColumns = func(names []string) { keep(told{columns: names}); hear(names) }
	}
	return &o
}

// watch passes on accounts.
func (w *witness) watch(yield func(identity.Account, error) bool) func(identity.Account, error) bool {
	w.complete = true
	return func(a identity.Account, err error) bool {
		w.complete = w.complete && err == nil
		if yield(a, err) {
			return true
		}
		w.complete = false
		return false
	}
}

// text returns the validator, nil when the reading leaves none.
func (w *witness) text(f *File, r *Reading) []byte {
	if !w.complete || r.shared || len(w.told) > maxTold {
		return nil
	}
	// A reader may stop where nothing that counts follows.
	if _, err := io.Copy(io.Discard, w); err != nil {
		return nil
	}
	w.settings, w.validator.size, w.sum, w.refused = f.settingsOfReading(), w.digest.size, w.end(), uint64(r.refused)
	b, ok := w.append(nil)
	if !ok {
		return nil
	}
	return b
}

func (v *validator) append(b []byte) (_ []byte, ok bool) {
	b = append(binary.AppendUvarint(b, validatorVersion), v.settings[:]...)
	for _, n := range []uint64{v.size, v.sum[0], v.sum[1], v.refused, uint64(len(v.told))} {
		b = binary.AppendUvarint(b, n)
	}
	for _, t := range v.told {
		if b, ok = t.append(b); !ok {
			return nil, false
		}
	}
	return b, true
}

func (t *told) append(b []byte) (_ []byte, ok bool) {
	switch {
	case t.finding != nil:
		d := t.finding
		if len(d.Path) > 0 {
			return nil, false // nothing that is said of rows has one
		}
		b = append(b, toldFinding)
		for _, n := range [...]int{int(d.Severity), d.Pos.Line, d.Pos.Column, d.Pos.Offset, d.More} {
			b = binary.AppendVarint(b, int64(n))
		}
		b = codec.AppendTexts(b, []string{string(d.Code), d.Pos.File, d.Message, d.Hint})
	case t.assumption != nil:
		a := t.assumption
		b = binary.AppendVarint(binary.AppendVarint(append(b, toldAssumption), int64(a.Line)), int64(a.Count))
		b = codec.AppendTexts(b, []string{string(a.Code), a.Object, a.File, a.Used, a.Instead})
	default:
		b = codec.AppendTexts(append(b, toldColumns), t.columns)
	}
	return b, true
}

// Kinds of what was told.
const (
	toldFinding = iota
	toldAssumption
	toldColumns
)

// read reads what append has written, whatever the bytes are.
func (v *validator) read(text string) bool {
	r := codec.NewReader(text, nil)
	if r.Uvarint() != validatorVersion {
		return false
	}
	copy(v.settings[:], r.Take(len(v.settings)))
	v.size, v.sum[0], v.sum[1], v.refused = r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint()
	for range r.Count() {
		var t told
		if !t.read(&r) {
			return false
		}
		v.told = append(v.told, t)
	}
	return r.Err() == nil && r.Len() == 0
}

func (t *told) read(r *codec.Reader) bool {
	kind := r.Byte()
	switch kind {
	case toldFinding:
		var n [5]int
		for i := range n {
			n[i] = int(r.Varint())
		}
		texts := r.Texts()
		if len(texts) != 4 {
			return false
		}
		t.finding = &diag.Diagnostic{Severity: diag.Severity(n[0]), Code: diag.Code(texts[0]),
			Pos:     diag.Pos{File: texts[1], Line: n[1], Column: n[2], Offset: n[3]},
			Message: texts[2], Hint: texts[3], More: n[4]}
	case toldAssumption:
		line, count, texts := int(r.Varint()), int(r.Varint()), r.Texts()
		if len(texts) != 5 {
			return false
		}
		t.assumption = &diag.Assumption{Code: diag.Code(texts[0]), Object: texts[1], File: texts[2], Line: line,
			Used: texts[3], Instead: texts[4], Count: count}
	case toldColumns:
		t.columns = append([]string{}, r.Texts()...)
	default:
		return false
	}
	return true
}

// digest is a hash of 128 bits of all that is written to it. It is no guard against somebody who makes
// two files that share one, no more than fingerprints are.
type digest struct {
	size    uint64
	sums    [2]uint64
	waiting []byte // less than a block
}

// digestBlock is how much of a file is hashed at a time.
const digestBlock = 64 << 10

// Write implements [io.Writer].
func (d *digest) Write(b []byte) (int, error) {
	d.size += uint64(len(b))
	for rest := b; len(rest) > 0; {
		if len(d.waiting) == 0 && len(rest) >= digestBlock {
			d.block(rest[:digestBlock])
			rest = rest[digestBlock:]
			continue
		}
		n := min(len(rest), digestBlock-len(d.waiting))
		d.waiting, rest = append(d.waiting, rest[:n]...), rest[n:]
		if len(d.waiting) == digestBlock {
			d.block(d.waiting)
			d.waiting = d.waiting[:0]
		}
	}
	return len(b), nil
}

func (d *digest) block(b []byte) {
	const other = 0x9e3779b97f4a7c15
	d.sums = [2]uint64{hash(b, d.sums[0]), hash(b, d.sums[1]^other)}
}

// end returns the hash.
func (d *digest) end() [2]uint64 {
	d.block(d.waiting)
	return d.sums
}
