package nonemployee

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
)

// fullPlan is a plan with what has to be stored.
type fullPlan struct {
	ImportPlan
	creates []Values
	updates []recordUpdate
}

type recordUpdate struct {
	old     *Record
	version int64
	values  Values
}

// importer checks the rows of a sheet against a source.
type importer struct {
	*tx
	source   *Source
	sheet    *sheet
	checker  checker
	records  map[string]versioned[Record] // by folded accountName
	requests map[string]bool              // accountNames of open requests
	lines    map[string]int               // where an accountName stands in the file
	problems *Problems
	plan     fullPlan
}

// planImport checks all rows. It reports problems in the order of lines.
func (t *tx) planImport(s *Source, rows *sheet, attributes []versioned[Attribute],
	problems *Problems) (fullPlan, error) {
	m := &importer{
		tx: t, source: s, sheet: rows, problems: problems, lines: map[string]int{},
		checker: checker{ctx: t.ctx, core: t.core, attributes: attributes, now: t.now},
	}

	// The limit is on the file first, since each row costs a check; then on what the source would
	// hold.
	if len(rows.Rows) > t.limits.Records {
		return fullPlan{}, oneProblem(isc.CodeLimit, rows.Rows[t.limits.Records].Line, "the file has more than %d rows",
			t.limits.Records)
	}

	if err := m.load(); err != nil {
		return fullPlan{}, err
	}
	for i, row := range rows.Rows {
		if i%256 == 0 && t.ctx.Err() != nil {
			return fullPlan{}, t.ctx.Err()
		}
		if err := m.row(row); err != nil {
			return fullPlan{}, err
		}
	}

	if !m.problems.empty() {
		slices.SortStableFunc(m.problems.List, func(a, b Problem) int { return a.Line - b.Line })
		return fullPlan{}, importError(isc.CodeBadRequest, m.problems)
	}

	if n := len(m.records) + len(m.plan.creates); n > t.limits.Records {
		return fullPlan{}, oneProblem(isc.CodeLimit, rows.Rows[len(rows.Rows)-1].Line,
			"the source would have %d records, at most %d are allowed", n, t.limits.Records)
	}

	return m.plan, nil
}

func (m *importer) load() error {
	records, err := list[Record](m.ctx, m.store, KindRecord, m.source.SourceID)
	if err != nil {
		return err
	}
	m.records = make(map[string]versioned[Record], len(records))
	for _, r := range records {
		m.records[fold(r.T.AccountName)] = r
	}

	requests, err := list[Request](m.ctx, m.store, KindRequest, m.source.SourceID)

	// An open request holds its name as a record does: a row that takes it would make the approval
	// fail.
	m.requests = map[string]bool{}
	for _, r := range requests {
		if r.T.Status == Pending {
			m.requests[fold(r.T.AccountName)] = true
		}
	}

	return err
}

// row checks one row and plans what it does.
func (m *importer) row(row sheetRow) error {
	body := RecordBody{SourceID: m.source.SourceID, Data: map[string]string{}}
	for i, name := range m.sheet.Columns {
		body.set(name, row.Cells[i])
	}
	key := fold(body.AccountName)
	// A row for a record that exists updates it; the columns that the file lacks keep
	// their values.
	old, exists := m.records[key]
	if exists {
		body.AccountName = old.T.AccountName // found without regard to case, kept as it is
		m.keep(&body, old.T)
	}

	values, problems, err := m.checker.values(body)
	if err != nil {
		return err
	}
	for _, p := range problems {
		m.problem(row, p.name, p.text)
	}

	// Names are checked against other rows of the file too, which the records do not know.
	m.name(row, body.AccountName, exists)
	for _, w := range m.checker.warnings(values) {
		w.Path = fmt.Sprintf("line %d, %s", row.Line, w.Path)
		m.plan.Warnings = append(m.plan.Warnings, w)
	}

	m.add(values, old, exists)
	return nil
}

// name checks that an accountName occurs once in the file and in no open request.
func (m *importer) name(row sheetRow, name string, exists bool) {
	if name == "" {
		return
	}
	key := fold(name)
	if first, ok := m.lines[key]; ok {
		m.problem(row, "accountName", fmt.Sprintf("accountName %q occurs on line %d already", name, first))
	} else {
		m.lines[key] = row.Line
	}

	if !exists && m.requests[key] {
		m.problem(row, "accountName", nameInUse(name))
	}
}

// add plans what a row does.
func (m *importer) add(values Values, old versioned[Record], exists bool) {
	switch {
	case !exists:
		m.plan.creates = append(m.plan.creates, values)
		m.plan.Created++
	case old.T.Values.equal(values):
		m.plan.Unchanged++
	default:
		m.plan.updates = append(m.plan.updates, recordUpdate{old: old.T, version: old.version, values: values})
		m.plan.Updated++
	}
}

// keep takes over the values whose column the file lacks.
func (m *importer) keep(body *RecordBody, old *Record) {
	for name, v := range old.Data {
		if !slices.Contains(m.sheet.Columns, name) {
			body.Data[name] = v
		}
	}
}

func (m *importer) problem(row sheetRow, name, text string) {
	p := Problem{Line: row.Line, Name: name, Text: text}
	p.Column = slices.Index(m.sheet.Columns, name) + 1
	if p.Column == 0 {
		p.Name = ""
	}
	m.problems.add(p)
}

// set puts a cell into the body.
func (b *RecordBody) set(name, cell string) {
	switch name {
	case "startDate":
		b.StartDate = cell
		return
	case "endDate":
		b.EndDate = cell
		return
	}

	// Blanks in an export are an empty cell; blanks around a text are kept.
	if strings.TrimSpace(cell) == "" {
		cell = ""
	}
	for _, f := range b.textFields() {
		if f.name == name {
			*f.to = cell
			return
		}
	}

	b.Data[name] = cell
}

// runJob stores the records of a staged file, all or none. What changed since the file
// was checked is seen, because all rows are checked again.
func (t *tx) runJob(job *Job, version int64) error {
	s, _, err := t.findSource(t.ctx, job.SourceID)

	// The job may have waited while its source was deleted.
	if err != nil {
		return err
	}
	if s == nil || job.Sheet == nil {
		return isc.Refuse(isc.CodeReferenceNotFound, "the source of the upload is gone")
	}

	guard, err := t.guard(s.SourceID)
	if err != nil {
		return err
	}
	attributes, err := t.attributes(t.ctx, s.SourceID)
	if err != nil {
		return err
	}

	// Between upload and now anybody may have changed the schema or the records.
	if err := job.Sheet.fits(attributes); err != nil {
		return err
	}
	plan, err := t.planImport(s, job.Sheet, attributes, &Problems{})
	if err != nil {
		return err
	}

	// One commit: readers see none of the rows, or all of them.
	if err := t.putPlan(s, plan); err != nil {
		return err
	}
	guard.Count += len(plan.creates)
	t.endJob(job, version, JobCompleted, "")
	t.event(ActionImportPassed, s.Name, s.SourceID, "id", job.ID,
		"created", fmt.Sprint(plan.Created), "updated", fmt.Sprint(plan.Updated), "unchanged",
		fmt.Sprint(plan.Unchanged))
	return nil
}

// putPlan stores the records of a plan.
func (t *tx) putPlan(s *Source, plan fullPlan) error {
	for _, values := range plan.creates {
		id, err := t.id()
		if err != nil {
			return err
		}
		r := &Record{ID: id, Values: values, SourceID: s.SourceID, Created: t.now, Modified: t.now}
		t.put(KindRecord, id, s.SourceID, fold(values.AccountName), 0, r)
	}

	for _, u := range plan.updates {
		r := *u.old
		r.Values, r.Modified = u.values, t.now
		t.put(KindRecord, r.ID, s.SourceID, fold(r.AccountName), u.version, &r)
	}

	return nil
}

// fits checks the columns again: attributes may have come and gone.
func (s *sheet) fits(attributes []versioned[Attribute]) error {
	again, problems := sheet{}, &Problems{}
	if again.readHeader(s.Columns, 1, attributes, problems); !problems.empty() {
		return importError(isc.CodeBadRequest, problems)
	}
	return nil
}

func (t *tx) endJob(job *Job, version int64, status JobStatus, problem string) {
	next := *job
	next.Status, next.Problem, next.Sheet, next.Modified = status, problem, nil, t.now
	t.put(KindJob, job.ID, job.SourceID, "", version, &next)
}

// endJobs marks imports that a former process left as failed.
func (c *core) endJobs(ctx context.Context) error {
	return c.write(ctx, Actor{}, func(t *tx) error {
		all, err := list[Job](ctx, t.store, KindJob, "")
		if err != nil {
			return err
		}
		for _, j := range all {
			if j.T.open() {
				t.failJob(j, "the process ended before the upload was done")
			}
		}

		return nil
	})
}

func (t *tx) failJob(j versioned[Job], problem string) {
	t.endJob(j.T, j.version, JobError, problem)
	t.event(ActionImportFailed, "", j.T.SourceID, "id", j.T.ID)
}
