package nonemployee

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// dateOut is how dates leave the package: RFC 3339, UTC, milliseconds.
const dateOut = "2006-01-02T15:04:05.000Z07:00"

// Date is an instant in UTC, to the millisecond. The zero Date is null.
type Date struct{ time.Time }

// At makes a Date of a time.
func At(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return Date{t.UTC().Truncate(time.Millisecond)}
}

// String gives RFC 3339 with milliseconds in UTC, "" for null.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.UTC().Format(dateOut)
}

// Day gives the calendar day in UTC as yyyy-MM-dd, "" for null.
func (d Date) Day() string {
	if d.IsZero() {
		return ""
	}
	return d.UTC().Format(time.DateOnly)
}

// MarshalJSON writes the RFC 3339 text or null.
func (d Date) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return []byte(`"` + d.String() + `"`), nil
}

// UnmarshalJSON reads every form of [ParseDate] as a JSON string, a JSON integer and null.
func (d *Date) UnmarshalJSON(src []byte) error {
	text, err := dateText(src)
	if err != nil {
		return err
	}
	if text == "" {
		*d = Date{}
		return nil
	}

	*d, err = ParseDate(text)
	return err
}

// dateText turns a JSON value into text for ParseDate: null is "", an integer of any
// size becomes RFC 3339.
func dateText(src []byte) (string, error) {
	var v any
	dec := json.NewDecoder(strings.NewReader(string(src)))

	// Milliseconds would lose digits as floats.
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return "", err
	}

	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number:
		d, err := epoch(v.String())
		return d.String(), err
	}

	return "", fmt.Errorf("cannot read %s as a date, expected text or an integer", src)
}

var (
	dateForm  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	epochForm = regexp.MustCompile(`^-?\d{9,}$`)
)

// dateLayouts: seconds may be missing, the colon of the offset too. A fraction after
// the seconds is accepted by the time package without being named.
var dateLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700",
}

// ParseDate reads RFC 3339 (with or without fraction, seconds optional, offset with or
// without colon), a plain yyyy-MM-dd (midnight UTC), and epoch seconds of nine digits
// or more; numbers above 1e11 are milliseconds (DECISION N7). Blank text is an error.
func ParseDate(text string) (Date, error) {
	text = strings.TrimSpace(text)
	if epochForm.MatchString(text) {
		return epoch(text)
	}

	// The form is asked first, since a time layout takes a date with one digit for the month as well.
	if dateForm.MatchString(text) {
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return checkYear(t, text)
		}
	}

	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return checkYear(t, text)
		}
	}

	return Date{}, fmt.Errorf("cannot parse %q as a date, expected yyyy-MM-dd or RFC 3339", text)
}

func epoch(text string) (Date, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Date{}, fmt.Errorf("cannot parse %q as a date, expected whole epoch seconds", text)
	}
	if n > 1e11 || n < -1e11 {
		return checkYear(time.UnixMilli(n), text)
	}
	return checkYear(time.Unix(n, 0), text)
}

// checkYear keeps dates within what RFC 3339 can write; year one is the null date.
func checkYear(t time.Time, text string) (Date, error) {
	if y := t.UTC().Year(); y < 2 || y > 9999 {
		return Date{}, fmt.Errorf("cannot use %q as a date, expected a year from 0002 to 9999", text)
	}
	return At(t), nil
}
