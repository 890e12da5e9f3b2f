package javaregex

import (
	"fmt"
	"testing"
)

var benchCases = []struct{ regex, with, input string }{
	{`[^a-zA-Z0-9]`, "", "O'Brien-Smith, Mary Jane"},
	{`\s+`, " ", "several  words with   blanks between"},
	{`,`, ";", "a,b,c,d,e,f"},
	{`^(.)(.*)$`, "$2$1", "margaret.o'brien"},
	{`(\w+)\s(\w+)`, "$2, $1", "Margaret Thornton"},
	{`\s*,\s*`, "/", "one , two,three ,four"},
	{`^[^@]+@(.+)$`, "$1", "maria.garcia@acme.example"},
	{`(?<=[a-z])(?=[A-Z])`, "_", "firstNameAndLastName"},
	{`(a|b|c)*d`, "x", "abcabcabcabcd"},
	{`CN=([^,]+),.*`, "$1", "CN=Smith John,OU=People,DC=acme,DC=example"},
}

func BenchmarkReplaceAll(b *testing.B) {
	for i, c := range benchCases {
		re, err := Compile(c.regex)
		if err != nil {
			b.Fatal(err)
		}
		r, err := ParseReplacement(c.with)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%02d", i), func(b *testing.B) {
			var dst []byte
			var mem Memory
			b.ReportAllocs()
			for b.Loop() {
				if dst, _, err = re.AppendReplaceAll(&mem, nil, dst[:0], c.input, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
