package profile

import (
	"maps"
	"reflect"
	"slices"

	"github.com/idprofile/engine/profile/config"
)

// Use makes e the engine of the later runs: the configuration has changed. When
// nothing but how attributes are calculated differs, the tables stay, and the next
// run evaluates the attributes whose mappings or transforms are others. After any
// other change it reads the store anew and looks at everybody.
func (s *Session) Use(e *Engine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tables != nil && !s.tables.fits(e) {
		s.tables = nil
	}
	s.engine = e
}

// fits reports whether an engine differs from that of the tables in nothing but
// how attributes are calculated.
func (p *phases) fits(e *Engine) bool {
	old := p.engine
	if old.opts.SnapshotOrder != e.opts.SnapshotOrder || old.opts.KeepBlank != e.opts.KeepBlank ||
		!reflect.DeepEqual(old.opts.Correlation, e.opts.Correlation) ||
		!maps.Equal(old.bundle.Settings.Rules, e.bundle.Settings.Rules) {
		return false
	}

	return slices.Equal(old.keys, e.keys) && slices.EqualFunc(old.bundle.Sources, e.bundle.Sources, sameSource) &&
		slices.EqualFunc(old.profiles, e.profiles, func(a, b *compiled) bool {
			return a.sameFrame(b) && sourceName(old.managerSource(a)) == sourceName(e.managerSource(b))
		})
}

func sameSource(a, b *config.Source) bool {
	return a.ID == b.ID && a.Name == b.Name && a.ApplicationName == b.ApplicationName &&
		a.CorrelationRule == b.CorrelationRule &&
		a.DeleteThreshold == b.DeleteThreshold && reflect.DeepEqual(a.Manager, b.Manager) &&
		reflect.DeepEqual(a.Schema, b.Schema) &&
		a.Correlation.Version() == b.Correlation.Version()
}

// sameFrame reports whether profiles have the same source, attributes and
// lifecycle states.
func (c *compiled) sameFrame(o *compiled) bool {
	a, b := c.profile, o.profile
	return a.Name == b.Name && a.Enabled == b.Enabled && a.Created.Equal(b.Created) &&
		sourceName(c.source) == sourceName(o.source) &&
		slices.Equal(c.schema.Names(), o.schema.Names()) &&
		slices.EqualFunc(a.States, b.States, func(x, y *config.LifecycleState) bool {
			return x.TechnicalName == y.TechnicalName && x.Enabled == y.Enabled
		})
}

// remap notes that the attributes that are stored are those that the mappings of
// this run give: what differed was evaluated.
func (p *phases) remap() {
	for n, s := range p.stored {
		rank := p.people[n].profile
		if s == nil || rank < 0 || stateOf(s).unknown() || s.Profile != p.engine.profiles[rank].profile.Name {
			continue
		}
		s.RunState = p.bases[rank].renamed(stateOf(s))
	}
}
