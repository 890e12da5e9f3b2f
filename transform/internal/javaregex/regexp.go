package javaregex

import (
	"fmt"
	"sync"

	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/limit"
)

// A Regexp is a compiled Java regular expression. It is immutable and safe for
// concurrent use.
type Regexp struct {
	pattern string
	groups  int
	names   map[string]int
	prog    *program
	fast    *direct        // set for one class or a plain text
	rigid   bool           // RE2 cannot help
	linear  func() *linear // the expression for RE2, made when first needed; may be nil
	scans   sync.Pool      // of *scan
}

// MaxPattern is how many bytes an expression has at most: a part of two letters takes some
// hundreds of bytes. Java has no limit of its own, but runs out of stack at a fraction of it.
const MaxPattern = 1 << 20

// Compile parses a Java regular expression (java.util.regex.Pattern of JDK 17,
// without flags). Errors are [*SyntaxError].
func Compile(pattern string) (*Regexp, error) {
	if len(pattern) > MaxPattern {
		return nil, &SyntaxError{Pattern: pattern, Offset: MaxPattern,
			Msg: fmt.Sprintf("it has %d bytes, and more than %d are not compiled", len(pattern), MaxPattern)}
	}

	p, t, err := parse(pattern)
	if err != nil {
		return nil, err
	}

	re := &Regexp{pattern: pattern, groups: p.groups, names: p.names}
	re.prog = newProgram(p, t)
	re.fast = newDirect(t)
	re.rigid = !t.linear()

	// Few expressions ever need it, and it takes long to build.
	re.linear = sync.OnceValue(func() *linear { return newLinear(t) })
	return re, nil
}

// stepsPerByte is what a byte of an expression costs that is compiled while it is evaluated.
const stepsPerByte = 8

// CompileWithin is [Compile] during an evaluation, whose steps it takes. Error besides:
// [limit.Err] when b is used up.
func CompileWithin(b *limit.Budget, pattern string) (*Regexp, error) {
	if err := b.Spend(1 + stepsPerByte*int64(len(pattern))); err != nil {
		return nil, err
	}
	return Compile(pattern)
}

// String gives the expression as it was compiled.
func (re *Regexp) String() string { return re.pattern }

// ReplaceAll replaces every match in src, as String.replaceAll does. Faults of
// r ([*ReplacementError]) show only when there is a match. It spends steps for
// the matching and output for the text it builds; without a match it gives src
// and produces nothing. Error: [limit.Err] when b is used up.
func (re *Regexp) ReplaceAll(b *limit.Budget, src string, r *Replacement) (string, error) {
	return re.replace(b, src, r, -1)
}

// ReplaceFirst replaces the first match only, otherwise like ReplaceAll.
func (re *Regexp) ReplaceFirst(b *limit.Budget, src string, r *Replacement) (string, error) {
	return re.replace(b, src, r, 1)
}

func (re *Regexp) replace(b *limit.Budget, src string, r *Replacement, most int) (string, error) {
	dst, n, err := re.appendReplace(nil, b, nil, src, r, most)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return src, nil
	}
	return string(dst), nil
}

// AppendReplaceAll appends the result of ReplaceAll to dst, or reports that
// nothing matches and appends nothing. It does not allocate, except to let dst
// grow, when it has memory. With an error the appended part is undefined.
func (re *Regexp) AppendReplaceAll(mem *Memory, b *limit.Budget, dst []byte, src string,
	r *Replacement) (out []byte, found bool, err error) {
	dst, n, err := re.appendReplace(mem, b, dst, src, r, -1)
	if n == 0 && err == nil {
		err = b.Produce(len(src))
	}
	return dst, n > 0, err
}

// appendReplace appends src with up to most matches replaced (all if negative)
// and tells how many there were. Without a match it appends nothing.
func (re *Regexp) appendReplace(mem *Memory, b *limit.Budget, dst []byte, src string, r *Replacement,
	most int) ([]byte, int, error) {
	if re.fast != nil && r.plain && most < 0 {
		out, n, ok, err := re.fast.replace(b, dst, src, r.literal())
		if ok || err != nil {
			return out, n, err
		}
		dst = out
	}

	if cost, ok := re.prog.hopeless(src); ok {
		return dst, 0, b.Spend(cost)
	}

	if s := re.prog.straight; s != nil && r.of == re && !r.halves && most < 0 && javatext.IsASCII(src) {
		if out, n, ok := s.replace(re, b, dst, src, r); ok {
			return out, n, nil
		}
	}

	// The general way; the fast ones have given up or do not apply.
	s := re.newScan(mem, src)
	dst, n, err := s.replace(b, dst, r, most)
	re.release(mem, s)
	return dst, n, err
}

// replace is appendReplace with the matches that the scan finds.
func (s *scan) replace(b *limit.Budget, dst []byte, r *Replacement, most int) ([]byte, int, error) {
	n, tail := 0, 0
	for n != most {
		ok, err := s.find(b)
		if err != nil {
			return dst, n, err
		}

		if !ok {
			break
		}

		n++

		mark := len(dst)
		from, to := s.m.groups[0], s.m.groups[1]

		// Text is copied only when the next match shows how far it reaches.
		dst = s.m.appendTo(dst, tail, from)
		if dst, err = r.appendMatch(dst, s); err != nil {
			return dst, n, err
		}
		if err = b.Produce(max(0, len(dst)-mark)); err != nil {
			return dst, n, err
		}

		tail = to
	}

	if n == 0 {
		return dst, 0, nil
	}

	// And what is behind the last match.
	mark := len(dst)
	dst = s.m.appendTo(dst, tail, s.m.units)
	return dst, n, b.Produce(max(0, len(dst)-mark))
}

func (r *Replacement) literal() string {
	if len(r.parts) == 0 {
		return ""
	}
	return r.parts[0].literal
}

// Split cuts src around the matches, as String.split(regex, n) does: n > 0 is
// the largest number of pieces, 0 drops empty pieces at the end, and a negative
// n keeps them. The result can be empty. Error: [limit.Err] when b is used up.
func (re *Regexp) Split(b *limit.Budget, src string, n int) ([]string, error) {
	if re.fast != nil && n <= 0 {
		parts, ok, err := re.fast.split(b, src)
		if len(parts) == 1 || err != nil {
			return parts, err
		}
		if ok {
			return trimEmpty(parts, n), nil
		}
	}

	if cost, ok := re.prog.hopeless(src); ok {
		return []string{src}, b.Spend(cost)
	}

	s := re.newScan(nil, src)
	defer re.release(nil, s)
	var parts []string
	index := 0
	for n <= 0 || len(parts) < n-1 {
		ok, err := s.find(b)
		if err != nil {
			return nil, err
		}

		if !ok {
			break
		}

		from, to := s.m.groups[0], s.m.groups[1]

		// Since version 8, Java gives no empty piece for such a match.
		if to == 0 { // no empty piece in front of a match without width
			continue
		}

		parts = append(parts, s.m.slice(index, from))
		index = to
	}

	// Without a match the whole text is the only piece, even when it is empty.
	if index == 0 {
		return []string{src}, b.Spend(1)
	}

	parts = append(parts, s.m.slice(index, s.m.units))
	return trimEmpty(parts, n), nil
}

func trimEmpty(parts []string, n int) []string {
	if n != 0 {
		return parts
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// Matches tells whether the expression matches the whole of src. Error:
// [limit.Err] when b is used up.
func (re *Regexp) Matches(b *limit.Budget, src string) (bool, error) {
	s := re.newScan(nil, src)
	defer re.release(nil, s)
	return s.matches(b)
}

// Find tells whether the expression matches anywhere in src. Error:
// [limit.Err] when b is used up.
func (re *Regexp) Find(b *limit.Budget, src string) (bool, error) {
	if cost, ok := re.prog.hopeless(src); ok {
		return false, b.Spend(cost)
	}
	s := re.newScan(nil, src)
	defer re.release(nil, s)
	return s.find(b)
}
