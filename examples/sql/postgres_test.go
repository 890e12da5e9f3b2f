package sqlstate_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// startPostgres starts a PostgreSQL server in a temporary folder, ended with the
// test, and returns how to connect. initdb refuses to run as root, so then the
// server runs as the user that the package makes, or as nobody.
func startPostgres(t testing.TB) (dsn string, ok bool) {
	t.Helper()
	bin := postgresPrograms(t)
	if bin == "" {
		return "", false
	}
	folder, err := os.MkdirTemp("", "idprofile-postgres") // not below t.TempDir, which only its owner may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	as := credential(t, folder)
	data := filepath.Join(folder, "data")

	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = folder
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
		return cmd
	}
	if out, err := command("initdb", "-D", data, "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-sync", "--locale=C").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	port := freePort(t)
	server := command("postgres", "-D", data, "-h", "127.0.0.1", "-p", port, "-k", folder, "-F")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGQUIT) // immediate shutdown
		server.Wait()
	})
	dsn = "postgres://tester@127.0.0.1:" + port + "/postgres?sslmode=disable"
	for range 200 {
		if command("pg_isready", "-h", "127.0.0.1", "-p", port).Run() == nil {
			return dsn, true
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the server does not answer")
	return "", false
}

// postgresPrograms returns the folder of initdb, "" when there is none, which
// fails where the servers have to be there.
func postgresPrograms(t testing.TB) string {
	t.Helper()
	if at, err := exec.LookPath("initdb"); err == nil {
		if at, err = filepath.EvalSymlinks(at); err == nil {
			return filepath.Dir(at)
		}
	}
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(folders) > 0 {
		return slices.Max(folders)
	}
	if os.Getenv("IDPROFILE_SERVERS") != "" {
		t.Fatal("PostgreSQL is not installed, and IDPROFILE_SERVERS is set")
	}
	t.Log("PostgreSQL is not installed: tested without")
	return ""
}

// credential gives the folder to the user that the server runs as, nil for the
// user of the test.
func credential(t testing.TB, folder string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		if who, err = user.Lookup("nobody"); err != nil {
			t.Fatal("no user for the server")
		}
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	if err := os.Chown(folder, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}
