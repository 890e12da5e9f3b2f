package scim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Open returns the resources of a file as a source, see [New].
func Open(fsys fs.FS, file string, o feed.Options) (*feed.File, error) {
	if _, err := fs.Stat(fsys, file); err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	return New(file, func() (io.ReadCloser, error) { return fsys.Open(file) }, o)
}

// New returns the resources of a file as a source: list responses one after
// another, resources one after another, or an array of them. The account id is
// the attribute [feed.Options.NativeIdentity], else id; the account name is
// [feed.Options.DisplayName], else userName. Findings give the number of the
// resource as line.
func New(file string, open func() (io.ReadCloser, error), o feed.Options) (*feed.File, error) {
	return feed.NewFile(file, open, defaults(o), read)
}

// defaults fills in what SCIM calls the id, the stable id and the name.
func defaults(o feed.Options) feed.Options {
	if o.NativeIdentity == "" {
		o.NativeIdentity = "id"
	}
	if o.StableID == nil {
		o.StableID = []string{"id"}
	}
	if o.DisplayName == "" {
		o.DisplayName = "userName"
	}
	return o
}

func read(ctx context.Context, r *feed.Reading, src io.Reader, yield func(identity.Account, error) bool) {
	l := newLists(src)
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			yield(identity.Account{}, ctx.Err())
			return
		}

		text, err := l.next()
		if err == io.EOF {
			return
		}
		if err != nil {
			yield(identity.Account{}, fmt.Errorf("%s, resource %d: %w", r.File(), n, err))
			return
		}

		if a, ok := account(r, text, diag.Pos{Line: n, Column: 1}); ok && !yield(a, nil) {
			return
		}
	}
}

// lists cuts a stream of list responses into resources.
type lists struct {
	dec    *json.Decoder
	inside bool // of the array of resources
	list   bool // the array belongs to a list response
	found  int
	total  int // as the last list response says, 0 when none did
}

func newLists(src io.Reader) *lists { return &lists{dec: json.NewDecoder(feed.UTF8Reader(src))} }

// next returns the next resource. The error is io.EOF at the end.
func (l *lists) next() (json.RawMessage, error) {
	for {
		// Inside the list, one resource after the other, without holding the list.
		if l.inside && l.dec.More() {
			var text json.RawMessage
			if err := l.dec.Decode(&text); err != nil {
				return nil, cutOff(err)
			}
			l.found++
			return text, nil
		}

		if l.inside {
			if _, err := l.dec.Token(); err != nil { // the end of the array
				return nil, cutOff(err)
			}
			l.inside = false
			if !l.list {
				continue
			}
		} else if err := l.begin(); err == io.EOF {
			return nil, l.complete()
		} else if err != nil {
			return nil, cutOff(err)
		} else if l.inside && !l.list {
			continue
		}

		text, err := l.members()
		if err != nil {
			return nil, cutOff(err)
		}
		if text != nil {
			return text, nil
		}
	}
}

// begin reads the bracket that begins a response, a resource or an array.
func (l *lists) begin() error {
	token, err := l.dec.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		l.list = false
	case json.Delim('['):
		l.inside, l.list = true, false
	default:
		return fmt.Errorf("found %v, expected a list response or a resource", token)
	}

	return nil
}

// members reads the members of an object up to its resources, or to its end. An
// object without resources is one, and is returned.
func (l *lists) members() (json.RawMessage, error) {
	// An object is a list response as soon as it has a member of one, and a resource if it has none
	// until its end.
	text := []byte{'{'}
	for l.dec.More() {
		key, err := l.dec.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if strings.EqualFold(name, "resources") {
			l.list = true
			token, err := l.dec.Token()
			if err != nil {
				return nil, err
			}
			if token == json.Delim('[') {
				l.inside = true
				return nil, nil
			}

			continue // null: there are none
		}

		var value json.RawMessage
		if err := l.dec.Decode(&value); err != nil {
			return nil, err
		}
		if strings.EqualFold(name, "totalResults") {
			l.list = true
			if err := json.Unmarshal(value, &l.total); err != nil {
				return nil, fmt.Errorf("totalResults: %w", err)
			}
		}

		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(append(append(jsondoc.AppendString(text, name), ':'), value...), ' ')
	}

	if _, err := l.dec.Token(); err != nil {
		return nil, err
	}
	if l.list {
		return nil, nil
	}
	l.found++
	return append(text, '}'), nil
}

// complete returns io.EOF, or what is missing.
func (l *lists) complete() error {
	if l.found < l.total {
		return fmt.Errorf("the list says that there are %d resources, found %d: it is not complete", l.total, l.found)
	}
	return io.EOF
}

// cutOff says what the end of the data inside a value means.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the data end in the middle: they are cut off")
	}
	return err
}

// account makes an account of a resource. ok is false when it is refused.
func account(r *feed.Reading, text []byte, pos diag.Pos) (a identity.Account, ok bool) {
	n, _ := jsondoc.Parse(r.File(), text)
	if n.Kind() != jsondoc.Object {
		r.Refuse(codeSCIMShape, pos, "found a %s, expected a resource; it is left out", n.Kind())
		return a, false
	}

	return fromNode(r, n, pos)
}

func fromNode(r *feed.Reading, n *jsondoc.Node, pos diag.Pos) (a identity.Account, ok bool) {
	c := columns{values: map[string]identity.Value{}}
	c.resource(n)

	// The id first: without it the resource is no account, whatever else it has.
	a.NativeIdentity = strings.Clone(c.values[r.NativeIdentity].Text())
	if a.NativeIdentity == "" {
		r.Refuse(codeAccountIDMissing, pos, "the resource has no %s for the account id; it is left out",
			r.NativeIdentity)
		return a, false
	}

	a.Name = strings.Clone(c.values[r.DisplayName].Text())
	for _, name := range r.StableID {
		if a.UUID = strings.Clone(c.values[name].Text()); a.UUID != "" {
			break
		}
	}

	// A resource that does not say is active.
	if active := n.Get("active"); active.Kind() == jsondoc.Bool {
		a.Disabled = !active.IsTrue()
	} else if active.Kind() == jsondoc.String { // some services write a text
		a.Disabled = strings.EqualFold(active.Text(), "false")
	}

	r.Pack(&a, c.each)
	r.Finish(&a, pos)
	return a, true
}
