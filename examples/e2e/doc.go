// Package e2e drives the workbench and the reports in a browser: Debian's Chromium, without a
// window. Its tests are skipped where there is none, and fail then with IDPROFILE_BROWSER=1.
//
//	go test . -v                       every page, edits, export, two people, axe, figures for examples/acme
//	go test . -v -people 100000        the figures for a population of that size, too
//	go test . -run Pages -shots DIR    leaves a picture of each page, light and dark
//
// The figures are printed, not asserted: they say something of the machine as well.
package e2e
