package profile

import (
	"context"

	"github.com/idprofile/engine/identity"
)

// Resumes reports whether an aggregation would go on from the stored outcome.
func (e *Engine) Resumes(ctx context.Context, store identity.Store, o RunOptions, sources ...identity.Source) (bool, error) {
	o.Stored = store
	p := newPhases(ctx, e.newAggregation(o))
	if err := p.reader.read(sources); err != nil {
		return false, err
	}
	err := p.resume()
	return p.resumed, err
}
