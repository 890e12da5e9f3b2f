package ldap_test

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/idprofile/engine/examples/directory/internal/servertest"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/ldif"
)

var million = flag.Bool("million", false, "export 1,000,000 entries with ldapsearch, read them, and print times")

// TestMillion exports a million entries of a real server by its own tool and reads the
// export: a reader is fast enough when it is not what one waits for.
func TestMillion(t *testing.T) {
	if !*million {
		t.Skip("without -million")
	}
	const n = 1_000_000
	s := servertest.StartSlapd(t, people(n), unlimited)
	file := filepath.Join(t.TempDir(), "export.ldif")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(servertest.Program(t, "ldapsearch"), "-x", "-LLL", "-H", s.URL(), "-D", servertest.Admin, "-w", servertest.Password,
		"-b", servertest.Suffix, "(objectClass=inetOrgPerson)", "*", "entryUUID")
	cmd.Stdout = out
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	exported, tool := time.Since(begin), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	out.Close()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}

	begin = time.Now()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for scan := bufio.NewScanner(in); scan.Scan(); {
		lines++
	}
	in.Close()
	scanned := time.Since(begin)

	src, err := ldif.New(file, func() (io.ReadCloser, error) { return os.Open(file) }, feed.Options{Name: "LDAP"})
	if err != nil {
		t.Fatal(err)
	}
	begin = time.Now()
	read := 0
	for _, err := range src.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		read++
	}
	took := time.Since(begin)
	fmt.Printf("%d entries, %d lines, %d MB: ldapsearch %v (%v of its own), scan of lines %v, accounts %v\n",
		read, lines, info.Size()>>20, exported, tool, scanned, took)
	if read != n {
		t.Errorf("%d entries were read", read)
	}
}
