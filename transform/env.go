package transform

import (
	"cmp"
	"context"
	"math/bits"
	"math/rand/v2"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/limit"
)

// Env is what evaluations take from outside. It is shared by all evaluations of
// a run and not changed by them; everything in it must be safe for concurrent
// use. The zero Env has no clock (the zero time), no randomness (seed 0), an
// empty directory and no rules.
type Env struct {
	Now       time.Time // the one instant that the word "now" means
	Seed      uint64    // of the random streams, see [Stream]
	Directory Directory
	Unique    Unique
	Rules     map[string]Rule // by rule name
	Limits    Limits
}

// Directory gives read access to other identities.
type Directory interface {
	// ByUID returns the identity with that uid, or nil when there is none.
	ByUID(ctx context.Context, uid string) (Subject, error)
}

// Unique tells whether a generated value is free. Comparison without case is
// its business (DECISION 47).
type Unique interface {
	Taken(ctx context.Context, value string) (bool, error)
}

// Rule stands for the code of a custom rule.
type Rule func(ctx context.Context, call RuleCall) (identity.Value, error)

// RuleCall is what a rule gets to see.
type RuleCall struct {
	Name      string
	Attribute string // identity attribute that is calculated; empty elsewhere
	Input     identity.Value
	OldValue  identity.Value
	Args      map[string]identity.Value // the attributes of the rule transform; nil: none
	// Objects are those of Args that are JSON objects and no transforms, such as tables; Args has
	// their JSON text. They are shared by all calls and not to be changed.
	Objects map[string]*jsondoc.Node
	Subject Subject // may be nil
	Now     time.Time
}

// Budget is what an evaluation may still spend; see [Limits].
type Budget = limit.Budget

// Limits bound what evaluations cost: one evaluation by Steps and Output, and by the others
// what is kept of the results. Zero fields mean the defaults.
type Limits struct {
	Steps  int64 // of one evaluation, default 1,000,000
	Output int64 // bytes of text that one evaluation produces, default 16 MiB

	// Value and Identity are how many bytes of text one value, and all values of one
	// identity, may keep: 1 MiB and 4 MiB by default. A value beyond them is an error
	// of its attribute, [ErrLimit].
	Value    int64
	Identity int64
	// Run is how many bytes all identities of a run may keep together beyond [FreeText]
	// each, 256 MiB by default. A run that needs more ends with an error, [ErrLimit].
	Run int64
}

// FreeText is how many bytes of text an identity keeps before they count against the
// limit of the run, so that this does not depend on how many people there are.
const FreeText = 4 << 10

const (
	defaultSteps    = 1_000_000
	defaultOutput   = 16 << 20
	defaultValue    = 1 << 20
	defaultIdentity = 4 << 20
	defaultRun      = 256 << 20
	// MaxDepth is how deep transforms may be nested, references included
	// (DECISION 9).
	MaxDepth = 256
)

// OrDefaults returns the limits with the defaults for zero fields.
func (l Limits) OrDefaults() Limits {
	return Limits{
		Steps:    cmp.Or(l.Steps, defaultSteps),
		Output:   cmp.Or(l.Output, defaultOutput),
		Value:    cmp.Or(l.Value, defaultValue),
		Identity: cmp.Or(l.Identity, defaultIdentity),
		Run:      cmp.Or(l.Run, defaultRun),
	}
}

// Subject is an identity as transforms see it: the one that is calculated, its
// manager, or another one.
type Subject interface {
	ID() string
	Name() string // the identity's name (alias)
	// Attribute returns an identity attribute by system name, null when it is
	// not set.
	Attribute(name string) (identity.Value, error)
	// AttributeNames returns the names of the attributes that may be set.
	AttributeNames() []string
	// Manager returns nil when there is none.
	Manager() (Subject, error)
	IsManager() bool
	Accounts() []identity.Account
}

// Stream is a place that draws random numbers. They depend on the seed, the
// identity, the attribute, the path and how often the evaluation was here before,
// so that results are the same in any order and for any number of workers.
type Stream struct {
	path string
	slot int
}

// Rand begins the random numbers of the place for the subject of the scope. They
// are good until the scope's next Rand.
func (t Stream) Rand(s *Scope) *rand.Rand {
	// Each part ends in a zero byte, so that no two places have the same bytes. The number of the draw
	// is added from the second on: what draws once is as it always was.
	h := newFNV128()
	if s.subject != nil {
		h.text(s.subject.ID())
	}
	h.byte(0)
	h.text(s.Attribute())
	h.byte(0)
	h.text(t.path)
	h.byte(0)

	draw := &s.draws[t.slot]
	if n := *draw; n > 0 {
		for shift := 0; shift < 32; shift += 8 {
			h.byte(byte(n >> shift))
		}
	}

	*draw++

	if s.random == nil {
		s.random = rand.New(&s.source)
	}
	s.source.Seed(s.env.Seed^bits.ReverseBytes64(h.hi), bits.ReverseBytes64(h.lo))
	return s.random
}

// fnv128 is the hash FNV-1a of 128 bits, as hash/fnv computes it, of texts as they
// are.
type fnv128 struct{ hi, lo uint64 }

func newFNV128() fnv128 { return fnv128{0x6c62272e07bb0142, 0x62b821756295c58d} }

func (h *fnv128) byte(b byte) {
	// The prime is 2^88 + 0x13B.
	const low, shift = 0x13B, 88 - 64
	lo := h.lo ^ uint64(b)
	carry, product := bits.Mul64(lo, low)
	h.hi, h.lo = h.hi*low+lo<<shift+carry, product
}

func (h *fnv128) text(s string) {
	for i := 0; i < len(s); i++ {
		h.byte(s[i])
	}
}
