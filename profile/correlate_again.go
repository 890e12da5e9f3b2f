package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// correlateAgain gives the authoritative accounts that made an identity in this
// run a second look, with their own source's criteria against the other
// identities. Sources come by priority, so the account that should have joined
// may have come first, when the identity it belongs to was not there yet; in a
// tenant one of the two always was. Whichever source carries the criterion, the
// two become one person, and the higher profile takes over (DECISION 47).
func (l *linker) correlateAgain() {
	var joined []formerKeys
	for source := range l.engine.serving() {
		if !l.searches(source) && len(l.decided.must) == 0 {
			continue
		}

		// Nearly nobody meets another one, which is seen in the order of the rows and on all
		// workers. As soon as one joins another, what that one is found by is no longer what
		// was looked at, and everybody after it is looked at in turn.
		accounts, f := l.inOrder(source), l.freshOf[source]
		meets, before := l.meetOthers(source, accounts), len(joined)
		for i, account := range accounts {
			if l.ctx.Err() != nil {
				return
			}
			if (meets[i] || len(joined) > before && (f == nil || f.mayMeet(i))) && l.born(account) {
				joined = l.lookAgain(account, joined)
			}
		}
	}

	l.reportLateClaims(joined)
	l.reportMeetings()
}

// meetOthers tells which accounts, by their index, have made an identity and meet the criteria
// of others, or may belong to others because people said so.
func (l *linker) meetOthers(source string, accounts []int32) []bool {
	meets := make([]bool, len(accounts))
	order := rowOrder(accounts)
	if f := l.freshOf[source]; f != nil { // nearly all met nobody, and nobody has got a key since that they look for
		order = slices.DeleteFunc(order, func(i int32) bool { return !f.mayMeet(int(i)) })
	}

	l.index.Hold()
	l.eachOf(accounts, order, func(i int32, a *identity.Account) {
		account := accounts[i]
		if !l.born(account) {
			return
		}
		m := l.match(account, a, l.state[account].owner)
		meets[i] = l.state[account].decided || m.Method != correlate.Default && (m.Identity >= 0 || len(m.Ambiguous) > 0)
	})

	return meets
}

// searches reports whether accounts of a source look for identities by criteria.
func (l *linker) searches(source string) bool {
	return l.engine.sources[source].correlator.Configured()
}

// formerKeys is what an identity was found by before an account joined it.
type formerKeys struct {
	identity int32
	values   []identity.Value // by key of the index
}

// born reports whether the account has made an identity in this run.
func (l *linker) born(account int32) bool {
	st := &l.state[account]
	return st.owner >= 0 && methods[st.method] == correlate.NewIdentity && l.people[st.owner].alias == account &&
		!l.wasStored(st.owner)
}

// lookAgain moves the account to the one other identity that its criteria meet, and
// appends what that one was found by.
func (l *linker) lookAgain(account int32, joined []formerKeys) []formerKeys {
	// It must not meet the identity that it has made itself.
	made := l.state[account].owner
	a := l.readAccount(account)
	m := l.match(account, a, made)
	if n, ok := l.mustBe(account, a); ok && n != made {
		m = correlate.Match{Identity: n, Method: correlate.Manual}
	}

	// The identity may only be taken back while it has no other account: others may have joined it
	// meanwhile, and are somebody's.
	switch {
	case m.Identity < 0 && len(m.Ambiguous) == 0 || m.Method == correlate.Default:
	case m.Identity < 0:
		l.reportMeeting(a, made, m.Ambiguous[0].Identities, "it meets several")
	case l.people[made].first != account || l.people[made].last != account:
		l.reportMeeting(a, made, []int32{m.Identity}, "other accounts have joined its own")
	default:
		joined = append(joined, formerKeys{m.Identity, l.foundBy(m.Identity)})
		l.link(account, m.Identity, m.Method, m.Criterion)
		l.unmake(made)
		l.refreshKeys(m.Identity)
	}

	return joined
}

// foundBy returns what an identity is found by, by key of the index.
func (l *linker) foundBy(n int32) []identity.Value {
	values := make([]identity.Value, len(l.index.Keys()))
	l.eachKey(n, nil, func(key int, v identity.Value, _ bool) { values[key] = v.Clone() })
	return values
}

// reportLateClaims reports accounts that meet the criteria of an identity as it was before
// another account joined it. The one that joined has changed what it is found by, so the
// later ones have an identity of their own: two people were said to be the same third.
func (l *linker) reportLateClaims(joined []formerKeys) {
	if len(joined) == 0 || l.opts.OnFinding == nil {
		return
	}

	// The index is set back to what identities were found by before anybody joined them.
	was := map[int32]bool{}
	for _, j := range slices.Backward(joined) { // the first one last: it is how the identity began
		was[j.identity] = true
		for key, v := range j.values {
			l.index.Put(j.identity, key, v)
		}
	}

	for source := range l.engine.serving() {
		if !l.searches(source) {
			continue
		}
		for _, account := range l.inOrder(source) {
			if !l.born(account) {
				continue
			}
			a, own := l.readAccount(account), l.state[account].owner
			if m := l.match(account, a, own); m.Identity >= 0 && m.Method != correlate.Default &&
				was[m.Identity] && !was[own] {
				l.reportMeeting(a, own, []int32{m.Identity}, "another account joined that one first")
			}
		}
	}

	// And forward again, to what they are found by now.
	for _, j := range joined {
		l.refreshKeys(j.identity)
	}
}

// unmake takes back an identity that this run has made and that has no accounts
// any more. Its number stays, and nothing finds it.
func (l *linker) unmake(n int32) {
	l.people[n].unmade = true
	l.unfind(n)
	if l.named {
		delete(l.byID, l.id(n))
	}
}

// unfind takes everything out of the index that an identity is found by.
func (l *linker) unfind(n int32) {
	for key := range l.index.Keys() {
		l.index.Put(n, key, identity.Value{})
	}
}

// reportMeetings reports stored accounts that meet the criteria of an identity
// which is new in this run. They stay where they are: a correlated account is
// looked at again when it changes.
func (l *linker) reportMeetings() {
	if len(l.stored) == 0 || l.opts.OnFinding == nil || !l.anyBorn() {
		return
	}
	for source := range l.engine.serving() {
		if !l.searches(source) {
			continue
		}

		// All accounts of the source, also in a run over a few: it is the others that
		// are new.
		number := l.accounts.SourceNumber(source)
		var meeting []int32
		for n := range l.state {
			st := &l.state[n]
			if l.accounts.Sources[n] != number || st.owner < 0 || !l.wasStored(st.owner) {
				continue
			}
			a := l.readAccount(int32(n))
			if m := l.match(int32(n), a, st.owner); m.Identity >= 0 &&
				m.Method != correlate.Default && !l.wasStored(m.Identity) {
				meeting = append(meeting, int32(n))
			}
		}

		// In the order of accounts, so that findings come in the same order whatever the tables look
		// like.
		slices.SortFunc(meeting, l.compareAccounts)
		for _, n := range meeting {
			a := l.readAccount(n)
			m := l.match(n, a, l.state[n].owner)
			l.reportMeeting(a, l.state[n].owner, []int32{m.Identity}, "it is correlated already")
		}
	}
}

// anyBorn reports whether the run has made an identity.
func (l *linker) anyBorn() bool {
	for n := len(l.people) - 1; n >= 0 && !l.wasStored(int32(n)); n-- {
		if !l.people[n].unmade {
			return true
		}
	}

	return false
}

func (l *linker) reportMeeting(a *identity.Account, own int32, others []int32, why string) {
	names := make([]string, len(others))
	for i, n := range others {
		names[i] = fmt.Sprintf("%q", l.aliasOf(n))
	}
	l.report(diag.Diagnostic{Severity: diag.Warning, Code: codeIdentityMeetsOther,
		Message: fmt.Sprintf("account %q of source %q has the identity %q and meets the criteria of %s; %s, so it stays",
			a.NativeIdentity, a.Source, l.aliasOf(own), strings.Join(names, ", "), why),
		Hint: "they may be one person"})
}
