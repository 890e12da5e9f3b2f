package phone

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

var generated = flag.Int("phone.n", 20_000, "how many generated numbers are compared with the full parser")

// generator makes numbers of all regions, right and nearly right ones.
type generator struct {
	*rand.Rand
	plans    []*phonenumbers.PhoneMetadata
	regions  []string
	examples map[string][]string // national numbers
}

func newGenerator(tb testing.TB) *generator {
	tb.Helper()
	collection, err := phonenumbers.MetadataCollection()
	if err != nil {
		tb.Fatal(err)
	}
	g := &generator{Rand: rand.New(rand.NewPCG(1, 2)), examples: map[string][]string{}}
	for _, m := range collection.GetMetadata() {
		g.plans = append(g.plans, m)
		if m.GetId() != world {
			g.regions = append(g.regions, m.GetId())
		}
		for _, d := range []*phonenumbers.PhoneNumberDesc{
			m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(), m.GetVoip(), m.GetUan(),
			m.GetPersonalNumber(), m.GetPager(), m.GetVoicemail(),
		} {
			if n := d.GetExampleNumber(); n != "" {
				g.examples[m.GetId()] = append(g.examples[m.GetId()], n)
			}
		}
	}
	slices.Sort(g.regions)
	return g
}

func (g *generator) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(g.IntN(10))
	}
	return string(b)
}

// national is a national number of m, mostly of a good length and beginning.
func (g *generator) national(m *phonenumbers.PhoneMetadata) string {
	examples := g.examples[m.GetId()]
	if len(examples) == 0 || g.IntN(10) == 0 {
		return g.digits(1 + g.IntN(16))
	}
	s := []byte(examples[g.IntN(len(examples))])
	for range g.IntN(4) {
		s[g.IntN(len(s))] = '0' + byte(g.IntN(10))
	}
	for i := len(s) / 2; i < len(s) && g.IntN(2) == 0; i++ {
		s[i] = '0' + byte(g.IntN(10))
	}
	switch g.IntN(12) {
	case 0:
		return string(s[:g.IntN(len(s)+1)])
	case 1:
		return string(s) + g.digits(1+g.IntN(4))
	case 2:
		return string(s[min(len(s), 2):])
	}
	return string(s)
}

var internationalPrefixes = []string{"00", "011", "810", "0011", "001", "010", "119", "8~10", "0", "00 1"}

// text is a number and the region it is dialled in.
func (g *generator) text() (text, region string) {
	m := g.plans[g.IntN(len(g.plans))]
	region = m.GetId()
	s := g.national(m)
	code := fmt.Sprint(m.GetCountryCode())
	trunk := m.GetNationalPrefix()
	if trunk == "" || g.IntN(8) == 0 {
		trunk = []string{"0", "1", "8", "00", "90", "15"}[g.IntN(6)]
	}
	switch g.IntN(10) {
	case 0, 1:
		s = trunk + s
	case 2, 3, 4:
		s = "+" + code + g.pick("", " ") + s
	case 5:
		s = "+" + code + " (" + trunk + ")" + s
	case 6:
		s = code + g.pick("", trunk) + s
	case 7:
		s = internationalPrefixes[g.IntN(len(internationalPrefixes))] + code + g.pick("", trunk) + s
	}
	if g.IntN(4) == 0 {
		region = g.regions[g.IntN(len(g.regions))]
	}
	if g.IntN(40) == 0 {
		region = g.pick("", "ZZ", "us", "001", "UK", "USA")
	}
	return g.separate(s), region
}

func (g *generator) pick(from ...string) string { return from[g.IntN(len(from))] }

// separate puts signs into s, seldom strange ones.
func (g *generator) separate(s string) string {
	if g.IntN(3) == 0 {
		return s
	}
	signs := []string{" ", "-", ".", "/", " ", "-", "(", ")", " - ", "[", "]"}
	if g.IntN(30) == 0 {
		signs = []string{"x", "#", "+", "~", "\u00a0", ",", ";", "ext", "*", "a", "\n", "\u2060", "\uff11"}
	}
	var b strings.Builder
	for _, c := range s {
		if g.IntN(5) == 0 {
			b.WriteString(signs[g.IntN(len(signs))])
		}
		b.WriteRune(c)
	}
	if g.IntN(12) == 0 {
		b.WriteString(g.pick("", " ", "  ", ", ", "/", "-") + g.pick("x", "X", "ext", "Ext", "extn", "extension", "eXt", "xt", "#", "int", "e") +
			g.pick("", " ", ".", ":", ". ", ": ", "-", ".:", ":.", ",") + g.digits(g.IntN(22)))
	}
	if g.IntN(20) == 0 {
		b.WriteString(g.pick(" ", ")", ".", ";", "\n", "#", " x12", ",", "\u200e"))
	}
	return b.String()
}

// TestFewDigits: what is no number because it is too short is so for the full
// parser, too.
func TestFewDigits(t *testing.T) {
	for n := range 11_000 {
		for _, text := range []string{fmt.Sprint(n), fmt.Sprint("+", n), fmt.Sprint("+", n, " "), fmt.Sprint("00", n)} {
			full, ok := Full(text, "DE")
			if out, fast := AppendE164(nil, text, "DE"); ok != fast || string(out) != full {
				t.Errorf("%q: fast %s %t, full %s %t", text, out, fast, full, ok)
			}
		}
	}
}

func TestFastIsFull(t *testing.T) {
	g := newGenerator(t)
	n := *generated
	if testing.Short() {
		n /= 10
	}
	good, bad := 0, 0
	for range n {
		text, region := g.text()
		full, ok := Full(text, region)
		out, fastOK := AppendE164([]byte("tel:"), text, region)
		if ok {
			good++
		}
		if want := "tel:" + full; ok != fastOK || string(out) != want {
			if bad++; bad < 30 {
				t.Errorf("%q in %q: fast %s %t, full %s %t", text, region, out, fastOK, want, ok)
			}
		}
	}
	if bad > 0 || good < n/4 {
		t.Errorf("%d of %d differ, %d are numbers", bad, n, good)
	}
}
