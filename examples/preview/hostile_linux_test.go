package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var hostile = flag.Bool("hostile", false, "run the command on configurations and data that are made to hurt, and look at time and memory")

// What a hostile input may take at most.
const (
	mostHostileCPU  = 10 * time.Second
	mostHostilePeak = 1 << 20 // KiB
)

// A hostileInput is a folder that somebody made to hurt: with little of it, or much.
type hostileInput struct {
	name     string
	write    func(f *hostileFolder)
	commands []string // besides lint and run
}

// hostileFolder is written to without keeping what is written: the peak of a child of this
// process is never below what this process has (see findings/).
type hostileFolder struct {
	t   *testing.T
	dir string
}

// file writes a file by pieces.
func (f *hostileFolder) file(name string, write func(w *bufio.Writer)) {
	f.t.Helper()
	at := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		f.t.Fatal(err)
	}
	out, err := os.Create(at)
	if err != nil {
		f.t.Fatal(err)
	}
	w := bufio.NewWriter(out)
	write(w)
	if err := w.Flush(); err != nil {
		f.t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		f.t.Fatal(err)
	}
}

// list writes n items of a JSON list on one line.
func (f *hostileFolder) list(name string, n int, item func(i int) string) {
	f.file(name, func(w *bufio.Writer) { list(w, "[", n, item, "]") })
}

func list(w *bufio.Writer, open string, n int, item func(i int) string, end string) {
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(item(i))
	}
	w.WriteString(end)
}

// people writes a tenant with two sources and the accounts of its people.
func (f *hostileFolder) people(mappings string, n int, row func(i int) string) {
	f.file("tenant.json", func(w *bufio.Writer) { w.WriteString(hostileTenant(mappings)) })
	f.file("accounts/HR.csv", func(w *bufio.Writer) { rows(w, "id,name,last,mail", n, row) })
}

func rows(w *bufio.Writer, header string, n int, row func(i int) string) {
	w.WriteString(header + "\n")
	for i := range n {
		w.WriteString(row(i) + "\n")
	}
}

func hostileTenant(mappings string) string {
	if mappings != "" {
		mappings = "," + mappings
	}
	return `[{"id": "p", "name": "P", "priority": 1, "authoritativeSource": {"type": "SOURCE", "id": "s1", "name": "HR"},
		"identityAttributeConfig": {"enabled": true, "attributeTransforms": [` + mapped("uid", readHR("id")) + "," +
		mapped("email", readHR("mail")) + "," + mapped("lastname", readHR("last")) + mappings + `]}},
		{"id": "s1", "name": "HR", "connector": "x", "schemas": [{"name": "account", "identityAttribute": "id", "displayAttribute": "name",
			"attributes": [{"name": "id"}, {"name": "name"}, {"name": "last"}, {"name": "mail"}]}]},
		{"id": "s2", "name": "AD", "connector": "x", "accountCorrelationConfig": {"id": "c", "name": "c",
			"attributeAssignments": [{"property": "email", "value": "owner", "operation": "EQ"}]}}]`
}

func mapped(attribute, transform string) string {
	return fmt.Sprintf(`{"identityAttributeName": %q, "transformDefinition": %s}`, attribute, transform)
}

func readHR(attribute string) string {
	return fmt.Sprintf(`{"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": %q}}`, attribute)
}

func operation(typ, attributes string) string {
	return fmt.Sprintf(`{"type": %q, "attributes": {%s}}`, typ, attributes)
}

func stored(name, typ, attributes string) string {
	return fmt.Sprintf(`{"name": %q, "type": %q, "attributes": {%s}}`, name, typ, attributes)
}

func refer(name string) string { return operation("reference", fmt.Sprintf(`"id": %q`, name)) }

// anyone is one of the people with whom a configuration has something to do.
func anyone(i int) string { return fmt.Sprintf("%d,n%d,L,m%d@x.example", i, i, i) }

// transforms is a tenant with n stored transforms on one line.
func transforms(n int, item func(i int) string) func(*hostileFolder) {
	return func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.list("transforms.json", n, item)
	}
}

// mappings is a tenant one of whose attributes is computed by a transform.
func mappings(transform func() string) func(*hostileFolder) {
	return func(f *hostileFolder) { f.people(mapped("nick", transform()), 5, anyone) }
}

// peopleAnd is a tenant of n people with as many accounts of another source.
func peopleAnd(n int, row, account func(i int) string) func(*hostileFolder) {
	return func(f *hostileFolder) {
		f.people("", n, row)
		if account != nil {
			f.file("accounts/AD.csv", func(w *bufio.Writer) { rows(w, "id,name,owner", n, account) })
		}
	}
}

// managedBy is a tenant in which everybody is found by one value of an attribute, and has a manager
// who is looked for by it.
func managedBy(n int, attribute, value string) func(*hostileFolder) {
	return func(f *hostileFolder) {
		f.file("tenant.json", func(w *bufio.Writer) {
			w.WriteString(`[{"id": "p", "name": "P", "priority": 1, "authoritativeSource": {"type": "SOURCE", "id": "s1", "name": "HR"},
				"identityAttributeConfig": {"enabled": true, "attributeTransforms": [` + mapped("uid", readHR("uid")) + "," +
				mapped("email", readHR("mail")) + "," + mapped("lastname", readHR("last")) + "," + mapped("manager", readHR("boss")) + `]}},
				{"id": "s1", "name": "HR", "connector": "x", "managerCorrelationMapping": {"accountAttributeName": "boss", "identityAttributeName": "` +
				attribute + `"}, "schemas": [{"name": "account", "identityAttribute": "id", "displayAttribute": "id",
					"attributes": [{"name": "id"}, {"name": "uid"}, {"name": "last"}, {"name": "mail"}, {"name": "boss"}]}]}]`)
		})
		f.file("accounts/HR.csv", func(w *bufio.Writer) {
			rows(w, "id,uid,last,mail,boss", n, func(i int) string {
				uid, mail := fmt.Sprint("u", i), fmt.Sprintf("m%d@x.example", i)
				if attribute == "uid" {
					uid = value
				} else {
					mail = value
				}
				return fmt.Sprintf("%d,%s,L,%s,%s", i, uid, mail, value)
			})
		})
	}
}

// nested is a transform in a transform and so on.
func nested(depth int, open, inner, end string) string {
	return strings.Repeat(open, depth) + inner + strings.Repeat(end, depth)
}

func repeated(n int, item func(i int) string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(item(i))
	}
	return b.String()
}

var hostileInputs = []hostileInput{
	{name: "516 trees 240 deep", write: transforms(516, func(i int) string {
		return stored(fmt.Sprint("T", i), "upper", `"input": `+nested(240, `{"type": "lower", "attributes": {"input": `, readHR("last"), "}}"))
	})},
	{name: "a look-up of a million", write: transforms(1, func(int) string {
		return stored("T", "lookup", `"input": `+readHR("last")+`, "table": {`+repeated(1_000_000, func(i int) string { return fmt.Sprintf(`"k%d": "v%d"`, i, i) })+`}`)
	})},
	{name: "a million transforms", write: transforms(1_000_000, func(i int) string {
		return stored(fmt.Sprint("T", i), "upper", `"input": `+readHR("last"))
	})},
	{name: "200,000 transforms", write: transforms(200_000, func(i int) string {
		return stored(fmt.Sprint("T", i), "upper", `"input": `+readHR("last"))
	})},
	{name: "200,000 look-ups without default", write: transforms(200_000, func(i int) string {
		return stored(fmt.Sprint("T", i), "lookup", `"input": `+readHR("last")+`, "table": {"a": "b"}`)
	})},
	{name: "300,000 broken templates in a look-up", write: transforms(1, func(int) string {
		return stored("T", "lookup", `"input": `+readHR("last")+`, "table": {`+
			repeated(300_000, func(i int) string { return fmt.Sprintf(`"k%d": "#if($x%d) a $y #end"`, i, i) })+`}`)
	})},
	{name: "300,000 statics with broken templates", write: transforms(1, func(int) string {
		return stored("T", "lookup", `"input": `+readHR("last")+`, "table": {`+
			repeated(300_000, func(i int) string {
				return fmt.Sprintf(`"k%d": %s`, i, operation("static", fmt.Sprintf(`"value": "#if($x%d) a $y #end"`, i)))
			})+`}`)
	})},
	{name: "firstValid of 100,000", write: transforms(1, func(int) string {
		return stored("T", "firstValid", `"values": [`+repeated(100_000, func(i int) string { return readHR(fmt.Sprint("a", i)) })+`]`)
	})},
	{name: "findings on one line", write: transforms(20_000, func(i int) string {
		return stored(fmt.Sprint("T", i), "lookup", `"input": `+readHR("last")+`, "table": {"a": "b", "pad": "`+strings.Repeat("x", 300)+`"}`)
	})},
	{name: "a chain of 100,000 references", write: transforms(100_000, func(i int) string {
		return stored(fmt.Sprintf("T%06d", i), "upper", `"input": `+refer(fmt.Sprintf("T%06d", min(i+1, 99_999))))
	})},
	{name: "a chain of 100,000 references, last first", write: transforms(100_000, func(i int) string {
		return stored(fmt.Sprintf("T%06d", i), "upper", `"input": `+refer(fmt.Sprintf("T%06d", max(i-1, 0))))
	})},
	{name: "a mesh of references", write: transforms(60_000, func(i int) string {
		values := `"end"`
		if next := (i/400 + 1) * 400; next < 60_000 {
			values = refer(fmt.Sprint("T", next+i%400)) + "," + refer(fmt.Sprint("T", next+(i*7+1)%400))
		}
		return stored(fmt.Sprint("T", i), "concat", `"values": [`+values+`]`)
	})},
	{name: "3,000 profiles with one large transform", write: func(f *hostileFolder) {
		f.list("transforms.json", 1, func(int) string {
			return stored("Large", "firstValid", `"values": [`+repeated(1000, func(i int) string { return operation("upper", `"input": `+readHR(fmt.Sprint("a", i))) })+`]`)
		})
		f.list("profiles.json", 3000, func(i int) string {
			return fmt.Sprintf(`{"id": "p%d", "name": "P%d", "priority": %d, "authoritativeSource": {"type": "SOURCE", "name": "S%d"},
				"identityAttributeConfig": {"enabled": true, "attributeTransforms": [%s]}}`, i, i, i, i, mapped("uid", refer("Large")))
		})
		f.list("sources.json", 3000, func(i int) string { return fmt.Sprintf(`{"id": "s%d", "name": "S%d", "connector": "x"}`, i, i) })
	}},
	{name: "20,000 sources that correlate by nothing", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.list("sources.json", 20_000, func(i int) string {
			return fmt.Sprintf(`{"id": "t%d", "name": "T%d", "connector": "x", "managerCorrelationMapping": {"accountAttributeName": "m", "identityAttributeName": "nobody%d"},
				"accountCorrelationConfig": {"attributeAssignments": [{"property": "gone%d", "value": "gone", "operation": "EQ"}]}}`, i, i, i, i)
		})
	}},
	{name: "20,000 transforms that name 20,000 sources", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.list("sources.json", 20_000, func(i int) string { return fmt.Sprintf(`{"id": "t%d", "name": "T%d", "connector": "x"}`, i, i) })
		f.list("transforms.json", 20_000, func(i int) string {
			return stored(fmt.Sprint("T", i), "accountAttribute", fmt.Sprintf(`"sourceName": "T%dx", "attributeName": "a"`, i))
		})
	}},
	{name: "20,000 references to what is not there", write: transforms(20_000, func(i int) string {
		return stored(fmt.Sprint("T", i), "upper", `"input": `+refer(fmt.Sprint("gone", i)))
	})},
	{name: "20,000 attributes that are mapped and listed", write: func(f *hostileFolder) {
		f.people(repeated(20_000, func(i int) string { return mapped(fmt.Sprint("attribute", i), readHR("last")) }), 5, anyone)
		f.list("attributes.json", 20_000, func(i int) string {
			return fmt.Sprintf(`{"name": "attribute%dx", "displayName": "A", "standard": false, "system": false, "searchable": true}`, i)
		})
	}},
	{name: "20,000 variables", write: mappings(func() string {
		return operation("static", `"value": "$v19999", `+repeated(20_000, func(i int) string { return fmt.Sprintf(`"v%d": "$v%d"`, i, max(i-1, 0)) }))
	})},
	{name: "variables in 200 frames", write: mappings(func() string {
		names := repeated(500, func(i int) string { return fmt.Sprintf(`"v%d": "x"`, i) })
		return nested(200, `{"type": "static", "attributes": {`+names+`, "value": "$v1", "deep": `, `"x"`, `}}`)
	})},
	{name: "a template of 20 MB", write: mappings(func() string {
		return operation("static", `"value": "`+strings.Repeat("$a", 10_000_000)+`", "a": "x"`)
	})},
	{name: "20 MB of foreach in foreach", write: mappings(func() string {
		return operation("static", `"value": "`+nested(200, `#foreach($a in [1..1000])`, strings.Repeat("x", 20_000_000), `#end`)+`"`)
	})},
	{name: "a static of 100 MB", write: mappings(func() string { return operation("static", `"value": "`+strings.Repeat("x", 100_000_000)+`"`) })},
	{name: "a pattern of 10 MB", write: mappings(func() string {
		return operation("replace", `"input": `+readHR("last")+`, "regex": "`+strings.Repeat("(a|b)*", 1_600_000)+`", "replacement": "x"`)
	})},
	{name: "20 patterns of a MB", write: transforms(20, func(i int) string {
		return stored(fmt.Sprint("T", i), "replace", `"input": `+readHR("last")+`, "regex": "`+strings.Repeat("(a|b)*", 170_000)+`", "replacement": "x"`)
	})},
	{name: "20 templates with patterns of a MB", write: transforms(20, func(i int) string {
		return stored(fmt.Sprint("T", i), "static", `"a": `+readHR("last")+`, "value": "$a.replaceAll('`+strings.Repeat("(a|b)*", 170_000)+`', 'x')"`)
	})},
	{name: "a pattern of a MB that is computed", write: mappings(func() string {
		return operation("replace", `"input": `+readHR("last")+`, "regex": `+
			operation("leftPad", `"input": `+readHR("last")+`, "length": "1000000", "padding": "(a|b)*"`)+`, "replacement": "x"`)
	})},
	{name: "50,000 patterns", write: transforms(50_000, func(i int) string {
		return stored(fmt.Sprint("T", i), "replace", `"input": `+readHR("last")+fmt.Sprintf(`, "regex": "([a-z]{1,50}%d|[^x]{1,50})+$", "replacement": "x"`, i))
	})},
	{name: "a million keys twice", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("t.json", func(w *bufio.Writer) { list(w, "{", 1_000_000, func(int) string { return `"a": 1` }, "}") })
	}},
	{name: "lists in lists", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("t.json", func(w *bufio.Writer) { w.WriteString(nested(1_000_000, "[", "", "]")) })
	}},
	{name: "bytes that are no UTF-8", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("t.json", func(w *bufio.Writer) { w.WriteString(`["` + strings.Repeat("\xff", 10_000_000) + `"]`) })
	}},
	{name: "letters between bytes that are no UTF-8", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("t.json", func(w *bufio.Writer) {
			list(w, "[", 2_000_000, func(int) string { return "\"a\xffb\xff\"" }, "]")
		})
	}},
	{name: "20,000 files", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		for i := range 20_000 {
			f.file(fmt.Sprintf("d%d/t%d.json", i%100, i), func(w *bufio.Writer) { w.WriteString(stored(fmt.Sprint("T", i), "upper", "")) })
		}
	}},
	{name: "500,000 settings that nobody knows", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("idprofile.json", func(w *bufio.Writer) {
			list(w, `{"sources": {`, 250_000, func(i int) string { return fmt.Sprintf(`"S%d": {"unknown": 1}`, i) }, "}}")
		})
	}},
	{name: "20,000 failing tests", commands: []string{"test"}, write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("a_test.json", func(w *bufio.Writer) {
			list(w, `{"clock": "2026-01-15T09:00:00Z", "cases": [`, 20_000, func(i int) string {
				return fmt.Sprintf(`{"name": "c%d", "accounts": [{"source": "HR", "nativeIdentity": "1", "attributes": {"id": "1"}}], "expect": {"attributes": {"uid": "2"}}}`, i)
			}, "]}")
		})
	}},
	{name: "300,000 tests with unknown members", commands: []string{"test"}, write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("a_test.json", func(w *bufio.Writer) {
			list(w, `{"cases": [`, 300_000, func(i int) string { return fmt.Sprintf(`{"name": "c%d", "unknown": 1}`, i) }, "]}")
		})
	}},
	{name: "16 million letters for each of 200", commands: []string{"data"}, write: func(f *hostileFolder) {
		f.people(mapped("nick", operation("leftPad", `"input": `+readHR("last")+`, "length": "16000000", "padding": "x"`)), 200, anyone)
	}},
	{name: "a million letters for each of 1,000", commands: []string{"data"}, write: func(f *hostileFolder) {
		f.people(mapped("nick", operation("leftPad", `"input": `+readHR("last")+`, "length": "1000000", "padding": "x"`)), 1000, anyone)
	}},
	{name: "40,000 accounts of one identity", commands: []string{"correlate"},
		write: peopleAnd(40_000, func(i int) string { return fmt.Sprintf("%d,n,L,m%d@x.example", i, i) }, nil)},
	{name: "40,000 people with one address", commands: []string{"correlate"}, write: peopleAnd(40_000,
		func(i int) string { return fmt.Sprintf("%d,n%d,L,same@x.example", i, i) }, func(i int) string { return fmt.Sprintf("a%d,s%d,same@x.example", i, i) })},
	{name: "400,000 people with one address, not by age", write: func(f *hostileFolder) {
		f.people("", 0, anyone)
		f.file("accounts/HR.csv", func(w *bufio.Writer) {
			rows(w, "id,name,last,mail,created", 400_000, func(i int) string {
				age := time.Unix(int64(i)*7919%400_000, 0).UTC() // each once
				return fmt.Sprintf("%d,n%d,L,same@x.example,%s", i, i, age.Format(time.RFC3339))
			})
		})
	}},
	{name: "200,000 people whose manager is one of them all", write: managedBy(200_000, "email", "same@x.example")},
	{name: "200,000 people whose manager has the uid of them all", write: managedBy(200_000, "uid", "same")},
	{name: "40,000 addresses one letter off", commands: []string{"correlate"}, write: peopleAnd(40_000, anyone,
		func(i int) string { return fmt.Sprintf("a%d,s%d,m%dx@x.example", i, i, i) })},
	{name: "a header of 500,000 columns", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("accounts/AD.csv", func(w *bufio.Writer) {
			list(w, "id,", 500_000, func(i int) string { return fmt.Sprint("c", i) }, "\n1\n")
		})
	}},
	{name: "rows of five million cells", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("accounts/AD.csv", func(w *bufio.Writer) { w.WriteString("id,name,owner\n" + strings.Repeat(",", 5_000_000) + "\n") })
	}},
	{name: "a million refused rows", write: func(f *hostileFolder) {
		f.people("", 5, anyone)
		f.file("accounts/AD.csv", func(w *bufio.Writer) { rows(w, "id,name,owner", 1_000_000, func(int) string { return "," }) })
	}},
	{name: "a cell of 50 MB", write: func(f *hostileFolder) {
		f.people("", 1, func(int) string { return `1,"` + strings.Repeat("x", 50_000_000) + `",L,m` })
	}},
}

// TestHostileInputs runs the command in a process of its own on inputs that are made to
// hurt. It ends, says what it wants to say, and takes neither more than ten seconds of one
// processor nor more than a gigabyte.
func TestHostileInputs(t *testing.T) {
	if !*hostile {
		t.Skip("takes minutes: -hostile -v -timeout 2h")
	}

	build := filepath.Join(t.TempDir(), "preview")
	buildPreview(t, build)
	for _, in := range hostileInputs {
		t.Run(in.name, func(t *testing.T) {
			f := &hostileFolder{t: t, dir: t.TempDir()}
			in.write(f)
			for _, command := range append([]string{"lint", "run"}, in.commands...) {
				hurt(t, build, command, f.dir)
			}
		})
	}
}

// hurt runs a command on a folder.
func hurt(t *testing.T, build, command, folder string) {
	t.Helper()
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()

	// What does not end, or takes all of the memory, is stopped before the machine is: by the time of
	// processors, as those of a busy machine come late. Only what sleeps for ever needs a clock.
	ctx, stop := context.WithTimeout(t.Context(), 15*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, "sh", "-c", fmt.Sprintf(`ulimit -t %d -v %d; exec "$0" "$@"`,
		int(3*mostHostileCPU/time.Second), 6*mostHostilePeak), build, command, folder, "--no-progress")
	cmd.Stdout, cmd.Stderr = said, said

	// A child ends with this process too, which the kernel sees by the thread that made the child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	runtime.LockOSThread()
	_ = cmd.Run() // its code is looked at
	runtime.UnlockOSThread()

	state := cmd.ProcessState
	cpu, peak := state.UserTime()+state.SystemTime(), state.SysUsage().(*syscall.Rusage).Maxrss
	info, err := said.Stat()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-9s exit %d  %5.2f s  %4d MiB, says %d KiB", command, state.ExitCode(), cpu.Seconds(), peak>>10, info.Size()>>10)
	if code := state.ExitCode(); code < 0 || code > exitCannotRun {
		t.Errorf("%s: exit %d", command, code)
	}
	head := make([]byte, 1<<16)
	n, _ := said.ReadAt(head, 0) // it may be shorter
	if head := string(head[:n]); strings.Contains(head, "goroutine ") {
		t.Errorf("%s: a panic: %s", command, head[:min(len(head), 2000)])
	}
	if cpu > mostHostileCPU || peak > mostHostilePeak {
		t.Errorf("%s: %.1f s and %d MiB, at most %.0f s and %d MiB", command, cpu.Seconds(), peak>>10, mostHostileCPU.Seconds(), mostHostilePeak>>10)
	}
	if info.Size() > 32<<20 {
		t.Errorf("%s: says %d MiB", command, info.Size()>>20)
	}
}
