package main

import (
	"fmt"
	"io"
	"time"
)

// instant is the value of a flag --now: an instant, or a day, which is its
// beginning in UTC.
type instant struct{ time.Time }

// UnmarshalText reads an instant such as 2026-01-15T09:00:00Z or a day such as
// 2026-01-15.
func (i *instant) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, string(text)); err == nil {
			i.Time = t
			return nil
		}
	}

	return fmt.Errorf("found %q, expected an instant such as 2026-01-15T09:00:00Z, or a day such as 2026-01-15", text)
}

// printNow says what the word now means, before anything that may depend on it.
func printNow(w io.Writer, now time.Time) error {
	_, err := fmt.Fprintf(w, "now is %s\n\n", now.Format(time.RFC3339Nano))
	return err
}
