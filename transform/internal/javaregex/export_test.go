package javaregex

import "maps"

// What tests alone ask for.

// Groups is the number of capturing groups.
func (re *Regexp) Groups() int { return re.groups }

// GroupNames gives the numbers of the named groups.
func (re *Regexp) GroupNames() map[string]int { return maps.Clone(re.names) }
