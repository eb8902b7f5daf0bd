package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/alongside-remote/alongside/broker"
)

type enrollmentCmd struct {
	Create enrollmentCreateCmd `cmd:"" help:"Create an enrollment bundle."`
}

type enrollmentCreateCmd struct {
	Uses          int           `help:"How many devices may enroll." default:"1"`
	Valid         time.Duration `help:"How long it is valid." default:"24h"`
	Out           string        `help:"File to write." required:"" type:"path"`
	PublicAddress string        `help:"host:port by which agents reach the broker; that of the last serve by default." placeholder:"HOST:PORT"`
}

// Run writes the bundle, which holds a secret, for its owner alone.
func (c *enrollmentCreateCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	content, expires, err := b.CreateEnrollment(r.ctx, c.Uses, c.Valid, c.PublicAddress)
	if err == nil {
		_, err = f.Write(content)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("bundle: %w", err), os.Remove(c.Out))
	}
	_, err = fmt.Fprintln(r.stdout, c.Out, "valid until", expires.Format(time.RFC3339))
	return err
}

type deviceCmd struct {
	List   deviceListCmd   `cmd:"" help:"List devices."`
	Revoke deviceRevokeCmd `cmd:"" help:"Revoke a device; a running broker cuts its link."`
}

type deviceListCmd struct{}

// Run lists devices.
func (deviceListCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	devices, err := b.Devices(r.ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(r.stdout, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tHOST\tSYSTEM\tLAST SEEN\tSTATE")
	for _, d := range devices {
		state := "enrolled"
		if !d.RevokedAt.IsZero() {
			state = "revoked"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", d.ID, d.Hostname, d.OSVersion, d.LastSeen.Format(time.RFC3339), state)
	}
	return w.Flush()
}

type deviceRevokeCmd struct {
	ID string `arg:"" help:"Id of the device."`
}

// Run revokes a device.
func (c *deviceRevokeCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.RevokeDevice(r.ctx, c.ID)
}
