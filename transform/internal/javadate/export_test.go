package javadate

import "time"

// What tests alone ask for.

// Time returns the moment in UTC.
func (i Instant) Time() time.Time { return time.Unix(i.second, int64(i.nano)).UTC() }
