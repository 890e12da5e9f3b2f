package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	linkHR = "id,first_name,last_name,dob,email,phone\n" +
		"h1,Ann,Miller,1980-02-03,ann.miller@corp.test,555 123 4567\n" +
		"h2,Bob,Stone,1975-11-30,bob.stone@corp.test,555 765 4321\n" +
		"h3,Carla,Ruiz,1990-07-07,carla.ruiz@corp.test,555 222 3333\n"
	linkVMS = "key,forename,surname,birthdate,mail,telephone\n" +
		"v1,Anne,Miller,1980-02-03,ann.miller@corp.test,5551234567\n" +
		"v2,Robert,Stone,1975-11-30,bob.stone@corp.test,\n" +
		"v3,Dieter,Vogel,1966-01-01,,555 999 0000\n"
)

func TestLink(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hr, vms := write("hr.csv", linkHR), write("vms.csv", linkVMS)
	pairs, persons, picture := filepath.Join(dir, "pairs.csv"), filepath.Join(dir, "persons.csv"), filepath.Join(dir, "pair.svg")

	code, out, errOut := invoke(t, "link", vms, hr, "--key", "id")
	if code != exitCannotRun || !strings.Contains(errOut, `no column "id"`) {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	code, out, errOut = invoke(t, "link", vms, hr, "--out", pairs, "--clusters", persons)
	if code != exitDone || !strings.Contains(out, "forename") || !strings.Contains(out, "givenName") {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	rows := readAll(t, pairs)
	if got := strings.Join(rows[0], ","); got != "id_a,id_b,probability,band" {
		t.Errorf("header %s", got)
	}
	found := map[string]string{}
	for _, row := range rows[1:] {
		found[row[0]+row[1]] = row[3]
	}
	if len(found) != 2 || found["v1h1"] == "" || found["v2h2"] == "" {
		t.Errorf("pairs %v", rows)
	}
	if n := len(readAll(t, persons)); n != 7 {
		t.Errorf("%d lines of persons", n)
	}

	code, out, errOut = invoke(t, "link", vms, hr, "--explain", "v1=h1", "--svg", picture)
	if code != exitDone || !strings.Contains(out, "given name") {
		t.Fatalf("exit %d: %s%s", code, out, errOut)
	}
	if svg, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(svg), "<svg") {
		t.Errorf("picture: %v %s", err, svg)
	}

	var summary summaryOfLinks
	if code, out, errOut = invoke(t, "link", hr, "--json"); code != exitDone {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	if err := json.Unmarshal([]byte(out), &summary); err != nil || summary.Persons != 3 {
		t.Errorf("%v: %+v", err, summary)
	}
}

// Ids that a spreadsheet would run have a ' before them, unless they are wanted raw.
func TestLinkFormulas(t *testing.T) {
	dir := t.TempDir()
	file, persons := filepath.Join(dir, "a.csv"), filepath.Join(dir, "persons.csv")
	if err := os.WriteFile(file, []byte("id,givenName,surname,email\n=1+1,Ada,Almeida,ada@x.example\nh2,Bo,Berg,bo@x.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	for _, tc := range []struct {
		args []string
		id   string
		said bool
	}{
		{id: "'=1+1", said: true},
		{args: []string{"--raw-csv"}, id: "=1+1"},
	} {
		code, out, errOut := invoke(t, append([]string{"link", file, "--key", "id", "--clusters", persons}, tc.args...)...)
		if code != exitDone {
			t.Fatalf("exit %d: %s%s", code, out, errOut)
		}
		if got := readAll(t, persons)[1][0]; got != tc.id {
			t.Errorf("%v: the id is %q, want %q", tc.args, got, tc.id)
		}
		if said := strings.Contains(errOut, "--raw-csv"); said != tc.said {
			t.Errorf("%v: said %v: %s", tc.args, said, errOut)
		}
	}
}

func readAll(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
