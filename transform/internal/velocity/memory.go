package velocity

import (
	"unsafe"

	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/limit"
)

// Memory holds the texts that a template makes on its way to the result, which
// nobody sees afterwards. It is used again and again, by one goroutine. A nil
// *Memory takes new memory for each text.
type Memory struct{ text []byte }

// Render is [Template.Eval] for many evaluations: it uses the memory m, and
// overwrites vars, of which there must be one for each name. Objects of the host
// may keep what they are asked for, so a template that has any gets no memory.
func (t *Template) Render(m *Memory, b *limit.Budget, vars []Value, dst []byte) ([]byte, error) {
	if t.simple != nil || t.changes {
		return t.Eval(b, vars, dst)
	}

	e := evaluator{t: t, b: b, vars: vars, dst: dst, memory: m}
	if m != nil {
		m.text = m.text[:0]
	}
	if err := e.run(t.body); err != nil && err != errStop && err != errBreak {
		// An error may quote a text of the memory.
		if m != nil {
			m.text = nil
		}
		return dst, err
	}

	return e.dst, nil
}

// since returns what was written behind at. Texts that were made before stay
// where they are when the memory grows.
func (m *Memory) since(at int) string {
	return unsafe.String(unsafe.SliceData(m.text[at:]), len(m.text)-at)
}

// take copies a text that is about to be overwritten.
func (m *Memory) take(s []byte) string {
	if m == nil {
		return string(s)
	}
	at := len(m.text)
	m.text = append(m.text, s...)
	return m.since(at)
}

// lower is [javatext.Lower].
func (m *Memory) lower(s string) string {
	if m == nil || javatext.IsLowerASCII(s) {
		return javatext.Lower(s)
	}
	at := len(m.text)
	m.text = javatext.AppendLower(m.text, s)
	return m.since(at)
}

// upper is [javatext.Upper].
func (m *Memory) upper(s string) string {
	if m == nil || javatext.IsUpperASCII(s) {
		return javatext.Upper(s)
	}
	at := len(m.text)
	m.text = javatext.AppendUpper(m.text, s)
	return m.since(at)
}

// concat is [javatext.Concat].
func (m *Memory) concat(a, b string) string {
	if m == nil || a == "" || b == "" {
		return javatext.Concat(a, b)
	}
	at := len(m.text)
	m.text = joinText(append(m.text, a...), b)
	return m.since(at)
}
