//go:build linux

// Command demo shows Alongside at work on this machine: a broker, an agent on a
// real desktop, and the console. With -check it does the whole journey of a rep
// by itself and exits 0 only if what it typed arrived in the remote terminal.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// checkTimeout bounds the journey of -check.
const checkTimeout = 5 * time.Minute

func main() {
	o := options{out: os.Stdout}
	flag.BoolVar(&o.check, "check", false, "do the journey in a headless browser and end")
	flag.StringVar(&o.artifacts, "artifacts", "", "folder for screenshots and logs")
	flag.StringVar(&o.bin, "bin", "bin", "folder of alongside and alongside-broker")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	check     bool
	artifacts string
	bin       string
	out       *os.File
}

// run sets everything up in a fresh folder, which it removes again.
func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "alongside-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	if o.artifacts != "" {
		if err := os.MkdirAll(o.artifacts, 0o755); err != nil {
			return err
		}
	}
	if o.check {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, checkTimeout)
		defer cancel()
	}
	d, err := newDemo(ctx, dir, o)
	if err != nil {
		return err
	}
	defer d.close()
	if o.check {
		return d.check(ctx)
	}
	return d.interactive(ctx)
}
