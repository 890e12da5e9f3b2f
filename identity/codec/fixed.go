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
		for k := range size {
			list[i] |= T(text[size*i+k]) << (8 * k)
		}
	}
	return list
}
