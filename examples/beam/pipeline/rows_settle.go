package pipeline

import (
	"errors"
	"reflect"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/profile"
)

// Evaluated is an identity with its attributes. Beam takes no type that has an
// interface anywhere inside, and an error is one, so errors are texts.
type Evaluated struct {
	profile.Person
	Row    []byte
	Errors []Failure
	Asks   bool
	Search profile.ManagerSearch // when it asks for a manager
}

// Failure says why an attribute has no value.
type Failure struct{ Attribute, Text string }

// travelling returns what the step after the next one needs.
func travelling(e *profile.Evaluated) Evaluated {
	x := Evaluated{Person: e.Person, Row: e.Row, Asks: e.Search != nil}
	if x.Asks {
		x.Search = *e.Search
	}
	for _, f := range e.Errors {
		x.Errors = append(x.Errors, Failure{f.Attribute, f.Err.Error()})
	}
	return x
}

// arrived is the other way round.
func (x *Evaluated) arrived() *profile.Evaluated {
	e := &profile.Evaluated{Person: x.Person, Row: x.Row}
	if x.Asks {
		e.Search = &x.Search
	}
	for _, f := range x.Errors {
		e.Errors = append(e.Errors, profile.AttributeError{Attribute: f.Attribute, Err: errors.New(f.Text)})
	}
	return e
}

// Claimant claims a uid.
type Claimant struct {
	ID, Alias string
	Claim     profile.Claim
}

// merge keeps the better claimant of a uid.
func (x Claimant) merge(_ int, other Claimant) Claimant {
	if other.Claim.Compare(&x.Claim) < 0 {
		return other
	}
	return x
}

// Boss is somebody who is found as a manager, and how many there are.
type Boss struct {
	Claimant
	Name  string
	Order string
	Best  bool // only the best claimant counts
	Count int
}

// merge counts who is found by a value and keeps the first; of claimants of a uid, the
// best.
func (x Boss) merge(_ int, other Boss) Boss {
	first, count := strings.Compare(x.Order, other.Order), x.Count+other.Count
	if x.Best {
		first, count = x.Claim.Compare(&other.Claim), 1
	}
	if first > 0 {
		x = other
	}
	x.Count = count
	return x
}

// Settling is a part of what the others answer to an identity.
type Settling struct{ profile.Settled }

// Report is the edge from somebody to the manager.
type Report struct{ ID, Alias, Order, Manager string }

func init() {
	beam.RegisterCoder(reflect.TypeFor[Evaluated](), encodeEvaluated, decodeEvaluated)
	beam.RegisterCoder(reflect.TypeFor[Claimant](), encodeClaimant, decodeClaimant)
	beam.RegisterCoder(reflect.TypeFor[Boss](), encodeBoss, decodeBoss)
	beam.RegisterCoder(reflect.TypeFor[Settling](), encodeSettling, decodeSettling)
	beam.RegisterCoder(reflect.TypeFor[Report](), encodeReport, decodeReport)
}

func encodeEvaluated(x Evaluated) []byte          { return encoded(&x) }
func decodeEvaluated(b []byte) (Evaluated, error) { return decoded[Evaluated](b) }

func encodeClaimant(x Claimant) []byte          { return encoded(&x) }
func decodeClaimant(b []byte) (Claimant, error) { return decoded[Claimant](b) }

func encodeBoss(x Boss) []byte          { return encoded(&x) }
func decodeBoss(b []byte) (Boss, error) { return decoded[Boss](b) }

func encodeSettling(x Settling) []byte          { return encoded(&x) }
func decodeSettling(b []byte) (Settling, error) { return decoded[Settling](b) }

func encodeReport(x Report) []byte          { return encoded(&x) }
func decodeReport(b []byte) (Report, error) { return decoded[Report](b) }

func (x *Evaluated) put(w *writer) {
	w.person(&x.Person)
	w.text(string(x.Row))
	w.uint(uint64(len(x.Errors)))
	for _, e := range x.Errors {
		w.text(e.Attribute)
		w.text(e.Text)
	}

	w.bool(x.Asks)
	if s := &x.Search; x.Asks {
		w.text(s.Lookup.Attribute)
		w.text(s.Lookup.Value)
		w.text(s.Text)
		w.text(s.From)
	}
}

func (x *Evaluated) get(r *reader) {
	x.Person, x.Row = r.person(), []byte(r.Text())
	for range r.Count() {
		x.Errors = append(x.Errors, Failure{r.Text(), r.Text()})
	}
	if x.Asks = r.bool(); x.Asks {
		x.Search = profile.ManagerSearch{Lookup: profile.Lookup{Attribute: r.Text(), Value: r.Text()}, Text: r.Text(),
			From: r.Text()}
	}
}

func (x *Claimant) put(w *writer) {
	w.text(x.ID)
	w.text(x.Alias)
	w.claim(&x.Claim)
}

func (x *Claimant) get(r *reader) { x.ID, x.Alias, x.Claim = r.Text(), r.Text(), r.claim() }

func (x *Boss) put(w *writer) {
	x.Claimant.put(w)
	w.text(x.Name)
	w.text(x.Order)
	w.bool(x.Best)
	w.uint(uint64(x.Count))
}

func (x *Boss) get(r *reader) {
	x.Claimant.get(r)
	x.Name, x.Order, x.Best, x.Count = r.Text(), r.Text(), r.bool(), int(r.Uvarint())
}

func (x *Settling) put(w *writer) {
	m := &x.Managers
	w.uint(uint64(m.Count))
	w.text(m.ID)
	w.text(m.Alias)
	w.text(m.Name)
	w.text(x.Holder)
	w.text(x.HolderName)
}

func (x *Settling) get(r *reader) {
	m := &x.Managers
	m.Count = int(r.Uvarint())
	m.ID, m.Alias, m.Name, x.Holder, x.HolderName = r.Text(), r.Text(), r.Text(), r.Text(), r.Text()
}

func (x *Report) put(w *writer) {
	w.text(x.ID)
	w.text(x.Alias)
	w.text(x.Order)
	w.text(x.Manager)
}

func (x *Report) get(r *reader) {
	x.ID, x.Alias, x.Order, x.Manager = r.Text(), r.Text(), r.Text(), r.Text()
}
