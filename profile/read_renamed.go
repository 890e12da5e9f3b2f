package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

// renames are the accounts of one source that may be stored ones under another
// native identity: those of the data that have a stable id.
type renames struct {
	source   uint16
	byStable feed.SeenIDs    // the last account of the data with each stable id
	any      bool            // there is one
	unseen   []int32         // accounts that were recognised before there was one
	tags     map[uint32]bool // of stable ids that were read, where those of recognised accounts are known by tags
	// taken are accounts of the data that stand in the place of a stored one with
	// another stable id, with the manual mark that the data give them.
	taken map[int32]bool
}

// SaidByFile reports whether a finding of a run repeats what reading the account
// file has said with its line: two rows with one native identity. That two rows have
// one stable id no file says.
func SaidByFile(d diag.Diagnostic) bool {
	return d.Code == codeAccountDuplicate && !strings.Contains(d.Message, "stable id")
}

// stableSeen notes the stable id of an account of the data and reports one that two
// rows have.
func (rd *reader) stableSeen(r *renames, n int32, a *identity.Account) {
	if a.UUID == "" {
		return
	}
	if !r.any {
		r.any = true
		for _, n := range r.unseen {
			if uuid := rd.accounts.UUID(n); uuid != "" {
				r.byStable.Put(uuid, int(n))
			}
		}
		r.unseen = nil
	}
	if rd.outline != nil {
		rd.seeRecognized(r, n, a.UUID)
	}
	other, twice := r.byStable.Put(a.UUID, int(n))
	if !twice || other == int(n) {
		return
	}
	first := rd.accounts.At(int32(other))
	rd.reportTwice(r.source, diag.Diagnostic{Severity: diag.Warning, Code: codeAccountDuplicate,
		Message: fmt.Sprintf("source %q has the stable id %q twice, for %q and %q", a.Source, a.UUID, first.NativeIdentity,
			a.NativeIdentity)})

	// That is said as long as it is so, which both have to be read for.
	for _, n := range []int32{int32(other), n} {
		before := rd.accounts.Fingerprint(n)
		rd.accounts.Forget(n)
		rd.noteText(n, before)
	}
}

// seeRecognized notes a recognised account that has a stable id, before another account that has it
// is noted.
func (rd *reader) seeRecognized(r *renames, n int32, id string) {
	tag := stableTag(id)
	if r.tags == nil {
		r.tags = map[uint32]bool{}
	}
	if r.tags[tag] {
		return
	}
	r.tags[tag] = true
	for number := range rd.outline.withStable(tag) {
		other := int32(number)
		if other != n && rd.accounts.Sources[other] == r.source && rd.state[other].presence == kept &&
			rd.accounts.UUID(other) == id {
			r.byStable.Put(id, int(other))
		}
	}
}

// takenPlace notes an account of the data that has the native identity of a stored
// account and another stable id than it.
func (rd *reader) takenPlace(r *renames, n int32, uuid string, manual bool) {
	if old, ok := rd.replaced[n]; ok && uuid != "" && old.UUID != uuid {
		if r.taken == nil {
			r.taken = map[int32]bool{}
		}
		r.taken[n] = manual
	}
}

// rename is a stored account that the data have under another native identity, as
// it was before.
type rename struct {
	from, to int32
	old      identity.Account
	owner    int32
	alias    bool // its owner is called by it
}

// followRenames gives accounts of the data what stored accounts with the same stable
// id had: an account whose stable id is known on the source is that account,
// whatever its native identity is now, and also where that was another account's
// (DECISION 48). Link, manual mark and creation time stay; the old native identity
// is gone, which is no removal that a delete threshold counts. It reports whether any account has moved, or
// stands where another one was.
func (rd *reader) followRenames(src identity.Source, r *renames) bool {
	if !r.any {
		return false
	}

	// Two accounts may have swapped their names, so all links are taken off before
	// any is given.
	list := rd.renamed(src, r)
	sources, targets := map[int32]bool{}, map[int32]bool{}
	for _, x := range list {
		sources[x.from], targets[x.to] = true, true
	}
	for _, x := range list {
		if rd.state[x.from].owner >= 0 {
			rd.unlink(x.from)
		}
	}

	// An account of another name stands where one was stored; the stored one is gone unless it has
	// moved.
	for _, n := range slices.Sorted(maps.Keys(r.taken)) {
		if targets[n] && !sources[n] {
			rd.placeTaken(n)
		}
	}

	// Now every account gets its link, under its new name.
	for _, x := range list {
		rd.rename(&x, r)
		if rd.state[x.from].presence == unread {
			rd.state[x.from].presence = removed
		}
	}

	for _, n := range slices.Sorted(maps.Keys(r.taken)) {
		if !targets[n] && rd.replaced[n].UUID != "" {
			rd.stableChanged(n)
		}
	}
	return len(list)+len(r.taken) > 0
}

// renamed lists the stored accounts of a source that the data have in another place.
func (rd *reader) renamed(src identity.Source, r *renames) (list []rename) {
	number, missing := rd.accounts.SourceNumber(src.Name()), rd.mayBeMissing(src)
	for i := range rd.state {
		n := int32(i)
		_, taken := r.taken[n]
		if rd.accounts.Sources[n] != number || !taken && (rd.state[n].presence != unread || !missing(n)) {
			continue
		}

		// The account of the data has taken the place of the one that was stored there.
		old := rd.accounts.At(n)
		if taken {
			old = rd.replaced[n]
		}
		line, ok := r.byStable.Line(old.UUID)
		to := int32(line)
		if _, place := r.taken[to]; old.UUID == "" || !ok || to == n || rd.state[to].presence != isNew && !place {
			continue // also of an account that comes twice, with two stable ids: it has its name still
		}
		owner := rd.state[n].owner
		list = append(list, rename{from: n, to: to, old: old, owner: owner, alias: owner >= 0 && rd.people[owner].alias == n})
	}

	return list
}

// rename makes an account of the data the stored one under its new name.
func (rd *reader) rename(x *rename, r *renames) {
	a := rd.accounts.At(x.to)
	if manual, taken := r.taken[x.to]; taken { // the mark of the account whose name it has now is not its own
		a.ManuallyCorrelated = manual
	}

	// The account stays as old as it was: its age decides who comes first.
	if !x.old.Created.IsZero() {
		a.Created = x.old.Created
	}
	a.ManuallyCorrelated = a.ManuallyCorrelated || x.old.ManuallyCorrelated
	rd.accounts.Replace(x.to, &a)

	if x.owner >= 0 {
		method := correlate.Sticky
		if a.ManuallyCorrelated {
			method = correlate.Manual
		}
		rd.link(x.to, x.owner, method, 0)
		if x.alias {
			rd.people[x.owner].alias = x.to
		}
		rd.state[x.to].wasLinked = true
	}

	// Told for each, since a link is carried over.
	rd.report(diag.Diagnostic{Severity: diag.Info, Code: codeAccountRenamed,
		Message: fmt.Sprintf("account %q of source %q is now %q: its stable id %q is the same", x.old.NativeIdentity,
			a.Source, a.NativeIdentity, a.UUID)})
}

// placeTaken takes the link off a stored account that the data no longer have and
// whose name another account has now.
func (rd *reader) placeTaken(n int32) {
	old := rd.replaced[n]
	if owner := rd.state[n].owner; owner >= 0 {
		rd.unlink(n)
	}
	rd.report(diag.Diagnostic{Severity: diag.Warning, Code: codeAccountReplaced,
		Message: fmt.Sprintf("account %q of source %q is gone: another account, by its stable id, has its name now",
			old.NativeIdentity, old.Source)})
}

// stableChanged reports an account whose stable id is another one than before and
// of no account that is known: the name says that it is the same.
func (rd *reader) stableChanged(n int32) {
	old, now := rd.replaced[n], rd.accounts.At(n)
	rd.report(diag.Diagnostic{Severity: diag.Warning, Code: codeAccountReplaced,
		Message: fmt.Sprintf("account %q of source %q had the stable id %q and has %q now; it stays linked, and may be another account", now.NativeIdentity, now.Source, old.UUID, now.UUID)})
}

// reportLikelyRenames reports accounts that went and came on one source in one run
// and meet the same identity by the same criterion: without a stable id nothing
// says that they are one.
func (l *linker) reportLikelyRenames() {
	if l.opts.OnFinding == nil {
		return
	}

	// What went is matched as it was, what came by what it is linked by.
	for _, account := range l.goneFrom.accounts() {
		owner := l.goneFrom[account]
		old := l.accounts.At(account)
		m := l.match(account, &old)
		if m.Identity != owner {
			continue
		}

		for a := l.people[owner].first; a >= 0; a = l.state[a].next {
			st := &l.state[a]
			if st.presence != isNew || l.accounts.Sources[a] != l.accounts.Sources[account] ||
				methods[st.method] != m.Method || int(st.criterion) != m.Criterion {
				continue
			}

			now := l.accounts.At(a)
			l.report(diag.Diagnostic{Severity: diag.Warning, Code: codeAccountRenameLikely,
				Message: fmt.Sprintf("account %q of source %q is gone and %q is new, and both belong to %q by the same criterion; it may have been renamed",
					old.NativeIdentity, old.Source, now.NativeIdentity, l.aliasOf(owner)),
				Hint: "with a stable id, such as the setting stableId of the source, a renamed account stays the same"})
		}
	}
}
