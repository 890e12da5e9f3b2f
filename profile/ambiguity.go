package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
)

// Correlator returns the correlation of a source, nil for a source that is not
// configured.
func (e *Engine) Correlator(source string) *correlate.Correlator {
	if s := e.sources[source]; s != nil {
		return s.correlator
	}
	return nil
}

// reportAmbiguous reports the criteria that several identities met when an
// account was correlated last, in the order of the accounts (correlate/DECISIONS.md, DECISION 30).
func (l *linker) reportAmbiguous() {
	for _, notes := range l.ambiguous {
		for _, note := range notes {
			for _, n := range note.Identities {
				l.told[n] = true
			}
		}
	}
	if l.opts.OnFinding != nil || l.opts.OnAmbiguous != nil {
		for _, account := range slices.Sorted(maps.Keys(l.ambiguous)) {
			a := l.accounts.At(account)
			for _, note := range l.ambiguous[account] {
				l.report(l.ambiguity(&a, note))
				if l.opts.OnAmbiguous != nil {
					l.opts.OnAmbiguous(l.ambiguousRow(account, &a, note))
				}
			}
		}
	}

	l.ambiguous = nil
}

// ambiguousRow says what became of the account in the end.
func (l *linker) ambiguousRow(account int32, a *identity.Account, note correlate.Ambiguity) report.AmbiguousRow {
	st := &l.state[account]
	row := l.engine.sources[a.Source].correlator.AmbiguousRow(a, note, l.id)
	row.Outcome = string(methods[st.method])
	if st.owner >= 0 {
		row.Identity = l.id(st.owner)
	}
	return row
}

func (l *linker) ambiguity(a *identity.Account, note correlate.Ambiguity) diag.Diagnostic {
	ids := make([]string, len(note.Identities))
	for i, n := range note.Identities {
		ids[i] = l.id(n)
	}

	// Numbers of identities differ from run to run, ids do not.
	slices.Sort(ids)
	if note.Total > len(ids) {
		ids = append(ids, "...")
	}
	criterion := "the default match"
	if note.Criterion >= 0 {
		criterion = l.engine.Criterion(a.Source, note.Criterion)
	}
	return diag.Diagnostic{Severity: diag.Info, Code: codeCorrelationAmbiguous,
		Message: fmt.Sprintf("account %s: %d identities meet %s: %s", a.Key(), note.Total, criterion,
			strings.Join(ids, ", "))}
}
