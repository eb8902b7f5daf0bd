//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/bench/rig"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
)

const (
	// settle is how long a first picture and what follows it may take.
	settle = 4 * time.Second
	// breath is the time between the last change and the end of a round: what it
	// brings about is counted with it.
	breath = 300 * time.Millisecond
)

// stage is one build with everything it needs, and what was counted of it.
type stage struct {
	name    string
	dir     string
	place   *rig.Place
	desktop *bed.Desktop
	agent   *bed.Agent
	x       *xgb.Conn
	window  xproto.Window
	updates atomic.Int64
	end     context.CancelFunc
	viewing sync.WaitGroup

	pids   []int // as roles
	rounds []round
}

// roles are the processes in the order of the table.
var roles = []string{"helper", "service", "tray", "broker"}

// round is what one was counted in.
type round struct {
	updates int64
	seconds float64
	spent   []count // as roles
}

// open starts a build and waits until a viewer has seen its screen.
func (o options) open(ctx context.Context, build string) (_ *stage, err error) {
	s := &stage{name: filepath.Base(build), end: func() {}}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "alongside-count-"); err != nil {
		return nil, err
	}
	if build, err = filepath.Abs(build); err != nil {
		return nil, err
	}
	if err := rig.StartBroker(ctx, s.dir, filepath.Join(build, "alongside-broker"), ""); err != nil {
		return nil, err
	}
	if s.place, err = rig.Find(s.dir); err != nil {
		return nil, err
	}
	if s.desktop, err = bed.NewDesktop(ctx, bed.DesktopOptions{Dir: filepath.Join(s.dir, "desktop"), Screen: o.screen}); err != nil {
		return nil, err
	}
	s.agent, err = bed.NewAgent(ctx, filepath.Join(build, "alongside"), filepath.Join(s.dir, "agent"),
		filepath.Join(s.dir, "enroll.alongside"), s.desktop, io.Discard, "--log-level", "warn")
	if err != nil {
		return nil, err
	}
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	if err := s.show(o); err != nil {
		return nil, err
	}
	return s, s.find()
}

// view has a rep look at the desktop until the stage is closed.
func (s *stage) view(ctx context.Context) error {
	rep, err := s.place.SignIn(ctx)
	if err != nil {
		return err
	}
	id, err := rep.Session(ctx, s.desktop)
	if err != nil {
		return err
	}
	stream, err := rep.View(ctx, id)
	if err != nil {
		return err
	}
	v := viewer.NewSession(stream, viewer.Options{OnUpdate: func(*viewer.Canvas, viewer.Update) { s.updates.Add(1) }})
	ctx, s.end = context.WithCancel(ctx)
	s.viewing.Go(func() { _ = v.Run(ctx) }) // that it ended is seen in the counts
	_, err = s.desktop.Window(ctx, bed.BannerTitle)
	return err
}

// find notes the processes.
func (s *stage) find() error {
	helper, err := s.agent.Child("helper")
	if err != nil {
		return err
	}
	tray, err := s.agent.Child("tray")
	if err != nil {
		return err
	}
	broker, err := s.place.PID()
	s.pids = []int{helper, s.agent.PID(), tray, broker}
	return err
}

// show puts up the window that changes.
func (s *stage) show(o options) (err error) {
	xgb.Logger.SetOutput(io.Discard) // it says that there is no cookie
	if s.x, err = xgb.NewConnDisplay(s.desktop.Display); err != nil {
		return fmt.Errorf("display %s: %w", s.desktop.Display, err)
	}
	if s.window, err = xproto.NewWindowId(s.x); err != nil {
		return err
	}
	root := xproto.Setup(s.x).DefaultScreen(s.x).Root
	err = xproto.CreateWindowChecked(s.x, 24, s.window, root, 100, 300, uint16(o.width), uint16(o.height), 0,
		xproto.WindowClassInputOutput, 0, xproto.CwBackPixel|xproto.CwOverrideRedirect, []uint32{0, 1}).Check()
	if err != nil {
		return err
	}
	return xproto.MapWindowChecked(s.x, s.window).Check()
}

// round draws for a span and notes what that cost.
func (s *stage) round(ctx context.Context, o options) error {
	if err := pause(ctx, settle); err != nil {
		return err
	}
	r := round{updates: -s.updates.Load()}
	before, err := counts(s.pids)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := s.draw(ctx, o); err != nil {
		return err
	}
	after, err := counts(s.pids)
	if err != nil {
		return err
	}
	r.updates += s.updates.Load()
	r.seconds = time.Since(began).Seconds()
	for i := range after {
		r.spent = append(r.spent, after[i].less(before[i]))
	}
	if o.rate > 0 && r.updates <= 0 {
		return errors.New("the viewer saw nothing")
	}
	s.rounds = append(s.rounds, r)
	return nil
}

// draw gives the window another colour, again and again.
func (s *stage) draw(ctx context.Context, o options) error {
	if o.rate == 0 {
		return pause(ctx, o.span)
	}
	t := time.NewTicker(time.Second / time.Duration(o.rate))
	defer t.Stop()
	for n := range int(o.span.Seconds() * float64(o.rate)) {
		select {
		case <-t.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		xproto.ChangeWindowAttributes(s.x, s.window, xproto.CwBackPixel, []uint32{uint32(n+1) * 0x51f3d7 & 0xffffff})
		xproto.ClearArea(s.x, false, s.window, 0, 0, 0, 0)
	}
	return pause(ctx, breath)
}

func (s *stage) close() {
	s.end()
	s.viewing.Wait()
	if s.x != nil {
		s.x.Close()
	}
	if s.agent != nil {
		s.agent.Stop()
	}
	if s.desktop != nil {
		s.desktop.Close()
	}
	if s.place != nil {
		_ = s.place.Stop(context.Background())
	}
	_ = os.RemoveAll(s.dir)
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
