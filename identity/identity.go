package identity

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"
)

// Account is one account of a source. Accounts are plain data; copying one is
// cheap and shares its attributes.
//
// Source: profile/DECISIONS.md, DECISION 52.
type Account struct {
	Source         string // display name of the source
	NativeIdentity string // the unique account id on the source
	Name           string // the account name (display attribute); empty: as NativeIdentity
	ID             string // the platform's id of the account, if known
	UUID           string

	Created, Modified time.Time // zero when unknown
	Disabled, Locked  bool

	// IdentityID is the identity that the data say the account is linked to;
	// empty when they say nothing. ManuallyCorrelated without an identity keeps
	// the account from correlating.
	IdentityID         string
	ManuallyCorrelated bool

	Entitlements []string
	Attributes   Attributes

	// Fingerprint is that of the text which the account was read from, see [Recognizer];
	// 0 when it is not known. It is not compared. Whoever changes a stored account sets it
	// to 0: the source is read again then.
	Fingerprint uint64 `json:"-"`
}

// Key identifies the account: its source and native identity.
func (a *Account) Key() AccountKey { return AccountKey{a.Source, a.NativeIdentity} }

// DisplayName returns the account name, or the native identity when it has none.
func (a *Account) DisplayName() string {
	if a.Name == "" {
		return a.NativeIdentity
	}
	return a.Name
}

// Property returns an attribute of the account or, when the attributes have no
// such name, one of the account's own fields by its vendor name: created,
// modified, nativeIdentity, displayName, name, id, uuid, disabled, locked,
// entitlements. Unknown names and unknown times give null.
func (a *Account) Property(name string) Value {
	if v := a.Attributes.Get(name); !v.IsNull() {
		return v
	}
	return a.Field(name)
}

// Field returns one of the account's own fields, see [Account.Property].
func (a *Account) Field(name string) Value {
	switch name {
	case "created":
		return timeValue(a.Created)
	case "modified":
		return timeValue(a.Modified)
	case "nativeIdentity":
		return StringValue(a.NativeIdentity)
	case "displayName", "name":
		return StringValue(a.DisplayName())
	case "id":
		return textOrNull(a.ID)
	case "uuid":
		return textOrNull(a.UUID)
	case "disabled":
		return BoolValue(a.Disabled)
	case "locked":
		return BoolValue(a.Locked)
	case "entitlements":
		return StringsValue(a.Entitlements...)
	}

	return Value{}
}

// IsField reports whether [Account.Field] can have a value of that name.
func IsField(name string) bool {
	switch name {
	case "created", "modified", "nativeIdentity", "displayName", "name", "id", "uuid", "disabled", "locked",
		"entitlements":
		return true
	}

	return false
}

func timeValue(t time.Time) Value {
	if t.IsZero() {
		return Value{}
	}
	return StringValue(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func textOrNull(s string) Value {
	if s == "" {
		return Value{}
	}
	return StringValue(s)
}

// AccountKey identifies an account. Both parts are compared exactly.
type AccountKey struct{ Source, NativeIdentity string }

// String returns source/nativeIdentity.
func (k AccountKey) String() string { return k.Source + "/" + k.NativeIdentity }

// Identity is a person (or other owner of accounts) as the platform knows it.
//
// Source: profile/DECISIONS.md, DECISION 56.
type Identity struct {
	ID      string // stable for the life of the identity
	Alias   string // internal name, from the first authoritative account
	Profile string // name of its identity profile; empty: none

	Attributes Attributes // identity attributes by technical name, as stored
	Accounts   []Account  // correlated accounts, in the order they were first seen

	ManagerID      string // identity id of the manager; empty: none
	Lifecycle      Lifecycle
	Protected      bool // never deleted, always a correlation candidate
	Created        time.Time
	Modified       time.Time
	ExceptionCodes []string // of the last run, see profile.Exception

	// Evaluated is the instant that a run evaluated the attributes for; zero when none
	// did, or when they were changed by other means since.
	Evaluated time.Time `json:",omitzero"`
	// RunState is what that run notes for the next one. Package profile alone knows what
	// the names and cells mean; a store keeps them as they are. Whoever changes accounts
	// or attributes of an identity in another way than by a run makes both zero, and the
	// next run evaluates everything.
	RunState Attributes `json:",omitzero"`
}

// Lifecycle is the lifecycle state of an identity.
type Lifecycle struct {
	State           string `json:"stateName"` // technical name; empty: not set
	ManuallyUpdated bool   `json:"manuallyUpdated"`
	// Overridden is the value the evaluation gave when the state was set by
	// hand: the manual state holds until it gives another (profile/DECISIONS.md, DECISION 42).
	Overridden string `json:"overridden,omitempty"`
}

// Attribute returns a stored identity attribute, null when it has none.
func (i *Identity) Attribute(name string) Value { return i.Attributes.Get(name) }

// Source is where accounts come from.
type Source interface {
	// Name returns the display name of the source.
	Name() string
	// Accounts yields all accounts. An error ends the stream. Breaking out of
	// the loop releases everything the source holds.
	Accounts(ctx context.Context) iter.Seq2[Account, error]
}

// Refuser is a [Source] that goes on when single accounts cannot be read. What
// was refused looks as if it had been deleted, so the removal phase of an
// aggregation has to be skipped.
//
// Source: profile/DECISIONS.md, DECISION 61.
type Refuser interface {
	// Refused returns how many accounts were refused when the accounts were
	// read last.
	Refused() int
}

// Recognizer is a [Source] that can tell an account from the text it is written in, and so
// need not read one again that has not changed.
type Recognizer interface {
	Source
	// Unrecognized is Accounts without the accounts that known reports, and with a
	// [Account.Fingerprint] where it takes nothing but that text to read the account. Known
	// is asked in the order of the accounts, on the goroutine that reads. A fingerprint is a
	// hash of 64 bits: it is no guard against somebody who makes two texts that share one.
	Unrecognized(ctx context.Context, known func(nativeIdentity string, fingerprint uint64) bool) iter.Seq2[Account, error]
}

// Revalidator is a [Recognizer] that can tell at once whether anything has changed since an earlier
// reading, as a web cache asks whether what it has is still what there is.
type Revalidator interface {
	Recognizer
	// Validator returns what the last reading by Unrecognized left when it came to its end, for Unchanged
	// of another process; empty when it left nothing.
	Validator() []byte
	// Unchanged reports whether reading would yield and tell what it did when it left the validator,
	// whatever its bytes are. Tell, not nil then, tells listeners the same without reading, and makes that
	// reading the last one.
	Unchanged(ctx context.Context, validator []byte) (tell func(), ok bool)
}

// Ahead is a [Source] whose accounts can be read before somebody takes them, so that several
// sources are read side by side.
type Ahead interface {
	Source
	// Ahead begins to read, and returns what Accounts does. It may be taken once. Stop ends the
	// reading and waits for its end; it has to be called, also when the accounts are not taken.
	Ahead(ctx context.Context) (accounts iter.Seq2[Account, error], stop func())
}

// Changes is a [Source] that yields only the accounts that are new or have
// changed. All others stay as they are, apart from those that are removed.
type Changes interface {
	Source
	// Removed returns the native identities of the accounts that are no longer
	// there, the old ones of renamed accounts among them.
	Removed() []string
}

// Directory finds identities by the value of an attribute.
type Directory interface {
	// Find yields the identities whose attribute has the value as its text, or
	// has an item with it, by ascending id; with fold, case is ignored as Java's
	// equalsIgnoreCase does, see [Fold].
	Find(ctx context.Context, attribute, value string, fold bool) iter.Seq2[*Identity, error]
}

// Errors of a [Store].
var (
	// ErrNotFound is returned by look-ups for things that are not there.
	ErrNotFound = errors.New("not found")
	// ErrConflict is returned for changes that contradict each other or what is
	// stored: an account that two identities would have, a thing without id.
	ErrConflict = errors.New("conflict")
)

// Clone returns a copy that may be changed without changing i. Attributes are
// immutable and shared.
func (i *Identity) Clone() *Identity {
	c := *i
	c.Accounts = slices.Clone(i.Accounts)
	for n := range c.Accounts {
		c.Accounts[n] = c.Accounts[n].Clone()
	}
	c.ExceptionCodes = slices.Clone(i.ExceptionCodes)
	return &c
}

// Clone returns a copy that may be changed without changing a. Attributes are
// immutable and shared.
func (a *Account) Clone() Account {
	c := *a
	c.Entitlements = slices.Clone(a.Entitlements)
	return c
}

// Store keeps identities and uncorrelated accounts between runs. Identities
// given to and received from a store belong to the caller: a store copies. All
// methods are safe for concurrent use.
type Store interface {
	Directory
	// Get returns an identity, or [ErrNotFound].
	Get(ctx context.Context, id string) (*Identity, error)
	// ByAccount returns the identity an account is linked to, or [ErrNotFound].
	ByAccount(ctx context.Context, key AccountKey) (*Identity, error)
	// All yields every identity by ascending id.
	All(ctx context.Context) iter.Seq2[*Identity, error]
	// Uncorrelated yields the accounts of a source without identity, by native
	// identity; an empty source name means every source, one after another by
	// name.
	Uncorrelated(ctx context.Context, source string) iter.Seq2[Account, error]
	// Decisions yields the log of decisions without its first entries, in order.
	Decisions(ctx context.Context, after int) iter.Seq2[Decision, error]
	// Apply makes all changes of the batch, or none. It returns [ErrConflict]
	// when an account would belong to two identities, or be uncorrelated and
	// belong to one, when an id is missing, or when decisions do not follow on the
	// log.
	Apply(ctx context.Context, b Batch) error
}

// Viewer is a [Store] that can show what it holds without copying it.
type Viewer interface {
	// View yields what All yields, in the state of its start. It is shared, so nobody may
	// change it. The identity, its accounts and their attributes hold until the next one is
	// yielded, since a store may use their memory again. What may be kept, and stays as it is
	// whatever the store does later: all texts but the values of accounts, and the attributes,
	// run state and exception codes of the identity.
	View(ctx context.Context) iter.Seq2[*Identity, error]
}

// View yields every identity of a store by ascending id, to be read only: without a copy
// where the store is a [Viewer], which says what may be kept.
func View(ctx context.Context, s Store) iter.Seq2[*Identity, error] {
	if v, ok := s.(Viewer); ok {
		return v.View(ctx)
	}
	return s.All(ctx)
}

// LateViewer is a [Store] that can leave most of an account unread: who looks at few accounts
// of many reads only those.
type LateViewer interface {
	Store
	// ViewLate is View, with use in the place of the loop, that hands on accounts without their
	// Entitlements and Attributes; unread has a text for each of them, or is nil where all was
	// read. An error of use ends it. The reader takes the whole account from such a text, as
	// long as the store is open: attributes hold until the next one is read, and it belongs to one
	// goroutine at a time.
	ViewLate(ctx context.Context, use func(i *Identity, unread []string) error) (AccountReader, error)
}

// Outliner is a [LateViewer] that can hand out an outline in the place of what it holds.
type Outliner interface {
	LateViewer
	// Outline returns what the last batch left when it had an [Batch.Outline], else nil. The
	// outline holds until the store changes.
	Outline(ctx context.Context) (Outline, error)
}

// Outline is a store whose identities are known by their numbers, in ascending order of their
// ids from 0, and of which nothing is read before somebody asks for it. It belongs to one goroutine at
// a time. Errors are those of the store.
type Outline interface {
	// Note is the text that was given to [Batch.Outline].
	Note() string
	// Len returns how many identities there are, and how many accounts without one.
	Len() (identities, uncorrelated int)
	// Accounts returns how many accounts an identity has.
	Accounts(n int) int
	// Identity reads an identity as [LateViewer] hands it on. It belongs to the caller.
	Identity(n int) (i *Identity, unread []string, err error)
	// Read reads an account from such a text.
	Read(unread string, a *Account) error
	// Uncorrelated reads an account without identity; they are numbered by source and native
	// identity. As with Read, attributes hold until the next one is read.
	Uncorrelated(n int, a *Account) error
	// Number returns the number of the identity with an id; found is false when there is none,
	// and n where it would be.
	Number(id string) (n int, found bool, err error)
	// Candidates calls yield with the identities and places in their accounts that may be the
	// account with a key, some of which are not; an account without identity comes as identity -1 with
	// its number.
	Candidates(key AccountKey, yield func(identity, account int))
}

// AccountReader reads an account from a text, see [LateViewer].
type AccountReader = func(unread string, a *Account) error

// Transactor is a [Store] that takes the identities of a batch one by one, so that its caller
// need not keep them.
type Transactor interface {
	Store
	// Begin begins a batch. Who wants to change the store otherwise waits until it ends; what is
	// read is the state before.
	Begin(ctx context.Context) (Transaction, error)
}

// Transaction is a batch that is being made. It belongs to one goroutine.
type Transaction interface {
	// Put creates or replaces an identity, with all its accounts. It is the caller's again when
	// Put returns. Soon: whoever goes on from the batch will look at it even when nothing
	// changes, so that it is kept beside others of which that is so.
	Put(i *Identity, soon bool) error
	// Commit makes all changes together with those of b, or none, as [Store] says of Apply, and
	// ends the transaction.
	Commit(ctx context.Context, b Batch) error
	// Rollback ends the transaction without a change. When it has ended, nothing happens.
	Rollback()
}

// Batch is a set of changes that a [Store] makes together. Deletions come
// first, so an account may move from one identity to another in one batch. An
// account that an identity gets is no longer uncorrelated. Deleting and
// forgetting what is not there changes nothing; of two things with one id in a
// batch the last one counts.
type Batch struct {
	Put          []*Identity  // created or replaced, with all their accounts
	Delete       []string     // identity ids
	Uncorrelated []Account    // created or replaced
	Forget       []AccountKey // uncorrelated accounts to remove
	Decisions    []Decision   // entries behind the end of the log

	// Outline is asked, when it is not nil and the store is an [Outliner], for the note of the
	// outline that the batch leaves: what whoever goes on from there needs to know of all
	// identities, in the order of their ids, and of all accounts without identity, in that of
	// [Store.Uncorrelated]. A batch that is written as JSON, as a log of what is to be applied may
	// do, has everything but this.
	Outline func() []byte `json:"-"`
}

// Decision is an entry of the log of what people decided about pairs of accounts. The
// log only grows: whoever appends to it numbers the entries on from those that are
// there, so that of two who do so at once one gets [ErrConflict] and can look again.
type Decision struct {
	Number int    // place in the log, from 1
	Event  string // one JSON object without line ends; package correlate/linkage makes and reads it
}
