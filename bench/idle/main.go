//go:build linux

// Command idle measures what an endpoint holds and does while nobody is connected to it:
// ours, which is service, helper and tray, beside those of other programs, one after the
// other on a desktop of its own. An endpoint is described as the side-by-side harness
// does it; what it calls has to be in PATH (scripts/bench-idle.sh).
//
//	idle [-span 1m] [-settle 20s] [-runs 3] ENTRY.json…
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	var o options
	flag.DurationVar(&o.span, "span", time.Minute, "how long to look at what is idle")
	flag.DurationVar(&o.settle, "settle", 20*time.Second, "time from being ready to being idle")
	flag.IntVar(&o.runs, "runs", 3, "repetitions, interleaved")
	flag.StringVar(&o.screen, "screen", "1920x1080x24", "of the desktop")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := o.measure(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "idle:", err)
		os.Exit(1)
	}
}

type options struct {
	span, settle time.Duration
	runs         int
	screen       string
}

// measure prints a table of all entries, in the order given.
func (o options) measure(ctx context.Context, files []string) error {
	if len(files) == 0 {
		return errors.New("name the descriptions of endpoints")
	}
	var all []*entry
	for _, f := range files {
		e, err := readEntry(f)
		if err != nil {
			return err
		}
		all = append(all, e)
	}
	for range o.runs {
		for _, e := range all {
			if err := o.once(ctx, e); err != nil {
				return fmt.Errorf("%s: %w", e.Name, err)
			}
		}
	}
	write(os.Stdout, all, o)
	return nil
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
