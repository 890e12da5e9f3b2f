package scim

import (
	"context"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Events returns requests that changed a service as what changed. Each is an
// object {"method":"PATCH","path":"/Users/1","body":{...}}, one after another or
// in an array: POST and PUT have the whole resource as body, DELETE has none. They
// change the resources that known yields, as the service had them. A request that
// cannot be applied is refused.
func Events(file string, open func() (io.ReadCloser, error), o feed.Options,
	known func() iter.Seq[*jsondoc.Node]) (*Delta, error) {
	d := &Delta{}
	f, err := feed.NewFile(file, open, defaults(o),
		func(ctx context.Context, r *feed.Reading, src io.Reader, yield func(identity.Account, error) bool) {
			d.removed.Store(nil)

			// The account a resource makes is read at the end, once, however many requests changed it.
			e := events{Reading: r, resources: map[string]*jsondoc.Node{}, touched: map[string]int{}}
			for n := range known() {
				e.resources[n.Get("id").Text()] = n.Clone()
			}
			if err := e.read(ctx, src); err != nil {
				yield(identity.Account{}, fmt.Errorf("%s: %w", r.File(), err))
				return
			}

			d.removed.Store(&e.removed)
			for _, id := range e.order {
				n := e.resources[id]
				if n == nil {
					continue
				}
				if a, ok := fromNode(r, n, diag.Pos{Line: e.touched[id], Column: 1}); ok && !yield(a, nil) {
					return
				}
			}
		})

	d.File = f
	return d, err
}

// events applies requests to resources.
type events struct {
	*feed.Reading
	resources map[string]*jsondoc.Node
	touched   map[string]int // the first request for each resource
	order     []string
	removed   []string
}

func (e *events) read(ctx context.Context, src io.Reader) error {
	l := newLists(src)
	for n := 1; ; n++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		text, err := l.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("request %d: %w", n, err)
		}
		request, _ := jsondoc.Parse(e.File(), text)
		if err := e.apply(request, n); err != nil {
			e.Refuse(codeSCIMPatch, diag.Pos{Line: n, Column: 1}, "%v; the request is left out", err)
		}
	}
}

// apply makes the change of one request.
func (e *events) apply(request *jsondoc.Node, n int) error {
	id, body := path.Base(request.Get("path").Text()), request.Get("body")
	switch method := strings.ToUpper(request.Get("method").Text()); method {
	case "POST":
		id = body.Get("id").Text()
		e.resources[id] = body
	case "PUT":
		// The body of a replacement may leave the id out, which the path has.
		if body.Get("id") == nil {
			body.Set("id", jsondoc.NewString(id))
		}
		e.resources[id] = body
	case "PATCH":
		// What is to be changed must be known: a change alone does not say what the rest is.
		if e.resources[id] == nil {
			return fmt.Errorf("PATCH of resource %q, which is not known", id)
		}
		if err := Patch(e.resources[id], body); err != nil {
			return fmt.Errorf("PATCH of resource %q: %w", id, err)
		}

	case "DELETE":
		e.remove(id)
		return nil
	default:
		return fmt.Errorf("method %q: expected POST, PUT, PATCH or DELETE", method)
	}

	if id == "" {
		return fmt.Errorf("the request names no resource")
	}

	// In the order of their first change, which is stable however often one changes.
	if _, again := e.touched[id]; !again {
		e.touched[id] = n
		e.order = append(e.order, id)
	}

	return nil
}

// remove forgets a resource. Its account has the id that it had.
func (e *events) remove(id string) {
	n := e.resources[id]
	delete(e.resources, id)
	c := columns{values: map[string]identity.Value{}}
	c.resource(n)
	if native := c.values[e.NativeIdentity].Text(); native != "" {
		e.removed = append(e.removed, strings.Clone(native))
	}
}
