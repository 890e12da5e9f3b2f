package preview

// Line is a difference in one line.
func Line(d *Difference) string { return d.line() }
