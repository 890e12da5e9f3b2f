package preview

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// WriteJSON writes the report as one JSON object, people one to a line. The form
// is that of [Report]; format_version comes first.
func (r *Report) WriteJSON(w io.Writer) error {
	b := bufio.NewWriter(w)
	light := *r
	light.People = nil
	src, err := encode(&light, "  ")
	if err != nil {
		return err
	}
	if !r.kept {
		b.Write(src)
		return b.Flush()
	}

	// People are written one by one behind the rest, so that a report of a million is never one text.
	b.Write(src[:len(src)-3]) // without the closing brace and the line ends around it
	b.WriteString(",\n  \"people\": [")
	for i, p := range r.People {
		if i > 0 {
			b.WriteByte(',')
		}
		line, err := encode(p, "")
		if err != nil {
			return err
		}
		b.WriteString("\n    ")
		b.Write(line[:len(line)-1])
	}

	b.WriteString("\n  ]\n}\n")
	return b.Flush()
}

// MarshalJSON writes the person with its account.
func (p *Person) MarshalJSON() ([]byte, error) {
	type account struct {
		Source         string `json:"source"`
		NativeIdentity string `json:"nativeIdentity"`
	}

	// Without methods, or encoding it would call this one again.
	type plain Person
	out := struct {
		Account *account `json:"account"`
		*plain
	}{plain: (*plain)(p)}

	// Nobody's account is left out instead of written with empty names.
	if p.Account != (identity.AccountKey{}) {
		out.Account = &account{p.Account.Source, p.Account.NativeIdentity}
	}
	src, err := encode(out, "")
	if err != nil {
		return nil, err
	}
	return src[:len(src)-1], nil
}

// WriteTraceJSON writes a trace as one JSON object.
func WriteTraceJSON(w io.Writer, t *profile.Trace) error {
	src, err := encode(t, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(src)
	return err
}

// encode writes JSON as it stands, with a line feed at the end.
func encode(v any, indent string) ([]byte, error) {
	var b sliceWriter
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return plainText(b), err
}

// plainText writes characters that only HTML minds as they are.
func plainText(src []byte) []byte {
	// The result is never longer, so it is written over what has been read.
	out := src[:0]
	for i := 0; i < len(src); i++ {
		if src[i] != '\\' || i+1 == len(src) {
			out = append(out, src[i])
			continue
		}

		if i+6 <= len(src) {
			if text, ok := unescaped[string(src[i:i+6])]; ok {
				out = append(out, text...)
				i += 5
				continue
			}
		}

		// An escaped backslash takes its follower along, which otherwise would look like the begin of an escape.
		out = append(out, src[i], src[i+1])
		i++
	}

	return out
}

var unescaped = map[string]string{`\u0026`: "&", `\u003c`: "<", `\u003e`: ">", `\u2028`: "\u2028", `\u2029`: "\u2029"}

type sliceWriter []byte

func (s *sliceWriter) Write(p []byte) (int, error) {
	*s = append(*s, p...)
	return len(p), nil
}
