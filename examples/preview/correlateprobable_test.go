package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/preview"
)

// companyFolder is the synthetic company as a folder: employees and contractors are
// authoritative, the accounts of the directory correlate by four exact rules.
func companyFolder(t *testing.T) string {
	t.Helper()
	from, dir := filepath.Join("..", "..", "correlate", "testdata", "iga_synth"), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "accounts"), 0o755); err != nil {
		t.Fatal(err)
	}
	var objects []string
	for i, s := range []struct{ name, file, id, display, mapping, rules string }{
		{"HR", "hr_employees", "record_id", "display_name", "uid=uid email=work_email lastname=last_name displayName=display_name employeeNumber=employee_number", ""},
		{"VMS", "vms_contractors", "record_id", "record_id", "uid=record_id email=personal_email lastname=last_name", ""},
		{"AD", "ad_accounts", "account_id", "sAMAccountName", "", "employeeNumber=employeeID email=mail uid=sAMAccountName displayName=displayName"},
	} {
		src, err := os.ReadFile(filepath.Join(from, s.file+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "accounts", s.name+".csv"), src, 0o600); err != nil {
			t.Fatal(err)
		}
		header, _, _ := strings.Cut(string(src), "\n")
		objects = append(objects, sourceObjects(i, s.name, s.id, s.display, header, s.mapping, s.rules)...)
	}
	config := "[" + strings.Join(objects, ",\n") + "]"
	if err := os.WriteFile(filepath.Join(dir, "tenant.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sourceObjects writes a source, and its profile when it has mappings.
func sourceObjects(i int, name, id, display, header, mapping, rules string) []string {
	var attributes, assignments, transforms []string
	for column := range strings.SplitSeq(strings.TrimSpace(header), ",") {
		attributes = append(attributes, fmt.Sprintf(`{"name":%q,"type":"STRING"}`, column))
	}
	for rule := range strings.FieldsSeq(rules) {
		property, value, _ := strings.Cut(rule, "=")
		assignments = append(assignments, fmt.Sprintf(`{"property":%q,"value":%q,"operation":"EQ"}`, property, value))
	}
	for m := range strings.FieldsSeq(mapping) {
		attribute, from, _ := strings.Cut(m, "=")
		transforms = append(transforms, fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":%q}}}`, attribute, name, from))
	}
	out := []string{fmt.Sprintf(`{"id":"s%d","name":%q,"connector":"delimited","schemas":[{"nativeObjectType":"User","name":"account","identityAttribute":%q,"displayAttribute":%q,"attributes":[%s]}],
"correlationConfigDetails":{"attributeAssignments":[%s]}}`, i, name, id, display, strings.Join(attributes, ","), strings.Join(assignments, ","))}
	if len(transforms) > 0 {
		out = append(out, fmt.Sprintf(`{"id":"p%d","name":"Profile %s","priority":%d,"authoritativeSource":{"type":"SOURCE","name":%q},
"identityAttributeConfig":{"enabled":true,"attributeTransforms":[%s]}}`, i, name, 10+i, name, strings.Join(transforms, ",")))
	}
	return out
}

// TestProbable: where rules find nobody, or somebody else, evidence does; no account
// of a service is linked, and no wrong number links an account to its owner.
func TestProbable(t *testing.T) {
	dir := companyFolder(t)
	truth := filepath.Join("..", "..", "correlate", "testdata", "iga_synth")
	person, owner, category := map[string]string{}, map[string]string{}, map[string]string{}
	for _, r := range readAll(t, filepath.Join(truth, "truth_people.csv"))[1:] {
		person[r[1]] = r[2]
	}
	for _, r := range readAll(t, filepath.Join(truth, "truth_accounts.csv"))[1:] {
		owner[r[1]], category[r[1]] = r[2], r[3]
	}
	out, manual := filepath.Join(dir, "out.jsonl"), filepath.Join(dir, "manual.csv")
	code, text, errs := invoke(t, "correlate", dir, "--probable", "--out", out, "--manual-out", manual)
	if code != exitDone {
		t.Fatalf("exit %d: %s%s", code, text, errs)
	}
	src, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for line := range strings.Lines(string(src)) {
		var a struct {
			Account struct{ Source, NativeIdentity string }
			Band    string
			preview.ProbableAccount
		}
		if err := json.Unmarshal([]byte(line), &struct {
			Account    any `json:"account"`
			Band       any `json:"band"`
			Candidates any `json:"candidates"`
		}{&a.Account, &a.Band, &a.Candidates}); err != nil {
			t.Fatal(err)
		}
		id := a.Account.NativeIdentity
		if a.Account.Source != "AD" {
			continue
		}
		if owner[id] != "" {
			counts["owned"]++
		}
		right := len(a.Candidates) > 0 && owner[id] != "" && person[a.Candidates[0].Account.NativeIdentity] == owner[id]
		switch {
		case a.Band == "link" && right:
			counts["right"]++
		case a.Band == "link":
			counts["wrong "+category[id]]++
			counts["wrong"]++
		case a.Band == "review":
			counts["review"]++
		}
	}
	t.Log(counts)
	if counts["wrong"]*2000 > counts["right"] || counts["right"]*100 < 95*counts["owned"] || counts["review"]*40 > len(owner) {
		t.Errorf("%v", counts)
	}
	if counts["wrong wrong_id"]+counts["wrong orphan_service"]+counts["wrong orphan_shared"] > 0 {
		t.Errorf("%v", counts)
	}
	if rows := readAll(t, manual); len(rows) < counts["right"] || strings.Join(rows[0], ",") != "account,displayName,userName,type" {
		t.Errorf("%d rows of manual correlation, %v", len(rows), rows[0])
	}
	testManual(t, dir, manual)
	testSettings(t, dir)
	code, text, errs = invoke(t, "correlate", dir, "--probable", "--explain", "AD/AD00979")
	if code != exitDone || !strings.Contains(text, "given name") {
		t.Errorf("exit %d: %s%s", code, text, errs)
	}
}

// testManual: the links that were written are taken, and more accounts have owners.
func testManual(t *testing.T, dir, manual string) {
	t.Helper()
	uncorrelated := func(args ...string) int {
		file := filepath.Join(t.TempDir(), "uncorrelated.csv")
		code, text, errs := invoke(t, append([]string{"run", dir, "--no-progress", "--uncorrelated", file}, args...)...)
		if code != exitDone {
			t.Fatalf("exit %d: %s%s", code, text, errs)
		}
		return len(readAll(t, file)) - 1
	}
	before, after := uncorrelated(), uncorrelated("--manual", manual)
	if before < 800 || after > before-400 {
		t.Errorf("%d accounts without identity, %d with the links made by hand", before, after)
	}
}

// testSettings: what idprofile.json says counts, and mistakes in it are told.
func testSettings(t *testing.T, dir string) {
	t.Helper()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "idprofile.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"linkage":{"columns":{"HR.phone":"ignored","AD.telephoneNumber":"ignored"},"link":0.999}}`)
	code, text, errs := invoke(t, "correlate", dir, "--probable")
	if code != exitDone || strings.Contains(text, "telephoneNumber and phone") {
		t.Errorf("exit %d, ignored columns are compared: %s%s", code, text, errs)
	}
	write(`{"linkage":{"links":1,"review":7,"columns":{"x":"telephone"}}}`)
	_, text, _ = invoke(t, "lint", dir)
	for _, need := range []string{"settings-unknown", `unknown kind of column "telephone"`, "review is 7"} {
		if !strings.Contains(text, need) {
			t.Errorf("no %s in %s", need, text)
		}
	}
}
