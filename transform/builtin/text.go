package builtin

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

// unary is the arguments of an operation that only has its input.
type unary struct {
	Input transform.Input
}

// unaryNode maps the text of the input; null gives null.
type unaryNode struct {
	unary
	apply func(s *transform.Scope, text string) (identity.Value, error)
}

func (n *unaryNode) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}
	text := in.Text()
	return n.apply(s, text)
}

// defineText defines a unary operation on text.
func defineText(typ, doc string, apply func(*transform.Scope, string) (identity.Value, error),
	details ...transform.Detail) transform.Operation {
	return transform.Define(typ, doc, func(c *transform.Compiler, a *unary) transform.Node {
		c.Unary()
		return transform.OnInput(&unaryNode{*a, apply})
	}, details...)
}

// defineNullable defines a unary operation on text that can give null.
func defineNullable(typ, doc string, apply func(*transform.Scope, string) (identity.Value, error),
	details ...transform.Detail) transform.Operation {
	return transform.Define(typ, doc, func(c *transform.Compiler, a *unary) transform.Node {
		f := c.Unary()
		f.Null, f.Empty = transform.MayBeNull, false
		return transform.OnInput(&unaryNode{*a, apply})
	}, details...)
}

// lower writes the text in lower case, by the full mapping of Unicode.
//
// Source: DECISION 20.
func lower() transform.Operation {
	return defineText("lower", "Lower case, by the full and language-neutral mapping of Unicode.",
		func(s *transform.Scope, text string) (identity.Value, error) {
			if javatext.IsLowerASCII(text) {
				return s.Same(text)
			}
			return s.Text(javatext.AppendLower(s.Buffer(), text))
		},
		transform.Phrase("lower case"),
		transform.Traits{Also: []string{"tolower", "lowercase"}, ReadyMade: "ToLower", Cheap: true, Removable: true,
			Instead: "upper"},
		example("A name", `{"type":"lower"}`, "MÜLLER", "müller"))
}

// upper writes the text in upper case, by the full mapping of Unicode.
//
// Source: DECISION 20.
func upper() transform.Operation {
	return defineText("upper", "Upper case, by the full and language-neutral mapping of Unicode.",
		func(s *transform.Scope, text string) (identity.Value, error) {
			if javatext.IsUpperASCII(text) {
				return s.Same(text)
			}
			return s.Text(javatext.AppendUpper(s.Buffer(), text))
		},
		transform.Phrase("upper case"),
		transform.Traits{Also: []string{"toupper", "uppercase"}, ReadyMade: "ToUpper", Cheap: true, Removable: true,
			Instead: "lower"},
		example("ß has no capital", `{"type":"upper"}`, "Straße", "STRASSE"))
}

// trimNode has a node of its own, as it is in nearly every mapping.
type trimNode struct{ Input transform.Input }

func (*trimNode) Apply(_ *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}
	return identity.StringValue(javatext.Trim(in.Text())), nil
}

// trim removes characters up to U+0020 at both ends.
//
// Source: DECISION 20.
func trim() transform.Operation {
	return transform.Define("trim", "Removes blanks and control characters at both ends; no-break spaces stay.",
		func(c *transform.Compiler, a *trimNode) transform.Node {
			c.Unary()
			return transform.OnInput(a)
		},
		transform.Phrase("trim"),
		transform.Traits{Cheap: true, Removable: true},
		example("Blanks around a name", `{"type":"trim"}`, "  Ann \t", "Ann"))
}

// decomposeDiacriticalMarks removes accents: NFKD, then U+0300 to U+036F.
//
// Source: DECISION 28.
func decomposeDiacriticalMarks() transform.Operation {
	return defineText("decomposeDiacriticalMarks",
		"Compatibility decomposition (NFKD), then removal of U+0300 to U+036F. Letters such as ø, ł and ß stay.",
		func(s *transform.Scope, text string) (identity.Value, error) {
			if javatext.IsASCII(text) {
				return s.Same(text)
			}
			return s.Text(javatext.AppendDecompose(s.Buffer(), text))
		},
		transform.Phrase("without accents"),
		transform.Traits{ReadyMade: "Remove Diacritical Marks", Removable: true},
		example("Accents", `{"type":"decomposeDiacriticalMarks"}`, "Dvořák", "Dvorak"))
}

// normalizeNames writes a personal name in the usual capitals.
//
// Source: DECISION 37.
func normalizeNames() transform.Operation {
	return defineText("normalizeNames",
		"Capitals as in personal names: Mc and Mac, particles, numerals. Blank gives null.",
		func(_ *transform.Scope, text string) (identity.Value, error) {
			name, ok := javatext.NormalizeNames(text)
			if !ok {
				return identity.Value{}, nil
			}
			return identity.StringValue(name), nil
		},
		transform.Phrase("capitals of names"),
		transform.Traits{Removable: true},
		example("A Scottish name", `{"type":"normalizeNames"}`, "JOHN MCDONALD III", "John McDonald III"))
}

// base64Encode encodes the UTF-8 bytes of the text.
//
// Source: DECISION 22.
func base64Encode() transform.Operation {
	return defineText("base64Encode", "Base64 of the UTF-8 bytes, with padding, in one line.",
		func(s *transform.Scope, text string) (identity.Value, error) {
			return s.Text(base64.StdEncoding.AppendEncode(s.Buffer(), javaBytes(text)))
		},
		transform.Phrase("as Base64"),
		example("Text", `{"type":"base64Encode"}`, "1234", "MTIzNA=="))
}

// base64Decode decodes Base64 text to UTF-8.
//
// Error: [transform.ErrFormat] for anything that is not Base64.
// Source: DECISION 22.
func base64Decode() transform.Operation {
	return defineText("base64Decode", "Text of Base64, padding optional; bytes that are not UTF-8 become U+FFFD.",
		func(s *transform.Scope, text string) (identity.Value, error) {
			raw, err := decodeBase64(s.Buffer(), text)
			if err != nil {
				return identity.Value{}, fmt.Errorf("%w: %q is not Base64", transform.ErrFormat, text)
			}
			if utf8.Valid(raw) {
				return s.Text(raw)
			}
			return s.Text(appendUTF8(s.Buffer(), bytes.Clone(raw)))
		},
		transform.Phrase("text of Base64"),
		example("Text", `{"type":"base64Decode"}`, "MTIzNA==", "1234"))
}

// decodeBase64 appends what the standard alphabet encodes. Padding may be missing, but not be
// wrong; line breaks are refused.
func decodeBase64(dst []byte, text string) ([]byte, error) {
	// Padding may be left out, but when it is there it has to be right.
	digits := strings.TrimRight(text, "=")
	pad := len(text) - len(digits)
	if pad > 0 && (len(text)%4 != 0 || pad > 2) || strings.ContainsAny(text, "\r\n") {
		return nil, base64.CorruptInputError(len(digits))
	}
	return base64.RawStdEncoding.AppendDecode(dst, unsafe.Slice(unsafe.StringData(digits), len(digits)))
}

// javaBytes returns the UTF-8 bytes of a text; half of a surrogate pair is a
// question mark, as in Java.
func javaBytes(text string) []byte {
	if utf8.ValidString(text) {
		return unsafe.Slice(unsafe.StringData(text), len(text)) // who encodes only reads it
	}

	// Half of a surrogate pair has no UTF-8; Java writes a question mark for it.
	var b []byte
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, '?')
			i += min(3, len(text)-i)
			continue
		}

		b = append(b, text[i:i+size]...)
		i += size
	}

	return b
}

// appendUTF8 appends bytes as text. Every longest part of an ill-formed sequence
// becomes one U+FFFD, as in Java and as Unicode recommends.
func appendUTF8(dst, raw []byte) []byte {
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r != utf8.RuneError || size > 1 {
			dst, raw = append(dst, raw[:size]...), raw[size:]
			continue
		}

		dst, raw = append(dst, "\uFFFD"...), raw[illFormed(raw):]
	}

	return dst
}

// illFormed is the number of bytes of b that begin a character but do not finish
// it, at least 1.
func illFormed(b []byte) int {
	var low, high byte = 0x80, 0xBF
	want := 0
	switch lead := b[0]; {
	case lead >= 0xC2 && lead <= 0xDF:
		want = 1
	case lead >= 0xE0 && lead <= 0xEF:
		want = 2

		// The second byte of some characters has a narrower range: what is below is too long a form, what
		// is above the half of a pair.
		if lead == 0xE0 {
			low = 0xA0
		} else if lead == 0xED {
			high = 0x9F
		}

	case lead >= 0xF0 && lead <= 0xF4:
		want = 3

		// Here what is above is beyond the last character of Unicode.
		if lead == 0xF0 {
			low = 0x90
		} else if lead == 0xF4 {
			high = 0x8F
		}
	}

	// Java replaces as many bytes by one sign as belong together until the first that does not fit.
	n := 1
	for ; n <= want && n < len(b) && b[n] >= low && b[n] <= high; n++ {
		low, high = 0x80, 0xBF
	}

	return n
}

// example makes an example with text input and result.
func example(doc, config, input, want string) transform.Example {
	return transform.Example{Doc: doc, Config: config, Input: identity.StringValue(input),
		Want: identity.StringValue(want)}
}

// find is the arguments of indexOf and lastIndexOf.
type find struct {
	Input     transform.Input
	Substring transform.Child `json:"substring" required:"true" doc:"the text to look for"`
	last      bool
}

func (n *find) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text := in.Text()
	sub, err := n.Substring.Text(s)
	if err != nil {
		return identity.Value{}, err
	}
	if n.last {
		return identity.IntValue(int64(javatext.LastIndexOf(text, sub, javatext.Len(text)))), nil
	}
	return identity.IntValue(int64(javatext.IndexOf(text, sub, 0))), nil
}

func compileFind(c *transform.Compiler, n *find) transform.Node {
	c.Unary().Kind = identity.Integer
	return transform.OnInput(n)
}

// indexOf gives the position of the first occurrence in UTF-16 units, -1 if absent.
//
// Source: DECISION 33.
func indexOf() transform.Operation {
	return transform.Define("indexOf", "Position of the first occurrence of a text, in UTF-16 units from 0; -1 if absent.",
		compileFind,
		transform.Phrase("position of {substring}"),
		transform.Traits{Changes: map[string]transform.Change{"substring": longer}},
		transform.Example{Doc: "The @ of an address", Config: `{"type":"indexOf","attributes":{"substring":"@"}}`,
			Input: identity.StringValue("ann@example.com"), Want: identity.IntValue(3)})
}

// lastIndexOf gives the position of the last occurrence, as indexOf.
//
// Source: DECISION 33.
func lastIndexOf() transform.Operation {
	return transform.Define("lastIndexOf",
		"Position of the last occurrence of a text, in UTF-16 units from 0; -1 if absent.",
		func(c *transform.Compiler, n *find) transform.Node {
			n.last = true
			return compileFind(c, n)
		},
		transform.Phrase("last position of {substring}"),
		transform.Traits{Changes: map[string]transform.Change{"substring": longer}},
		transform.Example{Doc: "The last dot", Config: `{"type":"lastIndexOf","attributes":{"substring":"."}}`,
			Input: identity.StringValue("a.b.c"), Want: identity.IntValue(3)})
}

// pad is the arguments of leftPad and rightPad.
type pad struct {
	Input   transform.Input
	Length  transform.Int   `json:"length" required:"true" doc:"wanted length in UTF-16 units"`
	Padding transform.Child `json:"padding" default:"one blank" doc:"what is repeated to fill up"`
	apply   func(dst []byte, text string, length int, padding string) []byte
	fixed   bool // both are the same for everybody
	length  int64
	padding string
}

func (n *pad) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text, length, padding := in.Text(), n.length, n.padding
	if !n.fixed {
		var err error
		if length, padding, err = n.arguments(s); err != nil {
			return identity.Value{}, err
		}
	}

	// Text that is long enough needs no padding, whatever that would be.
	if have := javatext.Len(text); length <= int64(have) {
		return identity.StringValue(text), nil
	}

	// A length from data can be huge; it is refused before memory is taken.
	if err := s.Budget().Room(length); err != nil {
		return identity.Value{}, err
	}

	return s.Text(n.apply(s.Buffer(), text, int(length), padding))
}

// arguments evaluates the length and the padding.
func (n *pad) arguments(s *transform.Scope) (length int64, padding string, err error) {
	length, ok, err := n.Length.Eval(s)
	if err != nil {
		return 0, "", err
	}
	if !ok {
		return 0, "", fmt.Errorf("%w: length", transform.ErrNull)
	}

	v, err := n.Padding.Eval(s)
	return length, v.Text(), err
}

// fix computes arguments that are the same for everybody.
func (n *pad) fix() {
	length, ok := n.Length.Fixed()
	padding, known := n.Padding.Const()
	if ok && known {
		n.fixed, n.length, n.padding = true, length, padding.Text()
	}
}

func compilePad(c *transform.Compiler, n *pad) transform.Node {
	f := c.Unary()
	if c.Shortcuts() {
		n.fix()
	}
	if length, ok := n.Length.Fixed(); ok {
		if length <= 0 {
			c.Errorf(codePadLength, "length", "length is %d, expected a positive number", length)
		}

		// What is known of the length lets others see that a substring is inside.
		f.MinLen = int(max(min(length, 1<<30), int64(c.InputFacts().MinLen)))
		f.Empty = f.Empty && f.MinLen == 0
	}

	return transform.OnInput(n)
}

// leftPad fills the text up to a length on the left.
//
// Source: DECISION 35; Apache Commons StringUtils.leftPad.
func leftPad() transform.Operation {
	return transform.Define("leftPad", "Fills the text up to a length on the left.",
		func(c *transform.Compiler, n *pad) transform.Node {
			n.apply = javatext.AppendPadLeft
			return compilePad(c, n)
		},
		transform.Phrase("fill on the left with {padding} to {length!}"),
		transform.Traits{
			Also: []string{"pad"}, Removable: true,
			Changes: map[string]transform.Change{"length": oneMore, "padding": longer},
		},
		example("An employee number", `{"type":"leftPad","attributes":{"length":8,"padding":"0"}}`, "1234", "00001234"))
}

// rightPad fills the text up to a length on the right.
//
// Source: DECISION 35; Apache Commons StringUtils.rightPad.
func rightPad() transform.Operation {
	return transform.Define("rightPad", "Fills the text up to a length on the right.",
		func(c *transform.Compiler, n *pad) transform.Node {
			n.apply = javatext.AppendPadRight
			return compilePad(c, n)
		},
		transform.Phrase("fill on the right with {padding} to {length!}"),
		transform.Traits{Removable: true, Changes: map[string]transform.Change{"length": oneMore, "padding": longer}},
		example("A code", `{"type":"rightPad","attributes":{"length":6,"padding":"x"}}`, "ab", "abxxxx"))
}
