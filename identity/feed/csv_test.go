package feed

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// step is what one call of a reader gave: a record or a refusal, with its line.
type step struct {
	Fields []string
	Line   int
	Bad    string
}

func ours(t testing.TB, src io.Reader, delim string) []step {
	t.Helper()
	var steps []step
	for r := newReader(src, delim); ; {
		fields, line, bad, err := r.next()
		switch {
		case err == io.EOF:
			return steps
		case err != nil:
			t.Fatal(err)
		case bad != nil:
			steps = append(steps, step{Line: bad.pos.Line, Bad: bad.msg})
		default:
			row := []string{}
			for _, f := range fields {
				row = append(row, strings.Clone(f))
			}
			steps = append(steps, step{Fields: row, Line: line})
		}
	}
}

// theirs reads with encoding/csv. It stops at a quote that is never closed,
// where the readers part.
func theirs(src, delim string) (steps []step, unclosed bool) {
	r := csv.NewReader(strings.NewReader(src))
	r.Comma, r.FieldsPerRecord = []rune(delim)[0], -1
	for {
		fields, err := r.Read()
		var bad *csv.ParseError
		switch {
		case err == io.EOF:
			return steps, false
		case errors.As(err, &bad):
			msg := "a quote inside a cell that does not begin with one"
			if errors.Is(err, csv.ErrQuote) {
				if r.InputOffset() == int64(len(src)) {
					return steps, true
				}
				msg = "a quote inside a quoted cell that is not doubled"
			}
			steps = append(steps, step{Line: bad.Line, Bad: msg})
		default:
			line, _ := r.FieldPos(0)
			steps = append(steps, step{Fields: append([]string{}, fields...), Line: line})
		}
	}
}

func comparable(src string) bool {
	return !strings.HasPrefix(src, "\ufeff") && (strings.Contains(src, "\n") || !strings.Contains(src, "\r"))
}

func differ(t *testing.T, src, delim string) {
	t.Helper()
	want, unclosed := theirs(src, delim)
	for _, in := range []io.Reader{strings.NewReader(src), iotest.OneByteReader(strings.NewReader(src))} {
		got := ours(t, in, delim)
		if unclosed && len(got) > len(want) {
			got = got[:len(want)]
		}
		if len(got)+len(want) == 0 {
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q, delimiter %q: mismatch with encoding/csv (-want +got):\n%s", src, delim, diff)
		}
	}
}

var csvSeeds = []string{
	"", "a", "a,b\n", "a,b\r\nc,d\r\n", "\"a\"\"b\",c\n", "\"a\nb\",c\nd,e", "\"a\r\nb\",c\r\n\r\n\nd,e\r\n",
	"a,\n", ",a\n", ",,\n", "\"\",\"\"\n", "a\"b,c\nd,e\n", "\"a\"b,c\nd,e\n", "x,\"unclosed\ny,z\n", "a\r\r\nb\n", "a\rb\n",
	"\"a\"\r", "\"a\"\rb\nc\n", "\"a\"", "\"a\",", "\"a\r", "\r\n", "\r", "\n\r", "a\r", "a,b\r", "-,-,-\n--,-,\n", "é,ü\n",
	"12345678,1234567,\"12345678\"\n", "a,\"b\"\"\"\n", "\"\"\"\"\n", "\"\"a\n", "a,b,\"c\"\n\"d,e\"\"\",f", "\xff,\xfe\n", ",\"", "\",\"\n",
	"a;b\n\"c;d\";e\n", "\"a\nb\"c\nd\n", "\"a\r\r\nb\"\n",
}

func TestReaderLikeStandard(t *testing.T) {
	for _, src := range csvSeeds {
		if comparable(src) {
			differ(t, src, ",")
			differ(t, src, ";")
			differ(t, src, "é")
		}
	}
	var b strings.Builder
	for i := range 3000 { // longer than one block
		fmt.Fprintf(&b, "%d,\"line\r\n%d \"\"q\"\"\",%s,\"%s\"\r\n", i, i, strings.Repeat("x", i%97), strings.Repeat("é", i%61))
	}
	differ(t, b.String(), ",")
	differ(t, "a,\""+strings.Repeat("long\n", 60000)+"\",b\nc,d,e\n", ",")
}

func FuzzCSV(f *testing.F) {
	for _, src := range csvSeeds {
		f.Add(src, byte(','))
		f.Add(src, byte(';'))
	}
	f.Fuzz(func(t *testing.T, src string, delim byte) {
		if strings.HasPrefix(src, "\xff\xfe") || strings.HasPrefix(src, "\xfe\xff") { // UTF-16
			return
		}
		if delim == 0 || delim >= 0x80 || strings.ContainsRune("\"\r\n", rune(delim)) {
			return
		}
		if !comparable(src) {
			ours(t, strings.NewReader(src), string(rune(delim)))
			return
		}
		differ(t, src, string(rune(delim)))
	})
}

func TestReaderOwnWays(t *testing.T) {
	for _, tc := range []struct {
		name, src, delim string
		limit            int
		want             []step
	}{
		{name: "byte order mark", src: "\ufeffa,b\n", delim: ",", want: []step{{Fields: []string{"a", "b"}, Line: 1}}},
		{name: "byte order mark before a quote", src: "\ufeff\"a\",b\n", delim: ",", want: []step{{Fields: []string{"a", "b"}, Line: 1}}},
		{name: "carriage returns", src: "a,b\r\"c\rd\",e\r\rf,g", delim: ",", want: []step{
			{Fields: []string{"a", "b"}, Line: 1}, {Fields: []string{"c\rd", "e"}, Line: 2}, {Fields: []string{"f", "g"}, Line: 5}}},
		{name: "long delimiter", src: "a||b|c||\"d||e\"||f\n|||g\n", delim: "||", want: []step{
			{Fields: []string{"a", "b|c", "d||e", "f"}, Line: 1}, {Fields: []string{"", "|g"}, Line: 2}}},
		{name: "unclosed quote costs its line", src: "a,b\nc,\"d\ne,f\n\"g\",h\n", delim: ",", want: []step{
			{Fields: []string{"a", "b"}, Line: 1}, {Line: 4, Bad: "a quote inside a quoted cell that is not doubled"}}},
		{name: "unclosed quote, no other quotes", src: "a,b\nc,\"d\ne,f\ng,h\n", delim: ",", want: []step{
			{Fields: []string{"a", "b"}, Line: 1}, {Line: 2, Bad: "the quote is not closed"},
			{Fields: []string{"e", "f"}, Line: 3}, {Fields: []string{"g", "h"}, Line: 4}}},
		{name: "row above the limit", limit: 1 << 17, src: "a,b\n" + strings.Repeat("x", 3<<17) + "\nc,d\n", delim: ",", want: []step{
			{Fields: []string{"a", "b"}, Line: 1}, {Line: 2, Bad: "the row is longer than 131072 bytes"}, {Fields: []string{"c", "d"}, Line: 3}}},
		{name: "quote above the limit", limit: 1 << 17, src: "a,\"b\nc,d\n" + strings.Repeat("x\n", 1<<17), delim: ",", want: []step{
			{Line: 1, Bad: "the row is longer than 131072 bytes; is this quote never closed?"}, {Fields: []string{"c", "d"}, Line: 2}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newReader(strings.NewReader(tc.src), tc.delim)
			if tc.limit > 0 {
				r.limit = tc.limit
			}
			var got []step
			for len(got) < len(tc.want) || tc.limit == 0 {
				fields, line, bad, err := r.next()
				if err == io.EOF {
					break
				}
				if bad != nil {
					got = append(got, step{Line: bad.pos.Line, Bad: bad.msg})
					continue
				}
				got = append(got, step{Fields: strings.Split(strings.Clone(strings.Join(fields, "\x00")), "\x00"), Line: line})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// people is a file like those that HR systems export.
func people(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("employeeNumber,login,givenName,familyName,email,phone,country,location,department,title,managerId,startDate,status,notes\r\n")
	for i := range rows {
		fmt.Fprintf(&b, "%06d,user%d,Given%d,Family%d,given%d.family%d@acme.example,+49 30 %07d,DE,Berlin,Dept %d,Senior Engineer,%06d,2019-%02d-%02d,active,",
			i, i, i%700, i%900, i%700, i%900, i, i%40, i/10, i%12+1, i%28+1)
		if i%25 == 0 {
			b.WriteString("\"said \"\"hello\"\", left\"")
		}
		b.WriteString("\r\n")
	}
	return b.Bytes()
}

func BenchmarkCSV(b *testing.B) {
	data := people(50000)
	b.Run("reader", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			for r := newReader(bytes.NewReader(data), ","); ; {
				if _, _, _, err := r.next(); err != nil {
					break
				}
			}
		}
	})
	b.Run("encoding", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(data))
			for r.ReuseRecord = true; ; {
				if _, err := r.Read(); err != nil {
					break
				}
			}
		}
	})
}
