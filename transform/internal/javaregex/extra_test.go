package javaregex

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// rows reads a file of tab-separated lines.
func rows(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out [][]string
	for s := bufio.NewScanner(f); s.Scan(); {
		if !strings.HasPrefix(s.Text(), "# ") {
			out = append(out, strings.Split(s.Text(), "\t"))
		}
	}
	return out
}

// unescape reads ~XXXX as a UTF-16 unit.
func unescape(t *testing.T, s string) string {
	t.Helper()
	var out []byte
	for i := 0; i < len(s); {
		if s[i] != '~' {
			out = append(out, s[i])
			i++
			continue
		}
		u, err := strconv.ParseUint(s[i+1:i+5], 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		mark := len(out)
		if utf16.IsSurrogate(rune(u)) {
			out = join(appendUnit(out, uint16(u)), mark)
		} else {
			out = append(out, string(rune(u))...)
		}
		i += 5
	}
	return string(out)
}

func escape(s string) string {
	var b strings.Builder
	for _, c := range units(s) {
		if c < ' ' || c > '~' || c == '~' || c == '|' {
			fmt.Fprintf(&b, "~%04x", c)
		} else {
			b.WriteByte(byte(c))
		}
	}
	return b.String()
}

func escapeParts(parts []string, err error) string {
	if err != nil {
		return "E" + javaError(err)
	}
	out := "S"
	for _, p := range parts {
		out += escape(p) + "|"
	}
	return out
}

// TestExtra runs what was asked of Java beyond the goldens.
func TestExtra(t *testing.T) {
	for _, row := range rows(t, "java_extra.tsv") {
		t.Run(row[0], func(t *testing.T) {
			re, err := Compile(unescape(t, row[0]))
			if row[3] == "PSE" {
				if err == nil {
					t.Fatal("compiled, but Java refuses it")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			input := unescape(t, row[1])
			r, _ := ParseReplacement(unescape(t, row[2]))
			replaced, err := re.ReplaceAll(newBudget(), input, r)
			result := "R" + escape(replaced)
			if err != nil {
				result = "E" + javaError(err)
			}
			whole, err := re.Matches(newBudget(), input)
			if err != nil {
				t.Fatal(err)
			}
			got := []string{result, escapeParts(re.Split(newBudget(), input, 0)),
				escapeParts(re.Split(newBudget(), input, 3)), strconv.FormatBool(whole)}
			if diff := cmp.Diff(row[3:7], got); diff != "" {
				t.Errorf("on %s with %s: mismatch (-want +got)\n%s", row[1], row[2], diff)
			}
		})
	}
}

// TestClasses compares whole classes, over all code points, with Java.
func TestClasses(t *testing.T) {
	for _, row := range rows(t, "java_classes.tsv") {
		_, tree, err := parse(row[0])
		got := "PSE"
		if err == nil {
			if tree.kind != kindSet {
				t.Fatalf("%s is not one character", row[0])
			}
			var b strings.Builder
			for _, sp := range tree.set.spans {
				fmt.Fprintf(&b, "%x-%x ", sp.lo, sp.hi)
			}
			got = fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(b.String())))
		}
		if got != row[1] {
			t.Errorf("%s: class has checksum %s, want %s", row[0], got, row[1])
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	tests := []struct {
		pattern string
		offset  int
	}{
		{"+", 0}, {"a**", 2}, {"a+*", 2}, {"(?i)*", 4}, {"a{", 2}, {"a{,3}", 2}, {"a{3,2}", 5}, {"{", 1},
		{"(", 1}, {"a)", 0}, {"é(?<n>", 7}, {"(?z)", 2}, {"(?<1>a)", 3}, {"(?<n>a)(?<n>b)", 11}, {`\k<x>`, 4},
		{"[a", 1}, {"[z-a]", 3}, {"[]", 1}, {`\p{L`, 4}, {`\p{Foo}`, 6}, {`\`, 1}, {`\y`, 1}, {`\x{110000}`, 8},
		{`\u12`, 4}, {`\09`, 2}, {"(?<=(a|b){1,2})c", 13}, {"a{99999999999}", 11},
	}
	for _, tt := range tests {
		_, err := Compile(tt.pattern)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: error %v, want a syntax error", tt.pattern, err)
			continue
		}
		if syntax.Offset != tt.offset || syntax.Pattern != tt.pattern || syntax.Msg == "" {
			t.Errorf("%q: %+v, want offset %d", tt.pattern, *syntax, tt.offset)
		}
	}
}
