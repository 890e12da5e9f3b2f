package workbench

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net"
	"net/http"
	"slices"
	"strings"
)

// maxBody is how many bytes a request may have: enough for drafts of every file of a
// large tenant.
const maxBody = 16 << 20

// NewToken returns a token that cannot be guessed.
func NewToken() string {
	b := make([]byte, 24)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(b)
}

// guard lets in what comes from the page itself. The page keeps its token in a place
// that belongs to its own origin and sends it with every request, so that no other
// page can make a browser ask in its name; what names another host came here by a
// name that somebody else controls.
type guard struct {
	next  http.Handler
	hosts []string
	token string
}

func newGuard(next http.Handler, addr, token string) *guard {
	g := &guard{next: next, token: token}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return g // nothing is let in
	}
	for _, name := range []string{"127.0.0.1", "localhost", "::1", host} {
		g.hosts = append(g.hosts, net.JoinHostPort(name, port))
	}
	return g
}

// ServeHTTP checks a request and hands it on.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")

	// Host and origin are checked before the token: a page in the browser could guess neither, and learns nothing
	// from the order.
	switch {
	case !slices.Contains(g.hosts, strings.ToLower(r.Host)):
		refuse(w, http.StatusMisdirectedRequest, "host", "this server answers to its own address only")
	case !g.sameOrigin(r):
		refuse(w, http.StatusForbidden, "origin", "requests of other pages are refused")
	case strings.HasPrefix(r.URL.Path, "/api/") && !g.known(r):
		refuse(w, http.StatusUnauthorized, "token",
			"the token is missing or out of date: open the address that the terminal shows")
	case r.ContentLength > maxBody:
		refuse(w, http.StatusRequestEntityTooLarge, "body", "the request is too large")
	default:
		// A length may be missing or wrong, so the body is cut off as well.
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		g.next.ServeHTTP(w, r)
	}
}

// sameOrigin reports whether a request comes from the page, from a link or from no page.
func (g *guard) sameOrigin(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		host, ok := strings.CutPrefix(strings.ToLower(origin), "http://")
		return ok && slices.Contains(g.hosts, host)
	}

	site := r.Header.Get("Sec-Fetch-Site")
	if site == "" || site == "none" || site == "same-origin" {
		return true
	}
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		!strings.HasPrefix(r.URL.Path, "/api/")
}

// known reports whether a request carries the token.
func (g *guard) known(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && g.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(g.token)) == 1
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, status int, code, text string) {
	answer(w, status, struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{text, code})
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, status int, v any) {
	src, err := json.Marshal(v)
	if err != nil {
		status, src = http.StatusInternalServerError,
			[]byte(`{"error":"the answer cannot be written","code":"internal"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(src, '\n')) // who has gone does not hear
}
