// Command beam runs a folder of configuration and accounts on Apache Beam: on this
// machine with the Prism runner, or on Flink, Spark and Dataflow, with the answers
// of a run on one machine.
//
//	beam run    --config FOLDER --out NEW [--shards FOLDER] [--runner prism]
//	beam single --config FOLDER --out NEW [--shards FOLDER]
//	beam split  --config FOLDER --out NEW --n 16 [--format parquet]
//	beam merge  FOLDER
//
// Run and single write the same lines: merge prints those of all files of a folder,
// so that two folders can be compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := &command{out: os.Stdout, err: os.Stderr}
	args := c.flags(os.Args[1:])
	beam.Init() // a worker process stays in here
	err := c.run(ctx, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flag.Usage()
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "beam:", err)
		os.Exit(2)
	}
}
