package rest

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// ownRoutes are operations that no tenant has: what changed and how to take it back,
// the clock, and what clients asked for in vain. They have no version.
func ownRoutes() []route {
	return []route{
		at("", "GET", "_plan", "listChanges", (*call).listChanges),
		at("", "POST", "_plan/undo", "undoChange", (*call).undo),
		at("", "GET", "_files", "listFiles", (*call).listFiles),
		at("", "GET", "_clock", "getClock", (*call).getClock),
		at("", "POST", "_clock", "moveClock", (*call).setClock),
		at("", "GET", "_unserved", "listUnserved", (*call).listUnserved),
	}
}

// change is a plan that was applied.
type change struct {
	time   time.Time
	actor  string
	plan   *tenant.Plan
	before *config.Bundle
}

// maxChanges is how many changes are kept.
const maxChanges = 50

type changeLog struct {
	mu   sync.Mutex
	list []change // oldest first
	all  int
}

func (l *changeLog) add(c change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all++; len(l.list) >= maxChanges {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, c)
}

// changedFiles gives the paths of files that differ.
func changedFiles(before, after *config.Bundle) []string {
	old, now := before.Files(), after.Files()
	paths := map[string]bool{}
	for path, src := range now {
		if !bytes.Equal(old[path], src) {
			paths[path] = true
		}
	}

	for path := range old {
		if _, ok := now[path]; !ok {
			paths[path] = true
		}
	}

	return slices.Sorted(maps.Keys(paths))
}

// listChanges lists the changes since the start, newest first.
func (c *call) listChanges() error {
	// Plans do not change once they are in the log, so a copy of the list is enough and nobody waits
	// for the answer.
	c.log.mu.Lock()
	list, all := slices.Clone(c.log.list), c.log.all
	c.log.mu.Unlock()
	out := []map[string]any{}
	for i, one := range slices.Backward(list) {
		findings := []string{}
		for _, d := range one.plan.Findings {
			findings = append(findings, d.String())
		}
		out = append(out, map[string]any{
			"number": all - len(list) + i + 1, "time": one.time.UTC().Format(time.RFC3339), "actor": one.actor,
			"operation": one.plan.Operation,
			"object": map[string]string{"type": one.plan.Object.Type, "id": one.plan.Object.ID,
				"name": one.plan.Object.Name},
			"needsProcessing": append([]string{}, one.plan.Dirty...), "files": changedFiles(one.before,
				one.plan.After()),
			"identities": len(one.plan.Results), "deleted": len(one.plan.Deleted), "findings": findings,
		})
	}

	c.json(http.StatusOK, out)
	return nil
}

// undo takes the last change of the configuration back. Changes of identities and
// accounts cannot be taken back.
func (c *call) undo() error {
	c.writes.Lock()
	defer c.writes.Unlock()
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	if len(c.log.list) == 0 {
		return isc.Refuse(isc.CodeConflict, "there is no change to take back")
	}
	last := c.log.list[len(c.log.list)-1]

	// A configuration can be put back, identities cannot: uids were given and accounts linked since.
	if len(last.plan.Results)+len(last.plan.Deleted)+len(last.plan.Uncorrelated) > 0 {
		return isc.Refuse(isc.CodeConflict, "the last change wrote identities or accounts and cannot be taken back")
	}
	p, err := c.tenant.PlanRestore(last.before)
	if err != nil {
		return err
	}
	if _, err := c.tenant.Apply(c.ctx, p); err != nil {
		return err
	}

	// Taking back is itself no change of the log, so that it can be done again and again.
	c.log.list = c.log.list[:len(c.log.list)-1]
	if err := c.changed(c.ctx); err != nil {
		return err
	}
	return c.noContent()
}

// listFiles gives the configuration as files of a folder.
func (c *call) listFiles() error {
	n := jsondoc.NewObject()
	files := c.tenant.Bundle().Files()
	for _, path := range slices.Sorted(maps.Keys(files)) {
		n.Set(path, jsondoc.NewString(string(files[path])))
	}
	c.node(http.StatusOK, n)
	return nil
}

func (c *call) getClock() error {
	c.json(http.StatusOK, map[string]string{"now": c.now().UTC().Format(time.RFC3339)})
	return nil
}

// setClock sets the clock of the tenant, or moves it: {"now": "2026-03-01T00:00:00Z"}
// or {"add": "24h"}.
func (c *call) setClock() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	var by time.Duration
	at, atErr := time.Parse(time.RFC3339, body.Get("now").Text())
	add, addErr := time.ParseDuration(body.Get("add").Text())
	switch {
	case atErr == nil:
		by = at.Sub(c.now())
	case addErr == nil:
		by = add
	default:
		return isc.Refuse(isc.CodeIllegalValue, `expected {"now": "2026-03-01T00:00:00Z"} or {"add": "24h"}`)
	}

	// No change may see two times; what is due for non-employees follows when the new time stands.
	c.writes.Lock()
	c.MoveClock(by)
	c.writes.Unlock()
	c.followNonEmployees(c.actor)
	return c.getClock()
}

// listUnserved counts the calls of operations that are not served.
func (c *call) listUnserved() error {
	counts := map[string]int64{}
	c.unserved.Range(func(name, n any) bool {
		counts[name.(string)] = n.(*atomic.Int64).Load()
		return true
	})
	c.json(http.StatusOK, counts)
	return nil
}
