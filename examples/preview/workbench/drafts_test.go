package workbench

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const mailKey = "transform/Employee Email"

// draftOf begins a draft of an object with one text for another.
func (b *bench) draftOf(key, old, with string) draft {
	b.t.Helper()
	var o draft
	if code := b.ask("GET", "/api/object?key="+strings.NewReplacer(" ", "%20", "/", "%2F").Replace(key), nil, &o); code != 200 {
		b.t.Fatalf("%s: %d", key, code)
	}
	text := strings.Replace(o.Text, old, with, 1)
	if text == o.Text {
		b.t.Fatalf("%s has no %q:\n%s", key, old, o.Text)
	}
	return draft{Key: key, Base: o.Base, Text: text}
}

// somebody returns the ids of people whose line has a text.
func (b *bench) somebody(query string) []string {
	b.t.Helper()
	var a peopleAnswer
	b.ask("GET", "/api/people?"+query, nil, &a)
	var ids []string
	for _, p := range a.People {
		ids = append(ids, p.ID)
	}
	return ids
}

// Every object can be put back as it was, byte for byte.
func TestObjectsRoundTrip(t *testing.T) {
	crlf := "{\r\n\t\"name\": \"Crlf\",\r\n\t\"type\": \"upper\"\r\n}\r\n"
	b := newBench(t, false, map[string]string{"transforms/crlf.json": crlf, "transforms/one-line.json": `{"name":"One","type":"upper"}`})
	snap, err := b.current()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, o := range snap.objects {
		kinds[o.Kind]++
		text := shown(snap.files[o.File], o)
		e := edit(snap.files, snap.byKey, []draft{{Key: o.Key, Base: hashOf(snap.files[o.File][o.from:o.to]), Text: text}})
		if len(e.files) > 0 || len(e.problems) > 0 {
			t.Errorf("%s: %d files differ, %v", o.Key, len(e.files), e.problems)
		}
		if strings.Contains(text, "\r\n") {
			t.Errorf("%s is shown with two kinds of line ends", o.Key)
		}
	}
	for _, kind := range []string{"transform", "mapping", "profile", "source", "state", "file"} {
		if kinds[kind] == 0 {
			t.Errorf("no object of kind %s: %v", kind, kinds)
		}
	}
}

// An edit of one object shows its findings at their places, and what it gives.
func TestCheck(t *testing.T) {
	b := newBench(t, false, nil)
	people := b.somebody("q=swalker")[:1]
	var a checkAnswer

	d := b.draftOf(mailKey, `"lower"`, `"upper"`)
	if code := b.ask("POST", "/api/check", checkRequest{Drafts: []draft{d}, Key: mailKey, People: people}, &a); code != 200 || !a.Values || len(a.People) != 1 {
		t.Fatalf("%d %+v", code, a)
	}
	mail := a.People[0].Values[0]
	if diff := cmp.Diff([]string{"email", "steven.walker@acme.example", "STEVEN.WALKER@ACME.EXAMPLE", "true"},
		[]string{mail.Name, mail.Previous.Text(), mail.Value.Text(), map[bool]string{true: "true"}[mail.Changed]}); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if mail.Step == nil || len(mail.Step.Steps) == 0 {
		t.Error("the value has no steps")
	}

	d = b.draftOf(mailKey, `"lower"`, `"lowr"`)
	b.ask("POST", "/api/check", checkRequest{Drafts: []draft{d}, Key: mailKey, People: people}, &a)
	i := slices.IndexFunc(a.Findings, func(u underline) bool { return len(u.Fixes) > 0 })
	if i < 0 {
		t.Fatalf("no finding can be mended: %+v", a.Findings)
	}
	f := a.Findings[i].Fixes[0]
	if got := d.Text[f.From:f.To] + " " + f.Insert; got != `"lowr" "lower"` {
		t.Errorf("the fix puts %s", got)
	}

	d = b.draftOf(mailKey, `"lower",`, `"lower"`)
	b.ask("POST", "/api/check", checkRequest{Drafts: []draft{d}, Key: mailKey, People: people}, &a)
	if a.Values || len(a.Findings) != 1 || a.Findings[0].Code != "json-syntax" {
		t.Errorf("broken JSON gives %+v", a)
	}
}

// effectOf asks for the effect of drafts and returns the last line.
func (b *bench) effectOf(drafts ...draft) effectLine {
	b.t.Helper()
	src, err := json.Marshal(effectRequest{Drafts: drafts})
	if err != nil {
		b.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.do("POST", "/api/effect", string(src), nil).Body.String()), "\n")
	var last effectLine
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		b.t.Fatalf("%v in %.300s", err, lines[len(lines)-1])
	}
	return last
}

// The effect on everybody has groups, and the people of each can be listed.
func TestEffect(t *testing.T) {
	b := newBench(t, false, nil)
	drafts := []draft{b.draftOf("transform/Country Code", `"alpha2"`, `"alpha3"`), b.draftOf("mapping/Employees/department", `"reference"`, `"upper"`)}
	got := b.effectOf(drafts...)
	if got.Report == nil || got.Report.Totals.People == 0 || len(got.Titles) != len(got.Report.Groups) {
		t.Fatalf("%+v", got)
	}
	for i, g := range got.Report.Groups {
		var a peopleAnswer
		b.ask("GET", "/api/people?effect="+got.ID+"&group="+fmt.Sprint(i), nil, &a)
		if a.Total != g.Count || len(a.People[0].Change) == 0 {
			t.Errorf("%s: %d people are listed, %d counted", got.Titles[i], a.Total, g.Count)
		}
	}
	var all peopleAnswer
	b.ask("GET", "/api/people?effect="+got.ID, nil, &all)
	if all.Total != got.Report.Totals.People {
		t.Errorf("%d people are listed, %d change", all.Total, got.Report.Totals.People)
	}
	if code := b.ask("GET", "/api/people?effect=elsewhere", nil, nil); code != http.StatusGone {
		t.Errorf("an unknown effect gives %d", code)
	}
}

// Drafts leave as files, as a patch that git applies, and as a summary; nothing on the disk changes.
func TestExport(t *testing.T) {
	b := newBench(t, false, nil)
	before := b.tree()
	drafts := []draft{b.draftOf("mapping/Employees/department", `"reference"`, `"upper"`), b.draftOf(mailKey, `"lower"`, `"upper"`),
		{Key: "transform/Ünew", Text: "{\n  \"name\": \"Ünew\",\n  \"type\": \"upper\"\n}", File: "transforms/ünew.json"}}
	ask := func(as string) []byte {
		src, _ := json.Marshal(exportRequest{Drafts: drafts, As: as})
		w := b.do("POST", "/api/export", string(src), nil)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", as, w.Code, w.Body)
		}
		return w.Body.Bytes()
	}
	archive := ask("files")
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || len(z.File) != 3 {
		t.Fatalf("%v, %v", z, err)
	}
	if md := string(ask("markdown")); !strings.Contains(md, "people change") {
		t.Errorf("summary:\n%s", md)
	}
	if diff := cmp.Diff(before, b.tree()); diff != "" {
		t.Errorf("files have changed (-before +after):\n%s", diff)
	}

	patch := filepath.Join(t.TempDir(), "draft.patch")
	if err := os.WriteFile(patch, ask("patch"), 0o644); err != nil {
		t.Fatal(err)
	}
	git := exec.Command("git", "apply", "--verbose", patch)
	git.Dir = b.dir
	git.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(b.dir))
	if out, err := git.CombinedOutput(); err != nil {
		t.Skipf("git apply: %v: %s", err, out)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if _, err := want.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(b.dir, f.Name))
		if diff := cmp.Diff(want.String(), string(got)); diff != "" || err != nil {
			t.Errorf("%s: %v, mismatch (-file +patched):\n%s", f.Name, err, diff)
		}
	}
}

// Saving changes the bytes of the objects and nothing else, keeps permissions, and is refused without --write.
func TestSave(t *testing.T) {
	b := newBench(t, false, nil)
	d := b.draftOf("mapping/Employees/department", `"reference"`, `"upper"`)
	var a saveAnswer
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{d}}, &a); code != http.StatusForbidden {
		t.Errorf("without --write saving gives %d", code)
	}

	b = newBench(t, true, map[string]string{"transforms/odd.json": "{ \"unknown\" : 1.50,\t\"type\":\"upper\",\n\n\"name\":\"Odd\" }   \n\n"})
	if err := os.Chmod(filepath.Join(b.dir, "transforms/odd.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := b.tree()
	broken := b.draftOf("transform/Odd", `"type":`, `"type"`)
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{broken}}, &a); code != http.StatusConflict || a.Problems[0].Code != "syntax" {
		t.Errorf("what is no JSON: %d %+v", code, a)
	}
	odd := b.draftOf("transform/Odd", `"upper"`, `"lower"`)
	d = b.draftOf("mapping/Employees/department", `"reference"`, `"upper"`)
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{odd, d}}, &a); code != 200 {
		t.Fatalf("%d %+v", code, a)
	}
	if diff := cmp.Diff([]string{"tenant.json", "transforms/odd.json"}, a.Saved); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	after := b.tree()
	p := filepath.Join(b.dir, "transforms/odd.json")
	if want := strings.Replace(before[p], "upper", "lower", 1); after[p] != want {
		t.Errorf("got %q, want %q", after[p], want)
	}
	if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions are %v, %v", info.Mode(), err)
	}
	p = filepath.Join(b.dir, "tenant.json")
	if len(before[p])-len(after[p]) != len("reference")-len("upper") {
		t.Errorf("tenant.json has %d bytes, had %d", len(after[p]), len(before[p]))
	}
	if len(before) != len(after) {
		t.Errorf("%d files, were %d", len(after), len(before))
	}
	b.ready() // the folder is read again
	if again := b.draftOf("transform/Odd", `"lower"`, `"upper"`); again.Base == odd.Base {
		t.Error("the page still shows what was")
	}
}

// Of two people who edit one object, and of one whose file changes on the disk, nothing is lost: the
// second is told, with the text as it is now, and nothing is written.
func TestConflicts(t *testing.T) {
	b := newBench(t, true, nil)
	ann, bob := b.draftOf(mailKey, `"lower"`, `"upper"`), b.draftOf(mailKey, `"lower"`, `"trim"`)
	other := b.draftOf("transform/Country Code", `"alpha2"`, `"alpha3"`)
	var a saveAnswer
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{ann}}, &a); code != 200 {
		t.Fatalf("%d %+v", code, a)
	}
	before := b.tree()
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{other, bob}}, &a); code != http.StatusConflict {
		t.Fatalf("the second gets %d %+v", code, a)
	}
	if len(a.Problems) != 1 || a.Problems[0].Code != "changed" || !strings.Contains(a.Problems[0].Current, `"upper"`) {
		t.Errorf("the second is told %+v", a.Problems)
	}
	if diff := cmp.Diff(before, b.tree()); diff != "" {
		t.Errorf("files have changed (-before +after):\n%s", diff)
	}
	bob.Base = a.Problems[0].Base
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{bob}}, &a); code != 200 {
		t.Errorf("on top of the first: %d %+v", code, a)
	}
	b.ready()

	// Another object of the same file does not stand in the way; the object itself does.
	mine := b.draftOf("mapping/Employees/department", `"reference"`, `"upper"`)
	p := filepath.Join(b.dir, "tenant.json")
	src, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	put(t, b.dir, "tenant.json", strings.Replace(string(src), "People on the payroll", "Everybody on the payroll", 1))
	var st stateAnswer
	if b.ask("GET", "/api/state", nil, &st); !slices.Equal(st.Changed, []string{"tenant.json"}) {
		t.Errorf("changed on the disk: %v", st.Changed)
	}
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{mine}}, &a); code != 200 {
		t.Errorf("beside a change on the disk: %d %+v", code, a)
	}
	if now, _ := os.ReadFile(p); !strings.Contains(string(now), "Everybody on the payroll") {
		t.Error("the change on the disk is lost")
	}
	b.ready()
	mine = b.draftOf("mapping/Employees/jobTitle", `"reference"`, `"upper"`)
	if err := os.Remove(p); err != nil {
		t.Fatal(err)
	}
	if code := b.ask("POST", "/api/save", saveRequest{Drafts: []draft{mine}}, &a); code != http.StatusConflict || a.Problems[0].Code != "gone" {
		t.Errorf("a file that is gone: %d %+v", code, a)
	}
}

// Drafts that contain each other, and new objects whose place is taken, are refused.
func TestDraftProblems(t *testing.T) {
	b := newBench(t, false, nil)
	profile := b.draftOf("profile/Employees", "People on the payroll", "Everybody on the payroll")
	mapping := b.draftOf("mapping/Employees/department", `"reference"`, `"upper"`)
	for _, c := range []struct {
		name   string
		drafts []draft
		want   string
	}{
		{"overlap", []draft{profile, mapping}, "overlap"},
		{"taken", []draft{{Key: mailKey, Text: "{}"}}, "exists"},
		{"file taken", []draft{{Key: "transform/N", Text: "{}", File: "tenant.json"}}, "exists"},
		{"gone", []draft{{Key: "transform/Nobody", Base: "x", Text: "{}"}}, "gone"},
		{"elsewhere", []draft{{Key: "transform/N", Text: "{}", File: "../n.json"}}, "file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var a checkAnswer
			b.ask("POST", "/api/check", checkRequest{Drafts: c.drafts, Key: c.drafts[0].Key}, &a)
			if len(a.Problems) != 1 || a.Problems[0].Code != c.want {
				t.Errorf("got %+v, want %s", a.Problems, c.want)
			}
		})
	}
}

// A folder that cannot be run says why, and is read again when it was mended.
func TestUnreadableFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "tenant.json", "{\n  broken\n}")
	b := serveDir(t, dir, false)
	var st stateAnswer
	if b.ask("GET", "/api/state", nil, &st); st.Ready || !strings.Contains(st.Error, "tenant.json:2") {
		t.Errorf("got %+v", st)
	}
	if code := b.ask("GET", "/api/overview", nil, nil); code != http.StatusConflict {
		t.Errorf("overview gives %d", code)
	}
	if err := os.CopyFS(filepath.Join(dir, "x"), os.DirFS("../../acme")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "tenant.json")); err != nil {
		t.Fatal(err)
	}
	b.ask("POST", "/api/reload", map[string]string{}, nil)
	b.ready()
	if b.ask("GET", "/api/state", nil, &st); !st.Ready {
		t.Errorf("mended, got %+v", st)
	}
}

// All other answers have their shape for the example tenant.
func TestAnswers(t *testing.T) {
	b := newBench(t, false, nil)
	who := b.somebody("q=swalker")[0]
	for _, path := range []string{"/api/overview", "/api/people?exception=any", "/api/person/" + who, "/api/person/" + who + "?at=2026-12-01", "/api/ahead", "/api/ahead?id=" + who,
		"/api/objects", "/api/words", "/api/correlation", "/api/correlation?source=Active%20Directory", "/api/lineage", "/api/data", "/api/probable", "/api/account?source=HR&id=2358"} {
		var v map[string]any
		if code := b.ask("GET", path, nil, &v); code != 200 || len(v) == 0 {
			t.Errorf("%s: %d %v", path, code, v)
		}
		for name, member := range v {
			if member == nil && name != "identity" {
				t.Errorf("%s: %s is null", path, name)
			}
		}
	}
	for path, want := range map[string]int{"/api/person/nobody": 404, "/api/person/" + who + "?at=tomorrow": 400, "/api/account?source=HR&id=nobody": 404, "/api/object?key=x": 404} {
		if code := b.ask("GET", path, nil, nil); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
	var d draft
	if code := b.ask("POST", "/api/criterion", criterionRequest{Source: "Badge System", Property: "email", Value: "badgeId", First: true}, &d); code != 200 {
		t.Fatalf("criterion: %d", code)
	}
	if got := b.effectOf(d); got.Error != "" {
		t.Errorf("the draft of a criterion: %+v", got)
	}
	var tests testsAnswer
	if code := b.ask("POST", "/api/tests", testsRequest{}, &tests); code != 200 || tests.Cases == 0 || string(tests.Report) == "null" {
		t.Errorf("tests: %d %+v", code, tests)
	}
	var test map[string]string
	if code := b.ask("POST", "/api/case", caseRequest{People: []string{who}, Mask: true}, &test); code != 200 || strings.Contains(test["text"], "walker") || !strings.Contains(test["text"], "cases") {
		t.Errorf("case: %d %.300s", code, test["text"])
	}
}
