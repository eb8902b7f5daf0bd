//go:build linux

// Command count tells what an update costs each process on its way from the screen to
// a viewer and back as Shown: context switches and processor time, by the kernel's own
// counts. Several builds stand beside each other, each with a broker, a desktop and an
// agent of its own, and are drawn on in turn, so that what else runs on the machine
// weighs on all of them alike.
//
//	count [-rate 10] [-span 10s] [-rounds 3] BUILD…
//
// A BUILD is a folder with the programs alongside and alongside-broker.
//
//	main.go   the rounds
//	stage.go  one build at work
//	proc.go   what the kernel has counted
//	table.go  what is printed
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
	flag.IntVar(&o.rate, "rate", 10, "changes of the screen a second; 0: none, and figures are for a second")
	flag.IntVar(&o.width, "width", 9, "of what changes, in pixels")
	flag.IntVar(&o.height, "height", 18, "of what changes, in pixels")
	flag.DurationVar(&o.span, "span", 10*time.Second, "time of a build in a round")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds")
	flag.StringVar(&o.screen, "screen", "1280x800x24", "of the desktops")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := o.measure(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "count:", err)
		os.Exit(1)
	}
}

type options struct {
	rate, width, height int
	span                time.Duration
	rounds              int
	screen              string
}

func (o options) measure(ctx context.Context, builds []string) error {
	if len(builds) == 0 {
		return errors.New("name the folders of builds")
	}
	var stages []*stage
	defer func() {
		for _, s := range stages {
			s.close()
		}
	}()
	for _, b := range builds {
		s, err := o.open(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", b, err)
		}
		stages = append(stages, s)
	}
	for range o.rounds {
		for _, s := range stages {
			if err := s.round(ctx, o); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return write(os.Stdout, stages, o)
}
