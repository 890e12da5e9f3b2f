package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPage is the largest page of a list.
const maxPage = 250

// ListOptions select, order and cut a list of profiles, as the query parameters
// of the API do.
//
// Source: DECISION 59.
type ListOptions struct {
	Filters string // of id, name: eq ne ge gt in le sw; of priority: eq ne; joined by and
	Sorters string // id, name, priority, created, modified, owner.id, owner.name; - for descending
	Limit   int    // 1 to 250; 0: 250
	Offset  int
}

// List returns a page of the profiles, without order given by priority, and how
// many there are in all.
//
// Error: [CodeIllegalValue] for filters and sorters that are not supported;
// [CodeLimit] for a limit out of range.
func (b *Bundle) List(o ListOptions) (page []*Profile, total int, err error) {
	if o.Limit < 0 || o.Limit > maxPage || o.Offset < 0 {
		return nil, 0, Refuse(CodeLimit, "limit %d and offset %d, expected a limit from 1 to %d and no negative offset", o.Limit, o.Offset, maxPage)
	}
	keep, err := parseFilter(o.Filters)
	if err != nil {
		return nil, 0, err
	}
	compare, err := parseSorters(o.Sorters)
	if err != nil {
		return nil, 0, err
	}
	list := slices.DeleteFunc(slices.Clone(b.Profiles), func(p *Profile) bool { return !keep(p) })
	slices.SortStableFunc(list, compare)
	total = len(list)
	limit := o.Limit
	if limit == 0 {
		limit = maxPage
	}
	from := min(o.Offset, total)
	return list[from:min(from+limit, total)], total, nil
}

// listFields are the fields of a profile that lists can be filtered and sorted
// by, as text.
var listFields = map[string]func(p *Profile) string{
	"id":         func(p *Profile) string { return p.ID },
	"name":       func(p *Profile) string { return p.Name },
	"created":    func(p *Profile) string { return p.Created.UTC().Format(time.RFC3339Nano) },
	"modified":   func(p *Profile) string { return p.Node.Get("modified").Text() },
	"owner.id":   func(p *Profile) string { return p.Owner.ID },
	"owner.name": func(p *Profile) string { return p.Owner.Name },
	"priority":   func(p *Profile) string { return strconv.FormatInt(p.Priority, 10) },
}

func parseSorters(text string) (func(a, b *Profile) int, error) {
	type key struct {
		name string
		sign int
	}
	var keys []key
	for _, part := range strings.Split(text, ",") {
		k := key{strings.TrimSpace(part), 1}
		if name, ok := strings.CutPrefix(k.name, "-"); ok {
			k = key{name, -1}
		}
		if k.name == "" && text == "" {
			continue
		}
		if listFields[k.name] == nil {
			return nil, Refuse(CodeIllegalValue, "the list cannot be sorted by %q", k.name)
		}
		keys = append(keys, k)
	}
	return func(a, b *Profile) int {
		for _, k := range keys {
			c := strings.Compare(listFields[k.name](a), listFields[k.name](b))
			if k.name == "priority" {
				c = cmp.Compare(a.Priority, b.Priority)
			}
			if c != 0 {
				return c * k.sign
			}
		}
		return 0
	}, nil
}

// parseFilter reads conditions that are joined by and.
func parseFilter(text string) (func(p *Profile) bool, error) {
	words, err := FilterWords(text)
	if err != nil {
		return nil, err
	}
	var all []func(p *Profile) bool
	for len(words) > 0 {
		if len(words) < 3 {
			return nil, Refuse(CodeIllegalValue, "the filter %q is not complete", text)
		}
		values := words[2:3]
		rest := words[3:]
		if strings.EqualFold(words[1], "in") {
			if values, rest, err = inList(words[2:]); err != nil {
				return nil, err
			}
		}
		f, err := condition(words[0], strings.ToLower(words[1]), values)
		if err != nil {
			return nil, err
		}
		all = append(all, f)
		if len(rest) > 0 {
			if !strings.EqualFold(rest[0], "and") || len(rest) == 1 {
				return nil, Refuse(CodeIllegalValue, "found %q in the filter, expected and with another condition", rest[0])
			}
			rest = rest[1:]
		}
		words = rest
	}
	return func(p *Profile) bool {
		return !slices.ContainsFunc(all, func(f func(*Profile) bool) bool { return !f(p) })
	}, nil
}

// inList reads (a, b, c).
func inList(words []string) (values, rest []string, err error) {
	if words[0] == "(" {
		for i := 1; i+1 < len(words); i += 2 {
			values = append(values, words[i])
			if words[i+1] == ")" {
				return values, words[i+2:], nil
			}
			if words[i+1] != "," {
				break
			}
		}
	}
	return nil, nil, Refuse(CodeIllegalValue, "in needs a list of values in parentheses")
}

func condition(field, op string, values []string) (func(p *Profile) bool, error) {
	ops := "eq ne ge gt in le sw"
	if field == "priority" {
		ops = "eq ne"
	}
	get := listFields[field]
	if field != "id" && field != "name" && field != "priority" || !slices.Contains(strings.Fields(ops), op) {
		return nil, Refuse(CodeIllegalValue, "the list cannot be filtered by %s %s", field, op)
	}
	v := strings.TrimPrefix(values[0], quoted)
	return func(p *Profile) bool {
		got := get(p)
		switch op {
		case "eq":
			return got == v
		case "ne":
			return got != v
		case "ge":
			return got >= v
		case "gt":
			return got > v
		case "le":
			return got <= v
		case "sw":
			return strings.HasPrefix(got, v)
		}
		return slices.ContainsFunc(values, func(w string) bool { return got == strings.TrimPrefix(w, quoted) })
	}, nil
}

// quoted stands before a word that was written in quotes, so that it is taken
// for no operator.
const quoted = "\x00"

// FilterWords splits a filter into words, texts in quotes, ( ) and commas.
func FilterWords(text string) ([]string, error) {
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t':
			i++
		case '(', ')', ',':
			words = append(words, string(c))
			i++
		case '"':
			word := []byte(quoted)
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' && i+1 < len(text) {
					i++
				}
				word = append(word, text[i])
			}
			if i == len(text) {
				return nil, Refuse(CodeIllegalValue, "a text in the filter is not closed")
			}
			words = append(words, string(word))
			i++
		default:
			from := i
			for i < len(text) && !strings.ContainsRune(" \t(),\"", rune(text[i])) {
				i++
			}
			words = append(words, text[from:i])
		}
	}
	return words, nil
}

// Statuses of a profile.
//
// Source: DECISION 57.
const (
	StatusActive          = "Active"
	StatusNeedsProcessing = "Needs Processing"
)

// Status returns the status of a profile.
func (p *Profile) Status() string {
	if p.RefreshRequired {
		return StatusNeedsProcessing
	}
	return StatusActive
}
