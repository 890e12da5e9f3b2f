package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The vendor's public TypeScript client, in all three generations of its API, calls
// every non-employee operation of a running server.
func TestVendorClient(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed, so the vendor's client is not tried")
	}
	if _, err := os.Stat(filepath.Join("sdk", "node_modules", "sailpoint-api-client")); err != nil {
		t.Skip("the vendor's client is not installed; run: npm ci --prefix sdk --ignore-scripts")
	}
	p := start(t, testConfig(t, "sqlite:"+filepath.Join(t.TempDir(), "sdk.db")))
	cmd := exec.CommandContext(t.Context(), node, "client.mjs")
	cmd.Dir = "sdk"
	// Nothing of the environment but the path: no proxy, no settings of another client.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "BASE_URL=" + p.base}
	for _, alias := range []string{"ADA", "MIA", "BEN", "CHLOE", "DAI"} {
		cmd.Env = append(cmd.Env, alias+"=demo-token-"+strings.ToLower(alias))
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\nlog of the server:\n%s", err, out, p.log)
	}
	for _, generation := range []string{"v3: 32 operations", "v2024: 32 operations", "beta: 32 operations"} {
		if !strings.Contains(string(out), generation) {
			t.Errorf("the output lacks %q:\n%s", generation, out)
		}
	}
	t.Logf("\n%s", out)
}
