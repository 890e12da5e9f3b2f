package e2e

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// leave runs a command of the program that leaves files; 1 is a broken gate.
func leave(t *testing.T, stdout string, args ...string) {
	t.Helper()
	cmd := exec.Command(program(t), args...)
	cmd.Dir = "../.."
	if stdout != "" {
		f, err := os.Create(stdout)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.Stdout = f
	}
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v: %v", args, err)
	}
}

// Reports and comparisons are files: they open without a server, fit, filter, sort, open
// to people, and axe finds nothing serious on them.
func TestReports(t *testing.T) {
	b := open(t)
	dir := t.TempDir()
	after := acme(t)
	transform := filepath.Join(after, "transforms", "contractor-phone-e164.json")
	if err := os.WriteFile(transform, []byte(`{"name":"Contractor Phone E164","type":"static","attributes":{"value":"+44 20 7946"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	leave(t, "", "run", "examples/acme", "--report", filepath.Join(dir, "run"))
	leave(t, "", "correlate", "examples/acme", "--report", filepath.Join(dir, "correlate"))
	leave(t, filepath.Join(dir, "diff.html"), "diff", "examples/acme", after, "--people", "--format", "html", "--max-changes", "1")

	for _, name := range []string{
		"run/index.html", "run/Uncorrelated Accounts.html", "run/Identity Exceptions - Employees - 2026-01-15.html", "correlate/index.html", "diff.html",
	} {
		address := (&url.URL{Scheme: "file", Path: filepath.Join(dir, name)}).String()
		for _, look := range []struct {
			width int64
			dark  bool
		}{{480, false}, {1920, true}} {
			t.Run(fmt.Sprintf("%s/%d", name, look.width), func(t *testing.T) {
				v := &browser{Context: b.Context, t: t}
				v.size(look.width, look.dark)
				v.do(chromedp.Navigate(address), visible("table"))
				v.fits()
				v.accessible()
				v.shot(fmt.Sprintf("report-%s-%d", filepath.Base(name), look.width))
			})
		}
	}

	v := open(t)
	v.do(chromedp.Navigate("file://"+filepath.Join(dir, "diff.html")), visible("table"))
	if text := eval[string](v, `document.querySelector(".banner.bad").innerText`); text == "" {
		t.Error("the gate is no banner")
	}
	people := eval[int](v, `document.querySelector("details").open = true, document.querySelectorAll("details li").length`)
	if people < 10 {
		t.Errorf("the groups open to %d people", people)
	}
	if marked := eval[int](v, `document.querySelectorAll("td ins").length`); marked == 0 {
		t.Error("nothing is marked")
	}
	shown := eval[int](v, `(() => { const i = document.querySelectorAll("input")[1]; i.value = "phone +49"; i.dispatchEvent(new Event("input"));
		return [...document.querySelectorAll("table")[1].tBodies[0].rows].filter((r) => !r.hidden).length; })()`)
	if all := eval[int](v, `document.querySelectorAll("table")[1].tBodies[0].rows.length`); shown == 0 || shown >= all {
		t.Errorf("the filter shows %d of %d rows", shown, all)
	}
	first := eval[string](v, `(() => { const t = document.querySelectorAll("table")[1]; t.querySelector("th button").click(); return t.querySelector("th").getAttribute("aria-sort"); })()`)
	if first != "ascending" {
		t.Errorf("sorted %q", first)
	}
}
