package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Nearly all memory of a large tenant is rows without pointers, which cost the collector nothing:
// once there is much of it, the collector may come often instead of letting as much again be
// filled before it looks. While there is little, its own start is what it costs.
const (
	muchMemory    = 256 << 20 // bytes in use
	thriftPercent = 12
)

// thrift has the collector come more often as soon as much memory is in use. Whoever has set
// GOGC knows better.
func thrift() {
	before := debug.SetGCPercent(100)
	if before != 100 {
		debug.SetGCPercent(before)
		return
	}

	// What nobody holds is told of in each collection.
	type told struct{ _ *int }
	var hear func(*told)
	hear = func(*told) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		if live[0].Value.Kind() != metrics.KindUint64 || live[0].Value.Uint64() < muchMemory {
			runtime.SetFinalizer(new(told), hear)
			return
		}
		debug.SetGCPercent(thriftPercent)
	}
	runtime.SetFinalizer(new(told), hear)
}
