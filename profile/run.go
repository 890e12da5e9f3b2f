package profile

import (
	"maps"
	"time"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/transform"
)

// RunOptions is what a run takes from outside. The zero RunOptions have no clock
// (the zero time), no stored state and no rules, and one worker.
type RunOptions struct {
	Now     time.Time
	Seed    uint64 // of random streams
	Rules   map[string]transform.Rule
	Limits  transform.Limits
	Unique  transform.Unique // of usernameGenerator
	Workers int              // goroutines that read and evaluate; results do not depend on it

	// Stored is the state before the run; nil: nothing was stored.
	Stored identity.Store
	// Cases are decisions of people about accounts, besides those that Stored has in its
	// log; [Engine.Aggregate] and a [Session] keep them there. See linkage.Cases.
	Cases *linkage.Cases
	// Incremental keeps attributes of stored identities that nothing can have
	// changed, instead of evaluating them again. The outcome is that of a full
	// run, as long as the operations of the library and the code of rules that
	// give the same name are the same; attributes that rules calculate, that read
	// other identities or ask what is unique are evaluated in any case. The first
	// incremental run of a store evaluates everybody.
	//
	// [Engine.Aggregate] and a [Session] go further where everything that is stored is the
	// outcome of incremental runs of the same configuration and at most a quarter of the
	// accounts has changed: they look at the accounts, links, managers and uids that a change
	// may reach and at no others. Sources that are an [identity.Recognizer] read only the
	// accounts whose text has changed, and an [identity.Revalidator] none when its data are the
	// same as a whole.
	Incremental bool

	Linking
	Hooks

	// Lock is held by [Engine.Aggregate] while it runs; nil: none.
	Lock *Lock
}

// Linking says what becomes of links that there are. The zero Linking is an ordinary
// aggregation: links stay, and changed accounts are examined again.
type Linking struct {
	// Recompute drops links that the data or the stored state carry, and
	// correlates every account anew.
	Recompute bool
	// Recorrelate examines every correlated account again, not only changed
	// ones: an unoptimised aggregation (correlate/DECISIONS.md, DECISION 33).
	Recorrelate bool
	// StrictRecorrelate uncorrelates an account that no longer matches anybody
	// (correlate/DECISIONS.md, DECISION 33 the other way).
	StrictRecorrelate bool
	// AnyRemoval takes accounts out however many they are: somebody asked for it, so
	// the delete threshold of the source does not hold it back (DECISION 25).
	AnyRemoval bool
}

// Hooks hear what a run has to say beside its results. All are called on the goroutine of
// the run; nil ones are not called.
type Hooks struct {
	// OnFinding gets findings about the data: duplicate accounts, ambiguous
	// matches, unsettled correlation.
	OnFinding func(diag.Diagnostic)
	// OnUncorrelated gets every account without identity, at the end.
	OnUncorrelated func(identity.Account, Unlinked)
	// OnAmbiguous gets, after correlation, every criterion that several identities
	// met for an account, in the order of the accounts.
	OnAmbiguous func(report.AmbiguousRow)
	// OnProgress is called now and then with what the run does, how much of it
	// is done, and of how much (0: not known).
	OnProgress func(stage string, done, total int)
	// OnStage gets how long each stage took when Clock is given.
	OnStage func(stage string, took time.Duration)
	Clock   func() time.Time // wall clock for OnStage; nil: no times
}

// Unlinked says why an account has no identity.
type Unlinked struct {
	Reason    string   // NO_MATCH, AMBIGUOUS or MANUAL_FLAG_BLOCKS
	Ambiguous []string // ids of the identities of ambiguous criteria, at most ten each
}

// Reasons of [Unlinked].
const (
	NoMatch         = "NO_MATCH"
	AmbiguousMatch  = "AMBIGUOUS"
	ManualFlagBlock = "MANUAL_FLAG_BLOCKS"
)

// Run is one run of an engine: a fixed instant, random seed and stored state.
type Run struct {
	engine *Engine
	opts   RunOptions
	env    *transform.Env
	frame  string // what the outcome rests on beside mappings, of a run over everybody that is stored; see [Engine.newFrame]
}

// NewRun returns a run.
func (e *Engine) NewRun(o RunOptions) *Run {
	o.Workers = max(o.Workers, 1)
	if len(e.rules) > 0 {
		rules := maps.Clone(e.rules)
		maps.Copy(rules, o.Rules)
		o.Rules = rules
	}

	return &Run{engine: e, opts: o, env: &transform.Env{
		Now: o.Now, Seed: o.Seed, Rules: o.Rules, Limits: o.Limits, Unique: o.Unique,
	}}
}

// newAggregation returns a run over everybody whose outcome is stored.
func (e *Engine) newAggregation(o RunOptions) *Run {
	r := e.NewRun(o)
	r.frame = e.frame()
	return r
}

// Env is what transforms of a run with these options see of it: clock, random seed,
// limits, and the rules of the settings beside those of the options, which go first.
func (e *Engine) Env(o RunOptions) *transform.Env { return e.NewRun(o).env }
