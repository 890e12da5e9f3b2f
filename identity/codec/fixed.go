package codec

// AppendFixed writes numbers of size bytes each, the lowest byte first. What a number has above those is
// not written.
func AppendFixed[T uint32 | uint64](b []byte, size int, list ...T) []byte {
	for _, n := range list {
		for i := range size {
			b = append(b, byte(n>>(8*i)))
		}
	}
	return b
}

// Fixed reads a list of numbers that [AppendFixed] has written. A list that is not there takes no memory.
func Fixed[T uint32 | uint64](r *Reader, size, count int) []T {
	if count > r.Len()/size {
		r.Fail()
		return nil
	}
	text := r.Take(size * count)
	list := make([]T, count)
	for i := range list {
		list[i] = lowFirst[T](text[size*i : size*(i+1)])
	}
	return list
}

// lowFirst returns the number that bytes are, the lowest one first.
func lowFirst[T uint32 | uint64](text string) (n T) {
	for i := range len(text) {
		n |= T(text[i]) << (8 * i)
	}
	return n
}
