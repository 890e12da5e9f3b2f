package table

import (
	"sync"

	"github.com/idprofile/engine/identity"
)

// late are accounts of a table whose rows are made when somebody reads them: of millions that a
// store has, a run in which little has changed looks at few.
type late struct {
	mu     sync.Mutex // held while any row of the table is read, as long as there are such accounts
	count  int        // accounts from here on have rows
	unread []string   // by account, what it is read from
	read   func(n int32, a *identity.Account) error
	err    error // the first one of reading
}

// AddUnread appends an account of which only its key, its fingerprint and its links are known.
// Read reads all of it; until [Accounts.ReadLate] or [Accounts.ReadAll] no row may be read.
func (t *Accounts) AddUnread(a *identity.Account, unread string) int32 {
	n := int32(len(t.refs))
	t.refs = append(t.refs, 0)
	t.Sources = append(t.Sources, t.SourceNumber(a.Source))
	t.schema = append(t.schema, 0)
	t.prints, t.order = append(t.prints, a.Fingerprint), append(t.order, Prefix(a.NativeIdentity))
	t.Manual = t.Manual || a.ManuallyCorrelated
	t.late.unread = append(append(t.late.unread, make([]string, int(n)-len(t.late.unread))...), unread)
	t.late.count = len(t.late.unread)
	return n
}

// AddOutlined appends accounts to an empty table, of which nothing but their sources, by number,
// and fingerprints is known; the lists are the table's. Their rows are made when they are read, see
// [Accounts.ReadLate]. Manual: some of them are marked as correlated by hand.
func (t *Accounts) AddOutlined(sources []uint16, prints []uint64, manual bool,
	read func(n int32, a *identity.Account) error) {
	n := len(sources)
	t.refs, t.Sources, t.schema = make([]Ref, n), sources, make([]uint32, n)
	t.prints, t.order = prints, make([]uint64, n)
	t.Manual = manual
	t.late.count, t.late.read = n, read
}

// ReadLate makes the rows of unread accounts when they are read. From here on rows may be read by
// several goroutines at once, and each waits for the others. See [Accounts.Err].
func (t *Accounts) ReadLate(read identity.AccountReader) {
	t.late.read = func(n int32, a *identity.Account) error {
		defer func() { t.late.unread[n] = "" }()
		return read(t.late.unread[n], a)
	}
}

// ReadAll makes the rows of all unread accounts.
func (t *Accounts) ReadAll() error {
	if t.late.read == nil {
		return nil
	}
	for n := range t.late.count {
		t.need(int32(n))()
	}
	t.late.read, t.late.unread = nil, nil
	return t.late.err
}

// Err returns why an account could not be read, which is an empty one then.
func (t *Accounts) Err() error {
	if t.late.read == nil {
		return nil
	}
	t.late.mu.Lock()
	defer t.late.mu.Unlock()
	return t.late.err
}

// need makes the row of account n where there is none, and lets nobody else read rows until the
// function that it returns is called. Whoever reads a row calls it while there are unread
// accounts.
func (t *Accounts) need(n int32) (done func()) {
	t.late.mu.Lock()
	if t.refs[n] == 0 {
		t.makeRow(n)
	}
	return t.late.mu.Unlock
}

func (t *Accounts) makeRow(n int32) {
	var a identity.Account
	if err := t.late.read(n, &a); err != nil {
		if t.late.err == nil {
			t.late.err = err
		}
		a = identity.Account{}
	}

	t.refs[n] = t.writer.Add(t.pack(&a))
	t.schema[n] = t.schemaIndex(a.Attributes.Schema())
	t.order[n] = Prefix(a.NativeIdentity)
}
