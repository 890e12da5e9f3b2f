package correlate

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform/rule"
)

// evaluator takes an evaluator from the pool.
func (c *Correlator) evaluator() *evaluator {
	if e, ok := c.pool.Get().(*evaluator); ok {
		return e
	}
	return &evaluator{env: c.options.Env}
}

func (c *Correlator) release(e *evaluator) {
	e.account.a, e.person.value = nil, nil
	e.before, e.marks = 0, nil
	e.objects = [2]rule.Object{}
	c.pool.Put(e)
}

// keys computes the keys of an account for a rule into e.keys, one for each
// combination of values. Out says why there are none.
func (r *compiled) keys(e *evaluator, a *identity.Account) (out outcome, err error) {
	e.keys = e.keys[:0]
	if r.hostRule != nil {
		return r.ownKey(e, a)
	}
	out = nothing
	for i := range r.terms {
		v, err := r.terms[i].ofAccount(e, a)
		if err != nil {
			e.keys = e.keys[:0]
			return failed, err
		}

		if out, err = r.extend(e, i, v); out != compared {
			e.keys = e.keys[:0]
			return out, err
		}
	}

	return out, nil
}

// maxKeys bounds the combinations of multi-valued attributes of one account.
const maxKeys = 256

// extend appends the texts of condition i to all keys.
func (r *compiled) extend(e *evaluator, i int, v identity.Value) (outcome, error) {
	t, ph := &r.terms[i], r.key.placeholders
	if v.Kind() == identity.List {
		return r.extendList(e, i, v.List())
	}
	s, out, err := t.text(e, v, ph)
	if out != compared {
		return out, err
	}
	if i == 0 {
		e.addKey(nil, s, len(r.terms))
		return compared, nil
	}

	for k := range e.keys {
		e.keys[k] = appendPart(e.keys[k], s, len(r.terms))
	}
	return compared, nil
}

// extendList combines all keys with all texts of a list.
func (r *compiled) extendList(e *evaluator, i int, items []identity.Value) (outcome, error) {
	before := [][]byte{nil}
	if i > 0 {
		before = slices.Clone(e.keys)
	}

	// Keys of earlier conditions are copied, since the new ones are written into the same memory.
	for k := range before {
		before[k] = slices.Clone(before[k])
	}

	// Every combination is a key, so lists multiply. The limit keeps an account with two long lists
	// from using all memory.
	e.keys = e.keys[:0]
	worst := nothing
	for _, item := range items {
		s, out, err := r.terms[i].text(e, item, r.key.placeholders)
		if out == failed {
			return failed, err
		} else if out != compared {
			worst = max(worst, out)
			continue
		}

		for _, prefix := range before {
			if len(e.keys) < maxKeys {
				e.addKey(prefix, s, len(r.terms))
			}
		}
	}

	if len(e.keys) == 0 {
		return worst, nil
	}
	return compared, nil
}

// addKey adds a key, reusing the memory of earlier ones.
func (e *evaluator) addKey(prefix []byte, s string, parts int) {
	if len(e.keys) < cap(e.keys) {
		e.keys = e.keys[:len(e.keys)+1]
	} else {
		e.keys = append(e.keys, nil)
	}

	k := &e.keys[len(e.keys)-1]
	*k = appendPart(append((*k)[:0], prefix...), s, parts)
}

// ownKey computes the key that the host's rule gives, when it names the
// attribute of r.
func (r *compiled) ownKey(e *evaluator, a *identity.Account) (outcome, error) {
	attribute, v, err := r.hostRule(a)
	if err != nil {
		return failed, err
	}
	if canonical(attribute) != r.key.terms[0].attribute {
		return nothing, nil
	}
	return r.extend(e, 0, v)
}
