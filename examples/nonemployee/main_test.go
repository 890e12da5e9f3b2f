package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// asProgram makes the test binary behave as the program itself: tests run it as a
// process that they can kill.
const asProgram = "NONEMPLOYEE_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// testConfig is config.json for a server that nobody waits for.
func testConfig(t *testing.T, storeAt string) *Config {
	t.Helper()
	c, err := readConfig("config.json")
	if err != nil {
		t.Fatal(err)
	}
	c.Listen, c.Store, c.Tick, c.Aggregate = "127.0.0.1:0", storeAt, duration(5*time.Millisecond), duration(time.Hour)
	c.Rate = Rate{1_000_000, duration(time.Second)}
	return c
}

// process is a running server.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	base string
	log  *lockedBuffer
}

// start runs the program with a configuration, and waits until it listens.
func start(t *testing.T, c *Config) *process {
	t.Helper()
	src, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], "serve", "-config", file), log: &lockedBuffer{}}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it ended long ago, unless the test failed
		_ = p.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, err := fmt.Sscanf(line, "listening on %s", &p.base); err != nil {
		t.Fatalf("the server says %q: %v\n%s", line, err, p.log)
	}
	if err != nil {
		t.Fatal(err)
	}
	p.base = strings.TrimSuffix(p.base, ",")
	return p
}

// kill ends the process without a warning.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait() // tells that it was killed
}

// call sends a request and gives status and body.
func call(t *testing.T, base, token, method, path, contentType, body string) (int, string) {
	t.Helper()
	status, text, err := request(t.Context(), base, token, method, path, contentType, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return status, text
}

func request(ctx context.Context, base, token, method, path, contentType string, body io.Reader) (int, string, error) {
	r, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return 0, "", err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// lockedBuffer collects the log of a process.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
