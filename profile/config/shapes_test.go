package config_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

var update = flag.Bool("update", false, "write golden files anew")

// Objects of one tenant, in the form of the API and in that of SP-Config files.
const (
	shapeProfile = `{"id":"p1","name":"Staff","priority":10,"authoritativeSource":{"type":"SOURCE","id":"s1","name":"HR Core"},"identityAttributeConfig":` +
		`{"enabled":true,"attributeTransforms":[{"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR Core","attributeName":"login"}}}]}}`
	shapeGuests  = `{"id":"p2","name":"Guests","priority":20,"authoritativeSource":{"type":"SOURCE","id":"s2","name":"Guest List"},"identityAttributeConfig":{"enabled":true}}`
	shapeSchema  = `{"id":"sch1","name":"account","nativeObjectType":"User","identityAttribute":"no","displayAttribute":"login","attributes":[{"name":"no","type":"STRING"},{"name":"login","type":"STRING"},{"name":"groups","type":"STRING","isMulti":true}]}`
	shapeFile    = `{"id":"s1","name":"HR Core","connectorScriptName":"delimited-file-angularsc","schemas":[` + shapeSchema + `]}`
	shapeAPI     = `{"id":"s1","name":"HR Core","connector":"delimited-file-angularsc","accountCorrelationConfig":{"type":"ACCOUNT_CORRELATION_CONFIG","id":"c1","name":"HR corr"},"schemas":[{"type":"CONNECTOR_SCHEMA","id":"sch1","name":"account"}]}`
	shapeBare    = `{"id":"s1","name":"HR Core","connector":"delimited-file-angularsc"}`
	shapeOther   = `{"id":"s2","name":"Guest List","connector":"delimited-file-angularsc"}`
	shapeCorr    = `{"id":"c1","name":"HR corr","attributeAssignments":[{"property":"uid","value":"login","operation":"EQ","complex":false}]}`
	shapeLower   = `{"id":"t1","name":"Low","type":"lower","internal":false,"attributes":{}}`
	shapeActive  = `{"id":"l1","name":"Active","technicalName":"active","enabled":true}`
	shapePolicy  = `{"name":"Account","usageType":"CREATE","fields":[{"name":"login","transform":{"type":"identityAttribute","attributes":{"name":"uid"}},"isRequired":true,"type":"string"}]}`
	shapeMachine = `[{"source":{"type":"SOURCE","id":"s1"},"target":{"type":"IDENTITY","attributeName":"app","sourceId":"s1"},"transformDefinition":{"type":"accountAttribute","attributes":{"attributeName":"no","sourceName":"HR Core"}}}]`
)

func spConfig(entries ...string) string {
	return `{"version":1,"timestamp":"2026-07-24T08:49:19Z","tenant":"acme","objects":[` + strings.Join(entries, ",") + `]}`
}

func entry(typ, name, object string) string {
	return fmt.Sprintf(`{"version":1,"self":{"type":%q,"id":"x","name":%q},"object":%s}`, typ, name, object)
}

// inState returns the lifecycle state with more members.
func inState(more string) string { return strings.TrimSuffix(shapeActive, "}") + "," + more + "}" }

// connector returns the source of shapeFile with connector attributes.
func connector(attributes string) string {
	return strings.TrimSuffix(shapeFile, "}") + `,"connectorAttributes":` + attributes + "}"
}

func wide(text string, order binary.AppendByteOrder) string {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return string(out)
}

const shapeRows = "no,login,groups\n1,ann,\"a,b\"\n2,bob,\n"

// Every shape in which tools and people keep configurations and accounts gives the
// same objects; the golden file shows what was read, recognised and assumed.
func TestShapes(t *testing.T) {
	type files = map[string]string
	both := files{"p.json": "[" + shapeProfile + "," + shapeGuests + "]", "s.json": "[" + shapeFile + "," + shapeOther + "]"}
	one := files{"p.json": shapeProfile, "s.json": shapeFile}
	with := func(base files, more files) files {
		all := maps.Clone(base)
		maps.Copy(all, more)
		return all
	}

	var out strings.Builder
	for _, tc := range []struct {
		name  string
		files files
	}{
		{"SP-Config file", files{"export.json": spConfig(entry("IDENTITY_PROFILE", "Staff", shapeProfile), entry("SOURCE", "HR Core", shapeFile), entry("TRANSFORM", "Low", shapeLower),
			entry("LIFECYCLE_STATE", "Active", inState(`"identityProfileRef":{"type":"IDENTITY_PROFILE","id":"p1","name":"Staff"},"accountActionRefs":[{"action":"DISABLE","sourceIdsRefs":[{"type":"SOURCE","id":"s1"}],"excludeSourceIdsRefs":null,"allSources":false}]`)))}},
		{"profile export", files{"profiles.json": "[" + entry("IDENTITY_PROFILE", "Staff", shapeProfile) + "]", "s.json": shapeFile}},
		{"API objects, one a file", files{"profile.json": shapeProfile, "source.json": shapeAPI, "schema.json": shapeSchema, "corr.json": shapeCorr, "low.json": shapeLower}},
		{"API lists", files{"profiles.json": "[" + shapeProfile + "]", "sources.json": "[" + shapeAPI + "]", "schemas.json": "[" + shapeSchema + "]", "transforms.json": "[" + shapeLower + "]"}},
		{"API lists in an object", files{"all.json": `{"count":2,"items":[` + shapeProfile + "," + shapeFile + `]}`, "t.json": `{"transforms":[` + shapeLower + `]}`}},
		{"folders of the VS Code extension", files{"IDENTITY_PROFILE/Staff.json": entry("IDENTITY_PROFILE", "Staff", shapeProfile), "SOURCE/HR Core.json": entry("SOURCE", "HR Core", shapeFile), "TRANSFORM/Low.json": entry("TRANSFORM", "Low", shapeLower)}},
		{"old profile", files{"s.json": shapeFile, "p.json": `{"name":"Staff","priority":10,"source":{"id":"s1","name":"HR Core"},"configuredStates":[` + shapeActive + `],"attributeConfig":{"enabled":true,"attributeTransforms":[{"attributeName":"uid","type":"accountAttribute","attributes":{"sourceName":"HR Core","attributeName":"login"}}]}}`}},
		{"profile alone", files{"p.json": shapeProfile}},
		{"source without schema", files{"p.json": shapeProfile, "s.json": shapeBare}},
		{"state by profile id", with(both, files{"l.json": inState(`"identityProfileId":"p2"`)})},
		{"state by profile name", with(both, files{"l.json": inState(`"identityProfile":{"name":"Guests"}`)})},
		{"state by reference of another tenant", with(both, files{"l.json": inState(`"identityProfileRef":{"type":"IDENTITY_PROFILE","id":"elsewhere","name":"Guests"}`)})},
		{"states by folder", with(both, files{"lifecycle-states/Guests/active.json": shapeActive})},
		{"states by file name", with(both, files{"lifecycle-states/Guests.json": "[" + shapeActive + "]"})},
		{"state of the only profile", with(one, files{"l.json": shapeActive})},
		{"state of no profile", with(both, files{"l.json": shapeActive})},
		{"schema by id", files{"p.json": shapeProfile, "s.json": "[" + shapeAPI + "," + shapeOther + "]", "x/account.json": shapeSchema}},
		{"schema by folder", files{"p.json": shapeProfile, "s.json": "[" + shapeBare + "," + shapeOther + "]", "schemas/HR Core/account.json": strings.Replace(shapeSchema, "sch1", "other", 1)}},
		{"schema by sourceName", files{"p.json": shapeProfile, "s.json": "[" + shapeBare + "," + shapeOther + "]", "x.json": strings.Replace(shapeSchema, `{"id"`, `{"sourceName":"HR Core","id"`, 1)}},
		{"schema entry", files{"p.json": shapeProfile, "s.json": shapeAPI, "x.json": entry("CONNECTOR_SCHEMA", "account", shapeSchema)}},
		{"policy by sourceId", with(both, files{"x.json": strings.Replace(shapePolicy, `{"name"`, `{"sourceId":"s1","name"`, 1)})},
		{"policies in an object", with(one, files{"x.json": `{"provisioningPolicies":[` + shapePolicy + `]}`})},
		{"policy in a folder", with(both, files{"provisioning-policies/HR Core/create.json": shapePolicy})},
		{"field alone", with(one, files{"x.json": `{"name":"mail","transform":{"type":"static","attributes":{"value":"x"}},"attributes":{},"isRequired":false,"type":"string"}`})},
		{"machine account mappings", with(one, files{"x.json": shapeMachine})},
		{"rules by id", files{"p.json": shapeProfile, "s.json": strings.Replace(shapeFile, `"schemas"`, `"managerCorrelationRule":{"type":"RULE","id":"r1"},"accountCorrelationRule":"Find","schemas"`, 1), "r.json": `{"id":"r1","name":"Mgr","type":"ManagerCorrelation","sourceCode":{"version":"1","script":"return null;"}}`}},
		{"what takes no part", with(one, files{"task.json": `{"id":"t","completionStatus":"SUCCESS","launched":"2026"}`, "ref.json": `{"type":"SOURCE","id":"s1","name":"HR Core"}`, "search.json": `[{"id":"i","name":"x","_type":"identity","attributes":{}}]`})},
		{"a transform without name", with(one, files{"t.json": `{"type":"upper"}`})},
		{"identity attributes", with(one, files{"a.json": `[{"name":"uid","displayName":"User Name","standard":true,"system":false,"searchable":true}]`})},
		{"byte order mark", files{"p.json": "\ufeff" + shapeProfile, "s.json": shapeFile}},

		{"accounts: comma", with(one, files{"accounts/HR Core.csv": shapeRows})},
		{"accounts: percent-encoded", with(one, files{"accounts/HR%20Core.csv": shapeRows})},
		{"accounts: name with signs", with(one, files{"accounts/hr_core.csv": shapeRows})},
		{"accounts: export name", with(one, files{"accounts/demo-HR Core-Accounts-20260114-182233.csv": shapeRows})},
		{"accounts: newest of two exports", with(one, files{"accounts/HR Core 2026-01-01.csv": "no,login\n9,old\n", "accounts/HR Core 2026-01-02.csv": shapeRows})},
		{"accounts: beside the configuration", with(one, files{"HR Core.csv": shapeRows})},
		{"accounts: the only file of the only source", with(one, files{"accounts/people.csv": shapeRows})},
		{"accounts: semicolon", with(one, files{"accounts/HR Core.csv": "no;login;groups\n1;ann;a,b\n2;bob;\n"})},
		{"accounts: tab", with(one, files{"accounts/HR Core.tsv": "no\tlogin\tgroups\n1\tann\ta,b\n2\tbob\t\n"})},
		{"accounts: bar", with(one, files{"accounts/HR Core.txt": "no|login|groups\n1|ann|a,b\n2|bob|\n"})},
		{"accounts: UTF-16 with mark", with(one, files{"accounts/HR Core.csv": wide("\ufeff"+shapeRows, binary.LittleEndian)})},
		{"accounts: UTF-16 without mark", with(one, files{"accounts/HR Core.csv": wide(shapeRows, binary.BigEndian)})},
		{"accounts: UTF-16 beside the configuration", with(one, files{"data/HR Core_accounts.csv": wide("\ufeff"+shapeRows, binary.LittleEndian)})},
		{"configuration: UTF-16 with mark", files{"p.json": wide("\ufeff"+shapeProfile, binary.LittleEndian), "accounts/HR Core.csv": shapeRows}},
		{"settings: now is a day, a source is misspelled", with(one, files{"idprofile.json": `{"now":"2026-01-15","sources":{"HR Cor":{}}}`, "accounts/HR Core.csv": shapeRows})},
		{"accounts: Windows-1252", with(one, files{"accounts/HR Core.csv": "no,login,groups\n1,Andr\xe9,\"a,b\"\n2,bob,\n"})},
		{"accounts: UTF-8 with mark", with(one, files{"accounts/HR Core.csv": "\ufeff" + shapeRows})},
		{"accounts: carriage returns", with(one, files{"accounts/HR Core.csv": strings.ReplaceAll(shapeRows, "\n", "\r\n")})},
		{"accounts: no header, names of the connector", files{"p.json": shapeProfile, "s.json": connector(`{"hasHeader":"false","columnNames":["no","login","groups"]}`), "accounts/HR Core.csv": "1,ann,\"a,b\"\n2,bob,\n"}},
		{"accounts: connector says another delimiter", files{"p.json": shapeProfile, "s.json": connector(`{"delimiter":"|"}`), "accounts/HR Core.csv": shapeRows}},
		{"accounts: settings say another delimiter", with(one, files{"idprofile.json": `{"sources":{"HR Core":{"delimiter":"|"}}}`, "accounts/HR Core.csv": "no|login|groups\n1|ann|a,b\n2|bob|\n"})},
		{"accounts: merged rows", files{"p.json": shapeProfile, "s.json": connector(`{"mergeRows":true,"mergeColumns":["groups"],"indexColumn":"no"}`), "accounts/HR Core.csv": "no,login,groups\n1,ann,a\n2,bob,\n1,ann,b\n"}},
		{"accounts: merged rows, texts", files{"p.json": shapeProfile, "s.json": connector(`{"mergeRows":"true","mergeColumns":"groups"}`), "accounts/HR Core.csv": "no,login,groups\n1,ann,\"a, x\"\n1,ann,b\n2,bob,\n"}},
		{"accounts: merge column that is not there", files{"p.json": shapeProfile, "s.json": connector(`{"mergeRows":true,"mergeColumns":["Groups"]}`), "accounts/HR Core.csv": "no,login,groups\n1,ann,a\n2,bob,\n"}},
		{"accounts: filtered", files{"p.json": shapeProfile, "s.json": connector(`{"filterString":"login == \"old\""}`), "accounts/HR Core.csv": shapeRows + "3,old,\n"}},
		{"accounts: API list of one file for all", with(both, files{"backup/accounts.json": `[{"nativeIdentity":"1","name":"ann","sourceId":"s1","sourceName":"HR Core","attributes":{"no":"1","login":"ann","groups":["a","b"]}},` +
			`{"nativeIdentity":"2","name":"bob","sourceId":"s1","sourceName":"HR Core","attributes":{"no":"2","login":"bob"}},{"nativeIdentity":"g","name":"g","sourceId":"s2","sourceName":"Guest List","attributes":{}},{"nativeIdentity":"z","name":"z","sourceId":"s9","sourceName":"Gone","attributes":{}}]`})},
		{"accounts: CSV list of one file for all", with(both, files{"accounts.csv": "nativeIdentity,name,sourceName,attributes.login,attributes.groups\n1,ann,HR Core,ann,\"a,b\"\n2,bob,HR Core,bob,\ng,g,Guest List,,\n"})},
		{"accounts: JSON Lines", with(one, files{"accounts/HR Core.jsonl": `{"no":"1","login":"ann","groups":["a","b"]}` + "\n" + `{"no":"2","login":"bob"}` + "\n"})},
		{"accounts: JSON of the API", with(one, files{"accounts/HR Core.json": `[{"nativeIdentity":"1","name":"ann","attributes":{"no":"1","login":"ann","groups":["a","b"]}},{"nativeIdentity":"2","name":"bob","attributes":{"no":"2","login":"bob"}}]`})},
		{"accounts: a column in another case", with(one, files{"accounts/HR Core.csv": "no,Login,groups\n1,ann,\"a,b\"\n2,bob,\n"})},
		{"accounts: of no source", with(both, files{"accounts/HR Cores.csv": shapeRows})},
	} {
		fsys := fstest.MapFS{}
		for name, text := range tc.files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		fmt.Fprintf(&out, "== %s\n%s", tc.name, shapeOutcome(t, fsys))
	}

	const golden = "testdata/shapes.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("-update writes it anew; mismatch (-want +got):\n%s", diff)
	}
}

// shapeOutcome tells what was read of a folder: objects, accounts, findings and
// assumptions without those that every folder has.
func shapeOutcome(t *testing.T, fsys fstest.MapFS) string {
	var out, said strings.Builder
	finding := func(d diag.Diagnostic) { fmt.Fprintf(&said, "  %s %s: %s\n", d.Severity, d.Code, d.Message) }
	assumption := func(a diag.Assumption) {
		if !slices.Contains([]diag.Code{"default-taken", "attributes-unmapped", "created-missing"}, a.Code) {
			fmt.Fprintf(&said, "  %v\n", a)
		}
	}

	b, found := config.Load(fsys)
	for _, a := range b.Assumptions {
		assumption(a)
	}
	sources, more := b.OpenAccounts(fsys, config.Listener{OnFinding: finding, OnAssumption: assumption})
	for _, d := range append(found, more...) {
		if d.Code != "data-missing" && d.Code != "source-without-criteria" {
			finding(d)
		}
	}

	for _, p := range b.Profiles {
		var states []string
		for _, s := range p.States {
			states = append(states, s.TechnicalName)
		}
		fmt.Fprintf(&out, "profile %s of %s, %d mappings, states %v\n", p.Name, p.Source.Name, len(p.Mappings), states)
	}
	for _, s := range b.Sources {
		fmt.Fprintf(&out, "source %s", s.Name)
		if s.Schema != nil {
			fmt.Fprintf(&out, ", schema %v", s.Schema.Names())
		}
		if s.Correlation != nil {
			fmt.Fprintf(&out, ", %d criteria", len(s.Correlation.Assignments))
		}
		if s.CorrelationRule != "" || s.Manager != nil {
			fmt.Fprintf(&out, ", rule %q, manager %v", s.CorrelationRule, *s.Manager)
		}
		if len(s.Policies) > 0 {
			fmt.Fprintf(&out, ", %d policies", len(s.Policies))
		}
		out.WriteByte('\n')
	}
	if n := len(b.Transforms) + len(b.Attributes) + len(b.Policies) + len(b.Fields) + len(b.MachineMappings) + len(b.Rules); n > 0 {
		fmt.Fprintf(&out, "transforms %v, %d attributes, %d policies and %d fields alone, %d machine mappings, %d rules\n",
			slices.Sorted(maps.Keys(b.Transforms)), len(b.Attributes), len(b.Policies), len(b.Fields), len(b.MachineMappings), len(b.Rules))
	}
	for _, s := range sources {
		for a, err := range s.Accounts(t.Context()) {
			if err != nil {
				fmt.Fprintf(&out, "account %v\n", err)
				break
			}
			fmt.Fprintf(&out, "account %s, login %v, groups %v\n", a.Key(), a.Attributes.Get("login"), a.Attributes.Get("groups"))
		}
	}
	return out.String() + said.String()
}
