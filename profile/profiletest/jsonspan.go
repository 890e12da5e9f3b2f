package profiletest

import "unicode/utf8"

// jsonEnd returns the place behind the JSON value that begins at i.
func jsonEnd(src []byte, i int) int {
	depth := 0
	for ; i < len(src); i++ {
		// The text is JSON that was parsed before, so only its end is looked for.
		switch src[i] {
		case '"':
			if i = stringEnd(src, i) - 1; depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			} else if depth < 0 {
				return i
			}

		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}

	return len(src)
}

// stringEnd returns the place behind the JSON string that begins at i.
func stringEnd(src []byte, i int) int {
	for i++; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}

	return len(src)
}

// stringOffsets maps the bytes of a decoded JSON string to where they are spelled
// in the text; the string begins at i. One more entry is the closing quote.
func stringOffsets(src []byte, i int) []int {
	var offsets []int

	// Coverage marks characters of a template, which the file may spell as escapes.
	for i++; i < len(src) && src[i] != '"'; {
		if src[i] != '\\' || i+1 >= len(src) {
			offsets = append(offsets, i)
			i++
			continue
		}

		size, width := 1, 2
		if src[i+1] == 'u' {
			width = 6
			var r rune
			for _, c := range src[min(i+2, len(src)):min(i+6, len(src))] {
				r = r<<4 | hex(c)
			}
			if size = utf8.RuneLen(r); size < 0 {
				size = 2 // half of a pair: two halves make four bytes
			}
		}

		for range size {
			offsets = append(offsets, i)
		}
		i += width
	}

	return append(offsets, i)
}

func hex(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}

	return 0
}
