package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func write(t testing.TB, dir, name, src string) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
}

const mail = "/edit?key=transform%2FEmployee%20Email"

// caret puts the caret behind the first place of a text in the editor.
func (b *browser) caret(text string) {
	b.t.Helper()
	place := fmt.Sprintf(`(() => { const v = document.querySelector("#mount").editor.view, at = v.state.doc.toString().indexOf(%[1]q);
		if (at >= 0) { v.dispatch({selection: {anchor: at + %[1]q.length}, scrollIntoView: true}); v.focus(); }
		return at >= 0; })()`, text)
	if !eval[bool](b, place) {
		b.t.Fatalf("the editor has no %s", text)
	}
}

// An edit that breaks the text says where and keeps the last values; the hint mends it; the values beside
// and the effect on everybody follow; the draft leaves as a patch that applies.
func TestEdit(t *testing.T) {
	dir := acme(t)
	s := serve(t, dir)
	b := open(t)
	b.size(1600, false)
	b.visit(s, mail, "#people .attribute")

	b.caret(`"type": "lower`)
	b.do(chromedp.KeyEvent("x"), visible("#found .fix"))
	if text := eval[string](b, `document.querySelector("#found").innerText`); !strings.Contains(text, "lowerx") {
		t.Errorf("findings: %s", text)
	}
	b.wait(`!!document.querySelector(".cm-lintRange-error")`)
	b.accessible()
	b.shot("editor-broken-1600-light")
	b.do(click("#found .fix"))
	b.wait(`document.querySelector("#found").innerText.includes("No findings")`)
	b.wait(`document.querySelector("#effect-status").innerText.includes("Nothing has been changed")`)

	b.caret(`"type": "lower`)
	b.do(chromedp.KeyEvent(strings.Repeat(kb.Backspace, len("lower"))), chromedp.KeyEvent("upper"))
	b.wait(`document.querySelectorAll("#people .attribute.changed").length > 0`)
	b.wait(`/people change/.test(document.querySelector(".headline")?.innerText)`)
	if text := eval[string](b, `document.querySelector("#people .attribute.changed").innerText`); !strings.Contains(text, "@ACME.EXAMPLE") {
		t.Errorf("value beside the editor: %s", text)
	}
	if at := eval[string](b, `location.search`); !strings.Contains(at, "people=") || !strings.Contains(at, "key=") {
		t.Errorf("the address does not say what is seen: %s", at)
	}
	b.accessible()
	b.shot("editor-draft-1600-light")
	b.size(1600, true)
	b.shot("editor-draft-1600-dark")
	b.size(480, false)
	b.fits()
	b.shot("editor-draft-480-light")
	b.size(1600, false)

	patch := eval[string](b, `import("/assets/drafts.js").then((d) => fetch("/api/export", {method: "POST", headers: {Authorization: "Bearer " + localStorage.getItem("workbench-token")}, body: JSON.stringify({drafts: d.sent(), as: "patch"})})).then((r) => r.text())`)
	apply := exec.Command("git", "apply")
	apply.Dir, apply.Stdin = dir, strings.NewReader(patch)
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Errorf("the patch does not apply: %v %s\n%s", err, out, patch)
	}
	if src, _ := os.ReadFile(filepath.Join(dir, "transforms/employee-email.json")); !bytes.Contains(src, []byte(`"upper"`)) {
		t.Errorf("patched: %s", src)
	}

	// Groups open to people, with what changes for each.
	b.do(click(`#groups a[href*="group="]`), visible("table ins"))
	b.accessible()
	b.shot("people-changed-1600-light")
	if said := b.errors(); len(said) > 0 {
		t.Errorf("the page complains: %q", said)
	}
}

// Names are completed from the configuration.
func TestCompletion(t *testing.T) {
	s := serve(t, acme(t))
	b := open(t)
	b.visit(s, mail, "#people .attribute")
	b.caret(`"id": "Generated`)
	b.do(chromedp.KeyEvent(strings.Repeat(kb.Backspace, 3)), chromedp.KeyEvent("t"), visible(".cm-tooltip-autocomplete li"))
	if text := eval[string](b, `document.querySelector(".cm-tooltip-autocomplete").innerText`); !strings.Contains(text, "Generated Email") {
		t.Errorf("completions: %s", text)
	}

	// The editor takes no key for a list that has just opened under the fingers of somebody.
	b.do(chromedp.Sleep(300*time.Millisecond), chromedp.KeyEvent(kb.Enter))
	b.wait(`document.querySelector(".cm-content").innerText.includes('"id": "Generated Email"')`)
	b.wait(`document.querySelector("#found").innerText.includes("No findings")`)
}

// Of two people at one object the second is told, and decides with both texts at hand; a file that changes on
// the disk is said on every page. Nothing is lost.
func TestTwoPeople(t *testing.T) {
	dir := acme(t)
	s := serve(t, dir, "--write")
	ann, bob := open(t), open(t)
	for _, b := range []*browser{ann, bob} {
		b.size(1600, false)
		b.visit(s, mail, "#people .attribute")
	}
	edit := func(b *browser, with string) {
		b.caret(`"type": "lower`)
		b.do(chromedp.KeyEvent(strings.Repeat(kb.Backspace, len("lower"))), chromedp.KeyEvent(with))
		b.wait(`document.querySelectorAll("#people .attribute").length > 0 && document.querySelector(".head .primary") !== null`)
	}
	edit(ann, "upper")
	edit(bob, "trim")
	ann.do(click(".head .primary"))
	ann.wait(`/^Saved/.test(document.querySelector("#said").innerText)`)
	bob.do(click(".head .primary"), visible("#conflict"))
	bob.accessible()
	bob.shot("conflict-1600-light")
	file := filepath.Join(dir, "transforms/employee-email.json")
	if src, _ := os.ReadFile(file); !bytes.Contains(src, []byte(`"upper"`)) {
		t.Errorf("the first one's text is gone: %s", src)
	}
	if text := eval[string](bob, `document.querySelector(".cm-content").innerText`); !strings.Contains(text, "trim") {
		t.Errorf("the second one's text is gone: %s", text)
	}
	bob.do(click("#conflict button"), click(".head .primary"))
	bob.wait(`/^Saved/.test(document.querySelector("#said").innerText)`)
	if src, _ := os.ReadFile(file); !bytes.Contains(src, []byte(`"trim"`)) {
		t.Errorf("what was decided is not saved: %s", src)
	}

	write(t, dir, "transforms/another.json", `{"name":"Another","type":"upper"}`)
	ann.wait(`/another\.json/.test(document.querySelector("#disk")?.innerText ?? "")`) // it may tell of what bob has saved before
	ann.shot("disk-1600-light")
}
