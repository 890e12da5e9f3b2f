package main

import (
	"strings"
	"testing"
)

// TestPeople looks for people by what a message of theirs may hold.
func TestPeople(t *testing.T) {
	t.Chdir("../..")
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string // part of what is printed
	}{
		{name: "mail address", args: []string{"explain", "--identity", "EWA.nowak@acme.example", "--attribute", "uid"}, want: "4799, identity"},
		{name: "display name", args: []string{"explain", "--identity", "ewa nowak", "--attribute", "uid"}, want: "4799, identity"},
		{name: "nearly a mail address", args: []string{"explain", "--identity", "ewa.nowak@acme.exmple"}, code: exitCannotRun, want: `did you mean "ewa.nowak@acme.example"?`},
		{name: "account id without identity", args: []string{"explain", "--identity", "CN=lfontaine2,OU=Leavers,OU=People,DC=acme,DC=example"}, code: exitCannotRun, want: "has no identity: preview correlate"},
		{name: "account name without identity", args: []string{"explain", "--identity", "lfontaine2"}, code: exitCannotRun, want: "has no identity: preview correlate"},
		{name: "nobody", args: []string{"explain", "--identity", "Xyzzy Qwerty"}, code: exitCannotRun, want: "is like that\n"},
		{name: "unknown attribute", args: []string{"explain", "--identity", "4799", "--attribute", "phnoe"}, code: exitCannotRun, want: `did you mean "phone"?`},
		{name: "attribute of another profile", args: []string{"explain", "--identity", "4799", "--attribute", "endDate"}, want: "endDate = "},
		{name: "in try", args: []string{"try", "Employees/email", "--identity", "Ewa Nowak"}, want: "ewa.nowak@acme.example"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := []string{tc.args[0], "examples/acme"}
			if tc.args[0] == "try" {
				args = []string{"try", tc.args[1], "examples/acme"}
				tc.args = tc.args[1:]
			}
			code, out, errs := invoke(t, append(args, tc.args[1:]...)...)
			if code != tc.code || !strings.Contains(out+errs, tc.want) {
				t.Errorf("exit code %d, want %d; expected %s in %s%s", code, tc.code, tc.want, out, errs)
			}
		})
	}
}

func TestPeopleOfOneMailAddress(t *testing.T) {
	dir := tenantWith(t, map[string]string{"accounts/HR.csv": "id,mail,sn\n1,A@x.example,One\n2,a@X.example,Two\n"})
	code, _, errs := invoke(t, "explain", dir, "--identity", "a@x.example")
	if want := `2 identities are called "a@x.example": 1 (`; code != exitCannotRun || !strings.Contains(errs, want) {
		t.Errorf("exit code %d, want %d; expected %s in %s", code, exitCannotRun, want, errs)
	}
}

// TestWhichFolder runs where several tenants are below, as in the root of a repository.
func TestWhichFolder(t *testing.T) {
	t.Chdir("../..")
	for _, args := range [][]string{{"run"}, {"explain", "--identity", "4799"}, {"correlate"}, {"bench"}} {
		code, _, errs := invoke(t, args...)
		if code != exitCannotRun || !strings.Contains(errs, "configurations below this folder; which one?") || !strings.Contains(errs, "examples/acme") {
			t.Errorf("%s: exit code %d, %s", args[0], code, errs)
		}
	}
}
