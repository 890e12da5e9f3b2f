package linkage

import "fmt"

// Options say how records are linked. The zero value works: columns are recognised
// and weights are found in the data.
type Options struct {
	// Columns says what columns are, by table and column name or by column name
	// alone, where they are not to be recognised.
	Columns map[string]Kind
	// Link and Review are the probabilities from which a pair is linked by itself,
	// and from which a person is asked. Zero means DefaultLink, DefaultReview.
	Link, Review float64
	// OneToOne says that a record of one table has at most one partner in the other,
	// and the other way round. Without it, several records of the first table may
	// belong to one of the second.
	OneToOne bool
	// Model is used instead of finding weights in the data.
	Model *Model
	// Workers is how many goroutines work; 0 means one for each processor. Results
	// do not depend on it.
	Workers int
	// MustLink and CannotLink are what people decided; nothing changes it.
	MustLink, CannotLink []Decided
}

// Decided is a pair of records that people decided about, by the ids of the
// records of the first and the second table.
type Decided struct{ A, B string }

// The thresholds when nothing is said.
const (
	DefaultLink   = 0.98
	DefaultReview = 0.1
)

// Thresholds returns the probabilities from which a pair is linked, and from which
// it is for review.
func (o *Options) Thresholds() (link, review float64) { return o.link(), o.review() }

func (o *Options) link() float64 {
	if o.Link > 0 {
		return o.Link
	}
	return DefaultLink
}

func (o *Options) review() float64 {
	if o.Review > 0 {
		return o.Review
	}
	return DefaultReview
}

// recognise tells what the columns of a table are, by the options, else by
// themselves.
func (o *Options) recognise(t *Table) []Recognised {
	list := Recognise(t)
	for i := range list {
		r := &list[i]
		for _, name := range []string{t.Name + "." + r.Column, r.Column} {
			if k, ok := o.Columns[name]; ok {
				r.Kind, r.Why = k, "the configuration says so"
				break
			}
		}
	}

	return list
}

func unknownKind(text []byte) error {
	return fmt.Errorf("unknown kind of column %q, expected one of %v", text, kindNames)
}
