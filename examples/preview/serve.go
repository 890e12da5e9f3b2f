package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/idprofile/engine/examples/preview/workbench"
	"github.com/idprofile/engine/identity/report"
)

// serveCommand serves the local page on which one edits a configuration and sees what it does.
type serveCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts."`

	Write   bool `help:"Let the page change files of the folder. Without it, drafts can be exported only."`
	Port    int  `default:"0" help:"Port on the loopback interface. Default: one that is free."`
	Workers int  `help:"Goroutines that evaluate. Default: one for each CPU."`
	clockFlags
	linkFlags
}

// Run serves until the command is stopped.
func (c *serveCommand) Run(a *app) error {
	fsys, err := a.folder(c.Folder)
	if err != nil {
		return err
	}
	if c.Port < 0 || c.Port > 65535 {
		return fmt.Errorf("--port=%d is no port: expected 0 to 65535", c.Port)
	}

	// The loopback address alone: accounts are personal data, and the token is all that protects them.
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", fmt.Sprint(c.Port)))
	if err != nil {
		return err
	}
	defer listener.Close()

	// Port 0 lets the system choose, so the address is that of the listener and not of the flag.
	o := workbench.Options{
		Name: filepath.ToSlash(c.Folder), Dir: c.Folder, FS: fsys, Addr: listener.Addr().String(),
		Token: workbench.NewToken(),
		Write: c.Write, Now: c.Now.Time, Seed: c.Seed, Workers: c.Workers, Recompute: c.Links == "recompute",
		Clock: a.clock,
	}
	server, err := workbench.New(a.ctx, o)
	if err != nil {
		return err
	}

	mode := "read-only; --write lets the page change files"
	if c.Write {
		mode = "the page can change files of the folder"
	}
	report.Fprintf(a.out, "The workbench of %s is at\n\n  http://%s/?token=%s\n\nOnly this machine can open it; %s. Ctrl+C ends it.\n",
		o.Name, o.Addr, o.Token, report.Raw(mode))
	return serveUntil(a.ctx, listener, server.Handler())
}

// serveUntil serves until the context ends; then it lets the answers that are under way end.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	last, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := srv.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	return cmp.Or(err, ignoreClosed(<-failed))
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
