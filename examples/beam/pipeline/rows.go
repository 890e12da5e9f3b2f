package pipeline

import (
	"errors"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
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

// KeyUse says what an account, or a component that is called by one, has to do with
// a key.
type KeyUse struct {
	Account string
	Looks   bool // it looks the key up
	Found   bool // identities of it are found by the key
}

// Offer is a candidate under one key.
type Offer struct {
	profile.Candidate
	Best bool // only the best claimant counts
}

// Offers are the candidates of a key.
type Offers struct {
	profile.Candidates
	Best bool
}

// Answer is what came of one key that an account looks up.
type Answer struct {
	Key string
	Offers
}

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

// Boss is somebody who is found as a manager, and how many there are.
type Boss struct {
	Claimant
	Name  string
	Order string
	Best  bool // only the best claimant counts
	Count int
}

// Settling is a part of what the others answer to an identity.
type Settling struct{ profile.Settled }

// Report is the edge from somebody to the manager.
type Report struct{ ID, Alias, Order, Manager string }

// Named is what an identity is found by as a manager, as it is.
type Named struct{ Alias, Order, Attribute, Text string }

// Lost are look-ups of managers that have found nobody, those that a run asks about,
// and how many people they are chosen from.
type Lost struct {
	List   []profile.LostManager
	People int
}

// Near is who is near to a look-up.
type Near struct {
	Lost profile.LostManager
	Named
	How string
}

// Probe is what the rule of a source gives for an account; no line when all is well.
type Probe struct{ Order, Line string }

// Probes are those of a source that come first.
type Probes struct{ List []Probe }

// Line is a line of an output.
type Line struct{ Output, Text string }

func init() {
	beam.RegisterCoder(reflect.TypeFor[Row](), encodeRow, decodeRow)
	beam.RegisterCoder(reflect.TypeFor[Pending](), encodePending, decodePending)
	beam.RegisterCoder(reflect.TypeFor[Joined](), encodeJoined, decodeJoined)
	beam.RegisterCoder(reflect.TypeFor[Person](), encodePerson, decodePerson)
	beam.RegisterCoder(reflect.TypeFor[KeyUse](), encodeKeyUse, decodeKeyUse)
	beam.RegisterCoder(reflect.TypeFor[Offer](), encodeOffer, decodeOffer)
	beam.RegisterCoder(reflect.TypeFor[Offers](), encodeOffers, decodeOffers)
	beam.RegisterCoder(reflect.TypeFor[Answer](), encodeAnswer, decodeAnswer)
	beam.RegisterCoder(reflect.TypeFor[Evaluated](), encodeEvaluated, decodeEvaluated)
	beam.RegisterCoder(reflect.TypeFor[Claimant](), encodeClaimant, decodeClaimant)
	beam.RegisterCoder(reflect.TypeFor[Boss](), encodeBoss, decodeBoss)
	beam.RegisterCoder(reflect.TypeFor[Settling](), encodeSettling, decodeSettling)
	beam.RegisterCoder(reflect.TypeFor[Report](), encodeReport, decodeReport)
	beam.RegisterCoder(reflect.TypeFor[Named](), encodeNamed, decodeNamed)
	beam.RegisterCoder(reflect.TypeFor[Lost](), encodeLost, decodeLost)
	beam.RegisterCoder(reflect.TypeFor[Near](), encodeNear, decodeNear)
	beam.RegisterCoder(reflect.TypeFor[Probes](), encodeProbes, decodeProbes)
	beam.RegisterCoder(reflect.TypeFor[Line](), encodeLine, decodeLine)
}

func (w *writer) account(a *identity.Account) {
	w.text(a.Source)
	w.text(a.NativeIdentity)
	w.text(a.Name)
	w.text(a.ID)
	w.text(a.UUID)
	w.time(a.Created)
	w.time(a.Modified)
	w.bool(a.Disabled)
	w.bool(a.Locked)
	w.text(a.IdentityID)
	w.bool(a.ManuallyCorrelated)
	w.texts(a.Entitlements)
	w.attributes(a.Attributes)
}

func (r *reader) account() (a identity.Account) {
	a.Source, a.NativeIdentity, a.Name, a.ID, a.UUID = r.text(), r.text(), r.text(), r.text(), r.text()
	a.Created, a.Modified = r.time(), r.time()
	a.Disabled, a.Locked = r.bool(), r.bool()
	a.IdentityID, a.ManuallyCorrelated = r.text(), r.bool()
	a.Entitlements, a.Attributes = r.texts(), r.attributes()
	return a
}

func (w *writer) row(x *Row) {
	w.int(x.Place)
	w.account(&x.Account)
}

func (r *reader) row() (x Row) {
	x.Place, x.Account = r.int(), r.account()
	return x
}

func encodeRow(x Row) []byte {
	var w writer
	w.row(&x)
	return w.b
}

func decodeRow(b []byte) (Row, error) {
	r := reader{b: b}
	return r.row(), r.done("an account")
}

func encodePending(x Pending) []byte {
	var w writer
	w.row(&x.Row)
	w.texts(x.Findings)
	w.text(x.Reason)
	w.texts(x.Among)
	return w.b
}

func decodePending(b []byte) (Pending, error) {
	r := reader{b: b}
	x := Pending{Row: r.row(), Findings: r.texts(), Reason: r.text(), Among: r.texts()}
	return x, r.done("a pending account")
}

func encodeJoined(x Joined) []byte {
	var w writer
	w.row(&x.Row)
	w.text(x.Method)
	w.int(int64(x.Criterion))
	return w.b
}

func decodeJoined(b []byte) (Joined, error) {
	r := reader{b: b}
	x := Joined{Row: r.row(), Method: r.text(), Criterion: int(r.int())}
	return x, r.done("a linked account")
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
	x.ID, x.Order = r.text(), r.text()
	x.Accounts = make([]profile.LinkedAccount, r.count())
	for i := range x.Accounts {
		l := &x.Accounts[i]
		l.Method, l.Criterion, l.Account = correlate.Method(r.text()), int(r.int()), r.account()
	}

	return x
}

func encodePerson(x Person) []byte {
	var w writer
	w.person(&x.Person)
	return w.b
}

func decodePerson(b []byte) (Person, error) {
	r := reader{b: b}
	return Person{r.person()}, r.done("a person")
}

func encodeKeyUse(x KeyUse) []byte {
	var w writer
	w.text(x.Account)
	w.bool(x.Looks)
	w.bool(x.Found)
	return w.b
}

func decodeKeyUse(b []byte) (KeyUse, error) {
	r := reader{b: b}
	return KeyUse{Account: r.text(), Looks: r.bool(), Found: r.bool()}, r.done("a key")
}

func (w *writer) claim(c *profile.Claim) {
	w.bool(c.Holds)
	w.int(int64(c.Profile))
	w.time(c.Created)
	w.text(c.SourceID)
	w.text(c.NativeIdentity)
}

func (r *reader) claim() profile.Claim {
	return profile.Claim{Holds: r.bool(), Profile: int(r.int()), Created: r.time(), SourceID: r.text(),
		NativeIdentity: r.text()}
}

func (w *writer) candidate(c *profile.Candidate) {
	w.text(c.ID)
	w.text(c.Order)
	w.claim(&c.Claim)
	w.attributes(c.Values)
}

func (r *reader) candidate() profile.Candidate {
	return profile.Candidate{ID: r.text(), Order: r.text(), Claim: r.claim(), Values: r.attributes()}
}

func encodeOffer(x Offer) []byte {
	var w writer
	w.candidate(&x.Candidate)
	w.bool(x.Best)
	return w.b
}

func decodeOffer(b []byte) (Offer, error) {
	r := reader{b: b}
	return Offer{r.candidate(), r.bool()}, r.done("a candidate")
}

func (w *writer) offers(x *Offers) {
	w.uint(uint64(len(x.List)))
	for i := range x.List {
		w.candidate(&x.List[i])
	}
	w.uint(uint64(x.Total))
	w.bool(x.Best)
}

func (r *reader) offers() (x Offers) {
	for range r.count() {
		x.List = append(x.List, r.candidate())
	}
	x.Total, x.Best = int(r.uint()), r.bool()
	return x
}

func encodeOffers(x Offers) []byte {
	var w writer
	w.offers(&x)
	return w.b
}

func decodeOffers(b []byte) (Offers, error) {
	r := reader{b: b}
	return r.offers(), r.done("candidates")
}

func encodeAnswer(x Answer) []byte {
	var w writer
	w.text(x.Key)
	w.offers(&x.Offers)
	return w.b
}

func decodeAnswer(b []byte) (Answer, error) {
	r := reader{b: b}
	return Answer{r.text(), r.offers()}, r.done("an answer")
}

func encodeEvaluated(x Evaluated) []byte {
	var w writer
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

	return w.b
}

func decodeEvaluated(b []byte) (Evaluated, error) {
	r := reader{b: b}
	var x Evaluated
	x.Person, x.Row = r.person(), []byte(r.text())
	for range r.count() {
		x.Errors = append(x.Errors, Failure{r.text(), r.text()})
	}
	if x.Asks = r.bool(); x.Asks {
		x.Search = profile.ManagerSearch{Lookup: profile.Lookup{Attribute: r.text(), Value: r.text()}, Text: r.text(),
			From: r.text()}
	}
	return x, r.done("an evaluated person")
}

func (w *writer) claimant(x *Claimant) {
	w.text(x.ID)
	w.text(x.Alias)
	w.claim(&x.Claim)
}

func (r *reader) claimant() Claimant {
	return Claimant{ID: r.text(), Alias: r.text(), Claim: r.claim()}
}

func encodeClaimant(x Claimant) []byte {
	var w writer
	w.claimant(&x)
	return w.b
}

func decodeClaimant(b []byte) (Claimant, error) {
	r := reader{b: b}
	return r.claimant(), r.done("a claimant")
}

func encodeBoss(x Boss) []byte {
	var w writer
	w.claimant(&x.Claimant)
	w.text(x.Name)
	w.text(x.Order)
	w.bool(x.Best)
	w.uint(uint64(x.Count))
	return w.b
}

func decodeBoss(b []byte) (Boss, error) {
	r := reader{b: b}
	return Boss{Claimant: r.claimant(), Name: r.text(), Order: r.text(), Best: r.bool(), Count: int(r.uint())},
		r.done("a manager")
}

func encodeSettling(x Settling) []byte {
	var w writer
	m := &x.Managers
	w.uint(uint64(m.Count))
	w.texts([]string{m.ID, m.Alias, m.Name, x.Holder, x.HolderName})
	return w.b
}

func decodeSettling(b []byte) (Settling, error) {
	r := reader{b: b}
	var x Settling
	x.Managers.Count = int(r.uint())
	if list := r.texts(); len(list) == 5 {
		x.Managers.ID, x.Managers.Alias, x.Managers.Name, x.Holder, x.HolderName = list[0], list[1], list[2], list[3], list[4]
	} else {
		r.fail()
	}

	return x, r.done("an answer of others")
}

func encodeReport(x Report) []byte {
	var w writer
	w.texts([]string{x.ID, x.Alias, x.Order, x.Manager})
	return w.b
}

func decodeReport(b []byte) (Report, error) {
	r := reader{b: b}
	list := r.texts()
	if len(list) != 4 {
		r.fail()
		list = make([]string, 4)
	}

	return Report{ID: list[0], Alias: list[1], Order: list[2], Manager: list[3]}, r.done("an edge to a manager")
}

func (w *writer) named(x *Named) {
	w.text(x.Alias)
	w.text(x.Order)
	w.text(x.Attribute)
	w.text(x.Text)
}

func (r *reader) named() Named {
	return Named{Alias: r.text(), Order: r.text(), Attribute: r.text(), Text: r.text()}
}

func encodeNamed(x Named) []byte {
	var w writer
	w.named(&x)
	return w.b
}

func decodeNamed(b []byte) (Named, error) {
	r := reader{b: b}
	return r.named(), r.done("a text that managers are found by")
}

func (w *writer) lost(x *profile.LostManager) {
	w.text(x.Attribute)
	w.text(x.Text)
	w.text(x.Order)
	w.text(x.Alias)
}

func (r *reader) lost() profile.LostManager {
	return profile.LostManager{Attribute: r.text(), Text: r.text(), Order: r.text(), Alias: r.text()}
}

func encodeLost(x Lost) []byte {
	var w writer
	w.uint(uint64(x.People))
	w.uint(uint64(len(x.List)))
	for i := range x.List {
		w.lost(&x.List[i])
	}
	return w.b
}

func decodeLost(b []byte) (Lost, error) {
	r := reader{b: b}
	x := Lost{People: int(r.uint())}
	for range r.count() {
		x.List = append(x.List, r.lost())
	}
	return x, r.done("look-ups of managers")
}

func encodeNear(x Near) []byte {
	var w writer
	w.lost(&x.Lost)
	w.named(&x.Named)
	w.text(x.How)
	return w.b
}

func decodeNear(b []byte) (Near, error) {
	r := reader{b: b}
	return Near{Lost: r.lost(), Named: r.named(), How: r.text()}, r.done("who is near")
}

func encodeProbes(x Probes) []byte {
	var w writer
	w.uint(uint64(len(x.List)))
	for _, p := range x.List {
		w.text(p.Order)
		w.text(p.Line)
	}

	return w.b
}

func decodeProbes(b []byte) (Probes, error) {
	r := reader{b: b}
	var x Probes
	for range r.count() {
		x.List = append(x.List, Probe{r.text(), r.text()})
	}
	return x, r.done("what a rule gives")
}

func encodeLine(x Line) []byte {
	var w writer
	w.text(x.Output)
	w.text(x.Text)
	return w.b
}

func decodeLine(b []byte) (Line, error) {
	r := reader{b: b}
	return Line{r.text(), r.text()}, r.done("a line")
}
