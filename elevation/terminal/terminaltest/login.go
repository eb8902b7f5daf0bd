package terminaltest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/elevation/terminal"
)

const login1 = "org.freedesktop.login1"

// Login plays as much of systemd-logind as is asked for, on a real bus. It may
// be used from any goroutine.
type Login struct {
	bus *dbus.Conn

	mu      sync.Mutex
	all     map[dbus.ObjectPath]terminal.Session
	deaf    bool // nobody locks
	denying bool

	restarts chan struct{}
}

// NewLogin takes logind's name on the bus of an address.
func NewLogin(address string) (*Login, error) {
	c, err := dbus.Connect(address)
	if err != nil {
		return nil, err
	}
	l := &Login{bus: c, all: map[dbus.ObjectPath]terminal.Session{}, restarts: make(chan struct{}, 8)}
	if err := c.Export(manager{l}, "/org/freedesktop/login1", login1+".Manager"); err != nil {
		_ = c.Close()
		return nil, err
	}
	r, err := c.RequestName(login1, dbus.NameFlagDoNotQueue)
	if err == nil && r != dbus.RequestNameReplyPrimaryOwner {
		err = fmt.Errorf("somebody else is %s", login1)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return l, nil
}

// Close leaves the bus.
func (l *Login) Close() error { return l.bus.Close() }

// Put makes, changes or ends a session and emits what logind emits.
func (l *Login) Put(s terminal.Session) error {
	path := pathOf(s.ID)
	l.mu.Lock()
	_, known := l.all[path]
	if s.Gone {
		delete(l.all, path)
	} else {
		l.all[path] = s
	}
	l.mu.Unlock()
	signal := func(name string) error {
		return l.bus.Emit("/org/freedesktop/login1", login1+".Manager."+name, s.ID, path)
	}
	switch {
	case s.Gone:
		return signal("SessionRemoved")
	case !known:
		if err := l.bus.Export(properties{l, path}, path, "org.freedesktop.DBus.Properties"); err != nil {
			return err
		}
		return signal("SessionNew")
	default:
		return l.bus.Emit(path, "org.freedesktop.DBus.Properties.PropertiesChanged", login1+".Session",
			map[string]dbus.Variant{"Active": dbus.MakeVariant(s.Active)}, []string{})
	}
}

// Get is a session as it is now; Gone: it is not there.
func (l *Login) Get(id string) terminal.Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.all[pathOf(id)]
	s.Gone = !ok
	return s
}

// Deaf says whether no program locks a screen that is to be locked.
func (l *Login) Deaf(is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaf = is
}

// Deny refuses to lock and end sessions, as logind does to other users.
func (l *Login) Deny(is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.denying = is
}

// Restarts has an element for each time that somebody has the machine restart.
func (l *Login) Restarts() <-chan struct{} { return l.restarts }

func pathOf(id string) dbus.ObjectPath {
	return dbus.ObjectPath("/org/freedesktop/login1/session/_3" + id)
}

type entry struct {
	ID   string
	UID  uint32
	User string
	Seat string
	Path dbus.ObjectPath
}

type manager struct{ l *Login }

// ListSessions is the manager's method.
func (m manager) ListSessions() ([]entry, *dbus.Error) {
	m.l.mu.Lock()
	defer m.l.mu.Unlock()
	list := []entry{}
	for p, s := range m.l.all {
		list = append(list, entry{s.ID, s.UID, s.User, s.Seat, p})
	}
	return list, nil
}

// find is a session that may be locked or ended.
func (l *Login) find(id string) (terminal.Session, bool, *dbus.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.all[pathOf(id)]
	switch {
	case !ok:
		return s, false, dbus.NewError(login1+".NoSuchSession", nil)
	case l.denying:
		return s, false, dbus.NewError("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", nil)
	}
	return s, l.deaf, nil
}

// LockSession is the manager's method: the session's programs get the signal, and the one
// that locks says so.
func (m manager) LockSession(id string) *dbus.Error {
	s, deaf, e := m.l.find(id)
	if e != nil {
		return e
	}
	err := m.l.bus.Emit(pathOf(id), login1+".Session.Lock")
	if err == nil && !deaf {
		s.Locked = true
		err = m.l.Put(s)
	}
	if err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

// TerminateSession is the manager's method.
func (m manager) TerminateSession(id string) *dbus.Error {
	s, _, e := m.l.find(id)
	if e != nil {
		return e
	}
	s.Gone = true
	if err := m.l.Put(s); err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

// Reboot is the manager's method.
func (m manager) Reboot(interactive bool) *dbus.Error {
	if interactive {
		return dbus.MakeFailedError(errors.New("nobody is there to ask"))
	}
	select {
	case m.l.restarts <- struct{}{}:
		return nil
	default:
		return dbus.MakeFailedError(errors.New("too many"))
	}
}

type properties struct {
	l    *Login
	path dbus.ObjectPath
}

// GetAll is the properties' method of a session.
func (p properties) GetAll(string) (map[string]dbus.Variant, *dbus.Error) {
	p.l.mu.Lock()
	defer p.l.mu.Unlock()
	s, ok := p.l.all[p.path]
	if !ok {
		return nil, dbus.NewError("org.freedesktop.DBus.Error.UnknownObject", nil)
	}
	class := "user"
	if s.Greeter {
		class = "greeter"
	}
	return map[string]dbus.Variant{
		"Id": dbus.MakeVariant(s.ID), "Name": dbus.MakeVariant(s.User), "Display": dbus.MakeVariant(s.Display),
		"User": dbus.MakeVariant(struct {
			UID  uint32
			Path dbus.ObjectPath
		}{s.UID, "/u"}),
		"Active": dbus.MakeVariant(s.Active), "Remote": dbus.MakeVariant(s.Remote), "LockedHint": dbus.MakeVariant(s.Locked),
		"Seat": dbus.MakeVariant(struct {
			ID   string
			Path dbus.ObjectPath
		}{s.Seat, "/s"}),
		"Class": dbus.MakeVariant(class), "Type": dbus.MakeVariant("x11"), "State": dbus.MakeVariant("active"),
	}, nil
}
