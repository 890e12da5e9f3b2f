package phone

import (
	"regexp/syntax"
	"slices"
)

// automaton is a deterministic machine over the digits. State 0 is dead, state 1
// the start.
type automaton struct {
	next   []uint16 // state<<4 | digit
	accept []uint16 // what a state accepts
	atEnd  []uint16 // what it accepts when the text ends there; nil without $
}

// maxStates keeps states within the sixteen bits of next.
const maxStates = 4000

// step returns the state after digit.
func (a *automaton) step(state uint16, digit byte) uint16 {
	return a.next[int(state)<<4|int(digit&0xf)]
}

// run returns what all of digits is accepted as.
func (a *automaton) run(digits []byte) uint16 {
	state := uint16(1)
	for _, d := range digits {
		if state = a.step(state, d); state == 0 {
			return 0
		}
	}

	return a.accept[state]
}

// prefix returns the length of the match at the start of digits, as a
// backtracking matcher finds it, or -1, and what the match is accepted as.
func (a *automaton) prefix(digits []byte) (length int, as uint16) {
	length = -1
	state := uint16(1)
	for i, d := range digits {
		if x := a.accept[state]; x != 0 {
			length, as = i, x
		}
		if state = a.step(state, d); state == 0 {
			return length, as
		}
	}

	// The end of the text may decide what $ is for.
	if a.atEnd != nil && a.atEnd[state] != 0 {
		return len(digits), a.atEnd[state]
	}
	if x := a.accept[state]; x != 0 {
		return len(digits), x
	}
	return length, as
}

// thread is a position in a program: program<<17 | instruction<<1 | whether the
// last group has matched.
type thread uint32

// builder determinises programs over the digits.
type builder struct {
	programs []*syntax.Prog
	group    uint32 // the instruction argument that closes the last group
	ordered  bool   // a match ends the threads of lower priority
	machine  automaton
	states   map[string]uint16
	lists    [][]thread

	offsets []int    // of the programs in seen
	seen    []uint32 // the last closure that followed each instruction
	round   uint32   // the closure at hand
}

// newAutomaton makes a machine that accepts whole texts; what patterns[i]
// matches is accepted as bit i.
func newAutomaton(patterns []string) *automaton {
	b := &builder{}
	for _, p := range patterns {
		if !b.add(p) {
			return nil
		}
	}

	return b.build()
}

const (
	matched uint16 = 1 << iota // by a prefix
	grouped                    // and the last group took part
)

// newPrefixAutomaton makes a machine that finds pattern at the start of a text.
func newPrefixAutomaton(pattern string) *automaton {
	b := &builder{ordered: true}
	if !b.add(pattern) {
		return nil
	}

	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}

	// Whether the last group took part decides what becomes of the prefix.
	b.group = uint32(2*re.MaxCap() + 1)
	return b.build()
}

func (b *builder) add(pattern string) bool {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return false
	}

	// Numbers of instructions have sixteen bits in a thread.
	prog, err := syntax.Compile(re.Simplify())
	if err != nil || len(prog.Inst) > 0xffff {
		return false
	}

	b.programs = append(b.programs, prog)
	b.offsets = append(b.offsets, len(b.seen))
	b.seen = append(b.seen, make([]uint32, len(prog.Inst))...)
	return true
}

// build returns the machine, or nil when it would be too large or the patterns
// use what is not known here.
func (b *builder) build() *automaton {
	b.states = map[string]uint16{"": 0}
	b.lists = make([][]thread, 1)
	b.machine = automaton{next: make([]uint16, 16), accept: make([]uint16, 1), atEnd: make([]uint16, 1)}
	var start []thread
	for i, p := range b.programs {
		start = append(start, thread(i)<<17|thread(p.Start)<<1)
	}

	// All programs start at once: one pass over the digits answers for all patterns.
	if id, ok := b.state(start); !ok || id != 1 {
		return nil
	}

	// New states join the list while it is gone through.
	for from := 1; from < len(b.lists); from++ {
		for digit := range 10 {
			id, ok := b.state(b.after(b.lists[from], rune('0'+digit)))
			if !ok {
				return nil
			}
			b.machine.next[from<<4|digit] = id
		}
	}

	if !slices.ContainsFunc(b.machine.atEnd, func(x uint16) bool { return x != 0 }) {
		b.machine.atEnd = nil
	}

	return &b.machine
}

// after returns the threads that go on with digit.
func (b *builder) after(list []thread, digit rune) []thread {
	var out []thread
	for _, t := range list {
		if in := b.inst(t); in.MatchRune(digit) {
			out = append(out, t&^0x1fffe|thread(in.Out)<<1)
		}
	}

	return out
}

func (b *builder) inst(t thread) *syntax.Inst {
	return &b.programs[t>>17].Inst[t>>1&0xffff]
}

// state returns the number of the state with the given threads.
func (b *builder) state(threads []thread) (id uint16, ok bool) {
	c := closure{builder: b, ok: true}
	b.round++
	for _, t := range threads {
		c.follow(t, false)
	}

	// Where only acceptance counts, the order of threads does not make another state.
	if !b.ordered {
		slices.Sort(c.list)
	}

	key := c.key()
	if id, found := b.states[key]; found {
		return id, c.ok
	}

	id = uint16(len(b.lists))
	b.states[key] = id
	b.lists = append(b.lists, c.list)
	b.machine.next = append(b.machine.next, make([]uint16, 16)...)
	b.machine.accept = append(b.machine.accept, c.accept)
	b.machine.atEnd = append(b.machine.atEnd, c.atEnd)
	return id, c.ok && len(b.lists) < maxStates
}

// closure collects the threads that wait for a digit.
type closure struct {
	*builder
	list          []thread
	accept, atEnd uint16
	done, ok      bool
}

// follow goes on from t without a digit; end tells that it passed $.
func (c *closure) follow(t thread, end bool) {
	if c.done {
		return
	}

	// An instruction that was followed already would add nothing.
	if seen := &c.seen[c.offsets[t>>17]+int(t>>1&0xffff)]; !end {
		if *seen == c.round {
			return
		}
		*seen = c.round
	}

	to := func(pc uint32) thread { return t&^0x1fffe | thread(pc)<<1 }
	switch in := c.inst(t); in.Op {
	case syntax.InstAlt, syntax.InstAltMatch:
		c.follow(to(in.Out), end)
		c.follow(to(in.Arg), end)
	case syntax.InstNop:
		c.follow(to(in.Out), end)
	case syntax.InstCapture:
		next := to(in.Out)
		if c.group > 1 && in.Arg == c.group {
			next |= 1
		}
		c.follow(next, end)

	case syntax.InstEmptyWidth:
		if syntax.EmptyOp(in.Arg) != syntax.EmptyEndText || !c.ordered {
			c.ok = false
			return
		}

		c.follow(to(in.Out), true)

	case syntax.InstMatch:
		c.match(t, end)
	case syntax.InstFail:
	default:
		if !end { // nothing can follow the end
			c.list = append(c.list, t)
		}
	}
}

func (c *closure) match(t thread, end bool) {
	as := uint16(1) << (t >> 17)
	if c.ordered {
		as = matched
		if t&1 != 0 {
			as |= grouped
		}
	}

	switch {
	case !c.ordered:
		c.accept |= as
	case c.atEnd == 0:
		c.atEnd = as
	}

	// A backtracking matcher would stop here, so threads behind this one are dropped.
	if c.ordered && !end {
		c.accept, c.done = as, true
	}
}

func (c *closure) key() string {
	if len(c.list) == 0 && c.accept == 0 && c.atEnd == 0 {
		return ""
	}
	key := []byte{byte(c.accept), byte(c.accept >> 8), byte(c.atEnd), byte(c.atEnd >> 8)}
	for _, t := range c.list {
		key = append(key, byte(t>>24), byte(t>>16), byte(t>>8), byte(t))
	}
	return string(key)
}
