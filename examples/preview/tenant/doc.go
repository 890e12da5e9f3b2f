// Package tenant writes made-up tenants of any size: the configuration of
// examples/acme with accounts of as many people as wanted, with the same kinds
// of mess in the same shares. The same size and seed give the same bytes.
package tenant
