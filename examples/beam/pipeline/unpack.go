package pipeline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
)

// record is one of a pack.
type record struct {
	key     string
	body    string
	schemas []*identity.Schema
}

// unpack hands out the records of a pack.
func unpack(pack []byte, take func(record) error) error {
	r := newReader(string(pack))
	schemas := make([]*identity.Schema, r.Count())
	for i := range schemas {
		schemas[i] = interned.of(r.Text())
	}

	for r.Err() == nil && r.Len() > 0 {
		if err := take(record{key: r.Text(), body: r.Text(), schemas: schemas}); err != nil {
			return err
		}
	}

	return r.done("a pack")
}

// decode reads a record into v.
func decode[T any](x *record, v *T) error {
	r := newReader(x.body)
	r.schemas, r.inPack = x.schemas, true
	get(r, v)
	return r.done(fmt.Sprintf("%T", *v))
}

// sorted gathers the records of a bucket, by key.
func sorted(packs func(*[]byte) bool) ([]record, error) {
	var list []record
	var pack []byte
	for packs(&pack) {
		if err := unpack(pack, func(x record) error { list = append(list, x); return nil }); err != nil {
			return nil, err
		}
	}

	slices.SortStableFunc(list, func(a, b record) int { return strings.Compare(a.key, b.key) })
	return list, nil
}

// group cuts off the records of the first key.
func group(list []record, key string) (same, rest []record) {
	n := 0
	for n < len(list) && list[n].key == key {
		n++
	}
	return list[:n], list[n:]
}

// values iterates over records, as Beam does over values; err keeps the first error.
func values[T any](list []record, err *error) func(*T) bool {
	return func(v *T) bool {
		if len(list) == 0 || *err != nil {
			return false
		}
		var zero T
		*v = zero
		*err = decode(&list[0], v)
		list = list[1:]
		return *err == nil
	}
}

// each calls do for each key of a bucket.
func each[T any](packs func(*[]byte) bool, do func(key string, records func(*T) bool) error) error {
	list, err := sorted(packs)
	for len(list) > 0 && err == nil {
		key := list[0].key
		var same []record
		same, list = group(list, key)
		if e := do(key, values[T](same, &err)); err == nil {
			err = e
		}
	}

	return err
}

// eachOf calls do for each key of a bucket that records of either kind have.
func eachOf[A, B any](packsA, packsB func(*[]byte) bool,
	do func(key string, as func(*A) bool, bs func(*B) bool) error) error {
	as, err := sorted(packsA)
	if err != nil {
		return err
	}
	bs, err := sorted(packsB)
	for len(as)+len(bs) > 0 && err == nil {
		var key string
		if len(bs) == 0 || len(as) > 0 && as[0].key < bs[0].key {
			key = as[0].key
		} else {
			key = bs[0].key
		}

		var sameA, sameB []record
		sameA, as = group(as, key)
		sameB, bs = group(bs, key)
		if e := do(key, values[A](sameA, &err), values[B](sameB, &err)); err == nil {
			err = e
		}
	}

	return err
}

// mergedByKey merges the records of each key.
func mergedByKey[T any](limit int, packs func(*[]byte) bool) (map[string]*T, error) {
	byKey := map[string]*T{}
	return byKey, stream(packs, func(key string, v *T) error {
		if other := byKey[key]; other != nil {
			*other = merged(limit, *other, *v)
		} else {
			byKey[key] = v
		}
		return nil
	})
}

// eachMerged calls do for each key with the one record that those of the key become.
func eachMerged[T any](limit int, packs func(*[]byte) bool, do func(key string, v *T) error) error {
	byKey, err := mergedByKey[T](limit, packs)
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		if err == nil {
			err = do(key, byKey[key])
		}
	}
	return err
}

// lookup merges the records of the first kind by key, and lets those of the second pass
// by, each with what is found under its key. However many have one key, a worker holds
// one of them.
func lookup[A, B any](limit int, packsA, packsB func(*[]byte) bool, do func(key string, a *A, b *B) error) error {
	byKey, err := mergedByKey[A](limit, packsA)
	if err != nil {
		return err
	}
	return stream(packsB, func(key string, b *B) error {
		if a := byKey[key]; a != nil {
			return do(key, a, b)
		}
		return nil
	})
}

// stream calls do for each record, in no order.
func stream[T any](packs func(*[]byte) bool, do func(key string, v *T) error) error {
	var pack []byte
	for packs(&pack) {
		if err := streamPack(pack, do); err != nil {
			return err
		}
	}

	return nil
}

func streamPack[T any](pack []byte, do func(key string, v *T) error) error {
	return unpack(pack, func(x record) error {
		v := new(T)
		if err := decode(&x, v); err != nil {
			return err
		}
		return do(x.key, v)
	})
}
