package nonemployee_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2020-03-24T00:00:00-05:00", "2020-03-24", "1610524800", "2026-03-10T23:30-05:00", "x", "-100000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := nonemployee.ParseDate(text)
		if err != nil {
			return
		}
		again, err := nonemployee.ParseDate(d.String())
		if err != nil || !again.Equal(d.Time) {
			t.Errorf("%q reads as %s, which reads as %s, %v", text, d, again, err)
		}
	})
}

// FuzzPatch: no patch makes a call panic, and a record that a patch left stays whole.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		`[{"op":"replace","path":"/endDate","value":"2027-01-01"}]`, `[{"op":"add","path":"/data/team","value":5}]`,
		`[{"op":"copy","from":"/data","path":"/data/team"},{"op":"move","from":"/phone","path":"/email"}]`,
		`[{"op":"test","path":"/data/~0~1","value":null}]`, `[{"op":"remove","path":"/data"}]`, `[{"op":"replace","path":"/data","value":[]}]`,
	} {
		f.Add(s)
	}
	store := nonemployee.NewMemory()
	s, err := nonemployee.New(f.Context(), store, staff)
	if err != nil {
		f.Fatal(err)
	}
	src, err := s.Sources.Create(f.Context(), admin, nonemployee.SourceBody{Name: "A", Description: "d", Owner: nonemployee.Ref{ID: "admin"}, Approvers: refs("anna")})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := s.Schema.Create(f.Context(), admin, src.ID, nonemployee.AttributeBody{Label: "Team"}); err != nil {
		f.Fatal(err)
	}
	r, _, err := s.Records.Create(f.Context(), admin, body(src, "will"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ops, err := isc.ParsePatch([]byte(text))
		if err != nil {
			return
		}
		_, _, err = s.Records.Patch(t.Context(), admin, r.ID, ops)
		_, _ = s.Sources.Patch(t.Context(), admin, src.ID, ops)
		got, getErr := s.Records.Get(t.Context(), admin, r.ID)
		if getErr != nil || got.ID != r.ID || got.SourceID != r.SourceID || got.FirstName == "" {
			t.Errorf("after %s (%v) the record is %+v, %v", text, err, got, getErr)
		}
	})
}

func FuzzRecordBody(f *testing.F) {
	f.Add(`{"accountName":"x","data":{"a":1,"b":true,"c":null,"d":[]},"startDate":1610524800}`)
	f.Add(`{"startDate":1e400,"endDate":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var b nonemployee.RecordBody
		if json.Unmarshal([]byte(text), &b) == nil && b.Data == nil {
			t.Error("no data")
		}
	})
}

// FuzzImport: whatever a file holds, an import that passes the check is stored as a
// whole, and its export changes nothing when it is imported again.
func FuzzImport(f *testing.F) {
	f.Add(csvRows(1, 2))
	f.Add("\ufeff" + header + "\r\n\"a\",\"b\nc\",d,1,e,jane.doe,2020-01-01,2021-01-01\r\n")
	f.Add(header + "\na,b,\"c\"d,1,e,jane.doe,2020-01-01,2021-01-01")
	f.Fuzz(func(t *testing.T, file string) {
		n := newTenant(t, nonemployee.NewMemory())
		s := n.source("Retail")
		_, plan, err := n.Sources.Import(t.Context(), admin, s.SourceID, strings.NewReader(file))
		if err != nil {
			return
		}
		done := n.tick().Imports
		if len(done) != 1 || done[0].Status != nonemployee.JobCompleted {
			t.Fatalf("imports %+v", done)
		}
		p, err := n.Records.List(t.Context(), admin, isc.Query{})
		ok(t, err)
		if p.Total != plan.Created {
			t.Errorf("%d records, planned %d", p.Total, plan.Created)
		}
		again, err := n.Sources.DryRun(t.Context(), admin, s.SourceID, strings.NewReader(exported(t, n, s, nonemployee.ExportOptions{})))
		if err != nil || again.Created != 0 || again.Updated != 0 {
			t.Errorf("the export plans %+v, %v", again, err)
		}
	})
}

func FuzzFilterAndSorters(f *testing.F) {
	f.Add(`sourceId eq "x"`, "email,-created")
	f.Add(`sourceId eq "`, ",,-")
	s, err := nonemployee.New(f.Context(), nonemployee.NewMemory(), staff)
	if err != nil {
		f.Fatal(err)
	}
	log := nonemployee.NewEventLog(1)
	f.Fuzz(func(t *testing.T, filter, sorters string) {
		_, _ = s.Records.List(t.Context(), admin, isc.Query{Filters: filter, Sorters: sorters})
		_, _ = log.Search(filter)
	})
}
