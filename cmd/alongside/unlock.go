package main

import (
	"fmt"
	"os"

	"github.com/alongside-remote/alongside/agent"
)

type unlockCmd struct {
	State string `help:"State directory; by default the service's as root, else your own." placeholder:"DIR"`
}

// Run takes the jump lock from this device: who may write its state is who may. It is
// the way back where every passkey of a lock is lost.
func (c *unlockCmd) Run(e *env) error {
	if c.State == "" && os.Geteuid() == 0 {
		c.State = systemState
	}
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	if err := waitStopped(e.ctx, state, false); err != nil {
		return err
	}
	was, err := agent.Unlock(state)
	if err != nil {
		return err
	}
	if !was {
		fmt.Fprintln(e.out, "there was no jump lock")
		return nil
	}
	fmt.Fprintln(e.out, "removed the jump lock; the broker learns of it when the device is pinned again")
	return nil
}
