package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
)

// sample is a person for an empty store; the days count from the day of seeding.
type sample struct {
	account, first, last, phone, manager, vendor string
	from, to                                     int
}

var samples = []sample{
	{account: "c.ruiz", first: "Carmen", last: "Ruiz", phone: "+34 600 555 010", manager: "mia.moreno",
		vendor: "Umbrella Temps", from: -120, to: 240},
	{account: "j.osei", first: "Jojo", last: "Osei", phone: "+44 7700 900123", manager: "mia.moreno", vendor: "Globex",
		from: -30, to: 5},
	{account: "l.nguyen", first: "Linh", last: "Nguyễn", phone: "+84 24 5555 0100", manager: "ben.okafor",
		vendor: "Initech", from: 14, to: 200},
	{account: "p.varga", first: "Péter", last: "Varga", phone: "+36 1 555 0123", manager: "ben.okafor",
		vendor: "Globex", from: -400, to: -3},
}

// sampleSource describes the source of the sample people.
func sampleSource() nonemployee.SourceBody {
	refs := func(aliases ...string) (out []nonemployee.Ref) {
		for _, a := range aliases {
			out = append(out, nonemployee.Ref{ID: staffID(a)})
		}
		return out
	}

	return nonemployee.SourceBody{
		Name: contractorsSource, Description: "People who work here and are paid elsewhere",
		Owner:               refs("ada.almeida")[0],
		ManagementWorkgroup: "contractor-desk", AccountManagers: refs("mia.moreno"),
		Approvers: refs("ben.okafor", "chloe.meyer", "dai.sato"),
	}
}

// sampleAttributes are the attributes that the sample source has besides those of every
// source.
func sampleAttributes() []nonemployee.AttributeBody {
	return []nonemployee.AttributeBody{
		{Type: "TEXT", Label: "Vendor", TechnicalName: "vendor", HelpText: "Company that sends the person",
			Required: true},
		{Type: "TEXT", Label: "Cost Center", TechnicalName: "costCenter", Placeholder: "4711"},
	}
}

// sampleFile is the sample people as a file to upload.
func sampleFile(today time.Time) (string, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	rows := [][]string{{"accountName", "firstName", "lastName", "phone", "email", "manager", "startDate", "endDate",
		"vendor", "costCenter"}}
	day := func(n int) string { return today.UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	for _, p := range samples {
		rows = append(rows, []string{p.account, p.first, p.last, p.phone, p.account + "@vendor.example", p.manager,
			day(p.from), day(p.to), p.vendor, "4711"})
	}
	err := w.WriteAll(rows)
	return b.String(), err
}

// seed fills an empty store.
func (s *site) seed(ctx context.Context) error {
	// A store with anything in it is somebody's.
	page, err := s.service.Sources.List(ctx, root(), nonemployee.SourceQuery{})
	if err != nil || len(page.Items) > 0 {
		return err
	}
	source, err := s.service.Sources.Create(ctx, root(), sampleSource())
	if err != nil {
		return err
	}
	for _, a := range sampleAttributes() {
		if _, err := s.service.Schema.Create(ctx, root(), source.SourceID, a); err != nil {
			return fmt.Errorf("attribute %s: %w", a.Label, err)
		}
	}

	file, err := sampleFile(s.clock())
	if err != nil {
		return err
	}

	// People come by the same file that an account manager would upload.
	if _, _, err := s.service.Sources.Import(ctx, root(), source.SourceID, strings.NewReader(file)); err != nil {
		return err
	}
	_, err = s.service.Tick(ctx, s.clock())
	return err
}
