package main

import (
	"crypto/subtle"
	"html/template"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/report"
)

// page shows what clients asked and which files differ from the folder. It holds no
// values of people: queries and bodies are left out.
type page struct {
	site *site
	mu   sync.Mutex
	list []request // oldest first
}

type request struct {
	Time         string
	Method, Path string
	Status       int
	Took         time.Duration
}

const maxRequests = 500

func newPage(s *site) *page { return &page{site: s} }

// logged notes each request.
func (p *page) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin, out := time.Now(), &statusWriter{ResponseWriter: w}
		next.ServeHTTP(out, r)
		one := request{
			Time: begin.Format(time.TimeOnly), Method: r.Method, Path: report.OneLine(r.URL.Path), Status: out.status,
			Took: time.Since(begin).Round(10 * time.Microsecond),
		}
		p.site.logger.Info("request", "method", one.Method, "path", one.Path, "status", one.Status, "took", one.Took)
		p.mu.Lock()
		defer p.mu.Unlock()

		// Only the last requests are kept, since the page is for looking on while one tries.
		if len(p.list) >= maxRequests {
			p.list = slices.Delete(p.list, 0, 1)
		}
		p.list = append(p.list, one)
	})
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *statusWriter) Write(src []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(src)
}

// Unwrap lets [http.ResponseController] reach the real writer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var pageTemplate = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Local tenant</title>
<style>body{font:14px system-ui;margin:2em}td,th{padding:.1em 1em .1em 0;text-align:left}</style></head><body>
<h1>Local tenant</h1>
<p>Clock: {{.Now}}</p>
<h2>Differences to the folder</h2>
{{if .Files}}<pre>{{range .Files}}{{.}}
{{end}}</pre>{{else}}<p>None.</p>{{end}}
<h2>Requests</h2>
<table><tr><th>Time</th><th>Request</th><th>Status</th><th>Took</th></tr>
{{range .Requests}}<tr><td>{{.Time}}</td><td>{{.Method}} {{.Path}}</td><td>{{.Status}}</td><td>{{.Took}}</td></tr>
{{end}}</table></body></html>
`))

// serve shows the page to whoever has the credentials of a client that may read.
func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	ok := false

	// Every secret is compared, and in constant time, so that the answer takes equally long for all.
	for _, c := range clients {
		same := subtle.ConstantTimeCompare([]byte(c.Secret), []byte(secret)) == 1
		ok = ok || c.ID == id && same && (c.Actor.Read || c.Actor.Admin)
	}

	if !ok {
		w.Header().Set("WWW-Authenticate", `Basic realm="tenant"`)
		http.Error(w, "sign in as a client, such as admin", http.StatusUnauthorized)
		return
	}

	p.mu.Lock()
	requests := slices.Clone(p.list)
	p.mu.Unlock()
	slices.Reverse(requests)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("Cache-Control", "no-store")
	err := pageTemplate.Execute(w, map[string]any{
		"Now":   p.site.handler.Now().UTC().Format(time.RFC3339),
		"Files": p.site.shownDifferences(), "Requests": requests,
	})
	if err != nil {
		p.site.logger.Error("the page cannot be written", "error", err)
	}
}
