package correlate

import (
	"time"

	"github.com/idprofile/engine/identity"
)

// Situation says how an account stands to the identities, or an identity to the
// accounts of a source.
type Situation uint8

// The situations of accounts, then those of identities.
const (
	None               Situation = iota // no identity was found
	Confirmed                           // the rules find the identity that it has
	Found                               // the rules find one identity, and it had none or another
	FoundAlreadyLinked                  // as Found, but that identity has another account on the source
	Ambiguous                           // the rules find several
	ManualLocked                        // linked, or kept unlinked, by hand
	Excluded                            // the configuration leaves it alone

	WithoutAccount // the identity has no account on the source
	LinkBroken     // no rule supports the link any more, or its identity is gone
	SourceMissing  // the account of the link is gone from the source
)

var situationNames = [...]string{"NONE", "CONFIRMED", "FOUND", "FOUND_ALREADY_LINKED", "AMBIGUOUS", "MANUAL_LOCKED", "EXCLUDED",
	"WITHOUT_ACCOUNT", "LINK_BROKEN", "SOURCE_MISSING"}

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
	ReasonManualFlag  = "MANUAL_FLAG_BLOCKS" // marked as manually correlated, without identity
	ReasonManual      = "MANUAL"
	ReasonLocked      = "LOCKED"
	ReasonExcluded    = "EXCLUDED"
	ReasonAmbiguous   = "AMBIGUOUS"
	ReasonNoMatch     = "NO_MATCH"
	ReasonBlank       = "BLANK"    // no rule had a value to compare
	ReasonUnsupported = "NO_RULE"  // linked, but no rule says so
	ReasonGone        = "NOT_HERE" // the account or identity of a link is gone
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
	// Authoritative: an account without identity makes one.
	Authoritative bool
}

// Event is something that hosts may want to hear of.
type Event struct {
	Type    string // ACCOUNT_CORRELATED, ACCOUNT_MOVED, ACCOUNT_UNCORRELATED, IDENTITY_CREATED, CORRELATION_...
	Account identity.AccountKey
	From    int32 // -1: none
	To      int32
	Rule    string
	Reason  string
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
	switch {
	case l.Lock != nil || l.Manual:
		d.manual(l)
	case m.Excluded:
		d.Situation, d.Action, d.Method, d.Reason = Excluded, Keep, kept(l), ReasonExcluded
	case m.Identity >= 0:
		d.found(m, l, taken)
	case len(m.Ambiguous) > 0:
		d.Situation, d.Reason = Ambiguous, ReasonAmbiguous
		d.unmatched(l, c.options.StrictRecorrelate)
	default:
		d.Situation, d.Reason = None, ReasonNoMatch
		d.unmatched(l, c.options.StrictRecorrelate)
	}
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

// Event returns what happened, false when nothing did that anyone should hear of.
func (d *Decision) Event(a identity.AccountKey) (Event, bool) {
	e := Event{Account: a, From: d.From, To: d.To, Rule: d.Match.Rule, Reason: d.Reason}
	switch {
	case d.Action == Review:
		e.Type = "CORRELATION_REVIEW"
	case d.Action == CreateIdentity:
		e.Type = "IDENTITY_CREATED"
	case d.From == d.To && d.Situation == Ambiguous:
		e.Type = "CORRELATION_AMBIGUOUS"
	case d.From == d.To:
		return Event{}, false
	case d.To < 0:
		e.Type = "ACCOUNT_UNCORRELATED"
	case d.From < 0:
		e.Type = "ACCOUNT_CORRELATED"
	default:
		e.Type = "ACCOUNT_MOVED"
	}
	return e, true
}

// Uncorrelate takes the identity from an account by hand: it stays without one,
// as the vendor marks such accounts, unless the mark is cleared.
//
// Source: DECISION 33.
func Uncorrelate(l Link, mark bool) Decision {
	d := Decision{Situation: ManualLocked, Action: UnlinkAccount, Method: Uncorrelated, From: l.Identity, To: -1, Reason: ReasonManual}
	if !mark {
		d.Situation = None
	}
	if l.Identity < 0 {
		d.Action = Keep
	}
	return d
}

// Side is the situation of one identity on one source.
type Side struct {
	Identity  int32
	Situation Situation // WithoutAccount, LinkBroken, SourceMissing or Confirmed
	Action    Action
	Account   identity.AccountKey // of the link, when there is one
	Reason    string
}

// Stored is a link that was stored for a source: an account and its identity.
type Stored struct {
	Account  identity.AccountKey
	Identity int32
}

// Identities tells how n identities stand on a source: decisions are those of
// its accounts (by number), stored the links before. Identities with a link that
// holds are left out. The order is by identity, then account.
func Identities(n int, accounts []identity.Account, decisions []Decision, stored []Stored) []Side {
	var sides []Side
	has := make([]bool, n)
	here := make(map[identity.AccountKey]bool, len(accounts))
	for i := range accounts {
		here[accounts[i].Key()] = true
		d := &decisions[i]
		if d.To >= 0 && int(d.To) < n {
			has[d.To] = true
			if d.From == d.To && (d.Situation == None || d.Situation == Ambiguous) {
				sides = append(sides, Side{d.To, LinkBroken, Review, accounts[i].Key(), ReasonUnsupported})
			}
		} else if int(d.To) >= n {
			sides = append(sides, Side{d.To, LinkBroken, UnlinkAccount, accounts[i].Key(), ReasonGone})
		}
	}
	for _, s := range stored {
		if !here[s.Account] {
			sides = append(sides, Side{s.Identity, SourceMissing, UnlinkAccount, s.Account, ReasonGone})
		}
	}
	for i := range has {
		if !has[i] {
			sides = append(sides, Side{Identity: int32(i), Situation: WithoutAccount, Action: Keep})
		}
	}
	sortSides(sides)
	return sides
}

// Refresh is what an aggregation knows of an account that it has seen before.
type Refresh struct {
	SameAttributes bool // nothing about the account has changed
	SameConfig     bool // [Config.Version] is what it was then
	Optimized      bool // the aggregation skips what has not changed
	// VendorLike skips such accounts even when the configuration has changed, so
	// that a changed one needs an aggregation that is not optimised.
	VendorLike bool
}

// Skip reports whether the account need not be correlated again.
//
// Source: DECISION 33.
func (r Refresh) Skip() bool {
	return r.Optimized && r.SameAttributes && (r.SameConfig || r.VendorLike)
}
