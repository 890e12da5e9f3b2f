package builtin_test

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// The library knows every operation of the platform; a transform is linked with it once and then run.
func Example() {
	def, _ := transform.Parse("name.json", []byte(`{"type":"upper"}`))
	lib := builtin.Library()
	unit, _ := lib.Link(transform.Options{}, transform.Item{Def: def})

	fmt.Println(unit.Run(context.Background(), nil, unit.Programs()[0], nil, nil, identity.StringValue("straße")))
	fmt.Println(lib.About("upper").Doc)
	// Output:
	// "STRASSE" <nil>
	// Upper case, by the full and language-neutral mapping of Unicode.
}
