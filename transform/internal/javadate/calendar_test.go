package javadate

import "testing"

// TestNearDate: the fast way from a day to its date gives what the general one gives.
func TestNearDate(t *testing.T) {
	for day := uint32(0); day < 1<<28; day += 1 + day>>14 { // every day for 45 years, ever fewer later
		year, month, dayOfMonth := nearDate(day)
		if y, m, d := farDate(int64(day)); y != year || m != month || d != dayOfMonth {
			t.Fatalf("day %d: %d-%d-%d, want %d-%d-%d", day, year, month+1, dayOfMonth, y, m+1, d)
		}
	}
	for day := uint32(600_000); day < 900_000; day++ { // years 1643 to 2465
		year, month, dayOfMonth := nearDate(day)
		if y, m, d := farDate(int64(day)); y != year || m != month || d != dayOfMonth {
			t.Fatalf("day %d: %d-%d-%d, want %d-%d-%d", day, year, month+1, dayOfMonth, y, m+1, d)
		}
	}
}
