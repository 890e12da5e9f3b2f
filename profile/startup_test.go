package profile_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// initialised is what the runtime tells of a package that initialises something.
type initialised struct {
	path  string
	ms    float64
	bytes int
}

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock, (\d+) bytes`)

// startup starts this program anew and returns what its packages do before main.
func startup(tb testing.TB) []initialised {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.CommandContext(tb.Context(), self, "-test.run", "^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		tb.Fatalf("%v: %s", err, out)
	}
	var list []initialised
	for _, m := range initLine.FindAllStringSubmatch(string(out), -1) {
		ms, _ := strconv.ParseFloat(m[2], 64)
		n, _ := strconv.Atoi(m[3])
		list = append(list, initialised{m[1], ms, n})
	}
	if len(list) == 0 {
		tb.Fatalf("the runtime tells nothing: %s", out)
	}
	return list
}

// Whoever imports the library pays for no tables: what packages need is made
// when it is needed.
func TestStartupAllocates(t *testing.T) {
	const most = 64 << 10
	sum := 0
	for _, p := range startup(t) {
		if p.library() {
			sum += p.bytes
			t.Logf("%s: %d bytes", p.path, p.bytes)
		}
	}
	if sum > most {
		t.Errorf("the packages of the library allocate %d bytes before main, want at most %d", sum, most)
	}
}

// library reports whether the package belongs to the library; its tests do not.
func (p *initialised) library() bool {
	return strings.HasPrefix(p.path, module) && !strings.HasSuffix(p.path, "_test")
}

// BenchmarkStartup tells how long packages take before main: those of the
// library, that of phone numbers, and the others.
func BenchmarkStartup(b *testing.B) {
	sum := map[string]float64{}
	for b.Loop() {
		addStartup(sum, startup(b))
	}
	for unit, ms := range sum {
		b.ReportMetric(ms/float64(b.N), unit)
	}
}

func addStartup(sum map[string]float64, packages []initialised) {
	for _, p := range packages {
		switch {
		case p.library():
			sum["library-ms"] += p.ms
		case strings.HasPrefix(p.path, "github.com/nyaruka/"):
			sum["phone-ms"] += p.ms
		case !strings.HasPrefix(p.path, module):
			sum["others-ms"] += p.ms
		}
	}
}
