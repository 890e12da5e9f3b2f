package config_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform/builtin"
)

const lineageTenant = `[
{"id":"s1","name":"HR","connector":"delimited","schemas":[{"nativeObjectType":"User","name":"account","identityAttribute":"id","displayAttribute":"id",
  "attributes":[{"name":"id","type":"STRING"},{"name":"mail","type":"STRING"},{"name":"spare","type":"STRING"}]}]},
{"id":"s2","name":"AD","connector":"delimited","correlationConfigDetails":{"attributeAssignments":[{"property":"email","value":"mail","operation":"EQ"}]},
  "schemas":[{"nativeObjectType":"User","name":"account","identityAttribute":"dn","displayAttribute":"dn","attributes":[{"name":"dn","type":"STRING"}]}]},
{"id":"p1","name":"Staff","priority":10,"authoritativeSource":{"type":"SOURCE","name":"HR"},"identityAttributeConfig":{"enabled":true,"attributeTransforms":[
  {"identityAttributeName":"email","transformDefinition":{"type":"reference","attributes":{"id":"Mail"}}},
  {"identityAttributeName":"uid","transformDefinition":{"type":"lower","attributes":{"input":{"type":"identityAttribute","attributes":{"name":"email"}}}}}]}},
{"name":"Mail","type":"lower","attributes":{"input":{"type":"reference","attributes":{"id":"Raw"}}}},
{"name":"Raw","type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}},
{"name":"Old","type":"reference","attributes":{"id":"Older"}},
{"name":"Older","type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"spare"}}
]`

func lineageOf(t *testing.T) *config.Lineage {
	t.Helper()
	b, _ := config.LoadFiles(config.File{Name: "tenant.json", Data: []byte(lineageTenant)})
	return b.Lineage(builtin.Library())
}

// TestLineage: where a value goes, through references, mappings and attributes, and what
// it is made of; each step with its place.
func TestLineage(t *testing.T) {
	l := lineageOf(t)
	walk := func(name string, up bool) (steps []string) {
		t.Helper()
		found := l.Find(name)
		if len(found) != 1 {
			t.Fatalf("%q stands for %d nodes", name, len(found))
		}
		l.Walk(found[0], up, func(e config.LineageEdge, to, depth int) {
			n := &l.Nodes[to]
			steps = append(steps, fmt.Sprintf("%d %s %s: %s, line %d", depth, n.Kind, n, e.How, e.Pos.Line))
		})
		return steps
	}
	up := []string{
		"1 TRANSFORM Raw: reads it, line 10",
		"2 TRANSFORM Mail: refers to it, line 9",
		"3 MAPPING Staff/email: refers to it, line 7",
		"4 IDENTITY_ATTRIBUTE email: is mapped by it, line 7",
		"5 MAPPING Staff/uid: reads it, line 8",
		"5 CORRELATION AD: compares it with mail, line 4",
		"6 IDENTITY_ATTRIBUTE uid: is mapped by it, line 8",
	}
	if diff := cmp.Diff(up, walk("HR.mail", true)); diff != "" {
		t.Errorf("users of HR.mail (-want +got):\n%s", diff)
	}
	down := []string{
		"1 MAPPING Staff/uid: is mapped by it, line 8",
		"2 IDENTITY_ATTRIBUTE email: reads it, line 8",
		"3 MAPPING Staff/email: is mapped by it, line 7",
		"4 TRANSFORM Mail: refers to it, line 7",
		"5 TRANSFORM Raw: refers to it, line 9",
		"6 ACCOUNT_ATTRIBUTE HR.mail: reads it, line 10",
		"7 SOURCE HR: is an attribute of its accounts, line 3",
	}
	if diff := cmp.Diff(down, walk("UID", false)); diff != "" {
		t.Errorf("what uid is made of (-want +got):\n%s", diff)
	}
}

// TestLineageUnused: what only the unused use is not used.
func TestLineageUnused(t *testing.T) {
	l := lineageOf(t)
	var names []string
	for _, n := range l.Unused() {
		names = append(names, l.Nodes[n].String())
	}
	if want := []string{"HR.spare", "Old", "Older"}; !slices.Equal(names, want) {
		t.Errorf("unused: %q, want %q", names, want)
	}
}

// TestLineageFinds: each way to name a node.
func TestLineageFinds(t *testing.T) {
	l := lineageOf(t)
	for name, want := range map[string][]config.LineageKind{
		"mail":        {config.LineageAccountAttribute, config.LineageAccountAttribute, config.LineageTransform},
		"hr/mail":     {config.LineageAccountAttribute},
		"Staff/email": {config.LineageMapping},
		"email":       {config.LineageIdentityAttribute},
		"AD":          {config.LineageSource, config.LineageAccounts, config.LineageCorrelation},
		"nothing":     nil,
	} {
		var kinds []config.LineageKind
		for _, n := range l.Find(name) {
			kinds = append(kinds, l.Nodes[n].Kind)
		}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
