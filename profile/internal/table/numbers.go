package table

// The tables of a population can be kept for the next run. That one begins with
// what the last one has left, as if it had been read from the store, and looks at
// what can come out otherwise: accounts that changed or are not linked, attributes
// that these feed, managers and uid claims that somebody who moved takes part in.

// Numbers is a set of identities.
type Numbers struct {
	in   []bool
	List []int32
}

func (s *Numbers) Has(n int32) bool { return int(n) < len(s.in) && s.in[n] }

func (s *Numbers) Add(list ...int32) {
	for _, n := range list {
		if s.Has(n) {
			continue
		}
		if grow := int(n) + 1 - len(s.in); grow > 0 {
			s.in = append(s.in, make([]bool, grow)...)
		}
		s.in[n] = true
		s.List = append(s.List, n)
	}
}

func (s *Numbers) Clear() {
	for _, n := range s.List {
		s.in[n] = false
	}
	s.List = s.List[:0]
}
