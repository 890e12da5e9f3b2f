// Package provisioning computes the accounts that a source would get: the fields of
// its account create profile, for an identity that has none there yet.
//
//	c, found, err := provisioning.Compile(engine, "Directory")
//	plan, err := c.Plan(ctx, identity, provisioning.Options{Taken: taken.Taken})
//	login := plan.Get("login")
package provisioning
