package polkit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// pkexec is where every distribution has it; it is nothing without its setuid bit.
const pkexec = "/usr/bin/pkexec"

// Exit codes of pkexec.
const (
	exitDismissed  = 126
	exitNotAllowed = 127
)

// What pkexec and polkit say where nobody can be asked.
const noAgent = "No authentication agent found"

// maxSaid is how much of what pkexec says is looked at.
const maxSaid = 4 << 10

// Ways says which there are here: to have the person asked, and to try credentials.
// Root needs neither.
func Ways() (prompt, credentials bool) {
	if os.Geteuid() == 0 || !setuid(pkexec) {
		return false, false
	}
	return true, helper() != ""
}

func setuid(path string) bool {
	fi, err := os.Stat(path)
	if err != nil || fi.Mode()&os.ModeSetuid == 0 {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && st.Uid == 0
}

// Process is a started process: pkexec, which becomes what it starts.
type Process struct {
	cmd   *exec.Cmd
	said  *said
	agent *agent // nil: the desktop's asks
	done  chan struct{}
	err   error
}

// Start starts the elevated role. It returns at once; that the system has agreed shows
// by what comes out of the standard output.
func Start(s Spec) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("own program: %w", err)
	}
	p := &Process{said: &said{to: s.Output}, done: make(chan struct{})}
	if s.Credentials != nil {
		if p.agent, err = register(self, s.Credentials); err != nil {
			return nil, errors.Join(ErrUnavailable, err)
		}
	}
	// It asks for the rights of who started it, which has to be this process.
	p.cmd = exec.Command(pkexec, "--disable-internal-agent", self, Role) //nolint:gosec,noctx // constant but for our own path
	p.cmd.Dir = "/"
	p.cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = s.Files[0], s.Files[1], p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a key at a terminal is not for it
	if err := p.cmd.Start(); err != nil {
		p.agent.close()
		return nil, errors.Join(ErrUnavailable, err)
	}
	p.agent.expect(p.cmd.Process.Pid)
	go func() {
		defer close(p.done)
		err := p.cmd.Wait()
		p.agent.close()
		p.err = p.reason(err)
	}()
	return p, nil
}

// Done is closed when the process is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says why it ended, after Done.
func (p *Process) Err() error { return p.err }

// Kill ends the process, as long as it has no more rights than we: while it asks.
func (p *Process) Kill() {
	select {
	case <-p.done:
	default:
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
}

func (p *Process) reason(err error) error {
	if e := p.agent.result(); e != nil {
		return e
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	switch said := p.said.text(); {
	case exit.ExitCode() == exitDismissed:
		return ErrDismissed
	case exit.ExitCode() == exitNotAllowed && p.agent == nil && strings.Contains(said, "Not authorized") && !strings.Contains(said, noAgent):
		return ErrCredentials
	case exit.ExitCode() == exitNotAllowed:
		return fmt.Errorf("%w: %s", ErrUnavailable, lastLine(said))
	}
	return err
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// said keeps the beginning of what is said, and passes all of it on.
type said struct {
	mu   sync.Mutex
	to   interface{ Write([]byte) (int, error) }
	kept bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := maxSaid - s.kept.Len(); room > 0 {
		s.kept.Write(b[:min(room, len(b))])
	}
	if s.to != nil {
		_, _ = s.to.Write(b)
	}
	return len(b), nil
}

func (s *said) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept.String()
}
