//go:build linux

package bed

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Agent is a running endpoint agent in user mode on a desktop.
type Agent struct {
	*Process
	State   string
	Desktop *Desktop
	program string
	options []string
	log     io.Writer
	enter   []string // what stands before its command, instead of a change of user; nil: nothing
}

// NewAgent enrolls an agent with a bundle and runs it on the desktop, with more
// options of its command line if there are any.
func NewAgent(ctx context.Context, program, state, bundle string, d *Desktop, log io.Writer, options ...string) (*Agent, error) {
	if log == nil {
		log = io.Discard
	}
	if err := os.MkdirAll(filepath.Dir(state), 0o755); err != nil {
		return nil, err
	}
	a := &Agent{State: state, Desktop: d, program: program, options: options, log: log}
	return a, a.start("--bundle", bundle)
}

func (a *Agent) start(extra ...string) error {
	args := append([]string{"run", "--state", a.State, "--log-level", "debug"}, a.options...)
	c := command{
		name: "alongside", path: a.program, args: append(args, extra...),
		env: a.Desktop.Env, dir: a.Desktop.Dir, stdout: a.log, stderr: a.log, user: a.Desktop.user,
	}
	if len(a.enter) > 0 {
		c.path, c.args, c.user = a.enter[0], append(append(slices.Clone(a.enter[1:]), a.program), c.args...), nil
	}
	p, err := start(c)
	a.Process = p
	return err
}

// Tree lists the agent's process and everything below it.
func (a *Agent) Tree() []int {
	pids := []int{a.PID()}
	for i := 0; i < len(pids); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, file := range tasks {
			b, _ := os.ReadFile(file)
			for _, f := range strings.Fields(string(b)) {
				if pid, err := strconv.Atoi(f); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}

// Child is the agent's process of a role ("helper", "tray").
func (a *Agent) Child(role string) (pid int, err error) {
	for _, pid := range a.Tree() {
		argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if args := bytes.Split(argv, []byte{0}); len(args) > 1 && string(args[1]) == role {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("the agent has no process of role %s", role)
}

// KillChild sends a signal to the agent's process of a role.
func (a *Agent) KillChild(role string, s syscall.Signal) error {
	pid, err := a.Child(role)
	if err != nil {
		return err
	}
	return syscall.Kill(pid, s)
}

// CPUTicks is the processor time that the whole tree has used, in clock ticks.
func (a *Agent) CPUTicks() (int, error) { return cpuTicks(a.Tree()...) }

// cpuTicks adds user and system time of processes (proc(5): fields 14 and 15).
func cpuTicks(pids ...int) (int, error) {
	sum := 0
	for _, pid := range pids {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, err
		}
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		for _, field := range f[11:13] {
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}

// Listeners are the TCP sockets of this machine that listen and belong to the
// agent's processes, as local addresses in hex (proc_net_tcp(5)).
func (a *Agent) Listeners() ([]string, error) {
	own := map[string]bool{}
	for _, pid := range a.Tree() {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, l := range links {
			if target, err := os.Readlink(l); err == nil && strings.HasPrefix(target, "socket:[") {
				own[strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")] = true
			}
		}
	}
	const stateListen = "0A"
	var found []string
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, err := os.ReadFile(table)
		if err != nil {
			return nil, err
		}
		for _, line := range strings.Split(string(b), "\n")[1:] {
			if f := strings.Fields(line); len(f) > 9 && f[3] == stateListen && own[f[9]] {
				found = append(found, f[1])
			}
		}
	}
	return found, nil
}

// Restart kills the agent, which has no time to say anything, and runs it again.
func (a *Agent) Restart() error {
	a.Kill()
	return a.start()
}

// Support does what the tray's item and the desktop icon do: it opens the
// request form.
func (a *Agent) Support() error {
	p, err := start(command{
		name: "alongside support", path: a.program, args: []string{"support", "--state", a.State},
		env: a.Desktop.Env, dir: a.Desktop.Dir, stdout: a.log, stderr: a.log, user: a.Desktop.user,
	})
	if err != nil {
		return err
	}
	<-p.Done()
	return p.Err()
}
