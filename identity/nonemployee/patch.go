package nonemployee

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// PatchOp is one operation of a JSON Patch (RFC 6902).
type PatchOp struct {
	Op    string          `json:"op"`
	Path  string          `json:"path"`
	From  string          `json:"from,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

// maxPatchOps bounds a patch; no object here has that many places.
const maxPatchOps = 1000

// ParsePatch reads a JSON Patch document. Errors have [CodeContent].
func ParsePatch(src []byte) ([]PatchOp, error) {
	var ops []PatchOp
	dec := json.NewDecoder(bytes.NewReader(src))
	if err := dec.Decode(&ops); err != nil {
		return nil, refuse(CodeContent, "the body is no JSON Patch: expected a list of operations")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, refuse(CodeContent, "the body goes on after the JSON Patch")
	}
	if len(ops) == 0 {
		return nil, refuse(CodeContent, "the JSON Patch has no operation")
	}
	return ops, nil
}

// access tells what a patch may do with a top-level field.
type access int

const (
	fieldUnknown access = iota
	fieldReadOnly
	fieldWritable
)

// applyPatch changes doc, a tree of decoded JSON that belongs to the caller.
func applyPatch(doc map[string]any, ops []PatchOp, fields map[string]access) error {
	if len(ops) > maxPatchOps {
		return refuse(CodeLimit, "the patch has %d operations, at most %d are allowed", len(ops), maxPatchOps)
	}
	for _, op := range ops {
		if err := applyOp(doc, op, fields); err != nil {
			return err
		}
	}
	return nil
}

func applyOp(doc map[string]any, op PatchOp, fields map[string]access) error {
	path, err := pointer(op.Path, fields, op.Op != "test")
	if err != nil {
		return err
	}
	switch op.Op {
	case "add", "replace", "test":
		if len(op.Value) == 0 {
			return refuse(CodeContent, "operation %s on %s has no value", op.Op, op.Path)
		}
		value, err := decodeAny(op.Value)
		if err != nil {
			return refuse(CodeContent, "the value of %s is no JSON", op.Path)
		}
		if op.Op == "test" {
			return testAt(doc, path, value, op.Path)
		}
		return setAt(doc, path, value, op.Op == "add")
	case "remove":
		_, err := removeAt(doc, path)
		return err
	case "move", "copy":
		return moveAt(doc, path, op, fields)
	}
	return refuse(CodeIllegal, "unknown patch operation %q, expected add, remove, replace, move, copy or test", op.Op)
}

func moveAt(doc map[string]any, path []string, op PatchOp, fields map[string]access) error {
	from, err := pointer(op.From, fields, op.Op == "move")
	if err != nil {
		return err
	}
	value, err := valueAt(doc, from, op.From)
	if err != nil {
		return err
	}
	if !flat(value) {
		return refuse(CodeIllegal, "%s holds a list or nested values and cannot be copied", op.From)
	}
	if op.Op == "move" {
		if strings.HasPrefix(op.Path+"/", op.From+"/") && op.Path != op.From {
			return refuse(CodeIllegal, "cannot move %s into itself", op.From)
		}
		if value, err = removeAt(doc, from); err != nil {
			return err
		}
	} else {
		value = cloneFlat(value)
	}
	return setAt(doc, path, value, true)
}

// flat: a value that may be copied without making a document grow without bound.
func flat(v any) bool {
	switch v := v.(type) {
	case []any:
		return false
	case map[string]any:
		for _, e := range v {
			switch e.(type) {
			case []any, map[string]any:
				return false
			}
		}
	}
	return true
}

func cloneFlat(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(m))
	for k, e := range m {
		out[k] = e
	}
	return out
}

// pointer splits a JSON Pointer and checks its first token.
func pointer(path string, fields map[string]access, write bool) ([]string, error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, refuse(CodeContent, "path %q is no JSON Pointer to a field", path)
	}
	tokens := strings.Split(rest, "/")
	for i, t := range tokens {
		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}
	switch fields[tokens[0]] {
	case fieldUnknown:
		return nil, refuse(CodeIllegal, "path %q names no field", path)
	case fieldReadOnly:
		if write {
			return nil, refuse(CodeUpdate, "path %q cannot be changed", path)
		}
	}
	return tokens, nil
}

func missing(tokens []string) error {
	return refuse(CodeIllegal, "path %q does not exist", "/"+strings.Join(tokens, "/"))
}

func valueAt(doc any, path []string, text string) (any, error) {
	for i, t := range path {
		switch at := doc.(type) {
		case map[string]any:
			v, ok := at[t]
			if !ok {
				return nil, missing(path[:i+1])
			}
			doc = v
		case []any:
			n, ok := index(t, len(at)-1)
			if !ok {
				return nil, missing(path[:i+1])
			}
			doc = at[n]
		default:
			return nil, refuse(CodeIllegal, "path %q goes below a single value", text)
		}
	}
	return doc, nil
}

func testAt(doc any, path []string, want any, text string) error {
	got, err := valueAt(doc, path, text)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(got, want) {
		return refuse(CodeContent, "the test of %s failed", text)
	}
	return nil
}

// index reads an array position from 0 to last.
func index(token string, last int) (int, bool) {
	n, err := strconv.Atoi(token)
	return n, err == nil && n >= 0 && n <= last && strconv.Itoa(n) == token
}

// setAt writes a value. add makes object members and inserts into lists, replace needs
// an existing place.
func setAt(doc map[string]any, path []string, value any, add bool) error {
	return editAt(doc, path, func(parent any, last string) (any, error) {
		switch at := parent.(type) {
		case map[string]any:
			if _, ok := at[last]; !ok && !add {
				return nil, missing(path)
			}
			at[last] = value
			return at, nil
		case []any:
			if !add {
				n, ok := index(last, len(at)-1)
				if !ok {
					return nil, missing(path)
				}
				at[n] = value
				return at, nil
			}
			n, ok := len(at), last == "-"
			if !ok {
				n, ok = index(last, len(at))
			}
			if !ok {
				return nil, missing(path)
			}
			return append(at[:n:n], append([]any{value}, at[n:]...)...), nil
		}
		return nil, missing(path)
	})
}

func removeAt(doc map[string]any, path []string) (removed any, err error) {
	err = editAt(doc, path, func(parent any, last string) (any, error) {
		switch at := parent.(type) {
		case map[string]any:
			v, ok := at[last]
			if !ok {
				return nil, missing(path)
			}
			removed = v
			delete(at, last)
			return at, nil
		case []any:
			n, ok := index(last, len(at)-1)
			if !ok {
				return nil, missing(path)
			}
			removed = at[n]
			return append(at[:n:n], at[n+1:]...), nil
		}
		return nil, missing(path)
	})
	return removed, err
}

// editAt changes the container of the last token and stores the outcome in its parent,
// because a list may move.
func editAt(doc map[string]any, path []string, edit func(parent any, last string) (any, error)) error {
	parentPath, last := path[:len(path)-1], path[len(path)-1]
	parent, err := valueAt(doc, parentPath, "/"+strings.Join(path, "/"))
	if err != nil {
		return err
	}
	edited, err := edit(parent, last)
	if err != nil || len(parentPath) == 0 {
		return err
	}
	return editAt(doc, parentPath, func(above any, at string) (any, error) {
		switch above := above.(type) {
		case map[string]any:
			above[at] = edited
			return above, nil
		case []any:
			n, ok := index(at, len(above)-1)
			if !ok {
				return nil, missing(parentPath)
			}
			above[n] = edited
			return above, nil
		}
		return nil, missing(parentPath)
	})
}

func decodeAny(src []byte) (any, error) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	err := dec.Decode(&v)
	return v, err
}
