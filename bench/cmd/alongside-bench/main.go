//go:build linux

// Command alongside-bench is Alongside's entry in the side-by-side harness:
// bench/suts names its commands. Each reads the work folder that the harness
// made ($WORK).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

type cli struct {
	Work string `help:"The harness's work folder." env:"WORK" type:"existingdir"`

	Broker  brokerCmd  `cmd:"" help:"Start a broker that stays, with a rep and a bundle for one agent."`
	Online  onlineCmd  `cmd:"" help:"Wait until the agent is reachable."`
	View    viewCmd    `cmd:"" help:"Ask, get the Yes, view without a window and report to the harness."`
	Browse  browseCmd  `cmd:"" help:"The same in the console, in a Chromium on $DISPLAY."`
	Report  reportCmd  `cmd:"" help:"Write the document about a run."`
	Profile profileCmd `cmd:"" help:"Count what perf script says of processes."`
}

// stepTimeout bounds whatever the harness waits for.
const stepTimeout = 40 * time.Second

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("alongside-bench"), kong.Description("Alongside in the side-by-side harness."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := k.Run(&run{ctx: ctx, work: c.Work})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "alongside-bench:", err)
		os.Exit(1)
	}
}

// run is what every command is given.
type run struct {
	ctx  context.Context //nolint:containedctx // of the process
	work string
}

// soon is the context of a step.
func (r *run) soon() (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(r.ctx, stepTimeout, errors.New("took too long"))
}
