// Package hr shows how reports of personnel systems become identities: a Workday
// report as a file, and the answer of a SuccessFactors OData service.
//
// The folders workday and successfactors have a mapping each. A report is read as
// it is: identifiers keep their leading zeros, and dates are what they were, not
// what a time zone makes of them.
package hr

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
)

// SuccessFactors returns the entries of an OData 2 answer as a source: one account
// for each entry of d.results. Entries that were expanded are flat: an attribute
// has the name that it has in the innermost one, of several the primary one or the
// first counts. Dates become texts such as 2019-04-01, those with a time
// 2019-04-01T08:00:00.000Z.
func SuccessFactors(name, key string, open func() (io.ReadCloser, error)) identity.Source {
	return feed.Seq(name, func(context.Context) iter.Seq2[identity.Account, error] {
		return func(yield func(identity.Account, error) bool) {
			if err := read(key, open, func(a identity.Account) bool { return yield(a, nil) }); err != nil {
				yield(identity.Account{}, fmt.Errorf("%s: %w", name, err))
			}
		}
	})
}

func read(key string, open func() (io.ReadCloser, error), yield func(identity.Account) bool) error {
	src, err := open()
	if err != nil {
		return err
	}
	defer src.Close()

	var answer struct {
		D *struct {
			Results []map[string]any
			Next    string `json:"__next"`
		}
	}

	decoder := json.NewDecoder(src)
	decoder.UseNumber() // 007 is a text there, but numbers must not become 1e+06 either
	switch err := decoder.Decode(&answer); {
	case err != nil:
		return err
	case answer.D == nil:
		return fmt.Errorf("the answer has no d.results")
	case answer.D.Next != "":
		return fmt.Errorf("the answer is a page of several: the rest is at %s", answer.D.Next)
	}

	for i, entry := range answer.D.Results {
		values := map[string]identity.Value{}
		flatten(values, entry)
		a := identity.Account{NativeIdentity: values[key].Text(), UUID: values["perPersonUuid"].Text()}
		if a.NativeIdentity == "" {
			return fmt.Errorf("entry %d has no %s", i+1, key)
		}
		a.Attributes = identity.NewAttributes(values)
		if !yield(a) {
			return nil
		}
	}

	return nil
}

// flatten adds the attributes of an entry, the outer ones first.
func flatten(values map[string]identity.Value, entry map[string]any) {
	for name, v := range entry {
		if _, again := values[name]; again {
			continue
		}
		switch v := v.(type) {
		case string:
			values[name] = identity.StringValue(text(v))
		case json.Number:
			values[name] = identity.StringValue(v.String())
		case bool:
			values[name] = identity.BoolValue(v)
		}
	}

	for _, name := range slices.Sorted(maps.Keys(entry)) {
		inner, ok := entry[name].(map[string]any)
		if !ok || name == "__metadata" || name == "__deferred" {
			continue
		}
		if list, ok := inner["results"].([]any); ok {
			inner = primary(list)
		}
		flatten(values, inner)
	}
}

// primary returns the entry that is marked so, else the first.
func primary(list []any) map[string]any {
	var first map[string]any
	for _, item := range list {
		entry, _ := item.(map[string]any)
		if entry["isPrimary"] == true {
			return entry
		}
		if first == nil {
			first = entry
		}
	}

	return first
}

// text writes OData dates as dates. A date without an offset has no time: the
// service means the day, at midnight in UTC.
func text(s string) string {
	t, ok := feed.ODataDate(s)
	switch {
	case !ok:
		return s
	case strings.ContainsAny(s[len("/Date("):], "+"):
		return t.UTC().Format("2006-01-02T15:04:05.000Z")
	}

	return t.Format(time.DateOnly)
}
