package wayland

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Target says which compositor to open.
type Target struct {
	Display    string // name or path of the socket; empty: $WAYLAND_DISPLAY
	RuntimeDir string // where it lies; empty: $XDG_RUNTIME_DIR
}

const (
	// writeLimit is how long a compositor may leave its socket full. A live one
	// reads within a frame.
	writeLimit = 5 * time.Second
	// idLimit is the first number of the compositor's own objects.
	idLimit = 0xff000000
	// filesLimit is how many files may wait for the messages that name them.
	filesLimit = 28
)

// The object that is always there.
const (
	display         = 1
	displaySync     = 0
	displayRegistry = 1
	displayError    = 0
	displayDeleteID = 1
)

// Handler takes the events of one object, told apart by their opcodes. What it
// does not read of the arguments is skipped.
type Handler func(op uint16, a *Args)

// Conn is a connection to a compositor.
type Conn struct {
	sock *net.UnixConn

	out    []byte
	outFDs []int
	in     []byte // not yet handled
	inFDs  []int

	objects map[uint32]Handler // nil: destroyed, the compositor may not know yet
	free    []uint32
	last    uint32
	err     error // why the connection is over

	registry uint32
	globals  map[uint32]Global
	watch    []func(Global, bool)

	close sync.Once
}

// Open connects to a compositor and learns what it offers. The error wraps
// ErrNoDisplay, ErrRefused, ErrGone or ctx's error.
func Open(ctx context.Context, t Target) (*Conn, error) {
	path, err := t.path()
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	s, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	default:
		return nil, fmt.Errorf("%w: %w", ErrNoDisplay, err)
	}
	c := &Conn{
		sock: s.(*net.UnixConn), last: display,
		objects: make(map[uint32]Handler), globals: make(map[uint32]Global),
	}
	c.objects[display] = c.onDisplay
	c.registry = c.New(c.onRegistry)
	c.Request(display, displayRegistry).Uint(c.registry).Send()
	if err := c.Roundtrip(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("open compositor: %w", err)
	}
	return c, nil
}

func (t Target) path() (string, error) {
	name, dir := t.Display, t.RuntimeDir
	if name == "" {
		name = os.Getenv("WAYLAND_DISPLAY")
	}
	if name == "" {
		return "", fmt.Errorf("%w: WAYLAND_DISPLAY is not set", ErrNoDisplay)
	}
	if filepath.IsAbs(name) {
		return name, nil
	}
	if dir == "" {
		dir = os.Getenv("XDG_RUNTIME_DIR")
	}
	if !filepath.IsAbs(dir) {
		return "", fmt.Errorf("%w: XDG_RUNTIME_DIR is not set", ErrNoDisplay)
	}
	return filepath.Join(dir, name), nil
}

// New makes the number of an object that the next request creates.
func (c *Conn) New(h Handler) uint32 {
	id := c.last + 1
	if n := len(c.free); n > 0 {
		id, c.free = c.free[n-1], c.free[:n-1]
	} else if id < idLimit {
		c.last = id
	} else {
		_ = c.fail(errors.New("no number is left for an object"))
	}
	if h == nil {
		h = func(uint16, *Args) {}
	}
	c.objects[id] = h
	return id
}

// Destroyed says that a request has destroyed an object: its events are dropped
// from now on, its number is used again when the compositor agrees. Not for objects
// whose events carry files.
func (c *Conn) Destroyed(id uint32) {
	if _, ok := c.objects[id]; ok {
		c.objects[id] = nil
	}
}

// Request begins a request to an object.
func (c *Conn) Request(object uint32, op uint16) Request {
	r := Request{c: c, start: len(c.out)}
	return r.Uint(object).Uint(uint32(op))
}

// Dispatch sends what was asked for, waits until at least one event came and hands
// over all that are there. It returns ctx's error when ctx ends, after which the
// connection goes on.
func (c *Conn) Dispatch(ctx context.Context) error {
	if err := c.Flush(); err != nil {
		return err
	}
	for {
		n, err := c.handle()
		if n > 0 || err != nil {
			return err
		}
		if err := c.wait(ctx); err != nil {
			return err
		}
	}
}

// Poll is Dispatch that does not wait.
func (c *Conn) Poll() error {
	if err := c.Flush(); err != nil {
		return err
	}
	if err := c.receive(false); err != nil {
		return c.fail(err)
	}
	_, err := c.handle()
	return err
}

// Roundtrip waits until the compositor has done all that was asked for.
func (c *Conn) Roundtrip(ctx context.Context) error {
	done := false
	c.Request(display, displaySync).Uint(c.New(func(uint16, *Args) { done = true })).Send()
	for !done {
		if err := c.Dispatch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the connection, and with it everything that the compositor has of us.
func (c *Conn) Close() error {
	c.close.Do(func() { _ = c.sock.Close() })
	return nil
}

// handle hands complete messages to their objects and says how many there were.
func (c *Conn) handle() (n int, err error) {
	done := 0
	defer func() { c.in = c.in[:copy(c.in, c.in[done:])] }()
	for c.err == nil {
		object, op, size, err := head(c.in[done:])
		if err != nil {
			return n, c.fail(err)
		}
		if size == 0 || len(c.in)-done < size {
			break
		}
		h, known := c.objects[object]
		if !known {
			return n, c.fail(fmt.Errorf("event %d for object %d, which does not exist", op, object))
		}
		a := Args{b: c.in[done+headLen : done+size], fds: &c.inFDs}
		done += size
		n++
		if h == nil {
			continue
		}
		if h(op, &a); a.err != nil {
			return n, c.fail(fmt.Errorf("event %d of object %d: %w", op, object, a.err))
		}
	}
	return n, c.err
}

func (c *Conn) onDisplay(op uint16, a *Args) {
	switch op {
	case displayError:
		e := &ProtocolError{Object: a.Uint(), Code: a.Uint(), Message: a.String()}
		c.err = e
	case displayDeleteID:
		id := a.Uint()
		if _, ok := c.objects[id]; ok && id != display {
			delete(c.objects, id)
			c.free = append(c.free, id)
		}
	}
}

// fail ends the connection and says why; the first reason stays.
func (c *Conn) fail(err error) error {
	if c.err == nil {
		switch {
		case errors.Is(err, net.ErrClosed):
			c.err = ErrClosed
		default:
			c.err = fmt.Errorf("%w: %w", ErrGone, err)
		}
	}
	for _, fd := range c.inFDs {
		closeFile(fd)
	}
	c.inFDs = nil
	return c.err
}
