package javadate

// name is a word of a pattern in its two lengths. Parsing accepts both, in any case.
type name struct{ long, short string }

// The names of Locale.US. Eras are always printed short.
var (
	eraNames = [...]name{
		{"Before Christ", "BC"}, {"Anno Domini", "AD"},
	}
	monthNames = [...]name{
		{"January", "Jan"}, {"February", "Feb"}, {"March", "Mar"}, {"April", "Apr"},
		{"May", "May"}, {"June", "Jun"}, {"July", "Jul"}, {"August", "Aug"},
		{"September", "Sep"}, {"October", "Oct"}, {"November", "Nov"}, {"December", "Dec"},
	}
	weekdayNames = [...]name{
		{"Sunday", "Sun"}, {"Monday", "Mon"}, {"Tuesday", "Tue"}, {"Wednesday", "Wed"},
		{"Thursday", "Thu"}, {"Friday", "Fri"}, {"Saturday", "Sat"},
	}
	halfNames = [...]name{
		{"AM", "AM"}, {"PM", "PM"},
	}
)
