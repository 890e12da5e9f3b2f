package correlate

import (
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// Options settle what the vendor leaves open, and hand in what correlation needs
// from outside. The zero Options are the documented behaviour.
type Options struct {
	// AmbiguityStop ends at the first ambiguous criterion (DECISION 30).
	AmbiguityStop bool
	// HonourIgnoreCase compares with case where a criterion says so (DECISION 32).
	HonourIgnoreCase bool
	// MatchMode honours ANYWHERE, START and END of criteria: the account value
	// is contained in, or the start or end of, the identity value (DECISION 28).
	// Such criteria look at every identity.
	MatchMode bool
	// Swapped reads property as the account attribute and value as the identity
	// attribute (DECISION 27).
	Swapped bool
	// NameIsDisplayName compares the property "name" with the identity attribute
	// displayName instead of the alias (DECISION 29).
	NameIsDisplayName bool
	// StrictRecorrelate takes the identity from an account that no rule links to
	// it any more (DECISION 33).
	StrictRecorrelate bool
	// CorrelatedOnly leaves out the identities for which [Index.RankLast] is true,
	// instead of ranking them last (DECISION 31).
	CorrelatedOnly bool
	// Placeholders are values that criteria do not compare, without case and
	// blanks around. The vendor has none.
	Placeholders []string

	// Rule stands for the correlation rule of the source; it runs before the
	// criteria. RuleAttributes are the identity attributes that it may name.
	Rule           AccountRule
	RuleAttributes []string
	// Library compiles the transforms of conditions, e164phone among them.
	Library *transform.Library
	// Env is what those transforms take from outside; nil is an empty one.
	Env *transform.Env
	// Actions replaces the default action of situations.
	Actions map[Situation]Action
}

// AccountRule is the code of a correlation rule: the identity attribute to
// search and the value to search for. Either may be empty: no result. An error
// is recorded, and the criteria are tried.
//
// Source: DECISION 2.
type AccountRule func(a *identity.Account) (attribute string, value identity.Value, err error)
