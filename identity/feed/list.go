package feed

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// accountList is a delimited file that lists accounts of many sources, as the
// accounts API and exports of it do: each row has the source's name or id, and
// the fields of the account under their names there. The attributes are the other
// columns, those that a tool wrote with the path attributes.NAME under their name.
//
// Source: API accounts list; profile/DECISIONS.md, DECISION 52.
type accountList struct {
	names                []string // of the columns, without the path
	fields               []string // for each column the account field it sets, or ""
	id                   int
	sourceID, sourceName int // columns, or -1
}

// listFields are the fields that an account list has beside the attributes.
var listFields = [...]string{
	"id", "name", "nativeIdentity", "sourceId", "sourceName", "identityId", "uuid",
	"uncorrelated", "manuallyCorrelated", "created", "modified", "disabled", "locked",
	"authoritative", "systemAccount", "hasEntitlements", "isMachine", "origin",
	"type", "features", "connectionType", "cloudLifecycleState", "identityState",
}

// accountList returns how a file lists accounts, nil when it has accounts of one
// source only. A source whose schema has an attribute sourceName or sourceId is
// no list.
func (t *table) accountList(names []string) *accountList {
	l := &accountList{
		id: slices.Index(names, "nativeIdentity"), sourceID: slices.Index(names, "sourceId"),
		sourceName: slices.Index(names, "sourceName"),
	}
	if l.id < 0 || l.sourceID < 0 && l.sourceName < 0 {
		return nil
	}

	// A source of HR data may well have such columns of its own.
	schema := t.attributeTable()
	if schema["sourceName"].Name != "" || schema["sourceId"].Name != "" {
		return nil
	}

	for _, name := range names {
		field := ""
		if slices.Contains(listFields[:], name) {
			field = name
		}
		l.names = append(l.names, strings.TrimPrefix(name, "attributes."))
		l.fields = append(l.fields, field)
	}

	// An attribute may have the name of a field, such as name or type: then both
	// columns are there, and the one with the path is the attribute.
	for i, name := range l.names {
		if at := slices.Index(l.names, name); at != i && l.fields[at] != "" {
			l.names[at] = "account." + name
		}
	}

	return l
}

// ofSource reports whether a row is an account of the source that is read.
func (l *accountList) ofSource(r *Reading, cells []string) bool { return r.ofSource(l.source(cells)) }

// source returns the id and the name of the source of a row.
func (l *accountList) source(cells []string) (id, name string) {
	if l.sourceID >= 0 {
		id = cells[l.sourceID]
	}
	if l.sourceName >= 0 {
		name = cells[l.sourceName]
	}
	return id, name
}

// ofSource reports whether an account with that source id and name is one of the
// source. Without both it is: the file is the source's own. The id alone counts
// when the source has one and the names differ, for sources get other names.
func (r *Reading) ofSource(id, name string) bool {
	switch {
	case name == "" && (id == "" || r.ID == ""):
		return true
	case r.ID != "" && id == r.ID:
		return true
	}

	return name == r.source
}

// passes reports whether an account of another source counts as one that is
// passed over.
func (r *Reading) passes(id, name string) bool { return r.Elsewhere == nil || !r.Elsewhere(id, name) }

// others counts the accounts of other sources, and keeps the names of a few.
type others struct {
	n     int
	names []string
}

func (o *others) add(id, name string) {
	o.n++
	if name == "" {
		name = id
	}
	if len(o.names) < 5 && !slices.Contains(o.names, name) {
		o.names = append(o.names, strings.Clone(name))
	}
}

// reportOthers tells that accounts of other sources were passed over.
func (r *Reading) reportOthers(o others) {
	switch {
	case o.n == 0:
	case r.Elsewhere != nil:
		r.Report(diag.Info, codeAccountOtherSource, diag.Pos{},
			"%d accounts of sources that are not configured are passed over: %s", o.n, strings.Join(o.names, ", "))
	default:
		r.Report(diag.Info, codeAccountOtherSource, diag.Pos{},
			"%d accounts of other sources than %q are passed over: %s", o.n, r.source, strings.Join(o.names, ", "))
	}
}

// setField sets a field of an account from a cell of a list or of a reserved
// column.
func (t *table) setField(a *identity.Account, field, text string, pos diag.Pos) {
	if t.list == nil {
		t.set(a, field, text, pos)
		return
	}

	switch field {
	case "id":
		a.ID = strings.Clone(text)
	case "name":
		a.Name = strings.Clone(text)
	case "uuid":
		a.UUID = strings.Clone(text)
	case "identityId":
		a.IdentityID = strings.Clone(text)
	case "manuallyCorrelated":
		a.ManuallyCorrelated = strings.EqualFold(text, "true")
	case "created", "modified", "disabled", "locked":
		t.set(a, field, text, pos)
	}
}

// uncorrelated takes the identity from an account that the list says is linked to
// nobody, also when it names one.
func (t *table) uncorrelated(a *identity.Account, cells []string) {
	if t.list == nil {
		return
	}
	if at := slices.Index(t.list.fields, "uncorrelated"); at >= 0 && strings.EqualFold(cells[at], "true") {
		a.IdentityID = ""
	}
}
