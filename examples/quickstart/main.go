// Command quickstart is the smallest program that embeds the engine: it prints
// everybody who misses something.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	fsys := os.DirFS("examples/acme")
	bundle, found := config.Load(fsys) // what the files say
	sources, missing := bundle.Accounts(fsys, nil)
	engine, wrong := profile.Compile(bundle, profile.Options{})
	for _, d := range slices.Concat(found, missing, wrong) {
		if d.Severity == diag.Error {
			log.Print(d)
		}
	}

	people, incomplete := 0, 0
	options := profile.RunOptions{Now: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC), Workers: 2}
	for r, err := range engine.Run(context.Background(), options, sources...) {
		if err != nil {
			return err
		}
		people++
		for _, e := range r.Exceptions {
			incomplete++
			fmt.Println(r.Account, e.Code, e.Attributes, e.Message)
		}
	}

	fmt.Printf("%d identities, %d exceptions\n", people, incomplete)
	return nil
}
