package polkit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"

	"github.com/alongside-remote/alongside/internal/redact"
)

// Names on the system's bus.
const (
	authorityName  = "org.freedesktop.PolicyKit1"
	authorityPath  = dbus.ObjectPath("/org/freedesktop/PolicyKit1/Authority")
	authorityIface = authorityName + ".Authority"
	agentIface     = authorityName + ".AuthenticationAgent"
	agentPath      = dbus.ObjectPath("/org/alongside/PolicyKit1/AuthenticationAgent")
	execAction     = "org.freedesktop.policykit.exec"
)

// identity is how polkit names a subject or a user.
type identity struct {
	Kind    string
	Details map[string]dbus.Variant
}

// agent is a polkit agent for requests of this process, of which it answers one: that
// of the pkexec that was started for it. Who asks it anything else, or is not polkit,
// is refused: what it answers with opens more than that.
type agent struct {
	bus     *dbus.Conn
	owner   string // polkit's name on the bus
	program string
	subject identity
	ctx     context.Context //nolint:containedctx // ends with close, and the helper with it
	cancel  context.CancelFunc

	started chan struct{} // closed when pid is known
	pid     int

	mu   sync.Mutex
	cred *Credentials // nil: used
	err  error
}

// register makes the agent of this process. It goes before that of the session.
func register(program string, c *Credentials) (_ *agent, err error) {
	bus, err := dbus.ConnectSystemBus()
	if err != nil {
		return nil, fmt.Errorf("system bus: %w", err)
	}
	defer func() {
		if err != nil {
			_ = bus.Close()
		}
	}()
	a := &agent{bus: bus, program: program, cred: c, started: make(chan struct{})}
	if a.subject, err = ownSubject(); err != nil {
		return nil, err
	}
	if err := bus.BusObject().Call("org.freedesktop.DBus.StartServiceByName", 0, authorityName, uint32(0)).Err; err != nil {
		return nil, fmt.Errorf("polkit: %w", err)
	}
	if err := bus.BusObject().Call("org.freedesktop.DBus.GetNameOwner", 0, authorityName).Store(&a.owner); err != nil {
		return nil, fmt.Errorf("polkit: %w", err)
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	if err := bus.Export(face{a}, agentPath, agentIface); err != nil {
		return nil, err
	}
	call := bus.Object(authorityName, authorityPath).Call(authorityIface+".RegisterAuthenticationAgent", 0, a.subject, "C", string(agentPath))
	if call.Err != nil {
		a.cancel()
		return nil, fmt.Errorf("register an agent: %w", call.Err)
	}
	return a, nil
}

// ownSubject is this process, as polkit names it.
func ownSubject() (identity, error) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return identity{}, fmt.Errorf("own process: %w", err)
	}
	// The name, in brackets, may hold anything; the start is the 20th field behind it.
	const start = 19
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) <= start {
		return identity{}, errors.New("own process: no start time")
	}
	at, err := strconv.ParseUint(fields[start], 10, 64)
	if err != nil {
		return identity{}, fmt.Errorf("own process: %w", err)
	}
	return identity{"unix-process", map[string]dbus.Variant{
		"pid":        dbus.MakeVariant(uint32(os.Getpid())), //nolint:gosec // a process id
		"start-time": dbus.MakeVariant(at),
		"uid":        dbus.MakeVariant(int32(os.Getuid())), //nolint:gosec // as polkit has it
	}}, nil
}

// expect says which pkexec is ours.
func (a *agent) expect(pid int) {
	if a != nil {
		a.pid = pid
		close(a.started)
	}
}

func (a *agent) close() {
	if a == nil {
		return
	}
	a.cancel()
	_ = a.bus.Close() // which is the end of the registration, too
}

// result is how it went; nil: well, or it was never asked.
func (a *agent) result() error {
	if a == nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// face is what is called over the bus.
type face struct{ a *agent }

// BeginAuthentication is polkit's question. It returns when it was answered.
func (f face) BeginAuthentication(sender dbus.Sender, action, _, _ string, details map[string]string, cookie string, identities []identity) *dbus.Error {
	a := f.a
	select {
	case <-a.started:
	case <-a.ctx.Done():
		return refused
	}
	program := details["program"] // not every version says it
	if string(sender) != a.owner || action != execAction || details["polkit.caller-pid"] != strconv.Itoa(a.pid) || program != "" && program != a.program {
		return refused
	}
	a.mu.Lock()
	c := a.cred
	a.cred = nil
	a.mu.Unlock()
	if c == nil {
		return refused
	}
	err := a.answer(c, cookie, identities)
	a.mu.Lock()
	a.err = err
	a.mu.Unlock()
	return nil
}

// CancelAuthentication is polkit taking its question back.
func (f face) CancelAuthentication(sender dbus.Sender, _ string) *dbus.Error {
	if string(sender) == f.a.owner {
		f.a.cancel()
	}
	return nil
}

var refused = dbus.NewError(authorityName+".Error.Failed", []any{"not a request of this agent"})

func (a *agent) answer(c *Credentials, cookie string, identities []identity) (err error) {
	defer c.Clear()
	defer redact.Contain(&err)
	for _, i := range identities {
		uid, ok := i.Details["uid"].Value().(uint32)
		if i.Kind != "unix-user" || !ok {
			continue
		}
		u, err := user.LookupId(strconv.FormatUint(uint64(uid), 10))
		if err == nil && u.Username == c.User {
			return authenticate(a.ctx, u.Username, cookie, c.Password)
		}
	}
	return ErrNotAdministrator
}
