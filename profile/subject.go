package profile

import (
	"context"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// managerOf returns the manager of an identity as transforms see it.
func (p *population) managerOf(n int32) transform.Subject {
	if p.settled.linked && int(n) < len(p.settled.manager) {
		if m := p.settled.manager[n]; m >= 0 {
			return &other{p, m}
		}
	}
	return nil
}

// other is another identity as transforms see it.
type other struct {
	p *population
	n int32
}

func (o *other) ID() string { return o.p.id(o.n) }

func (o *other) Name() string { return o.p.aliasOf(o.n) }

// Attribute returns what was stored before the run or, where nothing was, what
// the run has computed.
func (o *other) Attribute(name string) (identity.Value, error) {
	if s := o.p.storedOf(o.n); s != nil {
		return s.Attributes.Get(name), nil
	}
	return o.p.attributes(o.n).Get(name), nil
}

func (o *other) AttributeNames() []string {
	if s := o.p.storedOf(o.n); s != nil {
		return s.Attributes.Schema().Names()
	}
	return o.p.attributes(o.n).Schema().Names()
}

func (o *other) Manager() (transform.Subject, error) { return o.p.managerSubject(o.n) }

func (p *population) managerSubject(n int32) (transform.Subject, error) {
	if m := p.managerOf(n); m != nil {
		return m, nil
	}
	return nil, nil
}

func (o *other) IsManager() bool { return o.p.settled.isManager(o.n) }

func (o *other) Accounts() []identity.Account { return o.p.appendAccounts(nil, o.n) }

// directory finds identities by uid for transforms.
type directory struct{ p *population }

func (d directory) ByUID(_ context.Context, uid string) (transform.Subject, error) {
	if !d.p.settled.swept {
		return nil, nil
	}
	if found := d.p.index.Find(correlate.UID, uid); len(found) == 1 {
		return &other{d.p, found[0]}, nil
	}
	return nil, nil
}
