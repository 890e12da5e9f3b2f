package survey

import (
	"fmt"
	"strconv"
)

// Remarks says in words what is odd about a column: blanks at the ends, several date
// formats, values that are nearly the same, one value for everybody.
func Remarks(s *Stats) []string {
	var list []string

	// Two people may be the same by chance.
	if s.Distinct == 1 && s.Exact && s.Filled > 2 && s.Filled == s.Rows {
		list = append(list, "the same for everybody")
	}
	if s.Padded > 0 {
		list = append(list, fmt.Sprintf("blanks at the ends of %d", s.Padded))
	}

	// One format needs no remark but its name; several do.
	switch len(s.Dates) {
	case 0:
	case 1:
		list = append(list, "dates "+s.Dates[0].Text)
	default:
		text := fmt.Sprintf("%d date formats:", len(s.Dates))
		for i, d := range s.Dates {
			if i > 0 {
				text += ","
			}
			text += fmt.Sprintf(" %s %d", d.Text, d.Count)
		}

		list = append(list, text)
	}

	// Two examples show the kind of mistake.
	for i, n := range s.Near {
		if i == 2 {
			list = append(list, fmt.Sprintf("%d more such pairs", len(s.Near)-i))
			break
		}

		list = append(list, fmt.Sprintf("%s %d is nearly %s %d", strconv.Quote(n.Value), n.Count, strconv.Quote(n.Like),
			n.LikeCount))
	}

	return list
}
