package pipeline

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/profile"
)

// Row is an account with its place.
type Row struct{ profile.PlacedAccount }

// Pending is an account that looks for its identity, with what the last pass said.
type Pending struct {
	Row
	Findings []string // lines
	Reason   string
	Among    []string
}

// Joined is an account that a pass has linked.
type Joined struct {
	Row
	Method    string
	Criterion int
}

// Person is an identity with its accounts.
type Person struct{ profile.Person }

func init() {
	beam.RegisterCoder(reflect.TypeFor[Row](), encodeRow, decodeRow)
	beam.RegisterCoder(reflect.TypeFor[Pending](), encodePending, decodePending)
	beam.RegisterCoder(reflect.TypeFor[Joined](), encodeJoined, decodeJoined)
	beam.RegisterCoder(reflect.TypeFor[Person](), encodePerson, decodePerson)
}

func encodeRow(x Row) []byte          { return encoded(&x) }
func decodeRow(b []byte) (Row, error) { return decoded[Row](b) }

func encodePending(x Pending) []byte          { return encoded(&x) }
func decodePending(b []byte) (Pending, error) { return decoded[Pending](b) }

func encodeJoined(x Joined) []byte          { return encoded(&x) }
func decodeJoined(b []byte) (Joined, error) { return decoded[Joined](b) }

func encodePerson(x Person) []byte          { return encoded(&x) }
func decodePerson(b []byte) (Person, error) { return decoded[Person](b) }

func (x *Row) put(w *writer) {
	w.int(x.Place)
	w.account(&x.Account)
}

func (x *Row) get(r *reader) { x.Place, x.Account = r.Varint(), r.Account() }

func (x *Pending) put(w *writer) {
	x.Row.put(w)
	w.texts(x.Findings)
	w.text(x.Reason)
	w.texts(x.Among)
}

func (x *Pending) get(r *reader) {
	x.Row.get(r)
	x.Findings, x.Reason, x.Among = r.Texts(), r.Text(), r.Texts()
}

func (x *Joined) put(w *writer) {
	x.Row.put(w)
	w.text(x.Method)
	w.int(int64(x.Criterion))
}

func (x *Joined) get(r *reader) {
	x.Row.get(r)
	x.Method, x.Criterion = r.Text(), int(r.Varint())
}

func (w *writer) person(x *profile.Person) {
	w.text(x.ID)
	w.text(x.Order)
	w.uint(uint64(len(x.Accounts)))
	for i := range x.Accounts {
		l := &x.Accounts[i]
		w.text(string(l.Method))
		w.int(int64(l.Criterion))
		w.account(&l.Account)
	}
}

func (r *reader) person() (x profile.Person) {
	x.ID, x.Order = r.Text(), r.Text()
	x.Accounts = make([]profile.LinkedAccount, r.Count())
	for i := range x.Accounts {
		l := &x.Accounts[i]
		l.Method, l.Criterion, l.Account = correlate.Method(r.Text()), int(r.Varint()), r.Account()
	}

	return x
}

func (x *Person) put(w *writer) { w.person(&x.Person) }
func (x *Person) get(r *reader) { x.Person = r.person() }
