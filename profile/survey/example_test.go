package survey_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
)

// How far the columns of a file are filled.
func Example() {
	files := fstest.MapFS{
		"tenant.json": {Data: []byte(`[{"name":"HR","connector":"delimited-file-angularsc","authoritative":true},
		 {"name":"Employees","priority":10,"authoritativeSource":{"type":"SOURCE","name":"HR"},
		  "identityAttributeConfig":{"enabled":true,"attributeTransforms":[
		   {"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}]}}]`)},
		"accounts/HR.csv": {Data: []byte("id,mail\n1,ann@x.example\n2,\n")},
	}
	b, _ := config.Load(files)
	engine, _ := profile.Compile(b, profile.Options{})

	r, err := survey.Take(context.Background(), files, b, engine, survey.Options{})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range r.Sources[0].Columns {
		fmt.Println(c.Name, c.Stats.Filled, "of", c.Stats.Rows, c.Unread)
	}
	// Output:
	// id 2 of 2 false
	// mail 1 of 2 true
}
