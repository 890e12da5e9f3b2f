package isc

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Rate is a number of calls in a span of time.
type Rate struct {
	Requests int // not positive: no bound
	Per      time.Duration
}

// maxCallers bounds the memory of a limiter.
const maxCallers = 10_000

// Limiter counts calls per caller in fixed windows. It is safe for concurrent use.
type Limiter struct {
	rate Rate
	mu   sync.Mutex
	seen map[string]window
}

type window struct {
	from  time.Time
	count int
}

// NewLimiter returns a limiter in which nobody has called.
func NewLimiter(r Rate) *Limiter { return &Limiter{rate: r, seen: map[string]window{}} }

// Count counts a call; it gives the seconds to wait when there were too many.
func (l *Limiter) Count(caller string, now time.Time) int {
	return l.wait(caller, now, 1)
}

// Wait gives the seconds to wait when one more call would be too many, and counts
// nothing: for calls that count only when they fail, such as wrong tokens.
func (l *Limiter) Wait(caller string, now time.Time) int {
	return l.wait(caller, now, 0)
}

func (l *Limiter) wait(caller string, now time.Time, n int) int {
	if l.rate.Requests <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()

	// When the table is full, strangers wait: to forget somebody would lift a bound.
	w, known := l.seen[caller]
	if !known && len(l.seen) >= maxCallers {
		l.forget(now)
		if len(l.seen) >= maxCallers {
			return seconds(l.rate.Per)
		}
	}

	if !known || l.over(w, now) {
		w = window{from: now}
	}

	// The request that meets the bound still passes, the next one does not; asking without counting (n
	// is 0) says what would happen.
	w.count += n
	if n > 0 {
		l.seen[caller] = w
	}
	if w.count < l.rate.Requests || n > 0 && w.count == l.rate.Requests {
		return 0
	}
	return seconds(w.from.Add(l.rate.Per).Sub(now))
}

func (l *Limiter) over(w window, now time.Time) bool {
	return now.Sub(w.from) >= l.rate.Per || now.Before(w.from)
}

func (l *Limiter) forget(now time.Time) {
	for caller, w := range l.seen {
		if l.over(w, now) {
			delete(l.seen, caller)
		}
	}
}

func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// RemoteHost is the address of a client without its port, as a caller of a
// [Limiter].
func RemoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
