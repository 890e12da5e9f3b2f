package profile

import (
	"fmt"
	"iter"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/internal/table"
)

// defaultDeleteThreshold is the percentage where a source gives none
// (DECISION 25).
const defaultDeleteThreshold = 10

// reader is phase 1: it finds out which accounts there are.
type reader struct {
	*tables
	byKey       []*table.Keys              // by source number
	replaced    map[int32]identity.Account // stored accounts that differ from the data, as they were
	texts       map[int32]uint64           // fingerprints of stored accounts that the data write otherwise, as they were
	formerOwner map[int32]int32            // identity of stored accounts whose links are recomputed
	readings    map[uint16]*reading        // by source number
	before      *People                    // the run whose outcome is the stored state, and whose accounts are the data
}

// release drops what only reading needs.
func (rd *reader) release() { rd.byKey = nil }

// read takes in what was stored, then the accounts of all sources.
func (rd *reader) read(sources []identity.Source) error {
	if rd.before != nil {
		return rd.readBefore()
	}
	if rd.opts.Stored != nil && rd.fullRun {
		if err := rd.readStored(); err != nil {
			return fmt.Errorf("stored state: %w", err)
		}
	}

	// Whether anything is known by name decides whether names are looked up at all.
	rd.named = rd.named || len(rd.stored) > 0
	ahead := readAhead{reader: rd, sources: sources}
	defer ahead.stop()
	for i, src := range sources {
		if rd.engine.sources[src.Name()] == nil {
			rd.reportUnknown(src.Name())
			continue
		}

		if err := rd.readSource(src, ahead.accounts(i)); err != nil {
			return fmt.Errorf("source %q: %w", src.Name(), err)
		}
		rd.removals(src)
	}

	return rd.ctx.Err()
}

// readStored makes a person of every stored identity, with its accounts linked
// unless links are recomputed.
func (rd *reader) readStored() error {
	if taken, err := rd.takeOutline(); taken || err != nil {
		return err
	}
	late, ok := rd.opts.Stored.(identity.LateViewer)
	if ok && rd.mayResume() && !rd.resident {
		read, err := late.ViewLate(rd.ctx, func(i *identity.Identity, unread []string) error {
			rd.addPerson(i, unread)
			return nil
		})
		if err != nil {
			return err
		}
		rd.accounts.ReadLate(read)
	} else {
		for i, err := range identity.View(rd.ctx, rd.opts.Stored) {
			if err != nil {
				return err
			}
			rd.addPerson(i, nil)
		}
	}

	for a, err := range rd.opts.Stored.Uncorrelated(rd.ctx, "") {
		if err != nil {
			return err
		}
		rd.addStored(&a, -1, false)
	}

	// These links are the stored ones: nothing has changed yet.
	for n := range rd.people {
		rd.people[n].linksChanged = false
	}
	return nil
}

// addPerson makes a person of a stored identity, whose accounts are known by their keys alone
// where there are texts to read them from.
func (rd *reader) addPerson(i *identity.Identity, unread []string) {
	n := int32(len(rd.people))

	// Everybody gets a number, by which all tables know them; accounts are apart.
	rd.people = append(rd.people, person{first: -1, last: -1, alias: -1, profile: -1, auth: -1})
	accounts := i.Accounts
	light := *i
	light.Accounts = nil
	rd.stored = append(rd.stored, &light)
	rd.withExceptions += btoi(len(i.ExceptionCodes) > 0)
	rd.byID[i.ID] = n
	for k := range accounts {
		a := &accounts[k]
		if unread == nil {
			rd.addStored(a, n, k == 0)
			continue
		}
		number := rd.keyed(rd.begun(rd.accounts.AddUnread(a, unread[k]), a), a)
		rd.linkStored(number, a, n, k == 0)
	}
}

// addStored adds an account that was there before the run. With recomputed links
// only the account that made an identity stays with it.
func (rd *reader) addStored(a *identity.Account, n int32, maker bool) {
	rd.linkStored(rd.addAccount(a), a, n, maker)
}

func (rd *reader) linkStored(account int32, a *identity.Account, n int32, maker bool) {
	rd.state[account].presence, rd.state[account].wasLinked = unread, n >= 0
	if n >= 0 && rd.opts.Recompute && !maker {
		rd.formerOwner[account] = n
		return
	}

	if n < 0 {
		return
	}
	method := correlate.Sticky
	if a.ManuallyCorrelated {
		method = correlate.Manual
	}
	rd.link(account, n, method, 0)
}

// markLostAccounts marks the identities that had an account which a run that
// recomputes links has not given back to them.
func (rd *reader) markLostAccounts() {
	for account, n := range rd.formerOwner {
		if rd.state[account].owner != n {
			rd.people[n].linksChanged = true
		}
	}
}

func (rd *reader) addAccount(a *identity.Account) int32 {
	return rd.keyed(rd.newAccount(a), a)
}

func (rd *reader) newAccount(a *identity.Account) int32 { return rd.begun(rd.accounts.Add(a), a) }

// begun makes the state of an account that the table has got.
func (rd *reader) begun(n int32, a *identity.Account) int32 {
	rd.named = rd.named || a.IdentityID != ""
	rd.state = append(rd.state, accountState{owner: -1, next: -1, named: a.IdentityID != ""})
	return n
}

// keyed makes an account one that is found by its native identity.
func (rd *reader) keyed(n int32, a *identity.Account) int32 {
	rd.keys(rd.accounts.Sources[n]).Add(a.NativeIdentity, n)
	return n
}

// reportUnknown reports the accounts of a source that is not configured.
func (rd *reader) reportUnknown(source string) {
	rd.report(diag.Diagnostic{Severity: diag.Error, Code: codeSourceUnknown,
		Message: fmt.Sprintf("accounts of the source %q, which is not configured, are left out", source)})
}

// keys returns the table of the accounts of a source.
func (rd *reader) keys(source uint16) *table.Keys {
	for len(rd.byKey) <= int(source) {
		rd.byKey = append(rd.byKey, &table.Keys{})
	}
	return rd.byKey[source]
}

// find returns the number of an account that there is.
func (rd *reader) find(key linkage.RecordKey) (account int32, ok bool) {
	source := slices.Index(rd.accounts.Names, key.Source)
	if source < 0 {
		return 0, false
	}
	account, ok = rd.accountBy(uint16(source), key.NativeIdentity)
	return account, ok && rd.state[account].presence.exists()
}

// readSource loads the accounts of a source. Of two with the same id the last
// counts, in the place of the first (DECISION 44).
// Its accounts may have been begun to read, see [readAhead].
func (rd *reader) readSource(src identity.Source, accounts iter.Seq2[identity.Account, error]) error {
	if rd.unchanged(src) {
		return rd.ctx.Err()
	}
	keys := rd.keys(rd.accounts.SourceNumber(src.Name()))

	// Where single changes come, details that mappings do not read are worth writing as well.
	if _, ok := src.(identity.Changes); ok {
		rd.details = true
	}
	count := 0
	r := renames{source: rd.accounts.SourceNumber(src.Name())}
	if accounts == nil {
		accounts = src.Accounts(rd.ctx)
	}
	if s, ok := src.(identity.Recognizer); ok && rd.opts.Incremental {
		accounts = s.Unrecognized(rd.ctx, func(native string, fingerprint uint64) bool {
			known := rd.recognize(keys, &r, native, fingerprint)
			if known {
				count++
			}
			return known
		})
	}
	for a, err := range accounts {
		if err != nil {
			return err
		}
		a.Source = src.Name()
		manual := a.ManuallyCorrelated
		n := rd.take(&a, keys)
		rd.stableSeen(&r, n, &a)
		rd.takenPlace(&r, n, a.UUID, manual)
		if count++; count%4096 == 0 {
			rd.progress("read "+src.Name(), count, 0)
		}
	}

	// Accounts that were renamed are followed when all of the source is there: the name that one has
	// now may have been another's.
	rd.progress("read "+src.Name(), count, count) // now the total is known
	rd.keepTexts(src, count)
	moved := rd.followRenames(src, &r)
	rd.keepValidator(src, moved)
	return rd.ctx.Err()
}

// recognize takes an account of the data that stands there as it was read when it was stored,
// and reports whether it is one. It is then as if it had been read and nothing differed.
func (rd *reader) recognize(keys *table.Keys, r *renames, native string, fingerprint uint64) bool {
	n, stored := int32(0), false
	if rd.outline != nil {
		n, stored = rd.outline.byPrint(rd.accounts).Find(rd.accounts, r.source, fingerprint)
	} else {
		n, stored = keys.Recognize(rd.accounts, native, fingerprint)
	}
	if !stored || rd.state[n].presence != unread {
		return false
	}

	// Stable ids matter only once an account comes that may be another one's, see [reader.stableSeen].
	st := &rd.state[n]
	st.presence, st.pending = kept, rd.opts.Recorrelate
	switch {
	case rd.outline != nil && !r.tags[rd.outline.stable[n]]: // nobody has it who was read
	case !r.any:
		r.unseen = append(r.unseen, n)
	default:
		if a := rd.accounts.At(n); a.UUID != "" {
			rd.stableSeen(r, n, &a)
		}
	}
	return true
}

// take puts an account of the data into the table: new, or in the place of the
// stored one. It returns the account's number.
func (rd *reader) take(a *identity.Account, keys *table.Keys) int32 {
	n, known := rd.accountBy(rd.accounts.SourceNumber(a.Source), a.NativeIdentity)
	if !known {
		return rd.addAccount(a)
	}
	if rd.state[n].presence == absent { // it was removed in an earlier run
		again := rd.newAccount(a)
		keys.Rename(a.NativeIdentity, n, again)
		return again
	}

	// Stored or new, in the data it counts once.
	st := &rd.state[n]
	st.named, rd.named = st.named || a.IdentityID != "", rd.named || a.IdentityID != ""
	twice := st.presence.inData()
	if twice {
		rd.reportTwice(rd.accounts.Sources[n], diag.Diagnostic{Severity: diag.Warning, Code: codeAccountDuplicate,
			Message: fmt.Sprintf("source %q has two accounts with the id %q; the last one counts", a.Source, a.NativeIdentity)})
	}

	if st.presence.wasStored() {
		st.presence = kept
		rd.takeStored(n, a)
	} else {
		rd.accounts.Replace(n, a)
	}

	// Of an account that comes twice both are read in each run: the fingerprint would be of one.
	if twice {
		before := rd.accounts.Fingerprint(n)
		rd.accounts.Forget(n)
		rd.noteText(n, before)
	}

	// An account that is other than it was is correlated again.
	st.pending = st.difference == dataDiffer || rd.opts.Recorrelate
	return n
}

// takeStored puts an account in the place of the stored one, whose links, marks
// and creation time stay. It is compared with the stored one also when the data
// have it twice.
func (rd *reader) takeStored(n int32, a *identity.Account) {
	st := &rd.state[n]
	old, again := rd.replaced[n]
	if !again {
		old = rd.accounts.At(n)
	}
	if !old.Created.IsZero() {
		a.Created = old.Created
	}
	a.ManuallyCorrelated = a.ManuallyCorrelated || old.ManuallyCorrelated
	before := rd.accounts.Fingerprint(n)
	st.difference = differenceOf(rd.accounts.Replace(n, a))
	rd.noteText(n, before)
	if again {
		now := rd.accounts.At(n)
		st.difference = differenceOf(!table.SameAccount(&old, &now), !table.SameDetails(&old, &now))
	} else if st.difference != noDifference {
		rd.replaced[n] = old
	}
}

// noteText compares the text of an account with the one that it was stored with; before is
// that of before it was taken this time.
func (rd *reader) noteText(n int32, before uint64) {
	if !rd.state[n].presence.wasStored() {
		return
	}
	now := rd.accounts.Fingerprint(n)
	stored, again := rd.texts[n]
	if !again {
		if stored = before; now != before {
			rd.texts[n] = before
		}
	}

	rd.state[n].rewritten = now != stored
	rd.rewritten = rd.rewritten || now != stored
}

// keepTexts leaves the fingerprints of a source as they are stored when many accounts say the
// same in another text: they have something, such as the time of the export, that is another
// one every time, and writing all of them in every run would cost more than reading them.
func (rd *reader) keepTexts(src identity.Source, accounts int) {
	number := rd.accounts.SourceNumber(src.Name())
	var list []int32
	for n, stored := range rd.texts {
		if rd.accounts.Sources[n] == number && stored != 0 && rd.state[n].rewritten && rd.state[n].difference == noDifference {
			list = append(list, n)
		}
	}

	if len(list)*manyTexts > accounts {
		for _, n := range list {
			rd.state[n].rewritten = false
		}
	}
}

// manyTexts is the part of the accounts of a source that are many, see [reader.keepTexts].
const manyTexts = 8

// removals unlinks stored accounts that a source no longer has, unless they are
// more than its delete threshold allows or rows were refused: a refused row would
// look like a removed account.
func (rd *reader) removals(src identity.Source) {
	gone, stored := rd.missing(src)
	if len(gone) == 0 {
		return
	}

	// A row that was refused looks like an account that is gone.
	if r, ok := src.(identity.Refuser); ok && r.Refused() > 0 {
		rd.report(diag.Diagnostic{Severity: diag.Warning, Code: codeRemovalSkipped,
			Message: fmt.Sprintf("source %q refused %d rows, so its %d missing accounts are not removed", src.Name(),
				r.Refused(), len(gone))})
		return
	}

	if rd.overThreshold(src.Name(), len(gone), stored) {
		return
	}

	// Who has lost an account is remembered, for the findings on what was renamed.
	for _, n := range gone {
		if owner := rd.state[n].owner; owner >= 0 {
			rd.goneFrom[n] = owner
		}
		rd.unlink(n)
		rd.state[n].presence = removed
	}
}

// missing returns the stored accounts of a source that it no longer has, and how
// many accounts were stored.
func (rd *reader) missing(src identity.Source) (gone []int32, stored int) {
	number, missing := rd.accounts.SourceNumber(src.Name()), rd.mayBeMissing(src)
	for n := range rd.state {
		if st := &rd.state[n]; rd.accounts.Sources[n] == number && st.presence.wasStored() {
			stored++
			if st.presence == unread && missing(int32(n)) {
				gone = append(gone, int32(n))
			}
		}
	}
	return gone, stored
}

// mayBeMissing tells of the stored accounts of a source that it has not given whether it no
// longer has them: a source of changes says which are gone, and its silence means that nothing
// has changed.
func (rd *reader) mayBeMissing(src identity.Source) func(account int32) bool {
	changes, partial := src.(identity.Changes)
	if !partial {
		return func(int32) bool { return true }
	}

	gone, number := map[int32]bool{}, rd.accounts.SourceNumber(src.Name())
	for _, native := range changes.Removed() {
		if n, ok := rd.accountBy(number, native); ok {
			gone[n] = true
		}
	}
	return func(n int32) bool { return gone[n] }
}

// overThreshold reports whether a removal is larger than the source allows: more
// than its percentage; 0 switches the check off (DECISION 25).
func (rd *reader) overThreshold(source string, removed, before int) bool {
	if rd.opts.AnyRemoval {
		return false
	}
	threshold := rd.engine.sources[source].source.DeleteThreshold
	if threshold < 0 {
		threshold = defaultDeleteThreshold
	}
	if threshold == 0 || int64(removed)*100 <= threshold*int64(before) {
		return false
	}
	rd.report(diag.Diagnostic{Severity: diag.Warning, Code: codeDeleteThreshold,
		Message: fmt.Sprintf("source %q would lose %d of %d accounts, more than its delete threshold of %d %%; nothing is removed", source, removed, before, threshold)})
	return true
}
