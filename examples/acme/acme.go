// Package acme holds the configuration of the example tenant, for programs that
// make data of another size for it.
package acme

import "embed"

// Config is the configuration without accounts: tenant.json, idprofile.json and
// the folder transforms.
//
//go:embed tenant.json idprofile.json transforms
var Config embed.FS
