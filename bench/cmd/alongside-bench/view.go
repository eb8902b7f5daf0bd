//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/bench/probe"
	"github.com/alongside-remote/alongside/bench/rig"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
)

type viewCmd struct{}

// Run views until the harness has enough.
func (c *viewCmd) Run(r *run) error {
	stream, desktop, err := c.attach(r)
	if err != nil {
		return err
	}
	v := newView(stream)
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	var parts sync.WaitGroup
	parts.Go(func() { cancel(fmt.Errorf("view: %w", v.session.Run(ctx))) })
	parts.Go(func() {
		if err := c.clear(ctx, v, desktop); err != nil {
			cancel(err)
		}
	})
	parts.Go(func() { v.tick(ctx) })
	go func() { // a read of stdin cannot be cancelled: it ends with the process
		if err := v.reporter.Serve(os.Stdin); err != nil {
			cancel(err)
			return
		}
		cancel(errQuit)
	}()
	<-ctx.Done()
	parts.Wait()
	err = context.Cause(ctx)
	if err == errQuit { //nolint:errorlint // not what it is joined with
		return nil
	}
	return errors.Join(err, abandon(r))
}

// abandon ends the broker, which a harness that was killed leaves behind.
func abandon(r *run) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), stepTimeout)
	defer cancel()
	place, err := rig.Find(r.work)
	if err != nil {
		return err
	}
	return place.Stop(ctx)
}

// errQuit is how it ends well.
var errQuit = errors.New("quit")

// attach does what a rep does until a viewer is attached, and says how long it took.
func (c *viewCmd) attach(r *run) (*rig.Stream, *bed.Desktop, error) {
	ctx, cancel := r.soon()
	defer cancel()
	begin := time.Now()
	place, err := rig.Find(r.work)
	if err != nil {
		return nil, nil, err
	}
	desktop, err := bed.CurrentDesktop(r.work, os.Stderr)
	if err != nil {
		return nil, nil, err
	}
	rep, err := place.SignIn(ctx)
	if err != nil {
		return nil, nil, err
	}
	signed := time.Now()
	id, err := rep.Session(ctx, desktop)
	if err != nil {
		return nil, nil, err
	}
	agreed := time.Now()
	stream, err := rep.View(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	fmt.Fprintf(os.Stderr, "signed in after %v, agreed %v later, attached %v later\n",
		signed.Sub(begin), agreed.Sub(signed), time.Since(agreed))
	return stream, desktop, nil
}

// view is the picture and who tells of it.
type view struct {
	session  *viewer.Session
	reporter *probe.Reporter
	opened   int64
	first    chan struct{} // closed at the first update
	once     sync.Once
}

func newView(stream *rig.Stream) *view {
	v := &view{opened: probe.Monotonic(), first: make(chan struct{})}
	v.reporter = probe.New(os.Stdout, v.look, stream.Bytes)
	v.session = viewer.NewSession(stream, viewer.Options{OnUpdate: v.updated})
	return v
}

func (v *view) look(f func(*image.RGBA)) {
	v.session.Look(func(c *viewer.Canvas) { f(c.Image()) })
}

func (v *view) updated(c *viewer.Canvas, u viewer.Update) {
	damage := u.Damage
	if u.Seq == 1 {
		damage = damage[1:] // the black canvas with which an epoch begins
		v.once.Do(func() {
			v.reporter.Connected(v.opened, c.Size())
			close(v.first)
		})
	}
	v.reporter.Updated(c.Image(), damage)
}

// clear makes room for what the harness draws once our banner is there, which
// is so when pictures flow.
func (c *viewCmd) clear(ctx context.Context, v *view, d *bed.Desktop) error {
	select {
	case <-ctx.Done():
		return nil
	case <-v.first:
		return rig.ClearTop(ctx, d)
	}
}

// tickEvery is how often comparisons that came too soon are made up for.
const tickEvery = 100 * time.Millisecond

func (v *view) tick(ctx context.Context) {
	t := time.NewTicker(tickEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			v.reporter.Tick()
		}
	}
}
