package javadate_test

import (
	"fmt"
	"time"

	"github.com/idprofile/engine/transform/internal/javadate"
)

func Example() {
	in, err := javadate.Compile("MM/dd/yyyy")
	if err != nil {
		fmt.Println(err)
		return
	}
	out, _ := javadate.Named("ISO8601")
	ms, err := in.Parse("02/31/2027", javadate.GMT, 0)
	fmt.Println(string(out.Append(nil, ms, javadate.GMT)), err)
	_, err = in.Parse("31.02.2027", javadate.GMT, 0)
	fmt.Println(err)
	// Output:
	// 2027-03-03T00:00:00.000Z <nil>
	// cannot parse "31.02.2027" as "MM/dd/yyyy": mismatch at offset 2
}

func ExampleCompileMath() {
	m, err := javadate.CompileMath("now-1M/d")
	if err != nil {
		fmt.Println(err)
		return
	}
	now := javadate.InstantOf(time.Date(2026, 3, 31, 10, 30, 0, 0, time.UTC))
	at, err := m.Apply(javadate.Instant{}, now, false)
	fmt.Println(at, err)
	// Output:
	// 2026-02-28T00:00Z <nil>
}

func ExampleParseISO() {
	at, err := javadate.ParseISO("2026-01-01T12:00:00.250+02:00")
	fmt.Println(at, err)
	_, err = javadate.ParseISO("2026-01-01")
	fmt.Println(err)
	// Output:
	// 2026-01-01T10:00:00.250Z <nil>
	// cannot parse "2026-01-01" as ISO 8601 date-time with offset: expected 'T' at offset 10
}

func ExamplePattern_Fields() {
	p, err := javadate.Compile("dd/mm/yyyy")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range p.Fields() {
		fmt.Printf("%c x %d at %d\n", f.Letter, f.Count, f.Offset)
	}
	// Output:
	// d x 2 at 0
	// m x 2 at 3
	// y x 4 at 6
}
