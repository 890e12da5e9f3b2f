package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/nonemployee"
)

var kills = flag.Int("kills", 5, "how often a server is killed in the middle of an upload, per store")

const (
	everybody = 600 // people whom every upload changes
	newcomers = 40  // people whom every upload adds
)

// Servers are killed at random moments of an upload. The store must always hold the
// people as they were before or as they are after, never a mixture, and the next server
// must go on with it.
func TestKill(t *testing.T) {
	for _, kind := range []string{"sqlite", "file"} {
		t.Run(kind, func(t *testing.T) {
			c := testConfig(t, kind+":"+filepath.Join(t.TempDir(), "store"))
			c.Tick, c.Seed = duration(time.Millisecond), true
			k := &killer{t: t, c: c, random: rand.New(rand.NewPCG(2026, 1))}
			took := k.first()
			for range *kills {
				k.round(took)
			}
			t.Logf("an upload takes %v; killed servers left the upload: %v; %d of %d uploads are stored", took.Round(time.Millisecond), k.tally, k.stored, *kills)
		})
	}
}

// killer plays one upload after another.
type killer struct {
	t      *testing.T
	c      *Config
	random *rand.Rand

	generation int               // of the last upload
	job        string            // id of the last upload that arrived
	holds      map[string]string // account name to phone: what the store must hold
	stored     int
	tally      map[string]int // state of the upload when its server was killed
}

// first makes an upload that nobody disturbs, and tells how long it takes.
func (k *killer) first() time.Duration {
	k.holds, k.tally = map[string]string{}, map[string]int{}
	for _, p := range samples {
		k.holds[p.account] = p.phone
	}
	p := start(k.t, k.c)
	path := "/v3/non-employee-sources/" + sourceID(k.t, p.base) + "/non-employee-bulk-upload"
	begin := time.Now()
	if status, body := call(k.t, p.base, "demo-token-ada", "POST", path, multipartType, k.file()); status != 202 {
		k.t.Fatalf("upload: status %d: %s", status, body)
	}
	waitFor(k.t, "the first upload", func() bool {
		_, body := call(k.t, p.base, "demo-token-ada", "GET", path+"/status", "", "")
		return strings.Contains(body, string(nonemployee.JobCompleted))
	})
	took := time.Since(begin)
	p.kill()
	k.check(true)
	k.stored, k.tally = 0, map[string]int{}
	return took
}

// file is the upload of a generation.
func (k *killer) file() string {
	var b strings.Builder
	b.WriteString(people("p", everybody, k.phone()))
	addPeople(&b, k.newcomer(), newcomers, k.phone())
	return multipartFile(b.String())
}

func (k *killer) phone() string    { return fmt.Sprint("generation ", k.generation) }
func (k *killer) newcomer() string { return fmt.Sprintf("n%d-", k.generation) }

// round kills a server while it takes an upload, and looks at what is left.
func (k *killer) round(took time.Duration) {
	p := start(k.t, k.c)
	path := "/v3/non-employee-sources/" + sourceID(k.t, p.base) + "/non-employee-bulk-upload"
	k.generation++
	file, status := k.file(), make(chan int, 1)
	go func() {
		// The answer may never come.
		got, _, _ := request(context.WithoutCancel(k.t.Context()), p.base, "demo-token-ada", "POST", path, multipartType, strings.NewReader(file))
		status <- got
	}()
	if k.generation%2 == 0 { // else the file may still be under way, or not be checked yet
		status <- <-status
	}
	// Any moment will do, that is the point.
	time.Sleep(time.Duration(k.random.Int64N(int64(2 * took))))
	p.kill()
	k.check(<-status == 202)
}

// check opens the store as the next server would and compares it with what must be
// there: the people after the upload when it counts as completed, else those before.
// An upload that was answered must be known.
func (k *killer) check(answered bool) {
	k.t.Helper()
	s, closeStore, err := openStore(k.t.Context(), k.c.Store)
	if err != nil {
		k.t.Fatalf("generation %d: the store cannot be opened: %v", k.generation, err)
	}
	defer func() {
		if err := closeStore(); err != nil {
			k.t.Error(err)
		}
	}()
	state := "not known"
	for _, job := range stored[nonemployee.Job](k.t, s, nonemployee.KindJob) {
		if job.ID != k.job {
			k.job, state = job.ID, string(job.Status)
		}
	}
	k.tally[state]++
	if answered && state == "not known" {
		k.t.Errorf("generation %d: the upload was accepted and is lost", k.generation)
	}
	if state == string(nonemployee.JobCompleted) {
		k.stored++
		k.apply()
	}
	k.compare(s, state)
}

// apply does to holds what the upload does.
func (k *killer) apply() {
	for i := range everybody {
		k.holds[fmt.Sprint("p", i)] = k.phone()
	}
	for i := range newcomers {
		k.holds[fmt.Sprint(k.newcomer(), i)] = k.phone()
	}
}

func (k *killer) compare(s nonemployee.Store, state string) {
	k.t.Helper()
	got := map[string]string{}
	records := stored[nonemployee.Record](k.t, s, nonemployee.KindRecord)
	for _, r := range records {
		got[r.AccountName] = r.Phone
	}
	if d := cmp.Diff(k.holds, got); d != "" || len(records) != len(got) {
		k.t.Errorf("generation %d, upload %s: %d records, mismatch (-want +got):\n%s", k.generation, state, len(records), d)
	}
	counted := 0
	for _, g := range stored[nonemployee.Guard](k.t, s, nonemployee.KindGuard) {
		counted = max(counted, g.Count) // the guard of the tenant counts one source
	}
	if counted != len(records) {
		k.t.Errorf("generation %d: the source counts %d records, there are %d", k.generation, counted, len(records))
	}
}

// stored gives all values of a kind.
func stored[T any](t *testing.T, s nonemployee.Store, kind nonemployee.Kind) []*T {
	t.Helper()
	var out []*T
	for o, err := range s.List(t.Context(), kind, "") {
		v, ok := o.Value.(*T)
		if err != nil || !ok {
			t.Fatalf("%s: %v, a %T", kind, err, o.Value)
		}
		out = append(out, v)
	}
	return out
}
