package nerm

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// object is a JSON object whose members are not decoded yet. Names are exact,
// the last of equal names counts.
type object map[string]json.RawMessage

// decodeObject reads an answer of the service. The error does not repeat it.
func decodeObject(body []byte) (object, error) {
	var o object
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrMalformed, plainJSONError(err, len(body)))
	}
	if o == nil {
		return nil, fmt.Errorf("%w: found null", ErrMalformed)
	}
	return o, nil
}

// plainJSONError describes a decoding error without the text that caused it.
func plainJSONError(err error, size int) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case size == 0:
		return "found an empty body"
	case errors.As(err, &syntax) && syntax.Offset >= int64(size):
		return fmt.Sprintf("the body ends early, after %d bytes", size)
	case errors.As(err, &syntax):
		return fmt.Sprintf("found no JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("found a JSON %s", kind.Value)
	}

	return "found other JSON"
}

// text returns the member as text; "" when it is null, absent or empty.
func (o object) text(name string) string {
	if isNull(o[name]) {
		return ""
	}
	return text(o[name], 0)
}

// flag reports whether a member says yes: true, "true" or any other text or
// number than "false", "0" and "".
func (o object) flag(name string) bool {
	switch strings.ToLower(o.text(name)) {
	case "", "false", "0":
		return false
	}

	return true
}

// number returns a whole, not negative number, or -1.
func (o object) number(name string) int {
	var n int
	if isNull(o[name]) || json.Unmarshal(o[name], &n) != nil || n < 0 {
		return -1
	}
	return n
}

// list returns the elements of a list member; ok is false when the member is
// there but no list.
func (o object) list(name string) (items []json.RawMessage, ok bool) {
	if isNull(o[name]) {
		return nil, true
	}
	ok = json.Unmarshal(o[name], &items) == nil
	return items, ok
}

// object returns a member that is an object, nil when it is null or absent.
func (o object) object(name string) (object, bool) {
	var member object
	ok := isNull(o[name]) || json.Unmarshal(o[name], &member) == nil
	return member, ok
}

// failure returns the error text of an answer, with the texts of its fields.
func (o object) failure() string {
	message := o.text("error")
	if fields, ok := o.object("errors"); ok && len(fields) > 0 {
		return strings.TrimPrefix(message+": "+o.text("errors"), ": ")
	}
	return message
}

// noneFound matches the error text of a list without elements.
var noneFound = regexp.MustCompile(`(?i)\bno\b.*\bfound\b`)

// page is one answer to a list of profiles.
type page struct {
	items []json.RawMessage
	meta  bool // the answer has _metadata
	limit int  // -1 when unknown
	total int  // -1 when unknown

	hasCursor bool // after_id is there, if only as null
	cursor    string
}

func decodePage(o object) (page, error) {
	items, ok := o.list("profiles")
	if !ok {
		return page{}, fmt.Errorf("%w: profiles is no list", ErrMalformed)
	}
	if _, there := o["profiles"]; !there {
		return page{}, fmt.Errorf("%w: there is no list of profiles", ErrMalformed)
	}

	p := page{items: items, limit: -1, total: -1}
	meta, ok := o.object("_metadata")
	if !ok {
		return page{}, fmt.Errorf("%w: _metadata is no object", ErrMalformed)
	}

	if meta != nil {
		p.meta, p.limit, p.total = true, meta.number("limit"), meta.number("total")
		p.cursor = meta.text("after_id")
		_, p.hasCursor = meta["after_id"]
	}

	return p, nil
}

// profile is one decoded element of a page.
type profile struct {
	id         string
	fields     object
	attributes object
}

// errItem is the reason why an element is not a profile.
var errItem = errors.New("not a profile")

func decodeProfile(src json.RawMessage) (profile, error) {
	var p profile
	if json.Unmarshal(src, &p.fields) != nil || p.fields == nil {
		return p, fmt.Errorf("%w: expected an object", errItem)
	}
	p.id = p.fields.text(AccountID)
	if strings.TrimSpace(p.id) == "" {
		return p, fmt.Errorf("%w: it has no id", errItem)
	}

	attributes, ok := p.fields.object("attributes")
	if !ok {
		return p, fmt.Errorf("%w: the attributes of %s are no object", errItem, p.id)
	}
	p.attributes = attributes
	return p, nil
}

// archived reports whether the profile says that it is archived. The service
// returns archived profiles, with this flag, when it is asked with after_id.
func (p profile) archived() bool {
	return p.fields.flag("archived") || p.fields.text("archived_on") != ""
}
