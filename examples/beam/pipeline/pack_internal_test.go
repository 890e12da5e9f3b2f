package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// packsOf packs records as a bundle does, by bucket.
func packsOf[T any](t *testing.T, f packFn[T], keys []string, record func(n int) T) map[int][][]byte {
	t.Helper()
	packs := map[int][][]byte{}
	emit := func(bucket int, pack []byte) { packs[bucket] = append(packs[bucket], pack) }
	f.StartBundle(emit)
	for n, key := range keys {
		f.ProcessElement(t.Context(), key, record(n), emit)
	}
	f.FinishBundle(t.Context(), emit)
	return packs
}

// all iterates over packs as Beam does.
func all(packs [][]byte) func(*[]byte) bool {
	return func(to *[]byte) bool {
		if len(packs) == 0 {
			return false
		}
		*to, packs = packs[0], packs[1:]
		return true
	}
}

// rowOf is an account of one of two shards, whose schemas have the same names, or of
// another source.
func rowOf(n int) Row {
	shards := []*identity.Schema{identity.NewSchema("id", "mail"), identity.NewSchema("id", "mail"),
		identity.NewSchema("login")}
	schema := shards[n%len(shards)]
	values := make([]identity.Value, schema.Len())
	for i := range values {
		values[i] = identity.StringValue(strings.Repeat("x", n%50) + fmt.Sprint(n))
	}
	return Row{profile.PlacedAccount{Place: int64(n), Account: identity.Account{Source: "HR",
		NativeIdentity: fmt.Sprint(n), Attributes: identity.Pack(schema, values)}}}
}

func keysOf(records, keys int) []string {
	list := make([]string, records)
	for n := range list {
		list[n] = fmt.Sprint("key", n%keys)
	}
	return list
}

// Records come out of their packs as they went in, each key in one bucket and in the
// order in which it was packed.
func TestPacks(t *testing.T) {
	const records, keys = 5000, 700
	want := map[string][]string{}
	for n, key := range keysOf(records, keys) {
		row := rowOf(n)
		want[key] = append(want[key], fmt.Sprint(row.Place, row.Account.NativeIdentity, row.Account.Attributes.Row(),
			row.Account.Attributes.Schema().Names()))
	}

	got := map[string][]string{}
	packs := packsOf(t, packFn[Row]{Stage: "test", Buckets: 8}, keysOf(records, keys), rowOf)
	for _, list := range packs {
		err := each(all(list), func(key string, rows func(*Row) bool) error {
			if got[key] != nil {
				t.Errorf("the key %s comes twice", key)
			}
			var row Row
			for rows(&row) {
				got[key] = append(got[key], fmt.Sprint(row.Place, row.Account.NativeIdentity, row.Account.Attributes.Row(),
					row.Account.Attributes.Schema().Names()))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for _, list := range packs {
		if len(list) < 2 {
			t.Errorf("a bucket has %d packs, so that nothing is shown of several", len(list))
		}
	}
}

// A pack that was cut is an error wherever it was cut, unless a record ends there.
func TestCutPacks(t *testing.T) {
	pack := packsOf(t, packFn[Row]{Stage: "test", Buckets: 1}, keysOf(3, 3), rowOf)[0][0]
	whole := 0
	for n := range pack {
		count := 0
		err := stream(all([][]byte{pack[:n]}), func(string, *Row) error { count++; return nil })
		if err == nil {
			whole++
		}
		if count > 2 {
			t.Errorf("%d records are in the first %d of %d bytes", count, n, len(pack))
		}
	}
	if whole != 3 { // before the first, the second and the third record
		t.Errorf("%d cuts were taken; expected those where a record ends", whole)
	}
}

// Records that pass by are not held: of a key that all have, one is.
func TestLookup(t *testing.T) {
	const records = 3000
	claim := func(n int) Claimant {
		return Claimant{ID: fmt.Sprint(n), Claim: profile.Claim{Profile: (n + 7) % records}}
	}
	hot := keysOf(records, 1)
	best := packsOf(t, packFn[Claimant]{Stage: "best", Buckets: 1, Merge: true}, hot, claim)
	claims := packsOf(t, packFn[Claimant]{Stage: "claims", Buckets: 1}, hot, claim)
	seen := 0
	err := lookup(0, all(best[0]), all(claims[0]), func(_ string, best, c *Claimant) error {
		if seen++; best.ID != "2993" {
			return fmt.Errorf("%s is the best claimant; expected 2993", best.ID)
		}
		return nil
	})
	if err != nil || seen != records {
		t.Errorf("%d of %d claims came by: %v", seen, records, err)
	}
	if n := len(slices.Concat(best[0]...)); n > 100 {
		t.Errorf("the best claimant takes %d bytes; expected one record", n)
	}
}
