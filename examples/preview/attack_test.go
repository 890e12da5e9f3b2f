package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// forged is what a text would be taken for if its line ends counted.
const forged = "FORGED: everything is fine"

// attack makes a text that gives commands to a terminal, turns the direction of writing, and goes
// on in a line of its own; what it is for stands in front.
func attack(what string) string {
	return what + "\x1b[31m\x1b]0;owned\x07\u009b2J\u202e\u2066\u200f\b\x7f\r\n" + forged + "\n# " + forged + "\u2028" + forged + "`|<b>*"
}

// attackTenant is a tenant whose every name and value is an attack, with all that commands ask for
// beside it.
func attackTenant(t *testing.T) (dir string) {
	t.Helper()
	quote := func(v any) string {
		src, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(src)
	}
	hr, ad, mail, uid := attack("HR"), attack("AD"), attack("mail"), attack("uid")
	read := func(source, attribute string) any {
		return map[string]any{"type": "accountAttribute", "attributes": map[string]any{"sourceName": source, "attributeName": attribute}}
	}
	mapping := func(attribute string, def any) any {
		return map[string]any{"identityAttributeName": attribute, "transformDefinition": def}
	}
	source := func(id, name string) map[string]any {
		return map[string]any{"id": id, "name": name, "connector": attack("connector"), "schemas": []any{map[string]any{
			"name": "account", "identityAttribute": "id", "displayAttribute": "name",
			"attributes": []any{map[string]any{"name": "id"}, map[string]any{"name": "name"}, map[string]any{"name": mail}, map[string]any{"name": "boss"}},
		}}}
	}
	authoritative, other := source("s1", hr), source("s2", ad)
	authoritative["managerCorrelationMapping"] = map[string]any{"accountAttributeName": "boss", "identityAttributeName": "uid"}
	other["accountCorrelationConfig"] = map[string]any{"name": attack("correlation"), "attributeAssignments": []any{
		map[string]any{"property": "email", "value": mail, "operation": "EQ"}, map[string]any{"property": attack("gone"), "value": attack("gone"), "operation": "EQ"}}}

	var csvText strings.Builder
	w := csv.NewWriter(&csvText)
	for _, row := range [][]string{{"id", "name", mail, "boss"}, {attack("1"), attack("Ada"), attack("ada@x.example"), attack("2")},
		{attack("2"), attack("Bo"), attack("bo@x.example"), attack("nobody")}, {"3", "", attack("bo@x.example"), "3"}, {"", "", attack("nobody"), ""}} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()

	dir = t.TempDir()
	files := map[string]string{
		"objects.json": quote([]any{
			map[string]any{"id": "p1", "name": attack("People"), "priority": 10, "authoritativeSource": map[string]any{"type": "SOURCE", "id": "s1", "name": hr},
				"identityAttributeConfig": map[string]any{"enabled": true, "attributeTransforms": []any{
					mapping("uid", read(hr, "id")), mapping("email", map[string]any{"type": "reference", "attributes": map[string]any{"id": attack("Mail")}}),
					mapping("lastname", map[string]any{"type": "firstValid", "attributes": map[string]any{"values": []any{read(ad, attack("gone")), read(hr, "name")}}}),
					mapping(uid, map[string]any{"type": "lookup", "attributes": map[string]any{"input": read(hr, "name"), "table": map[string]any{attack("key"): attack("value")}}}),
					mapping("broken", map[string]any{"type": attack("type"), "attributes": map[string]any{attack("attribute"): "#if(" + attack("template")}}),
					mapping("manager", read(hr, "boss")),
				}}},
			authoritative, other,
			map[string]any{"name": attack("Mail"), "type": "replace", "attributes": map[string]any{"input": read(hr, mail), "regex": "(" + attack("regex"), "replacement": ""}},
			map[string]any{"name": attack("Unused"), "type": "dateFormat", "attributes": map[string]any{"input": attack("day"), "inputFormat": attack("format")}},
		}),
		"idprofile.json": quote(map[string]any{attack("setting"): 1, "sources": map[string]any{hr: map[string]any{"file": "hr.csv"}, ad: map[string]any{"file": "ad.csv"}}}),
		"hr.csv":         csvText.String(),
		"ad.csv":         csvText.String(),
		"broken.json":    "{\"a\": \"" + strings.ReplaceAll(attack("x"), "\n", " "),
		"a_test.json": quote(map[string]any{"clock": "2026-01-15T09:00:00Z", attack("member"): 1, "cases": []any{
			map[string]any{"name": attack("case"), "accounts": []any{map[string]any{"source": hr, "nativeIdentity": attack("7"), "attributes": map[string]any{"id": attack("7"), "name": attack("n")}}},
				"expect": map[string]any{"attributes": map[string]any{"uid": attack("other"), uid: attack("value")}}},
			map[string]any{"name": attack("case"), "accounts": []any{map[string]any{"source": attack("Nowhere"), "nativeIdentity": "1"}}},
		}}),
		"vectors.json": quote([]any{map[string]any{"id": attack("v"), "transform": map[string]any{"type": "lower"}, "input": attack("X"), "expected": attack("y")}}),
		"tenant.jsonl": quote(map[string]any{"id": attack("1"), "name": attack("1"), "attributes": map[string]any{"uid": attack("1"), "email": attack("other")}}) + "\n",
		"plan.json":    quote(map[string]any{"version": 1, attack("unknown"): 1, "changes": []any{map[string]any{"op": attack("op"), "path": attack("path")}}}),
		"transform.json": quote(map[string]any{"type": "concat", "attributes": map[string]any{"values": []any{attack("a"), map[string]any{"type": "lower", "attributes": map[string]any{
			"input": attack("B")}}}}}),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// attacked are the ways in which commands meet texts of others. DIR is the folder; {} is another one
// without them.
var attacked = map[string][][]string{
	"init": {{"DIR"}},
	"run":  {{"DIR"}, {"DIR", "--all"}, {"DIR", "--state", "{}/state"}, {"DIR", "--report", "{}/report"}, {"DIR", "--identities", "{}/i.csv"}},
	"lint": {{"DIR"}, {"DIR", "--all"}, {"DIR", "--fix"}, {"DIR/objects.json", "DIR/broken.json"}},
	"eval": {{"DIR/vectors.json"}},
	"test": {{"DIR"}, {"DIR", "--cover"}, {"DIR", "--mutate"}, {"DIR", "--cover-html", "{}/cover.html", "--cover-json", "{}/cover.json", "--junit", "{}/cases.xml"},
		{"DIR", "--cover-html", "-"}},
	"diff":      {{"DIR", "DIR"}, {"DIR", "../../examples/acme"}, {"../../examples/acme", "DIR"}},
	"try":       {{"DIR/transform.json", "DIR", "--input", attack("v"), "--steps"}, {attack("Mail"), "DIR"}, {attack("Nobody"), "DIR"}, {attack("People") + "/email", "DIR", "--identity", attack("1")}},
	"print":     {{"", "DIR"}, {attack("Mail"), "DIR"}, {attack("Nobody"), "DIR"}, {"DIR/transform.json", "DIR"}},
	"data":      {{"DIR"}, {"DIR", "--all"}},
	"where":     {{attack("HR"), "DIR"}, {attack("Mail"), "DIR"}, {attack("nobody"), "DIR"}, {"", "DIR", "--unused"}},
	"docs":      {{"DIR"}},
	"timeline":  {{"DIR", "--from", "2026-01-15", "--to", "2026-01-17"}},
	"state":     {{"STATE"}, {"STATE", "--runs", "1"}},
	"explain":   {{"DIR", "--identity", attack("1")}, {"DIR", "--identity", attack("nobody")}, {"DIR", "--identity", "3"}},
	"correlate": {{"DIR"}, {"DIR", "--all"}, {"DIR", "--suggest"}, {"DIR", "--explain", attack("HR") + "/" + attack("1")}, {"DIR", "--managers"}, {"DIR", "--pair", attack("1") + "=" + attack("2")}},
	"link":      {{"DIR/hr.csv"}, {"DIR/hr.csv", "DIR/ad.csv"}, {"DIR/hr.csv", "DIR/ad.csv", "--explain", attack("1") + "=" + attack("1")}},
	"apply":     {{"DIR/plan.json", "DIR"}},
	"bench":     {{"DIR", "--rounds", "1"}},
	"verify":    {{"DIR", "--identities", "DIR/tenant.jsonl"}},

	// These have no texts but those of the command line.
	"schema": {{attack("kind")}}, "generate": {{"--people", "3", "{}/made"}, {attack("x"), attack("y")}}, "help": {{attack("c")}},
	"completion": {{attack("c")}}, "manual": {{}}, "version": {{}},
}

// TestTextAttack runs every command in every form of its answer on a tenant whose names and values
// are attacks: nothing of them reaches a terminal, a page or a log as anything but text. CSV has
// values as they are, since programs read it; serve writes pages, see its own tests.
func TestTextAttack(t *testing.T) {
	dir := attackTenant(t)
	state := filepath.Join(t.TempDir(), "state")
	invoke(t, "run", dir, "--state", state)

	a := &app{out: io.Discard, err: io.Discard}
	k, err := a.parser(&commands{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range k.Model.Children {
		ways, ok := attacked[command.Name]
		if !ok && command.Name != "serve" {
			t.Errorf("%s is not attacked: add it to the table", command.Name)
		}
		for n, way := range ways {
			for _, form := range formsOf(command) {
				t.Run(fmt.Sprint(command.Name, " ", n, " ", form), func(t *testing.T) {
					beside := t.TempDir()
					args := []string{command.Name}
					for _, arg := range way {
						args = append(args, strings.NewReplacer("DIR", dir, "{}", beside, "STATE", state).Replace(arg))
					}
					if form != "" {
						args = append(args, "--format", form)
					}
					_, out, errs := invoke(t, args...)
					if strings.Contains(errs, "preview --help tells more") && !slices.Contains([]string{"generate", "schema", "help", "completion"}, command.Name) {
						t.Fatalf("the command line is wrong: %s", errs)
					}
					unharmed(t, "standard error", errs, "text")
					if slices.Contains(args, "-") {
						form = "html"
					}
					unharmed(t, "standard output", out, form)
					unharmedFiles(t, beside)
				})
			}
		}
	}
}

// unharmedFiles checks the files for people that a command has written: pages, JSON and JUnit, and
// their names.
func unharmedFiles(t *testing.T, dir string) {
	t.Helper()
	forms := map[string]string{".html": "html", ".json": "json", ".xml": "junit", ".md": "text", ".txt": "text"}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		unharmed(t, "the name of a file", filepath.Base(name), "text")
		form := forms[filepath.Ext(name)]
		if err != nil || d.IsDir() || form == "" {
			return err
		}
		src, err := os.ReadFile(name)
		unharmed(t, filepath.Base(name), string(src), form)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// formsOf are the forms of the answer of a command, "" where it has one only.
func formsOf(command *kong.Node) []string {
	for _, f := range command.Flags {
		if f.Name == "format" {
			return values(f.Value)
		}
	}
	return []string{""}
}

// unsafe are characters that do something: all controls but line end and tab, the marks of
// direction, and the other line ends of Unicode.
var unsafe = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

// unharmed checks that an answer gives no commands and that no line begins with what a text holds.
func unharmed(t *testing.T, where, text, form string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is no UTF-8", where)
	}
	if form == "csv" {
		return
	}
	if at := unsafe.FindStringIndex(text); at != nil {
		t.Errorf("%s has %q in %q", where, text[at[0]:at[1]], text[max(0, at[0]-80):min(len(text), at[1]+40)])
	}
	if slices.Contains([]string{"html", "junit", "svg", "dot", "mermaid"}, form) {
		return // a line end is white space there
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimLeft(line, " \t#>*|-"), "FORGED") {
			t.Errorf("%s has the line %q", where, line)
			break
		}
	}
}
