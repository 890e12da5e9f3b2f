package correlate

import (
	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Keyer works out what identities are found by, without putting it: each goroutine has its
// own, and the index stays as it is until [Index.Commit]. It serves an index that is
// [Index.Plain].
type Keyer struct {
	x       *Index
	eval    evaluator
	pending [][]pendingKey // by column
	text    []byte         // of all keys
}

// pendingKey is a key of an identity that the column does not have yet.
type pendingKey struct {
	hash       uint64
	n          int32
	start, end uint32 // in the text of the keyer
}

// Plain reports whether each key is made of one attribute, without expressions, so that it
// can be worked out without the other values.
func (x *Index) Plain() bool {
	for i := range x.specs {
		if !x.specs[i].plain() {
			return false
		}
	}
	for _, values := range x.raw {
		if values != nil {
			return false
		}
	}

	return true
}

// NewKeyer returns a keyer of an index.
func (x *Index) NewKeyer() *Keyer {
	return &Keyer{x: x, eval: evaluator{env: x.eval.env}, pending: make([][]pendingKey, len(x.columns))}
}

// Put is [Index.Put] at a later time. Nothing of the value is kept. Between two commits an
// identity gets a key once, from whichever keyer.
func (k *Keyer) Put(n int32, key int, v identity.Value) {
	for _, i := range k.x.byKey[key] {
		short := join.Short(k.x.specs[i].keyOf(&k.eval, v))
		start := uint32(len(k.text))
		k.text = append(k.text, short...)
		k.pending[i] = append(k.pending[i], pendingKey{hash: join.Hash(short), n: n, start: start, end: uint32(len(k.text))})
	}
}

// Commit puts what keyers have worked out and empties them: column by column, for what one
// column needs is at hand in the processor then. Several keyers are goroutines of the caller,
// and columns know nothing of each other: as many of them are filled side by side.
func (x *Index) Commit(keyers ...*Keyer) {
	x.altered, x.epoch = nil, 0
	join.Parallel(len(keyers), len(x.columns), func(_, column int) { x.commit(column, keyers) })
	for _, k := range keyers {
		k.text = k.text[:0]
	}
}

// commit puts what keyers have for one column.
func (x *Index) commit(column int, keyers []*Keyer) {
	c := &x.columns[column]
	c.gathers = true
	for _, k := range keyers {
		for _, p := range k.pending[column] {
			x.putHashed(p.n, column, k.text[p.start:p.end], p.hash)
		}
		k.pending[column] = k.pending[column][:0]
	}
	c.settle()
	c.gathers = false
}
