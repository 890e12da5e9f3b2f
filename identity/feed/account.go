package feed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// pass is one reading of a source: what its accounts share.
type pass struct {
	*Options
	file    string
	source  string
	packer  identity.Packer
	slab    []string // entitlements of many accounts
	seen    *seenIDs // nil when nobody listens
	refused int
}

func newPass(o *Options, file, source string) *pass {
	p := &pass{Options: o, file: file, source: source}
	if o.OnFinding != nil {
		p.seen = &seenIDs{}
	}
	return p
}

func (p *pass) report(s diag.Severity, code string, pos diag.Pos, format string, args ...any) {
	if p.OnFinding == nil {
		return
	}
	pos.File = p.file
	p.OnFinding(diag.Diagnostic{Severity: s, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// refuse reports an account that is left out.
func (p *pass) refuse(code string, pos diag.Pos, format string, args ...any) {
	p.refused++
	p.report(diag.Error, code, pos, format, args...)
}

// once reports an account whose id was there before. Which of them counts is
// for the aggregation to decide: the last one (DECISION 44).
func (p *pass) once(id string, pos diag.Pos) {
	if p.seen == nil {
		return
	}
	if line, ok := p.seen.put(id, pos.Line); ok {
		p.report(diag.Warning, "account-duplicate", pos, "account %q is also on line %d; the last one counts", id, line)
	}
}

// set sets a field of the account from a reserved column.
func (p *pass) set(a *identity.Account, name, text string, pos diag.Pos) {
	if text == "" {
		return
	}
	switch name {
	case "created", "modified":
		t, ok := parseTime(text)
		if !ok {
			p.report(diag.Warning, "account-"+name, pos, "%s %q is not a date, expected such as 2024-05-31T08:00:00Z; it counts as absent", name, text)
		} else if name == "created" {
			a.Created = t
		} else {
			a.Modified = t
		}
	case "disabled", "locked":
		on := strings.EqualFold(text, "true")
		if !on && !strings.EqualFold(text, "false") {
			p.report(diag.Warning, "account-flag", pos, "%s %q: expected true or false; it counts as false", name, text)
		}
		if name == "disabled" {
			a.Disabled = on
		} else {
			a.Locked = on
		}
	}
}

// timeForms are RFC 3339, and a date with or without a time, taken as UTC.
var timeForms = [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"}

func parseTime(text string) (time.Time, bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// entitle adds the items of a value to the entitlements of an account.
func (p *pass) entitle(a *identity.Account, v identity.Value) {
	if v.Kind() != identity.List {
		if !v.IsNull() {
			p.grant(a, v.Text())
		}
		return
	}
	for _, item := range v.List() {
		p.entitle(a, item)
	}
}

// grant adds one entitlement, a text that the account may keep. The lists of many accounts share an array; each
// is closed against appending by the next.
func (p *pass) grant(a *identity.Account, name string) {
	if slices.Contains(a.Entitlements, name) {
		return
	}
	n := len(a.Entitlements)
	if len(p.slab) == cap(p.slab) {
		p.slab = append(make([]string, 0, max(512, 2*n)), a.Entitlements...)
	}
	p.slab = append(p.slab, name)
	a.Entitlements = p.slab[len(p.slab)-n-1 : len(p.slab) : len(p.slab)]
}
