package builtin

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

const (
	digits   = "0123456789"
	letters  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	specials = "!@#$%&*()+<>?"

	maxRandom = 450 // characters
)

func randomText(r *rand.Rand, s *transform.Scope, alphabet string, length int64) (identity.Value, error) {
	if length < 1 || length > maxRandom {
		return identity.Value{}, fmt.Errorf("%w: length %d, expected 1 to %d", transform.ErrRange, length, maxRandom)
	}

	// The alphabet is ASCII, so a character is a byte and a unit.
	buf := s.Buffer()
	for range length {
		buf = append(buf, alphabet[r.IntN(len(alphabet))])
	}
	return s.Text(buf)
}

type random struct {
	Length   transform.Int `json:"length" doc:"number of characters, 1 to 450"`
	alphabet string
	standard int64
	stream   transform.Stream
}

func (n *random) Eval(s *transform.Scope) (identity.Value, error) {
	length, ok, err := n.Length.Eval(s)
	if err != nil {
		return identity.Value{}, err
	}
	if !ok {
		length = n.standard
	}
	return randomText(n.stream.Rand(s), s, n.alphabet, length)
}

func compileRandom(c *transform.Compiler, n *random) transform.Node {
	n.stream = c.ReadsRandom()
	*c.Facts() = transform.Facts{Kind: identity.Text, MinLen: int(n.Length.Or(n.standard))}
	checkRandomLength(c, &n.Length)
	return n
}

func checkRandomLength(c *transform.Compiler, length *transform.Int) {
	if l, ok := length.Fixed(); ok && (l < 1 || l > maxRandom) {
		c.Errorf(codeRandomLength, "length", "length is %d, expected 1 to %d", l, maxRandom)
	}
}

// randomExample makes an example with a random result.
func randomExample(config, match string) transform.Example {
	return transform.Example{Doc: "Another value for every identity", Config: config, Match: match}
}

// randomAlphaNumeric gives random letters and digits.
//
// Source: DECISION 38.
func randomAlphaNumeric() transform.Operation {
	return transform.Define("randomAlphaNumeric", "Random letters and digits; 32 unless length says otherwise.",
		func(c *transform.Compiler, n *random) transform.Node {
			n.alphabet, n.standard = letters+digits, 32
			return compileRandom(c, n)
		},
		transform.Phrase("random letters and digits[, {length!} of them]"),
		randomExample(`{"type":"randomAlphaNumeric","attributes":{"length":8}}`, "[A-Za-z0-9]{8}"))
}

// randomNumeric gives random digits, as text.
//
// Source: DECISION 38.
func randomNumeric() transform.Operation {
	return transform.Define("randomNumeric", "Random digits as text; 10 unless length says otherwise.",
		func(c *transform.Compiler, n *random) transform.Node {
			n.alphabet, n.standard = digits, 10
			return compileRandom(c, n)
		},
		transform.Phrase("random digits[, {length!} of them]"),
		randomExample(`{"type":"randomNumeric","attributes":{"length":4}}`, "[0-9]{4}"))
}

type uuidNode struct{ stream transform.Stream }

func (n *uuidNode) Eval(s *transform.Scope) (identity.Value, error) {
	r := n.stream.Rand(s)
	var b [16]byte
	for i := range b {
		b[i] = byte(r.Uint32())
	}

	// Version 4, variant of RFC 9562.
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	text := make([]byte, 0, 36)
	for i, group := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, group)
	}

	return identity.StringValue(string(text)), nil
}

// uuid gives a random UUID of version 4.
//
// Source: DECISION 38.
func uuid() transform.Operation {
	return transform.Define("uuid", "A random UUID of version 4 in lower case.",
		func(c *transform.Compiler, _ *struct{}) transform.Node {
			*c.Facts() = transform.Facts{Kind: identity.Text, MinLen: 36}
			return &uuidNode{c.ReadsRandom()}
		},
		transform.Phrase("random UUID"),
		randomExample(`{"type":"uuid"}`, "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"))
}
