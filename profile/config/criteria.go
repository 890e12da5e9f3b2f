package config

import (
	"fmt"

	"github.com/idprofile/engine/identity/diag"
)

// checkCriteria reports sources whose accounts hardly belong to anybody: those that
// no profile reads, and that have neither criteria nor a correlation rule, so that
// the default match on names is all there is. Without any profile nobody is there
// to belong to.
func (l *loader) checkCriteria() {
	// Without profiles the folder is a part, and what is missing elsewhere cannot be judged.
	if len(l.b.Profiles) == 0 {
		return
	}

	// An authoritative source that a profile reads makes identities and needs no criteria.
	read := map[*Source]bool{}
	for _, p := range l.b.Profiles {
		read[l.b.AuthoritativeSource(p)] = true
	}
	for _, s := range l.b.Sources {
		if read[s] || s.Implied {
			continue
		}
		if s.Node.Get("authoritative").IsTrue() {
			l.found.Addf(diag.Warning, codeSourceAuthoritative, s.Node.Pos(),
				"source %q is authoritative, and no profile reads it: its accounts make no identities", s.Name)
		}

		// An account is still matched by its name, which the platform tries last.
		if !s.correlates() {
			l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSourceWithoutCriteria, Pos: s.Node.Pos(),
				Message: fmt.Sprintf("source %q has no correlation criteria and no correlation rule, so only accounts that are named like an identity find one", s.Name),
				Hint:    s.criteriaHint()})
		}
	}
}

// correlates reports whether a source has criteria or a correlation rule.
func (s *Source) correlates() bool {
	return s.CorrelationRule != "" || s.Correlation != nil && len(s.Correlation.Assignments)+
		len(s.Correlation.Rules) > 0
}

// criteriaHint says where criteria that a source refers to are expected.
func (s *Source) criteriaHint() string {
	if name := s.Node.At("accountCorrelationConfig", "name").Text(); name != "" {
		return fmt.Sprintf("it refers to %q: put that into the folder, or attributeAssignments into correlationConfigDetails", name)
	}
	return "criteria stand in correlationConfigDetails.attributeAssignments"
}
