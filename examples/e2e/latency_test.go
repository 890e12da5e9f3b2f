package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// measures returns the durations that the page has measured under a name, in milliseconds.
func measures(b *browser, name string) []float64 {
	b.t.Helper()
	list := eval[[]float64](b, fmt.Sprintf(`performance.getEntriesByName(%q).map((e) => e.duration)`, name))
	slices.Sort(list)
	return list
}

func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return list[min(len(list)-1, int(float64(len(list))*q))]
}

// The figures that people feel: key press to values, steps and findings of five people; first figures and complete
// effect of an edit of one attribute.
func TestLatency(t *testing.T) {
	t.Run("acme", func(t *testing.T) { latency(t, acme(t)) })
	if *people > 0 {
		dir := filepath.Join(t.TempDir(), "large")
		if out, err := exec.Command(program(t), "generate", "-n", fmt.Sprint(*people), dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		t.Run(fmt.Sprint(*people), func(t *testing.T) { latency(t, dir) })
	}
}

func latency(t *testing.T, dir string) {
	cmd := exec.Command(program(t), "run", dir, "--format", "json")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %.500s", err, out)
	}
	run := maxRSS(cmd)
	s := serve(t, dir)
	b := open(t)
	b.size(1600, false)
	b.do(chromedp.Navigate(s.base + "/edit?key=mapping%2FEmployees%2FjobTitle&token=" + s.token))
	b.do(visible("#people .attribute"))
	loaded := peak(t, s.pid)

	// Keys within a text: each makes another text, and the page answers before the next one comes.
	eval[bool](b, `performance.clearMeasures() || true`)
	b.caret(`"attributeName": "`)
	for i := range 60 {
		before := len(measures(b, "values"))
		key := string(rune('a' + i%26))
		if i%2 == 1 {
			key = kb.Backspace
		}
		b.do(chromedp.KeyEvent(key))
		b.wait(fmt.Sprintf(`performance.getEntriesByName("values").length > %d`, before))
	}
	keys := measures(b, "values")
	t.Logf("key press to values, steps and findings of 5 people: median %.0f ms, p95 %.0f ms (%d keys)", quantile(keys, .5), quantile(keys, .95), len(keys))

	for _, c := range []struct{ name, edit string }{
		{"few change", `text.replace('"transformDefinition": {', '"transformDefinition": {"type": "replace", "attributes": {"regex": "Systems Administrator", "replacement": "Admin", "input": {').replace(/\}\s*$/, "}}}")`},
		{"most change", `text.replace('"transformDefinition": {', '"transformDefinition": {"type": "upper", "attributes": {"input": {').replace(/\}\s*$/, "}}}")`},
	} {
		var first, whole []float64
		var headline string
		for range 3 {
			eval[bool](b, `performance.clearMeasures() || true`)
			eval[bool](b, `Promise.all([import("/assets/drafts.js"), fetch("/api/object?key=mapping%2FEmployees%2FjobTitle", {headers: {Authorization: "Bearer " + localStorage.getItem("workbench-token")}}).then((r) => r.json())]).then(([d, o]) => {
				const text = o.text; d.put({key: o.key, base: o.base, original: text, text: (`+c.edit+`) + " ".repeat(Math.floor(Math.random() * 1000))}); return true; })`)
			b.do(click(`.side a[href="/people"]`), visible(".tools"), chromedp.NavigateBack())
			b.wait(`performance.getEntriesByName("effect").length > 0`)
			first, whole = append(first, measures(b, "first figures")...), append(whole, measures(b, "effect")...)
			headline = eval[string](b, `document.querySelector(".headline").innerText`)
		}
		slices.Sort(first)
		slices.Sort(whole)
		t.Logf("effect on everybody, %s: first figures %.0f ms, complete %.0f ms (medians of %d): %s", c.name, quantile(first, .5), quantile(whole, .5), len(whole), headline)
	}
	t.Logf("memory: a run %d MiB; the workbench %d MiB when the page is there, %d MiB after the effects (%.2f of a run)", run, loaded, peak(t, s.pid), float64(peak(t, s.pid))/float64(max(run, 1)))
	if said := b.errors(); len(said) > 0 {
		t.Errorf("the page complains: %q", said)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the most memory that a program has had, in MiB; 0 where the system does not say.
func peak(t testing.TB, pid int) int {
	t.Helper()
	src, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	m := highWater.FindSubmatch(src)
	if m == nil {
		return 0
	}
	kb, _ := strconv.Atoi(strings.TrimSpace(string(m[1])))
	return kb >> 10
}
