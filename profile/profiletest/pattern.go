package profiletest

import "regexp"

// compileWhole compiles an expression that must match the whole text.
func compileWhole(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?s:` + pattern + `)\z`)
}
