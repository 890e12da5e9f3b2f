package nonemployee

import (
	"context"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
)

// Deleted tells what deleting attributes touched.
type Deleted struct {
	Records  int      // that had a value, which is gone (DECISION N31)
	Mappings []string // that read the attributes, see [WithMappings]
}

// Delete removes a custom attribute, and its value from all records and open requests.
// Error: [isc.CodeIllegalValue] for a system attribute.
func (g Schema) Delete(ctx context.Context, a Actor, sourceID, id string) (Deleted, error) {
	return g.drop(ctx, a, sourceID, func(t *tx, s *Source) ([]versioned[Attribute], error) {
		at, version, err := t.attribute(ctx, s, id)
		if err != nil {
			return nil, err
		}
		if at.System {
			return nil, isc.Refuse(isc.CodeIllegalValue, "the system attribute %s cannot be deleted", at.TechnicalName)
		}
		return []versioned[Attribute]{{at, version}}, nil
	})
}

// DeleteAll removes all custom attributes; the system ones stay.
func (g Schema) DeleteAll(ctx context.Context, a Actor, sourceID string) (Deleted, error) {
	return g.drop(ctx, a, sourceID, func(t *tx, s *Source) ([]versioned[Attribute], error) {
		all, err := t.attributes(ctx, s.SourceID)
		return slices.DeleteFunc(all, func(at versioned[Attribute]) bool { return at.T.System }), err
	})
}

func (g Schema) drop(ctx context.Context, a Actor, sourceID string,
	choose func(*tx, *Source) ([]versioned[Attribute], error)) (Deleted, error) {
	var out Deleted
	err := g.write(ctx, a, func(t *tx) error {
		s, _, err := t.sourceFor(ctx, a, sourceID,
			sourceRights{right: Delete, settings: true, managers: false, what: "change the schema of this source"})
		if err != nil {
			return err
		}

		// Records are made and schemas changed under one guard, so that no record is checked against
		// attributes that are gone.
		if _, err := t.guard(s.SourceID); err != nil {
			return err
		}
		gone, err := choose(t, s)
		if err != nil {
			return err
		}
		out, err = t.dropAttributes(s, gone)
		return err
	})

	return out, err
}

func (t *tx) dropAttributes(s *Source, gone []versioned[Attribute]) (Deleted, error) {
	var out Deleted
	var names []string

	// Mappings that read the attribute are told and not stopped: they read null from now on.
	for _, at := range gone {
		used, err := t.mappings(t.ctx, s.SourceID, at.T.TechnicalName)
		if err != nil {
			return out, err
		}
		out.Mappings = append(out.Mappings, used...)
		names = append(names, at.T.TechnicalName)
		t.delete(KindAttribute, at.T.ID, at.version)
		t.event(ActionSourceUpdated, s.Name, s.SourceID, "attributeDeleted", at.T.TechnicalName)
	}

	// The values go with the attribute, in records and in what is still requested, so that an
	// attribute of the same name begins empty.
	records, err := list[Record](t.ctx, t.store, KindRecord, s.SourceID)
	if err != nil {
		return out, err
	}
	for _, r := range records {
		if data, changed := without(r.T.Data, names); changed {
			next := *r.T
			next.Data, next.Modified = data, t.now
			t.put(KindRecord, r.T.ID, s.SourceID, fold(r.T.AccountName), r.version, &next)
			out.Records++
		}
	}

	return out, t.dropFromRequests(s, names)
}

// dropFromRequests removes values from open requests, which otherwise could never be
// approved; decided ones stay as they were.
func (t *tx) dropFromRequests(s *Source, names []string) error {
	requests, err := list[Request](t.ctx, t.store, KindRequest, s.SourceID)
	if err != nil {
		return err
	}
	for _, r := range requests {
		if r.T.Status != Pending {
			continue
		}
		if data, changed := without(r.T.Data, names); changed {
			next := *r.T
			next.Data, next.Modified = data, t.now
			t.putRequest(&next, r.version)
		}
	}

	return nil
}

func without(data map[string]string, names []string) (map[string]string, bool) {
	changed := false
	out := map[string]string{}
	for k, v := range data {
		if slices.Contains(names, k) {
			changed = true
		} else {
			out[k] = v
		}
	}

	return out, changed
}

// RecordsMissing gives the records without a value for a required or optional attribute.
// Once such an attribute is required they cannot be updated until they have one.
func (g Schema) RecordsMissing(ctx context.Context, a Actor, sourceID, technicalName string) ([]Record, error) {
	s, _, err := g.sourceFor(ctx, a, sourceID,
		sourceRights{right: Read, settings: false, managers: false, what: "read the records of this source"})
	if err != nil {
		return nil, err
	}
	all, err := g.attributes(ctx, s.SourceID)
	if err != nil {
		return nil, err
	}

	// An unknown name would look like an attribute that everybody has.
	known := slices.ContainsFunc(all, func(at versioned[Attribute]) bool { return at.T.TechnicalName == technicalName })
	if !known {
		return nil, isc.Refuse(isc.CodeReferenceNotFound, "the source has no attribute %q", technicalName)
	}
	records, err := g.recordsOf(ctx, s.SourceID)
	if err != nil {
		return nil, err
	}

	var out []Record
	for _, r := range records {
		if strings.TrimSpace(r.T.Value(technicalName)) == "" {
			out = append(out, r.T.clone())
		}
	}

	return out, nil
}
