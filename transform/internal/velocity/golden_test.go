package velocity

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/idprofile/engine/transform/internal/limit"
)

// golden is what Apache Velocity 1.7 answers for a template when references to
// null raise.
type golden struct {
	ID    string   `json:"id"`
	Tags  []string `json:"tags"`
	Input struct {
		Template string          `json:"template"`
		Vars     json.RawMessage `json:"vars"`
		Identity json.RawMessage `json:"identity"`
	} `json:"input"`
	Expected struct {
		Value *string  `json:"value"`
		Error string   `json:"error"`
		UTF16 []uint16 `json:"utf16"`
	} `json:"expected"`
}

func readGoldens(t testing.TB, name string) []golden {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list []golden
	for _, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var g golden
		if err := json.Unmarshal(line, &g); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		list = append(list, g)
	}
	return list
}

// readExceptions lists the records whose answer is deliberately another one.
func readExceptions(t testing.TB) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		line := strings.TrimSpace(s.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		id, reason, ok := strings.Cut(line, " ")
		if !ok {
			t.Fatalf("exceptions.txt: no reason for %s", id)
		}
		list[id] = strings.TrimSpace(reason)
	}
	return list
}

func TestGoldens(t *testing.T) {
	exceptions := readExceptions(t)
	for _, name := range []string{"velocity_raising.jsonl", "extra.jsonl", "methods.jsonl"} {
		passed := 0
		list := readGoldens(t, name)
		for _, g := range list {
			problem := g.check(t)
			_, excepted := exceptions[g.ID]
			switch {
			case problem == "":
				passed++
				if excepted {
					t.Errorf("%s passes and must not stand in exceptions.txt", g.ID)
				}
			case !excepted:
				t.Errorf("%s %v %q: %s", g.ID, g.Tags, g.Input.Template, problem)
			}
			delete(exceptions, g.ID)
		}
		t.Logf("%s: %d of %d agree", name, passed, len(list))
	}
	for id := range exceptions {
		t.Errorf("exceptions.txt: there is no record %s", id)
	}
}

// check runs a record and describes the difference, if there is one.
func (g *golden) check(t testing.TB) string {
	got, err := g.run(t)
	switch {
	case g.Expected.Value == nil && err == nil:
		return fmt.Sprintf("got %q, want error %s", got, g.Expected.Error)
	case g.Expected.Value == nil:
		return g.checkKind(err)
	case err != nil:
		return fmt.Sprintf("got error %v, want %q", err, *g.Expected.Value)
	}
	want := *g.Expected.Value
	if g.Expected.UTF16 != nil {
		want = string(fromUnits(g.Expected.UTF16))
	}
	if got != want {
		return fmt.Sprintf("got %q, want %q", got, want)
	}
	return ""
}

func (g *golden) checkKind(err error) string {
	if e := (*SyntaxError)(nil); errors.As(err, &e) && e.Code == CodeUnsupported {
		return ""
	}
	kind := ErrMethod
	switch g.Expected.Error {
	case "ParseErrorException":
		kind = ErrSyntax
	case "InvalidReference":
		kind = ErrInvalidReference
	case "VelocityException", "MethodInvocationException", "ArrayIndexOutOfBoundsException":
	default:
		return "" // of no importance which
	}
	if !errors.Is(err, kind) {
		return fmt.Sprintf("got error %v, want one like %s", err, g.Expected.Error)
	}
	return ""
}

func (g *golden) run(t testing.TB) (string, error) {
	tmpl, err := Parse(g.Input.Template)
	if err != nil {
		return "", err
	}
	known := map[string]Value{}
	if len(g.Input.Vars) > 0 {
		for _, p := range decodeValue(t, g.Input.Vars).dict().pairs {
			known[p.key.text] = p.value
		}
	}
	if len(g.Input.Identity) > 0 {
		known["identity"] = ObjectOf(testIdentity{decodeValue(t, g.Input.Identity).dict()})
	}
	vars := make([]Value, len(tmpl.Names()))
	for i, name := range tmpl.Names() {
		vars[i] = known[name]
	}
	out, err := tmpl.Eval(&limit.Budget{Steps: 1e6, Output: 1e6}, vars, nil)
	checkRender(t, tmpl, vars)
	return string(out), err
}

// decodeValue keeps the order of JSON objects.
func decodeValue(t testing.TB, data []byte) Value {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeNext(d)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func decodeNext(d *json.Decoder) (Value, error) {
	tok, err := d.Token()
	if err != nil {
		return Value{}, err
	}
	switch tok := tok.(type) {
	case string:
		return TextOf(tok), nil
	case bool:
		return BoolOf(tok), nil
	case json.Number:
		n, err := tok.Int64()
		return IntOf(n), err
	case json.Delim:
		var items []Value
		for d.More() {
			v, err := decodeNext(d)
			if err != nil {
				return Value{}, err
			}
			items = append(items, v)
		}
		if _, err := d.Token(); err != nil {
			return Value{}, err
		}
		if tok == '[' {
			return ListOf(items), nil
		}
		var fields []Field
		for i := 0; i < len(items); i += 2 {
			fields = append(fields, Field{items[i].text, items[i+1]})
		}
		return MapOf(fields), nil
	}
	return Value{}, nil
}

// fromUnits writes UTF-16 with halves of pairs kept.
func fromUnits(units []uint16) []byte {
	var dst []byte
	for i := 0; i < len(units); i++ {
		if i+1 < len(units) && utf16.IsSurrogate(rune(units[i])) {
			if r := utf16.DecodeRune(rune(units[i]), rune(units[i+1])); r != '\uFFFD' {
				dst = append(dst, string(r)...)
				i++
				continue
			}
		}
		dst = appendUnit(dst, units[i])
	}
	return dst
}

// testIdentity is $identity of the goldens.
type testIdentity struct{ data *dict }

func (o testIdentity) get(name string) Value { return o.data.get(TextOf(name)) }

func (o testIdentity) Text() (string, error) { return "identity", nil }

func (o testIdentity) Property(name string) (Value, bool, error) {
	switch name {
	case "displayName", "attributes":
		return o.get(name), true, nil
	case "managerStatus":
		return BoolOf(o.get(name).isTrue()), true, nil
	case "manager":
		if v := o.get(name); v.kind == Map {
			return ObjectOf(testIdentity{v.dict()}), true, nil
		}
		return Value{}, true, nil
	case "links":
		var links []Value
		if v := o.get(name); v.kind == List {
			for _, l := range v.list().items {
				links = append(links, ObjectOf(testLink{l.dict()}))
			}
		}
		return ListOf(links), true, nil
	}
	return Value{}, false, nil
}

func (o testIdentity) Call(name string, args []Value) (Value, bool, error) {
	switch {
	case len(args) == 0 && strings.HasPrefix(name, "get"):
		return o.Property(lowerFirst(name[len("get"):]))
	case len(args) == 1 && args[0].kind == Text && name == "getAttribute":
		return o.get("attributes").dict().get(args[0]), true, nil
	case len(args) == 1 && args[0].kind == Text && name == "getStringAttribute":
		v := o.get("attributes").dict().get(args[0])
		if v.IsNull() {
			return v, true, nil
		}
		s, err := AppendText(nil, v)
		return TextOf(string(s)), true, err
	}
	return Value{}, false, nil
}

// testLink is an account of $identity.links.
type testLink struct{ data *dict }

func (o testLink) Text() (string, error) { return "link", nil }

func (o testLink) Property(name string) (Value, bool, error) {
	switch name {
	case "applicationName", "nativeIdentity", "displayName", "attributes":
		return o.data.get(TextOf(name)), true, nil
	}
	return Value{}, false, nil
}

func (o testLink) Call(name string, args []Value) (Value, bool, error) {
	switch {
	case len(args) == 0 && strings.HasPrefix(name, "get"):
		return o.Property(lowerFirst(name[len("get"):]))
	case len(args) == 1 && args[0].kind == Text && name == "getAttribute":
		return o.data.get(TextOf("attributes")).dict().get(args[0]), true, nil
	}
	return Value{}, false, nil
}

// checkRender compares Render, in memory that was used before, with Eval: texts,
// errors and costs.
func checkRender(t testing.TB, tmpl *Template, vars []Value) {
	t.Helper()
	var m Memory
	_, _ = tmpl.Render(&m, &limit.Budget{Steps: 20000, Output: 20000}, slices.Clone(vars), nil)

	one, two := limit.Budget{Steps: 20000, Output: 20000}, limit.Budget{Steps: 20000, Output: 20000}
	want, wantErr := tmpl.Eval(&one, vars, []byte("front:"))
	got, err := tmpl.Render(&m, &two, slices.Clone(vars), []byte("front:"))
	if string(got) != string(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) || one.Steps != two.Steps || one.Output != two.Output {
		t.Errorf("%q: rendered %q, %v, %v left; evaluated %q, %v, %v left", tmpl.src, got, err, two, want, wantErr, one)
	}
}
