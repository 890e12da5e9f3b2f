package correlate

import (
	"time"
)

// Situation says how an account stands to the identities.
type Situation uint8

// The situations of accounts.
const (
	None               Situation = iota // no identity was found
	Confirmed                           // the rules find the identity that it has
	Found                               // the rules find one identity, and it had none or another
	FoundAlreadyLinked                  // as Found, but that identity has another account on the source
	Ambiguous                           // the rules find several
	ManualLocked                        // linked, or kept unlinked, by hand
	Excluded                            // the configuration leaves it alone
)

var situationNames = [...]string{"NONE", "CONFIRMED", "FOUND", "FOUND_ALREADY_LINKED", "AMBIGUOUS", "MANUAL_LOCKED",
	"EXCLUDED"}

// String returns the situation as reports write it.
func (s Situation) String() string {
	if int(s) < len(situationNames) {
		return situationNames[s]
	}
	return "UNKNOWN"
}

// MarshalText writes the situation as reports do.
func (s Situation) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Action says what is done about a situation.
type Action uint8

// The actions.
const (
	ActionDefault  Action = iota // in [Options.Actions]: the default of the situation
	Keep                         // nothing changes
	LinkAccount                  // the account gets its first identity
	MoveAccount                  // the account goes to another identity
	UnlinkAccount                // the account loses its identity
	CreateIdentity               // an account of an authoritative source makes one
	Review                       // a person has to look
)

var actionNames = [...]string{"DEFAULT", "KEEP", "LINK", "MOVE", "UNLINK", "CREATE", "REVIEW"}

// String returns the action as reports write it.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "UNKNOWN"
}

// MarshalText writes the action as reports do.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Reasons of decisions, beside those of [Outcome].
const (
	ReasonManualFlag = "MANUAL_FLAG_BLOCKS" // marked as manually correlated, without identity
	ReasonManual     = "MANUAL"
	ReasonLocked     = "LOCKED"
	ReasonExcluded   = "EXCLUDED"
	ReasonAmbiguous  = "AMBIGUOUS"
	ReasonNoMatch    = "NO_MATCH"
	ReasonBlank      = "BLANK" // no rule had a value to compare
)

// Lock keeps an account where it is until someone takes the lock away.
type Lock struct {
	Reason, Author string
	Since          time.Time
}

// Link is what is stored about an account: its identity, and whether people or
// rules decided that.
type Link struct {
	Identity int32 // -1: none
	Manual   bool  // the account's manuallyCorrelated
	Lock     *Lock
	// Strict: an account that no rule finds an identity for loses the one it has, as
	// with [Options.StrictRecorrelate].
	Strict bool
	// Authoritative: an account without identity makes one.
	Authoritative bool
}

// Decision is what to do with one account, and why.
type Decision struct {
	Situation Situation
	Action    Action
	Method    Method // by what the account has To
	From, To  int32  // -1: none
	Match     Match
	Reason    string
	Lock      *Lock
}

// Decide says what becomes of an account by what the rules found and what is
// stored. Taken reports that the identity found has another account on the
// source; nil: no identity has.
//
// Source: DECISION 33.
func (c *Correlator) Decide(m Match, l Link, taken func(n int32) bool) Decision {
	d := Decision{From: l.Identity, To: l.Identity, Match: m, Lock: l.Lock}

	// What a person decided comes first, whatever the rules say; then what the configuration leaves
	// alone; only then what was found.
	switch {
	case l.Lock != nil || l.Manual:
		d.manual(l)
	case m.Excluded:
		d.Situation, d.Action, d.Method, d.Reason = Excluded, Keep, kept(l), ReasonExcluded
	case m.Identity >= 0:
		d.found(m, l, taken)
	case len(m.Ambiguous) > 0:
		d.Situation, d.Reason = Ambiguous, ReasonAmbiguous
		d.unmatched(l, l.Strict || c.options.StrictRecorrelate)
	default:
		d.Situation, d.Reason = None, ReasonNoMatch
		d.unmatched(l, l.Strict || c.options.StrictRecorrelate)
	}

	// The answer of the vendor to a situation may be replaced by configuration.
	if a := c.options.Actions[d.Situation]; a != ActionDefault {
		d.replace(a)
	}
	return d
}

func kept(l Link) Method {
	if l.Identity >= 0 {
		return Sticky
	}
	return Uncorrelated
}

func (d *Decision) manual(l Link) {
	d.Situation, d.Action, d.Method, d.Reason = ManualLocked, Keep, Manual, ReasonManual
	switch {
	case l.Lock != nil:
		d.Reason = ReasonLocked
	case l.Identity < 0:
		d.Reason = ReasonManualFlag
	}

	if l.Identity < 0 {
		d.Method = Uncorrelated
	}
}

func (d *Decision) found(m Match, l Link, taken func(int32) bool) {
	d.Method, d.To, d.Reason = m.Method, m.Identity, m.Rule
	if l.Identity == m.Identity {
		d.Situation, d.Action = Confirmed, Keep
		return
	}

	d.Situation, d.Action = Found, LinkAccount
	if taken != nil && taken(m.Identity) {
		d.Situation = FoundAlreadyLinked
	}
	if l.Identity >= 0 {
		d.Action = MoveAccount
	}
}

// unmatched decides about an account for which the rules find no identity.
func (d *Decision) unmatched(l Link, strict bool) {
	d.Method, d.Action = kept(l), Keep
	switch {
	case l.Identity >= 0 && strict:
		d.Action, d.Method, d.To = UnlinkAccount, Uncorrelated, -1
	case l.Identity < 0 && l.Authoritative:
		d.Action, d.Method = CreateIdentity, NewIdentity
	}
}

// replace puts another action in the place of the default one.
func (d *Decision) replace(a Action) {
	switch a {
	case Keep, Review:
		d.To, d.Method = d.From, kept(Link{Identity: d.From})
	case UnlinkAccount:
		d.To, d.Method = -1, Uncorrelated
	case LinkAccount, MoveAccount:
		if d.Match.Identity < 0 {
			return
		}
		d.To, d.Method = d.Match.Identity, d.Match.Method
	}

	d.Action = a
}
