package transform

import (
	"hash/maphash"

	"github.com/idprofile/engine/identity/jsondoc"
)

// fingerprint tells the text of a subtree from all others: two hashes, whose seeds nobody
// knows. The texts themselves would take, for each level of a deep tree, as much memory as
// the tree has text.
type fingerprint [2]uint64

var printSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// print returns the fingerprint of a subtree that was noted.
func (u *Unit) print(n *jsondoc.Node) fingerprint {
	if f, ok := u.prints[n]; ok {
		return f
	}
	return u.storedPrints[n]
}

// fingerprints notes the fingerprints of the transforms in a tree and returns that of the
// tree.
func fingerprints(n *jsondoc.Node, noted map[*jsondoc.Node]fingerprint) fingerprint {
	kind := n.Kind()
	f := fingerprint{uint64(kind)}
	switch kind {
	case jsondoc.Object:
		for _, m := range n.Members() {
			f = f.then(fingerprintOf(m.Key), fingerprints(m.Value, noted))
		}
	case jsondoc.Array:
		for _, item := range n.Items() {
			f = f.then(fingerprints(item, noted), fingerprint{})
		}
	default:
		return f.then(fingerprintOf(n.Text()), fingerprint{})
	}

	if _, ok := n.Get("type").Str(); ok {
		noted[n] = f
	}
	return f
}

func fingerprintOf(text string) fingerprint {
	return fingerprint{maphash.String(printSeeds[0], text), maphash.String(printSeeds[1], text)}
}

// then is the fingerprint of what f stands for with a and b behind it.
func (f fingerprint) then(a, b fingerprint) fingerprint {
	all := [3]fingerprint{f, a, b}
	return fingerprint{maphash.Comparable(printSeeds[0], all), maphash.Comparable(printSeeds[1], all)}
}
