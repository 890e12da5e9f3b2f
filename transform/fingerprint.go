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

// fingerprint notes the fingerprints of the transforms in a tree and returns that of the
// tree.
func (u *Unit) fingerprint(n *jsondoc.Node) fingerprint {
	kind := n.Kind()
	f := fingerprint{uint64(kind)}
	switch kind {
	case jsondoc.Object:
		for _, m := range n.Members() {
			f = f.then(fingerprintOf(m.Key), u.fingerprint(m.Value))
		}
	case jsondoc.Array:
		for _, item := range n.Items() {
			f = f.then(u.fingerprint(item), fingerprint{})
		}
	default:
		return f.then(fingerprintOf(n.Text()), fingerprint{})
	}

	if _, ok := n.Get("type").Str(); ok {
		u.prints[n] = f
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
