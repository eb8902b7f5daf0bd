package agent

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Role names one of the two processes beside the service.
type Role string

// Roles; each is also the command that starts it.
const (
	Helper Role = "helper"
	Tray   Role = "tray"
)

// Child is a started helper or tray.
type Child interface {
	// Conn is the pipe to it, the service's to close.
	Conn() *ipc.Conn
	// Done is closed when the process is gone.
	Done() <-chan struct{}
	// Kill ends it at once.
	Kill()
}

// Starter starts a role in a terminal session. A process that was started is
// the caller's to end, whatever becomes of ctx.
type Starter func(ctx context.Context, r Role, s terminal.Session) (Child, error)

// Limits of the supervision.
const (
	// childQueue and childMedia are how many messages may wait for a process. A
	// process that lets more messages wait hangs, and is killed; media makes its
	// sender wait.
	childQueue = 32
	childMedia = 4
	// readyTimeout is how long a process may take to say that it is ready.
	readyTimeout = 15 * time.Second
	// After its end a process is started again: soon, then later and later, and
	// when it ended crashLimit times within crashWindow only after the longest.
	restartFirst = 200 * time.Millisecond
	restartLast  = 30 * time.Second
	crashLimit   = 5
	crashWindow  = time.Minute
	// exitGrace is how long a process may take to end once its pipe is closed.
	exitGrace = 2 * time.Second
)

// errNotReady ends a process that did not report in time.
var errNotReady = errors.New("not ready in time")

// worker is what the loop knows of one role. Only cur is for other goroutines.
type worker struct {
	role         Role
	now          *running // nil: not running
	ready        bool     // it said so, and lives
	failing      bool     // it ended too often
	trouble      string   // why it ended last
	starts       int
	prompts      string                   // the tray's prompt backend
	state        *ipcpb.HelperState       // the helper's last
	caps         *wirepb.CapabilityReport // the helper's last
	restrictable *ipcpb.Restrictable      // likewise

	cur atomic.Pointer[running]
}

// running is one life of a process.
type running struct {
	child Child
	ctrl  chan any // proto.Message, or mediaItem that must keep its place
	media chan mediaItem
	files chan proto.Message // pieces of files, for the tray
	gone  chan struct{}

	// The loop's: what the helper was told last, nil: nothing yet; and up to which of
	// these it is quiet.
	told  *ipcpb.Suspend
	quiet uint32
	// The banner that the helper was told last to look for, nil: none; and how often it
	// was told.
	sought *ipcpb.BannerPlaced
	looks  uint32
	wait   *time.Timer
	pulse  pulse
}

type mediaItem struct {
	viewer uint32
	packed []byte
}

// serves says whether it is there and answers.
func (w *worker) serves() bool { return w.ready && !w.silent() }

// again says that the process had been there before.
func (w *worker) again() bool { return w.starts > 1 || w.starts == 1 && w.now == nil }

// send queues a message; without a process it is lost, for a new one is told
// everything anew. The loop calls it, so it never waits.
func (w *worker) send(m proto.Message) {
	if w.now == nil {
		return
	}
	select {
	case w.now.ctrl <- m:
	default:
		w.now.child.Kill()
	}
}

// media passes on what a viewer sent, and makes that viewer wait while the
// helper is busy. Without a helper it is lost.
func (w *worker) media(v *viewer, packed []byte) {
	r := w.cur.Load()
	if r == nil {
		return
	}
	select {
	case r.media <- mediaItem{v.id, packed}:
	case <-r.gone:
	case <-v.gone:
	}
}

// resend puts media behind the messages that were queued before. The loop calls
// it with a fresh process only, whose queue has room.
func (w *worker) resend(viewer uint32, packed []byte) {
	if w.now != nil {
		select {
		case w.now.ctrl <- mediaItem{viewer, packed}:
		default:
			w.now.child.Kill()
		}
	}
}

// write sends what waits, messages before media, so that a view is open before
// anything for it comes.
func (r *running) write() error {
	c := r.child.Conn()
	for {
		select {
		case m := <-r.ctrl:
			if err := send(c, m); err != nil {
				return err
			}
			continue
		default:
		}
		select {
		case m := <-r.ctrl:
			if err := send(c, m); err != nil {
				return err
			}
		case m := <-r.media:
			if err := c.SendMedia(m.viewer, m.packed); err != nil {
				return err
			}
		case m := <-r.files:
			if err := c.Send(m); err != nil {
				return err
			}
		case <-r.gone:
			return nil
		}
	}
}

func send(c *ipc.Conn, m any) error {
	switch m := m.(type) {
	case mediaItem:
		return c.SendMedia(m.viewer, m.packed)
	case proto.Message:
		return c.Send(m)
	default:
		panic("agent: message of our own making")
	}
}

// live starts the role once and serves it until it ends, and says why it did.
func (a *agent) live(ctx context.Context, w *worker, s terminal.Session) error {
	child, err := a.Start(ctx, w.role, s)
	if err != nil {
		return err
	}
	r := &running{
		child: child, ctrl: make(chan any, childQueue), media: make(chan mediaItem, childMedia),
		files: make(chan proto.Message, childMedia), gone: make(chan struct{}),
	}
	var late atomic.Bool
	r.wait = time.AfterFunc(readyTimeout, func() { late.Store(true); child.Kill() })
	stop := context.AfterFunc(ctx, func() { end(child) })
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		if err := r.write(); err != nil {
			child.Kill()
		}
	}()
	a.post(func() { a.up(ctx, w, r) })
	err = a.receive(w, r)
	r.wait.Stop()
	close(r.gone)
	if stop() {
		end(child)
	}
	<-child.Done()
	_ = child.Conn().Close()
	<-wrote
	if late.Load() {
		err = errNotReady
	}
	a.post(func() { a.down(w, r, err) })
	return err
}

// end closes the pipe, which is the order to end, and kills who does not.
func end(c Child) {
	_ = c.Conn().Close()
	t := time.NewTimer(exitGrace)
	defer t.Stop()
	select {
	case <-c.Done():
	case <-t.C:
		c.Kill()
	}
}

func (a *agent) receive(w *worker, r *running) error {
	c := r.child.Conn()
	for {
		var m proto.Message = &ipcpb.FromHelper{}
		if w.role == Tray {
			m = &ipcpb.FromTray{}
		}
		viewer, media, err := c.Receive(m)
		if err != nil {
			return fmt.Errorf("%s: %w", w.role, err)
		}
		a.heard(w, r)
		switch {
		case isBeat(m):
		case media != nil:
			if w.role == Helper {
				a.router.fromHelper(w, viewer, media)
			}
		default:
			if t, ok := m.(*ipcpb.FromTray); ok && t.GetFile() != nil {
				a.passages.fromTray(w, t.GetFile())
				continue
			}
			if !a.post(func() { a.fromChild(w, r, m) }) {
				return context.Cause(a.ctx)
			}
		}
	}
}

// supervise keeps a role running in a terminal session until ctx ends.
func (a *agent) supervise(ctx context.Context, w *worker, s terminal.Session) {
	var crashes []time.Time
	wait := restartFirst
	for ctx.Err() == nil {
		began := time.Now()
		err := a.live(ctx, w, s)
		if ctx.Err() != nil {
			return
		}
		now := time.Now()
		if now.Sub(began) > crashWindow {
			wait = restartFirst
		}
		crashes = append(crashes, now)
		for now.Sub(crashes[0]) > crashWindow {
			crashes = crashes[1:]
		}
		failing := len(crashes) >= crashLimit
		if failing {
			wait = restartLast
			crashes = nil
		}
		again := wait // the loop has it, too
		a.post(func() { a.restarting(w, err, failing, again) })
		t := time.NewTimer(again)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
		wait = min(wait*2, restartLast)
	}
}
