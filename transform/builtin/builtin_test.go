package builtin_test

import (
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// operationCount is the number of types that the platform documents.
const operationCount = 36

func TestOperations(t *testing.T) {
	lib := builtin.Library()
	if n := len(lib.Types()); n != operationCount {
		t.Errorf("got %d operations, want %d", n, operationCount)
	}
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		documented(t, op)
		for i := range op.Parts {
			documented(t, &op.Parts[i])
		}
	}
}

// documented checks that the reference page has something to say.
func documented(t *testing.T, op *transform.Operation) {
	t.Helper()
	if op.Doc == "" || len(op.Examples) == 0 {
		t.Errorf("%s has no doc or no example", op.Type)
	}
	for _, f := range op.Fields {
		selects := f.Name == "name" || f.Name == "operation"
		if f.Doc == "" && f.Kind != transform.KindVariables && f.Kind != transform.KindArguments && !selects {
			t.Errorf("%s.%s has no doc", op.Type, f.Name)
		}
	}
}

// TestExamples runs the examples of the reference page.
func TestExamples(t *testing.T) {
	lib := builtin.Library()
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		runExamples(t, lib, op)
		for i := range op.Parts {
			runExamples(t, lib, &op.Parts[i])
		}
	}
}

func runExamples(t *testing.T, lib *transform.Library, op *transform.Operation) {
	for _, e := range op.Examples {
		t.Run(op.Type+" "+e.Doc, func(t *testing.T) {
			def, found := transform.Parse("example.json", []byte(e.Config))
			if len(found) > 0 {
				t.Fatal(found)
			}
			unit, _ := lib.Link(transform.Options{Provisioning: op.Type == "usernameGenerator"}, transform.Item{Def: def})
			got, err := unit.Run(t.Context(), &transform.Env{}, unit.Programs()[0], nil, nil, e.Input)
			if !errors.Is(err, e.Err) {
				t.Fatalf("error %v, want %v", err, e.Err)
			}
			if e.Match != "" {
				if !regexp.MustCompile(`^(?:` + e.Match + `)$`).MatchString(got.Text()) {
					t.Errorf("got %s, want a match of %s", got, e.Match)
				}
			} else if diff := cmp.Diff(e.Want.String(), got.String()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestExamplesAreClean: what the reference page shows has no error in it.
func TestExamplesAreClean(t *testing.T) {
	lib := builtin.Library()
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		for _, e := range op.Examples {
			def, _ := transform.Parse("example.json", []byte(e.Config))
			_, found := lib.Compile(def, nil)
			for _, d := range found {
				if d.Severity == diag.Error && e.Err == nil {
					t.Errorf("%s: %s", typ, d)
				}
			}
		}
	}
}

// TestRandomStreams: values depend on the seed, the identity and the place, and
// on nothing else.
func TestRandomStreams(t *testing.T) {
	lib := builtin.Library()
	def, _ := transform.Parse("r.json", []byte(`{"type":"concat","attributes":{"values":[{"type":"uuid"},"|",{"type":"uuid"}]}}`))
	unit, _ := lib.Link(transform.Options{}, transform.Item{Def: def})
	value := func(seed uint64, id string) string {
		v, err := unit.Run(t.Context(), &transform.Env{Seed: seed}, unit.Programs()[0], subject(id), nil, identity.Value{})
		if err != nil {
			t.Fatal(err)
		}
		return string([]byte(v.Text()))
	}
	first := value(1, "a")
	if first[:36] == first[37:] {
		t.Errorf("two places draw the same value %s", first)
	}
	if again := value(1, "a"); again != first {
		t.Errorf("a second run gives %s, the first %s", again, first)
	}
	if value(2, "a") == first || value(1, "b") == first {
		t.Error("seed or identity make no difference")
	}
}

// subject is an identity that has nothing but an id.
type subject string

func (s subject) ID() string                               { return string(s) }
func (s subject) Name() string                             { return "" }
func (s subject) Attribute(string) (identity.Value, error) { return identity.Value{}, nil }
func (s subject) AttributeNames() []string                 { return nil }
func (s subject) Manager() (transform.Subject, error)      { return nil, nil }
func (s subject) IsManager() bool                          { return false }
func (s subject) Accounts() []identity.Account             { return nil }
