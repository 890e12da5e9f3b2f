package preview

// Line is a difference in one line.
func Line(d *Difference) string { return d.line() }

// Mirror returns the kind that the comparison the other way round has.
func (k Kind) Mirror() Kind {
	pairs := [...][2]Kind{{Set, Cleared}, {ErrorAppeared, ErrorGone}, {Created, Removed}, {Split, Merged},
		{Orphaned, Adopted},
		{ExceptionNew, ExceptionResolved}, {AccountLinked, AccountUnlinked}, {AccountMovedIn, AccountMovedOut}}
	for _, p := range pairs {
		switch k {
		case p[0]:
			return p[1]
		case p[1]:
			return p[0]
		}
	}

	return k
}
