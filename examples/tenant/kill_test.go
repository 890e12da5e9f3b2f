package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var kills = flag.Int("kills", 3, "how often a server is killed in the middle of import and processing, per store; 50 is the campaign")

// asProgram in the environment makes the test binary the program.
const asProgram = "TENANT_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

const (
	marked     = 400 // people whom every load changes
	transforms = 30  // that every import changes
)

// Servers are killed at random moments while they import a configuration, load accounts,
// take a new mapping and process it. The next server must have all of what was answered,
// and of each request either all or nothing.
func TestKill(t *testing.T) {
	for _, kind := range []string{"sqlite", "folder"} {
		t.Run(kind, func(t *testing.T) {
			k := &killer{t: t, store: kind + ":" + filepath.Join(t.TempDir(), "store"), random: rand.New(rand.NewPCG(2026, 11)), tally: map[string]int{}}
			k.prepare()
			for range *kills {
				k.round()
			}
			t.Logf("a round takes %v undisturbed; killed servers left: %v", k.took.Round(time.Millisecond), k.tally)
		})
	}
}

// killer plays one round after another.
type killer struct {
	t      *testing.T
	store  string
	random *rand.Rand
	took   time.Duration // of a round that nobody disturbs

	source, profile string // ids
	others          string // identities of other profiles
	generation      int
	tally           map[string]int

	// What may be stored: the generation before and, unless it was answered, after.
	imports, loads, mappings, processed span
}

// span is the generations that something may be of: one of two, or those between them,
// too.
type span struct {
	from, to int
	between  bool
}

func (s span) holds(n int) bool {
	return n == s.from || n == s.to || s.between && s.from < n && n < s.to
}

// server is a program that can be killed.
type server struct {
	*program
	cmd *exec.Cmd
	log *lines
}

func (k *killer) start() *server {
	k.t.Helper()
	ctx := context.WithoutCancel(k.t.Context())
	s := &server{log: &lines{}, program: &program{t: k.t, client: &http.Client{Transport: &http.Transport{}}}}
	s.cmd = exec.CommandContext(ctx, os.Args[0], "-listen", "127.0.0.1:0", "-store", k.store, acme)
	s.cmd.Env = append(os.Environ(), asProgram+"=1")
	s.cmd.Stderr = s.log
	out, err := s.cmd.StdoutPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(s.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	found := address.FindStringSubmatch(line)
	if err != nil || found == nil {
		k.t.Fatalf("the server says %q: %v\n%s", line, err, s.log)
	}
	s.base = found[1]
	return s
}

// kill ends the process without a warning.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()
	s.client.CloseIdleConnections()
}

// send makes a request whose answer may never come: status 0.
func (s *server) send(token, method, path, contentType, body string) (int, string) {
	r, err := http.NewRequestWithContext(context.WithoutCancel(s.t.Context()), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, ""
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := s.client.Do(r)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	src, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(src)
}

// get reads an answer into v.
func (s *server) get(path string, v any) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must(200, "admin", "GET", path, "")), v); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) settle() {
	s.t.Helper()
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		var pending []any
		if s.get("/v2025/task-status/pending-tasks", &pending); len(pending) == 0 {
			return
		}
		if time.Since(begin) > time.Minute {
			s.t.Fatalf("tasks do not end:\n%s", s.log)
		}
	}
}

// prepare makes a source, its profile and what the first generation brings.
func (k *killer) prepare() {
	s := k.start()
	defer s.kill()
	var made struct{ ID string }
	create := func(path, body string) string {
		k.t.Helper()
		if err := json.Unmarshal([]byte(s.must(201, "admin", "POST", path, body)), &made); err != nil {
			k.t.Fatal(err)
		}
		return made.ID
	}
	k.source = create("/v3/sources?provisionAsCsv=true", `{"name":"Marks","owner":{"type":"IDENTITY","id":"x"},"connector":"x"}`)
	token := s.token("admin")
	contentType, body := upload("file", "id,name,mail,generation\n")
	if status, text := s.send(token, "POST", "/v3/sources/"+k.source+"/schemas/accounts", contentType, body); status != 200 {
		k.t.Fatalf("schema: %d %s", status, text)
	}
	k.profile = create("/v3/identity-profiles", `{"name":"Marks","authoritativeSource":{"type":"SOURCE","id":"`+k.source+`"}}`)
	if sent := k.send(s, token); sent != "all" {
		k.t.Fatalf("the first round was not answered: %s\n%s", sent, s.log)
	}
	s.settle()
	begin := time.Now()
	k.generation++
	k.send(s, token)
	s.settle()
	k.took = time.Since(begin)
	k.others = k.countOthers(s)
	k.check(s)
}

// send makes the requests of a generation, one after another, until one is not answered.
// It gives what was answered.
func (k *killer) send(s *server, token string) string {
	n := k.generation
	answered := func(what *span, want int, method, path, contentType, body string) bool {
		what.to = n
		status, text := s.send(token, method, path, contentType, body)
		if status != 0 && status != want {
			k.t.Errorf("generation %d: %s %s: %d %s", n, method, path, status, text)
		}
		if status != want {
			return false
		}
		what.from = n
		return true
	}

	var objects []string
	for i := range transforms {
		objects = append(objects, fmt.Sprintf(`{"version":1,"self":{"type":"TRANSFORM","name":"K%d"},"object":{"name":"K%[1]d","type":"static","attributes":{"value":"%d"}}}`, i, n))
	}
	importType, objectsBody := upload("data", `{"version":1,"objects":[`+strings.Join(objects, ",")+`]}`)
	var accounts strings.Builder
	accounts.WriteString("id,name,mail,generation\n")
	for i := range marked {
		fmt.Fprintf(&accounts, "p%d,Name %[1]d,p%[1]d@marks.example,%d\n", i, n)
	}
	fmt.Fprintf(&accounts, "n%d,New,n%[1]d@marks.example,%[1]d\n", n) // comes with this generation and goes with the next
	loadType, loadBody := upload("file", accounts.String())
	row := func(attribute, definition string) string {
		return fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":%s}`, attribute, definition)
	}
	column := func(name string) string {
		return fmt.Sprintf(`{"type":"accountAttribute","attributes":{"sourceName":"Marks","attributeName":%q}}`, name)
	}
	mapping := `[{"op":"replace","path":"/identityAttributeConfig","value":{"enabled":true,"attributeTransforms":[` + strings.Join([]string{
		row("uid", column("id")), row("lastname", column("name")), row("email", column("mail")), row("city", column("generation")),
		row("jobTitle", fmt.Sprintf(`{"type":"static","attributes":{"value":"%d"}}`, n)),
	}, ",") + `]}}]`

	switch {
	case !answered(&k.imports, 202, "POST", "/v2025/sp-config/import", importType, objectsBody):
		return "nothing"
	case !answered(&k.loads, 202, "POST", "/v2025/sources/"+k.source+"/load-accounts", loadType, loadBody):
		return "import"
	case !answered(&k.mappings, 200, "PATCH", "/v3/identity-profiles/"+k.profile, "application/json-patch+json", mapping):
		return "import, load"
	case !answered(&k.processed, 202, "POST", "/v3/identity-profiles/"+k.profile+"/process-identities", "", ""):
		return "import, load, mapping"
	}
	return "all"
}

func upload(name, content string) (contentType, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	to, _ := w.CreateFormFile(name, "blob") // errors are those of the buffer, which has none
	fmt.Fprint(to, content)
	w.Close()
	return w.FormDataContentType(), b.String()
}

// round kills a server and looks at what the next one has.
func (k *killer) round() {
	s := k.start()
	token := s.token("admin")
	k.generation++
	sent := make(chan string, 1)
	go func() { sent <- k.send(s, token) }()
	// Any moment will do, that is the point.
	time.Sleep(time.Duration(k.random.Int64N(int64(k.took) * 5 / 4)))
	s.kill()
	k.tally["answered "+<-sent]++
	k.look()

	next := k.start()
	defer next.kill()
	next.settle()
	k.check(next)
}

// look counts what the killed server has left to do.
func (k *killer) look() {
	left, err := openKept(k.t.Context(), k.store)
	if err != nil {
		k.t.Fatal(err)
	}
	if src, err := left.shelf.read(k.t.Context(), pendingFile); err != nil {
		k.t.Error(err)
	} else if src != nil {
		k.tally["change under way"]++
	}
	tasks, err := left.shelf.list(k.t.Context(), taskFiles)
	if err != nil {
		k.t.Error(err)
	}
	for _, src := range tasks {
		var one struct{ Status string }
		if err := json.Unmarshal(src, &one); err != nil {
			k.t.Error(err)
		}
		if one.Status == "" {
			k.tally["task not done"]++
		}
	}
	if err := left.close(); err != nil {
		k.t.Error(err)
	}
}

// check compares what is stored with what was answered, and goes on from there.
func (k *killer) check(s *server) {
	k.t.Helper()
	var listed []struct {
		Name       string
		Attributes struct{ Value string }
	}
	s.get("/v3/transforms?filters=name%20sw%20%22K%22&limit=250", &listed)
	values := map[string]int{}
	for _, one := range listed {
		values[one.Attributes.Value]++
	}
	k.imports = k.whole("transforms", k.imports, values, transforms)

	type person struct {
		Alias      string
		Attributes map[string]any
	}
	people := map[string]person{}
	for offset := 0; ; offset += 250 {
		var page []person
		s.get(fmt.Sprintf("/v2025/identities?defaultFilter=NONE&sorters=alias&offset=%d", offset), &page)
		for _, one := range page {
			if mail, _ := one.Attributes["email"].(string); strings.HasSuffix(mail, "@marks.example") {
				people[one.Alias] = one
			}
		}
		if len(page) < 250 {
			break
		}
	}
	cities, titles := map[string]int{}, map[string]int{}
	for i := range marked {
		one := people[fmt.Sprint("p", i)]
		cities[fmt.Sprint(one.Attributes["city"])]++
		titles[fmt.Sprint(one.Attributes["jobTitle"])]++
	}
	k.loads = k.whole("loads", k.loads, cities, marked)
	// The newcomers of all other generations have lost their accounts.
	var newcomers []struct{ NativeIdentity string }
	s.get("/v3/accounts?limit=250&filters=source.name%20eq%20%22Marks%22%20and%20nativeIdentity%20sw%20%22n%22", &newcomers)
	if want := fmt.Sprint("[{n", k.loads.from, "}]"); fmt.Sprint(newcomers) != want {
		k.t.Errorf("generation %d: newcomers %v, want %s", k.generation, newcomers, want)
	}
	// A load evaluates with the mapping of its time, so titles may be of any mapping since
	// the last processing, and they are of the newest one when that was processed.
	since := span{from: k.processed.from, to: k.mappings.to, between: true}
	k.processed = k.whole("processing", since, titles, marked)
	if others := k.countOthers(s); others != k.others {
		k.t.Errorf("generation %d: there are %s other people, there were %s", k.generation, others, k.others)
	}
}

// whole holds that all values are of one generation, and of one that may be stored.
func (k *killer) whole(what string, may span, values map[string]int, want int) span {
	k.t.Helper()
	for text, n := range values {
		var generation int
		if _, err := fmt.Sscan(text, &generation); err != nil || n != want || !may.holds(generation) {
			k.t.Errorf("generation %d: %s are of the generations %v, want %d of one in %v", k.generation, what, values, want, may)
			break
		}
		may = span{from: generation, to: generation}
	}
	return may
}

// countOthers counts the people that nothing here touches.
func (k *killer) countOthers(s *server) string {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), "POST", s.base+"/v3/search/count",
		strings.NewReader(`{"indices":["identities"],"query":{"query":"NOT identityProfile.name:Marks AND attributes.uid:* AND NOT attributes.email:*marks.example"}}`))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token("admin"))
	r.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("X-Total-Count")
}
