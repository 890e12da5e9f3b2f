package isc

import (
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

// pointer splits a JSON Pointer and checks what the patch may do with the member
// it leads to.
//
// Source: RFC 6901.
func (p *patch) pointer(path string, write bool) ([]string, error) {
	tokens, err := splitPointer(path)
	if err != nil || p.fields == nil {
		return tokens, err
	}

	// A document whose members have rights is never exchanged as a whole.
	if len(tokens) == 0 {
		return nil, Refuse(CodeBadRequest, "path %q is no JSON Pointer to a field", path)
	}
	switch p.fields[tokens[0]] {
	case Absent:
		return nil, Refuse(CodeIllegalValue, "path %q names no field", path)
	case ReadOnly:
		if write {
			return nil, Refuse(CodeIllegalUpdate, "path %q cannot be changed", path)
		}
	}

	return tokens, nil
}

func splitPointer(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	if path[0] != '/' {
		return nil, Refuse(CodeBadRequest, "path %q is no JSON Pointer: it does not begin with /", path)
	}

	tokens := strings.Split(path[1:], "/")
	for i, t := range tokens {
		for k := range len(t) {
			if t[k] == '~' && (k+1 == len(t) || t[k+1] != '0' && t[k+1] != '1') {
				return nil, Refuse(CodeBadRequest, "path %q is no JSON Pointer: a ~ escapes nothing", path)
			}
		}

		tokens[i] = strings.ReplaceAll(strings.ReplaceAll(t, "~1", "/"), "~0", "~")
	}

	return tokens, nil
}

func nothingAt(path []string) error {
	return Refuse(CodeIllegalValue, "there is nothing at %q", "/"+strings.Join(path, "/"))
}

// valueAt follows a pointer.
func valueAt(n *jsondoc.Node, path []string) (*jsondoc.Node, error) {
	for i, token := range path {
		switch n.Kind() {
		case jsondoc.Object:
			n = n.Get(token)
		case jsondoc.Array:
			at, ok := index(token, len(n.Items()))
			if !ok {
				return nil, nothingAt(path[:i+1])
			}
			n = n.Items()[at]

		default:
			n = nil
		}

		if n == nil {
			return nil, nothingAt(path[:i+1])
		}
	}

	return n, nil
}

// index reads the index of a list: no sign, no leading zeros, below n.
func index(token string, n int) (int, bool) {
	if token == "" || len(token) > 1 && token[0] == '0' || token[0] < '0' || token[0] > '9' {
		return 0, false
	}
	i, err := strconv.Atoi(token)
	return i, err == nil && i < n
}
