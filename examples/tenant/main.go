// Command tenant serves the vendor's API over a folder of configuration and account
// files, so that clients made for a tenant can be tried offline.
//
//	go run . FOLDER
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
	"github.com/idprofile/engine/profile/tenant/rest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends what does not look at its context
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "tenant:", err)
		os.Exit(1)
	}
}

// memory is the store that lasts as long as the program.
const memory = "memory"

// settings are the flags of the program.
type settings struct {
	listen, store string
	cert, key     string
	folder        string
	dryRun        bool
	now           string
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("tenant", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: tenant [flags] FOLDER")
		flags.PrintDefaults()
	}
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8080", "address to listen on")
	flags.StringVar(&s.store, "store", memory,
		"what keeps configuration, identities and tasks: memory, sqlite:FILE or folder:FOLDER")
	flags.StringVar(&s.cert, "cert", "", "certificate file, for HTTPS")
	flags.StringVar(&s.key, "key", "", "key file of the certificate")
	flags.BoolVar(&s.dryRun, "dry-run", false, "keep every change in memory: print at the end which files would differ")
	flags.StringVar(&s.now, "now", "", "time of the tenant's clock at the start, RFC 3339; empty: that of the folder, else the real one")
	if err := flags.Parse(args); err != nil {
		return s, flag.ErrHelp
	}

	// A dry run keeps nothing, so it cannot have a store; a certificate needs its key.
	if flags.NArg() != 1 || s.dryRun && s.store != memory || (s.cert == "") != (s.key == "") {
		flags.Usage()
		return s, flag.ErrHelp
	}

	s.folder = flags.Arg(0)
	return s, nil
}

// Clients that may sign in. The secrets are for trying out.
var clients = []rest.Client{
	{ID: "admin", Secret: "admin-secret", Actor: rest.Actor{ID: "admin", Name: "admin", Admin: true}},
	{ID: "reader", Secret: "reader-secret", Actor: rest.Actor{ID: "reader", Name: "reader", Read: true}},
	{ID: "nobody", Secret: "nobody-secret", Actor: rest.Actor{ID: "nobody", Name: "nobody"}},
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	site, err := open(ctx, s, logger)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return errors.Join(err, site.close())
	}
	scheme := "http"
	if s.cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(stdout, "listening on %s://%s\n", scheme, l.Addr())
	fmt.Fprintf(stdout, "clients take this base without a version; sign in at /oauth/token as admin with admin-secret, which is for trying out\n")
	err = errors.Join(site.serve(ctx, l, s), site.close())
	if s.dryRun {
		site.printChanges(stdout)
	}
	return err
}

// site is the tenant with what the program adds.
type site struct {
	handler *rest.Handler
	clients *rest.Clients
	state   *state
	folder  *config.Bundle // as the files of the folder say
	pages   *page
	logger  *slog.Logger
}

func open(ctx context.Context, s settings, logger *slog.Logger) (_ *site, err error) {
	files := os.DirFS(s.folder)
	bundle, found := config.Load(files)
	if err := found.Err(); err != nil {
		return nil, err
	}

	// Tokens are signed with a key of this process: they end with it.
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	out := &site{logger: logger, folder: bundle, clients: rest.NewClients(key, time.Now, time.Hour, clients...)}
	clock, err := clockOf(s, bundle)
	if err != nil {
		return nil, err
	}

	o := rest.Options{
		Authenticate: out.clients.Authenticate, Now: clock, Files: files, Logger: logger,
		Rate:   isc.Rate{Requests: 10_000, Per: 10 * time.Second},
		Tenant: tenant.Options{Run: profile.RunOptions{Seed: bundle.Settings.Seed}},
	}
	defer func() {
		if err != nil && out.state != nil {
			err = errors.Join(err, out.close())
		}
	}()
	bundle, fresh, err := out.openState(ctx, s, bundle, &o)
	if err != nil {
		return nil, err
	}

	// The handler needs the state, and the state may replace the configuration of the folder.
	if out.handler, err = rest.New(bundle, out.state.identities, o); err != nil {
		return nil, err
	}
	out.pages = newPage(out)
	if fresh {
		err = out.begin(ctx, files)
	} else {
		err = out.resume(ctx)
	}

	if err != nil {
		return nil, err
	}
	ids := nonemployee.WithIDs(nonemployee.RandomIDs(rand.Reader))
	return out, out.handler.ServeNonEmployees(ctx, out.state.objects, ids)
}

// begin takes the accounts of the folder in.
func (s *site) begin(ctx context.Context, files fs.FS) error {
	sources, found := s.folder.Accounts(files, nil)
	if err := found.Err(); err != nil {
		return err
	}
	if _, err := s.handler.Tenant().Aggregate(ctx, nil, sources...); err != nil || s.state.shelf == nil {
		return err
	}
	return s.state.save(ctx, s.handler.Tenant().Bundle())
}

// resume goes on with the tasks of the process before.
func (s *site) resume(ctx context.Context) error {
	tasks, err := s.state.shelf.list(ctx, taskFiles)
	if err != nil {
		return err
	}
	return s.handler.Resume(tasks)
}

// clockOf is the clock of the tenant: the flag and the folder say when it begins, and
// then it goes on as the real one does.
func clockOf(s settings, b *config.Bundle) (func() time.Time, error) {
	begin := b.Settings.Now
	if s.now != "" {
		var err error
		if begin, err = time.Parse(time.RFC3339, s.now); err != nil {
			return nil, fmt.Errorf("-now: %w", err)
		}
	}

	if begin.IsZero() {
		return time.Now, nil
	}
	started := time.Now()
	return func() time.Time { return begin.Add(time.Since(started)) }, nil
}

// stopTime is how long requests under way may take once the server is to stop.
const stopTime = 10 * time.Second

func (s *site) serve(ctx context.Context, l net.Listener, o settings) error {
	server := &http.Server{
		Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 5 * time.Minute,
		WriteTimeout: 5 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() {
		if o.cert != "" {
			served <- server.ServeTLS(l, o.cert, o.key)
			return
		}

		served <- server.Serve(l)
	}()

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}

	// Requests under way end, then tasks: what was answered is done.
	end, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	err := server.Shutdown(end)
	s.handler.Wait()
	return err
}

func (s *site) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", s.handler)
	mux.Handle("POST /oauth/token", s.clients)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		_ = isc.WriteJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.HandleFunc("GET /_page", s.pages.serve)
	return s.pages.logged(mux)
}

func (s *site) close() error { return s.state.close() }

// printChanges says which files would differ.
func (s *site) printChanges(w io.Writer) {
	for _, line := range s.shownDifferences() {
		fmt.Fprintln(w, line)
	}
}
