package nonemployee

import (
	"context"

	"github.com/idprofile/engine/identity/isc"
)

var sourceFields = map[string]isc.Access{
	"name": isc.Writable, "description": isc.Writable,
	"approvers": isc.Writable, "accountManagers": isc.Writable,
	"id": isc.ReadOnly, "sourceId": isc.ReadOnly, "created": isc.ReadOnly, "modified": isc.ReadOnly,
	"owner": isc.ReadOnly, "managementWorkgroup": isc.ReadOnly,
	"cloudExternalId": isc.ReadOnly, "nonEmployeeCount": isc.ReadOnly,
}

// Patch changes name, description, approvers and account managers. List items may be
// references or plain ids. Open requests keep the approvers they were made with
// (DECISION N18).
func (g Sources) Patch(ctx context.Context, a Actor, id string, ops []isc.PatchOp) (Source, error) {
	var out Source
	err := g.write(ctx, a, func(t *tx) error {
		old, version, err := t.sourceFor(ctx, a, id,
			sourceRights{right: Update, settings: true, managers: false, what: "change this source"})
		if err != nil {
			return err
		}
		if _, err := t.guard(tenantGuard); err != nil { // names must stay unique
			return err
		}

		// The patch is applied to a copy, and the result is checked as a new source would be.
		s, err := patchSource(old, ops)
		if err != nil {
			return err
		}
		if err := t.checkSource(s); err != nil {
			return err
		}
		s.Modified = t.now
		t.put(KindSource, s.ID, "", s.SourceID, version, s)
		t.event(ActionSourceUpdated, s.Name, s.SourceID)
		out = s.clone()
		return nil
	})

	return out, err
}

func patchSource(old *Source, ops []isc.PatchOp) (*Source, error) {
	doc, err := document(old)
	if err != nil {
		return nil, err
	}
	if doc, err = applyPatch(doc, ops, sourceFields); err != nil {
		return nil, err
	}

	// Only what may be patched is read back: all else stays, whatever the patched document has become.
	s := old.clone()
	if s.Name, err = textField(doc, "name"); err != nil {
		return nil, err
	}
	if s.Description, err = textField(doc, "description"); err != nil {
		return nil, err
	}

	if s.Approvers, err = refsField(doc, "approvers"); err != nil {
		return nil, err
	}
	s.AccountManagers, err = refsField(doc, "accountManagers")
	return &s, err
}

// Delete removes a source with its attributes, records, requests and jobs; open
// approvals are cancelled. It is refused while an identity profile uses the source or
// an upload is under way.
func (g Sources) Delete(ctx context.Context, a Actor, id string) error {
	return g.write(ctx, a, func(t *tx) error {
		if !a.any(Delete | Settings) {
			return forbidden("delete a source")
		}
		s, version, err := t.findSource(ctx, id)
		if err != nil {
			return err
		}
		if s == nil {
			return notFound("source", id)
		}

		// A profile without its source would lose all its identities at the next run.
		profile, err := t.profileOf(ctx, s.SourceID)
		if err != nil {
			return err
		}
		if profile != "" {
			return isc.Refuse(isc.CodeConflict, "identity profile %q uses the source %q", profile, s.Name)
		}

		// The upload would come into a source that is gone.
		if job, err := t.openJob(t.ctx, s.SourceID); err != nil {
			return err
		} else if job != nil {
			return isc.Refuse(isc.CodeConflict, "an upload to the source %q is under way", s.Name)
		}

		return t.dropSource(s, version)
	})
}

func (t *tx) dropSource(s *Source, version int64) error {
	tenant, err := t.guard(tenantGuard)
	if err != nil {
		return err
	}
	guard, err := t.guard(s.SourceID)
	if err != nil {
		return err
	}

	tenant.Count--
	guard.drop = true
	// Items hang on requests, not on the source, and have to be found through them.
	requests, err := list[Request](t.ctx, t.store, KindRequest, s.SourceID)
	if err != nil {
		return err
	}

	for _, r := range requests {
		if err := t.cancelItems(r.T.ID, 0); err != nil {
			return err
		}
	}

	// Reminders and jobs go too: a source that is made again begins with nothing.
	for _, kind := range []Kind{KindAttribute, KindRecord, KindRequest, KindJob, KindReminder} {
		for o, err := range t.store.List(t.ctx, kind, s.SourceID) {
			if err != nil {
				return err
			}
			t.delete(kind, o.ID, o.Version)
		}
	}

	t.delete(KindSource, s.ID, version)
	t.event(ActionSourceDeleted, s.Name, s.SourceID)
	return nil
}
