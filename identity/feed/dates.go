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
