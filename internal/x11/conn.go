package x11

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log" //nolint:depguard // what xgb takes
	"os"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// Target says which server to open.
type Target struct {
	Display   string // empty: $DISPLAY
	Authority string // file of cookies; empty: $XAUTHORITY, else the user's own
}

// Conn is a connection to an X server. Requests may be made from any goroutine;
// the events have one reader. Use requests with replies or the Checked form of
// others: xgb keeps 5,000 errors of unchecked requests and then stands still;
// [Conn.Drain] throws them away.
//
// The methods WaitForEvent and PollForEvent of xgb never see an event here.
type Conn struct {
	*xgb.Conn
	Setup  *xproto.SetupInfo
	Screen *xproto.ScreenInfo
	Root   xproto.Window

	stream *stream
	mu     sync.Mutex
	known  map[string]Extension
	closed sync.Once
}

// Open connects to an X server. The error wraps ErrNoDisplay, ErrRefused or
// ctx's error where it is one of these.
func Open(ctx context.Context, t Target) (*Conn, error) {
	Silence()
	if t.Display == "" {
		t.Display = os.Getenv("DISPLAY")
	}
	if t.Display == "" {
		return nil, fmt.Errorf("%w: DISPLAY is not set", ErrNoDisplay)
	}
	a, err := parseDisplay(t.Display)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
	raw, err := a.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("open display %s: %w", t.Display, err)
	}
	answer, err := handshake(ctx, raw, a.number, t.Authority)
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("open display %s: %w", t.Display, err)
	}
	s := newStream(raw, answer)
	// With a cookie given, xgb reads no file. It goes nowhere: see stream.Write.
	x, err := xgb.NewConnNetWithCookieHex(s, "00000000000000000000000000000000")
	if err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("open display %s: %w", t.Display, err)
	}
	c := &Conn{Conn: x, Setup: xproto.Setup(x), stream: s, known: make(map[string]Extension)}
	if a.screen >= len(c.Setup.Roots) {
		c.Close()
		return nil, fmt.Errorf("open display %s: %w: no such screen", t.Display, ErrNoDisplay)
	}
	x.DefaultScreen = a.screen
	c.Screen = &c.Setup.Roots[a.screen]
	c.Root = c.Screen.Root
	return c, nil
}

// Wake is rung when events came or the connection ended.
func (c *Conn) Wake() <-chan struct{} { return c.stream.queue.bell }

// Events appends to dst what has come since the last call. lost says that some
// were dropped because nobody collected them.
func (c *Conn) Events(dst []Event) (_ []Event, lost bool) { return c.stream.queue.take(dst) }

// Gone is closed when the server has ended the connection, or we have.
func (c *Conn) Gone() <-chan struct{} { return c.stream.gone }

// Local reports whether the server was reached over a Unix socket.
func (c *Conn) Local() bool { return c.stream.RemoteAddr().Network() == "unix" }

// Together makes the requests of ask one write, and so one wake-up of the server,
// which then answers them together. No answer may be waited for in ask.
func (c *Conn) Together(ask func()) error {
	c.stream.hold()
	ask()
	return c.stream.release()
}

// Drain throws away the errors of unchecked requests. It never blocks.
func (c *Conn) Drain() {
	for {
		if ev, err := c.PollForEvent(); ev == nil && err == nil {
			return
		}
	}
}

// Break ends the connection without waiting: requests in flight end with io.EOF.
// Close is still needed.
func (c *Conn) Break() { _ = c.stream.Close() }

// Close ends the connection and waits for its goroutines. It may be called from
// any goroutine and more than once.
func (c *Conn) Close() {
	c.closed.Do(func() {
		c.Break()
		<-c.stream.gone
		for { // until xgb's reader is done
			if ev, err := c.WaitForEvent(); ev == nil && err == nil {
				break
			}
		}
		for { // until its sender is done
			if _, err := c.NewId(); errors.Is(err, io.EOF) {
				break
			}
		}
	})
}

var silenced sync.Once

// Silence keeps xgb from printing to stderr: every error that matters comes back
// to its caller. Open does it by itself. The logger is a variable of that
// package, hence the Once.
func Silence() { silenced.Do(func() { xgb.Logger = log.New(io.Discard, "", 0) }) }
