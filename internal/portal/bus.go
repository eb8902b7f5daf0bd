package portal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// signalQueue is how many signals may wait for the one goroutine that sorts them.
const signalQueue = 32

// bus is a connection to the session bus, and the portal there.
type bus struct {
	conn    *dbus.Conn
	desktop dbus.BusObject
	signals chan *dbus.Signal
	sorted  chan struct{} // closed when no signal is read any more
	gone    chan struct{} // closed when the portal or the bus has gone

	mu      sync.Mutex
	answers map[dbus.ObjectPath]chan answer
	closed  map[dbus.ObjectPath]chan struct{}
}

// answer is the portal's to a request.
type answer struct {
	code    uint32
	results map[string]dbus.Variant
}

func connect(ctx context.Context) (*bus, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, fmt.Errorf("%w: session bus: %w", ErrUnsupported, err)
	}
	b := &bus{
		conn: conn, desktop: conn.Object(busName, desktopPath), signals: make(chan *dbus.Signal, signalQueue), sorted: make(chan struct{}),
		gone: make(chan struct{}), answers: map[dbus.ObjectPath]chan answer{}, closed: map[dbus.ObjectPath]chan struct{}{},
	}
	conn.Signal(b.signals)
	go b.sort()
	err = errors.Join(conn.Auth(nil), conn.Hello())
	for _, rule := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(busName), dbus.WithMatchInterface(requestFace)},
		{dbus.WithMatchSender(busName), dbus.WithMatchInterface(sessionFace)},
		{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, busName)},
	} {
		if err == nil {
			err = conn.AddMatchSignalContext(ctx, rule...)
		}
	}
	if err != nil {
		b.close()
		return nil, fmt.Errorf("%w: session bus: %w", ErrUnsupported, err)
	}
	return b, nil
}

func (b *bus) close() {
	_ = b.conn.Close() // closes signals
	<-b.sorted
}

// sort gives each signal to whom it is for.
func (b *bus) sort() {
	defer close(b.sorted)
	defer close(b.gone)
	for s := range b.signals {
		b.mu.Lock()
		switch s.Name {
		case requestFace + ".Response":
			var a answer
			if to := b.answers[s.Path]; to != nil && dbus.Store(s.Body, &a.code, &a.results) == nil {
				to <- a // has room for the one that comes
				delete(b.answers, s.Path)
			}
		case sessionFace + ".Closed":
			if c := b.closed[s.Path]; c != nil {
				close(c)
				delete(b.closed, s.Path)
			}
		}
		b.mu.Unlock()
		var name, before, after string
		if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && dbus.Store(s.Body, &name, &before, &after) == nil && name == busName && before != "" {
			return
		}
	}
}

// watch is closed when the portal says that a session is over.
func (b *bus) watch(session dbus.ObjectPath) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(chan struct{})
	b.closed[session] = c
	return c
}

// word is a name for an object at the portal.
func word() string { return "alongside_" + strings.ToLower(rand.Text()) }

// request calls a method that answers later, by a signal of an object whose name we
// choose. When ctx ends first, the portal is told, and its window closes.
func (b *bus) request(ctx context.Context, method string, options map[string]dbus.Variant, args ...any) (map[string]dbus.Variant, error) {
	token := word()
	sender := strings.ReplaceAll(strings.TrimPrefix(b.conn.Names()[0], ":"), ".", "_")
	path := dbus.ObjectPath(requestPath + sender + "/" + token)
	options["handle_token"] = dbus.MakeVariant(token)
	got := make(chan answer, 1)
	b.mu.Lock()
	b.answers[path] = got
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.answers, path)
		b.mu.Unlock()
	}()
	short := method[strings.LastIndexByte(method, '.')+1:]
	if err := b.desktop.CallWithContext(ctx, method, 0, append(args, options)...).Err; err != nil {
		var refused dbus.Error
		if errors.As(err, &refused) && refused.Name != "org.freedesktop.DBus.Error.NoReply" {
			return nil, fmt.Errorf("%w: %s: %w", ErrUnsupported, short, err)
		}
		return nil, fmt.Errorf("%w: %s: %w", ErrLost, short, err)
	}
	select {
	case a := <-got:
		switch a.code {
		case 0:
			return a.results, nil
		case 1:
			return nil, fmt.Errorf("%w: the person said no to their desktop", ErrDenied)
		}
		return nil, fmt.Errorf("%w: %s ended with %d", ErrUnsupported, short, a.code)
	case <-b.gone:
		return nil, fmt.Errorf("%w: during %s", ErrLost, short)
	case <-ctx.Done():
		b.tell(path, requestFace+".Close")
		return nil, ctx.Err()
	}
}

// tell calls a method whose answer nobody waits for.
func (b *bus) tell(path dbus.ObjectPath, method string) {
	_ = b.conn.Object(busName, path).Call(method, dbus.FlagNoReplyExpected).Err
}
