package main

import (
	"fmt"
	"time"

	"github.com/idprofile/engine/examples/preview/tenant"
)

// generateCommand writes a made-up tenant.
type generateCommand struct {
	Folder string `arg:"" help:"Folder to write, new or empty."`
	People int    `short:"n" required:"" placeholder:"N" help:"How many people: employees and contractors together."`
	Seed   uint64 `placeholder:"N" default:"1" help:"Seed of everything random; the same seed gives the same files. Default: 1."`
}

// Run writes the tenant and says what is in it.
func (c *generateCommand) Run(a *app) error {
	start := a.clock()
	p := newProgress(a)
	defer p.stop()
	p.show("write", 0, 0)
	n, err := tenant.Write(a.ctx, c.Folder, tenant.Options{People: c.People, Seed: c.Seed})
	if err != nil {
		return err
	}
	p.show("write", c.People, c.People)
	p.stop()
	_, err = fmt.Fprintf(a.out, "%s: %d employees, %d contractors; %d HR, %d contractor, %d directory and %d badge accounts; %s\n",
		c.Folder, n.Employees, n.Contractors, n.HR, n.ContractorRows, n.Directory, n.Badge,
		a.clock().Sub(start).Round(time.Millisecond))
	return err
}
