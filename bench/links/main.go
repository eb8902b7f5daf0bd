//go:build linux

// Command links measures a support session over thin and lossy links: the real
// agent in one network namespace, the real broker in another, and a viewer
// without a window beside the broker (or the other way round: the thin link to
// the viewer). It needs root.
//
//	main.go    the cases, one after the other
//	case.go    one case, in a process of its own within the viewer's namespace
//	screen.go  what is drawn on the endpoint's screen
//	watch.go   what the viewer sees of it, and when
//	table.go   the report
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/test/link"
)

// thin are the links: those of the peers' figures.
var thin = []struct {
	name string
	c    link.Conditions
}{
	{"20 Mbit/s, 40 ms", link.Conditions{Rate: 20_000_000, Delay: 20 * time.Millisecond}},
	{"5 Mbit/s, 80 ms, 1 %", link.Conditions{Rate: 5_000_000, Delay: 40 * time.Millisecond, Loss: 0.01}},
	{"1 Mbit/s, 150 ms, 2 %", link.Conditions{Rate: 1_000_000, Delay: 75 * time.Millisecond, Loss: 0.02}},
	{"200 kbit/s, 300 ms, 5 %", link.Conditions{Rate: 200_000, Delay: 150 * time.Millisecond, Loss: 0.05}},
}

// ways are what runs over the thin link.
var ways = []struct {
	name     string
	protocol uint8
	rep      bool // the link is between broker and viewer
}{
	{"agent, QUIC", link.UDP, false},
	{"agent, WSS", link.TCP, false},
	{"viewer, WebSocket", link.TCP, true},
}

// setting is what a case is told.
type setting struct {
	Link, Way      string
	Viewer, Broker link.End
	Agent, Outside link.End
	Programs, Dir  string
	Scroll         time.Duration
	RoundTrip      time.Duration
}

func main() {
	var (
		only     = flag.String("only", "", "measure only cases whose name (\"link, way\") contains one of these, separated by semicolons")
		seed     = flag.Uint64("seed", 1, "of the losses")
		scroll   = flag.Duration("scroll", 15*time.Second, "how long the page is scrolled")
		programs = flag.String("programs", "bin", "folder of alongside and alongside-broker")
		logs     = flag.String("logs", "", "folder for what the programs say; empty: none is kept")
		write    = flag.String("write", "", "document whose part between the markers is replaced; empty: the table goes to standard output")
		inside   = flag.Bool("case", false, "for the program's own use")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := func() error {
		if *inside {
			return runCase(ctx)
		}
		b := bench{seed: *seed, scroll: *scroll, programs: *programs, logs: *logs}
		results, err := b.run(ctx, strings.FieldsFunc(*only, func(r rune) bool { return r == ';' }))
		if len(results) > 0 {
			err = errors.Join(err, report(results, *write, *seed))
		}
		return err
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "links:", err)
		stop()
		os.Exit(1)
	}
}

type bench struct {
	seed           uint64
	scroll         time.Duration
	programs, logs string
}

// caseTime bounds one case: signing in and enrolling over the link included.
const caseTime = 3 * time.Minute

func (b bench) run(ctx context.Context, only []string) (results []result, err error) {
	for _, l := range thin {
		for _, w := range ways {
			name := l.name + ", " + w.name
			chosen := len(only) == 0
			for _, o := range only {
				chosen = chosen || strings.Contains(name, o)
			}
			if !chosen {
				continue
			}
			o := link.Options{Conditions: l.c, Pass: link.Only(w.protocol)}
			o.Seed = b.seed
			r, failed := b.measure(ctx, o, setting{Link: l.name, Way: w.name, Scroll: b.scroll, RoundTrip: 2 * l.c.Delay}, w.rep)
			if failed != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", name, failed))
				continue
			}
			fmt.Fprintf(os.Stderr, "%s\n  on the link: there %+v, back %+v\n", r.row(), r.There, r.Back)
			results = append(results, r)
		}
	}
	return results, err
}

// measure makes the link and runs a case in a process of its own, so that all of
// its threads are in the viewer's namespace.
func (b bench) measure(ctx context.Context, o link.Options, s setting, rep bool) (r result, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, caseTime, errors.New("the case took too long"))
	defer cancel()
	l, err := link.Start(ctx, o)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	s.Broker, s.Agent, s.Viewer, s.Outside = l.B, l.A, l.B, link.Here()
	if rep {
		s.Agent, s.Viewer = l.B, l.A
	}
	if s.Programs, err = filepath.Abs(b.programs); err != nil {
		return r, err
	}
	if s.Dir, err = os.MkdirTemp("", "alongside-links-"); err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.Dir)) }()
	if b.logs != "" {
		defer func() { err = errors.Join(err, keep(s.Dir, filepath.Join(b.logs, plain(s.Link+" "+s.Way)))) }()
	}
	in, err := json.Marshal(s)
	if err != nil {
		return r, err
	}
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, self, "-case")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 20 * time.Second
	cmd.Stdin, cmd.Stderr = strings.NewReader(string(in)), os.Stderr
	var out strings.Builder
	cmd.Stdout = &out
	if err := s.Viewer.Do(cmd.Start); err != nil {
		return r, err
	}
	if err := cmd.Wait(); err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		return r, fmt.Errorf("what the case says: %w", err)
	}
	r.There, r.Back = l.Counters()
	if rep {
		r.There, r.Back = r.Back, r.There
	}
	return r, nil
}

// plain makes a file name of a case's.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" /,%", r) {
			return '-'
		}
		return r
	}, name)
}

func keep(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"programs.log", "broker.log"} {
		b, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(to, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
