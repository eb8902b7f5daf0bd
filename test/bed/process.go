//go:build linux

package bed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopGrace is how long a process has after SIGTERM before it is killed.
const stopGrace = 12 * time.Second

// Process is a running program of a bed, in a process group of its own.
type Process struct {
	Name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// command describes a program to start.
type command struct {
	name   string
	path   string
	args   []string
	env    []string
	dir    string
	stdout io.Writer
	stderr io.Writer
	user   *syscall.Credential
	files  []*os.File
	stdin  *os.File // nil: none
}

func start(c command) (*Process, error) {
	cmd := exec.Command(c.path, c.args...)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = c.env, c.dir, c.stdout, c.stderr, c.files
	if c.stdin != nil {
		cmd.Stdin = c.stdin
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: c.user}
	// Grandchildren that keep our pipes open must not keep Wait waiting.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s (`make deps` installs what is missing): %w", c.name, err)
	}
	p := &Process{Name: c.name, cmd: cmd, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended; Err is how.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is the result of the process; only after Done.
func (p *Process) Err() error { return p.err }

// Stop asks the process to end, kills its group when it does not, and waits.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(stopGrace):
	}
	p.Kill()
}

// Kill ends the whole process group at once and waits.
func (p *Process) Kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
}

// Signal sends a signal to the process.
func (p *Process) Signal(s syscall.Signal) error { return p.cmd.Process.Signal(s) }

// pollInterval is how often Until looks at what no event tells.
const pollInterval = 50 * time.Millisecond

// Until calls ok until it is true or ctx ends; then it returns what for.
func Until(ctx context.Context, what string, ok func() (bool, error)) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	var last error
	for {
		done, err := ok()
		if done {
			return nil
		}
		if err != nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, errors.Join(context.Cause(ctx), last))
		case <-tick.C:
		}
	}
}

// CPUTicks is the processor time that the process has used, in clock ticks.
func (p *Process) CPUTicks() (int, error) { return cpuTicks(p.PID()) }
