// Package elevation starts this program's own roles in a terminal session, with
// exactly the rights and the surroundings that the role needs.
//
// What is started is always this very executable with a constant argument list:
// nothing that came over the network, from a file or from the environment can
// become a part of a command.
package elevation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
)

// Level is the rights of a started process.
type Level int

// Levels.
const (
	LevelUser   Level = iota // the session's user
	LevelSystem              // the same account as the service; not built on this system yet is ErrUnsupported
)

// Errors of Launch.
var (
	ErrUnsupported = errors.New("level unsupported") // choose another level
	ErrNotARole    = errors.New("not a role of this program")
)

// roles are the commands that may be started, and nothing else; options are what
// may follow one.
var (
	roles   = []string{"helper", "tray", "sweep"}
	options = []string{"--log-level=debug", "--log-level=info", "--log-level=warn", "--log-level=error"}
)

// outputGrace is how long the output of an ended process may still be held
// open by what it started, before it is cut off.
const outputGrace = time.Second

// Spec says what to start and where.
type Spec struct {
	Session terminal.Session
	Level   Level
	Args    []string   // a role and the level of its log; what the system needs to name Files is added
	Files   []*os.File // the only handles inherited: descriptors 3 and up. They stay the caller's to close.
	Output  io.Writer  // gets standard error, from a goroutine of Launch's; nil: nothing
}

// Process is a started process and everything that it started itself. All
// methods may be called from any goroutine.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Launch starts a process. It is killed when ctx ends, when Kill is called, and
// where the system can do that also when this process dies.
func Launch(ctx context.Context, s Spec) (*Process, error) {
	if !known(s.Args) {
		return nil, fmt.Errorf("%w: %q", ErrNotARole, s.Args)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own program: %w", err)
	}
	cmd := exec.Command(self, s.Args...) //nolint:gosec,noctx // a constant list; Launch itself ends it with ctx
	cmd.Dir = "/"
	cmd.Env = environment(terminal.Surroundings(s.Session))
	cmd.WaitDelay = outputGrace
	if s.Output != nil {
		// Never the file itself: a descriptor of the service's terminal or
		// journal is not for a process of somebody else.
		cmd.Stderr = struct{ io.Writer }{s.Output}
	}
	if err := prepare(cmd, s); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Args[0], err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Args[0], err)
	}
	stop := context.AfterFunc(ctx, p.Kill)
	go func() { <-p.done; stop() }()
	return p, nil
}

func known(args []string) bool {
	if len(args) == 0 || !slices.Contains(roles, args[0]) {
		return false
	}
	for _, o := range args[1:] {
		if !slices.Contains(options, o) {
			return false
		}
	}
	return true
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process and everything it started are gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for Done and says how the process ended: nil, or an *exec.ExitError.
func (p *Process) Wait() error { <-p.done; return p.err }

// Kill ends the process and everything it started, at once.
func (p *Process) Kill() {
	select {
	case <-p.done:
	default:
		kill(p.cmd)
	}
}

// environment is the whole environment of a started process: what a program
// needs to find the session's desktop, and none of what could change how a
// program of ours behaves.
func environment(s terminal.Session) []string {
	env := []string{"PATH=" + fixedPath}
	add := func(name, value string) {
		if value != "" {
			env = append(env, name+"="+value)
		}
	}
	add("HOME", s.Home)
	add("USER", s.User)
	add("LOGNAME", s.User)
	add("DISPLAY", s.Display)
	add("WAYLAND_DISPLAY", s.WaylandDisplay)
	add("XAUTHORITY", s.XAuthority)
	add("XDG_RUNTIME_DIR", s.RuntimeDir)
	add("DBUS_SESSION_BUS_ADDRESS", s.Bus)
	for k, v := range s.Locale {
		if terminal.IsLocale(k) {
			add(k, v)
		}
	}
	return append(env, systemEnvironment()...)
}
