//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/bench/browse"
	"github.com/alongside-remote/alongside/bench/rig"
	"github.com/alongside-remote/alongside/test/bed"
)

type browseCmd struct {
	Desktop string `help:"The display of the agent." required:""`
	Left    int    `help:"Where the harness expects the remote screen." required:""`
	Top     int    `help:"Where the harness expects the remote screen." required:""`
	Width   int    `help:"Of the browser's window." required:""`
	Height  int    `help:"Of the browser's window." required:""`
}

// Run shows the console on the display of this process until it is ended. The
// window stands beside what the harness looks at until the screen is shown, so
// that the harness takes nothing else for it.
func (c *browseCmd) Run(r *run) error {
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	window := image.Rect(0, 0, c.Width, c.Height).Add(image.Pt(c.Width, 0))
	b, err := browse.Start(ctx, filepath.Join(r.work, "chromium"), window)
	if err != nil {
		return err
	}
	err = c.show(r, b)
	if err == nil {
		select {
		case <-ctx.Done():
		case <-b.Done():
			err = errors.New("the browser ended")
		}
	}
	cancel()
	<-b.Done()
	// Whether the harness has enough or was killed is not said: both end here.
	return errors.Join(err, abandon(r))
}

func (c *browseCmd) show(r *run, b *browse.Browser) error {
	ctx, cancel := r.soon()
	defer cancel()
	rep, err := rig.SignIn(ctx, r.work)
	if err != nil {
		return err
	}
	desktop := &bed.Desktop{Display: c.Desktop, Env: browse.Env(c.Desktop), Dir: r.work}
	id, err := rep.Session(ctx, desktop)
	if err != nil {
		return err
	}
	at, via, err := b.Show(ctx, rep.URL, id, rep.Cookies())
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "the console shows the screen at %v by %s\n", at, via)
	if want := image.Pt(c.Left, c.Top); at.Min != want {
		return fmt.Errorf("the screen is at %v, the harness expects it at %v", at.Min, want)
	}
	if err := rig.ClearTop(ctx, desktop); err != nil {
		return err
	}
	return b.Move(ctx, image.Point{})
}
