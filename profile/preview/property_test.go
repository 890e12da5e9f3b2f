package preview_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/transform"
)

// The same configuration on both sides changes nothing, however it is run.
func TestUnchanged(t *testing.T) {
	b := acme(t, "")
	for _, settled := range []bool{false, true} {
		for _, full := range []bool{false, true} {
			o := options(t, b, settled)
			o.Full = full
			r := compare(t, b, acme(t, ""), o)
			if !r.Empty() || len(r.Causes) > 0 || len(r.Groups) > 0 || len(r.People) > 0 || r.Totals.Before != 284 || r.Totals.After != 284 {
				t.Errorf("settled %v, full %v: %+v, causes %v", settled, full, r.Totals, r.Causes)
			}
			if r.Totals.ExceptionsBefore != r.Totals.ExceptionsAfter || r.Totals.UncorrelatedBefore != r.Totals.UncorrelatedAfter {
				t.Errorf("settled %v, full %v: %+v", settled, full, r.Totals)
			}
		}
	}
}

// The comparison the other way round is the mirror image.
func TestMirror(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			before, after := acme(t, ""), acme(t, c.name)
			for _, settled := range c.starts() {
				o := options(t, before, settled)
				there, back := compare(t, before, after, o), compare(t, after, before, o)
				if diff := gocmp.Diff(lines(there, false), lines(back, true)); diff != "" {
					t.Errorf("settled %v: mismatch (-there +back)\n%s", settled, diff)
				}
				if len(there.Groups) != len(back.Groups) {
					t.Errorf("settled %v: %d groups there, %d back", settled, len(there.Groups), len(back.Groups))
				}
			}
		})
	}
}

// lines is what changes, one line for each change, in alphabetical order.
func lines(r *preview.Report, mirror bool) []string {
	var list []string
	for _, p := range r.People {
		for _, c := range p.Changes {
			kind, from, to := c.Kind, c.Before, c.After
			if mirror {
				kind, from, to = kind.Mirror(), to, from
			}
			list = append(list, fmt.Sprint(p.ID, " ", kind, " ", c.Attribute, c.Code, c.Source, c.Account, " ", from, " > ", to))
		}
	}
	for _, g := range r.Groups {
		p := g.Pattern
		kind := g.Kind
		if mirror {
			kind, p.Before, p.After = kind.Mirror(), p.After, p.Before
		}
		list = append(list, fmt.Sprint("group ", kind, " ", g.Attribute, g.Code, g.Source, " ", p, " ", g.Count, " ", g.Causes))
	}
	slices.Sort(list)
	return list
}

// What the groups count is what the people have, and so are the totals.
func TestSums(t *testing.T) {
	before := acme(t, "")
	for _, c := range changes {
		for _, settled := range c.starts() {
			o := options(t, before, settled)
			streamed := 0
			o.OnPerson = func(p *preview.Person) error { streamed += len(p.Changes); return nil }
			r := compare(t, before, acme(t, c.name), o)
			groups, people, totals := 0, 0, 0
			for _, g := range r.Groups {
				groups += g.Count
			}
			for _, p := range r.People {
				people += len(p.Changes)
			}
			for _, n := range r.Totals.Changes {
				totals += n
			}
			if groups != people || totals != people || streamed != people || len(r.People) != r.Totals.People {
				t.Errorf("%s, settled %v: groups %d, people %d (%d), totals %d (%d), streamed %d", c.name, settled, groups, people, len(r.People), totals, r.Totals.People, streamed)
			}
			if !slices.IsSortedFunc(r.People, func(a, b *preview.Person) int {
				return cmp.Or(strings.Compare(a.Account.Source, b.Account.Source), strings.Compare(a.Account.NativeIdentity, b.Account.NativeIdentity))
			}) {
				t.Errorf("%s: people are not in order", c.name)
			}
		}
	}
}

// Whatever single mapping or transform changes: what the comparison leaves out
// would not have differed.
func TestPartial(t *testing.T) {
	before := acme(t, "")
	partial := 0
	for i, c := range mutations(t) {
		o := options(t, before, i%2 == 0)
		quick := compare(t, before, c.bundle, o)
		if quick.Evaluated == "all" {
			continue
		}
		partial++
		o.Full = true
		full := compare(t, before, c.bundle, o)
		full.Evaluated = quick.Evaluated
		if diff := gocmp.Diff(form(t, full), form(t, quick)); diff != "" {
			t.Errorf("%s: mismatch (-full +partial)\n%s", c.name, diff)
		}
	}
	if partial < 5 {
		t.Errorf("only %d comparisons were partial", partial)
	}
}

func form(t *testing.T, r *preview.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

type mutation struct {
	name   string
	bundle *config.Bundle
}

// mutations are configurations in which one mapping is turned into upper case,
// gives a text for everybody, or fails for some.
func mutations(t *testing.T) []mutation {
	wrappers := []string{
		`{"type":"upper","attributes":{"input":null}}`,
		`{"type":"lookup","attributes":{"input":null,"table":{"DE":"x","GB":"y","active":"z","US":"w"}}}`,
	}
	var list []mutation
	for n, w := range wrappers {
		probe := acme(t, "")
		for pi, p := range probe.Profiles {
			for mi, m := range p.Mappings {
				if (mi+4*n+pi)%7 == 0 { // some of them with each wrapper
					b := acme(t, "")
					target := b.Profiles[pi].Mappings[mi]
					def, _ := jsondoc.Parse("changed.json", []byte(w))
					def.Get("attributes").Set("input", target.Definition.Node)
					target.Definition = transform.FromNode(def)
					list = append(list, mutation{p.Name + " " + m.Attribute + " " + w, b})
				}
			}
		}
	}
	return list
}
