package agent

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fakeChild is a helper or tray that a test plays.
type fakeChild struct {
	role Role
	at   string    // id of its terminal session
	ours *ipc.Conn // the service's
	conn *ipc.Conn
	done chan struct{}
	once sync.Once
	msgs chan proto.Message
	raw  chan mediaItem
	hung atomic.Bool  // it does not answer beats
	felt atomic.Int64 // beats
}

func (r *rig) launch(_ context.Context, role Role, at terminal.Session) (Child, error) {
	dr, dw := io.Pipe()
	ur, uw := io.Pipe()
	c := &fakeChild{
		role: role, at: at.ID, ours: ipc.New(ur, dw), conn: ipc.New(dr, uw), done: make(chan struct{}),
		msgs: make(chan proto.Message, 256), raw: make(chan mediaItem, 256),
	}
	if r.unfit.Load() {
		c.crash()
		return c, nil
	}
	r.wg.Go(c.read)
	r.wg.Go(func() {
		if role == Helper {
			_ = c.conn.Send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Ready{Ready: &ipcpb.HelperReady{Capabilities: &wirepb.CapabilityReport{
				Screen: &wirepb.Capability{Reason: wirepb.Reason_REASON_OK}, Input: &wirepb.Capability{Reason: wirepb.Reason_REASON_OK},
			}}}})
			r.helper <- c
		} else {
			prompts := "fake"
			if r.noPrompts.Load() {
				prompts = ""
			}
			_ = c.conn.Send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Ready{Ready: &ipcpb.TrayReady{PromptBackend: prompts}}})
			r.tray <- c
		}
	})
	return c, nil
}

func (c *fakeChild) read() {
	defer c.crash()
	for {
		var m proto.Message = &ipcpb.ToHelper{}
		if c.role == Tray {
			m = &ipcpb.ToTray{}
		}
		id, media, err := c.conn.Receive(m)
		if err != nil {
			return
		}
		if isBeatFor(m) {
			c.felt.Add(1)
			if !c.hung.Load() {
				_ = c.conn.Send(c.beat())
			}
			continue
		}
		if media != nil {
			c.raw <- mediaItem{id, append([]byte(nil), media...)}
		} else {
			c.msgs <- m
		}
	}
}

func isBeatFor(m proto.Message) bool {
	switch m := m.(type) {
	case *ipcpb.ToHelper:
		return m.GetBeat() != nil
	case *ipcpb.ToTray:
		return m.GetBeat() != nil
	default:
		return false
	}
}

func (c *fakeChild) beat() proto.Message {
	if c.role == Tray {
		return &ipcpb.FromTray{Kind: &ipcpb.FromTray_Beat{Beat: &ipcpb.Beat{}}}
	}
	return &ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Beat{Beat: &ipcpb.Beat{}}}
}

// wake is a process that goes on where it hung.
func (c *fakeChild) wake() {
	c.hung.Store(false)
	c.say(c.beat())
}

func (c *fakeChild) Conn() *ipc.Conn       { return c.ours }
func (c *fakeChild) Done() <-chan struct{} { return c.done }
func (c *fakeChild) Kill()                 { c.crash() }

// crash is kill -9.
func (c *fakeChild) crash() {
	c.once.Do(func() { _ = c.conn.Close(); close(c.done) })
}

// die is crash, noticed by everybody.
func (c *fakeChild) die() { c.crash(); synctest.Wait() }

func (c *fakeChild) say(m proto.Message) { _ = c.conn.Send(m); synctest.Wait() }

func (c *fakeChild) answer(nonce []byte, code wirepb.ErrorCode) {
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Answer{Answer: &ipcpb.ConsentAnswer{Nonce: nonce, Code: code}}})
}

func (c *fakeChild) shown(session []byte) {
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerShown{BannerShown: &ipcpb.BannerShown{Session: session}}})
}

// update is a frame of the helper's.
func (c *fakeChild) update(viewer, epoch, seq uint32) {
	_ = c.conn.SendMedia(viewer, wire.AppendMedia(nil, wire.Media{
		MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: epoch, Seq: seq}, Payload: []byte{1, 2, 3},
	}))
	synctest.Wait()
}

// expect returns the next message of a kind; others before it are skipped.
func expect[M proto.Message, K any](t testing.TB, c *fakeChild, get func(M) *K) *K {
	t.Helper()
	synctest.Wait()
	for {
		select {
		case m := <-c.msgs:
			if k := get(m.(M)); k != nil {
				return k
			}
		default:
			var k *K
			t.Fatalf("%s was not told %T", c.role, k)
		}
	}
}

// drain forgets what a child was told until now.
func (c *fakeChild) drain() {
	synctest.Wait()
	for len(c.msgs) > 0 {
		<-c.msgs
	}
}
