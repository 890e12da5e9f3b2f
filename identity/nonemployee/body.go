package nonemployee

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// RecordBody is what a record or a request is made of. Dates are text in any form that
// [ParseDate] reads. A value that is "" is absent.
type RecordBody struct {
	SourceID    string
	AccountName string
	FirstName   string
	LastName    string
	Email       string
	Phone       string
	Manager     string
	StartDate   string
	EndDate     string
	Data        map[string]string
	Comment     string // of the requester; requests only

	problems []string // values of a wrong JSON type
}

// UnmarshalJSON reads a body. A value of a wrong type is no error here: it is reported
// with all other problems when the body is checked. In data, numbers and booleans become
// text (DECISION N12). Unknown fields are ignored, names are case-sensitive.
func (b *RecordBody) UnmarshalJSON(src []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(src, &fields); err != nil {
		return err
	}
	*b = RecordBody{Data: map[string]string{}}
	for _, f := range b.textFields() {
		*f.to = b.text(f.name, fields[f.name])
	}

	// Examples of the vendor spell the name in two ways (DECISION N4).
	if b.AccountName == "" {
		b.AccountName = b.text(accountNameAlias, fields[accountNameAlias])
	}
	b.StartDate = b.date("startDate", fields["startDate"])
	b.EndDate = b.date("endDate", fields["endDate"])
	b.readData(fields["data"])
	return nil
}

type bodyField struct {
	name string
	to   *string
}

func (b *RecordBody) textFields() []bodyField {
	return []bodyField{
		{"sourceId", &b.SourceID}, {"accountName", &b.AccountName}, {"firstName", &b.FirstName},
		{"lastName", &b.LastName}, {"email", &b.Email}, {"phone", &b.Phone},
		{"manager", &b.Manager}, {"comment", &b.Comment},
	}
}

func (b *RecordBody) text(name string, src json.RawMessage) string {
	if len(src) == 0 || string(src) == "null" {
		return ""
	}
	var s string
	if json.Unmarshal(src, &s) != nil {
		b.problems = append(b.problems, name+" must be text")
	}
	return s
}

func (b *RecordBody) date(name string, src json.RawMessage) string {
	if len(src) == 0 {
		return ""
	}
	text, err := dateText(src)
	if err != nil {
		b.problems = append(b.problems, name+": "+err.Error())
	}
	return text
}

func (b *RecordBody) readData(src json.RawMessage) {
	if len(src) == 0 || string(src) == "null" {
		return
	}
	var data map[string]any
	dec := json.NewDecoder(bytes.NewReader(src))

	// Numbers stay as they are written: 007 and 1.0 are texts to whoever reads them later.
	dec.UseNumber()
	if dec.Decode(&data) != nil {
		b.problems = append(b.problems, "data must be an object")
		return
	}

	var bad []string
	for name, v := range data {
		switch v := v.(type) {
		case nil:
		case string:
			b.Data[name] = v
		case json.Number, bool:
			b.Data[name] = fmt.Sprint(v)
		default:
			bad = append(bad, "data."+name+" must be text")
		}
	}

	// Members of an object have no order, and messages should.
	slices.Sort(bad)
	b.problems = append(b.problems, bad...)
}

// filled gives the data without empty values.
func (b RecordBody) filled() map[string]string {
	out := map[string]string{}
	for k, v := range b.Data {
		if v != "" {
			out[k] = v
		}
	}

	return out
}

// bodyOf is the body that a record could have been made of.
func bodyOf(r *Record) RecordBody { return bodyOfValues(r.SourceID, r.Values) }

func bodyOfValues(sourceID string, v Values) RecordBody {
	v = v.clone()
	return RecordBody{
		SourceID: sourceID, AccountName: v.AccountName, FirstName: v.FirstName, LastName: v.LastName,
		Email: v.Email, Phone: v.Phone, Manager: v.Manager, Data: v.Data,
		StartDate: v.StartDate.String(), EndDate: v.EndDate.String(),
	}
}

var recordFields = map[string]isc.Access{
	"accountName": isc.Writable, "firstName": isc.Writable, "lastName": isc.Writable,
	"email": isc.Writable, "phone": isc.Writable, "manager": isc.Writable,
	"data": isc.Writable, "startDate": isc.Writable, "endDate": isc.Writable,
	"id": isc.ReadOnly, "sourceId": isc.ReadOnly, "created": isc.ReadOnly, "modified": isc.ReadOnly,
}

// patchRecord applies a patch to a record. All attributes exist in the patched document,
// those without a value as null, so that replace works on every one.
func patchRecord(old *Record, attributes []versioned[Attribute], ops []isc.PatchOp) (RecordBody, error) {
	doc, err := document(old)
	if err != nil {
		return RecordBody{}, err
	}
	// Attributes without a value are there as null, so that replace works on each.
	data := doc.Get("data")
	if data.Kind() != jsondoc.Object {
		data = jsondoc.NewObject()
		doc.Set("data", data)
	}

	for _, at := range attributes {
		if data.Get(at.T.TechnicalName) == nil && !at.T.System {
			data.Set(at.T.TechnicalName, jsondoc.NewNull())
		}
	}

	if doc, err = applyPatch(doc, ops, recordFields); err != nil {
		return RecordBody{}, err
	}
	var body RecordBody
	err = json.Unmarshal(doc.Append(nil), &body)
	return body, err
}
