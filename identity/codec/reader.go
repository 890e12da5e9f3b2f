package codec

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/idprofile/engine/identity"
)

// ErrMalformed says that bytes are not what this package writes.
var ErrMalformed = errors.New("malformed data")

// Reader reads what the functions of this package write, whatever the bytes are: they may
// be damaged or by somebody else. Texts are views of what is read. After an error
// everything it gives is zero.
type Reader struct {
	names SchemaReader
	data  string
	err   error
}

// NewReader returns a reader of data. Names may be nil where no attributes are read.
func NewReader(data string, names SchemaReader) Reader { return Reader{names: names, data: data} }

// Err returns [ErrMalformed] when something could not be read.
func (r *Reader) Err() error { return r.err }

// Len is how many bytes are left.
func (r *Reader) Len() int { return len(r.data) }

// Fail ends the reading: what is there is not what was expected.
func (r *Reader) Fail() {
	r.data, r.err = "", ErrMalformed
}

// Uvarint reads what [binary.AppendUvarint] has written.
func (r *Reader) Uvarint() uint64 {
	var v uint64
	for i := 0; i < len(r.data) && i < binary.MaxVarintLen64; i++ {
		b := r.data[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.data = r.data[i+1:]
			return v
		}
	}

	r.Fail()
	return 0
}

// Varint reads what [binary.AppendVarint] has written.
func (r *Reader) Varint() int64 {
	v := r.Uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// Count reads how many items follow, each of at least one byte.
func (r *Reader) Count() int {
	n := r.Uvarint()
	if n > uint64(len(r.data)) {
		r.Fail()
		return 0
	}

	return int(n)
}

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if r.data == "" {
		r.Fail()
		return 0
	}

	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// Text reads what [AppendText] has written.
func (r *Reader) Text() string { return r.take(r.Count()) }

// Take takes n bytes, which are expected to be there.
func (r *Reader) Take(n int) string {
	if n > len(r.data) {
		r.Fail()
		return ""
	}
	return r.take(n)
}

// Rest takes all that is left.
func (r *Reader) Rest() string { return r.take(len(r.data)) }

// take takes n bytes that are there.
func (r *Reader) take(n int) string {
	s := r.data[:n]
	r.data = r.data[n:]
	return s
}

// Texts reads what [AppendTexts] has written; an empty list is nil.
func (r *Reader) Texts() []string {
	n := r.Count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.Text()
	}
	return list
}

// Time reads what [AppendTime] has written, in UTC.
func (r *Reader) Time() time.Time {
	if r.Byte() == 0 {
		return time.Time{}
	}
	sec := r.Varint()
	return time.Unix(sec, int64(r.Uvarint()%1e9)).UTC()
}

// Attributes reads what [AppendAttributes] has written.
func (r *Reader) Attributes() identity.Attributes {
	s := r.names.ReadSchema(r)
	row := r.Text()
	if !identity.ValidRow(s.Len(), row) {
		r.Fail()
		return identity.Attributes{}
	}

	return identity.FromRow(s, row)
}

// Account reads what [AppendAccount] has written.
func (r *Reader) Account() identity.Account {
	a := identity.Account{Source: r.Text(), NativeIdentity: r.Text(), Name: r.Text()}
	flags := r.Byte()
	a.Disabled, a.Locked, a.ManuallyCorrelated = flags&1 != 0, flags&2 != 0, flags&4 != 0
	a.Created, a.Modified = r.Time(), r.Time()

	// Most accounts have none of these, so that one bit stands for all of them.
	if flags&8 != 0 {
		a.ID, a.UUID, a.IdentityID = r.Text(), r.Text(), r.Text()
		a.Entitlements = r.Texts()
	}

	a.Attributes = r.Attributes()
	if flags&16 != 0 {
		a.Fingerprint = lowFirst[uint64](r.Take(8))
	}
	return a
}

// Part returns a reader of the next part that [AppendSized] has written.
func (r *Reader) Part() Reader {
	n := lowFirst[uint32](r.Take(4))
	if uint64(n) > uint64(len(r.data)) {
		r.Fail()
		n = 0
	}
	return Reader{names: r.names, data: r.take(int(n)), err: r.err}
}
