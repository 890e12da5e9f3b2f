package javaregex_test

import (
	"fmt"

	"github.com/idprofile/engine/transform/internal/javaregex"
	"github.com/idprofile/engine/transform/internal/limit"
)

func Example() {
	re, err := javaregex.Compile(`(?<=[a-z])(?=[A-Z])`)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := javaregex.ParseReplacement("_")
	if err != nil {
		fmt.Println(err)
		return
	}
	budget := &limit.Budget{Steps: 10_000, Output: 1_000}
	text, err := re.ReplaceAll(budget, "firstNameAndLastName", r)
	fmt.Println(text, err)
	// Output: first_Name_And_Last_Name <nil>
}

func ExampleRegexp_Split() {
	re, err := javaregex.Compile(`\s*[,;]\s*`)
	if err != nil {
		fmt.Println(err)
		return
	}
	parts, err := re.Split(nil, "Engineering , IT;Sales;;", 0)
	fmt.Printf("%q %v\n", parts, err)
	// Output: ["Engineering" "IT" "Sales"] <nil>
}

func ExampleCompile_error() {
	_, err := javaregex.Compile("a{3,2}")
	fmt.Println(err)
	// Output: invalid regular expression "a{3,2}": repetition with the larger number first at byte 5
}
