package preview_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// Nothing that belongs to a person is left in a masked report.
func TestMaskHidesEverything(t *testing.T) {
	before := acme(t, "")
	o := options(t, before, false)
	var values []string
	for _, s := range accounts(t, before) {
		for a, err := range s.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, a.NativeIdentity)
			for _, name := range []string{"givenName", "familyName", "personalEmail", "login", "mail", "firstName", "lastName", "email"} {
				values = append(values, a.Property(name).Text())
			}
		}
	}
	values = slices.DeleteFunc(values, func(s string) bool { return len(s) < 6 })
	slices.Sort(values)
	values = slices.Compact(values)
	for _, c := range changes[1:3] {
		r := compare(t, before, acme(t, c.name), o)
		var plain, masked bytes.Buffer
		if err := errors.Join(r.WriteJSON(&plain), r.Mask().WriteJSON(&masked)); err != nil {
			t.Fatal(err)
		}
		known := 0
		for _, v := range values {
			if strings.Contains(plain.String(), v) {
				known++
			}
			if strings.Contains(masked.String(), `"`+v+`"`) {
				t.Errorf("%s: %q is in the masked report", c.name, v)
			}
		}
		if known == 0 {
			t.Errorf("%s: no value is in the report that is not masked either", c.name)
		}
	}
}

func TestErrors(t *testing.T) {
	failure := errors.New("no more")
	bad := feed.Seq("HR", func(context.Context) iter.Seq2[identity.Account, error] {
		return func(yield func(identity.Account, error) bool) {
			_ = yield(account("1", "mail=a@x"), nil) && yield(identity.Account{}, failure)
		}
	})
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	other := []string{"uid=sn", "email=mail", "lastname=sn"}
	for _, tc := range []struct {
		name   string
		ctx    context.Context
		source identity.Source
		after  []string
		stop   bool
		want   error
	}{
		{"source, in full", t.Context(), bad, other, false, failure},
		{"source, in part", t.Context(), bad, with("town=town"), false, failure},
		{"cancelled", stopped, people, other, false, context.Canceled},
		{"callback, in full", t.Context(), people, other, true, failure},
		{"callback, in part", t.Context(), people, with("town=town"), true, failure},
	} {
		o := preview.Options{Run: profile.RunOptions{Now: now}}
		if tc.stop {
			o.OnPerson = func(*preview.Person) error { return failure }
		}
		if _, err := preview.Compare(tc.ctx, small(t, base...), small(t, tc.after...), o, tc.source); !errors.Is(err, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, err, tc.want)
		}
	}
}

// Results do not depend on the number of workers.
func TestWorkers(t *testing.T) {
	before, after := acme(t, ""), acme(t, "priority-swap")
	o := options(t, before, false)
	one := form(t, compare(t, before, after, o))
	o.Run.Workers = 4
	if four := form(t, compare(t, before, after, o)); one != four {
		t.Error("four workers give another report than one")
	}
}
