// Command alongside-broker is the broker: it serves the console and the agents,
// and works on the data folder of a broker that runs or not.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // hours of scopes name time zones, also where the system has none

	"github.com/alecthomas/kong"

	"github.com/alongside-remote/alongside/internal/redact"
)

// version is set by the build.
var version = "dev"

type cli struct {
	Data  string `help:"Folder with everything the broker keeps." default:"/var/lib/alongside-broker" type:"path"`
	Debug bool   `help:"Log more."`

	Serve      serveCmd      `cmd:"" help:"Run the broker."`
	Account    accountCmd    `cmd:"" help:"Accounts of the console."`
	Enrollment enrollmentCmd `cmd:"" help:"Enrollment of devices."`
	Device     deviceCmd     `cmd:"" help:"Enrolled devices."`
	Audit      auditCmd      `cmd:"" help:"The audit log."`
	Policy     policyCmd     `cmd:"" help:"Settings and what follows from them."`
	Recording  recordingCmd  `cmd:"" help:"Recordings of sessions."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// run is what every command gets.
type run struct {
	ctx    context.Context //nolint:containedctx // the life of the command
	data   string
	log    *slog.Logger
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("alongside-broker"), kong.Description("The broker of Alongside."), kong.UsageOnError())
	k.FatalIfErrorf(k.Run(&run{
		ctx: ctx, data: c.Data, log: newLog(os.Stderr, c.Debug),
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}))
}

func newLog(w io.Writer, debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: redact.Attr}))
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(r *run) error {
	_, err := fmt.Fprintln(r.stdout, "alongside-broker", version)
	return err
}
