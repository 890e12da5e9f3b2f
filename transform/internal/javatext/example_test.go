package javatext_test

import (
	"fmt"

	"github.com/idprofile/engine/transform/internal/javatext"
)

func Example() {
	fmt.Println(javatext.Upper("Straße"), javatext.Lower("ΟΔΟΣ"))
	fmt.Println(javatext.Len("a😀"), javatext.EqualFold("ß", "SS"))
	fmt.Println(javatext.Decompose("Ångström ﬁ ø"))
	fmt.Println(javatext.PadLeft("7", 3, "0"))
	// Output:
	// STRASSE οδος
	// 3 false
	// Angstrom fi ø
	// 007
}

func ExampleSubstring() {
	first, _ := javatext.Substring("a😀", 0, 2) // the first half of the face
	second, _ := javatext.Substring("a😀", 2, 3)
	_, ok := javatext.Substring("abc", 2, 4)
	fmt.Println(javatext.Concat(first, second), ok)
	// Output: a😀 false
}

func ExampleNormalizeNames() {
	fmt.Println(javatext.NormalizeNames("MARY-ANN o'brien mcgregor II"))
	// Output: Mary-Ann O'Brien McGregor II true
}
