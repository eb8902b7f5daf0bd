package terminal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"strconv"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

const (
	login1        = "org.freedesktop.login1"
	loginPath     = dbus.ObjectPath("/org/freedesktop/login1")
	loginManager  = login1 + ".Manager"
	loginSession  = login1 + ".Session"
	sessionsBelow = "/org/freedesktop/login1/session"
)

// logind watches the sessions of systemd-logind over the system bus. Signals
// only say that something changed: the state is always asked for again.
type logind struct {
	bus     *dbus.Conn
	log     *slog.Logger
	pending *pending
	events  chan Session
	stop    chan struct{}
	once    sync.Once
	wg      sync.WaitGroup

	mu    sync.Mutex
	known map[dbus.ObjectPath]Session
}

func openLogind(ctx context.Context, o Options) (Watcher, error) {
	bus, err := dbus.ConnectSystemBus()
	if err != nil {
		return nil, fmt.Errorf("%w: system bus: %w", ErrUnsupported, err)
	}
	l := &logind{
		bus: bus, log: o.Log, pending: newPending(), events: make(chan Session),
		stop: make(chan struct{}), known: map[dbus.ObjectPath]Session{},
	}
	// Subscribed before the first list, so that nothing falls between.
	signals := make(chan *dbus.Signal, 64)
	bus.Signal(signals)
	err = errors.Join(
		bus.AddMatchSignalContext(ctx, dbus.WithMatchInterface(loginManager)),
		bus.AddMatchSignalContext(ctx, dbus.WithMatchPathNamespace(sessionsBelow)),
	)
	if err == nil {
		_, err = l.Sessions()
	}
	if err != nil {
		_ = bus.Close()
		return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	l.wg.Go(func() { l.watch(signals) })
	l.wg.Go(func() { l.pending.deliver(l.events, l.stop) })
	return l, nil
}

func (l *logind) Events() <-chan Session { return l.events }

func (l *logind) Close() error {
	l.end()
	l.wg.Wait()
	return nil
}

func (l *logind) end() {
	l.once.Do(func() {
		close(l.stop)
		_ = l.bus.Close()
	})
}

// listed is what logind's list says of a session.
type listed struct {
	ID   string
	UID  uint32
	User string
	Seat string
	Path dbus.ObjectPath
}

func (l *logind) list(ctx context.Context) (all []listed, err error) {
	if err := l.bus.Object(login1, loginPath).CallWithContext(ctx, loginManager+".ListSessions", 0).Store(&all); err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return all, nil
}

func (l *logind) Sessions() ([]Session, error) {
	list, err := l.list(context.Background())
	if err != nil {
		return nil, err
	}
	var all []Session
	for _, e := range list {
		s, err := l.session(e.Path)
		if err != nil { // it may have ended meanwhile
			l.log.Debug("terminal session not readable", "terminal", e.ID, "err", err)
			continue
		}
		all = append(all, s)
		l.mu.Lock()
		l.known[e.Path] = s
		l.mu.Unlock()
	}
	return all, nil
}

// session asks for everything about one session.
func (l *logind) session(path dbus.ObjectPath) (Session, error) {
	var p map[string]dbus.Variant
	err := l.bus.Object(login1, path).Call("org.freedesktop.DBus.Properties.GetAll", 0, loginSession).Store(&p)
	if err != nil {
		return Session{}, err
	}
	text := func(k string) string { s, _ := p[k].Value().(string); return s }
	flag := func(k string) bool { b, _ := p[k].Value().(bool); return b }
	s := Session{
		ID: text("Id"), User: text("Name"), Display: text("Display"),
		Active: flag("Active"), Remote: flag("Remote"), Locked: flag("LockedHint"),
		Greeter: text("Class") == "greeter", Gone: text("State") == "closing",
	}
	if s.ID == "" {
		return Session{}, errors.New("session without an id")
	}
	if seat, ok := p["Seat"].Value().([]any); ok && len(seat) > 0 {
		s.Seat, _ = seat[0].(string)
	}
	if u, ok := p["User"].Value().([]any); ok && len(u) > 0 {
		s.UID, _ = u[0].(uint32)
	}
	s.RuntimeDir = "/run/user/" + strconv.FormatUint(uint64(s.UID), 10)
	s.Bus = "unix:path=" + s.RuntimeDir + "/bus"
	if text("Type") == "wayland" {
		s.WaylandDisplay = "wayland-0"
	}
	s.Graphical = s.Display != "" || s.WaylandDisplay != ""
	if u, err := user.LookupId(strconv.FormatUint(uint64(s.UID), 10)); err == nil {
		if n, err := strconv.ParseUint(u.Gid, 10, 32); err == nil {
			s.GID = uint32(n)
		}
		s.Home = u.HomeDir
		// A path only: it is opened by a process of that user.
		s.XAuthority, s.Usual = u.HomeDir+"/.Xauthority", true
	} else {
		return Session{}, fmt.Errorf("user of session %s: %w", s.ID, err)
	}
	return s, nil
}

func (l *logind) watch(signals <-chan *dbus.Signal) {
	defer l.end() // the bus went away: no events any more
	for {
		select {
		case <-l.stop:
			return
		case sig, ok := <-signals:
			if !ok {
				return
			}
			l.signal(sig)
		}
	}
}

func (l *logind) signal(sig *dbus.Signal) {
	path := sig.Path
	switch sig.Name {
	case loginManager + ".SessionNew", loginManager + ".SessionRemoved":
		if len(sig.Body) < 2 {
			return
		}
		p, ok := sig.Body[1].(dbus.ObjectPath)
		if !ok {
			return
		}
		path = p
	}
	if !strings.HasPrefix(string(path), sessionsBelow+"/") {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old, known := l.known[path]
	if sig.Name == loginManager+".SessionRemoved" {
		delete(l.known, path)
		if known {
			old.Gone = true
			l.pending.put(old)
		}
		return
	}
	s, err := l.session(path)
	if err != nil {
		l.log.Debug("terminal session not readable", "err", err)
		return
	}
	if known && same(old, s) {
		return
	}
	l.known[path] = s
	l.pending.put(s)
}

// same compares what a receiver can act on.
func same(a, b Session) bool {
	return a.ID == b.ID && a.UID == b.UID && a.Display == b.Display && a.WaylandDisplay == b.WaylandDisplay &&
		a.Seat == b.Seat && a.Active == b.Active && a.Remote == b.Remote && a.Greeter == b.Greeter && a.Locked == b.Locked && a.Gone == b.Gone
}
