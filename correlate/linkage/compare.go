package linkage

// compare returns the levels of a pair.
func (s *space) compare(a, b int32) pattern {
	p, agree := s.compareFirst(a, b)
	for f := s.first; f < len(s.fields); f++ {
		var l uint8
		l, agree = s.compareField(f, p, agree, a, b)
		p = p.with(f, l)
	}

	return p
}

// compareFirst returns the levels of the name, on which those of other fields rest.
func (s *space) compareFirst(a, b int32) (pattern, agreement) {
	if !s.personName {
		return 0, namesDiffer
	}
	return s.compareNames(a, b)
}

// compareField returns the level of one field behind the name, and what the names
// and fields made of them say together.
func (s *space) compareField(f int, p pattern, agree agreement, a, b int32) (uint8, agreement) {
	if f == s.mention {
		return s.compareMention(p, a, b), agree
	}
	c := s.fields[f]
	x, y := c.values[0][a], c.values[1][b]
	if x < 0 || y < 0 {
		return 0, agree
	}
	l := c.compare(c.dict, x, y)
	if c.other != nil {
		l = c.lineLevel(l, a, b)
	}
	if c.derived {
		return c.also(l, agree, x, y)
	}
	return l, agree
}

// lineLevel looks for a line in the other column when it is not in its own.
func (c *comparison) lineLevel(l uint8, a, b int32) uint8 {
	if l != lineDifferent {
		return l
	}
	for _, n := range [2][2]int32{{c.values[0][a], c.other.values[1][b]}, {c.other.values[0][a], c.values[1][b]}} {
		if n[0] >= 0 && n[1] >= 0 && c.dict.compareLine(n[0], n[1]) <= lineEdit {
			return lineDifferent
		}
	}

	return lineDifferent + 1
}

// also returns the level of a field that is made of the name. Where the name has
// spoken, or another field made of it, it says only what they do not: that the
// values are the same one, or that namesakes have two.
func (c *comparison) also(l uint8, agree agreement, x, y int32) (uint8, agreement) {
	if agree == namesDiffer {
		if l <= mailLocal {
			return l, namesAlike
		}
		return l, agree
	}

	if c.kind == Email {
		l = [...]uint8{0, mailAlsoExact, mailAlsoDifferent, mailAlsoEdit, mailAlsoDifferent}[l]
	} else {
		l = [...]uint8{0, userAlsoExact, userAlsoPart, userAlsoDifferent, userAlsoDifferent}[l]
	}

	// Values made of two spellings of a name, or for two domains, differ anyway.
	if l == mailAlsoDifferent && (agree == namesAlike || c.kind == Email && !c.dict.sameDomain(x, y)) {
		return 0, agree
	}
	return l, agree
}

// sameDomain reports whether two addresses have one domain.
func (d *dict) sameDomain(x, y int32) bool {
	return d.texts[x][d.split[x]:] == d.texts[y][d.split[y]:]
}

// agreement is what two names say of values that are made of them.
type agreement uint8

const (
	namesDiffer agreement = iota
	namesAlike            // the surname, or the given name where there is none
	namesSame
)

// compareNames returns the levels of the name, in the order of its parts that fits
// best, and whether the names agree.
func (s *space) compareNames(a, b int32) (p pattern, agree agreement) {
	ga, sa, gb, sb := s.given[0][a], s.surname[0][a], s.given[1][b], s.surname[1][b]
	if s.full >= 0 {
		return s.compareWhole(a, b)
	}

	// A part that is missing says nothing; level 0 is neither for nor against.
	var given, surname uint8
	if ga >= 0 && gb >= 0 {
		given = s.names.compareGiven(ga, gb)
	}
	if sa >= 0 && sb >= 0 {
		surname = s.names.compareSurname(sa, sb)
	}

	// Only names that differ in both parts are tried crosswise. Where one part agrees, crossing could
	// only make it worse.
	if (given == givenDifferent || given == 0) && (surname == surnameDifferent || surname == 0) &&
		s.maybeCrossed(ga, sa, gb, sb) {
		if g, f, ok := s.crossed(ga, sa, gb, sb); ok {
			given, surname = g, f
			p = p.with(s.order, 1)
		}
	}

	// How the names agree is told beside the levels: what is made of the name counts otherwise between
	// namesakes.
	switch {
	case given == givenExact && surname == surnameExact && p == 0:
		agree = namesSame
	case surname > 0 && surname != surnameDifferent, surname == 0 && given > 0 && given != givenDifferent:
		agree = namesAlike
	}

	return p.with(fieldGiven, given).with(fieldSurname, surname), agree
}

// maybeCrossed reports whether one part of a name can be a spelling of the other's
// other part.
func (s *space) maybeCrossed(ga, sa, gb, sb int32) bool {
	sig := s.names.sig
	return ga >= 0 && sb >= 0 && !tooFar(sig[ga], sig[sb], 2) || sa >= 0 && gb >= 0 && !tooFar(sig[sa], sig[gb], 2)
}

// crossed compares given names with surnames.
func (s *space) crossed(ga, sa, gb, sb int32) (given, surname uint8, ok bool) {
	if ga >= 0 && sb >= 0 {
		surname = s.names.compareSurname(ga, sb)
	}
	if sa >= 0 && gb >= 0 {
		given = s.names.compareGiven(sa, gb)
	}
	switch {
	case surname == 0 && given == 0:
		return 0, 0, false
	case surname == 0:
		return given, surname, given <= givenEdit && s.long(sa)
	case given == 0:
		return given, surname, surname <= surnameEdit && s.long(ga)
	}

	return given, surname, given <= givenSimilar && surname <= surnameSimilar &&
		(given <= givenEdit || surname <= surnameEdit)
}

// long reports whether a part of a name is long enough to be found in the other
// part's place alone.
func (s *space) long(n int32) bool { return len(s.names.texts[n]) >= 3 }

// compareMention looks for the surname of one side in the text of the other, where
// the surnames differ.
func (s *space) compareMention(p pattern, a, b int32) uint8 {
	// The text only counts where the surnames do not agree; otherwise it would count them twice.
	if l := p.level(fieldSurname); l != 0 && l != surnameDifferent {
		return 0
	}
	text := false
	for side, n := range [2][2]int32{{a, b}, {b, a}} {
		if s.texts[side] == nil || s.texts[side][n[0]] == "" {
			continue
		}
		surname := s.surname[1-side][n[1]]
		if surname < 0 {
			continue
		}
		text = true

		// Words of two letters stand in any text.
		if name := s.names.texts[surname]; len(name) > 2 && hasWord(s.texts[side][n[0]], name) {
			return 1
		}
	}

	if text {
		return 2
	}
	return 0
}
