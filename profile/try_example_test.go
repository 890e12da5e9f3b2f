package profile_test

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// One transform on one value: three lines, and nothing that a run needs.
func ExampleEngine_Try() {
	def, _ := transform.Parse("upper.json", []byte(`{"name": "Shout", "type": "upper", "attributes": {}}`))
	engine, _ := profile.Compile(&config.Bundle{}, profile.Options{})
	trial, _ := engine.Try(context.Background(), profile.RunOptions{}, def)
	fmt.Println(trial.Eval(identity.StringValue("hello")).Value)
	// Output: "HELLO"
}
