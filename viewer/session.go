package viewer

import (
	"context"
	"fmt"
	"image"
	"io"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Options configure a session. The callbacks are called from the goroutine of
// Run, one at a time; until one returns nothing more is read.
type Options struct {
	// Settings are what the viewer asks for; nil asks for everything that a
	// Canvas understands. Operations left empty are filled in.
	Settings *wirepb.ViewSettings
	// OnState hears of every change of the screen's state.
	OnState func(*wirepb.ScreenState)
	// OnUpdate is called when an update is on the canvas, before it is credited.
	OnUpdate func(*Canvas, Update)
	// OnClipboard is called with text that was copied at the endpoint.
	OnClipboard func(text string)
	// OnClipboardState hears what this viewer may do with the clipboard, and how it went.
	OnClipboardState func(*wirepb.ClipboardState)
}

// Update is what a session tells of an update that it has applied.
type Update struct {
	Epoch, Seq uint32
	Bytes      int               // of the payload
	Damage     []image.Rectangle // valid during the call
}

// Session is the viewer's side of a media stream. Run is called once; the other
// methods may be called from any goroutine, also before Run.
type Session struct {
	stream  io.ReadWriteCloser
	options Options

	writing  sync.Mutex // guards the order of writes and what follows
	settings *wirepb.ViewSettings
	inputs   uint32
	copies   uint32
	out      []byte

	mu     sync.Mutex // guards what follows
	canvas *Canvas
	state  *wirepb.ScreenState

	epoch, seq uint32 // of Run alone
}

// defaultCache is what a viewer keeps for cached tiles unless it says otherwise.
const defaultCache = 32 << 20

// NewSession makes a session of a stream on which media messages follow, one
// per Write, and owns it.
func NewSession(stream io.ReadWriteCloser, o Options) *Session {
	v := &wirepb.ViewSettings{CacheBytes: defaultCache}
	if o.Settings != nil {
		v = proto.CloneOf(o.Settings)
	}
	if len(v.Operations) == 0 {
		v.Operations = Operations()
	}
	return &Session{stream: stream, options: o, settings: v, canvas: NewCanvas(v.CacheBytes)}
}

// Run asks for the view and shows what comes until the stream ends, ctx ends or
// the other side breaks the protocol. An announced end is a *wire.CodeError.
// The stream is closed when it returns.
func (s *Session) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.stream.Close() })
	defer func() {
		stop()
		_ = s.stream.Close()
	}()
	err := s.run()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (s *Session) run() error {
	if err := s.View(func(*wirepb.ViewSettings) {}); err != nil {
		return fmt.Errorf("send view: %w", err)
	}
	var buf []byte
	for {
		m, next, err := wire.ReadMedia(s.stream, buf)
		if err != nil {
			return fmt.Errorf("read media: %w", err)
		}
		buf = next
		if err := s.receive(m); err != nil {
			return err
		}
	}
}

func (s *Session) receive(m wire.Media) error {
	switch m.Kind {
	case wire.MediaUpdate:
		return s.update(m)
	case wire.MediaState:
		st := new(wirepb.ScreenState)
		if err := proto.Unmarshal(m.Payload, st); err != nil {
			return fmt.Errorf("screen state: %w: %w", wire.ErrMalformed, err)
		}
		s.mu.Lock()
		s.state = st
		s.canvas.expect(sizeOf(st))
		s.mu.Unlock()
		if s.options.OnState != nil {
			s.options.OnState(st)
		}
		return nil
	case wire.MediaEnd:
		e := new(wirepb.Refusal)
		if err := proto.Unmarshal(m.Payload, e); err != nil {
			return fmt.Errorf("end: %w: %w", wire.ErrMalformed, err)
		}
		return &wire.CodeError{Code: e.Code, Detail: e.Detail}
	case wire.MediaClipboard, wire.MediaClipboardNote:
		return s.copied(m)
	case wire.MediaInput, wire.MediaShown, wire.MediaView:
		return fmt.Errorf("%w: a viewer's message came to a viewer", wire.ErrMalformed)
	default:
		return nil // of a later version
	}
}

// sizeOf is how large the screen is that a state tells of.
func sizeOf(st *wirepb.ScreenState) image.Point {
	var all image.Rectangle
	for _, m := range st.Monitors {
		if st.Monitor == 0 || st.Monitor == m.Id {
			all = all.Union(image.Rect(int(m.X), int(m.Y), int(m.X)+int(m.Width), int(m.Y)+int(m.Height)))
		}
	}
	return all.Size()
}

func (s *Session) update(m wire.Media) error {
	if m.Flags&wire.FlagSealed != 0 {
		return fmt.Errorf("%w: sealed update without a key", wire.ErrMalformed)
	}
	switch {
	case m.Epoch == s.epoch && m.Seq == s.seq+1, m.Epoch > s.epoch && m.Seq == 1:
		s.epoch, s.seq = m.Epoch, m.Seq
	default:
		return fmt.Errorf("%w: update %d of epoch %d after %d of %d", wire.ErrMalformed, m.Seq, m.Epoch, s.seq, s.epoch)
	}
	s.mu.Lock()
	err := s.canvas.Apply(m.Epoch, m.Payload)
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("update %d of epoch %d: %w", m.Seq, m.Epoch, err)
	}
	if s.options.OnUpdate != nil {
		s.options.OnUpdate(s.canvas, Update{m.Epoch, m.Seq, len(m.Payload), s.canvas.Damage()})
	}
	return s.write(wire.MediaHeader{Kind: wire.MediaShown, Epoch: m.Epoch, Seq: m.Seq}, nil)
}

// Look calls f with the canvas while nothing is applied to it.
func (s *Session) Look(f func(*Canvas)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.canvas)
}

// State is the newest state of the screen, nil before the first one. It is not
// to be changed.
func (s *Session) State() *wirepb.ScreenState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state
}
