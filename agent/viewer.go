package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of viewers.
const (
	// maxViewers is how many may look at a session at a time.
	maxViewers = 8
	// viewerQueue is how many messages may wait for a viewer's stream: the
	// updates that the helper has under way at most (32), and states beside them.
	// In bytes the helper keeps them to what the path holds.
	viewerQueue = 40
	// openTimeout is how long the broker may take to allow one more stream.
	openTimeout = 5 * time.Second
	// partingTimeout is how long a viewer may take to read why it ends.
	partingTimeout = time.Second
	// maxView is the largest settings message that is remembered.
	maxView = 4 << 10
)

var errOverCredit = errors.New("viewer gave credit for what it never got")

type packet struct {
	head   wire.MediaHeader
	packed []byte
}

// viewer is one media stream. Two goroutines serve it, one for each direction.
type viewer struct {
	id     uint32
	stream transport.Stream
	record bool // the broker's recording: it looks and never types
	out    chan packet
	gone   chan struct{} // closed by close
	once   sync.Once
	why    *wirepb.Refusal // set before gone is closed; nil: nothing to say

	// Guarded by the router's mutex.
	epoch uint32 // newest seen
	stale uint32 // updates of epochs up to this one do not pass
	view  []byte // the last settings, packed
	state []byte // the last state of the helper that is to take over, packed
	// What it may do with the clipboard.
	clipIn, clipOut bool
}

// enqueue is called with the router locked. It keeps packed.
func (v *viewer) enqueue(h wire.MediaHeader, packed []byte) {
	select {
	case v.out <- packet{h, packed}:
	default:
		v.close(&wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_VIEWER_TOO_SLOW, Detail: errOverCredit.Error()})
	}
}

// close ends the viewer; why, if given, is what it reads last.
func (v *viewer) close(why *wirepb.Refusal) {
	v.once.Do(func() {
		v.why = why
		close(v.gone)
		// A write that waits for the peer ends soon, too.
		_ = v.stream.SetWriteDeadline(time.Now().Add(partingTimeout))
	})
}

// write sends what the router queues until the viewer is closed. It leaves the
// stream reset.
func (v *viewer) write(r *router, read <-chan struct{}) {
	defer v.stream.Reset()
	for {
		select {
		case <-v.gone:
			v.part(read)
			return
		case p := <-v.out:
			if !r.passes(v, p.head) {
				continue
			}
			if _, err := v.stream.Write(p.packed); err != nil {
				v.close(nil)
				return
			}
			r.sent.count(p)
		}
	}
}

// part says goodbye and gives the other side time to read it.
func (v *viewer) part(read <-chan struct{}) {
	if v.why == nil {
		return
	}
	b, err := proto.Marshal(v.why)
	if err != nil {
		return
	}
	end := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaEnd}, Payload: b})
	if _, err := v.stream.Write(end); err != nil {
		return
	}
	_ = v.stream.Close()
	t := time.NewTimer(partingTimeout)
	defer t.Stop()
	select {
	case <-read:
	case <-t.C:
	}
}

// read passes on what the viewer sends until the stream ends.
func (v *viewer) read(a *agent) error {
	var buf []byte
	for {
		m, next, err := wire.ReadMedia(v.stream, buf)
		if err != nil {
			return err
		}
		buf = next
		select {
		case <-v.gone:
			continue // to the stream's end: nothing of it counts any more
		default:
		}
		switch m.Kind {
		case wire.MediaInput:
			if v.record {
				return fmt.Errorf("%w: input of a recorder", wire.ErrMalformed)
			}
			if a.router.helper().deaf() {
				continue
			}
		case wire.MediaClipboard, wire.MediaClipboardNote:
			if v.record {
				return fmt.Errorf("%w: clipboard of a recorder", wire.ErrMalformed)
			}
			if !a.router.exchanges(v, m.Kind) {
				continue
			}
		case wire.MediaShown, wire.MediaView:
		default:
			continue
		}
		packed := wire.AppendMedia(nil, m)
		if m.Kind == wire.MediaView {
			if len(packed) > maxView {
				return fmt.Errorf("%w: settings of %d bytes", wire.ErrMalformed, len(packed))
			}
			a.router.mu.Lock()
			v.view = packed
			a.router.mu.Unlock()
		}
		a.router.helper().media(v, packed)
	}
}

// viewerAttached remembers a viewer and opens its stream when frames may flow.
// Runs on the loop, as all below.
func (a *agent) viewerAttached(m *wirepb.ViewerAttached) {
	s := a.session
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "viewer of a session without consent")
		return
	}
	if s.held {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "viewer of a session that is held")
		return
	}
	at := s.seatOf(m)
	if !s.has(at) {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "viewer of a rep who is not in the session")
		return
	}
	if _, again := s.attached[m.Viewer]; len(s.attached) >= maxViewers && !again {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "too many viewers")
		return
	}
	if m.Recorder && !s.grant.Recorded {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "a recorder in a session that nobody was told is recorded")
		return
	}
	s.attached[m.Viewer] = at
	a.dropViewer(m.Viewer)
	a.flow()
}

// openViewer opens the media stream of an attached viewer, unless it has one.
// This is the only place where media streams come from.
func (a *agent) openViewer(s *session, id uint32) {
	k := a.link
	if k == nil || s.opening[id] || a.router.get(id) != nil {
		return
	}
	s.opening[id] = true
	a.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(a.ctx, openTimeout)
		defer cancel()
		stream, err := k.l.Open(ctx, wire.Preface{Type: wire.StreamMedia, Session: s.id, Viewer: id})
		if !a.post(func() { a.opened(s, k, id, stream, err) }) && err == nil {
			stream.Reset()
		}
	})
}

func (a *agent) opened(s *session, k *link, id uint32, stream transport.Stream, err error) {
	delete(s.opening, id)
	if err != nil {
		delete(s.attached, id)
		s.log.Warn("media stream", "viewer", id, "err", err)
		return
	}
	at, attached := s.attached[id]
	v := &viewer{id: id, stream: stream, record: at.recorder, out: make(chan packet, viewerQueue), gone: make(chan struct{})}
	if a.session != s || a.link != k || !attached || !a.router.add(v) {
		stream.Reset()
		return
	}
	s.log.Info("viewer", "viewer", id, "by", at.rep, "recorder", v.record)
	if a.account != nil {
		a.account.summary.Viewers++
	}
	a.openView(v)
	read := make(chan struct{})
	a.jobs.Go(func() { v.write(&a.router, read) })
	a.jobs.Go(func() {
		err := v.read(a)
		close(read)
		v.close(nil)
		a.post(func() { a.viewerGone(s, v, err) })
	})
	a.tellViewers(s)
}

// openView makes the helper show the screen to a viewer.
func (a *agent) openView(v *viewer) {
	if a.session != nil && a.helper.ready && !a.elevating.hands() {
		a.openViewAt(a.helper, v, 0)
	}
}

// openViewAt opens a view in a helper that is ready, with epochs that are so far ahead.
func (a *agent) openViewAt(h *worker, v *viewer, ahead uint32) {
	s := a.session
	epoch, view := a.router.resume(v)
	x := a.exchange(s, v)
	a.router.exchange(v, x)
	h.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Open{Open: &ipcpb.OpenView{
		Session: s.id[:], Viewer: v.id, Control: s.control() && !v.record, Token: s.token(s.attached[v.id]), FirstEpoch: epoch + ahead,
		ClipboardIn: x.ClipboardIn, ClipboardOut: x.ClipboardOut,
	}}})
	if a.account != nil {
		a.account.views[v.id]++
	}
	if view != nil {
		h.resend(v.id, view)
	}
}

func (a *agent) viewerGone(s *session, v *viewer, err error) {
	if a.router.get(v.id) != v {
		return
	}
	s.log.Info("viewer gone", "viewer", v.id, "cause", err)
	delete(s.attached, v.id)
	a.dropViewer(v.id)
	a.keepRestriction()
}

// dropViewer closes a viewer without a word.
func (a *agent) dropViewer(id uint32) {
	if v := a.router.get(id); v != nil {
		a.closeViewer(v, nil)
	}
}

// dropViewers closes all. Who is still there has to attach again.
func (a *agent) dropViewers(why *wirepb.Refusal) {
	for _, v := range a.router.all() {
		a.closeViewer(v, why)
	}
	if a.session != nil {
		clear(a.session.attached)
	}
}

func (a *agent) closeViewer(v *viewer, why *wirepb.Refusal) {
	a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: v.id}}})
	a.router.remove(v)
	v.close(why)
}
