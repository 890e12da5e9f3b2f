package config

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// CheckTypes returns the same accounts and compares their values with the types
// of the source's account schema on the way. Values stay as they are; each
// attribute that has other values is one finding value-type with the first
// account and a count, given to onFinding at the end of the accounts.
//
// Source: DECISION 12 and 61.
func (b *Bundle) CheckTypes(src identity.Source, onFinding func(diag.Diagnostic)) identity.Source {
	s := b.Source(src.Name())
	if s == nil || s.Schema == nil {
		return src
	}
	return &checkedSource{Source: src, config: s, onFinding: onFinding}
}

type checkedSource struct {
	identity.Source
	config    *Source
	onFinding func(diag.Diagnostic)
}

// Refused returns how many accounts the source refused, see [identity.Refuser].
func (c *checkedSource) Refused() int {
	if r, ok := c.Source.(identity.Refuser); ok {
		return r.Refused()
	}
	return 0
}

// mistyped is an attribute with values of another type than its schema says.
type mistyped struct {
	count        int
	account, got string
}

func (c *checkedSource) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		wrong := map[string]*mistyped{}
		for a, err := range c.Source.Accounts(ctx) {
			if err == nil {
				c.check(&a, wrong)
			}
			if !yield(a, err) {
				return
			}
		}

		// Told at the end and once for each attribute: a column of the wrong type is wrong in every row.
		for _, attr := range c.config.Schema.Attributes {
			if m := wrong[attr.Name]; m != nil {
				c.onFinding(diag.Diagnostic{Severity: diag.Warning, Code: codeValueType, Pos: c.config.Node.Pos(),
					Message: fmt.Sprintf("attribute %q of source %q is %s, but %d accounts have other values, first %q with %s; the text is used", attr.Name, c.config.Name, attr.describe(), m.count, m.account, m.got)})
			}
		}
	}
}

func (a SchemaAttribute) describe() string {
	if a.Multi {
		return "multi-valued " + a.Type
	}
	return a.Type
}

func (c *checkedSource) check(a *identity.Account, wrong map[string]*mistyped) {
	for _, attr := range c.config.Schema.Attributes {
		v := a.Attributes.Get(attr.Name)
		if attr.fits(v) {
			continue
		}
		if wrong[attr.Name] == nil {
			wrong[attr.Name] = &mistyped{account: a.NativeIdentity, got: v.String()}
		}
		wrong[attr.Name].count++
	}
}

// fits reports whether a value has the type of the schema; null always does, and
// so does a single value of a multi-valued attribute.
func (a SchemaAttribute) fits(v identity.Value) bool {
	// A list fits when each of its items does, and never inside of another.
	if v.Kind() == identity.List {
		single := a
		single.Multi = false
		return a.Multi && !slices.ContainsFunc(v.List(),
			func(item identity.Value) bool { return item.Kind() == identity.List || !single.fits(item) })
	}

	if v.IsNull() {
		return true
	}
	switch a.Type {
	case "LONG", "INT", "int", "long":
		_, err := strconv.ParseInt(v.Text(), 10, 64)
		return err == nil
	case "BOOLEAN", "boolean":
		return v.Text() == "true" || v.Text() == "false"
	case "DATE", "date":
		return isDate(v.Text())
	}

	return true
}

// isDate reports whether a text is a date or an instant as ISO 8601 writes them;
// the empty text is no date given.
func isDate(text string) bool {
	if text == "" {
		return true
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}

	return false
}
