package nonemployee_test

import (
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

// full makes a source with 20,000 records.
func full(b *testing.B) (*nonemployee.Service, nonemployee.Source) {
	s, err := nonemployee.New(b.Context(), nonemployee.NewMemory(), staff)
	if err != nil {
		b.Fatal(err)
	}
	src, err := s.Sources.Create(b.Context(), admin, nonemployee.SourceBody{Name: "A", Description: "d", Owner: nonemployee.Ref{ID: "admin"}})
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := s.Sources.Import(b.Context(), admin, src.ID, strings.NewReader(csvRows(0, 20_000))); err != nil {
		b.Fatal(err)
	}
	if _, err := s.Tick(b.Context(), time.Unix(0, 0)); err != nil {
		b.Fatal(err)
	}
	return s, src
}

func BenchmarkListPage(b *testing.B) {
	s, _ := full(b)
	for b.Loop() {
		if _, err := s.Records.List(b.Context(), admin, isc.Query{Sorters: "accountName"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDryRun20000(b *testing.B) {
	s, src := full(b)
	file := csvRows(0, 20_000)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if _, err := s.Sources.DryRun(b.Context(), admin, src.ID, strings.NewReader(file)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccounts20000(b *testing.B) {
	s, src := full(b)
	source, err := s.Sources.Accounts(b.Context(), src.ID)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, err := range source.Accounts(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func TestDateAllocations(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		if _, err := nonemployee.ParseDate("2026-03-10T23:30:00-05:00"); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("reading a date allocates %v times, want at most 1", n)
	}
}
