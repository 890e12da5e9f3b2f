package table

import (
	"sync"

	"github.com/idprofile/engine/identity"
)

// late are accounts of a table whose rows are made when somebody reads them: of millions that a
// store has, a run in which little has changed looks at few.
type late struct {
	mu     sync.Mutex // held while any row of the table is read, as long as there are such accounts
	unread []string   // by account, what it is read from; "": there is a row
	read   identity.AccountReader
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
	return n
}

// ReadLate makes the rows of unread accounts when they are read. From here on rows may be read by
// several goroutines at once, and each waits for the others. See [Accounts.Err].
func (t *Accounts) ReadLate(read identity.AccountReader) { t.late.read = read }

// ReadAll makes the rows of all unread accounts.
func (t *Accounts) ReadAll() error {
	if t.late.read == nil {
		return nil
	}
	for n := range t.late.unread {
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
	if err := t.late.read(t.late.unread[n], &a); err != nil {
		if t.late.err == nil {
			t.late.err = err
		}
		a = identity.Account{}
	}

	t.refs[n] = t.writer.Add(t.pack(&a))
	t.schema[n] = t.schemaIndex(a.Attributes.Schema())
	t.late.unread[n] = ""
}
