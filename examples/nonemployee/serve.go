package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

// stopTime is how long requests under way may take once the server is to stop.
const stopTime = 10 * time.Second

// serve answers requests and works in the background until the context ends; then it
// takes no new requests, ends those under way, and stores what was uploaded.
func (s *site) serve(ctx context.Context, l net.Listener) error {
	handler, err := s.handler()
	if err != nil {
		return errors.Join(err, l.Close())
	}

	// Slow clients must not hold connections for ever.
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	background, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.work(background)
	}()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.shutDown(server)
	}

	// Work in the background ends before the last tick, which would otherwise meet it.
	stop()
	<-done
	_, last := s.tick(context.WithoutCancel(ctx))
	s.logger.Info("stopped")
	return errors.Join(err, last)
}

func (s *site) shutDown(server *http.Server) error {
	s.logger.Info("stopping")
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return server.Shutdown(ctx)
}

// work ticks and aggregates until the context ends.
func (s *site) work(ctx context.Context) {
	// Two clocks: what falls due is looked for often, sources are read rarely.
	tick := time.NewTicker(time.Duration(s.config.Tick))
	defer tick.Stop()
	aggregate := time.NewTicker(time.Duration(s.config.Aggregate))
	defer aggregate.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_, err = s.tick(ctx)
		case <-aggregate.C:
			_, err = s.aggregate(ctx)
		}

		if err != nil && ctx.Err() == nil {
			s.logger.Error("background work failed, it is tried again", "error", err)
		}
	}
}

// handler is the whole HTTP interface: the vendor's operations, signing in, and two
// operations of this program to see and renew identities.
func (s *site) handler() (http.Handler, error) {
	rate := isc.Rate{Requests: s.config.Rate.Requests, Per: time.Duration(s.config.Rate.Per)}
	api, err := rest.New(s.service, rest.Options{
		Authenticate: s.tokens.authenticate, Clock: s.clock, Rate: rate, Attempts: maxAttempts, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", api)
	door := newGate(s.tokens, s.clock)
	mux.HandleFunc("POST /oauth/token", door.guarded(door.login))
	mux.HandleFunc("GET /identities", door.only(nonemployee.Read, s.showIdentities))
	mux.HandleFunc("POST /aggregate", door.only(nonemployee.Update, s.aggregateNow))
	mux.HandleFunc("GET /healthz", s.health)
	return s.logged(mux), nil
}

// health tells that the store answers. It says nothing that needs a token.
func (s *site) health(w http.ResponseWriter, r *http.Request) {
	if _, err := s.service.Sources.List(r.Context(), root(), nonemployee.SourceQuery{}); err != nil {
		s.logger.ErrorContext(r.Context(), "the store does not answer", "error", err)
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "the store does not answer"})
		return
	}

	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *site) showIdentities(w http.ResponseWriter, r *http.Request) {
	people, err := s.identities(r.Context())
	if err != nil {
		s.fault(w, r, err)
		return
	}

	answer(w, http.StatusOK, people)
}

func (s *site) aggregateNow(w http.ResponseWriter, r *http.Request) {
	stats, err := s.aggregate(r.Context())
	if err != nil {
		s.fault(w, r, err)
		return
	}

	answer(w, http.StatusOK, stats)
}

func (s *site) fault(w http.ResponseWriter, r *http.Request, err error) {
	s.logger.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error", err)
	answer(w, http.StatusInternalServerError, map[string]string{"error": "an internal fault occurred"})
}

// logged writes one line per request: who, what, and how it went. Queries and bodies
// hold personal values and stay out.
func (s *site) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, e := withEntry(r)
		begin, out := time.Now(), &statusWriter{ResponseWriter: w}
		next.ServeHTTP(out, r)
		s.logger.InfoContext(r.Context(), "request", "actor", e.alias, "method", r.Method, "path", r.URL.Path,
			"status", out.status, "bytes", out.bytes, "took", time.Since(begin).Round(time.Microsecond))
	})
}

// statusWriter notes status and size of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets [http.ResponseController] reach the real writer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
