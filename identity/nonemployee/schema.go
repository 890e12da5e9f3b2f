package nonemployee

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Types of schema attributes. Custom attributes are of type TEXT.
const (
	TypeText     = "TEXT"
	TypeDate     = "DATE"
	TypePersonal = TypeIdentity // the manager attribute
)

// Attribute is an attribute of the schema of a source.
type Attribute struct {
	ID            string `json:"id"`
	System        bool   `json:"system"`
	Type          string `json:"type"`
	Label         string `json:"label"`
	TechnicalName string `json:"technicalName"`
	HelpText      string `json:"helpText"`
	Placeholder   string `json:"placeholder"`
	Required      bool   `json:"required"`
	Created       Date   `json:"created"`
	Modified      Date   `json:"modified"`
	Order         int    `json:"order"` // of creation, system attributes first
}

// AttributeBody is what a new custom attribute is made of. Type may be empty for TEXT.
// TechnicalName may be empty: it is made from the label then.
type AttributeBody struct {
	Type          string `json:"type"`
	Label         string `json:"label"`
	TechnicalName string `json:"technicalName"`
	HelpText      string `json:"helpText"`
	Placeholder   string `json:"placeholder"`
	Required      bool   `json:"required"`
}

// systemAttribute is one of the eight attributes of every source, in CSV order.
type systemAttribute struct {
	name, kind, label string
	optional          bool // required may be switched off (DECISION N5)
}

var system = [...]systemAttribute{
	{name: "accountName", kind: TypeText, label: "Unique Identifier", optional: false},
	{name: "firstName", kind: TypeText, label: "First Name", optional: false},
	{name: "lastName", kind: TypeText, label: "Last Name", optional: false},
	{name: "phone", kind: TypeText, label: "Phone", optional: true},
	{name: "email", kind: TypeText, label: "Email", optional: true},
	{name: "manager", kind: TypePersonal, label: "Manager", optional: true},
	{name: "startDate", kind: TypeDate, label: "Start Date", optional: false},
	{name: "endDate", kind: TypeDate, label: "End Date", optional: true},
}

// accountNameAlias is another spelling of accountName in vendor examples (DECISION N4).
const accountNameAlias = "account.name"

// systemNamed finds a system attribute by technical name, without regard to case.
func systemNamed(name string) (systemAttribute, bool) {
	if strings.EqualFold(name, accountNameAlias) {
		name = "accountName"
	}
	for _, a := range system {
		if strings.EqualFold(a.name, name) {
			return a, true
		}
	}

	return systemAttribute{}, false
}

func (t *tx) systemAttributes(s *Source) error {
	guard, err := t.guard(s.SourceID)
	if err != nil {
		return err
	}
	for _, a := range system {
		id, err := t.id()
		if err != nil {
			return err
		}
		guard.Serial++
		t.put(KindAttribute, id, s.SourceID, fold(a.name), 0, &Attribute{
			ID: id, System: true, Type: a.kind, Label: a.label, TechnicalName: a.name,
			Required: true, Created: t.now, Modified: t.now, Order: guard.Serial,
		})
	}

	return nil
}

// attributes gives the schema of a source in order.
func (c *core) attributes(ctx context.Context, sourceID string) ([]versioned[Attribute], error) {
	all, err := list[Attribute](ctx, c.store, KindAttribute, sourceID)
	slices.SortFunc(all, func(a, b versioned[Attribute]) int { return a.T.Order - b.T.Order })
	return all, err
}

// Schema are the calls on schema attributes.
type Schema struct{ *core }

// List gives the system attributes, then the custom ones in order of creation.
func (g Schema) List(ctx context.Context, a Actor, sourceID string) ([]Attribute, error) {
	s, _, err := g.sourceFor(ctx, a, sourceID,
		sourceRights{right: Read, settings: true, managers: true, what: "read the schema of this source"})
	if err != nil {
		return nil, err
	}
	all, err := g.attributes(ctx, s.SourceID)
	out := make([]Attribute, len(all))
	for i, at := range all {
		out[i] = *at.T
	}
	return out, err
}

// Get reads one attribute by id.
func (g Schema) Get(ctx context.Context, a Actor, sourceID, id string) (Attribute, error) {
	s, _, err := g.sourceFor(ctx, a, sourceID,
		sourceRights{right: Read, settings: true, managers: true, what: "read the schema of this source"})
	if err != nil {
		return Attribute{}, err
	}
	at, _, err := g.attribute(ctx, s, id)
	if err != nil {
		return Attribute{}, err
	}
	return *at, nil
}

// attribute finds an attribute of the source by id.
func (c *core) attribute(ctx context.Context, s *Source, id string) (*Attribute, int64, error) {
	o, err := c.store.Get(ctx, KindAttribute, id)
	at, version, err := cast[Attribute](o, err)
	if err == nil && (at == nil || o.Parent != s.SourceID) {
		return nil, 0, notFound("schema attribute", id)
	}
	return at, version, err
}

var technicalForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._]*$`)

// maxName is the longest label or technical name, in characters.
const maxName = 128

// TechnicalName makes a technical name of a display name: words by spaces, all
// lower-case, every word but the first capitalised. Only ASCII letters, digits and
// spaces are allowed, 1 to 128 characters. Error: [isc.CodeIllegalValue].
func TechnicalName(label string) (string, error) {
	bad := isc.Refuse(isc.CodeIllegalValue,
		"cannot make a technical name of %q, expected 1 to %d letters, digits and spaces", label, maxName)
	if len(label) > maxName {
		return "", bad
	}

	// The first word stays lower case, others begin with a capital: "Cost Center" is costCenter.
	var b strings.Builder
	for i, word := range strings.FieldsFunc(label, func(r rune) bool { return r == ' ' }) {
		word = strings.ToLower(word)
		if i > 0 {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		b.WriteString(word)
	}

	// Checked on the label, not on the result, so that the message names what was written.
	for _, r := range label {
		if !(r == ' ' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return "", bad
		}
	}

	if b.Len() == 0 {
		return "", bad
	}
	return b.String(), nil
}

func (body AttributeBody) check() (AttributeBody, error) {
	if strings.TrimSpace(body.Label) == "" {
		return body, isc.Refuse(isc.CodeRequired, "label is required")
	}
	if utf8.RuneCountInString(body.Label) > maxName {
		return body, isc.Refuse(isc.CodeLength, "label is longer than %d characters", maxName)
	}

	// The only type that a custom attribute can have; it may be left out.
	if body.Type == "" {
		body.Type = TypeText
	}
	if body.Type != TypeText {
		return body, isc.Refuse(isc.CodeIllegalValue, "type %q is not allowed for a custom attribute, expected TEXT",
			body.Type)
	}

	// A technical name never changes, so it is made once, of the first label.
	if body.TechnicalName == "" {
		var err error
		if body.TechnicalName, err = TechnicalName(body.Label); err != nil {
			return body, err
		}
	}

	if len(body.TechnicalName) > maxName {
		return body, isc.Refuse(isc.CodeLength, "technicalName is longer than %d characters", maxName)
	}
	if !technicalForm.MatchString(body.TechnicalName) {
		return body, isc.Refuse(isc.CodeIllegalValue,
			"technicalName %q is not allowed, expected a letter, then letters, digits, dots and underscores",
			body.TechnicalName)
	}
	return body, nil
}

// Create adds a custom attribute.
//
// Errors: [isc.CodeRequired], [isc.CodeIllegalValue] for a type other than TEXT or a name that is not
// allowed, [isc.CodeConflict] for a name in use (without regard to case), [isc.CodeLimit].
func (g Schema) Create(ctx context.Context, a Actor, sourceID string, body AttributeBody) (Attribute, error) {
	var out Attribute
	err := g.write(ctx, a, func(t *tx) error {
		s, _, err := t.sourceFor(ctx, a, sourceID,
			sourceRights{right: Create, settings: true, managers: false, what: "change the schema of this source"})
		if err != nil {
			return err
		}
		body, err := body.check()
		if err != nil {
			return err
		}
		out, err = t.newAttribute(s, body)
		return err
	})

	return out, err
}

func (t *tx) newAttribute(s *Source, body AttributeBody) (Attribute, error) {
	guard, err := t.guard(s.SourceID)
	if err != nil {
		return Attribute{}, err
	}
	all, err := t.attributes(t.ctx, s.SourceID)
	if err != nil {
		return Attribute{}, err
	}

	// System attributes are not stored with the source, and their names are taken all the same.
	_, clash := systemNamed(body.TechnicalName)
	for _, at := range all {
		clash = clash || strings.EqualFold(at.T.TechnicalName, body.TechnicalName)
	}
	if clash {
		return Attribute{}, isc.Refuse(isc.CodeConflict, "the source has an attribute named %q already",
			body.TechnicalName)
	}

	if n := len(all) - len(system); n >= t.limits.CustomAttributes {
		return Attribute{}, isc.Refuse(isc.CodeLimit, "the source has %d custom attributes already", n)
	}
	id, err := t.id()
	if err != nil {
		return Attribute{}, err
	}

	// The serial number keeps the order in which attributes were made, which times do not when two are
	// equal.
	guard.Serial++
	at := &Attribute{
		ID: id, Type: body.Type, Label: body.Label, TechnicalName: body.TechnicalName,
		HelpText: body.HelpText, Placeholder: body.Placeholder, Required: body.Required,
		Created: t.now, Modified: t.now, Order: guard.Serial,
	}

	t.put(KindAttribute, id, s.SourceID, fold(at.TechnicalName), 0, at)
	t.event(ActionSourceUpdated, s.Name, s.SourceID, "attributeCreated", at.TechnicalName)
	return *at, nil
}

var attributeFields = map[string]isc.Access{
	"label": isc.Writable, "helpText": isc.Writable, "placeholder": isc.Writable, "required": isc.Writable,
	"id": isc.ReadOnly, "system": isc.ReadOnly, "type": isc.ReadOnly,
	"technicalName": isc.ReadOnly, "created": isc.ReadOnly, "modified": isc.ReadOnly,
}

// Patch changes label, helpText, placeholder and required. Of the system attributes only
// phone, email, manager and endDate may become optional.
func (g Schema) Patch(ctx context.Context, a Actor, sourceID, id string, ops []isc.PatchOp) (Attribute, error) {
	var out Attribute
	err := g.write(ctx, a, func(t *tx) error {
		s, _, err := t.sourceFor(ctx, a, sourceID,
			sourceRights{right: Update, settings: true, managers: false, what: "change the schema of this source"})
		if err != nil {
			return err
		}

		// The guard of the source: a record that is made at this moment is checked against one schema
		// or the other, never both.
		if _, err := t.guard(s.SourceID); err != nil {
			return err
		}
		old, version, err := t.attribute(ctx, s, id)
		if err != nil {
			return err
		}
		at, err := patchAttribute(*old, ops)
		if err != nil {
			return err
		}
		at.Modified = t.now
		t.put(KindAttribute, id, s.SourceID, fold(at.TechnicalName), version, &at)
		t.event(ActionSourceUpdated, s.Name, s.SourceID, "attributeUpdated", at.TechnicalName)
		out = at
		return nil
	})

	return out, err
}

func patchAttribute(at Attribute, ops []isc.PatchOp) (Attribute, error) {
	doc, err := document(at)
	if err != nil {
		return at, err
	}
	if doc, err = applyPatch(doc, ops, attributeFields); err != nil {
		return at, err
	}

	// Only these can be changed; the patch itself refuses the others by name.
	for name, to := range map[string]*string{"label": &at.Label, "helpText": &at.HelpText,
		"placeholder": &at.Placeholder} {
		if *to, err = textField(doc, name); err != nil {
			return at, err
		}
	}

	required := doc.Get("required")
	if required.Kind() != jsondoc.Bool && !required.IsNull() {
		return at, isc.Refuse(isc.CodeIllegalValue, "required must be true or false")
	}
	at.Required = required.IsTrue()

	// Four system attributes may become optional, the others identify a person.
	if sys, ok := systemNamed(at.TechnicalName); ok && at.System && !sys.optional && !at.Required {
		return at, isc.Refuse(isc.CodeIllegalUpdate, "the attribute %s is always required", at.TechnicalName)
	}
	if strings.TrimSpace(at.Label) == "" {
		return at, isc.Refuse(isc.CodeRequired, "label is required")
	}

	if utf8.RuneCountInString(at.Label) > maxName {
		return at, isc.Refuse(isc.CodeLength, "label is longer than %d characters", maxName)
	}
	return at, nil
}
