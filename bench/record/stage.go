//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
)

// work is what goes on in the terminal: a line is typed as people type, and then
// a page comes.
const work = `while :; do
  for c in t h i s . i s . a . l i n e . t h a t . s o m e b o d y . t y p e s . a n d . m e a n s; do printf %s "$c"; sleep 0.12; done; echo
  for i in $(seq 1 40); do echo "$i $RANDOM $RANDOM $RANDOM drwxr-xr-x 2 root root 4096 somewhere/in/a/folder-$RANDOM"; done
  sleep 1
done`

// Photos are looked through for photoTime of every photoEvery.
const (
	photos     = 30
	photoEvery = 30 * time.Second
	photoTime  = 5 * time.Second
	moveEvery  = 10 * time.Second
)

// ticksPerSecond is USER_HZ, which is a constant of Linux's interface.
const ticksPerSecond = 100

// stage is one session with everything it needs.
type stage struct {
	dir     string
	program string // of the broker
	broker  *bed.Broker
	desktop *bed.Desktop
	agent   *bed.Agent
	rep     *bed.Rep
	session string
	records apipbconnect.RecordingServiceClient
}

// usage is what a session took.
type usage struct {
	agent, broker time.Duration // of processors
	updates       int64
	bytes         int64
}

func newStage(ctx context.Context, bin, screen string, recorded bool) (_ *stage, err error) {
	s := &stage{program: filepath.Join(bin, "alongside-broker")}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp(bin, "stage"); err != nil {
		return nil, err
	}
	if s.broker, err = bed.NewBroker(ctx, bed.BrokerOptions{Program: s.program, Data: filepath.Join(s.dir, "broker")}); err != nil {
		return nil, err
	}
	password := rand.Text()
	if err := s.broker.AddRep(ctx, "rob", "Rob Rep", password, true); err != nil {
		return nil, err
	}
	home := filepath.Join(s.dir, "home")
	if err := os.Mkdir(home, 0o755); err != nil {
		return nil, err
	}
	if s.desktop, err = bed.NewDesktop(ctx, bed.DesktopOptions{Dir: home, Screen: screen + "x24"}); err != nil {
		return nil, err
	}
	bundle, err := s.broker.Bundle(ctx, s.dir)
	if err != nil {
		return nil, err
	}
	if s.agent, err = bed.NewAgent(ctx, filepath.Join(bin, "alongside"), filepath.Join(s.dir, "agent"), bundle, s.desktop, io.Discard); err != nil {
		return nil, err
	}
	if s.rep, err = s.broker.SignIn(ctx, "rob", password); err != nil {
		return nil, err
	}
	s.records = apipbconnect.NewRecordingServiceClient(s.rep.HTTP, s.broker.Console)
	if recorded {
		if err := s.record(ctx); err != nil {
			return nil, err
		}
	}
	return s, s.start(ctx)
}

// record switches recording on for every device.
func (s *stage) record(ctx context.Context) error {
	c := apipbconnect.NewSettingsServiceClient(s.rep.HTTP, s.broker.Console)
	l, err := c.ListScopes(ctx, connect.NewRequest(&apipb.ListScopesRequest{}))
	if err != nil {
		return err
	}
	if len(l.Msg.Scopes) == 0 {
		return errors.New("the broker has no scope")
	}
	scope := l.Msg.Scopes[len(l.Msg.Scopes)-1]
	scope.Settings["recording"], scope.Version = "required", l.Msg.Version
	_, err = c.SaveScope(ctx, connect.NewRequest(&apipb.SaveScopeRequest{Scope: scope}))
	return err
}

// start begins the session.
func (s *stage) start(ctx context.Context) error {
	device, err := s.rep.Device(ctx, "")
	if err != nil {
		return err
	}
	began, err := s.rep.Start(ctx, device.Id)
	if err != nil {
		return err
	}
	if err := s.desktop.Answer(ctx, true); err != nil {
		return err
	}
	s.session = began.Id
	_, err = s.rep.Phase(ctx, s.session, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	return err
}

// play works on the desktop while a viewer looks, and ends the session.
func (s *stage) play(ctx context.Context, span time.Duration) (u usage, err error) {
	var updates, bytes atomic.Int64
	first := make(chan struct{}, 1)
	v, err := s.rep.View(ctx, s.broker, s.session, viewer.Options{OnUpdate: func(_ *viewer.Canvas, u viewer.Update) {
		updates.Add(1)
		bytes.Add(int64(u.Bytes))
		select {
		case first <- struct{}{}:
		default:
		}
	}})
	if err != nil {
		return u, err
	}
	defer func() { _ = v.Close() }()
	select {
	case <-first:
	case <-v.Ended():
		return u, fmt.Errorf("viewer: %w", v.Close())
	}
	if err := s.open(ctx); err != nil {
		return u, err
	}
	before, err := s.ticks()
	if err != nil {
		return u, err
	}
	begun, bytesBefore := updates.Load(), bytes.Load()
	if err := s.busy(ctx, v, span); err != nil {
		return u, err
	}
	after, err := s.ticks()
	if err != nil {
		return u, err
	}
	u = usage{after.agent - before.agent, after.broker - before.broker, updates.Load() - begun, bytes.Load() - bytesBefore}
	_, err = s.rep.Sessions.End(ctx, connect.NewRequest(&apipb.EndRequest{Id: s.session}))
	return u, err
}

func (s *stage) ticks() (u usage, err error) {
	a, err := s.agent.CPUTicks()
	if err != nil {
		return u, err
	}
	b, err := s.broker.CPUTicks()
	u.agent, u.broker = time.Duration(a)*time.Second/ticksPerSecond, time.Duration(b)*time.Second/ticksPerSecond
	return u, err
}

// open opens the windows.
func (s *stage) open(ctx context.Context) error {
	if _, err := s.desktop.Start("xterm", "-T", "work", "-geometry", "100x30+40+60", "-fa", "DejaVu Sans Mono", "-fs", "11", "-e", "bash", "-c", work); err != nil {
		return err
	}
	if _, err := s.desktop.Window(ctx, "^work$"); err != nil {
		return err
	}
	for i := range photos {
		if err := photo(filepath.Join(s.desktop.Dir, fmt.Sprintf("photo-%02d.png", i)), i); err != nil {
			return err
		}
	}
	return nil
}

// busy moves the window and shows photos until span is over.
func (s *stage) busy(ctx context.Context, v *bed.Viewer, span time.Duration) error {
	over, move, show := time.After(span), time.NewTicker(moveEvery), time.NewTicker(photoEvery)
	defer move.Stop()
	defer show.Stop()
	var hide <-chan time.Time
	var album *bed.Process
	for {
		select {
		case <-over:
			return nil
		case <-v.Ended():
			return fmt.Errorf("the viewer ended: %w", v.Close())
		case <-move.C:
			if err := s.drag(ctx); err != nil {
				return err
			}
		case <-show.C:
			var err error
			if album, err = s.desktop.Start("feh", "-D", "0.1", "--geometry", "480x320+700+400", s.desktop.Dir); err != nil {
				return err
			}
			hide = time.After(photoTime)
		case <-hide:
			album.Stop()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// drag moves the terminal there and back.
func (s *stage) drag(ctx context.Context) error {
	id, err := s.desktop.Window(ctx, "^work$")
	if err != nil {
		return err
	}
	var args []string
	for i := range 40 {
		x := 40 + 8*min(i, 40-i)
		args = append(args, "windowmove", id, fmt.Sprint(x), fmt.Sprint(60+x/4), "sleep", "0.03")
	}
	p, err := s.desktop.Start("xdotool", args...)
	if err != nil {
		return err
	}
	<-p.Done()
	return nil
}

// photo is a picture with soft colours and the grain of a camera.
func photo(file string, n int) error {
	m := image.NewRGBA(image.Rect(0, 0, 480, 320))
	seed := uint32(n*7919 + 1)
	for y := range 320 {
		for x := range 480 {
			seed = seed*1664525 + 1013904223
			g := byte(seed >> 29)
			m.SetRGBA(x, y, color.RGBA{byte(x/3+5*n) + g, byte(y/2+3*n) + g, byte((x+y)/5+7*n) + g, 255})
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, m), f.Close())
}

func (s *stage) close() {
	if s == nil {
		return
	}
	if s.agent != nil {
		s.agent.Stop()
	}
	if s.desktop != nil {
		s.desktop.Close()
	}
	if s.broker != nil {
		s.broker.Stop()
	}
}
