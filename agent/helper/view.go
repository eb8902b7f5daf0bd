package helper

import (
	"bytes"
	"context"
	"image"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/encode"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// view is one viewer. Its methods may be called from any goroutine; send is
// one of its own.
type view struct {
	h       *helper
	id      uint32
	control bool
	base    uint32 // is added to the canvas's epochs
	canvas  *encode.Canvas
	bell    chan struct{} // something beside the canvas changed
	gone    chan struct{}
	once    sync.Once
	turn    *time.Timer // rings when the path has room again by time alone

	mu        sync.Mutex
	settled   bool           // the viewer has said what it understands
	live      bool           // the canvas has what is on the screen now
	paused    bool           // by the viewer
	suspended *ipcpb.Suspend // by the service, why; nil: updates may flow
	beside    wirepb.Reason  // by the service: what to say while they do
	noInput   bool           // by the service: a prompt is open
	token     bool           // its rep holds the control token
	clipIn    bool           // it may fill the clipboard
	clipOut   bool           // it may ask for it
	monitor   uint32
	stale     bool // the state below was not sent yet
	screen    status
	path      path

	// Of the sending goroutine.
	epoch, seq uint32
	payload    []byte
	packed     []byte
	told       []byte // the last state
}

func newView(h *helper, o *ipcpb.OpenView) *view {
	v := &view{
		h: h, id: o.Viewer, control: o.Control, base: max(o.FirstEpoch, 1) - 1,
		canvas: h.screen.canvas(h.Log.With("viewer", o.Viewer)),
		bell:   make(chan struct{}, 1), gone: make(chan struct{}),
		stale: true, token: o.Token, clipIn: o.ClipboardIn, clipOut: o.ClipboardOut, screen: h.screen.status(), path: newPath(),
	}
	v.turn = time.AfterFunc(time.Hour, v.ring)
	v.turn.Stop()
	return v
}

func (v *view) ring() {
	select {
	case v.bell <- struct{}{}:
	default:
	}
}

func (v *view) close() {
	v.once.Do(func() { close(v.gone) })
	v.turn.Stop()
	v.canvas.Close()
}

// end tells the viewer why nothing more will come.
func (v *view) end(why *wirepb.Refusal) {
	if b, err := proto.Marshal(why); err == nil {
		_ = v.h.conn.SendMedia(v.id, wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaEnd}, Payload: b}))
	}
}

// settings takes what the viewer asks for.
func (v *view) settings(s *wirepb.ViewSettings) error {
	if len(s.Operations) > 0 {
		if err := v.canvas.SetViewer(s.Operations, s.CacheBytes); err != nil {
			return err
		}
	}
	v.mu.Lock()
	refresh := s.Refresh && v.settled
	v.settled, v.paused = true, s.Paused
	v.monitor, v.stale = s.Monitor, true
	v.canvas.SetView(v.screen.rect(s.Monitor))
	if refresh {
		v.restart()
	}
	v.mu.Unlock()
	v.ring()
	return nil
}

// restart begins an epoch. What is under way will not be shown, or not be
// answered. v.mu is held.
func (v *view) restart() {
	v.path.forget()
	v.canvas.Refresh()
}

// suspend stops or resumes updates. What was sent in between was thrown away by
// the service, so they resume with an epoch. The state is told again even where it is
// the last one told: the service speaks for a helper that was silent.
func (v *view) suspend(frames *ipcpb.Suspend, beside wirepb.Reason, input bool) {
	v.mu.Lock()
	if v.suspended != nil && frames == nil {
		v.restart()
	}
	v.suspended, v.beside, v.noInput, v.stale, v.told = frames, beside, input, true, nil
	v.mu.Unlock()
	v.ring()
}

// setToken says whether its rep holds the control token, and whether that is new.
func (v *view) setToken(token bool) bool {
	v.mu.Lock()
	was := v.token
	v.token, v.stale = token, true
	v.mu.Unlock()
	v.ring()
	return was != token
}

// holds says whether its rep holds the control token.
func (v *view) holds() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.token
}

// asked says whether the viewer has sent its settings: before, it is sent nothing.
func (v *view) asked() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.settled
}

func (v *view) setClipboard(in, out bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.clipIn, v.clipOut = in, out
}

// exchanges says what the view may do with the clipboard now: to fill it is input, and
// nothing leaves behind a banner that is not there.
func (v *view) exchanges() (in, out bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	in = v.clipIn && v.control && v.token && !v.noInput && v.suspended == nil
	return in, v.clipOut && v.suspended == nil
}

// changed takes a new status of the screen.
func (v *view) changed(s status) {
	v.mu.Lock()
	v.screen, v.stale = s, true
	v.canvas.SetView(s.rect(v.monitor))
	v.mu.Unlock()
	v.ring()
}

// setLive says whether the screen is being captured for this view. If not,
// what the canvas has may be old, and is not sent.
func (v *view) setLive(live bool) {
	v.mu.Lock()
	v.live = live
	v.mu.Unlock()
	v.ring()
}

// origin is the point of the desktop that is (0, 0) to the viewer.
func (v *view) origin() image.Point { return v.canvas.View().Min }

// shown is the viewer's credit.
func (v *view) shown(epoch, seq uint32) {
	v.mu.Lock()
	v.path.shown(time.Now(), epoch, seq)
	v.mu.Unlock()
	v.ring()
}

// send sends states and updates until the view is closed.
func (v *view) send(ctx context.Context) {
	defer v.close()
	for {
		select {
		case <-v.canvas.Changed():
		case <-v.bell:
		case <-v.gone:
			return
		case <-ctx.Done():
			return
		}
		for v.step() {
		}
	}
}

// step sends one message, if there is one to be sent now.
func (v *view) step() bool {
	select {
	case <-v.gone:
		return false
	default:
	}
	v.mu.Lock()
	if !v.settled {
		v.mu.Unlock()
		return false
	}
	if v.stale {
		v.stale = false
		if s := v.state(); !bytes.Equal(s, v.told) {
			v.told = s
			v.mu.Unlock()
			return v.write(wire.MediaState, s)
		}
	}
	if !v.live || v.suspended != nil || v.paused {
		v.mu.Unlock()
		return false
	}
	limit, wait := v.path.room(time.Now())
	if limit == 0 || !v.path.calm() && !v.canvas.Urgent() {
		if wait > 0 {
			v.turn.Reset(wait)
		}
		v.mu.Unlock()
		return false
	}
	v.canvas.SetFar(v.path.far())
	v.mu.Unlock()
	var more bool
	began := time.Now()
	v.payload, more = v.canvas.Append(v.payload[:0], limit)
	v.h.load.encoded(began, time.Now())
	if len(v.payload) == 0 {
		v.mu.Lock()
		v.path.rest()
		v.mu.Unlock()
		return false
	}
	if e := v.base + v.canvas.Epoch(); e != v.epoch {
		v.epoch, v.seq = e, 0
	}
	v.seq++
	v.mu.Lock()
	v.path.sent(time.Now(), v.epoch, v.seq, len(v.payload), more)
	v.mu.Unlock()
	return v.write(wire.MediaUpdate, v.payload)
}

func (v *view) write(k wire.MediaKind, payload []byte) bool {
	h := wire.MediaHeader{Kind: k}
	if k == wire.MediaUpdate {
		h.Epoch, h.Seq = v.epoch, v.seq
	}
	v.packed = wire.AppendMedia(v.packed[:0], wire.Media{MediaHeader: h, Payload: payload})
	return v.h.conn.SendMedia(v.id, v.packed) == nil
}

// state is the screen's state as this viewer sees it. v.mu is held.
func (v *view) state() []byte {
	control := v.control && v.token
	s := &wirepb.ScreenState{
		Reason: v.screen.reason, Detail: v.screen.detail, Monitors: wireMonitors(v.screen.monitors),
		Monitor: v.monitor, Control: control, PromptOpen: v.noInput && v.suspended == nil,
	}
	if v.screen.rect(v.monitor).Empty() {
		s.Monitor = 0
	}
	switch {
	case v.suspended != nil:
		s.Reason, s.Detail = v.suspended.Reason, v.suspended.Detail
	case s.Reason == wirepb.Reason_REASON_OK && control && v.h.input.denied():
		s.Reason = wirepb.Reason_REASON_INPUT_PERMISSION_MISSING
	case s.Reason == wirepb.Reason_REASON_OK && v.beside != wirepb.Reason_REASON_UNSPECIFIED:
		s.Reason = v.beside
	}
	b, err := proto.Marshal(s)
	if err != nil {
		panic("helper: state of our own making: " + err.Error())
	}
	return b
}
