// Package terminal lists and watches the terminal (login) sessions of a machine:
// who is logged in where, and who is in front.
//
// A [Watcher] is one backend. The package terminaltest has a scripted one and
// the conformance suite that every backend passes.
package terminal

import (
	"context"
	"errors"
	"log/slog"
)

// ErrUnsupported says that a backend cannot work here: try the next one.
var ErrUnsupported = errors.New("terminal sessions unsupported")

// Session is one terminal session and what a process needs to join it.
type Session struct {
	ID   string // the system's name, unique while the session lives
	User string // login name
	UID  uint32
	GID  uint32
	Home string

	Display        string // X11
	WaylandDisplay string
	XAuthority     string
	RuntimeDir     string
	Bus            string            // address of the user's D-Bus
	Locale         map[string]string // LANG and LC_*
	// Usual says that XAuthority and Bus are only where they usually are:
	// Surroundings may know better.
	Usual bool

	Seat      string // where its screen and keyboard are; empty: nowhere, as of a remote one
	Graphical bool   // it has a desktop to show
	Active    bool   // in front of its seat
	Remote    bool
	Greeter   bool // a login screen, nobody is logged in
	Locked    bool
	Gone      bool // in an event: it ended, or nobody is in it any more
}

// Away says that another one is in front of its seat: its display server has no
// screen, and what can be read of it is old or black. One without a seat is never away.
func (s Session) Away() bool { return s.Seat != "" && !s.Active }

// Attended says that somebody may be in front of it.
func (s Session) Attended() bool { return !s.Greeter && !s.Locked && !s.Away() }

// Watcher watches sessions. Sessions may be called from any goroutine; Events
// is for one receiver.
type Watcher interface {
	// Sessions lists what there is now.
	Sessions() ([]Session, error)
	// Events delivers a session that came, changed or went. When the receiver
	// is slow, changes of the same session become one. The channel is closed by
	// Close, or when the system's session service went away.
	Events() <-chan Session
	// Close ends the watching and closes Events.
	Close() error
}

// Keeper is what some watchers can do beside: lock sessions and end them. Nil means that
// the system was told; what it makes of that, Events tell. It does nothing to a session
// of another user than s says. The methods may be called from any goroutine.
type Keeper interface {
	// Lock has whoever locks the session's screen do so.
	Lock(ctx context.Context, s Session) error
	// LogOff ends the session with all that runs in it.
	LogOff(ctx context.Context, s Session) error
}

// Errors of a Keeper beside ErrUnsupported.
var (
	ErrDenied = errors.New("the system does not permit it") // more rights are needed
	ErrGone   = errors.New("there is no such terminal session")
)

// Options configure Open.
type Options struct {
	Backend string       // a name from Backends; empty: the best that works
	Log     *slog.Logger // required
}

// Backend is one way of watching sessions on this system.
type Backend struct {
	Name string
	Open func(ctx context.Context, o Options) (Watcher, error)
}

// Backends lists what this system has for a service, best first. EnvironmentBackend
// is for a program that serves the session it runs in itself.
func Backends() []Backend { return backends() }

// Open opens the backend that o names, or the first that works.
func Open(ctx context.Context, o Options) (Watcher, error) {
	var errs []error
	for _, b := range append(Backends(), EnvironmentBackend()) {
		if o.Backend != "" && b.Name != o.Backend {
			continue
		}
		w, err := b.Open(ctx, o)
		if err == nil {
			return w, nil
		}
		errs = append(errs, &backendError{b.Name, err})
		if !errors.Is(err, ErrUnsupported) && o.Backend != "" {
			break
		}
	}
	if len(errs) == 0 {
		return nil, errors.New("no terminal backend " + o.Backend)
	}
	return nil, errors.Join(errs...)
}

type backendError struct {
	name string
	err  error
}

func (e *backendError) Error() string { return e.name + ": " + e.err.Error() }
func (e *backendError) Unwrap() error { return e.err }

// Front picks the session to show: a person's desktop in front, a local one
// before a remote one; the login screen when nobody is logged in, or who is is away.
func Front(all []Session) (Session, bool) {
	best, rank := Session{}, 0
	for _, s := range all {
		r := 0
		switch {
		case s.Gone || !s.Graphical:
		case s.Away() && !s.Greeter:
			r = 1
		case s.Greeter:
			r = 2
		case !s.Active:
			r = 3
		case s.Remote:
			r = 4
		default:
			r = 5
		}
		// Equal ones: the first by name, so that the choice is stable.
		if r > rank || r > 0 && r == rank && s.ID < best.ID {
			best, rank = s, r
		}
	}
	return best, rank > 0
}

// Surroundings looks up, where s has only the usual places, what the session's
// own programs were given as XAUTHORITY, bus and language. The answer may change
// while a session starts, so it is asked for each time something joins it.
func Surroundings(s Session) Session {
	if !s.Usual {
		return s
	}
	return surroundings(s)
}
