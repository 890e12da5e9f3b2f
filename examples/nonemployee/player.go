package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
)

// player runs a server of its own, whose clock it moves, and sends it requests. The
// first failure ends everything that follows.
type player struct {
	ctx    context.Context
	out    io.Writer
	site   *site
	base   string
	tokens map[string]string // alias to token
	names  map[string]string // identity id to alias
	err    error

	mu    sync.Mutex // the server reads the clock and sends mail on goroutines of its own
	now   time.Time
	mails []nonemployee.Notification
}

func (p *player) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *player) setClock(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = now
}

func (p *player) mail(n nonemployee.Notification) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, n)
}

// newMails gives the mails since the last time.
func (p *player) newMails() []nonemployee.Notification {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.mails
	p.mails = nil
	return out
}

// newPlayer starts the server; the function it gives stops it.
func newPlayer(ctx context.Context, c *Config, out io.Writer, now time.Time) (*player, func() error, error) {
	p := &player{ctx: ctx, out: out, now: now, tokens: map[string]string{}, names: map[string]string{}}
	for _, t := range c.Tokens {
		p.tokens[t.Alias] = t.Token
		p.names[staffID(t.Alias)] = t.Alias
	}

	own := *c
	// Nothing runs by itself here: the steps say when.
	own.Seed, own.Tick, own.Aggregate = false, duration(24*time.Hour), duration(24*time.Hour)
	var err error
	p.site, err = openSite(ctx, &own, siteOptions{
		clock: p.clock, logger: slog.New(slog.DiscardHandler), mail: p.mail,
	})
	if err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, errors.Join(err, p.site.close())
	}
	p.base = "http://" + l.Addr().String()

	// A context of its own, so that the server outlives no step of the caller.
	serving, cancel := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- p.site.serve(serving, l) }()
	return p, func() error {
		cancel()
		return errors.Join(<-served, p.site.close())
	}, nil
}

// printf prints a line, but nothing after a failure.
func (p *player) printf(format string, args ...any) {
	if p.err == nil {
		fmt.Fprintf(p.out, format+"\n", args...)
	}
}

// step begins a step.
func (p *player) step(title string) { p.printf("\n%s  %s", p.clock().Format(time.DateOnly), title) }

// longID is the part of a counted id that is the same in all of them.
const longID = "00000000-0000-4000-8000-00000000"

func (p *player) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

// do sends a request, prints it with its status, and reads the JSON answer into to,
// which may be nil. Any other status than the wanted one is a failure.
func (p *player) do(alias, method, path, contentType, body string, want int, to any) {
	if p.err != nil {
		return
	}
	r, err := http.NewRequestWithContext(p.ctx, method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.fail("%s %s: %w", method, path, err)
		return
	}

	// Each person signs requests with a token, as a client of the vendor does.
	r.Header.Set("Authorization", "Bearer "+p.tokens[alias])
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		p.fail("%s %s: %w", method, path, err)
		return
	}

	defer res.Body.Close()
	src, err := io.ReadAll(res.Body)
	p.printf("  %-11s %s %s -> %d", alias, method, strings.ReplaceAll(path, longID, "~"), res.StatusCode)
	switch {
	case err != nil:
		p.fail("%s %s: %w", method, path, err)
	case res.StatusCode != want:
		p.fail("%s %s: status %d, want %d: %s", method, path, res.StatusCode, want, src)
	case to != nil:
		p.decode(src, to)
	}
}

// decode takes a text as it is and everything else as JSON.
func (p *player) decode(src []byte, to any) {
	if text, ok := to.(*string); ok {
		*text = string(src)
		return
	}

	if err := json.Unmarshal(src, to); err != nil {
		p.fail("answer %s: %w", src, err)
	}
}

func (p *player) get(alias, path string, to any) { p.do(alias, "GET", path, "", "", 200, to) }

// send posts or patches a value as JSON.
func (p *player) send(alias, method, path string, body any, want int, to any) {
	src, err := json.Marshal(body)
	if err != nil {
		p.fail("body of %s %s: %w", method, path, err)
	}
	contentType := "application/json"
	if method == "PATCH" {
		contentType = "application/json-patch+json"
	}
	p.do(alias, method, path, contentType, string(src), want, to)
}

// upload posts a CSV file.
func (p *player) upload(alias, path, file string, want int, to any) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	w, err := m.CreateFormFile("data", "people.csv")
	if err == nil {
		_, err = io.WriteString(w, file)
	}
	if err == nil {
		err = m.Close()
	}
	if err != nil {
		p.fail("upload: %w", err)
		return
	}

	p.do(alias, "POST", path, m.FormDataContentType(), b.String(), want, to)
}

// refusal is the error body of the API.
type refusal struct {
	DetailCode string `json:"detailCode"`
	Messages   []struct {
		Text string `json:"text"`
	} `json:"messages"`
}

// tick runs what is due.
func (p *player) tick() nonemployee.TickResult {
	if p.err != nil {
		return nonemployee.TickResult{}
	}
	out, err := p.site.tick(p.ctx)
	if err != nil {
		p.fail("tick: %w", err)
	}
	p.printf("  server      tick: %d uploads, %d reminders", len(out.Imports), len(out.Reminders))
	return out
}

// showMails prints the mails since the last time.
func (p *player) showMails() {
	for _, m := range p.newMails() {
		to := []string{}
		for _, r := range m.To {
			to = append(to, p.names[r.ID])
		}
		about := []string{}
		for _, r := range m.Records {
			about = append(about, r.AccountName)
		}
		p.printf("    mail %q to %s about %s", m.Template, strings.Join(to, ", "), strings.Join(about, ", "))
	}
}

// people shows the identities that have the profile of non-employees.
func (p *player) people() []person {
	var all, out []person
	p.get("ada.almeida", "/identities", &all)
	for _, one := range all {
		if one.Profile == "Contractors" {
			out = append(out, one)
		}
	}

	slices.SortFunc(out, func(a, b person) int { return strings.Compare(a.Alias, b.Alias) })
	p.printf("    %-10s %-12s %-12s %-10s %s", "uid", "name", "state", "manager", "accounts")
	for _, one := range out {
		p.printf("    %-10s %-12s %-12s %-10s %s", one.Alias, one.Name, one.State, one.Manager,
			strings.Join(one.Accounts, " "))
	}
	return out
}
