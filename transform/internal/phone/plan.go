package phone

import (
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/nyaruka/phonenumbers"
)

// plan is the numbering plan of a region, made for running over digits. It does
// not change once it is made.
type plan struct {
	code    string     // country calling code
	idd     *automaton // what is dialled before other country codes
	prefix  *automaton // the national prefix; nil without one
	rewrite bool       // the prefix can be one that is replaced instead of cut off
	leading *automaton // the digits that tell the region from others with its code; can be nil
	types   *automaton // bit 0: any number; the others: numbers of a type
	lengths [maxDigits + 1]lengths
}

// lengths tells what a number of some length can be.
type lengths struct {
	types  uint16 // bits as in plan.types, the types that have this length
	length lengthResult
}

// lengthResult is what the library thinks of a length.
type lengthResult uint8

const (
	tooShort lengthResult = iota
	localOnly
	possible
	notPossible // between possible ones
	tooLong
)

// maxDigits is the longest national number there is.
const maxDigits = 17

// anyNumber is the bit of plan.types for the general pattern of the region.
const anyNumber = 1

// code is a country calling code with its regions, the main one first.
type code struct {
	plan    *plan
	regions []string
}

// The tables are filled while they are used, each entry once.
var (
	regions [26 * 26]atomic.Pointer[plan]
	codes   [1000]atomic.Pointer[code]

	noPlan = &plan{}
	noCode = &code{}
)

// planOf returns the plan of a region, nil for unknown regions and for plans
// that cannot be run over.
func planOf(region string) *plan {
	if len(region) != 2 || region[0]-'A' > 25 || region[1]-'A' > 25 {
		return nil
	}

	entry := &regions[int(region[0]-'A')*26+int(region[1]-'A')]

	// Two goroutines may make the same plan; either will do.
	p := entry.Load()
	if p == nil {
		p = makePlan(region, 0)
		entry.Store(p)
	}

	if p == noPlan {
		return nil
	}
	return p
}

// codeOf returns the country calling code n, nil if there is no such.
func codeOf(n int) *code {
	entry := &codes[n]
	c := entry.Load()
	if c == nil {
		c = makeCode(n)
		entry.Store(c)
	}

	if c == noCode {
		return nil
	}
	return c
}

// world is the region of codes that belong to no country.
const world = "001"

func makeCode(n int) *code {
	regions := phonenumbers.GetRegionCodesForCountryCode(n)
	if len(regions) == 0 {
		return noCode
	}

	// Codes such as 800 belong to no country but have a plan.
	c := &code{regions: regions}
	if regions[0] == world {
		c.plan = makePlan(world, n)
	} else {
		c.plan = planOf(regions[0])
	}

	if c.plan == noPlan {
		c.plan = nil
	}
	return c
}

func makePlan(region string, code int) *plan {
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		return noPlan
	}

	for _, m := range collection.GetMetadata() {
		if m.GetId() == region && (code == 0 || int(m.GetCountryCode()) == code) {
			return newPlan(m)
		}
	}

	return noPlan
}

// newPlan makes the plan of m, or noPlan when the machines would be too large.
func newPlan(m *phonenumbers.PhoneMetadata) *plan {
	p := &plan{code: strconv.Itoa(int(m.GetCountryCode()))}
	p.idd = newPrefixAutomaton(m.GetInternationalPrefix())
	if s := m.GetNationalPrefixForParsing(); s != "" {
		if p.prefix = newPrefixAutomaton(s); p.prefix == nil {
			return noPlan
		}
		if p.rewrite = m.GetNationalPrefixTransformRule() != ""; p.rewrite && !strings.Contains(s, "(") {
			return noPlan
		}
	}

	if s := m.GetLeadingDigits(); s != "" {
		if p.leading = newPrefixAutomaton(s); p.leading == nil {
			return noPlan
		}
	}

	if !p.addTypes(m) || p.idd == nil {
		return noPlan
	}

	p.addLengths(m.GetGeneralDesc())
	return p
}

// addTypes makes the machine of number types.
func (p *plan) addTypes(m *phonenumbers.PhoneMetadata) bool {
	all := []*phonenumbers.PhoneNumberDesc{
		m.GetGeneralDesc(), m.GetPremiumRate(), m.GetTollFree(), m.GetSharedCost(), m.GetVoip(),
		m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(), m.GetFixedLine(),
	}

	if !m.GetSameMobileAndFixedLinePattern() {
		all = append(all, m.GetMobile())
	}

	// Bit 0 is the general pattern; without one there is nothing to run.
	var patterns []string
	for _, d := range all {
		if d.GetNationalNumberPattern() == "" {
			if len(patterns) == 0 {
				return false
			}
			continue
		}

		bit := uint16(1) << len(patterns)
		patterns = append(patterns, d.GetNationalNumberPattern())
		for n := range p.lengths {
			if hasLength(d.GetPossibleLength(), n) {
				p.lengths[n].types |= bit
			}
		}
	}

	p.types = newAutomaton(patterns)
	return p.types != nil
}

// hasLength reports whether n is in list; a list that is empty has all.
func hasLength(list []int32, n int) bool {
	for _, l := range list {
		if int(l) == n {
			return true
		}
	}

	return len(list) == 0
}

func (p *plan) addLengths(d *phonenumbers.PhoneNumberDesc) {
	list, local := d.GetPossibleLength(), d.GetPossibleLengthLocalOnly()
	for n := range p.lengths {
		to := &p.lengths[n].length
		switch {
		case len(local) > 0 && hasLength(local, n):
			*to = localOnly
		case len(list) == 0 || list[0] < 0:
			*to = notPossible
		case n < int(list[0]):
			*to = tooShort
		case n > int(list[len(list)-1]):
			*to = tooLong
		case hasLength(list, n):
			*to = possible
		default:
			*to = notPossible
		}
	}
}
