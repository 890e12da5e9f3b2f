package linkage

// Level is one outcome of comparing a field.
type Level struct {
	Name string  `json:"name"`
	M    float64 `json:"m"` // how often pairs of one person have it
	U    float64 `json:"u"` // how often pairs of two people have it
	// Frequency says that U is that of the value: to share a rare one says more.
	Frequency bool `json:"frequency,omitempty"`
	// Apart marks a level that is neither better nor worse than those beside it.
	Apart bool `json:"apart,omitempty"`
	// Also marks levels of a field that is made of the name, where the names agree.
	// M and U of these, and of the others, each add up to 1.
	Also bool `json:"also,omitempty"`
}

// The shipped weights are what the fields of person records show in general: a
// tenth to a twentieth of the values of one person differ, mostly by a typing
// error. Where data are few they decide, where data are many they fade.
var (
	shippedGiven = []Level{
		{Name: "exact", M: 0.83, U: 0.005, Frequency: true},
		{Name: "nickname", M: 0.03, U: 0.003, Apart: true},
		{Name: "one edit", M: 0.06, U: 0.002},
		{Name: "part", M: 0.02, U: 0.01, Apart: true},
		{Name: "similar", M: 0.02, U: 0.015},
		{Name: "different", M: 0.04, U: 0.965},
	}
	shippedSurname = []Level{
		{Name: "exact", M: 0.85, U: 0.001, Frequency: true},
		{Name: "one edit", M: 0.06, U: 0.001},
		{Name: "part", M: 0.01, U: 0.001, Apart: true},
		{Name: "similar", M: 0.02, U: 0.012}, {Name: "different", M: 0.06, U: 0.985},
	}
	shippedFull = []Level{
		{Name: "exact", M: 0.6, U: 0.0005, Frequency: true},
		{Name: "all words alike", M: 0.2, U: 0.0005},
		{Name: "all words of one", M: 0.1, U: 0.0008},
		{Name: "most words", M: 0.05, U: 0.02}, {Name: "different", M: 0.05, U: 0.9787},
	}
	shippedDate = []Level{
		{Name: "exact", M: 0.88, U: 0.0001, Frequency: true}, {Name: "one digit or swapped", M: 0.05, U: 0.0015},
		{Name: "two parts equal", M: 0.03, U: 0.01},
		{Name: "about the year", M: 0.01, U: 0.05},
		{Name: "different", M: 0.03, U: 0.9384},
	}
	shippedMail = []Level{
		{Name: "exact", M: 0.7, U: 0.0005, Frequency: true}, {Name: "same before the @", M: 0.08, U: 0.0005},
		{Name: "a few edits", M: 0.05, U: 0.0005}, {Name: "different", M: 0.17, U: 0.9985},
		{Name: "exact, and made of the name", M: 0.7, U: 0.05, Frequency: true, Also: true},
		{Name: "a few edits, and made of the name", M: 0.05, U: 0.05, Also: true},
		{Name: "different, but made of the name", M: 0.25, U: 0.9, Also: true},
	}
	shippedUser = []Level{
		{Name: "exact", M: 0.6, U: 0.0005, Frequency: true}, {Name: "one in the other", M: 0.15, U: 0.001},
		{Name: "similar", M: 0.05, U: 0.002}, {Name: "different", M: 0.2, U: 0.9965},
		{Name: "exact, and made of the name", M: 0.6, U: 0.05, Frequency: true, Also: true},
		{Name: "one in the other, and made of the name", M: 0.2, U: 0.2, Also: true},
		{Name: "different, but made of the name", M: 0.2, U: 0.75, Also: true},
	}
	shippedID = []Level{
		{Name: "exact", M: 0.9, U: 0.0001, Frequency: true},
		{Name: "one edit", M: 0.04, U: 0.0005},
		{Name: "one ends the other", M: 0.01, U: 0.0005, Apart: true},
		{Name: "two edits", M: 0.01, U: 0.002}, {Name: "different", M: 0.04, U: 0.9969},
	}
	shippedPhone = []Level{
		{Name: "exact", M: 0.65, U: 0.0001, Frequency: true},
		{Name: "one edit", M: 0.04, U: 0.0003},
		{Name: "one ends the other", M: 0.01, U: 0.0001, Apart: true},
		{Name: "two edits", M: 0.01, U: 0.002}, {Name: "different", M: 0.29, U: 0.9975},
	}
	shippedLine = []Level{
		{Name: "exact", M: 0.65, U: 0.001, Frequency: true},
		{Name: "two edits", M: 0.15, U: 0.0005},
		{Name: "half of the words", M: 0.05, U: 0.005},
		{Name: "different", M: 0.15, U: 0.9935},
	}
	shippedWord = []Level{
		{Name: "exact", M: 0.85, U: 0.01, Frequency: true},
		{Name: "a typing error", M: 0.07, U: 0.005},
		{Name: "different", M: 0.08, U: 0.985},
	}
	shippedCategory = []Level{
		{Name: "same", M: 0.9, U: 0.1, Frequency: true}, {Name: "different", M: 0.1, U: 0.9},
	}
	// A name that stands in the free text of the other side says who it is where the
	// names themselves differ, after a marriage or on an account of an administrator.
	shippedMention = []Level{
		{Name: "the surname is mentioned", M: 0.4, U: 0.001, Frequency: true}, {Name: "it is not", M: 0.6, U: 0.999},
	}
	// Names in each other's place cost a little, they are one error.
	shippedOrder = []Level{{Name: "crossed", M: 0.08, U: 0.5}, {Name: "straight", M: 0.92, U: 0.5}}
)

// swappedColumn is the level of a line that is found in the other column.
const swappedColumn = "in another column"
