package pipeline

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/reflectx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

// A runner keeps books for every element and every key of a shuffle: Prism about a
// kilobyte. So records do not travel one by one. They are gathered in packs, and what
// is grouped are packs, by a bucket that their keys share; whoever takes a bucket sorts
// its records by key. A bucket must fit one worker, the records of a key need not:
// [lookup] lets them pass.

func init() {
	registerPacks[Row]()
	registerPacks[Pending]()
	registerPacks[Joined]()
	registerPacks[Person]()
	registerPacks[KeyUse]()
	registerPacks[Offers]()
	registerPacks[Answer]()
	registerPacks[Evaluated]()
	registerPacks[Claimant]()
	registerPacks[Boss]()
	registerPacks[Settling]()
	registerPacks[Report]()
	registerPacks[Named]()
	registerPacks[Lost]()
	registerPacks[Near]()
	registerPacks[Probes]()
	registerPacks[string]()
	registerPacks[int64]()
	register.Emitter2[int, []byte]()
	register.Iter1[[]byte]()
}

// registerPacks registers what packs records. Beam's own register.DoFn4x0 spares
// reflection for any function of its form; eighteen of these took the compiler 6 GB.
func registerPacks[T any]() {
	beam.RegisterType(reflect.TypeFor[*packFn[T]]())
	register.Emitter2[string, T]()
	reflectx.RegisterFunc(reflect.TypeFor[packing[T]](), func(fn any) reflectx.Func { return packer[T]{fn} })
}

// packing is the form of the method that takes in a record.
type packing[T any] = func(ctx context.Context, key string, record T, emit func(int, []byte))

// packer calls it.
type packer[T any] struct{ fn any }

// Name is that of the form.
func (p packer[T]) Name() string { return "packing" }

// Type is the form.
func (p packer[T]) Type() reflect.Type { return reflect.TypeFor[packing[T]]() }

// Call calls the method.
func (p packer[T]) Call(args []any) []any {
	p.fn.(packing[T])(args[0].(context.Context), args[1].(string), args[2].(T), args[3].(func(int, []byte)))
	return nil
}

// Bounds of packs, in bytes.
const (
	packSize    = 32 << 10 // a pack is handed on when it is longer
	maxUnpacked = 32 << 20 // all are, when they are longer together
	maxMerging  = 4096     // records that are merged before they are packed
)

// packed packs records by their keys: those of several collections for one shuffle.
func packed[T any](p *plan, s beam.Scope, stage string, records ...beam.PCollection) beam.PCollection {
	return packAll[T](p, s, packFn[T]{Stage: stage}, records)
}

// mergedPacks packs records that become one when they have the same key, as far as they
// meet before the shuffle.
func mergedPacks[T any](p *plan, s beam.Scope, stage string, records ...beam.PCollection) beam.PCollection {
	return packAll[T](p, s, packFn[T]{Stage: stage, Merge: true, Limit: p.job.Bounds.Candidates}, records)
}

func packAll[T any](p *plan, s beam.Scope, f packFn[T], records []beam.PCollection) beam.PCollection {
	f.Buckets = p.job.Bounds.Buckets
	packs := make([]beam.PCollection, len(records))
	for i, c := range records {
		own := f
		packs[i] = beam.ParDo(s, &own, c)
	}
	return flattened(s, packs)
}

// flattened spares the runner a stage where there is one collection.
func flattened(s beam.Scope, list []beam.PCollection) beam.PCollection {
	if len(list) == 1 {
		return list[0]
	}
	return beam.Flatten(s, list...)
}

// packFn gathers the records of a bundle.
type packFn[T any] struct {
	Stage   string
	Buckets int
	Merge   bool
	Limit   int // candidates that are kept of a key

	open    map[int]*writer
	size    int
	merging map[string]T
	meter   meter
}

// StartBundle forgets what an attempt has left.
func (f *packFn[T]) StartBundle(func(int, []byte)) {
	f.open, f.size, f.merging = map[int]*writer{}, 0, map[string]T{}
	f.meter = newMeter(f.Stage)
}

// ProcessElement takes a record in.
func (f *packFn[T]) ProcessElement(ctx context.Context, key string, record T, emit func(int, []byte)) {
	if !f.Merge {
		f.add(ctx, key, &record, emit)
		return
	}
	if other, ok := f.merging[key]; ok {
		record = merged(f.Limit, other, record)
	} else if len(f.merging) >= maxMerging {
		f.flushMerging(ctx, emit)
	}
	f.merging[key] = record
}

// FinishBundle hands on what is left.
func (f *packFn[T]) FinishBundle(ctx context.Context, emit func(int, []byte)) {
	f.flushMerging(ctx, emit)
	f.flush(ctx, emit)
}

func (f *packFn[T]) flushMerging(ctx context.Context, emit func(int, []byte)) {
	for key, record := range f.merging {
		f.add(ctx, key, &record, emit)
	}
	clear(f.merging)
}

func (f *packFn[T]) flush(ctx context.Context, emit func(int, []byte)) {
	for bucket, w := range f.open {
		if w.records > 0 {
			f.emit(ctx, bucket, w, emit)
		}
	}
}

func (f *packFn[T]) add(ctx context.Context, key string, record *T, emit func(int, []byte)) {
	// The bucket of a key is fixed, so all of a key arrives at one worker, and there are few groups however many
	// keys.
	bucket := bucketOf(key, f.Buckets)
	w := f.open[bucket]
	if w == nil {
		w = &writer{inPack: true}
		f.open[bucket] = w
	}

	before := len(w.b)
	w.text(key)
	w.sized(func() { put(w, record) })
	w.records++

	// The runner is given pieces of limited size: those of one bucket when they are long, all when together they
	// hold much memory.
	f.size += len(w.b) - before
	switch {
	case len(w.b) > packSize:
		f.emit(ctx, bucket, w, emit)
	case f.size > maxUnpacked:
		f.flush(ctx, emit)
	}
}

func (f *packFn[T]) emit(ctx context.Context, bucket int, w *writer, emit func(int, []byte)) {
	f.size -= len(w.b)
	pack := w.pack()
	f.meter.add(ctx, w.records, len(pack))
	emit(bucket, pack)
	*w = writer{inPack: true, b: w.b[:0]}
}

func bucketOf(key string, buckets int) int {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never fails
	return int(h.Sum64() % uint64(buckets))
}

// pack returns the schemas and the records as one text of bytes.
func (w *writer) pack() []byte {
	head := writer{b: make([]byte, 0, len(w.b)+64)}
	head.uint(uint64(len(w.schemas)))
	for _, s := range w.schemas {
		head.text(strings.Join(s.Names(), "\x00"))
	}
	return append(head.b, w.b...)
}

// sized writes the length of something before it.
func (w *writer) sized(write func()) {
	start := len(w.b)
	write()
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(w.b)-start))
	w.b = slices.Insert(w.b, start, length[:n]...)
}

// merger is a record that becomes one with others of its key; in any order.
type merger[T any] interface{ merge(limit int, other T) T }

// merged makes one record of two. Equal texts are one, numbers are added.
func merged[T any](limit int, a, b T) T {
	switch x := any(a).(type) {
	case merger[T]:
		return x.merge(limit, b)
	case int64:
		return any(x + any(b).(int64)).(T)
	}
	return a
}

// parts is a record that writes and reads itself.
type parts interface {
	put(w *writer)
	get(r *reader)
}

func put[T any](w *writer, v *T) {
	switch x := any(v).(type) {
	case *string:
		w.b = append(w.b, *x...)
	case *int64:
		w.int(*x)
	case parts:
		x.put(w)
	}
}

func get[T any](r *reader, v *T) {
	switch x := any(v).(type) {
	case *string:
		*x = r.Rest()
	case *int64:
		*x = r.Varint()
	case parts:
		x.get(r)
	}
}
