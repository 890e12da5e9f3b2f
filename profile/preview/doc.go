// Package preview shows what a change of configuration does to the people of a
// tenant before anybody makes it: two configurations run over the same accounts
// and the same stored state ([Compare]), and every difference is counted,
// grouped and traced to the lines of configuration that cause it. A [Gate] turns
// the outcome into a verdict for a build.
//
// It also compares results with what a tenant has ([Verify]), and answers the
// platform's own preview request ([Attributes]).
package preview
