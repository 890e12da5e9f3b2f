package nonemployee

import (
	"context"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
)

// Delete removes a record.
func (g Records) Delete(ctx context.Context, a Actor, id string) error {
	if !a.may(Delete) {
		return forbidden("delete a record")
	}
	return g.write(ctx, a, func(t *tx) error {
		r, version, err := get[Record](ctx, t.store, KindRecord, id)
		if err != nil {
			return err
		}
		if r == nil {
			return notFound("record", id)
		}
		return t.dropRecord(r, version)
	})
}

// BulkDelete removes records, all or none. Error: [isc.CodeReferenceNotFound] that lists the ids
// that do not exist (DECISION N15).
func (g Records) BulkDelete(ctx context.Context, a Actor, ids []string) error {
	if !a.may(Delete) {
		return forbidden("delete records")
	}
	if len(ids) == 0 {
		return isc.Refuse(isc.CodeRequired, "ids is required")
	}

	return g.write(ctx, a, func(t *tx) error {
		var missing []string

		// Ids may be given twice, and one record can only be removed once.
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			r, version, err := get[Record](ctx, t.store, KindRecord, id)
			if err != nil {
				return err
			}
			if r == nil {
				missing = append(missing, id)
			} else if err := t.dropRecord(r, version); err != nil {
				return err
			}
		}

		// All that are missing at once; nothing has been removed, since the transaction is dropped.
		if len(missing) > 0 {
			return isc.Refuse(isc.CodeReferenceNotFound, "no records have these ids: %s", strings.Join(missing, ", "))
		}
		return nil
	})
}

func (t *tx) dropRecord(r *Record, version int64) error {
	guard, err := t.guard(r.SourceID)
	if err != nil {
		return err
	}
	guard.Count--
	t.delete(KindRecord, r.ID, version)

	// The note of mails that were sent goes with the record: its id is not used again, and nothing
	// would ever delete it.
	sent, sentVersion, err := get[Reminder](t.ctx, t.store, KindReminder, r.ID)
	if err != nil {
		return err
	}

	if sent != nil {
		t.delete(KindReminder, r.ID, sentVersion)
	}
	t.event(ActionRecordDeleted, r.AccountName, r.SourceID, "id", r.ID)
	return nil
}
