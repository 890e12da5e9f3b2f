package javaregex

// A program is a tree made ready for a matcher: nodes linked in the order in
// which they match. It is immutable.
type program struct {
	root     node
	straight *straight // what is tried first in ASCII; nil when the expression has parts that it cannot have
	first    *charSet  // with what a match can start, nil when not known
	begin    bool      // a match starts at the start of the text
	wide     bool      // a search skips the second half of a pair
	groups   int
	locals   int
	memos    int
}

// A node matches the text at i and whatever follows the node in the program.
type node interface {
	match(m *matcher, i int) bool
}

// builder makes a program from the end to the start.
type builder struct {
	prog *program
	refs bool
	// inner says that the part lies in a repeated group or in a lookbehind,
	// where failures must not be remembered.
	inner bool
}

func newProgram(p *parser, t *tree) *program {
	b := &builder{prog: &program{wide: p.wide, groups: p.groups}, refs: p.refs}
	b.prog.root = b.build(t, lastNode{})

	// What a match begins with lets a search pass over most of a text.
	b.prog.first = t.start()
	b.prog.begin = t.kind == kindBegin || t.kind == kindConcat && t.subs[0].kind == kindBegin
	b.prog.straight = newStraight(t, b.prog)
	return b.prog
}

// firstSet gives the characters with which a match of t has to start, or nil
// when it may be empty or nothing is known.
func (t *tree) firstSet() *charSet {
	switch t.kind {
	case kindSet:
		return t.set
	case kindText:
		return t.sets[0]
	case kindConcat:
		return t.subs[0].firstSet()
	case kindGroup, kindAtomic:
		return t.subs[0].firstSet()
	case kindRepeat:
		if t.min > 0 {
			return t.subs[0].firstSet()
		}
	case kindAlternate:
		// One alternative of which nothing is known spoils all.
		all := newSet()
		for _, s := range t.subs {
			f := s.firstSet()
			if f == nil {
				return nil
			}
			all = all.union(f)
		}

		return all
	}

	return nil
}

func (b *builder) local() int {
	b.prog.locals++
	return b.prog.locals - 1
}

// build gives the node for t followed by next.
func (b *builder) build(t *tree, next node) node {
	// Each node knows the one behind it, so programs are built from the end.
	switch t.kind {
	case kindSet:
		return &setNode{t.set, next}
	case kindText:
		return newTextNode(t.sets, next)
	case kindConcat:
		for i := len(t.subs) - 1; i >= 0; i-- {
			next = b.build(t.subs[i], next)
		}
	case kindAlternate:
		n := &branchNode{}
		for _, s := range t.subs {
			n.alts = append(n.alts, b.build(s, next))
		}
		return n

	case kindGroup:
		return b.group(t, next, b.local())
	case kindRepeat:
		return b.repeat(t, next)
	case kindLook:
		return b.look(t, next)
	case kindAtomic:
		return &atomicNode{b.build(t.subs[0], acceptNode{}), next}
	case kindBackref:
		return &backrefNode{group: t.group, fold: t.fold, uni: t.wide, next: next}
	default:
		if t.kind != kindEmpty {
			return b.assertion(t, next)
		}
	}

	return next
}

func (b *builder) assertion(t *tree, next node) node {
	switch t.kind {
	case kindBegin:
		return &beginNode{next}
	case kindEnd:
		return &endNode{next}
	case kindCaret:
		return &caretNode{t.unix, next}
	case kindDollar:
		return &dollarNode{lines: t.lines, unix: t.unix, next: next}
	case kindBound:
		n := &boundNode{negate: t.negate, next: next}
		if t.wide {
			n.word = wordSet()
		}
		return n

	case kindLast:
		return &resumeNode{next}
	case kindNewline:
		return &newlineNode{next}
	case kindCluster:
		return &clusterNode{next}
	}

	return &clusterBoundNode{next}
}

func (b *builder) group(t *tree, next node, local int) node {
	tail := &groupTail{local: local, group: t.group, next: next}
	return &groupHead{local: local, body: b.build(t.subs[0], tail)}
}

func (b *builder) look(t *tree, next node) node {
	inner := b.inner
	b.inner = b.inner || t.behind
	defer func() { b.inner = inner }()

	// What is inside ends on its own, whatever follows outside.
	if !t.behind {
		return &aheadNode{cond: b.build(t.subs[0], acceptNode{}), negate: t.negate, next: next}
	}
	cond := b.build(t.subs[0], edgeNode{})
	return &behindNode{cond: cond, min: t.minLen, max: t.maxLen, negate: t.negate, wide: t.wide, next: next}
}

func (b *builder) repeat(t *tree, next node) node {
	body := t.subs[0]
	if body.single() {
		return &spanNode{set: body.set, min: t.min, max: t.max, manner: t.manner, scan: t.scan(), next: next}
	}

	// Failures inside a repeated group depend on the round and must not be remembered.
	inner := b.inner
	if body.kind == kindGroup || body.kind == kindLook || body.kind == kindAtomic {
		b.inner = true
	}

	defer func() { b.inner = inner }()

	// Java has a node of its own for each of these, and they differ in what they capture.
	switch {
	case body.kind == kindGroup && t.manner != possessive && t.optional():
		return b.optionalGroup(t, next)
	case t.loops:
		return b.loop(t, next, !inner)
	case body.kind == kindGroup && t.manner != possessive:
		return b.fixedGroup(t, next)
	}

	return &repeatNode{atom: b.build(body, acceptNode{}), min: t.min, max: t.max, manner: t.manner,
		optional: t.optional(), weight: body.size(), next: next}
}

func (b *builder) optionalGroup(t *tree, next node) node {
	body := b.group(t.subs[0], next, b.local())
	if t.manner == lazy {
		return &branchNode{[]node{next, body}}
	}
	return &branchNode{[]node{body, next}}
}

// fixedGroup repeats a group that matches in one way only: its captures are
// set from outside.
func (b *builder) fixedGroup(t *tree, next node) node {
	g := t.subs[0]
	local := b.local()
	atom := b.build(g.subs[0], &groupTail{local: local, group: g.group, next: acceptNode{}})
	return &fixedGroupNode{atom: atom, min: t.min, max: t.max, manner: t.manner, local: local,
		group: g.group, weight: g.size(), next: next}
}

func (b *builder) loop(t *tree, next node, outer bool) node {
	n := &loopNode{min: t.min, max: t.max, begin: b.local(), count: b.local(), memo: -1, weight: t.subs[0].size() + 2,
		next: next}

	// Where neither captures nor counts decide, a position that failed once fails again:
	// remembering that keeps nested loops from taking exponential time.
	if outer && !b.refs && t.max == unlimited && t.manner == greedy {
		n.memo = b.prog.memos
		b.prog.memos++
	}

	var entry node
	if t.manner == lazy {
		l := &lazyLoopNode{*n}
		l.body = b.group(t.subs[0], l, n.begin)
		entry = &lazyEntry{l}
	} else {
		n.body = b.group(t.subs[0], n, n.begin)
		entry = &loopEntry{n}
	}

	return entry
}

// size is the number of nodes that t makes, roughly.
func (t *tree) size() int {
	n := 2
	for _, s := range t.subs {
		n += s.size()
	}
	return n
}
