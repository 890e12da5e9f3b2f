package profile

import (
	"context"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// managerOf returns the manager of an identity as transforms see it.
func (t *tables) managerOf(n int32) transform.Subject {
	if t.resolved.linked && int(n) < len(t.resolved.manager) {
		if m := t.resolved.manager[n]; m >= 0 {
			return &other{t, m}
		}
	}

	return nil
}

// other is another identity as transforms see it.
type other struct {
	t *tables
	n int32
}

func (o *other) ID() string { return o.t.id(o.n) }

func (o *other) Name() string { return o.t.aliasOf(o.n) }

// Attribute returns what was stored before the run or, where nothing was, what
// the run has computed.
func (o *other) Attribute(name string) (identity.Value, error) {
	if s := o.t.storedOf(o.n); s != nil {
		return s.Attributes.Get(name), nil
	}
	return o.t.attributes(o.n).Get(name), nil
}

func (o *other) AttributeNames() []string {
	if s := o.t.storedOf(o.n); s != nil {
		return s.Attributes.Schema().Names()
	}
	return o.t.attributes(o.n).Schema().Names()
}

func (o *other) Manager() (transform.Subject, error) { return o.t.managerSubject(o.n) }

func (t *tables) managerSubject(n int32) (transform.Subject, error) {
	if m := t.managerOf(n); m != nil {
		return m, nil
	}
	return nil, nil
}

func (o *other) IsManager() bool { return o.t.resolved.isManager(o.n) }

func (o *other) Accounts() []identity.Account { return o.t.appendAccounts(nil, o.n) }

// directory finds identities by uid for transforms.
type directory struct{ *linker }

func (d directory) ByUID(_ context.Context, uid string) (transform.Subject, error) {
	if !d.resolved.swept {
		return nil, nil
	}
	if found := d.index.Find(correlate.UID, uid); len(found) == 1 {
		return &other{d.tables, found[0]}, nil
	}
	return nil, nil
}
