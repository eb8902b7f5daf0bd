//go:build linux

// Command record measures what a recording costs: two sessions of the same
// desktop at work stand beside each other, one of them recorded, and then the
// recording is opened and looked for pictures at random, as the console's player
// does.
//
//	main.go   the run
//	stage.go  a broker, a desktop, an agent and a rep's viewer
//	seek.go   the recording, played
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// defaultSpan is enough to see a few epochs; the figures that are published are
// of ten minutes.
const defaultSpan = time.Minute

// beside is how much longer than the session a run may take: two hundred seeks, and
// an export.
const beside = 15 * time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	span := flags.Duration("dur", defaultSpan, "how long the sessions last")
	seeks := flags.Int("seeks", 200, "how many times are looked for")
	screen := flags.String("screen", "1280x800", "size of the desktops")
	video := flags.String("video", "", "file to export the recording to; empty: none")
	keep := flags.String("keep", "", "folder that does not exist yet, in which the brokers' data stays; empty: none does")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, *span+beside, errors.New("the run took too long"))
	defer cancel()
	dir, err := folder(*keep)
	if err != nil {
		return err
	}
	if *keep == "" {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "./cmd/...")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build: %w", err)
	}

	stages := [2]*stage{}
	defer func() {
		for _, s := range stages {
			s.close()
		}
	}()
	for i := range stages {
		if stages[i], err = newStage(ctx, dir, *screen, i == 0); err != nil {
			return err
		}
	}
	var used [2]usage
	var errs [2]error
	var both sync.WaitGroup
	for i, s := range stages {
		both.Go(func() { used[i], errs[i] = s.play(ctx, *span) })
	}
	both.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	with, without := used[0], used[1]
	fmt.Fprintf(out, "session of %v, %s, typing, pages, a moving window, photos\n", *span, *screen)
	fmt.Fprintf(out, "CPU of the endpoint  with %.1f s (%.1f %%)  without %.1f s (%.1f %%)\n", with.agent.Seconds(), share(with.agent, *span), without.agent.Seconds(), share(without.agent, *span))
	fmt.Fprintf(out, "CPU of the broker    with %.1f s (%.1f %%)  without %.1f s (%.1f %%)\n", with.broker.Seconds(), share(with.broker, *span), without.broker.Seconds(), share(without.broker, *span))
	fmt.Fprintf(out, "viewer               with %d updates, %.1f MB  without %d, %.1f MB\n", with.updates, mega(with.bytes), without.updates, mega(without.bytes))
	return stages[0].reel(ctx, out, *seeks, *video)
}

// folder makes the one in which everything is.
func folder(name string) (string, error) {
	if name == "" {
		return os.MkdirTemp("", "alongside-record")
	}
	name, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return name, os.Mkdir(name, 0o700)
}

func share(d, of time.Duration) float64 { return 100 * d.Seconds() / of.Seconds() }

func mega(n int64) float64 { return float64(n) / 1e6 }
