package feed

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// ODataDate reads a date as OData 2 services write it in JSON, such as those of
// SuccessFactors: /Date(1717142400000)/, the milliseconds since 1970 in UTC, or
// /Date(1717142400000+0120)/ with an offset in minutes that says in which zone the
// time was meant. The instant does not depend on the offset; the returned time is
// in that zone. The escaped form \/Date(...)\/ is read as well.
//
// Source: OData JSON format 2.0, primitive types.
func ODataDate(text string) (t time.Time, ok bool) {
	text = strings.ReplaceAll(text, `\/`, "/")
	text, ok = strings.CutPrefix(text, "/Date(")
	if !ok {
		return t, false
	}
	if text, ok = strings.CutSuffix(text, ")/"); !ok {
		return t, false
	}

	// The first sign may be that of a time before 1970.
	offset := int64(0)
	if i := strings.LastIndexAny(text, "+-"); i > 0 {
		minutes, err := strconv.ParseInt(text[i:], 10, 32)
		if err != nil || minutes <= -24*60 || minutes >= 24*60 {
			return t, false
		}
		text, offset = text[:i], minutes
	}

	// Half of the range: nearer to its end the arithmetic of times overflows.
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms > math.MaxInt64/2 || ms < math.MinInt64/2 {
		return t, false
	}
	t = time.UnixMilli(ms).UTC()
	if offset != 0 {
		t = t.In(time.FixedZone("", int(offset)*60))
	}
	return t, true
}

// ExcelDate reads the serial number of a date in a spreadsheet: 45443 is
// 2024-05-31, a fraction is the time of the day. Whole milliseconds are returned,
// in UTC, for spreadsheets have no zones. Number 60 is 1900-02-29 there, a day that
// never was, and is refused; before it, days count from 1900-01-01 as 1.
// Spreadsheets of old Macintoshes count from 1904-01-01 as 0.
//
// Source: ECMA-376 part 1, 18.17.4.1.
func ExcelDate(text string, from1904 bool) (t time.Time, ok bool) {
	serial, err := strconv.ParseFloat(text, 64)
	if err != nil || serial < 0 || serial >= 2958466 || math.IsNaN(serial) {
		return t, false
	}
	day := math.Floor(serial)
	base := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from1904:
		base = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case day == 60 || day == 0 && serial != 0 || serial == 0:
		return t, false
	case day < 60:
		base = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	}

	ms := math.Round((serial - day) * 24 * 60 * 60 * 1000)
	return base.AddDate(0, 0, int(day)).Add(time.Duration(ms) * time.Millisecond), true
}
