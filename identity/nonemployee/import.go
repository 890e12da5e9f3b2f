package nonemployee

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/idprofile/engine/identity/isc"
)

// JobStatus is the state of an import.
type JobStatus string

// The states of an import.
const (
	JobPending    JobStatus = "PENDING"
	JobInProgress JobStatus = "IN_PROGRESS"
	JobCompleted  JobStatus = "COMPLETED"
	JobError      JobStatus = "ERROR"
)

// Job is an import of records from a file.
type Job struct {
	ID       string    `json:"id"`
	SourceID string    `json:"sourceId"`
	Created  Date      `json:"created"`
	Modified Date      `json:"modified"`
	Status   JobStatus `json:"status"`
	Actor    string    `json:"actor"`             // identity id of who uploaded
	Problem  string    `json:"problem,omitempty"` // why the state is ERROR

	Sheet *sheet `json:"sheet,omitempty"` // until the job is done
}

func (j *Job) open() bool { return j.Status == JobPending || j.Status == JobInProgress }

// ImportPlan tells what an import will do.
type ImportPlan struct {
	Created   int       `json:"created"`
	Updated   int       `json:"updated"`
	Unchanged int       `json:"unchanged"`
	Warnings  []Warning `json:"warnings"` // path: line and attribute
}

// Import checks a CSV file and stages it; [Service.Tick] stores the records. A row whose
// accountName exists updates that record: its empty cells clear optional values
// (DECISION N24), columns that the file lacks keep theirs. Other rows make records,
// without review. Records that are not in the file stay.
//
// Errors: [isc.CodeBadRequest] with all problems of the file, each with line and column, after
// which nothing is stored (DECISION N25); [isc.CodeLimit]; [isc.CodeConflict] while another
// upload to the source is under way.
func (g Sources) Import(ctx context.Context, a Actor, id string, file io.Reader) (Job, ImportPlan, error) {
	var out Job
	var plan ImportPlan

	// The file is read before the store is locked: a slow sender must not hold up everybody.
	data, err := g.readFile(ctx, a, id, file)
	if err != nil {
		return out, plan, err
	}

	err = g.write(ctx, a, func(t *tx) error {
		s, sheet, p, err := t.readImport(id, data)
		if err != nil {
			return err
		}
		job, err := t.newJob(s, sheet)
		if err != nil {
			return err
		}
		out, plan = *job, p

		// The rows are kept with the job and not handed out.
		out.Sheet = nil
		return nil
	})

	return out, plan, err
}

// DryRun checks a CSV file as [Sources.Import] does and stores nothing.
func (g Sources) DryRun(ctx context.Context, a Actor, id string, file io.Reader) (ImportPlan, error) {
	data, err := g.readFile(ctx, a, id, file)
	if err != nil {
		return ImportPlan{}, err
	}
	t := &tx{core: g.core, ctx: ctx, now: g.now(), actor: a, guards: map[string]*guardChange{}}
	_, _, plan, err := t.readImport(id, data)
	return plan, err
}

var importRights = sourceRights{right: Create, settings: false, managers: false, what: "import into this source"}

// readFile reads the file before anything is locked: it may come from a slow client.
func (g Sources) readFile(ctx context.Context, a Actor, id string, file io.Reader) ([]byte, error) {
	if _, _, err := g.sourceFor(ctx, a, id, importRights); err != nil {
		return nil, err
	}
	return io.ReadAll(file)
}

func (t *tx) readImport(id string, file []byte) (*Source, *sheet, ImportPlan, error) {
	var none ImportPlan
	s, _, err := t.sourceFor(t.ctx, t.actor, id, importRights)
	if err != nil {
		return nil, nil, none, err
	}

	// Two uploads at once would both be checked against the records of before.
	if job, err := t.openJob(t.ctx, s.SourceID); err != nil {
		return nil, nil, none, err
	} else if job != nil {
		return nil, nil, none, isc.Refuse(isc.CodeConflict, "an upload to the source %q is under way already", s.Name)
	}

	attributes, err := t.attributes(t.ctx, s.SourceID)
	if err != nil {
		return nil, nil, none, err
	}
	// Before anything is read as CSV, which takes many times the size of a bad line.
	if problems := checkWidth(file); problems != nil {
		return nil, nil, none, importError(isc.CodeBadRequest, problems)
	}

	sheet, problems, err := readSheet(t.ctx, bytes.NewReader(file), attributes, t.limits.Records)
	if err != nil {
		return nil, nil, none, err
	}
	if sheet == nil {
		return nil, nil, none, importError(isc.CodeBadRequest, problems)
	}

	plan, err := t.planImport(s, sheet, attributes, problems)
	return s, sheet, plan.ImportPlan, err
}

func (c *core) openJob(ctx context.Context, sourceID string) (*Job, error) {
	all, err := list[Job](ctx, c.store, KindJob, sourceID)
	for _, j := range all {
		if j.T.open() {
			return j.T, err
		}
	}

	return nil, err
}

// newJob stages a checked file. Only the newest job of a source is kept.
func (t *tx) newJob(s *Source, rows *sheet) (*Job, error) {
	if _, err := t.guard(s.SourceID); err != nil {
		return nil, err
	}
	old, err := list[Job](t.ctx, t.store, KindJob, s.SourceID)
	if err != nil {
		return nil, err
	}

	// A file that waits for its rows to be taken is replaced by the newer one, which says what is
	// wanted now.
	for _, j := range old {
		t.delete(KindJob, j.T.ID, j.version)
	}
	id, err := t.id()
	if err != nil {
		return nil, err
	}

	job := &Job{ID: id, SourceID: s.SourceID, Created: t.now, Modified: t.now, Status: JobPending, Actor: t.actor.ID,
		Sheet: rows}
	t.put(KindJob, id, s.SourceID, "", 0, job)
	t.event(ActionImportStarted, s.Name, s.SourceID, "id", id, "rows", fmt.Sprint(len(rows.Rows)))
	return job, nil
}

// ImportStatus gives the newest import of a source, nil when there was none.
func (g Sources) ImportStatus(ctx context.Context, a Actor, id string) (*Job, error) {
	s, _, err := g.sourceFor(ctx, a, id, sourceRights{right: Read, settings: false, managers: false,
		what: "read the imports of this source"})
	if err != nil {
		return nil, err
	}
	all, err := list[Job](ctx, g.store, KindJob, s.SourceID)
	if err != nil || len(all) == 0 {
		return nil, err
	}

	out := *all[0].T
	out.Sheet = nil
	return &out, nil
}
