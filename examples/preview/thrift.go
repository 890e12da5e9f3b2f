package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Nearly all memory of a large tenant is rows without pointers, which cost the collector nothing:
// it need not let as much again be filled before it looks, as it does by itself. While there is
// little, its own start is what it costs.
const (
	freeMemory  = 32 << 20 // bytes that may always be filled
	freePercent = 12       // of what is in use, likewise
)

// thrift has the collector come more often the more memory is in use. Whoever has set GOGC
// knows better.
func thrift() {
	if os.Getenv("GOGC") != "" {
		return
	}

	// What nobody holds is told of after each collection. It has a pointer, as values without one
	// share their memory with others and may stay.
	type told struct{ _ *int }
	live, percent := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}, 100
	var hear func(*told)
	hear = func(*told) {
		metrics.Read(live)
		if live[0].Value.Kind() != metrics.KindUint64 {
			return
		}
		if p := percentFor(live[0].Value.Uint64()); p != percent {
			percent = p
			debug.SetGCPercent(p)
		}
		runtime.SetFinalizer(new(told), hear)
	}
	runtime.SetFinalizer(new(told), hear)
}

// percentFor is how much may be filled beside so many bytes in use.
func percentFor(live uint64) int {
	return int(min(100, max(freePercent, 100*freeMemory/max(live, 1))))
}
