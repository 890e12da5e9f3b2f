package transform_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

const acme = "../examples/acme"

// acmeConfig reads the stored transforms and the mappings of the example tenant.
func acmeConfig(t *testing.T) (o transform.Options, items []transform.Item) {
	t.Helper()
	o.Transforms = map[string]*transform.Definition{}
	files, err := filepath.Glob(acme + "/transforms/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transforms: %v", err)
	}
	for _, file := range append(files, acme+"/tenant.json") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root, found := jsondoc.Parse(filepath.Base(file), src)
		if found.HasErrors() {
			t.Fatal(found)
		}
		if root.Get("type") != nil {
			def := transform.FromNode(root)
			o.Transforms[def.Name] = def
		}
		acmeObjects(root, &o, &items)
	}
	return o, items
}

func acmeObjects(n *jsondoc.Node, o *transform.Options, items *[]transform.Item) {
	if def := n.Get("transformDefinition"); def != nil {
		*items = append(*items, transform.Item{Def: transform.FromNode(def), Path: diag.Path{diag.Named("attribute", n.Get("identityAttributeName").Text())}})
	}
	if object := n.Get("object"); object != nil {
		switch def := transform.FromNode(object); n.At("self", "type").Text() {
		case "TRANSFORM":
			o.Transforms[def.Name] = def
		case "SOURCE":
			o.Sources = append(o.Sources, transform.SourceInfo{Name: def.Name, ID: def.ID, ApplicationName: object.Get("cloudDisplayName").Text()})
		}
	}
	for _, m := range n.Members() {
		acmeObjects(m.Value, o, items)
	}
	for _, item := range n.Items() {
		acmeObjects(item, o, items)
	}
}

// acmeAccounts reads the accounts of a comma-separated file.
func acmeAccounts(t *testing.T, source string) []identity.Account {
	t.Helper()
	f, err := os.Open(filepath.Join(acme, "accounts", source+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	schema := identity.NewSchema(rows[0]...)
	var list []identity.Account
	for i, row := range rows[1:] {
		values := make([]identity.Value, len(rows[0]))
		for j, cell := range row[:min(len(row), len(values))] {
			if cell != "" {
				values[j] = identity.StringValue(cell)
			}
		}
		list = append(list, identity.Account{Source: source, NativeIdentity: row[0], Created: time.Unix(int64(i), 0), Attributes: identity.Pack(schema, values)})
	}
	return list
}

func TestAcmeHasNoErrors(t *testing.T) {
	o, items := acmeConfig(t)
	for _, d := range builtin.Library().Lint(o, items...) {
		if d.Severity == diag.Error {
			t.Error(d)
		}
	}
}

// TestAcmePlainIsTheSame: optimised programs give what readable ones give, for
// every mapping and transform of the example tenant and all its accounts.
func TestAcmePlainIsTheSame(t *testing.T) {
	o, items := acmeConfig(t)
	for _, def := range o.Transforms {
		items = append(items, transform.Item{Def: def})
	}
	lib := builtin.Library()
	fast, _ := lib.Link(o, items...)
	o.Plain = true
	plain, _ := lib.Link(o, items...)
	env := &transform.Env{Now: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Seed: 1}
	sf, sp := fast.NewScope(t.Context(), env), plain.NewScope(t.Context(), env)
	values := 0
	for _, source := range []string{"HR", "Contractors"} {
		for _, a := range acmeAccounts(t, source) {
			accounts := []identity.Account{a}
			who := person{id: a.NativeIdentity, attrs: a.Attributes.Map()}
			sf.Reset(who, accounts)
			sp.Reset(who, accounts)
			for i := range items {
				input := a.Attributes.At(i % a.Attributes.Schema().Len())
				want, werr := plain.Programs()[i].Eval(sp, input)
				got, gerr := fast.Programs()[i].Eval(sf, input)
				if errorText(werr) != errorText(gerr) || !got.Equal(want) {
					t.Errorf("%s %s: got %s, %v; plain %s, %v", a.NativeIdentity, items[i].Path, got, gerr, want, werr)
				}
				if !got.IsNull() {
					values++
				}
			}
		}
	}
	if values < 1000 {
		t.Errorf("only %d values were compared", values)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return strings.TrimSpace(err.Error())
}
