package nonemployee

import "context"

// RekeyPlan tells how the unique identifiers of a source can be changed without leaving
// identities behind: all old accounts go first and an aggregation removes their
// identities, then the new ones come.
type RekeyPlan struct {
	Delete   []string     // ids of the records that change, for [Records.BulkDelete]
	Create   []RecordBody // what to create after the aggregation, in the same order
	Changes  []NameChange // identities that go and come
	Problems []string     // new names that are empty or occur twice
}

// PlanRekey works out what changing accountName does; rename gives the new name of a
// record. Nothing is stored. Only admins may ask.
func (g Sources) PlanRekey(ctx context.Context, a Actor, id string, rename func(Record) string) (RekeyPlan, error) {
	var plan RekeyPlan
	s, _, err := g.sourceFor(ctx, a, id, sourceRights{right: Read, settings: false, managers: false,
		what: "read the records of this source"})
	if err != nil {
		return plan, err
	}

	records, err := g.recordsOf(ctx, s.SourceID)
	if err != nil {
		return plan, err
	}

	// A new name may be the old one of another record, which is allowed: all are deleted before any is
	// made.
	seen := map[string]bool{}
	for _, r := range records {
		name := rename(r.T.clone())
		switch {
		case name == "":
			plan.Problems = append(plan.Problems, "the new name of "+r.T.AccountName+" is empty")
		case seen[fold(name)]:
			plan.Problems = append(plan.Problems, "the new name "+name+" occurs twice")
		}

		seen[fold(name)] = true
		if name == r.T.AccountName {
			continue
		}

		// The record is made again and not renamed: its account is another one for the tenant.
		body := bodyOf(r.T)
		body.AccountName = name
		plan.Delete = append(plan.Delete, r.T.ID)
		plan.Create = append(plan.Create, body)
		plan.Changes = append(plan.Changes, NameChange{Orphaned: r.T.AccountName, Created: name})
	}

	return plan, nil
}
