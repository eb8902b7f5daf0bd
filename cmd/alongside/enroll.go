package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/alongside-remote/alongside/transport"
)

type enrollCmd struct {
	Bundle string `required:"" type:"existingfile" help:"The bundle file from the broker's administrator."`
	State  string `help:"State directory; by default the service's as root, else your own." placeholder:"DIR"`
	Again  bool   `help:"Enroll although the device is enrolled already."`
	floorFlag
}

// Run enrolls this device.
func (c *enrollCmd) Run(e *env) error {
	if c.State == "" && os.Geteuid() == 0 {
		c.State = systemState
	}
	state, err := stateDir(c.State)
	if err != nil {
		return err
	}
	if !c.Again {
		if old, err := enrollment(state); err == nil {
			fmt.Fprintf(e.out, "already enrolled with %s (%s)\n", old.Organisation, old.Broker)
			return nil
		}
	}
	en, err := enroll(e.ctx, state, c.Bundle, c.Policy, e.log)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "enrolled with %s (%s)\n", en.Organisation, en.Broker)
	return nil
}

// enroll redeems a bundle for the device key of state, and remembers the broker.
func enroll(ctx context.Context, state, bundle, floor string, log *slog.Logger) (*transport.Enrollment, error) {
	b, err := transport.LoadBundle(bundle, time.Now())
	if err != nil {
		return nil, err
	}
	i, err := invite(b, state, floor, log)
	if err != nil {
		return nil, err
	}
	l, err := i.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close(errEnrolled)
	return i.redeem(ctx, l)
}

// errEnrolled ends the link of an enrollment.
var errEnrolled = errors.New("enrolled")
