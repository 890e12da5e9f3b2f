package nonemployee

import (
	"context"
	"fmt"
	"iter"
	"sync"
)

// Memory is a Store that forgets everything with the process. The zero Memory is not
// usable; call [NewMemory].
type Memory struct {
	mu sync.RWMutex
	t  table
}

// NewMemory makes an empty store.
func NewMemory() *Memory { return &Memory{t: newTable()} }

// Get implements [Store].
func (m *Memory) Get(ctx context.Context, kind Kind, id string) (Object, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.t.get(ctx, kind, id)
}

// Find implements [Store].
func (m *Memory) Find(ctx context.Context, kind Kind, parent, unique string) (Object, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.t.find(ctx, kind, parent, unique)
}

// List implements [Store]. It yields the objects as they were when the loop began.
func (m *Memory) List(ctx context.Context, kind Kind, parent string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		m.mu.RLock()
		all := m.t.list(kind, parent)
		m.mu.RUnlock()
		yieldAll(ctx, all, yield)
	}
}

// Commit implements [Store].
func (m *Memory) Commit(ctx context.Context, changes []Change) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.t.check(ctx, changes); err != nil {
		return err
	}
	m.t.apply(changes)
	return nil
}

// yieldAll hands out objects and looks at the context once in a while.
func yieldAll(ctx context.Context, all []Object, yield func(Object, error) bool) {
	for i, o := range all {
		if i%256 == 0 && ctx.Err() != nil {
			yield(Object{}, ctx.Err())
			return
		}

		if !yield(o, nil) {
			return
		}
	}
}

// table holds objects in memory with two indexes. It is not safe for concurrent use.
type table struct {
	byID     map[Kind]map[string]*Object
	byParent map[Kind]map[string]map[string]*Object // parent, then id
	byUnique map[uniqueKey]string                   // id
}

type uniqueKey struct {
	kind           Kind
	parent, unique string
}

func newTable() table {
	return table{byID: map[Kind]map[string]*Object{}, byParent: map[Kind]map[string]map[string]*Object{},
		byUnique: map[uniqueKey]string{}}
}

func (t *table) get(ctx context.Context, kind Kind, id string) (Object, error) {
	if err := ctx.Err(); err != nil {
		return Object{}, err
	}
	if o, ok := t.byID[kind][id]; ok {
		return *o, nil
	}
	return Object{}, fmt.Errorf("%s %q: %w", kind, id, ErrNotFound)
}

func (t *table) find(ctx context.Context, kind Kind, parent, unique string) (Object, error) {
	id, ok := t.byUnique[uniqueKey{kind: kind, parent: parent, unique: unique}]
	if !ok || unique == "" {
		return Object{}, fmt.Errorf("%s with key %q: %w", kind, unique, ErrNotFound)
	}
	return t.get(ctx, kind, id)
}

func (t *table) list(kind Kind, parent string) []Object {
	all := t.byID[kind]
	if parent != "" {
		all = t.byParent[kind][parent]
	}
	out := make([]Object, 0, len(all))
	for _, o := range all {
		out = append(out, *o)
	}
	return out
}

// check tells whether the changes fit, without making any.
func (t *table) check(ctx context.Context, changes []Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	type place struct {
		kind Kind
		id   string
	}

	// Everything is checked before anything is changed, since a commit is all or nothing. Keys that
	// are given up in the same commit are free.
	seen := make(map[place]bool, len(changes))
	taken := map[uniqueKey]string{} // unique keys after the commit; "" when given up
	for _, c := range changes {
		at := place{c.Kind, c.ID}
		if seen[at] {
			return fmt.Errorf("%s %q occurs twice in a commit", c.Kind, c.ID)
		}
		seen[at] = true
		var old Object
		if o := t.byID[c.Kind][c.ID]; o != nil {
			old = *o
		}

		// The version is what the writer has read. Another one means that somebody was faster.
		if old.Version != c.Version {
			return fmt.Errorf("%s %q has version %d, expected %d: %w", c.Kind, c.ID, old.Version,
				c.Version, ErrConflict)
		}
		if c.Delete && c.Version == 0 {
			return fmt.Errorf("%s %q does not exist: %w", c.Kind, c.ID, ErrConflict)
		}
		if old.Unique != "" {
			taken[uniqueKey{kind: old.Kind, parent: old.Parent, unique: old.Unique}] = ""
		}
	}

	return t.checkUnique(changes, taken)
}

// checkUnique tells whether the unique keys fit, given those that the changes give up.
func (t *table) checkUnique(changes []Change, taken map[uniqueKey]string) error {
	for _, c := range changes {
		if c.Delete || c.Unique == "" {
			continue
		}
		key := uniqueKey{kind: c.Kind, parent: c.Parent, unique: c.Unique}
		id, ok := taken[key]
		if !ok {
			id = t.byUnique[key]
		}
		if id != "" && id != c.ID {
			return fmt.Errorf("%s %q holds the key %q: %w", c.Kind, id, c.Unique, ErrConflict)
		}
		taken[key] = c.ID
	}

	return nil
}

// apply makes changes that were checked.
func (t *table) apply(changes []Change) {
	for _, c := range changes {
		t.remove(c.Kind, c.ID)
	}
	for _, c := range changes {
		if !c.Delete {
			o := c.Object
			o.Version++
			t.insert(&o)
		}
	}
}

func (t *table) remove(kind Kind, id string) {
	old, ok := t.byID[kind][id]
	if !ok {
		return
	}
	delete(t.byID[kind], id)
	delete(t.byParent[kind][old.Parent], id)
	if len(t.byParent[kind][old.Parent]) == 0 {
		delete(t.byParent[kind], old.Parent)
	}
	// Another object may have taken the key over already.
	if key := (uniqueKey{kind: kind, parent: old.Parent, unique: old.Unique}); t.byUnique[key] == id {
		delete(t.byUnique, key)
	}
}

func (t *table) insert(o *Object) {
	if t.byID[o.Kind] == nil {
		t.byID[o.Kind] = map[string]*Object{}
		t.byParent[o.Kind] = map[string]map[string]*Object{}
	}

	t.byID[o.Kind][o.ID] = o
	ids := t.byParent[o.Kind][o.Parent]
	if ids == nil {
		ids = map[string]*Object{}
		t.byParent[o.Kind][o.Parent] = ids
	}

	ids[o.ID] = o
	if o.Unique != "" {
		t.byUnique[uniqueKey{kind: o.Kind, parent: o.Parent, unique: o.Unique}] = o.ID
	}
}
