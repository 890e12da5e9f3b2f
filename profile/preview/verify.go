package preview

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// TenantIdentity is an identity as a tenant's list or search interface has it.
type TenantIdentity struct {
	ID, Name, Alias string
	Profile         string // empty: not told
	Attributes      map[string]identity.Value
}

// ReadIdentities reads the identities of a tenant: a JSON array, or one JSON
// object after another, in the shape of the list or of the search interface.
// Members that are not known are ignored.
func ReadIdentities(r io.Reader) ([]TenantIdentity, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(3); string(mark) == "\xef\xbb\xbf" {
		b.Discard(3)
	}
	d := json.NewDecoder(b)
	var list []TenantIdentity
	for {
		var raw json.RawMessage
		err := d.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("identity %d: %w", len(list)+1, err)
		}

		// Exports are one list, or one object a line.
		items := []json.RawMessage{raw}
		if raw[0] == '[' {
			if err := json.Unmarshal(raw, &items); err != nil {
				return nil, err
			}
		}

		for _, item := range items {
			i, err := tenantIdentity(item)
			if err != nil {
				return nil, fmt.Errorf("identity %d: %w", len(list)+1, err)
			}
			list = append(list, i)
		}
	}
}

func tenantIdentity(src json.RawMessage) (TenantIdentity, error) {
	var in struct {
		ID, Name, Alias string
		IdentityProfile struct{ Name string }
		Attributes      map[string]json.RawMessage
	}
	if err := json.Unmarshal(src, &in); err != nil {
		return TenantIdentity{}, err
	}
	if in.ID == "" && in.Name == "" && in.Alias == "" {
		return TenantIdentity{}, fmt.Errorf("found an object without id and name, expected an identity")
	}

	// Values come as the tenant's search gives them: references are objects, all else is a value.
	i := TenantIdentity{ID: in.ID, Name: in.Name, Alias: in.Alias, Profile: in.IdentityProfile.Name,
		Attributes: map[string]identity.Value{}}
	for name, raw := range in.Attributes {
		var v identity.Value
		if raw = bytes.TrimSpace(raw); raw[0] == '{' { // a reference, shown by its name
			var ref struct{ Name string }
			if err := json.Unmarshal(raw, &ref); err != nil {
				return i, err
			}
			v = identity.StringValue(ref.Name)
		} else if err := v.UnmarshalJSON(raw); err != nil {
			return i, fmt.Errorf("attribute %q: %w", name, err)
		}

		i.Attributes[name] = v
	}

	return i, nil
}

// Verification says how far our results agree with a tenant's identities. Its
// JSON form is stable: members may be added, never renamed or removed.
type Verification struct {
	Version    int          `json:"format_version"`
	Ours       int          `json:"identitiesOurs"`
	Theirs     int          `json:"identitiesTheirs"`
	Matched    int          `json:"matched"`
	Agreeing   int          `json:"agreeing"` // identities that agree in everything
	OnlyOurs   []string     `json:"onlyOurs"` // names, the first ones
	OnlyTheirs []string     `json:"onlyTheirs"`
	Attributes []*Agreement `json:"attributes"`
	Absent     []string     `json:"absent"` // attributes that the tenant's file has for nobody; they are not compared
	Dialect    []DialectFit `json:"dialect,omitempty"`

	examples int
}

// DialectFit is an option of the dialect with which more identities agree.
type DialectFit struct {
	Option   string `json:"option"`
	Doc      string `json:"doc"`
	Agreeing int    `json:"agreeing"` // identities that agree in everything with it
}

// Agreement counts how one attribute compares; the profile is counted under
// "(profile)".
type Agreement struct {
	Name       string         `json:"name"`
	Agree      int            `json:"agree"`
	Differ     int            `json:"differ"`             // both have a value
	OnlyOurs   int            `json:"onlyOurs"`           // the tenant has none
	OnlyTheirs int            `json:"onlyTheirs"`         // we have none
	Patterns   []PatternCount `json:"patterns,omitempty"` // how values differ, the most frequent first
	Examples   []Disagreement `json:"examples"`
}

// PatternCount is how often values differ in one way.
type PatternCount struct {
	Pattern
	Count int `json:"count"`
}

// Disagreement is an attribute of one identity that differs.
type Disagreement struct {
	ID     string         `json:"id"` // the tenant's
	Name   string         `json:"name"`
	Ours   identity.Value `json:"ours"`
	Theirs identity.Value `json:"theirs"`
	Error  string         `json:"error,omitempty"` // why we have no value
	// Pattern is how the values differ; nil where one of them is null.
	Pattern *Pattern `json:"pattern,omitempty"`
}

// Agrees reports whether nothing differs.
func (v *Verification) Agrees() bool {
	return v.Matched == v.Agreeing && v.Ours == v.Matched && v.Theirs == v.Matched
}

const profileName = "(profile)"

// Verify compares the results of a run with the identities of a tenant. People
// are matched by identity id, else by name: the tenant's alias, name or uid with
// our name or uid, without case. Examples is how many are kept of everything.
func Verify(results iter.Seq2[*profile.Result, error], tenant []TenantIdentity, examples int) (*Verification, error) {
	v := &Verification{Version: FormatVersion, Theirs: len(tenant), OnlyOurs: []string{}, OnlyTheirs: []string{},
		Absent: []string{}, Attributes: []*Agreement{}, examples: examples}
	x := &verifier{Verification: v, byName: map[string]*Agreement{}, index: indexTenant(tenant),
		present: map[string]bool{}, seen: make([]bool, len(tenant))}

	// What the tenant's file never has is not compared: it was not exported.
	for i := range tenant {
		for name, value := range tenant[i].Attributes {
			x.present[name] = x.present[name] || !value.IsNull()
		}
		x.present[profileName] = x.present[profileName] || tenant[i].Profile != ""
	}

	for r, err := range results {
		if err != nil {
			return nil, err
		}
		x.result(r, tenant)
	}

	// Whom nobody matched is told by any name.
	for i := range tenant {
		if !x.seen[i] && len(v.OnlyTheirs) < examples {
			v.OnlyTheirs = append(v.OnlyTheirs, cmp.Or(tenant[i].Alias, tenant[i].Name, tenant[i].ID))
		}
	}

	for _, a := range v.Attributes {
		slices.SortStableFunc(a.Patterns, func(p, q PatternCount) int {
			return cmp.Or(-cmp.Compare(p.Count, q.Count), cmp.Compare(p.String(), q.String()))
		})
	}

	slices.SortFunc(v.Attributes, func(a, b *Agreement) int { return strings.Compare(a.Name, b.Name) })
	v.Absent = slices.Sorted(maps.Keys(x.absent))
	return v, nil
}

type verifier struct {
	*Verification
	byName  map[string]*Agreement
	index   map[string]int
	present map[string]bool
	absent  map[string]bool
	seen    []bool
}

// indexTenant finds identities by id and by names; a name that several have is
// no key, unless it is somebody's alias.
func indexTenant(tenant []TenantIdentity) map[string]int {
	index := map[string]int{}
	add := func(key string, i int) {
		if key == "" {
			return
		}

		// A second identity under a key takes it from the first as well: a guess would compare two people.
		if other, ok := index[key]; ok && other != i {
			index[key] = -1
			return
		}

		index[key] = i
	}

	for i := range tenant {
		index["id:"+tenant[i].ID] = i
		add("alias:"+identity.Fold(tenant[i].Alias), i)
		add("name:"+identity.Fold(tenant[i].Name), i)
		add("uid:"+identity.Fold(tenant[i].Attributes["uid"].Text()), i)
	}

	return index
}

func (x *verifier) find(r *profile.Result) (int, bool) {
	alias, uid := identity.Fold(r.Identity.Alias), identity.Fold(r.Identity.Attribute("uid").Text())
	for _, key := range []string{"id:" + r.Identity.ID, "alias:" + alias, "uid:" + uid, "name:" + alias, "alias:" + uid,
		"name:" + uid} {
		if i, ok := x.index[key]; ok && i >= 0 && !strings.HasSuffix(key, ":") && !x.seen[i] {
			return i, true
		}
	}

	return 0, false
}

func (x *verifier) result(r *profile.Result, tenant []TenantIdentity) {
	x.Ours++
	i, ok := x.find(r)
	if !ok {
		if len(x.Verification.OnlyOurs) < x.examples {
			x.Verification.OnlyOurs = append(x.Verification.OnlyOurs, strings.Clone(r.Identity.Alias))
		}
		return
	}

	x.seen[i] = true
	x.Matched++
	t := &tenant[i]
	agree := x.compare(r, t, profileName, text(r.Identity.Profile), text(t.Profile))
	for slot, name := range r.Identity.Attributes.Schema().Names() {
		ours, theirs := r.Identity.Attributes.At(slot), t.Attributes[name]
		if name == attrManager && r.Manager.ID != "" && theirs.Text() == r.Manager.ID {
			theirs = ours // shown by id
		}
		agree = x.compare(r, t, name, ours, theirs) && agree
	}

	// Somebody agrees who agrees in everything.
	if agree {
		x.Agreeing++
	}
}

// compare counts one attribute of one identity and reports whether it agrees.
func (x *verifier) compare(r *profile.Result, t *TenantIdentity, name string, ours, theirs identity.Value) bool {
	if !x.present[name] {
		if x.absent == nil {
			x.absent = map[string]bool{}
		}
		x.absent[name] = true
		return true
	}

	a := x.byName[name]
	if a == nil {
		a = &Agreement{Name: name, Examples: []Disagreement{}}
		x.byName[name] = a
		x.Attributes = append(x.Attributes, a)
	}

	// How they differ is told by a pattern, so that one cause shows as one line.
	var pattern *Pattern
	switch {
	case sameValue(ours, theirs):
		a.Agree++
		return true
	case theirs.IsNull():
		a.OnlyOurs++
	case ours.IsNull():
		a.OnlyTheirs++
	default:
		a.Differ++
		p := patternOf(theirs, ours).clone()
		pattern = &p
		a.count(p)
	}

	if len(a.Examples) < x.examples {
		d := Disagreement{ID: t.ID, Name: strings.Clone(r.Identity.Alias), Ours: ours.Clone(), Theirs: theirs,
			Pattern: pattern}
		if err := errorOf(r, name); err != nil {
			d.Error = err.Error()
		}
		a.Examples = append(a.Examples, d)
	}

	return false
}

// count counts a pattern. Common parts that differ for everybody, as texts in front do, would
// make as many patterns as people, so there is a limit, behind which only the name counts.
func (a *Agreement) count(p Pattern) {
	for {
		for i := range a.Patterns {
			if a.Patterns[i].Pattern == p {
				a.Patterns[i].Count++
				return
			}
		}

		if len(a.Patterns) < fewPatterns || p.Before+p.After == "" {
			a.Patterns = append(a.Patterns, PatternCount{Pattern: p, Count: 1})
			return
		}

		p = Pattern{Name: p.Name}
	}
}

// fewPatterns is how many patterns with common parts an attribute keeps.
const fewPatterns = 20

// sameValue compares values as interfaces show them: numbers and booleans may be
// texts, a list of one item may be that item.
func sameValue(a, b identity.Value) bool {
	if a.Kind() == identity.List || b.Kind() == identity.List {
		x, y := items(a), items(b)
		return !a.IsNull() && !b.IsNull() && slices.EqualFunc(x, y, sameValue)
	}

	return a.IsNull() == b.IsNull() && a.Text() == b.Text()
}

// WriteJSON writes the verification as one JSON object.
func (v *Verification) WriteJSON(w io.Writer) error {
	src, err := encode(v, "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(src)
	return err
}

// WriteText writes the verification for a terminal. A nil paint shows no colours.
func (v *Verification) WriteText(w io.Writer, paint report.Paint) error {
	b := bufio.NewWriter(w)
	if v.Matched == 0 {
		report.Fprintf(b, "%s\n", paint.As(report.Heading, fmt.Sprintf(
			"Nothing to compare: none of our %d and the tenant's %d identities were matched.", v.Ours, v.Theirs)))
	} else {
		report.Fprintf(b, "%s\n", paint.As(report.Heading,
			fmt.Sprintf("%d of our %d and the tenant's %d identities were matched; %d agree in everything (%s).",
				v.Matched, v.Ours, v.Theirs, v.Agreeing, percent(v.Agreeing, v.Matched))))
	}

	for _, l := range []struct {
		title string
		n     int
		names []string
	}{{"only ours", v.Ours - v.Matched, v.OnlyOurs}, {"only the tenant's", v.Theirs - v.Matched, v.OnlyTheirs}} {
		if l.n > 0 {
			report.Fprintf(b, "  %s: %d, for example %s\n", l.title, l.n, strings.Join(l.names, ", "))
		}
	}

	for _, fit := range v.Dialect {
		report.Fprintf(b, "With the dialect option %s (%s) %d agree: set it in idprofile.json.\n", fit.Option, fit.Doc,
			fit.Agreeing)
	}

	// Attributes that agree for everybody are named once, at the end.
	var whole []string
	head := fmt.Sprintf("\n%s\n", paint.As(report.Heading,
		"Attribute                agree   differ  only ours  only theirs"))
	for _, a := range v.Attributes {
		if a.Differ+a.OnlyOurs+a.OnlyTheirs == 0 {
			whole = append(whole, a.Name)
			continue
		}

		b.WriteString(head)
		head = ""
		report.Fprintf(b, "  %s%s %7s %8s %10s %12s\n", a.Name, pad(a.Name, 20),
			percent(a.Agree, a.Agree+a.Differ+a.OnlyOurs+a.OnlyTheirs), number(a.Differ), number(a.OnlyOurs),
			number(a.OnlyTheirs))
		for _, p := range a.Patterns {
			report.Fprintf(b, "      %d × %s\n", p.Count, p.Pattern)
		}
		for _, e := range a.Examples {
			report.Fprintf(b, "      %s: ours %s, theirs %s", e.Name, paint.As(report.After, show(e.Ours)),
				paint.As(report.Before, show(e.Theirs)))
			if e.Error != "" {
				report.Fprintf(b, " (%s)", e.Error)
			}
			report.Fprintln(b)
		}
	}

	if len(whole) > 0 {
		report.Fprintf(b, "\nAgree for everybody: %s\n", strings.Join(whole, ", "))
	}
	if len(v.Absent) > 0 {
		report.Fprintf(b, "\nNot in the tenant's file, so not compared: %s\n", strings.Join(v.Absent, ", "))
	}
	return b.Flush()
}

// percent is a share; a share of nothing is all of it. What is not all is never
// shown as 100.
func percent(n, of int) string {
	if n == of {
		return "100 %"
	}
	return fmt.Sprintf("%.1f %%", min(99.9, float64(n)*100/float64(of)))
}
