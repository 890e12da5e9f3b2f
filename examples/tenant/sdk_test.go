package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

const acme = "../acme"

// newSite opens a tenant as the program does.
func newSite(t *testing.T, s settings) *site {
	t.Helper()
	if s.folder == "" {
		s.folder = acme
	}
	if s.store == "" {
		s.store = memory
	}
	var log strings.Builder
	site, err := open(t.Context(), s, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		site.handler.Wait()
		if err := site.close(); err != nil {
			t.Error(err)
		}
	})
	return site
}

// The vendor's public TypeScript client, in its three generations, calls every served
// area; each answer is compared with the vendor's documents when they are there.
func TestVendorClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NOT CHECKED: node is not installed, so the vendor's client is not tried")
	}
	if _, err := os.Stat(filepath.Join("sdk", "node_modules", "sailpoint-api-client")); err != nil {
		t.Skip("NOT CHECKED: the vendor's client is not installed; run: npm ci --prefix sdk --ignore-scripts")
	}
	handler := newSite(t, settings{}).routes()
	var r *referee
	if _, err := os.Stat(documents); err == nil {
		r = newReferee(t)
		handler = r.watch(handler)
	} else {
		t.Log("NOT CHECKED: answers are not compared with the vendor's documents, which are not at " + documents)
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // slow beside other work, with the race detector
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "client.mjs")
	cmd.Dir = "sdk"
	// Nothing of the environment but the path: no proxy, no settings of another client.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "BASE_URL=" + server.URL, "CLIENT_ID=admin", "CLIENT_SECRET=admin-secret"}
	out, err := cmd.CombinedOutput()
	out = regexp.MustCompile(`Warning: You are using Experimental APIs\n`).ReplaceAll(out, nil)
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("\n%s", out)
	if r != nil {
		for _, p := range r.problems {
			t.Error(p)
		}
		t.Logf("%d operations compared", len(r.seen))
	}
}
