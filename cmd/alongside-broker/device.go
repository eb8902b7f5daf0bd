package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/broker/fleet"
)

type enrollmentCmd struct {
	Create enrollmentCreateCmd `cmd:"" help:"Create an enrollment bundle."`
}

type enrollmentCreateCmd struct {
	Uses          int           `help:"How many devices may enroll." default:"1"`
	Valid         time.Duration `help:"How long it is valid." default:"24h"`
	Out           string        `help:"File to write." required:"" type:"path"`
	Group         string        `help:"Group of the devices." placeholder:"NAME"`
	Tag           []string      `help:"Tag of the devices; may be repeated." placeholder:"NAME" sep:"none"`
	Policy        string        `help:"File with a policy for machines that have none of their own." type:"existingfile" placeholder:"FILE"`
	JumpGroup     string        `help:"Jump Group whose Jump Client each device becomes." placeholder:"NAME"`
	JumpPolicy    string        `help:"Jump policy of these." placeholder:"NAME"`
	JumpTag       string        `help:"Tag of these." placeholder:"NAME"`
	Button        string        `help:"Profile of a Support Button that each device gets." placeholder:"NAME"`
	ButtonQueue   string        `help:"Queue that it leads to; by default that of its profile." placeholder:"NAME"`
	ButtonLasts   time.Duration `help:"How long it lasts, from the enrollment on; by default as long as its profile allows." placeholder:"DURATION"`
	ButtonNote    string        `help:"Description of it, for representatives." placeholder:"TEXT"`
	PublicAddress string        `help:"host:port by which agents reach the broker; that of the last serve by default." placeholder:"HOST:PORT"`
}

// Run writes the bundle, which holds a secret, for its owner alone.
func (c *enrollmentCreateCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var floor []byte
	if c.Policy != "" {
		if floor, err = os.ReadFile(c.Policy); err != nil {
			return fmt.Errorf("policy: %w", err)
		}
	}
	plan, err := b.JumpPlan(r.ctx, c.JumpGroup, c.JumpPolicy, c.JumpTag)
	if err != nil {
		return err
	}
	n := fleet.NewToken{Uses: c.Uses, Life: c.Valid, Group: c.Group, Tags: c.Tag, Jump: plan}
	if c.Button != "" {
		if n, err = b.WithButton(r.ctx, n, broker.InstallerButton{Profile: c.Button, Queue: c.ButtonQueue, Description: c.ButtonNote, Lasts: c.ButtonLasts}); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	content, expires, err := b.CreateEnrollment(r.ctx, n, c.PublicAddress, string(floor))
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
