package helper_test

import (
	"context"
	"errors"
	"image"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/x11/x11test"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// limit is how long a test waits for what must come.
const limit = 30 * time.Second

// service plays the service at the other end of a helper's pipe, and hands the
// media of each viewer to a real one.
type service struct {
	t     testing.TB
	conn  *ipc.Conn
	ended chan error
	msgs  chan *ipcpb.FromHelper
	can   chan *ipcpb.Restrictable // comes before or after the helper is ready

	beside  wirepb.Reason // what is said while frames flow
	control bool          // the session may control: a view that was opened may

	mu    sync.Mutex
	views map[uint32]*stream
}

func start(t testing.TB, display string) *service {
	t.Helper()
	s, _ := begin(t, display)
	return s
}

// begin is start, with what the helper said of itself.
func begin(t testing.TB, display string) (*service, *ipcpb.HelperReady) {
	t.Helper()
	ours, theirs, err := ipc.Pipes()
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, conn: ours, ended: make(chan error, 1), msgs: make(chan *ipcpb.FromHelper, 64), can: make(chan *ipcpb.Restrictable, 8), views: map[uint32]*stream{}}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	go func() {
		s.ended <- helper.Run(context.Background(), ipc.New(theirs[0], theirs[1]), helper.Options{Log: log, Display: display})
	}()
	read := make(chan struct{})
	go func() { defer close(read); s.read() }()
	t.Cleanup(func() {
		s.end()
		<-read
	})
	return s, s.next((*ipcpb.FromHelper).GetReady)
}

// end closes the pipe and waits for the helper's end.
func (s *service) end() {
	_ = s.conn.Close()
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Errorf("helper ended with %v", err)
		}
		s.ended <- nil
	case <-time.After(limit):
		s.t.Fatal("helper does not end")
	}
}

func (s *service) read() {
	for {
		m := &ipcpb.FromHelper{}
		id, media, err := s.conn.Receive(m)
		if err != nil {
			s.mu.Lock()
			for _, v := range s.views {
				v.Close()
			}
			s.mu.Unlock()
			return
		}
		if can := m.GetRestrictable(); can != nil {
			s.can <- can
			continue
		}
		if media == nil {
			s.msgs <- m
			continue
		}
		s.mu.Lock()
		v := s.views[id]
		s.mu.Unlock()
		if v != nil {
			v.w.Write(media)
		}
	}
}

// next waits for a message of a kind.
func (s *service) next(get func(*ipcpb.FromHelper) *ipcpb.HelperReady) *ipcpb.HelperReady {
	s.t.Helper()
	return await(s, get)
}

func await[K any](s *service, get func(*ipcpb.FromHelper) *K) *K {
	s.t.Helper()
	late := time.After(limit)
	for {
		select {
		case m := <-s.msgs:
			if k := get(m); k != nil {
				return k
			}
		case <-late:
			s.t.Fatal("the helper did not say it")
		}
	}
}

func (s *service) suspend(frames, input bool) {
	s.t.Helper()
	why := s.beside
	if frames {
		why = wirepb.Reason_REASON_INDICATOR_MISSING
	}
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Suspend{Suspend: &ipcpb.Suspend{Frames: frames, Input: input, Reason: why, Control: s.control && !frames}}}); err != nil {
		s.t.Fatal(err)
	}
}

// stream is a viewer's stream over the pipe.
type stream struct {
	id uint32
	s  *service
	r  *io.PipeReader
	w  *io.PipeWriter
}

func (x *stream) Read(p []byte) (int, error) { return x.r.Read(p) }
func (x *stream) Write(p []byte) (int, error) {
	return len(p), x.s.conn.SendMedia(x.id, p)
}
func (x *stream) Close() error { x.r.Close(); return x.w.Close() }

// watcher is a running viewer.
type watcher struct {
	*viewer.Session
	s      *service
	change chan struct{}
	states chan *wirepb.ScreenState
	epochs chan uint32
	texts  chan string
	notes  chan *wirepb.ClipboardState
}

// look opens a view of the helper, of a rep who holds the token, and shows it.
func (s *service) look(id uint32, control bool) *watcher {
	s.t.Helper()
	return s.lookAs(id, control, true)
}

func (s *service) lookAs(id uint32, control, token bool) *watcher {
	s.t.Helper()
	return s.lookWith(&ipcpb.OpenView{Viewer: id, Control: control, Token: token})
}

func (s *service) lookWith(o *ipcpb.OpenView) *watcher {
	s.t.Helper()
	id := o.Viewer
	o.Session, o.FirstEpoch = make([]byte, 16), 5
	r, w := io.Pipe()
	x := &stream{id: id, s: s, r: r, w: w}
	s.mu.Lock()
	s.views[id] = x
	s.mu.Unlock()
	s.control = s.control || o.Control
	s.suspend(false, false)
	if err := s.conn.Send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Open{Open: o}}); err != nil {
		s.t.Fatal(err)
	}
	v := &watcher{s: s, change: make(chan struct{}, 1), states: make(chan *wirepb.ScreenState, 64), epochs: make(chan uint32, 4096)}
	v.texts, v.notes = make(chan string, 64), make(chan *wirepb.ClipboardState, 64)
	v.Session = viewer.NewSession(x, viewer.Options{
		OnState:          func(st *wirepb.ScreenState) { v.states <- st },
		OnClipboard:      func(text string) { v.texts <- text },
		OnClipboardState: func(st *wirepb.ClipboardState) { v.notes <- st },
		OnUpdate: func(_ *viewer.Canvas, u viewer.Update) {
			v.epochs <- u.Epoch
			select {
			case v.change <- struct{}{}:
			default:
			}
		},
	})
	done := make(chan error, 1)
	go func() { done <- v.Run(context.Background()) }()
	s.t.Cleanup(func() {
		x.Close()
		if err := <-done; err != nil && errors.Is(err, wire.ErrMalformed) {
			s.t.Errorf("viewer: %v", err)
		}
	})
	return v
}

// exact waits until the viewer shows what the X server has.
func (v *watcher) exact(server *x11test.Server) {
	v.s.t.Helper()
	late := time.After(limit)
	for {
		want := server.MustDump(v.s.t)
		same := false
		v.Look(func(c *viewer.Canvas) { same = equal(c.Image(), want) })
		if same {
			return
		}
		select {
		case <-v.change:
		case <-late:
			v.s.t.Fatal("the viewer never shows what is on the screen")
		}
	}
}

func (v *watcher) reason(want wirepb.Reason) *wirepb.ScreenState {
	v.s.t.Helper()
	late := time.After(limit)
	for {
		select {
		case st := <-v.states:
			if st.Reason == want {
				return st
			}
		case <-late:
			v.s.t.Fatalf("never told %v", want)
		}
	}
}

func equal(a, b *image.RGBA) bool {
	if a == nil || a.Rect.Size() != b.Rect.Size() {
		return false
	}
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			i, j := a.PixOffset(a.Rect.Min.X+x, a.Rect.Min.Y+y), b.PixOffset(b.Rect.Min.X+x, b.Rect.Min.Y+y)
			if [3]byte(a.Pix[i:i+3]) != [3]byte(b.Pix[j:j+3]) {
				return false
			}
		}
	}
	return true
}

func paint(t testing.TB, server *x11test.Server, args ...string) {
	t.Helper()
	cmd := exec.Command("xsetroot", append([]string{"-display", server.Display}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("xsetroot (`make deps` installs it): %v %s", err, out)
	}
}

func TestViewerShowsWhatIsOnTheScreen(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	s := start(t, server.Display)
	paint(t, server, "-mod", "16", "16", "-fg", "red", "-bg", "navy")
	v := s.look(1, true)
	st := v.reason(wirepb.Reason_REASON_OK)
	if len(st.Monitors) != 1 || !st.Control || st.Monitors[0].Width != 640 {
		t.Errorf("state %v", st)
	}
	v.exact(server)
	if e := <-v.epochs; e < 5 {
		t.Errorf("began with epoch %d, was told 5", e)
	}
	for _, c := range []string{"green", "orange", "#123456"} {
		paint(t, server, "-solid", c)
		v.exact(server)
	}
}

func TestASecondViewerDoesNotDisturbTheFirst(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	s := start(t, server.Display)
	paint(t, server, "-mod", "16", "16", "-fg", "red", "-bg", "navy")
	first := s.look(1, false)
	first.exact(server)
	for len(first.epochs) > 0 {
		<-first.epochs
	}
	second := s.look(2, false)
	second.exact(server)
	if n := len(first.epochs); n > 0 {
		t.Errorf("%d updates to the first viewer because a second one came", n)
	}
	paint(t, server, "-solid", "teal")
	first.exact(server)
	second.exact(server)
}

func TestX9_DisplayServerThatReturnsIsShownAgain(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	s := start(t, server.Display)
	v := s.look(1, false)
	v.exact(server)
	server.Stop()
	v.reason(wirepb.Reason_REASON_DISPLAY_SERVER_GONE)
	again := x11test.StartAt(t, server.Display, "800x500x24")
	v.reason(wirepb.Reason_REASON_OK)
	paint(t, again, "-solid", "purple")
	v.exact(again)
}

func TestX9_NoDisplayIsSaid(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	server.Stop()
	s := start(t, server.Display)
	v := s.look(1, false)
	v.reason(wirepb.Reason_REASON_NO_DISPLAY)
}

// TestX9_ADisplayMayComeLater: a session that is known before its X server runs is seen
// and typed in once it does: both are reported, whether somebody looks or not.
func TestX9_ADisplayMayComeLater(t *testing.T) {
	for name, look := range map[string]func(s *service){
		"nobody looks":   func(*service) {},
		"somebody looks": func(s *service) { s.look(1, true).reason(wirepb.Reason_REASON_NO_DISPLAY) },
	} {
		t.Run(name, func(t *testing.T) {
			server := x11test.Start(t, "640x400x24")
			server.Stop()
			s := start(t, server.Display)
			look(s)
			x11test.StartAt(t, server.Display, "640x400x24")
			for {
				c := await(s, (*ipcpb.FromHelper).GetState).Capabilities
				if c.GetScreen().GetReason() != wirepb.Reason_REASON_OK {
					continue
				}
				if c.GetInput().GetReason() != wirepb.Reason_REASON_OK {
					t.Errorf("input: %v", c.Input)
				}
				return
			}
		})
	}
}

// TestD10_WhatTheServiceSaidMeanwhileIsSaidAnew: the service told the viewer of a silent
// helper. One that wakes may read that it is suspended and that it is not at once, and
// must not think that the viewer knows how things are.
func TestD10_WhatTheServiceSaidMeanwhileIsSaidAnew(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	s := start(t, server.Display)
	v := s.look(1, false)
	v.exact(server)
	v.reason(wirepb.Reason_REASON_OK)
	s.suspend(false, false)
	v.reason(wirepb.Reason_REASON_OK)
}

func TestD10_SuspendedFramesStopAndResumeWithAnEpoch(t *testing.T) {
	server := x11test.Start(t, "640x400x24")
	s := start(t, server.Display)
	v := s.look(1, false)
	v.exact(server)
	s.suspend(true, true)
	v.reason(wirepb.Reason_REASON_INDICATOR_MISSING)
	for len(v.epochs) > 0 {
		<-v.epochs
	}
	paint(t, server, "-solid", "yellow")
	// The helper is awake: it answers something else meanwhile.
	if err := v.Input(wire.Input{Kind: wire.InputMotion}); err != nil {
		t.Fatal(err)
	}
	await(s, (*ipcpb.FromHelper).GetDropped)
	if n := len(v.epochs); n != 0 {
		t.Errorf("%d updates while suspended", n)
	}
	s.suspend(false, false)
	v.reason(wirepb.Reason_REASON_OK)
	if e := <-v.epochs; e < 6 {
		t.Errorf("resumed with epoch %d", e)
	}
	v.exact(server)
}
