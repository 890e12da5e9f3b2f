package feed

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Reading is one reading of a source: what its accounts share. Readers of other
// formats get one from [NewFile] and build their accounts with it. It belongs to
// one goroutine.
type Reading struct {
	*Options
	file    string
	source  string
	open    func() (io.ReadCloser, error) // the same data again, see merger
	packer  identity.Packer
	block   []string // entitlements of many accounts
	seen    *SeenIDs // nil when nobody listens
	refused int
	shared  bool // the file has accounts of several sources: what is read depends on the others

	known func(nativeIdentity string, fingerprint uint64) bool // nil: everything is read
	said  int                                                  // findings and assumptions, also those that nobody hears

	attributes map[string]Attribute // of the account schema; nil until the first object
	schema     *identity.Schema     // of accounts without a header, see Pack
	row        []identity.Value     // scratch, by slot
	given      []bool               // by slot: some object has the attribute
	created    bool                 // some object says when its account was created
	foreign    map[string]bool      // names that objects have and the account schema has not
}

func newReading(o *Options, file, source string) *Reading {
	r := &Reading{Options: o, file: file, source: source}
	if o.OnFinding != nil {
		r.seen = &SeenIDs{}
	}
	return r
}

// File returns the name of the file, for messages.
func (r *Reading) File() string { return r.file }

// Source returns the display name of the source.
func (r *Reading) Source() string { return r.source }

// Report tells about something that is wrong with the data, at a place in the
// file.
func (r *Reading) Report(s diag.Severity, code diag.Code, pos diag.Pos, format string, args ...any) {
	r.said++
	if r.OnFinding == nil {
		return
	}
	pos.File = r.file
	r.OnFinding(diag.Diagnostic{Severity: s, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// Refuse reports an account that is left out, and counts it.
func (r *Reading) Refuse(code diag.Code, pos diag.Pos, format string, args ...any) {
	r.refused++
	r.Report(diag.Error, code, pos, format, args...)
}

// Assume tells about something that was recognised, defaulted or left out.
func (r *Reading) Assume(code diag.Code, line int, used, instead string, count int) {
	r.said++
	if r.OnAssumption == nil {
		return
	}
	r.OnAssumption(diag.Assumption{
		Code: code, Object: r.source, File: r.file, Line: line, Used: used, Instead: instead, Count: count,
	})
}

// assumeMissing tells which attributes of the account schema the file does not
// have at all, and whether nothing says when accounts were created: the oldest is
// the first one then.
func (r *Reading) assumeMissing(has func(name string) bool) {
	var missing []string
	for _, a := range r.Attributes {
		if !has(a.Name) {
			missing = append(missing, a.Name)
		}
	}

	if len(missing) > 0 {
		r.Assume(codeColumnsMissing, 0, "null", strings.Join(missing, ", "), len(missing))
	}
	if !has(reserved[0]) {
		r.Assume(codeCreatedMissing, 0, "the order of the accounts", reserved[0], 0)
	}
}

// checkDuplicate reports an account whose id was there before. Which of them
// counts is for the aggregation to decide: the last one (profile/DECISIONS.md, DECISION 44).
func (r *Reading) checkDuplicate(id string, pos diag.Pos) {
	if r.seen == nil {
		return
	}
	if line, ok := r.seen.Put(id, pos.Line); ok {
		r.Report(diag.Warning, codeAccountDuplicate, pos, "account %q is also on line %d; the last one counts", id,
			line)
	}
}

// set sets a field of the account from a reserved column.
func (r *Reading) set(a *identity.Account, name, text string, pos diag.Pos) {
	switch {
	case setField(a, name, text):
	case name == "created" || name == "modified":
		r.Report(diag.Warning, diag.Code("account-"+name), pos,
			"%s %q is not a date, expected such as 2024-05-31T08:00:00Z; it counts as absent", name, text)
	default:
		r.Report(diag.Warning, codeAccountFlag, pos, "%s %q: expected true or false; it counts as false", name, text)
	}
}

// setField sets a field of an account. It returns false when the text is not written as the
// field is: a date counts as absent then, a flag as false.
func setField(a *identity.Account, name, text string) (ok bool) {
	if text == "" {
		return true
	}

	switch name {
	case "created":
		if t, ok := parseTime(text); ok {
			a.Created = t
			return true
		}
		return false
	case "modified":
		if t, ok := parseTime(text); ok {
			a.Modified = t
			return true
		}
		return false
	}

	// Anything but the two words is told: a 1 or a yes would otherwise enable an account without a
	// word.
	on := strings.EqualFold(text, "true")
	ok = on || strings.EqualFold(text, "false")
	switch name {
	case "disabled":
		a.Disabled = on
	case "locked":
		a.Locked = on
	default:
		return true
	}
	return ok
}

// timeForms are RFC 3339, the same with an offset without colon, as Java tools write
// it, and a date with or without a time, taken as UTC.
var timeForms = [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05",
	"2006-01-02"}

func parseTime(text string) (time.Time, bool) {
	if t, ok := plainTime(text); ok {
		return t, true
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}

	return time.Time{}, false
}

// plainTime reads 2026-01-02T03:04:05Z, with a fraction or without: what nearly all files have,
// and what the general parser takes four times as long for. Everything else is left to that.
func plainTime(text string) (t time.Time, ok bool) {
	const form = "2006-01-02T15:04:05"
	if len(text) <= len(form) || text[len(text)-1] != 'Z' {
		return t, false
	}
	number := func(s string) int {
		n := 0
		for i := range len(s) {
			if s[i] < '0' || s[i] > '9' {
				return -1
			}
			n = 10*n + int(s[i]-'0')
		}
		return n
	}
	for i := range form {
		if c := form[i]; (c < '0' || c > '9') && text[i] != c {
			return t, false
		}
	}

	// The day of the month is left to the calendar: one that is too large moves the date.
	year, month, day := number(text[:4]), number(text[5:7]), number(text[8:10])
	hour, minute, second := number(text[11:13]), number(text[14:16]), number(text[17:19])
	if min(year, month-1, day-1, hour, minute, second) < 0 || month > 12 || hour > 23 || minute > 59 || second > 59 {
		return t, false
	}
	nanos := 0
	if fraction := text[len(form) : len(text)-1]; fraction != "" {
		digits := len(fraction) - 1
		if fraction[0] != '.' || digits < 1 || digits > 9 {
			return t, false
		}
		if nanos = number(fraction[1:]); nanos < 0 {
			return t, false
		}
		for range 9 - digits {
			nanos *= 10
		}
	}

	t = time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, t.Day() == day
}

// addEntitlements adds the items of a value to the entitlements of an account.
func (r *Reading) addEntitlements(a *identity.Account, v identity.Value) {
	if v.Kind() != identity.List {
		if !v.IsNull() {
			r.addEntitlement(a, v.Text())
		}
		return
	}

	items := v.List()
	if len(items)+len(a.Entitlements) <= fewEntitlements {
		for _, item := range items {
			r.addEntitlements(a, item)
		}
		return
	}

	// A group of a directory may have a hundred thousand members: searching the
	// list for each of them would take the square of that.
	seen := make(map[string]bool, len(items))
	all := slices.Clone(a.Entitlements)
	for _, name := range all {
		seen[name] = true
	}
	appendNew(&all, seen, items)
	a.Entitlements = slices.Clip(all)
}

// fewEntitlements is up to how many are searched one by one.
const fewEntitlements = 32

// appendNew appends the texts of items, and of the lists among them, that are
// not seen yet.
func appendNew(all *[]string, seen map[string]bool, items []identity.Value) {
	for _, item := range items {
		switch name := item.Text(); {
		case item.Kind() == identity.List:
			appendNew(all, seen, item.List())
		case !item.IsNull() && !seen[name]:
			seen[name] = true
			*all = append(*all, name)
		}
	}
}

// addEntitlement adds one entitlement, a text that the account may keep. The
// lists of many accounts share a block; each is closed against appending by the
// next.
func (r *Reading) addEntitlement(a *identity.Account, name string) {
	if slices.Contains(a.Entitlements, name) {
		return
	}
	n := len(a.Entitlements)

	// The account's list is the end of the block, so the next item fits behind
	// it; a full block is left to its accounts, and the list moves.
	if len(r.block) == cap(r.block) {
		r.block = append(make([]string, 0, max(512, 2*n)), a.Entitlements...)
	}
	r.block = append(r.block, name)
	a.Entitlements = r.block[len(r.block)-n-1 : len(r.block) : len(r.block)]
}

// stableID sets the account's stable id from the first of the attributes that
// has one (profile/DECISIONS.md, DECISION 48).
func (r *Reading) stableID(a *identity.Account) {
	for _, name := range r.stableNames() {
		if text := a.Attributes.Get(name).Text(); text != "" {
			a.UUID = text
			return
		}
	}
}

// stableNames are the attributes that may hold a stable id, the first that has
// one counts.
func (r *Reading) stableNames() []string {
	if r.StableID == nil {
		return defaultStableID
	}
	return r.StableID
}

var defaultStableID = []string{"uuid"}
