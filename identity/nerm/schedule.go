package nerm

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/diag"
)

// Schedule says when a source is aggregated: at full hours of some or all days
// of the week. It is a value for the host's own scheduler; nothing here waits.
type Schedule struct {
	Hours    []int          `json:"hours"`              // 0 to 23
	Weekdays []time.Weekday `json:"weekdays,omitempty"` // Sunday is 0; empty: every day
}

// Check reports hours and days that do not exist.
func (s *Schedule) Check() (list diag.List) {
	if len(s.Hours) == 0 {
		list.Addf(diag.Error, codeNermSchedule, diag.Pos{}, "the schedule has no hours, expected at least one")
	}
	for _, h := range s.Hours {
		if h < 0 || h > 23 {
			list.Addf(diag.Error, codeNermSchedule, diag.Pos{}, "hour is %d, expected 0 to 23", h)
		}
	}

	for _, d := range s.Weekdays {
		if d < time.Sunday || d > time.Saturday {
			list.Addf(diag.Error, codeNermSchedule, diag.Pos{}, "weekday is %d, expected 0 (Sunday) to 6", int(d))
		}
	}

	return list
}

// Next returns the first time of the schedule after t, in the location of t. An
// hour that a clock change skips counts as the first moment behind the gap, one
// that comes twice as the first of the two. A day that a change of zone skips as
// a whole has no hours. It returns the zero time when the schedule has no valid
// hour or day.
func (s *Schedule) Next(t time.Time) time.Time {
	hours := slices.Sorted(slices.Values(s.Hours))
	year, month, today := t.Date()

	// Days are counted in UTC, where every day exists and has 24 hours. The week
	// may begin with a day that is skipped, so eight days are not enough.
	for day := range 15 {
		midnight := time.Date(year, month, today+day, 0, 0, 0, 0, time.UTC)
		if len(s.Weekdays) > 0 && !slices.Contains(s.Weekdays, midnight.Weekday()) {
			continue
		}

		// An hour of the day may not exist, or be before now; the first that is neither counts.
		for _, h := range hours {
			if h < 0 || h > 23 {
				continue
			}
			at, ok := wallClock(midnight.Add(time.Duration(h)*time.Hour), t.Location())
			if ok && at.After(t) {
				return at
			}
		}
	}

	return time.Time{}
}

// wallClock returns the first moment at which clocks of a location show what
// those of UTC show at utc, or the end of the gap when they never do. ok is false
// when they pass over the whole day. [time.Date] leaves open which side of a gap
// it takes.
func wallClock(utc time.Time, loc *time.Location) (at time.Time, ok bool) {
	_, before := utc.Add(-36 * time.Hour).In(loc).Zone()
	_, after := utc.Add(36 * time.Hour).In(loc).Zone()
	for _, offset := range []int{max(before, after), min(before, after)} {
		at = utc.Add(-time.Duration(offset) * time.Second).In(loc)
		if _, actual := at.Zone(); actual == offset {
			return at, true
		}
	}

	if after-before > 12*60*60 {
		return time.Time{}, false
	}
	start, _ := utc.Add(-time.Duration(before) * time.Second).In(loc).ZoneBounds()
	return start, true
}

// Cron returns the schedule as the Quartz cron expression that the product's
// source schedules use, such as "0 0 5,13,21 * * ?".
func (s *Schedule) Cron() string {
	join := func(numbers []int) string {
		var parts []string
		for _, n := range slices.Compact(slices.Sorted(slices.Values(numbers))) {
			parts = append(parts, strconv.Itoa(n))
		}
		return strings.Join(parts, ",")
	}

	if len(s.Weekdays) == 0 {
		return fmt.Sprintf("0 0 %s * * ?", join(s.Hours))
	}
	days := make([]int, len(s.Weekdays))
	for i, d := range s.Weekdays {
		days[i] = int(d) + 1 // Quartz counts from Sunday = 1
	}
	return fmt.Sprintf("0 0 %s ? * %s", join(s.Hours), join(days))
}
