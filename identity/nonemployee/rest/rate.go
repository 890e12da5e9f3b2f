package rest

import (
	"sync"
	"time"
)

// Rate is a number of requests in a span of time.
type Rate struct {
	Requests int // not positive: no bound
	Per      time.Duration
}

// maxActors bounds the memory of a limiter.
const maxActors = 10_000

// limiter counts requests per actor in fixed windows.
type limiter struct {
	rate Rate
	mu   *sync.Mutex
	seen map[string]window
}

type window struct {
	from  time.Time
	count int
}

func newLimiter(r Rate) limiter { return limiter{r, new(sync.Mutex), map[string]window{}} }

// wait counts a request; it gives the seconds to wait when there were too many.
func (l limiter) wait(actor string, now time.Time) int {
	if l.rate.Requests <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w, ok := l.seen[actor]
	if !ok && len(l.seen) >= maxActors {
		l.forget(now)
		if len(l.seen) >= maxActors {
			return seconds(l.rate.Per)
		}
	}
	if !ok || l.over(w, now) {
		w = window{from: now}
	}
	w.count++
	l.seen[actor] = w
	if w.count <= l.rate.Requests {
		return 0
	}
	return seconds(w.from.Add(l.rate.Per).Sub(now))
}

func (l limiter) over(w window, now time.Time) bool {
	return now.Sub(w.from) >= l.rate.Per || now.Before(w.from)
}

func (l limiter) forget(now time.Time) {
	for actor, w := range l.seen {
		if l.over(w, now) {
			delete(l.seen, actor)
		}
	}
}

func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }
