package join

// Result is what a join found.
type Result struct {
	rows   []int32 // probe side row of each probe, ascending
	single bool    // no row has two probes
	refs   []ref   // by probe
	ids    []int32 // build side rows, grouped by key
}

// ref is a group of build rows with one key.
type ref struct{ start, n int32 }

// Probes returns the number of keys that the probe side had.
func (r *Result) Probes() int { return len(r.rows) }

// Row returns the probe side row of a probe; rows ascend with probes.
func (r *Result) Row(probe int) int32 { return r.rows[probe] }

// Single reports whether no row has two probes.
func (r *Result) Single() bool { return r.single }

// Matches returns the build side rows that have the key of the probe, ascending.
// The caller must not change them.
func (r *Result) Matches(probe int) []int32 {
	g := r.refs[probe]
	return r.ids[g.start : g.start+g.n : g.start+g.n]
}

// partitionSize is about how many build tuples a partition should hold, so that
// it fits into the second level cache with its table.
const partitionSize = 4096

// Memory is what a join works in. Several joins one after the other can share
// it; results do not. The zero Memory is ready to use.
type Memory struct {
	build, probe side
	tables       []table
}

// Run joins two sides on the given number of workers.
func (m *Memory) Run(build, probe Rows, workers int) *Result {
	probes := read(probe, workers, nil, &m.probe)
	r := &Result{}
	r.rows, r.single = number(probes)
	r.refs = make([]ref, len(r.rows))
	if len(r.rows) == 0 || build.Len == 0 {
		return r
	}

	// Few questions to a large side: most of its rows can be left out as they are read.
	var keep *filter
	if len(r.rows) < build.Len/2 {
		keep = newFilter(probes, len(r.rows))
	}
	built := read(build, workers, keep, &m.build)
	total := 0
	for i := range built {
		total += len(built[i].tuples)
	}

	// A partition should stay in the cache of a processor; more than some thousand of them would cost
	// more than that gains.
	bits := 0
	for total>>bits > partitionSize && bits < 11 {
		bits++
	}
	b := scatter(built, bits, workers, &m.build)
	p := scatter(probes, bits, workers, &m.probe)
	r.ids = make([]int32, total)
	for len(m.tables) < workers || len(m.tables) == 0 {
		m.tables = append(m.tables, table{})
	}
	Parallel(workers, 1<<bits, func(worker, i int) {
		m.tables[worker].join(r, &b, &p, i)
	})
	return r
}

// table is the memory of one worker: an open hash table over a partition.
type table struct {
	slots  []int32 // 1 + group; 0: free
	groups []group
	of     []int32 // group of each build tuple
}

type group struct {
	first int32 // index of its first tuple
	ref   ref
	next  int32 // where the next id goes
}

func (t *table) join(r *Result, b, p *scattered, i int) {
	build, probe := b.part(i), p.part(i)
	if len(build) == 0 || len(probe) == 0 {
		return
	}

	// Partitions do not overlap, so that each worker writes to its own part of the result.
	t.build(r, b, build, int32(b.starts[i]))
	mask := uint64(len(t.slots) - 1)
	for j := range probe {
		x := &probe[j]
		for s := uint64(x.tag) & mask; t.slots[s] != 0; s = (s + 1) & mask {
			g := &t.groups[t.slots[s]-1]
			if y := &build[g.first]; y.tag == x.tag && b.equal(y, p, x) {
				r.refs[x.row] = g.ref
				break
			}
		}
	}
}

// build groups the tuples of a partition by key and writes their rows.
func (t *table) build(r *Result, b *scattered, build []located, start int32) {
	// At most half of the slots are taken, so that a search ends soon at an empty one.
	size := 16
	for size < 2*len(build) {
		size *= 2
	}
	if cap(t.slots) < size {
		t.slots = make([]int32, size)
	}
	t.slots = t.slots[:size]
	clear(t.slots)
	t.groups, t.of = t.groups[:0], t.of[:0]
	mask := uint64(size - 1)
	for j := range build {
		x := &build[j]
		s := uint64(x.tag) & mask
		for ; t.slots[s] != 0; s = (s + 1) & mask {
			// The tag is half of the hash: keys themselves are compared only where tags agree.
			if y := &build[t.groups[t.slots[s]-1].first]; y.tag == x.tag && b.equal(y, b, x) {
				break
			}
		}

		if t.slots[s] == 0 {
			t.groups = append(t.groups, group{first: int32(j)})
			t.slots[s] = int32(len(t.groups))
		}

		g := t.slots[s] - 1
		t.groups[g].ref.n++
		t.of = append(t.of, g)
	}

	// Groups are counted before rows are written, so that the rows of a group lie side by side in one
	// list for all partitions.
	for g := range t.groups {
		t.groups[g].ref.start, t.groups[g].next = start, start
		start += t.groups[g].ref.n
	}

	for j, g := range t.of {
		r.ids[t.groups[g].next] = build[j].row
		t.groups[g].next++
	}
}
