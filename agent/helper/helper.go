// Package helper is the role that touches pixels and keyboard, and nothing
// else: it captures the screen of the terminal session that it runs in, encodes
// it for each viewer and injects what they type. It has no network: everything
// passes through one pipe to the service, and when that closes the helper lets
// go of every key and ends.
//
//	helper.go   the pipe: messages in
//	screen.go   capture, for as long as somebody looks
//	view.go     one viewer: settings, credit, updates out
//	input.go    events in
//	board.go    the clipboard, both ways
//	restrict.go the person's own input and monitors
//	sight.go    whether the banner is in the picture
//	report.go   what works here and why not
//	load.go     how many processors that takes
package helper

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/input"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/internal/portal"
	"github.com/alongside-remote/alongside/restriction"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Options configure Run. Log is required.
type Options struct {
	Log     *slog.Logger
	Display string // X11: the display; empty: $DISPLAY
	Capture string // capture backend by name; empty: the best that works
	Input   string // input backend by name; empty: the best that works

	// PortalToken is the file in which a desktop's portal may have its Yes remembered;
	// empty: none.
	PortalToken string

	// Load, if set, is told how many processors encoding could use, now and then
	// while there is something to encode: one until then.
	Load func(processors int)

	// OpenCapture, OpenInput and OpenRestriction replace the system's, for tests.
	OpenCapture     func(ctx context.Context, o capture.Options) (capture.Source, error)
	OpenInput       func(ctx context.Context, o input.Options) (input.Injector, error)
	OpenRestriction func(ctx context.Context, o restriction.Options) (restriction.Desktop, error)
}

// errPipeClosed is the orderly end: the service closed its side.
var errPipeClosed = errors.New("pipe closed")

// maxViews is how many viewers the helper serves; the service allows as many.
const maxViews = 8

type helper struct {
	Options
	conn       *ipc.Conn
	cancel     context.CancelCauseFunc
	wg         sync.WaitGroup
	screen     *screen
	input      *injection
	board      *board
	restrictor *restrictor
	sight      *sight
	load       load
	portal     *portal.Desktop

	// The receiving goroutine's.
	views     map[uint32]*view
	suspended *ipcpb.Suspend // why frames may not flow; nil: they may
	beside    wirepb.Reason  // what is said while they do
}

// Run serves one pipe until it closes, which is the orderly end and returns
// nil, or until ctx ends. It owns conn. When it returns, nothing is captured and
// no key is held.
func Run(ctx context.Context, conn *ipc.Conn, o Options) error {
	if o.OpenCapture == nil {
		o.OpenCapture = capture.Open
	}
	if o.OpenInput == nil {
		o.OpenInput = input.Open
	}
	if o.OpenRestriction == nil {
		o.OpenRestriction = restriction.Open
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h := &helper{
		Options: o, conn: conn, cancel: cancel, load: load{tell: o.Load}, views: map[uint32]*view{},
		portal:    portal.New(portal.Options{Log: o.Log, Token: o.PortalToken}),
		suspended: &ipcpb.Suspend{Frames: true, Input: true, Reason: wirepb.Reason_REASON_STARTING},
	}
	h.screen, h.input, h.board, h.restrictor = newScreen(h), newInjection(h), newBoard(h), newRestrictor(h)
	h.sight = newSight(&h.screen.shadow, func(l *ipcpb.Looked) { h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Looked{Looked: l}}) })
	defer h.sight.close()
	// Whatever waits for the pipe ends with the context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	h.wg.Go(func() { h.screen.run(ctx) })
	h.wg.Go(func() { h.input.run(ctx) })
	h.wg.Go(func() { h.board.run(ctx) })
	h.wg.Go(func() { h.restrictor.run(ctx) })
	cancel(h.receive(ctx))
	h.wg.Wait()
	h.portal.Drop()
	if stop() {
		_ = conn.Close()
	}
	if err := context.Cause(ctx); !errors.Is(err, errPipeClosed) {
		return err
	}
	return nil
}

func (h *helper) receive(ctx context.Context) error {
	for {
		m := &ipcpb.ToHelper{}
		id, media, err := h.conn.Receive(m)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrClosed), errors.Is(err, io.ErrClosedPipe):
			return errPipeClosed
		case err != nil:
			return fmt.Errorf("from service: %w", err)
		case media != nil:
			h.media(id, media)
		default:
			h.message(ctx, m)
		}
	}
}

func (h *helper) message(ctx context.Context, m *ipcpb.ToHelper) {
	switch m := m.Kind.(type) {
	case *ipcpb.ToHelper_Open:
		h.open(ctx, m.Open)
	case *ipcpb.ToHelper_Close:
		h.close(m.Close.Viewer)
	case *ipcpb.ToHelper_Control:
		h.control(m.Control)
		h.board.watch(h.views[m.Control.Viewer])
	case *ipcpb.ToHelper_Exchange:
		if v := h.views[m.Exchange.Viewer]; v != nil {
			v.setClipboard(m.Exchange.ClipboardIn, m.Exchange.ClipboardOut)
			h.board.watch(v)
		}
	case *ipcpb.ToHelper_Beat:
		h.send(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Beat{Beat: m.Beat}})
	case *ipcpb.ToHelper_Restrict:
		h.restrictor.put(m.Restrict)
	case *ipcpb.ToHelper_Look:
		h.sight.seek(m.Look)
		h.look()
	case *ipcpb.ToHelper_Suspend:
		h.suspended, h.beside = nil, m.Suspend.Reason
		if m.Suspend.Frames {
			h.suspended = m.Suspend
		}
		h.portal.SetControl(m.Suspend.Control)
		h.input.suspend(m.Suspend)
		for _, v := range h.views {
			v.suspend(h.suspended, h.beside, m.Suspend.Input)
			h.board.watch(v)
		}
		h.look()
	}
}

func (h *helper) open(ctx context.Context, o *ipcpb.OpenView) {
	h.close(o.Viewer)
	if len(h.views) >= maxViews {
		h.Log.Warn("view refused: too many", "viewer", o.Viewer)
		return
	}
	v := newView(h, o)
	v.suspend(h.suspended, h.beside, h.input.suspended())
	h.views[o.Viewer] = v
	h.wg.Go(func() { v.send(ctx) })
	h.board.watch(v)
	h.look()
}

func (h *helper) close(id uint32) {
	v := h.views[id]
	if v == nil {
		return
	}
	delete(h.views, id)
	h.look()
	v.close()
	h.input.forget(v)
	h.board.forget(v)
}

// control gives the control token to a view or takes it. What the view holds goes
// up before anybody's next event.
func (h *helper) control(c *ipcpb.Control) {
	v := h.views[c.Viewer]
	if v == nil || !v.setToken(c.Token) || c.Token {
		return
	}
	h.input.release(v)
}

// look tells the screen who looks. Nobody may while frames are suspended, and still it
// captures where the banner is looked for.
func (h *helper) look() {
	var all []*view
	if h.suspended == nil {
		for _, v := range h.views {
			all = append(all, v)
		}
	}
	h.screen.show(h.suspended == nil || h.sight.seeks(), all)
}

// media is one message of a viewer. One that is not well-formed ends its view,
// as it would end a stream.
func (h *helper) media(id uint32, packed []byte) {
	v := h.views[id]
	if v == nil {
		return
	}
	if err := h.take(v, packed); err != nil {
		h.Log.Warn("view ended", "viewer", id, "err", err)
		v.end(&wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED, Detail: err.Error()})
		h.close(id)
	}
}

func (h *helper) take(v *view, packed []byte) error {
	m, err := wire.ParseMedia(packed)
	if err != nil {
		return err
	}
	switch m.Kind {
	case wire.MediaView:
		s := &wirepb.ViewSettings{}
		if err := proto.Unmarshal(m.Payload, s); err != nil {
			return fmt.Errorf("%w: settings: %w", wire.ErrMalformed, err)
		}
		err := v.settings(s)
		h.board.watch(v)
		return err
	case wire.MediaShown:
		v.shown(m.Epoch, m.Seq)
	case wire.MediaInput:
		events, err := wire.ParseInput(nil, m.Payload)
		if err != nil {
			return err
		}
		h.input.put(v, events)
	case wire.MediaClipboard, wire.MediaClipboardNote:
		return h.board.take(v, m)
	case wire.MediaUpdate, wire.MediaState, wire.MediaEnd:
		return fmt.Errorf("%w: an agent's message came from a viewer", wire.ErrMalformed)
	}
	return nil
}

// send writes to the service. An error means that the pipe is gone, which the
// receiver learns, too.
func (h *helper) send(m *ipcpb.FromHelper) {
	if err := h.conn.Send(m); err != nil && !errors.Is(err, os.ErrClosed) && !errors.Is(err, syscall.EPIPE) {
		h.cancel(fmt.Errorf("to service: %w", err))
	}
}
