package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var (
	shots  = flag.String("shots", "", "folder for pictures of each page")
	people = flag.Int("people", 0, "measure with a made-up population of this size, too")
)

// required reports whether a missing browser is a failure.
func required() bool { return os.Getenv("IDPROFILE_BROWSER") != "" }

// missing skips a test, or fails it where everything has to be there.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if required() {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

var built struct {
	once sync.Once
	path string
	err  error
}

// program builds the command once.
func program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		var dir string
		if dir, built.err = os.MkdirTemp("", "e2e-"); built.err != nil {
			return
		}
		built.path = filepath.Join(dir, "preview")
		cmd := exec.Command("go", "build", "-o", built.path, "./examples/preview")
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
	}
	os.Exit(code)
}

// server is a workbench that runs as a program of its own.
type server struct {
	base, token string
	pid         int
}

var address = regexp.MustCompile(`(http://127\.0\.0\.1:\d+)/\?token=([\w-]+)`)

// serve starts the workbench of a folder and ends it with the test.
func serve(t testing.TB, folder string, flags ...string) *server {
	t.Helper()
	cmd := exec.Command(program(t), append([]string{"serve", folder}, flags...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	var said strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		said.Write(buf[:n])
		if m := address.FindStringSubmatch(said.String()); m != nil {
			return &server{base: m[1], token: m[2], pid: cmd.Process.Pid}
		}
		if err != nil {
			t.Fatalf("%v after %s", err, said.String())
		}
	}
}

// acme is a copy of the example tenant.
func acme(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "acme")
	if err := os.CopyFS(dir, os.DirFS("../acme")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// browser is one person's browser: its own storage, one page.
type browser struct {
	context.Context
	t testing.TB

	mu   sync.Mutex
	said []string // errors of the page
}

// open starts a browser.
func open(t testing.TB) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "no chromium: %v", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(cancel)
	b := &browser{Context: ctx, t: t}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		missing(t, "chromium does not start: %v", err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // the browser lives as long as this context
		t.Fatal(err)
	}
	return b
}

// hear notes what the page complains of. Requests that are refused on purpose are logged by the
// browser, too; tests look at what the page makes of them.
func (b *browser) hear(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.said = append(b.said, fmt.Sprintf("%s: %+v", ev.ExceptionDetails.Text, ev.ExceptionDetails.Exception))
	case *log.EventEntryAdded:
		if ev.Entry.Level == "error" && ev.Entry.Source != "network" {
			b.said = append(b.said, ev.Entry.Text)
		}
	}
}

// action is something that a person does with a browser.
type action = chromedp.Action[chromedp.Void]

func visible(selector string) action { return chromedp.WaitVisible(chromedp.CSS(selector)) }

func click(selector string) action { return chromedp.Click(chromedp.CSS(selector)) }

func (b *browser) do(actions ...action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b, 12*time.Second)
	defer cancel()
	for _, a := range actions {
		err := chromedp.Do(ctx, a)

		// The page may draw anew between the look for something and the click on it, as it does when
		// somebody is answered: then what stands there now is meant.
		for err != nil && strings.Contains(err.Error(), "Could not find node") && ctx.Err() == nil {
			err = chromedp.Do(ctx, a)
		}
		if err == nil {
			continue
		}
		text, _ := chromedp.Run(b, chromedp.Evaluate[string](`document.body ? document.body.querySelector("main").innerText.slice(-2500) : ""`))
		b.t.Fatalf("%v; errors %q; the page shows %s", err, b.errors(), text)
	}
}

// errors returns what the page has complained of since the last call.
func (b *browser) errors() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := b.said
	b.said = nil
	return list
}

// size sets the window and the scheme of colours.
func (b *browser) size(width int64, dark bool) {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.do(chromedp.EmulateViewport(width, 1000))
	if _, err := chromedp.Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}); err != nil {
		b.t.Fatal(err)
	}
}

// visit opens an address of a server and waits until something is shown.
func (b *browser) visit(s *server, path, selector string) {
	b.t.Helper()
	sign := "?"
	if strings.Contains(path, "?") {
		sign = "&"
	}
	b.do(chromedp.Navigate(s.base+path+sign+"token="+s.token), visible(selector))
}

// wait waits until an expression is true.
func (b *browser) wait(expression string) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !eval[bool](b, "!!("+expression+")"); {
		if time.Now().After(end) {
			b.t.Fatalf("it does not come to pass that %s; errors %q; the page shows %s", expression, b.errors(), eval[string](b, `document.body.innerText.slice(0, 1500)`))
		}
		b.do(chromedp.Sleep(15 * time.Millisecond))
	}
}

// eval returns the value of an expression.
func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%.200s: %v", expression, err)
	}
	return v
}

// shot leaves a picture when pictures are asked for.
func (b *browser) shot(name string) {
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(b, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// violation is what axe finds.
type violation struct {
	ID     string `json:"id"`
	Impact string `json:"impact"`
	Help   string `json:"help"`
	Nodes  []struct {
		HTML   string `json:"html"`
		Reason string `json:"failureSummary"`
	} `json:"nodes"`
}

// accessible fails when axe finds something serious on the page.
func (b *browser) accessible() {
	b.t.Helper()
	src, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		if required() {
			b.t.Fatal(err)
		}
		return
	}
	eval[bool](b, string(src)+"; true")
	found := eval[string](b, `axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations))`)
	var list []violation
	if err := json.Unmarshal([]byte(found), &list); err != nil {
		b.t.Fatal(err)
	}
	for _, v := range list {
		if v.Impact == "serious" || v.Impact == "critical" {
			b.t.Errorf("axe: %s (%s): %s\n%.300s\n%.300s", v.ID, v.Impact, v.Help, v.Nodes[0].HTML, v.Nodes[0].Reason)
		}
	}
}

// fits fails when the page is wider than the window.
func (b *browser) fits() {
	b.t.Helper()
	if wide := eval[string](b, `(() => { const w = document.documentElement.clientWidth; if (document.documentElement.scrollWidth <= w) return "";
		return [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > w + 1).slice(0, 3).map((e) => e.tagName + "." + e.className).join(", ") || "something"; })()`); wide != "" {
		b.t.Errorf("the page is wider than the window: %s", wide)
	}
}
