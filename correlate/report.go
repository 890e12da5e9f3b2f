package correlate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
)

// Names turns identity numbers into what reports show; nil: the number.
type Names func(n int32) string

func (f Names) of(n int32) string {
	switch {
	case n < 0:
		return ""
	case f == nil:
		return fmt.Sprint(n)
	}

	return f(n)
}

func (f Names) all(list []int32) []string {
	names := make([]string, len(list))
	for i, n := range list {
		names[i] = f.of(n)
	}
	slices.Sort(names)
	return names
}

// UncorrelatedRows returns the rows of the report on accounts without identity, in
// the order of the accounts. Links are the stored ones, by account; nil: none.
// Near are the near misses by account, see [Nearby.FindAll]; nil: they are not known.
func UncorrelatedRows(c *Correlator, x *Index, accounts []identity.Account, b *Bulk, links []Link,
	near [][]NearMiss) []report.UncorrelatedRow {
	var rows []report.UncorrelatedRow
	var ex Explanation
	for i := range accounts {
		l := Link{Identity: -1}
		if links != nil {
			l = links[i]
		}

		// The report asks what would become of the account today, links by hand included: those are
		// not uncorrelated.
		d := c.Decide(b.Match(i), l, nil)
		if d.To >= 0 {
			continue
		}
		var misses []NearMiss
		if near != nil {
			misses = near[i]
		}
		c.ExplainInto(&ex, x, &accounts[i], nil)
		rows = append(rows, uncorrelatedRow(&accounts[i], &d, &ex, misses, ex.classify(&accounts[i], misses)))
	}

	return rows
}

// uncorrelatedRow tells why an account has no identity.
func uncorrelatedRow(a *identity.Account, d *Decision, ex *Explanation, misses []NearMiss,
	class Class) report.UncorrelatedRow {
	return report.UncorrelatedRow{
		Source: a.Source, AccountID: a.NativeIdentity, AccountName: a.DisplayName(), Created: a.Created,
		Reason: d.reason(ex.compared()), NearMiss: nearText(misses), Message: uncorrelatedMessage(d, ex, misses, class),
	}
}

// reason is why an account has no identity, of which rules compared a value or not.
func (d *Decision) reason(compared bool) string {
	if d.Reason == ReasonNoMatch && !compared {
		return ReasonBlank
	}
	return d.Reason
}

// compared reports whether a rule had a value of the account to look for. The
// default match does not count: every account has a name.
func (ex *Explanation) compared() bool {
	return slices.ContainsFunc(ex.Steps, func(s Step) bool { return s.Method != Default && s.Outcome >= NoMatch })
}

// classify guesses what an account is that has no identity.
func (ex *Explanation) classify(a *identity.Account, misses []NearMiss) Class {
	return Classify(a, len(misses) > 0, ex.compared())
}

// ShowNear fills the nearest of the identities that an account nearly matched into its
// row of the report on accounts without identity, see [Nearby.FindAll]. A row that has a
// message already keeps it. Nothing is near: the row stays as it is.
func ShowNear(row *report.UncorrelatedRow, misses []NearMiss) {
	if len(misses) == 0 {
		return
	}
	row.NearMiss = nearText(misses)
	if row.Message == "" {
		row.Message = nearMessage(&misses[0])
	}
}

func nearMessage(m *NearMiss) string {
	text := fmt.Sprintf("%s: %q is nearly %q", m.Criterion, m.AccountValue, m.IdentityValue)
	if fixes := m.Fixes(); fixes != nil {
		text += "; would match with " + strings.Join(fixes, ", ")
	}
	return text
}

func nearText(misses []NearMiss) string {
	var kinds []string
	for i := range misses {
		for _, d := range misses[i].Differences {
			if !slices.Contains(kinds, d.String()) {
				kinds = append(kinds, d.String())
			}
		}
	}

	return strings.Join(kinds, ", ")
}

func uncorrelatedMessage(d *Decision, ex *Explanation, misses []NearMiss, class Class) string {
	// The first of these that is true is what somebody would act on: a mark of the account hides
	// whatever the rules say, a near miss is easier to mend than an ambiguity.
	var parts []string
	switch {
	case d.Reason == ReasonManualFlag:
		parts = append(parts, "marked as manually correlated; clear the mark to correlate it again")
	case len(misses) > 0:
		parts = append(parts, nearMessage(&misses[0]))
	case len(d.Match.Ambiguous) > 0:
		parts = append(parts, fmt.Sprintf("%d identities meet %s", d.Match.Ambiguous[0].Total, d.Match.Ambiguous[0].Rule))
	default:
		for _, s := range ex.Steps {
			if s.Method != Default && s.Outcome == NoMatch {
				parts = append(parts, fmt.Sprintf("%s: nobody has %q", s.Criterion, strings.Join(s.Keys, ", ")))
				break
			}
		}
	}

	if class != ClassUnknown {
		parts = append(parts, "likely "+strings.ToLower(class.String()))
	}
	return strings.Join(parts, "; ")
}

// AmbiguousRows returns the rows of the report on ambiguous matches: one for
// each rule that several identities met, in the order of accounts and rules. Rows of one key
// share their candidates, which are only to be read.
func AmbiguousRows(c *Correlator, accounts []identity.Account, b *Bulk, names Names) []report.AmbiguousRow {
	rows := make([]report.AmbiguousRow, 0, b.ambiguities())
	candidates := candidateNames{names: names}
	for i := range accounts {
		m := b.Match(i)
		for _, note := range m.Ambiguous {
			row := c.ambiguousRow(&accounts[i], note, candidates.of(note.Identities))
			row.Outcome, row.Identity = string(m.Method), names.of(m.Identity)
			rows = append(rows, row)
		}
	}

	return rows
}

// ambiguities counts what all accounts met.
func (b *Bulk) ambiguities() int {
	count := 0
	for i := range b.Identity {
		count += len(b.noted.at(int32(i)))
	}
	return count
}

// candidateNames are the names of candidates, sorted. Thousands of accounts may have met the
// same ones, whose list is known by its place in memory.
type candidateNames struct {
	names Names
	known map[*int32][]string
}

func (c *candidateNames) of(list []int32) []string {
	if len(list) == 0 {
		return c.names.all(list)
	}
	if c.known == nil {
		c.known = map[*int32][]string{}
	}
	known, ok := c.known[&list[0]]
	if !ok {
		known = c.names.all(list)
		c.known[&list[0]] = known
	}
	return known
}

// AmbiguousRow returns the row of one criterion that several identities met for
// an account, without outcome. It shares no memory with the account.
func (c *Correlator) AmbiguousRow(a *identity.Account, note Ambiguity, names Names) report.AmbiguousRow {
	return c.ambiguousRow(a, note, names.all(note.Identities))
}

func (c *Correlator) ambiguousRow(a *identity.Account, note Ambiguity, candidates []string) report.AmbiguousRow {
	e := c.evaluator()
	defer c.release(e)
	criterion, value := c.met(e, a, &note)
	return report.AmbiguousRow{
		Source: strings.Clone(a.Source), AccountID: strings.Clone(a.NativeIdentity),
		AccountName: strings.Clone(a.DisplayName()), Criterion: criterion, Value: strings.Clone(value),
		Candidates: candidates,
	}
}

// met describes the criterion that several identities met for an account, and what it compared.
func (c *Correlator) met(e *evaluator, a *identity.Account, note *Ambiguity) (criterion, value string) {
	r := c.byID(note.Rule)
	if r == nil {
		return "the default match", ""
	}
	if len(r.terms) == 1 { // nearly all rules
		v, err := r.terms[0].ofAccount(e, a)
		if err != nil {
			return r.label, ""
		}
		return r.label, v.Text()
	}

	var values []string
	for i := range r.terms {
		if v, err := r.terms[i].ofAccount(e, a); err == nil {
			values = append(values, v.Text())
		}
	}
	return r.label, strings.Join(values, ", ")
}

func (c *Correlator) byID(id string) *compiled {
	for i := range c.rules {
		if c.rules[i].id == id {
			return &c.rules[i]
		}
	}

	return nil
}

// WithoutAccountTable is the report of identities without account, by source.
func WithoutAccountTable(name string, missing map[string][]int32, names Names) *report.Table {
	var rows []report.Row
	sources := make([]string, 0, len(missing))
	for source := range missing {
		sources = append(sources, source)
	}
	slices.Sort(sources)
	for _, source := range sources {
		for _, n := range missing[source] {
			rows = append(rows, report.Row{report.Text(source), report.Text(names.of(n))})
		}
	}

	return &report.Table{Name: name, Title: "Identities Without Account", Columns: []report.Column{
		{Key: "source", Header: "Source", Width: 14},
		{Key: "identityId", Header: "Identity", Kind: report.KindCode, Width: 16},
	}, Rows: report.RowsOf(rows...)}
}

// WithoutAccounts returns the identities of a population that no account has,
// ascending.
func WithoutAccounts(people int, linked []int32) []int32 {
	has, count := make([]bool, people), 0
	for _, n := range linked {
		if n >= 0 && int(n) < people && !has[n] {
			has[n] = true
			count++
		}
	}
	if count == people {
		return nil
	}

	out := make([]int32, 0, people-count)
	for n := range has {
		if !has[n] {
			out = append(out, int32(n))
		}
	}

	return out
}

// UnsupportedTable is the report of links that no rule supports any more, by
// account number; see [Evidence.Unsupported].
func UnsupportedTable(name string, accounts []identity.Account, stored, unsupported []int32,
	names Names) *report.Table {
	var rows []report.Row
	for _, i := range unsupported {
		a := &accounts[i]
		rows = append(rows, report.Row{report.Text(a.Source), report.Text(a.NativeIdentity), report.Text(a.DisplayName()),
			report.Text(names.of(stored[i]))})
	}

	return &report.Table{Name: name, Title: "Links Without Rule", Columns: []report.Column{
		{Key: "source", Header: "Source", Width: 14},
		{Key: "accountId", Header: "Account ID", Kind: report.KindCode, Width: 16},
		{Key: "accountName", Header: "Account Name", Width: 14},
		{Key: "identityId", Header: "Identity", Kind: report.KindCode, Width: 16},
	}, Rows: report.RowsOf(rows...)}
}

// ConflictTable is the report of accounts about whose identity rules disagree.
func ConflictTable(name string, accounts []identity.Account, conflicts []Conflict, names Names) *report.Table {
	var rows []report.Row
	for _, k := range conflicts {
		a := &accounts[k.Account]
		rows = append(rows, report.Row{report.Text(a.Source), report.Text(a.NativeIdentity), report.Text(a.DisplayName()),
			report.Text(names.of(k.Identity)),
			report.Text(k.Rule), report.Text(k.Against), report.TextOrNull(names.of(k.Other))})
	}

	return &report.Table{Name: name, Title: "Conflicting Evidence", Columns: []report.Column{
		{Key: "source", Header: "Source", Width: 12},
		{Key: "accountId", Header: "Account ID", Kind: report.KindCode, Width: 14},
		{Key: "accountName", Header: "Account Name", Width: 14},
		{Key: "identityId", Header: "Identity", Kind: report.KindCode, Width: 14},
		{Key: "rule", Header: "By Rule", Width: 12},
		{Key: "against", Header: "Against", Width: 12},
		{Key: "other", Header: "Other Identity", Kind: report.KindCode, Width: 14},
	}, Rows: report.RowsOf(rows...)}
}

// CoverageTable is the report of what each rule does alone, in the order of the
// rules.
func CoverageTable(name string, coverage []Coverage) *report.Table {
	var rows []report.Row
	for _, c := range coverage {
		rows = append(rows, report.Row{report.Text(c.Rule), report.Text(c.Criterion), report.Int(int64(c.Accounts)),
			report.Int(int64(c.Matched)),
			report.Int(int64(c.Ambiguous)), report.Int(int64(c.Decided)), report.Int(int64(c.Denied))})
	}

	return &report.Table{Name: name, Title: "Correlation Coverage", Columns: []report.Column{
		{Key: "rule", Header: "Rule", Width: 12},
		{Key: "criterion", Header: "Criterion", Width: 20},
		{Key: "accounts", Header: "Accounts", Kind: report.KindNumber},
		{Key: "matched", Header: "Matched", Kind: report.KindNumber},
		{Key: "ambiguous", Header: "Ambiguous", Kind: report.KindNumber},
		{Key: "decided", Header: "Decided", Kind: report.KindNumber},
		{Key: "denied", Header: "Denied", Kind: report.KindNumber},
	}, Rows: report.RowsOf(rows...)}
}

// SuggestionTable is the report of pairs of attributes, the best first.
func SuggestionTable(name string, list []Suggestion) *report.Table {
	var rows []report.Row
	percent := func(f float64) report.Cell { return report.Text(fmt.Sprintf("%.1f", 100*f)) }
	for _, s := range list {
		rows = append(rows, report.Row{report.Text(s.Property), report.Text(s.Value), percent(s.AccountCoverage),
			percent(s.IdentityCoverage),
			percent(s.Uniqueness), percent(s.MatchRate), percent(s.ConflictRate), report.Bool(s.Proposed)})
	}

	columns := []report.Column{{Key: "property", Header: "Identity Attribute", Width: 16},
		{Key: "value", Header: "Account Attribute", Width: 16}}
	for _, c := range [][2]string{{"accountCoverage", "Accounts %"}, {"identityCoverage", "Identities %"},
		{"uniqueness", "Unique %"}, {"matchRate", "Match %"}, {"conflictRate", "Conflict %"}} {
		columns = append(columns, report.Column{Key: c[0], Header: c[1], Align: report.AlignRight})
	}
	columns = append(columns, report.Column{Key: "proposed", Header: "Proposed", Kind: report.KindBool})
	return &report.Table{Name: name, Title: "Suggested Criteria", Columns: columns, Rows: report.RowsOf(rows...)}
}

// NoManagerRows returns the rows of the report on identities without manager, in the
// order of identities. Row fills in what is known of an identity; nil: its number.
func NoManagerRows(managers []ManagerOf, names Names, row func(n int32) report.NoManagerRow) []report.NoManagerRow {
	var rows []report.NoManagerRow
	for i := range managers {
		m := &managers[i]
		if m.State == ManagerResolved || m.State == ManagerNone {
			// Roots are not missing a manager; they were never given one.
			continue
		}
		r := report.NoManagerRow{IdentityID: names.of(int32(i))}
		if row != nil {
			r = row(int32(i))
		}
		r.Reason, r.ManagerValue, r.Candidates = m.State.String(), m.Value, names.all(m.Candidates)
		if m.Identity >= 0 {
			r.Message = "the manager is " + names.of(m.Identity)
		}
		rows = append(rows, r)
	}

	slices.SortStableFunc(rows, func(a, b report.NoManagerRow) int {
		return cmp.Compare(a.IdentityProfile,
			b.IdentityProfile)
	})
	return rows
}
