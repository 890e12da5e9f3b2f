// Command nonemployee is a server for the non-employee API, with a store on disk,
// tokens, a request log and an identity profile whose members the non-employees become.
//
//	go run . serve          serve until interrupted
//	go run . demo           play one life cycle and print each step
//
// Both read config.json, or the file that -config names.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
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
		fmt.Fprintln(os.Stderr, "nonemployee:", err)
		os.Exit(1)
	}
}

const usage = `usage: nonemployee serve [-config FILE] [-listen ADDRESS] [-store STORE]
       nonemployee demo  [-config FILE]

STORE is sqlite:FILE, sqlite::memory:, file:FILE or postgres://USER@HOST/NAME.
`

// run is the program. Requests and findings are logged to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("nonemployee", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	file := flags.String("config", "config.json", "")
	listen := flags.String("listen", "", "")
	storeAt := flags.String("store", "", "")
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return flag.ErrHelp
	}
	if flags.NArg() > 0 || command != "serve" && command != "demo" {
		flags.Usage()
		return flag.ErrHelp
	}

	config, err := readConfig(*file)
	if err != nil {
		return err
	}

	// Flags win over the file.
	if *listen != "" {
		config.Listen = *listen
	}
	if *storeAt != "" {
		config.Store = *storeAt
	}
	if command == "demo" {
		return demo(ctx, config, stdout)
	}
	return runServer(ctx, config, stdout, slog.New(slog.NewTextHandler(stderr, nil)))
}

// runServer serves on the address of the configuration until the context ends.
func runServer(ctx context.Context, c *Config, stdout io.Writer, logger *slog.Logger) error {
	s, err := openSite(ctx, c, siteOptions{clock: wallClock, ids: randomIDs, logger: logger})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return errors.Join(err, s.close())
	}
	fmt.Fprintf(stdout, "listening on http://%s, store %s\n", l.Addr(), withoutPassword(c.Store))
	fmt.Fprintf(stdout, "the tokens of the configuration are for trying out: change them before others reach this server\n")
	return errors.Join(s.serve(ctx, l), s.close())
}
