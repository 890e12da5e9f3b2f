package store

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
)

// Values in a file begin with a byte that says what they are. Rows of package identity have
// the end of each cell in front, for quick access; in a file that would be a third of all bytes.
const (
	cellNull   = 0
	cellText   = 240 // and less: a text of so many bytes less one
	cellLong   = 241 // a text behind its length
	cellShared = 242 // the number of a text
	cellList   = 243 // values behind their number
	cellTrue   = 244
	cellFalse  = 245
	cellInt    = 246
)

// maxNesting is how deep lists in lists may be, as in rows.
const maxNesting = 64

// appendText writes a text of a column.
func (l *lists) appendText(b []byte, c *column, s string) []byte {
	if c.worth() {
		if n := l.shared.number(s); n > 0 {
			c.had++
			return binary.AppendUvarint(append(b, cellShared), uint64(n))
		}
	}
	if len(s) < cellText {
		return append(append(b, byte(len(s)+1)), s...)
	}
	return codec.AppendText(append(b, cellLong), s)
}

func (l *lists) appendValue(b []byte, c *column, v *identity.Value) []byte {
	switch v.Kind() {
	case identity.Text:
		return l.appendText(b, c, v.Text())
	case identity.List:
		items := v.List()
		b = binary.AppendUvarint(append(b, cellList), uint64(len(items)))
		for n := range items {
			b = l.appendValue(b, c, &items[n])
		}
		return b

	case identity.Boolean:
		if on, _ := v.Bool(); on {
			return append(b, cellTrue)
		}
		return append(b, cellFalse)

	case identity.Integer:
		n, _ := v.Int()
		return binary.AppendVarint(append(b, cellInt), n)
	}

	return append(b, cellNull)
}

// appendPacked writes names and values. A row without bytes stays one.
func (l *lists) appendPacked(b []byte, a identity.Attributes) []byte {
	number := uint64(l.of(a.Schema())) << 1
	if a.Row() == "" {
		return binary.AppendUvarint(b, number)
	}

	b = binary.AppendUvarint(b, number|1)
	l.values = a.AppendValues(l.values[:0])
	columns := l.columnsOf(int(number >> 1))
	for n := range l.values {
		b = l.appendValue(b, &columns[n], &l.values[n])
	}
	return b
}

// columnsOf returns what is known of the columns of a list.
func (l *lists) columnsOf(number int) []column {
	for len(l.columns) < len(l.schemas) {
		l.columns = append(l.columns, make([]column, l.schemas[len(l.columns)].Len()))
	}
	if number == 0 {
		return nil
	}
	return l.columns[number-1]
}

// appendAccount writes an account without its length: what package codec knows of it but for
// texts that many accounts share.
func (l *lists) appendAccount(b []byte, a *identity.Account) []byte {
	light := *a
	light.Source, light.Entitlements, light.Attributes = "", nil, identity.Attributes{}
	l.part = codec.AppendAccount(l.part[:0], l, &light)
	b = append(binary.AppendUvarint(b, uint64(len(l.part))), l.part...)

	b = l.appendText(b, &l.sources, a.Source)
	b = binary.AppendUvarint(b, uint64(len(a.Entitlements)))
	for _, e := range a.Entitlements {
		b = l.appendText(b, &l.entitlements, e)
	}
	return l.appendPacked(b, a.Attributes)
}

// appendPerson writes an identity and its accounts, each part behind its length: later
// versions may append to them.
func (l *lists) appendPerson(b []byte, i *identity.Identity) []byte {
	light := *i
	light.Attributes = identity.Attributes{}
	l.part = l.appendIdentity(l.part[:0], &light)
	b = append(binary.AppendUvarint(b, uint64(len(l.part))), l.part...)

	l.whole = l.appendPacked(l.whole[:0], i.Attributes)
	b = append(binary.AppendUvarint(b, uint64(len(l.whole))), l.whole...)
	b = binary.AppendUvarint(b, uint64(len(i.Accounts)))
	for n := range i.Accounts {
		l.whole = l.appendAccount(l.whole[:0], &i.Accounts[n])
		b = append(binary.AppendUvarint(b, uint64(len(l.whole))), l.whole...)
	}
	return b
}

// decoder reads the entries of a file. What it gives consists of views of the file's bytes,
// and of rows that it makes.
type decoder struct {
	lists  *lists
	values []identity.Value
	row    []byte
	light  reader // of the part that package codec knows

	// Rows of identities stay; those of accounts do too, unless they are read one after the other.
	rows, accountRows []byte
	chunk             int // how much memory for rows is allocated at least
	again             bool

	late   bool     // attributes and entitlements of accounts are not read
	unread []string // what accounts of the last identity are read from then
	texts  []string // memory for that
}

// chunkSize is how much memory for rows is allocated at a time where many are read.
const chunkSize = 64 << 10

// cells reads packed values, whatever the bytes are.
type cells struct {
	codec.Reader
	texts []string
}

func (c *cells) value(depth int) identity.Value {
	h := c.Byte()
	switch {
	case h == cellNull:
		return identity.Value{}
	case h <= cellText:
		return identity.StringValue(c.Take(int(h) - 1))
	}

	switch h {
	case cellLong:
		return identity.StringValue(c.Text())
	case cellShared:
		if n := c.Uvarint(); n > 0 && n <= uint64(len(c.texts)) {
			return identity.StringValue(c.texts[n-1])
		}
	case cellTrue, cellFalse:
		return identity.BoolValue(h == cellTrue)
	case cellInt:
		return identity.IntValue(c.Varint())
	case cellList:
		if n := c.Count(); depth < maxNesting {
			items := make([]identity.Value, n)
			for k := range items {
				items[k] = c.value(depth + 1)
			}
			return identity.ListValue(items...)
		}
	}

	c.Fail()
	return identity.Value{}
}

// text reads a value that is a text.
func (c *cells) text() string {
	v := c.value(maxNesting)
	if v.Kind() != identity.Text {
		c.Fail()
	}
	return v.Text()
}

func (d *decoder) cells(data string) cells {
	return cells{codec.NewReader(data, d.lists), d.lists.shared.list}
}

// attributes reads what appendPacked has written. The row is put behind those in memory.
func (d *decoder) attributes(c *cells, memory *[]byte) identity.Attributes {
	number := c.Uvarint()
	schema, err := d.lists.at(number >> 1)
	if err != nil {
		c.Fail()
	}
	if number&1 == 0 || err != nil {
		return identity.FromRow(schema, "")
	}

	n := schema.Len()
	d.values = slices.Grow(d.values[:0], n)[:n]
	c.row(d.values)
	if c.Err() != nil {
		return identity.Attributes{}
	}

	d.row = identity.AppendRow(d.row[:0], n, d.values)
	if cap(*memory)-len(*memory) < len(d.row) {
		*memory = make([]byte, 0, max(len(d.row), d.chunk))
	}
	at := len(*memory)
	*memory = append(*memory, d.row...)
	return identity.FromRow(schema, viewOf((*memory)[at:]))
}

// row reads the values of a row.
func (c *cells) row(values []identity.Value) {
	// Short texts, shared ones and null are nearly all values.
	data := c.Rest()
	for n := range values {
		if data == "" {
			c.Fail()
			return
		}
		h := int(data[0])
		if h == cellNull {
			values[n], data = identity.Value{}, data[1:]
			continue
		}
		if h <= cellText && h <= len(data) {
			values[n], data = identity.StringValue(data[1:h]), data[h:]
			continue
		}
		if h == cellShared && len(data) > 2 && data[2] < 0x80 {
			if number := int(data[1]&0x7f) | int(data[2])<<7; data[1] >= 0x80 && number > 0 && number <= len(c.texts) {
				values[n], data = identity.StringValue(c.texts[number-1]), data[3:]
				continue
			}
		}

		other := cells{codec.NewReader(data, nil), c.texts}
		values[n] = other.value(0)
		if other.Err() != nil {
			c.Fail()
			return
		}
		data = other.Rest()
	}
	*c = cells{codec.NewReader(data, nil), c.texts}
}

// account reads what appendAccount has written. The entitlements are put into the memory
// of those that a has.
func (d *decoder) account(data string, a *identity.Account) error {
	c := d.cells(data)
	list := a.Entitlements[:0]
	d.light = reader{codec.NewReader(c.Text(), d.lists), d.lists}
	*a = d.light.Account()
	if d.light.Err() != nil {
		return d.light.Err()
	}

	if a.Source = c.text(); d.late {
		return c.Err()
	}
	for range c.Count() {
		list = append(list, c.text())
	}
	if len(list) > 0 {
		a.Entitlements = list
	}
	a.Attributes = d.attributes(&c, &d.accountRows)
	return c.Err()
}

// key reads which account it is.
func (d *decoder) key(data string) (identity.AccountKey, error) {
	c := d.cells(data)
	light := codec.NewReader(c.Text(), d.lists)
	_ = light.Text() // the source stands behind it
	key := identity.AccountKey{Source: c.text(), NativeIdentity: light.Text()}
	if light.Err() != nil {
		return key, light.Err()
	}
	return key, c.Err()
}

// minAccount is fewer bytes than the smallest account has.
const minAccount = 4

// person reads what appendPerson has written, whose accounts it puts into the memory of
// those that i has.
func (d *decoder) person(data string, i *identity.Identity) error {
	c := d.cells(data)
	accounts := i.Accounts[:0]
	d.light = reader{codec.NewReader(c.Text(), d.lists), d.lists}
	d.light.into(i)
	if d.light.Err() != nil {
		return d.light.Err()
	}

	attributes := d.cells(c.Text())
	i.Attributes = d.attributes(&attributes, &d.rows)
	if attributes.Err() != nil {
		return attributes.Err()
	}

	if d.again {
		d.accountRows = d.accountRows[:0]
	}
	d.texts = d.texts[:0]
	n := c.Count()
	if n > c.Len()/minAccount || c.Err() != nil {
		return codec.ErrMalformed
	}
	for k := range n {
		if k == cap(accounts) {
			accounts = append(make([]identity.Account, 0, n), accounts...)
		}
		accounts = accounts[:k+1]
		text := c.Text()
		if d.late {
			d.texts = append(d.texts, text)
		}
		if err := d.account(text, &accounts[k]); err != nil {
			return err
		}
	}
	d.unread = d.texts

	if n > 0 {
		i.Accounts = accounts
	}
	return c.Err()
}

// keys calls do with each account of an identity.
func (d *decoder) keys(data string, do func(identity.AccountKey)) error {
	c := d.cells(data)
	c.Text()
	c.Text()
	for range c.Count() {
		key, err := d.key(c.Text())
		if err != nil {
			return err
		}
		do(key)
	}
	return c.Err()
}

// id reads whose entry it is.
func (d *decoder) id(data string) (string, error) {
	c := d.cells(data)
	light := codec.NewReader(c.Text(), d.lists)
	id := light.Text()
	return id, light.Err()
}

func viewOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
