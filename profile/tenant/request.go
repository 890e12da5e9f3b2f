package tenant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// Request is an operation as a file says it, before it is planned. Which members it needs
// follows from Do:
//
//	patchProfile     profile, patch: JSON Patch on the API object, such as of /priority
//	setMapping       profile, attribute, transform
//	removeMapping    profile, attribute
//	deleteProfile    profile
//	putTransform     transform, with its name
//	deleteTransform  name
//	addAttribute     name (its display name), searchable
//	setSearchable    attribute, searchable
//	deleteAttribute  attribute, force: though it is used
//	setCorrelation   source, config: with its attributeAssignments
//	createState      profile, state
//	patchState       profile, name, patch
//	deleteState      profile, name
//
// Profiles are given by name or id, lifecycle states by technical name or id.
type Request struct {
	Do         string
	Profile    string
	Attribute  string
	Source     string
	Name       string
	Searchable bool
	Force      bool
	Patch      []isc.PatchOp
	Transform  *jsondoc.Node
	Config     *jsondoc.Node
	State      *jsondoc.Node
	Why        string   // for whoever reads the plan
	Pos        diag.Pos // where it stands
}

// requests say what each operation needs.
var requests = map[string][]string{
	"patchProfile":    {"profile", "patch"},
	"setMapping":      {"profile", "attribute", "transform"},
	"removeMapping":   {"profile", "attribute"},
	"deleteProfile":   {"profile"},
	"putTransform":    {"transform"},
	"deleteTransform": {"name"},
	"addAttribute":    {"name"},
	"setSearchable":   {"attribute", "searchable"},
	"deleteAttribute": {"attribute"},
	"setCorrelation":  {"source", "config"},
	"createState":     {"profile", "state"},
	"patchState":      {"profile", "name", "patch"},
	"deleteState":     {"profile", "name"},
}

var optional = map[string][]string{"addAttribute": {"searchable"}, "deleteAttribute": {"force"}}

// Operation is an operation of a [Request], with the members that it needs and may have.
type Operation struct {
	Do         string
	Needs, May []string
}

// Operations returns the operations by name.
func Operations() (list []Operation) {
	for _, do := range slices.Sorted(maps.Keys(requests)) {
		list = append(list, Operation{Do: do, Needs: slices.Clone(requests[do]), May: slices.Clone(optional[do])})
	}
	return list
}

// ReadRequests reads the operations of a file, an object with the list changes:
//
//	{"changes": [{"do": "patchProfile", "profile": "Contractors",
//	              "patch": [{"op": "replace", "path": "/priority", "value": 5}]}]}
//
// The error joins all that is wrong, each with its place.
func ReadRequests(file string, src []byte) ([]Request, error) {
	root, found := jsondoc.Parse(file, src)
	if root == nil || found.HasErrors() {
		return nil, found.Err()
	}
	var wrong []error
	list := root.Get("changes")
	if root.Kind() != jsondoc.Object || list.Kind() != jsondoc.Array {
		return nil, fmt.Errorf(`%v: found a %v, expected an object with the list "changes"`, root.Pos(), root.Kind())
	}

	// A misspelt member would be a change that is silently not made.
	for _, m := range root.Members() {
		if !slices.Contains([]string{"changes", "description", "$schema"}, m.Key) {
			wrong = append(wrong, fmt.Errorf("%v: a plan has no member %q %s", m.Pos(), m.Key,
				diag.Suggest(m.Key, []string{"changes", "description"})))
		}
	}

	var out []Request
	for _, n := range list.Items() {
		if r, ok := readRequest(n, &wrong); ok {
			out = append(out, r)
		}
	}

	return out, errors.Join(wrong...)
}

func readRequest(n *jsondoc.Node, wrong *[]error) (r Request, ok bool) {
	r = Request{Do: n.Get("do").Text(), Why: n.Get("why").Text(), Pos: n.Pos()}

	// What an operation needs and may have stands in tables, so that all that is wrong is told at
	// once.
	needs, known := requests[r.Do]
	if !known {
		var names []string
		for name := range requests {
			names = append(names, name)
		}
		slices.Sort(names)
		*wrong = append(*wrong, fmt.Errorf("%v: there is no operation %q %s", n.Pos(), r.Do, diag.Suggest(r.Do, names)))
		return r, false
	}

	ok = true
	bad := func(pos diag.Pos, format string, args ...any) {
		*wrong = append(*wrong, fmt.Errorf("%v: %s: %s", pos, r.Do, fmt.Sprintf(format, args...)))
		ok = false
	}
	for _, key := range needs {
		if n.Get(key).IsNull() {
			bad(n.Pos(), "%q is missing", key)
		}
	}

	for _, m := range n.Members() {
		if m.Key != "do" && m.Key != "why" && !slices.Contains(needs, m.Key) &&
			!slices.Contains(optional[r.Do], m.Key) {
			bad(m.Pos(), "it has no member %q", m.Key)
		}
	}

	// Texts and objects are checked for their kind here; whether they name something is for the
	// operation to say.
	for _, f := range []struct {
		key string
		to  *string
	}{{"profile", &r.Profile}, {"attribute", &r.Attribute}, {"source", &r.Source}, {"name", &r.Name}} {
		if v := n.Get(f.key); !v.IsNull() {
			text, isText := v.Str()
			if *f.to = text; !isText || text == "" {
				bad(v.Pos(), "%s: found a %s, expected a name", f.key, v.Kind())
			}
		}
	}

	for _, f := range []struct {
		key string
		to  **jsondoc.Node
	}{{"transform", &r.Transform}, {"config", &r.Config}, {"state", &r.State}} {
		if v := n.Get(f.key); !v.IsNull() {
			if *f.to = v; v.Kind() != jsondoc.Object {
				bad(v.Pos(), "%s: found a %s, expected an object", f.key, v.Kind())
			}
		}
	}

	r.Searchable, r.Force = n.Get("searchable").IsTrue(), n.Get("force").IsTrue()
	if v := n.Get("patch"); !v.IsNull() {
		ops, err := isc.ParsePatch(v.Append(nil))
		if r.Patch = ops; err != nil {
			bad(v.Pos(), "patch: %v", err)
		}
	}

	return r, ok
}

// Plan plans a request. Errors are those of the operation.
func (t *Tenant) Plan(ctx context.Context, r Request) (*Plan, error) {
	switch r.Do {
	case "patchProfile":
		return t.PlanPatch(ctx, r.Profile, r.Patch)
	case "setMapping", "removeMapping":
		return t.planMapping(r)
	case "deleteProfile":
		return t.PlanDelete(ctx, r.Profile)
	case "putTransform":
		return t.PlanTransform(r.Transform)
	case "deleteTransform":
		return t.PlanDeleteTransform(r.Name)
	case "addAttribute":
		return t.PlanAddAttribute(r.Name, r.Searchable)
	case "setSearchable":
		return t.PlanSearchable(r.Attribute, r.Searchable)
	case "deleteAttribute":
		return t.PlanDeleteAttribute(r.Attribute, r.Force)
	case "setCorrelation":
		return t.PlanCorrelation(r.Source, r.Config)
	case "createState":
		return t.PlanCreateState(r.Profile, r.State)
	case "patchState":
		return t.PlanPatchState(r.Profile, r.Name, r.Patch)
	case "deleteState":
		return t.PlanDeleteState(ctx, r.Profile, r.Name)
	}

	return nil, fmt.Errorf("there is no operation %q", r.Do)
}

// planMapping plans another mapping of one attribute, or none.
func (t *Tenant) planMapping(r Request) (*Plan, error) {
	prof, err := t.Bundle().Find(r.Profile)
	if err != nil {
		return nil, t.tracked(err)
	}
	return t.PlanEdit(AuditAttributesUpdated, 200, prof.AsRef(), func(b *config.Bundle) ([]string, error) {
		if r.Do == "removeMapping" {
			if !b.RemoveMapping(prof.Name, r.Attribute) {
				return nil, isc.Refuse(isc.CodeNotFound, "profile %q does not map %q", prof.Name, r.Attribute)
			}
			return []string{prof.Name}, nil
		}

		// A mapping of an attribute that nobody declared would be kept and evaluated by nothing.
		if b.SameName(r.Attribute) == "" {
			return nil, isc.Refuse(isc.CodeNotFound, "there is no identity attribute %q", r.Attribute)
		}
		return []string{prof.Name}, b.PutMapping(prof.Name, r.Attribute, r.Transform.Clone())
	})
}

// planJSON is the JSON form of a plan.
type planJSON struct {
	Operation     string                `json:"operation"`
	Object        config.Ref            `json:"object"`
	Dirty         []string              `json:"needsProcessing,omitempty"`
	Uses          []config.AttributeUse `json:"uses,omitempty"`
	Reassigned    []Reassignment        `json:"reassigned,omitempty"`
	Deleted       []config.Ref          `json:"deleted,omitempty"`
	Orphaned      []config.Ref          `json:"orphaned,omitempty"`
	Unmanaged     []config.Ref          `json:"unmanaged,omitempty"`
	Uncorrelated  []string              `json:"uncorrelated,omitempty"`
	NewIdentities int                   `json:"newIdentities,omitempty"`
	Blockers      []Blocker             `json:"blockers,omitempty"`
	Findings      diag.List             `json:"findings,omitempty"`
}

// MarshalJSON writes what the plan would change. The form is stable: members may be added,
// never renamed or removed.
func (p *Plan) MarshalJSON() ([]byte, error) {
	out := planJSON{
		Operation: p.Operation, Object: p.Object, Dirty: p.Dirty, Uses: p.Uses, Reassigned: p.Reassigned,
		Deleted: p.Deleted, Orphaned: p.Orphaned,
		Unmanaged: p.Unmanaged, NewIdentities: p.NewIdentities, Blockers: p.Blockers, Findings: p.Findings,
	}
	for _, key := range p.Uncorrelated {
		out.Uncorrelated = append(out.Uncorrelated, key.String())
	}
	return json.Marshal(out)
}
