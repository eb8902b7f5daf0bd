// Command alongside is the endpoint: one binary, whose role is its first
// argument.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/alongside-remote/alongside/agent"
)

// version is set by the build.
var version = "dev"

// cli is every command and flag.
type cli struct {
	LogLevel string `help:"How much to log: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`

	Run       runCmd       `cmd:"" help:"Make this desktop reachable, as the user who runs this, until it is stopped."`
	Service   serviceCmd   `cmd:"" help:"Make this machine reachable. For root; a service manager starts it."`
	Enroll    enrollCmd    `cmd:"" help:"Make this device known to a broker."`
	Status    statusCmd    `cmd:"" help:"Say what the service is doing."`
	Doctor    doctorCmd    `cmd:"" help:"Say what works on this machine, and why the rest does not."`
	Support   supportCmd   `cmd:"" help:"Open the form that asks for support."`
	Uninstall uninstallCmd `cmd:"" help:"Remove this device's key, enrollment and traces."`
	Unlock    unlockCmd    `cmd:"" help:"Remove this device's jump lock, while the service does not run."`
	Version   versionCmd   `cmd:"" help:"Print the version."`

	Update updateCmd `cmd:"" hidden:""`
	Helper helperCmd `cmd:"" hidden:""`
	Tray   trayCmd   `cmd:"" hidden:""`
	Sweep  sweepCmd  `cmd:"" hidden:""`

	Elevated elevatedCmd `cmd:"" hidden:""`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	args := os.Args[1:]
	if len(args) == 0 { // as a file manager starts it
		if b := besideProgram(); b != "" {
			args = []string{"run", "--bundle", b}
		}
	}
	code := execute(ctx, args, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute parses, calls and turns the error into an exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	done := false
	p, err := kong.New(&c, kong.Name("alongside"), kong.Description("Remote support with consent: the endpoint."),
		kong.UsageOnError(), kong.Vars{"floor": agent.FloorPath, "bundle": bundleDrop()}, kong.Writers(stdout, stderr), kong.Exit(func(int) { done = true }))
	if err != nil {
		panic("alongside: command line of our own making: " + err.Error())
	}
	k, err := p.Parse(args)
	if done { // help was asked for
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "alongside:", err)
		return exitUsage
	}
	err = k.Run(&env{ctx: ctx, out: stdout, log: newLog(stderr, c.LogLevel), errOut: stderr, level: c.LogLevel})
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return exitOK
	}
	fmt.Fprintln(stderr, "alongside:", advise(err))
	return exitCode(err)
}
