package workbench

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/report"
)

//go:embed assets
var assets embed.FS

// Options say what is served, and how.
type Options struct {
	Name      string // of the folder, as people know it
	Dir       string // where files are saved; empty: nowhere
	FS        fs.FS  // the folder, from which nothing outside of it is read
	Addr      string // host and port that the server answers to
	Token     string
	Write     bool // files may be changed
	Now       time.Time
	Seed      *uint64
	Workers   int
	Recompute bool // links that the data carry do not count
	Clock     func() time.Time
}

// Server is the workbench of one folder. It is safe for concurrent use.
type Server struct {
	opts  Options
	ctx   context.Context
	mux   *http.ServeMux
	index []byte

	mu      sync.Mutex
	snap    *snapshot // nil: not read yet
	loading *loading
	drafts  draftCache
	effects effectCache
	saving  sync.Mutex
}

// New returns a server that reads its folder until the context ends.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	index, err := assets.ReadFile("assets/index.html")
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, ctx: ctx, mux: http.NewServeMux(), index: index}
	s.routes()
	s.reload()
	return s, nil
}

// Handler returns the guarded server.
func (s *Server) Handler() http.Handler { return newGuard(s.mux, s.opts.Addr, s.opts.Token) }

// handler answers a request with a value, or an error.
type handler func(*http.Request) (any, error)

func (s *Server) routes() {
	for pattern, h := range map[string]handler{
		"GET /api/state":       s.state,
		"GET /api/overview":    s.overview,
		"GET /api/people":      s.people,
		"GET /api/person/{id}": s.person,
		"GET /api/ahead":       s.ahead,
		"GET /api/objects":     s.objectList,
		"GET /api/object":      s.objectText,
		"GET /api/words":       s.words,
		"POST /api/check":      s.check,
		"POST /api/reload":     s.reread,
		"GET /api/correlation": s.correlation,
		"GET /api/account":     s.account,
		"GET /api/probable":    s.probable,
		"POST /api/criterion":  s.criterion,
		"GET /api/lineage":     s.lineage,
		"GET /api/data":        s.data,
		"POST /api/tests":      s.tests,
		"POST /api/case":       s.testCase,
	} {
		s.mux.Handle(pattern, s.json(h))
	}

	// These write the response themselves: answers that come in pieces, and files to download.
	for pattern, h := range map[string]http.HandlerFunc{
		"POST /api/effect": s.effect, "POST /api/export": s.export, "POST /api/save": s.save,
	} {
		s.mux.HandleFunc(pattern, h)
	}

	s.mux.HandleFunc("GET /assets/{file...}", s.asset)
	s.mux.HandleFunc("GET /", s.page)
}

// httpError is an error with a status and a stable word.
type httpError struct {
	status     int
	code, text string
}

func (e *httpError) Error() string { return e.text }

func notFound(text string) error {
	return &httpError{status: http.StatusNotFound, code: "not-found", text: text}
}

func badRequest(text string) error {
	return &httpError{status: http.StatusBadRequest, code: "bad-request", text: text}
}

// json makes a handler of a function that returns a value.
func (s *Server) json(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}

		answer(w, http.StatusOK, v)
	})
}

// fail answers with what went wrong.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *httpError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		refuse(w, known.status, known.code, report.OneLine(known.text))
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, "body", "the request is too large")
	case r.Context().Err() != nil: // nobody waits any more
	default:
		refuse(w, http.StatusInternalServerError, "internal", report.OneLine(err.Error()))
	}
}

// reread reads the folder again.
func (s *Server) reread(*http.Request) (any, error) {
	s.reload()
	return map[string]bool{"loading": true}, nil
}

// asset serves a file of the page. They hold no data.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name := path.Join("assets", path.Clean("/"+r.PathValue("file")))

	// Colours and type are those of the reports, from one place.
	if name == "assets/look.css" {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = w.Write([]byte(report.Stylesheet()))
		return
	}

	src, err := assets.ReadFile(name)
	if err != nil {
		refuse(w, http.StatusNotFound, "not-found", "there is no such file")
		return
	}

	w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	_, _ = w.Write(src)
}

// page serves the one page that all addresses share; what they show is up to its
// script. The editor makes its own style sheets, which the nonce lets through.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/favicon.ico" {
		refuse(w, http.StatusNotFound, "not-found", "there is no such page")
		return
	}

	nonce := NewToken()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"+nonce+
		"'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	_, _ = w.Write([]byte(strings.ReplaceAll(string(s.index), "NONCE", nonce)))
}
