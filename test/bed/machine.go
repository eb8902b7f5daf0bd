//go:build linux

package bed

import (
	"context"
	"io"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
)

// Machine is what people log in to: a system bus of its own with a played
// systemd-logind on it.
type Machine struct {
	Bus   string // address
	bus   *Process
	login *terminaltest.Login
}

// NewMachine starts a machine with nobody logged in.
func NewMachine(ctx context.Context, log io.Writer) (*Machine, error) {
	p, address, err := startBus(ctx, command{env: cleanEnv(), dir: "/", stdout: log, stderr: log})
	if err != nil {
		return nil, err
	}
	m, err := machineOn(address)
	if err != nil {
		p.Kill()
		return nil, err
	}
	m.bus = p
	return m, nil
}

// machineOn plays systemd-logind on a bus that is there.
func machineOn(address string) (*Machine, error) {
	login, err := terminaltest.NewLogin(address)
	return &Machine{Bus: address, login: login}, err
}

// Close ends the machine.
func (m *Machine) Close() {
	_ = m.login.Close()
	if m.bus != nil {
		m.bus.Kill()
	}
}

// Restarts has an element for each time that somebody has the machine restart.
func (m *Machine) Restarts() <-chan struct{} { return m.login.Restarts() }

// Deaf says whether no program locks a screen that is to be locked.
func (m *Machine) Deaf(is bool) { m.login.Deaf(is) }

// Get is a terminal session as it is now; Gone: it is not there.
func (m *Machine) Get(id string) terminal.Session { return m.login.Get(id) }

// Put logs somebody in or out, or brings them to the front.
func (m *Machine) Put(s terminal.Session) error { return m.login.Put(s) }

// NewUserDesktop starts a desktop of another user: an X server that asks for a
// cookie, and a window manager. The user has to own o.Dir and o.Auth.
func NewUserDesktop(ctx context.Context, o DesktopOptions) (*Desktop, error) {
	o.Bare = true
	d, err := NewDesktop(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := d.startManager(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}
