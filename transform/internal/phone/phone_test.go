package phone

import (
	"fmt"
	"sync"
	"testing"
)

func ExampleAppendE164() {
	var buf [24]byte
	for _, text := range []string{"(512) 346-2000", "+49 30 901820", "0049 30 901820", "n/a"} {
		e164, ok := AppendE164(buf[:0], text, "US")
		fmt.Printf("%s %t\n", e164, ok)
	}
	// Output:
	// +15123462000 true
	// +4930901820 true
	//  false
	//  false
}

func ExampleFull() {
	fmt.Println(Full("512-346-2000 ext. 12", "US"))
	fmt.Println(Full("1-800-FLOWERS", "US"))
	// Output:
	// +15123462000 true
	// +18003569377 true
}

var everyday = []struct{ text, region string }{
	{"512-346-2000", "US"}, {"(512) 346-2000", "US"}, {"+1 512 346 2000", "GB"}, {"+44 20 7946 0018", "US"}, {"020 7946 0018", "GB"},
	{"+49 30 901820", "US"}, {"030 901820", "DE"}, {"0049 30 901820", "FR"}, {"+33 1 42 68 53 00", "FR"}, {"01 42 68 53 00", "FR"},
	{"+39 06 698 12345", "IT"}, {"+91 98765 43210", "IN"}, {"098765 43210", "IN"}, {"+81 3-1234-5678", "JP"}, {"03-1234-5678", "JP"},
	{"+55 11 96123-4567", "BR"}, {"(11) 96123-4567", "BR"}, {"+61 2 9374 4000", "AU"}, {"02 9374 4000", "AU"}, {"+65 6123 4567", "SG"},
	{"010-1234-5678", "KR"}, {"+54 9 11 2345-6789", "AR"}, {"+41 44 668 18 00", "CH"}, {"+31 20 123 4567", "NL"}, {"+86 10 1234 5678", "CN"},
}

func TestEveryday(t *testing.T) {
	for _, n := range everyday {
		want, wantOK := Full(n.text, n.region)
		got, ok := AppendE164(nil, n.text, n.region)
		if string(got) != want || ok != wantOK || !ok {
			t.Errorf("%q in %s: got %s %t, want %s %t", n.text, n.region, got, ok, want, wantOK)
		}
		var buf [24]byte
		if n := testing.AllocsPerRun(10, func() { AppendE164(buf[:0], n.text, n.region) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

func TestAppendKeeps(t *testing.T) {
	dst := []byte("x")
	for _, text := range []string{"", "n/a", "+1 5", "1", "+0 123 4567", "512-346", "555 0", "+999 1234567", "\xff\xfe"} {
		if out, ok := AppendE164(dst, text, "US"); ok || string(out) != "x" {
			t.Errorf("%q: got %q %t", text, out, ok)
		}
	}
}

// TestConcurrent makes the plans from many goroutines at once.
func TestConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, n := range everyday {
				if _, ok := AppendE164(nil, n.text, n.region); !ok {
					t.Errorf("%q in %s: not a number", n.text, n.region)
				}
			}
		})
	}
	wg.Wait()
}

func TestAutomatonLimits(t *testing.T) {
	for _, pattern := range []string{"(", `\b1`, `^1`, `[0-9]*1[0-9]{14}`} {
		if a := newAutomaton([]string{pattern}); a != nil {
			t.Errorf("%q: got a machine of %d states", pattern, len(a.accept))
		}
	}
}

func TestPrefix(t *testing.T) {
	for _, test := range []struct {
		pattern, digits string
		length          int
		grouped         bool
	}{
		{"0|180020", "180020123", 6, false},
		{"0|180020", "018002", 1, false},
		{`([457]\d{6})$|1`, "4123456", 7, true},
		{`([457]\d{6})$|1`, "41234567", -1, false},
		{`([457]\d{6})$|1`, "14123456", 1, false},
		{`0?(?:(11|22)15)?`, "0111512345", 5, true},
		{`0?(?:(11|22)15)?`, "01112345", 1, false},
		{`0?(?:(11|22)15)?`, "912345", 0, false},
		{"0|00", "00123", 1, false}, // the first alternative, not the longest
		{"00|0", "00123", 2, false},
		{"", "123", 0, false},
	} {
		length, as := newPrefixAutomaton(test.pattern).prefix([]byte(test.digits))
		if length != test.length || (as&grouped != 0) != test.grouped {
			t.Errorf("%q at %q: got %d %b, want %d %t", test.pattern, test.digits, length, as, test.length, test.grouped)
		}
	}
}

func FuzzAppendE164(f *testing.F) {
	for _, n := range everyday {
		f.Add(n.text, n.region)
	}
	f.Fuzz(func(t *testing.T, text, region string) {
		want, wantOK := Full(text, region)
		if got, ok := AppendE164(nil, text, region); ok != wantOK || string(got) != want {
			t.Errorf("%q in %q: got %s %t, want %s %t", text, region, got, ok, want, wantOK)
		}
	})
}

// TestPlans makes the machines of all regions.
func TestPlans(t *testing.T) {
	states := 0
	for _, m := range newGenerator(t).plans {
		p := newPlan(m)
		if p == noPlan {
			t.Errorf("%s %d has no plan", m.GetId(), m.GetCountryCode())
			continue
		}
		states += len(p.types.accept)
		if n := len(p.types.accept); n > 1000 {
			t.Errorf("%s %d: %d states", m.GetId(), m.GetCountryCode(), n)
		}
	}
	t.Logf("%d states of types", states)
}

func BenchmarkE164(b *testing.B) {
	b.Run("full", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			n := &everyday[i%len(everyday)]
			Full(n.text, n.region)
		}
	})
	b.Run("fast", func(b *testing.B) {
		b.ReportAllocs()
		var buf [24]byte
		for i := 0; b.Loop(); i++ {
			n := &everyday[i%len(everyday)]
			AppendE164(buf[:0], n.text, n.region)
		}
	})
	for _, region := range []string{"DE", "US", "GB"} {
		b.Run("plan/"+region, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				makePlan(region, 0)
			}
		})
	}
}
