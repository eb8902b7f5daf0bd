package clipboard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"github.com/alongside-remote/alongside/internal/x11"
)

// Bounds of what other programs may make us wait for, or do.
const (
	// answerTime is how long the owner of a selection may take for an answer, or for
	// the next part of a large one.
	answerTime = 5 * time.Second
	// takeTime is how long a requestor may take for a part of a large text.
	takeTime = 10 * time.Second
	// maxTransfers is how many requestors are served with large texts at a time.
	maxTransfers = 8
	// maxChunk is how much goes into one property; a server's own limit may be less.
	maxChunk = 64 << 10
)

// x11Board owns and asks for the CLIPBOARD selection with a window that nobody sees.
// One goroutine speaks to the server; while it waits for an answer it goes on serving.
//
//	x11_linux.go        the loop and its events
//	x11_read_linux.go   what others have copied
//	x11_write_linux.go  what others paste
type x11Board struct {
	conn    *x11.Conn
	win     xproto.Window
	atoms   map[string]xproto.Atom
	notify  byte // XFIXES selection notify
	limit   int
	chunk   int
	todo    chan func(context.Context)
	changed chan struct{}
	gone    chan struct{}
	stop    context.CancelFunc
	once    sync.Once

	// The loop's.
	events []x11.Event
	lost   bool
	copies uint64
	owned  *content // nil: the selection is not ours
	sends  []*transfer
	patrol *time.Ticker // of sends
}

const (
	selClipboard = "CLIPBOARD"
	typeUTF8     = "UTF8_STRING"
	typePlain    = "text/plain;charset=utf-8"
	typeTargets  = "TARGETS"
	typeStamp    = "TIMESTAMP"
	typeIncr     = "INCR"
	propRead     = "ALONGSIDE_CLIPBOARD"
	propTime     = "ALONGSIDE_TIME"
)

func openX11(ctx context.Context, o Options) (Board, error) {
	conn, err := x11.Open(ctx, x11.Target{Display: o.Display})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	b := &x11Board{
		conn: conn, limit: o.Limit, atoms: map[string]xproto.Atom{}, todo: make(chan func(context.Context)),
		changed: make(chan struct{}, 1), gone: make(chan struct{}), patrol: time.NewTicker(time.Second),
	}
	if err := b.prepare(); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	life, stop := context.WithCancel(context.Background())
	b.stop = stop
	go b.run(life)
	return b, nil
}

func (b *x11Board) prepare() error {
	for _, name := range []string{selClipboard, typeUTF8, typePlain, typeTargets, typeStamp, typeIncr, propRead, propTime} {
		r, err := xproto.InternAtom(b.conn.Conn, false, uint16(len(name)), name).Reply()
		if err != nil {
			return fmt.Errorf("atom: %w", err)
		}
		b.atoms[name] = r.Atom
	}
	fixes, err := b.conn.Extension("XFIXES")
	if err != nil {
		return err
	}
	if _, err := xfixes.QueryVersion(b.conn.Conn, 5, 0).Reply(); err != nil {
		return fmt.Errorf("xfixes: %w", err)
	}
	b.notify = fixes.FirstEvent
	if b.win, err = xproto.NewWindowId(b.conn.Conn); err != nil {
		return err
	}
	err = xproto.CreateWindowChecked(b.conn.Conn, 0, b.win, b.conn.Root, -1, -1, 1, 1, 0, xproto.WindowClassInputOnly, 0,
		xproto.CwOverrideRedirect|xproto.CwEventMask, []uint32{1, xproto.EventMaskPropertyChange}).Check()
	if err != nil {
		return fmt.Errorf("window: %w", err)
	}
	b.chunk = min(maxChunk, int(b.conn.Setup.MaximumRequestLength)*4-64)
	return xfixes.SelectSelectionInputChecked(b.conn.Conn, b.win, b.atoms[selClipboard], xfixes.SelectionEventMaskSetSelectionOwner).Check()
}

// Changed implements Board.
func (b *x11Board) Changed() <-chan struct{} { return b.changed }

// Copies implements Board.
func (b *x11Board) Copies(ctx context.Context) (n uint64, err error) {
	err = b.do(ctx, func(ctx context.Context) error {
		_, err := b.now(ctx) // what the server has sent before has come
		n = b.copies
		return err
	})
	return n, err
}

// Gone implements Board.
func (b *x11Board) Gone() <-chan struct{} { return b.gone }

// Close implements Board.
func (b *x11Board) Close() error {
	b.once.Do(func() {
		b.stop()
		b.conn.Break()
	})
	<-b.gone
	return nil
}

// do runs f on the loop.
func (b *x11Board) do(ctx context.Context, f func(context.Context) error) error {
	answer := make(chan error, 1)
	select {
	case b.todo <- func(life context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(life, cancel)()
		answer <- f(ctx)
	}:
	case <-b.gone:
		return ErrLost
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-answer:
		return err
	case <-b.gone:
		return ErrLost
	}
}

func (b *x11Board) run(ctx context.Context) {
	defer close(b.gone)
	defer b.patrol.Stop()
	defer b.conn.Close()
	for !b.lost {
		select {
		case <-ctx.Done():
			return
		case <-b.conn.Gone():
			return
		case f := <-b.todo:
			f(ctx)
		case <-b.conn.Wake():
			b.pump(nil)
		case <-b.patrol.C:
			b.expire(time.Now())
		}
	}
}

// pump takes what has come. It returns whether match was true of one event; that
// one is not handled otherwise.
func (b *x11Board) pump(match func(*x11.Event) bool) (found bool) {
	b.events, b.lost = b.conn.Events(b.events[:0])
	for i := range b.events {
		if e := &b.events[i]; !found && match != nil && match(e) {
			found = true
		} else {
			b.handle(e)
		}
	}
	b.conn.Drain()
	return found
}

// await serves others until match is true of an event, for at most limit.
func (b *x11Board) await(ctx context.Context, limit time.Duration, match func(*x11.Event) bool) error {
	t := time.NewTimer(limit)
	defer t.Stop()
	for !b.pump(match) {
		if b.lost {
			return ErrLost
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-b.conn.Gone():
			return ErrLost
		case <-t.C:
			return ErrSilent
		case <-b.conn.Wake():
		case <-b.patrol.C:
			b.expire(time.Now())
		}
	}
	return nil
}

func (b *x11Board) handle(e *x11.Event) {
	switch e.Code() {
	case xproto.SelectionRequest:
		b.request(xproto.SelectionRequestEventNew(e[:]).(xproto.SelectionRequestEvent))
	case xproto.SelectionClear:
		if c := xproto.SelectionClearEventNew(e[:]).(xproto.SelectionClearEvent); c.Selection == b.atoms[selClipboard] {
			b.owned = nil
		}
	case xproto.PropertyNotify:
		if p := xproto.PropertyNotifyEventNew(e[:]).(xproto.PropertyNotifyEvent); p.State == xproto.PropertyDelete {
			b.taken(p.Window, p.Atom)
		}
	case b.notify:
		n := xfixes.SelectionNotifyEventNew(e[:]).(xfixes.SelectionNotifyEvent)
		if n.Selection == b.atoms[selClipboard] && n.Owner != b.win && n.Owner != 0 {
			b.owned = nil
			b.copies++
			select {
			case b.changed <- struct{}{}:
			default:
			}
		}
	}
}

// now is the server's time, for which there is no request.
func (b *x11Board) now(ctx context.Context) (xproto.Timestamp, error) {
	err := xproto.ChangePropertyChecked(b.conn.Conn, xproto.PropModeAppend, b.win, b.atoms[propTime], xproto.AtomInteger, 32, 0, nil).Check()
	if err != nil {
		return 0, b.fails(err)
	}
	var at xproto.Timestamp
	err = b.await(ctx, answerTime, func(e *x11.Event) bool {
		if e.Code() != xproto.PropertyNotify {
			return false
		}
		p := xproto.PropertyNotifyEventNew(e[:]).(xproto.PropertyNotifyEvent)
		at = p.Time
		return p.Window == b.win && p.Atom == b.atoms[propTime]
	})
	return at, err
}

// fails is an error of the connection as callers know it.
func (b *x11Board) fails(err error) error {
	select {
	case <-b.conn.Gone():
		return errors.Join(ErrLost, err)
	default:
		return err
	}
}
