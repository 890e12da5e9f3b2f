package profile

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity"
)

// newFrame makes the frame, the fingerprint of all that decides about links, profiles, managers
// and uids: what a run leaves can be what the next one begins with when both have the same. What
// decides about the values of attributes has fingerprints of its own, see [basis].
func (e *Engine) newFrame() string {
	h := sha256.New()
	fmt.Fprintf(h, "1 %v %v %q %q\n", e.opts.SnapshotOrder, e.opts.KeepBlank, e.keys, e.opts.Rules)
	for _, name := range slices.Sorted(maps.Keys(e.bundle.Settings.Rules)) {
		fmt.Fprintf(h, "%q %q\n", name, e.bundle.Settings.Rules[name])
	}

	// Code of the host has no text: rules of one name are taken to be the same.
	o := e.opts.Correlation
	fmt.Fprintf(h, "%v %v %v %v %v %v %v %q %v %q %v %q\n", o.AmbiguityStop, o.HonourIgnoreCase, o.MatchMode, o.Swapped,
		o.NameIsDisplayName, o.StrictRecorrelate, o.CorrelatedOnly, o.Placeholders, o.Rule != nil, o.RuleAttributes, o.Actions,
		slices.Sorted(maps.Keys(e.opts.AccountRules)))

	for _, s := range e.bundle.Sources {
		fmt.Fprintf(h, "%q %q %q %q %q %+v %q %q\n", s.ID, e.opts.SourceIDs[s.Name], s.Name, s.ApplicationName,
			s.CorrelationRule, s.Manager, s.Correlation.Version(), s.Node.Append(nil))
	}

	for _, c := range e.profiles {
		p := c.profile
		fmt.Fprintf(h, "%q %d %v %v %q %q %q\n", p.Name, p.Priority, p.Enabled, p.Created, sourceName(c.source),
			c.schema.Names(), sourceName(e.managerSource(c)))
		for _, s := range p.States {
			fmt.Fprintf(h, "%q %v\n", s.TechnicalName, s.Enabled)
		}
	}

	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))[:printSize]
}

// resume makes the tables, which have what is stored and what the data say now, those of a run
// that goes on from its outcome: it looks at accounts that changed or have no identity, at the
// identities that these feed, and at managers and uids that depend on one of them. It does
// nothing unless that comes to the same as looking at everybody.
func (p *phases) resume() error {
	if p.outline != nil {
		if p.resumeOutlined() {
			return nil
		}
		return p.readOutlined() // everybody is looked at
	}
	doubtful, ok := p.resumable()
	if !ok {
		return p.accounts.ReadAll()
	}

	p.fullRun, p.resumed = false, true
	p.knowRanks()
	p.linker.indexAll()
	doubtful = append(doubtful, p.resolver.resume()...)
	p.markChanged(doubtful...)

	// Who may read stored values sees those of the last run for the first time now.
	for n, s := range p.stored {
		if rank := p.people[n].profile; rank >= 0 && p.bases[rank].anyOld && !stateOf(s).stable() {
			p.markResult(int32(n))
		}
	}

	return nil
}

// mayResume reports whether a run may go on from what is stored, if that is what it takes it for.
func (t *tables) mayResume() bool {
	anew := t.opts.Linking
	anew.AnyRemoval = false
	return t.opts.Incremental && anew == (Linking{}) && t.frame != ""
}

// resumable reports whether what is stored is the outcome of runs over everybody with the same
// frame, and little of it has changed; doubtful are the identities of which nothing is noted.
func (p *phases) resumable() (doubtful []int32, ok bool) {
	if !p.mayResume() || len(p.stored) == 0 || p.reader.before != nil {
		return nil, false
	}

	// What a rule of the host says of managers may be something else now.
	for _, s := range p.engine.bundle.Sources {
		if s.Manager != nil && s.Manager.Rule != "" {
			return nil, false
		}
	}

	// Identities of one profile share the names of their notes.
	var last *identity.Schema
	for n, s := range p.stored {
		switch schema := s.RunState.Schema(); {
		case schema == last && last != nil:
		case stateOf(s).unknown():
			doubtful = append(doubtful, int32(n))
		case !p.framed(stateOf(s).mappings()):
			return nil, false
		default:
			last = schema
		}
	}

	return doubtful, last != nil && p.fewChanged(len(doubtful))
}

// fewChanged reports whether little has changed, given how many identities are doubtful.
func (p *phases) fewChanged(doubtful int) bool {
	changed := doubtful
	for n := range p.state {
		st := &p.state[n]
		changed += btoi(st.presence == isNew || st.presence == removed || st.difference != noDifference)
	}
	return changed <= len(p.state)/resumeShare
}

// resumeShare is the part of all accounts that may have changed in a run that goes on from the
// one before: with more it is as well to look at everybody, on all workers.
const resumeShare = 4

// framed reports whether a note is one of the same frame.
func (p *phases) framed(mappings string) bool {
	return len(mappings) > printSize && mappings[len(mappings)-printSize:] == p.frame
}
