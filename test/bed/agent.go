package bed

import (
	"context"
	"io"
	"os"
	"path/filepath"
)

// Agent is a running endpoint agent in user mode on a desktop.
type Agent struct {
	*Process
	State   string
	Desktop *Desktop
	program string
	log     io.Writer
}

// NewAgent enrolls an agent with a bundle and runs it on the desktop.
func NewAgent(ctx context.Context, program, state, bundle string, d *Desktop, log io.Writer) (*Agent, error) {
	if log == nil {
		log = io.Discard
	}
	if err := os.MkdirAll(filepath.Dir(state), 0o755); err != nil {
		return nil, err
	}
	a := &Agent{State: state, Desktop: d, program: program, log: log}
	return a, a.start("--bundle", bundle)
}

// Restart runs the agent again with the identity it has.
func (a *Agent) Restart() error { return a.start() }

func (a *Agent) start(extra ...string) error {
	p, err := start(command{
		name: "alongside", path: a.program, args: append([]string{"run", "--state", a.State, "--log-level", "debug"}, extra...),
		env: a.Desktop.Env, dir: a.Desktop.Dir, stdout: a.log, stderr: a.log, user: a.Desktop.user,
	})
	a.Process = p
	return err
}
