package nonemployee

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/idprofile/engine/identity"
)

// Kind tells what an [Object] is.
type Kind string

// The kinds of objects and the Go type of their Value. Guards count the objects under
// them and serialise the writers of one source, or of the tenant.
const (
	KindSource    Kind = "source"    // *Source
	KindAttribute Kind = "attribute" // *Attribute, parent: source
	KindRecord    Kind = "record"    // *Record, parent: source, unique: folded account name
	KindRequest   Kind = "request"   // *Request, parent: source, unique while open
	KindApproval  Kind = "approval"  // *Approval, parent: request
	KindJob       Kind = "job"       // *Job, parent: source
	KindReminder  Kind = "reminder"  // *Reminder, parent: source, id of the record
	KindGuard     Kind = "guard"     // *Guard
)

// Object is one stored value with its place and version.
type Object struct {
	Kind    Kind
	ID      string
	Parent  string // groups objects of a kind; may be empty
	Unique  string // no two objects of a kind and parent share it, unless it is empty
	Version int64  // counted up by every commit that writes the object; 0: not stored
	Value   any    // pointer to the type of the kind; nobody changes it once stored
}

// Change writes or deletes an object. Version is the version that was read: 0 means
// that the object must not exist.
type Change struct {
	Object
	Delete bool
}

// Store keeps objects. Implementations are safe for concurrent use, except that a List
// must be finished before the same goroutine makes another call. All implementations
// here pass the suite of package storetest.
type Store interface {
	// Get reads one object. Error: [ErrNotFound].
	Get(ctx context.Context, kind Kind, id string) (Object, error)
	// Find reads the object with a unique key. Error: [ErrNotFound].
	Find(ctx context.Context, kind Kind, parent, unique string) (Object, error)
	// List yields the objects of a kind, of one parent or of all when it is empty, in
	// no particular order. An error is yielded once and ends the list.
	List(ctx context.Context, kind Kind, parent string) iter.Seq2[Object, error]
	// Commit makes all changes or none, deletions first, also when the process dies in
	// the middle. Error: [ErrConflict] when a version or a unique key does not fit.
	Commit(ctx context.Context, changes []Change) error
}

// newValue makes an empty value of the kind.
func newValue(kind Kind) (any, error) {
	switch kind {
	case KindSource:
		return new(Source), nil
	case KindAttribute:
		return new(Attribute), nil
	case KindRecord:
		return new(Record), nil
	case KindRequest:
		return new(Request), nil
	case KindApproval:
		return new(Approval), nil
	case KindJob:
		return new(Job), nil
	case KindReminder:
		return new(Reminder), nil
	case KindGuard:
		return new(Guard), nil
	}

	return nil, fmt.Errorf("unknown kind of object %q", kind)
}

// EncodeValue writes the value of an object as JSON, for implementers of [Store].
func EncodeValue(value any) ([]byte, error) { return json.Marshal(value) }

// DecodeValue reads what [EncodeValue] wrote.
func DecodeValue(kind Kind, data []byte) (any, error) {
	v, err := newValue(kind)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return nil, fmt.Errorf("cannot read a stored %s: %w", kind, err)
	}
	return v, nil
}

// Guard is a counter that every change of a source, or of the list of sources, writes
// again: two writers never both succeed on what they read before.
type Guard struct {
	Count  int `json:"count"`            // records of the source, or sources of the tenant
	Serial int `json:"serial,omitempty"` // attributes or sources ever made
}

// Reminder notes for which end date a reminder of a record was sent.
type Reminder struct {
	EndDate Date `json:"endDate"`
}

// get reads a value of a known type. A missing object is nil without an error.
func get[T any](ctx context.Context, s Store, kind Kind, id string) (*T, int64, error) {
	o, err := s.Get(ctx, kind, id)
	return cast[T](o, err)
}

func find[T any](ctx context.Context, s Store, kind Kind, parent, unique string) (*T, int64, error) {
	o, err := s.Find(ctx, kind, parent, unique)
	return cast[T](o, err)
}

func cast[T any](o Object, err error) (*T, int64, error) {
	if errors.Is(err, ErrNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}

	v, ok := o.Value.(*T)
	if !ok {
		return nil, 0, fmt.Errorf("stored %s %q holds a %T", o.Kind, o.ID, o.Value)
	}
	return v, o.Version, nil
}

// versioned is a value with the version it was read at.
type versioned[T any] struct {
	T       *T
	version int64
}

func list[T any](ctx context.Context, s Store, kind Kind, parent string) ([]versioned[T], error) {
	var out []versioned[T]
	for o, err := range s.List(ctx, kind, parent) {
		v, version, err := cast[T](o, err)
		if err != nil {
			return nil, err
		}
		out = append(out, versioned[T]{v, version})
	}

	return out, nil
}

// fold makes texts that differ in case alone equal.
func fold(s string) string { return identity.Fold(s) }
