package tenant_test

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/examples/preview/tenant"
)

func write(t *testing.T, o tenant.Options) (string, tenant.Counts) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tenant")
	counts, err := tenant.Write(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return dir, counts
}

func read(t *testing.T, dir, file string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(dir, "accounts", file))
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func TestWriteIsDeterministic(t *testing.T) {
	a, _ := write(t, tenant.Options{People: 500, Seed: 7})
	b, _ := write(t, tenant.Options{People: 500, Seed: 7})
	c, _ := write(t, tenant.Options{People: 500, Seed: 8})
	for _, file := range []string{"HR.csv", "Contractors.csv", "Active Directory.csv", "Badge System.jsonl"} {
		if diff := cmp.Diff(read(t, a, file), read(t, b, file)); diff != "" {
			t.Errorf("%s: the same seed gives other bytes", file)
		}
		if bytes.Equal(read(t, a, file), read(t, c, file)) {
			t.Errorf("%s: another seed gives the same bytes", file)
		}
	}
}

func TestWriteRows(t *testing.T) {
	dir, counts := write(t, tenant.Options{People: 2840, Seed: 1})
	if counts.Employees != 2150 || counts.Contractors != 690 {
		t.Errorf("%d employees and %d contractors, want 2150 and 690", counts.Employees, counts.Contractors)
	}
	for _, tc := range []struct {
		file      string
		delimiter rune
		want      int
	}{
		{"HR.csv", ',', counts.HR},
		{"Contractors.csv", ';', counts.ContractorRows},
		{"Active Directory.csv", ',', counts.Directory},
	} {
		r := csv.NewReader(bytes.NewReader(read(t, dir, tc.file)))
		r.Comma = tc.delimiter
		rows, err := r.ReadAll()
		if err != nil {
			t.Errorf("%s: %v", tc.file, err)
		} else if len(rows)-1 != tc.want {
			t.Errorf("%s: %d accounts, want %d", tc.file, len(rows)-1, tc.want)
		}
	}
	lines := 0
	for s := bufio.NewScanner(bytes.NewReader(read(t, dir, "Badge System.jsonl"))); s.Scan(); {
		lines++
	}
	if lines != counts.Badge {
		t.Errorf("%d badges, want %d", lines, counts.Badge)
	}
}

func TestWriteRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.Write(t.Context(), dir, tenant.Options{People: 1}); !errors.Is(err, tenant.ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}
	if _, err := tenant.Write(t.Context(), t.TempDir(), tenant.Options{}); err == nil {
		t.Error("nobody: no error")
	}
}

// TestNames checks that sign-in names are plain letters, as those of a directory
// are.
func TestNames(t *testing.T) {
	dir, _ := write(t, tenant.Options{People: 5000, Seed: 3})
	rows, err := csv.NewReader(bytes.NewReader(read(t, dir, "Active Directory.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	plain := regexp.MustCompile(`^(adm-)?[A-Za-z._-]*[0-9]*$`)
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		if name := row[1]; !plain.MatchString(name) || seen[name] {
			t.Errorf("sign-in name %q is odd, or given out twice", name)
		}
		seen[row[1]] = true
	}
}
