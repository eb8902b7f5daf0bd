//go:build linux

// Command load puts a load on one broker and measures what it costs. The broker
// is the real one in a process of its own; the endpoints are the real service
// and the real helper with a scripted screen and a person who always says Yes;
// the viewers are package viewer. Everything stays on the loopback and ends by
// itself.
//
//	main.go      the parts of a run, in order
//	role.go      this program in the other roles: broker, service, helper, tray
//	node.go      the broker's process, seen from outside
//	endpoint.go  an endpoint whose three roles are goroutines
//	screen.go    the scripted screen
//	rep.go       the console's API, sessions and viewers
//	meter.go     what is measured at agents and viewers
//	parts.go     idle agents, sessions, viewers, storm
//	together.go  ten reps who share fifty sessions, for minutes
//	ledger.go    what the model says of each of these sessions
//	absence.go   one of them leaves in the middle of it
//	move.go      what reps do to them
//	console.go   what is pushed to a rep
//	settled.go   what is left when all is over
//	shared.go    what came of it
//	scale.go     large screens, in processes as they are shipped
//	memory.go    what each role of a real agent holds
//	report.go    the tables
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	agents, sessions, videos, viewers int
	span                              time.Duration // of each measurement
	reps, shared                      int           // who share so many sessions
	together                          time.Duration // for so long
	seed                              uint64
	transport                         string
	parts                             []string
	profile                           string // folder for profiles of the broker; empty: none
	write                             string // file with the markers; empty: none
	program                           string // alongside, for the memory of its roles
	dir                               string
}

// limit bounds the whole run, whatever hangs.
const limit = 30 * time.Minute

// maxAgents is what the sockets and the memory of a large machine carry.
const maxAgents = 10_000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return role(ctx, args[0], args[1:], out)
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("the run took too long"))
	defer cancel()
	if o.dir, err = os.MkdirTemp("", "alongside-load"); err != nil {
		return err
	}
	defer os.RemoveAll(o.dir)
	r := newReport(o)
	if err := o.measure(ctx, r); err != nil {
		return err
	}
	fmt.Fprint(out, r)
	if o.write != "" {
		return r.into(o.write)
	}
	return nil
}

func parse(args []string) (options, error) {
	var o options
	var parts string
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.IntVar(&o.agents, "agents", 1000, "idle agents")
	f.IntVar(&o.sessions, "sessions", 100, "live sessions, one viewer each; two of them show noise")
	f.IntVar(&o.videos, "videos", 5, "sessions among them that show a video")
	f.IntVar(&o.viewers, "viewers", 8, "viewers of one session")
	f.DurationVar(&o.span, "span", 10*time.Second, "length of each measurement")
	f.IntVar(&o.reps, "reps", 10, "reps who share sessions in the part together")
	f.IntVar(&o.shared, "shared", 50, "these sessions")
	f.DurationVar(&o.together, "together", 10*time.Minute, "length of the part together")
	f.Uint64Var(&o.seed, "seed", 1, "what the part together is drawn from")
	f.StringVar(&o.transport, "transport", "quic", "quic, wss, or race for both as an agent does")
	f.StringVar(&parts, "parts", "idle,sessions,viewers,storm,scale,memory", "what to measure; besides: together")
	f.StringVar(&o.profile, "profile", "", "folder for profiles of the broker")
	f.StringVar(&o.write, "write", "", "file whose section between the load markers is replaced")
	f.StringVar(&o.program, "program", "bin/alongside", "the agent whose memory is measured")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.parts = strings.Split(parts, ",")
	if o.transport == "race" {
		o.transport = ""
	}
	if o.agents < 1 || o.agents > maxAgents || o.sessions > o.agents || o.videos+pictures > o.sessions || o.span > time.Minute || o.together > limit/2 {
		return o, fmt.Errorf("at most %d agents, sessions among them, videos among those, and a minute each", maxAgents)
	}
	return o, nil
}

func (o options) wants(part string) bool { return slices.Contains(o.parts, part) }

// measure runs the parts: first those that share a broker with many agents.
func (o options) measure(ctx context.Context, r *report) error {
	if o.wants("idle") || o.wants("sessions") || o.wants("viewers") || o.wants("storm") {
		if err := o.crowd(ctx, r); err != nil {
			return err
		}
	}
	if o.wants("scale") {
		if err := o.scale(ctx, r); err != nil {
			return err
		}
	}
	if o.wants("memory") {
		if err := o.memory(ctx, r); err != nil {
			return err
		}
	}
	if o.wants("together") {
		var err error
		r.shared, err = share(ctx, sharing{dir: o.dir, reps: o.reps, sessions: o.shared, span: o.together, seed: o.seed, transport: o.transport})
		return err
	}
	return nil
}
