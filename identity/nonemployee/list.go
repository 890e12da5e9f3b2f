package nonemployee

import (
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
)

// bySource is the filter of lists whose objects belong to sources. Either id of a
// source finds it (DECISION N2). Sources are filtered instead of what they hold, so
// that other sources are not even read.
var bySource = isc.Fields[*Source]{
	"sourceId": {
		Condition: isc.Condition{Ops: "eq"},
		Get:       func(s *Source) identity.Value { return identity.StringsValue(s.SourceID, s.ID) },
	},
}

// sorted is a field that lists are sorted by.
func sorted[T any](get func(T) string) isc.Field[T] {
	return isc.Field[T]{Compare: func(a, b T) int { return strings.Compare(get(a), get(b)) }}
}

// dated is a field with a date that lists are sorted by.
func dated[T any](get func(T) Date) isc.Field[T] {
	return isc.TimeField("", func(item T) time.Time { return get(item).Time })
}

// inOrder is the order of creation, then of ids.
func inOrder(a, b Date, idA, idB string) int {
	if n := a.Compare(b.Time); n != 0 {
		return n
	}
	return strings.Compare(idA, idB)
}
