package rest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

func taskRoutes() []route {
	return []route{
		at(noThree, "GET", "task-status", "getTaskStatusList", (*call).listTasks),
		at(noThree, "GET", "task-status/pending-tasks", "getPendingTasks", (*call).listPending),
		at(noThree, "GET", "task-status/{id}", "getTaskStatus", (*call).getTask),
		at(noThree, "PATCH", "task-status/{id}", "updateTaskStatus", (*call).patchTask),
	}
}

// task is something that a tenant does later.
type task struct {
	id, name, description string
	launcher, source      string // source: its id, "" for none
	created               time.Time
	completed             time.Time // zero: runs
	status                string    // "" while it runs
	messages              []string
	returns               [][2]string
	attributes            *jsondoc.Node

	serial int   // counts the tasks
	work   *work // nil: none was needed
}

// maxTasks is how many ended tasks are kept.
const maxTasks = 10_000

// taskList keeps tasks and runs them one after another, in the order of requests.
type taskList struct {
	mu      sync.Mutex
	idle    sync.Cond // told when nothing runs any more
	list    []*task   // oldest first
	queue   []*task
	running bool
	serial  int
}

func (l *taskList) newTask(h *Handler, name, description, launcher string) *task {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	return &task{
		id: config.IdentityID("TASK_RESULT", fmt.Sprint(l.serial, name,
			h.o.Now().UnixNano())), name: name, description: description,
		launcher: launcher, created: h.now(), attributes: jsondoc.NewObject(), serial: l.serial,
	}
}

// append lists a task and forgets the oldest one where there are too many; l.mu is held.
// It gives the id of what it forgot.
func (l *taskList) append(t *task) (forgotten string) {
	if len(l.list) >= maxTasks && l.list[0].status != "" {
		forgotten = l.list[0].id
		l.list = slices.Delete(l.list, 0, 1)
	}

	l.list = append(l.list, t)
	return forgotten
}

func launcherName(a Actor) string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// done notes a task that is over already.
func (l *taskList) done(h *Handler, name, description string, a Actor) task {
	t := l.newTask(h, name, description, launcherName(a))
	t.completed, t.status = h.now(), "SUCCESS"
	if err := h.keep(context.Background(), *t); err != nil {
		h.o.Logger.Error("what was done stays", "error", err)
	}
	l.mu.Lock()
	forgotten := l.append(t)
	l.mu.Unlock()
	h.forgetTask(forgotten)
	return *t
}

// start puts a task behind those that wait, once the host has kept it. It goes on when
// the client is gone.
func (l *taskList) start(h *Handler, name, description, source, launcher string, w *work) (task, error) {
	t := l.newTask(h, name, description, launcher)
	t.source, t.work = source, w
	if err := h.keep(context.Background(), *t); err != nil {
		return task{}, err
	}
	l.mu.Lock()
	forgotten := l.append(t)
	l.enqueue(h, t)
	out := *t
	l.mu.Unlock()
	h.forgetTask(forgotten)
	return out, nil
}

// enqueue puts a task into the queue; l.mu is held.
func (l *taskList) enqueue(h *Handler, t *task) {
	l.queue = append(l.queue, t)
	if !l.running {
		l.running = true
		go l.process(h)
	}
}

// resume takes tasks over, oldest first.
func (l *taskList) resume(h *Handler, found []*task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range found {
		l.serial = max(l.serial, t.serial)
		l.list = append(l.list, t)
		if t.status == "" {
			l.enqueue(h, t)
		}
	}
}

// forgetTask tells the host that a task is forgotten; "" is none.
func (h *Handler) forgetTask(id string) {
	if id == "" || h.o.KeepTask == nil {
		return
	}
	if err := h.o.KeepTask(context.Background(), id, nil); err != nil {
		h.o.Logger.Error("a task cannot be forgotten", "error", err)
	}
}

func (l *taskList) process(h *Handler) {
	for {
		l.mu.Lock()
		if len(l.queue) == 0 {
			l.running = false
			l.idle.Broadcast()
			l.mu.Unlock()
			return
		}

		next := l.queue[0]
		l.queue = l.queue[1:]
		l.mu.Unlock()
		l.run(h, next)
	}
}

func (l *taskList) wait() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.running {
		l.idle.Wait()
	}
}

func (l *taskList) run(h *Handler, t *task) {
	// A copy is changed while others may read the task.
	now := *t
	h.writes.Lock()
	err := guarded(func() error { return h.perform(context.Background(), &now) })
	h.writes.Unlock()

	now.completed, now.status = h.now(), "SUCCESS"
	if err != nil {
		now.status = "ERROR"
		now.messages = append(now.messages, err.Error())
		h.o.Logger.Error("task failed", "task", now.name, "error", err)
	}

	l.mu.Lock()
	now.attributes = t.attributes // clients may have changed them meanwhile
	*t = now
	t.work = nil
	l.mu.Unlock()
	// Were it not kept that the task is done, it would be done once more at the next
	// start, to the same end.
	if err := h.keep(context.Background(), now); err != nil {
		h.o.Logger.Error("the task is done once more at the next start", "error", err)
	}
}

// guarded makes an error of a panic of host code, because it would end the process
// on this goroutine.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the task stopped: %v", r)
		}
	}()
	return f()
}

// start starts a task of the actor.
func (c *call) start(name, description string, s *config.Source, w *work) (task, error) {
	id := ""
	if s != nil {
		id, w.Source = sourceID(s), s.Name
	}
	return c.tasks.start(c.Handler, name, description, id, launcherName(c.actor), w)
}

// Names of tasks, as a tenant gives them.
const (
	taskAggregation = "Cloud Account Aggregation"
	taskRefresh     = "Identity Refresh"
	taskRemoval     = "Remove Accounts"
)

func timeNode(t time.Time) *jsondoc.Node {
	if t.IsZero() {
		return jsondoc.NewNull()
	}
	return jsondoc.NewString(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func textNode(s string) *jsondoc.Node {
	if s == "" {
		return jsondoc.NewNull()
	}
	return jsondoc.NewString(s)
}

// view is a task as GET /task-status shows it. While it runs, completionStatus is
// there and null: clients wait as long as it is.
func (t task) view() *jsondoc.Node {
	// Messages and returns are always there, if empty: clients go through them without looking.
	messages, returns := jsondoc.NewArray(), jsondoc.NewArray()
	var list []*jsondoc.Node
	for _, m := range t.messages {
		list = append(list, jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString("ERROR")),
			jsondoc.M("localizedText", jsondoc.NewObject(jsondoc.M("locale", jsondoc.NewString("en-US")),
				jsondoc.M("message", jsondoc.NewString(m)))),
			jsondoc.M("key", jsondoc.NewString("task.error")), jsondoc.M("parameters", jsondoc.NewArray())))
	}

	messages.SetItems(list)
	list = nil
	for _, r := range t.returns {
		list = append(list, jsondoc.NewObject(jsondoc.M("name", jsondoc.NewString(r[0])),
			jsondoc.M("attributeName", jsondoc.NewString(r[1]))))
	}
	returns.SetItems(list)

	// A task that is not done has neither end nor status.
	percent := int64(0)
	modified := t.created
	if t.status != "" {
		percent, modified = 100, t.completed
	}
	return jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(t.id)),
		jsondoc.M("type", jsondoc.NewString("QUARTZ")),
		jsondoc.M("uniqueName", jsondoc.NewString(t.name)),
		jsondoc.M("description", jsondoc.NewString(t.description)),
		jsondoc.M("parentName", jsondoc.NewNull()),
		jsondoc.M("launcher", jsondoc.NewString(t.launcher)),
		jsondoc.M("created", timeNode(t.created)),
		jsondoc.M("modified", timeNode(modified)),
		jsondoc.M("launched", timeNode(t.created)),
		jsondoc.M("completed", timeNode(t.completed)),
		jsondoc.M("completionStatus", textNode(t.status)),
		jsondoc.M("messages", messages),
		jsondoc.M("returns", returns),
		jsondoc.M("attributes", t.attributes.Clone()),
		jsondoc.M("progress", jsondoc.NewNull()),
		jsondoc.M("percentComplete", jsondoc.NewInt(percent)))
}

// simplified is a task as the deletion of profiles answers it.
func (t task) simplified() *jsondoc.Node {
	return jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(t.id)), jsondoc.M("name", jsondoc.NewString(t.name)),
		jsondoc.M("description", jsondoc.NewString(t.description)),
		jsondoc.M("launcher", jsondoc.NewString(t.launcher)),
		jsondoc.M("completed", timeNode(t.completed)), jsondoc.M("launched", timeNode(t.created)),
		jsondoc.M("completionStatus", jsondoc.NewString("Success")))
}

// reference is a task as many asynchronous operations answer it.
func (t task) reference() map[string]string {
	return map[string]string{"type": "TASK_RESULT", "id": t.id, "name": t.name}
}

var listedTasks = isc.Fields[task]{
	"id":       filterOnly(isc.TextField("eq in", func(t task) string { return t.id })),
	"sourceId": filterOnly(isc.TextField("eq in", func(t task) string { return t.source })),
	"type":     filterOnly(isc.TextField("eq in", func(task) string { return "QUARTZ" })),
	"completionStatus": {
		Condition: isc.Condition{Ops: "eq in isnull",
			Enum: []string{"SUCCESS", "WARNING", "ERROR", "TERMINATED", "TEMPERROR"}},
		Get: func(t task) identity.Value {
			if t.status == "" {
				return identity.Value{}
			}
			return identity.StringValue(t.status)
		},
	},
	"created": isc.TimeField("", func(t task) time.Time { return t.created }),
}

// snapshot copies the tasks, newest first.
func (l *taskList) snapshot() []task {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]task, 0, len(l.list))
	for _, t := range slices.Backward(l.list) {
		out = append(out, *t)
	}
	return out
}

func (c *call) listTasks() error {
	found := c.tasks.snapshot()
	order := map[string]int{}
	for i, t := range found {
		order[t.id] = i
	}
	return list(c, found, listedTasks, func(a, b task) int { return order[a.id] - order[b.id] }, task.view)
}

func (c *call) listPending() error {
	found := slices.DeleteFunc(c.tasks.snapshot(), func(t task) bool { return t.status != "" })
	return list(c, found, isc.Fields[task]{}, func(a, b task) int { return 0 }, task.view)
}

func (c *call) task() (task, error) {
	for _, t := range c.tasks.snapshot() {
		if t.id == c.path["id"] {
			return t, nil
		}
	}

	return task{}, notFound("task", c.path["id"])
}

func (c *call) getTask() error {
	t, err := c.task()
	if err == nil {
		c.node(http.StatusOK, t.view())
	}
	return err
}

// patchTask changes the attributes of a task, which belong to clients.
func (c *call) patchTask() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	t, err := c.task()
	if err != nil {
		return err
	}

	// Everything but the attributes is read only; a patch of it is refused by name.
	fields := map[string]isc.Access{"attributes": isc.Writable}
	for _, m := range t.view().Members() {
		if m.Key != "attributes" {
			fields[m.Key] = isc.ReadOnly
		}
	}

	n, err := isc.Apply(t.view(), ops, fields)
	if err != nil {
		return err
	}

	// The task may have ended meanwhile: only its attributes are written.
	c.tasks.mu.Lock()
	for _, old := range c.tasks.list {
		if old.id == t.id {
			old.attributes = orNull(n.Get("attributes"))
			t = *old
		}
	}

	c.tasks.mu.Unlock()
	if err := c.keep(c.ctx, t); err != nil {
		return err
	}
	return c.getTask()
}
