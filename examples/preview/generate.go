package main

import (
	"fmt"
	"time"

	"github.com/idprofile/engine/examples/preview/tenant"
)

// generateCommand writes a made-up tenant.
type generateCommand struct {
	Folder string `arg:"" help:"Folder to write, new or empty."`
	N      int    `short:"n" required:"" help:"How many people: employees and contractors together."`
	Seed   uint64 `default:"1" help:"Seed of everything random; the same seed gives the same files."`
}

// Run writes the tenant and says what is in it.
func (c *generateCommand) Run(a *app) error {
	start := a.clock()
	n, err := tenant.Write(a.ctx, c.Folder, tenant.Options{People: c.N, Seed: c.Seed})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: %d employees, %d contractors; %d HR, %d contractor, %d directory and %d badge accounts; %s\n",
		c.Folder, n.Employees, n.Contractors, n.HR, n.ContractorRows, n.Directory, n.Badge, a.clock().Sub(start).Round(time.Millisecond))
	return err
}
