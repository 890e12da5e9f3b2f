package tenant

import (
	"context"
	"encoding/json"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// ExportProfiles returns the profiles that the filter selects (eq and ne of id,
// name and priority) as the export array: {version, self, object} with the API
// object.
//
// Source: DECISION 49 and 59.
func (t *Tenant) ExportProfiles(filters string) (*jsondoc.Node, error) {
	list, _, err := t.Bundle().ListForExport(config.ListOptions{Filters: filters})
	if err != nil {
		return nil, t.tracked(err)
	}
	objects := make([]*jsondoc.Node, len(list))
	for i, p := range list {
		objects[i] = t.Object(p)
	}
	return config.ExportEntries("IDENTITY_PROFILE", objects...), nil
}

// ImportMessage is a message about an import.
type ImportMessage struct {
	Key     string         `json:"key"`
	Text    string         `json:"text"`
	Details map[string]any `json:"details"`
}

// ImportedObject is an object that an import wrote.
type ImportedObject struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ImportResult is the answer of an import. The lists are never null.
//
// Source: DECISION 49.
type ImportResult struct {
	Infos    []ImportMessage  `json:"infos"`
	Warnings []ImportMessage  `json:"warnings"`
	Errors   []ImportMessage  `json:"errors"`
	Imported []ImportedObject `json:"importedObjects"`
}

func note(list *[]ImportMessage, key, name, text string) {
	*list = append(*list, ImportMessage{Key: key, Text: text, Details: map[string]any{"name": name}})
}

// PlanImport plans to import an export array, or one entry of it: profiles are
// matched by name, created when absent (their source is found by name, else by
// id); an existing one keeps its id and its priority. An entry that is refused is
// an error of the result and stops no other.
//
// Errors: [isc.CodeBadRequest] for what is no such array; [config.ErrAggregationRunning].
// Source: DECISION 43 and 59.
func (t *Tenant) PlanImport(ctx context.Context, src []byte) (*Plan, *ImportResult, error) {
	root, found := jsondoc.Parse("import", src)
	if root == nil {
		return nil, nil, t.tracked(isc.Refuse(isc.CodeBadRequest, "the import is no JSON: %s", found[0].Message))
	}

	// An entry alone, an array and a whole export are all found in practice.
	entries := root.Items()
	if config.IsEntry(root) {
		entries = []*jsondoc.Node{root}
	}
	if config.IsExport(root) {
		entries = root.Get("objects").Items()
	}
	p, err := t.newPlan("IDENTITY_PROFILE_IMPORT", true)
	if err != nil {
		return nil, nil, err
	}
	r := &ImportResult{Infos: []ImportMessage{}, Warnings: []ImportMessage{}, Errors: []ImportMessage{},
		Imported: []ImportedObject{}}

	// Each entry by itself: one that is refused stops no other.
	for _, entry := range entries {
		if !config.IsEntry(entry) || entry.At("self", "type").Text() != "IDENTITY_PROFILE" {
			note(&r.Warnings, "IMPORT_SKIPPED", entry.At("self", "name").Text(), "the entry is no identity profile")
			continue
		}

		t.importOne(p, r, entry.Get("object").Clone())
	}

	p.Findings = p.after.Refresh()
	return p, r, t.membership(ctx, p)
}

func (t *Tenant) importOne(p *Plan, r *ImportResult, body *jsondoc.Node) {
	name := body.Get("name").Text()
	if s := p.after.Source(body.At("authoritativeSource", "name").Text()); s != nil { // ids differ between tenants
		body.Set("authoritativeSource", config.RefNode(config.Ref{Type: "SOURCE", ID: s.ID, Name: s.Name}))
	}

	// A new profile gets an id of this tenant; an existing one keeps its own.
	old := p.after.Profile(name)
	if old == nil {
		body.Remove("id")
		if err := t.create(p, body); err != nil {
			note(&r.Errors, "IMPORT_REFUSED", name, err.Error())
			return
		}

		t.imported(p, r, name, "created")
		return
	}

	before := p.after.ProfileObject(old)

	// What the tenant computes, and the priority, stay those of this tenant.
	for _, key := range append([]string{"priority"}, computedFields...) {
		if v := before.Get(key); v != nil {
			body.Set(key, v.Clone())
		} else {
			body.Remove(key)
		}
	}

	if err := p.after.CheckObject(body, old, true); err != nil {
		note(&r.Errors, "IMPORT_REFUSED", name, err.Error())
		return
	}

	// Another source is a move; written in another way it is the same.
	if config.RefOf(before.Get("authoritativeSource")) != config.RefOf(body.Get("authoritativeSource")) {
		p.after.MoveSource(old, body)
	}
	body.Set("modified", t.stamp())
	p.after.ReplaceProfile(old, body)
	t.imported(p, r, name, "updated")
}

func (t *Tenant) imported(p *Plan, r *ImportResult, name, how string) {
	p.markDirty(name)
	prof := p.after.Profile(name)
	p.note(AuditProfileUpdate, prof.AsRef(), "import")
	note(&r.Infos, "IMPORT_DONE", name, "identity profile "+name+" was "+how)
	r.Imported = append(r.Imported, ImportedObject{Type: "IDENTITY_PROFILE", ID: prof.ID, Name: prof.Name})
}

// JSON returns the answer as the API has it.
func (r *ImportResult) JSON() ([]byte, error) { return json.Marshal(r) }
