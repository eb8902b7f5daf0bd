//go:build linux

package bed

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Broker is a running reference broker with a data folder of its own.
type Broker struct {
	*Process
	Console     string // the console's address, plain HTTP on loopback
	Listen      string // host:port of agents and browsers, UDP and TCP
	Fingerprint string
	Data        string

	options BrokerOptions
}

// BrokerOptions describe a broker to start.
type BrokerOptions struct {
	Program string // alongside-broker
	Data    string // an empty folder, or one of an earlier broker
	Listen  string // empty: any port of loopback
	Plain   string // empty: any port of loopback
	Log     io.Writer
	// ConsentTimeout is how long a prompt waits; 0: the broker's own default.
	ConsentTimeout time.Duration
	// Clients is the folder of what the portal page offers; empty: nothing.
	Clients string
	// Public is what browsers and bundles are told instead of the listening address.
	Public string
}

// NewBroker starts a broker and waits until it is ready.
func NewBroker(ctx context.Context, o BrokerOptions) (*Broker, error) {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Plain == "" {
		o.Plain = "127.0.0.1:0"
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer w.Close()
	b := &Broker{Data: o.Data, options: o}
	args := []string{"serve", "--data", o.Data, "--listen", o.Listen, "--plain", o.Plain, "--organisation", "Example Support"}
	if o.ConsentTimeout > 0 {
		args = append(args, "--consent-timeout", o.ConsentTimeout.String())
	}
	if o.Clients != "" {
		args = append(args, "--client-dir", o.Clients)
	}
	if o.Public != "" {
		args = append(args, "--public-address", o.Public)
	}
	b.Process, err = start(command{name: "alongside-broker", path: o.Program, env: cleanEnv(), stdout: w, stderr: o.Log, args: args})
	if err != nil {
		r.Close()
		return nil, err
	}
	w.Close()
	ready := make(chan string, 1)
	go func() {
		defer r.Close()
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if line := lines.Text(); strings.HasPrefix(line, "ready ") {
				ready <- line
			}
		}
	}()
	select {
	case line := <-ready:
		return b, b.parseReady(line)
	case <-b.Done():
		return nil, fmt.Errorf("alongside-broker ended: %w", errors.Join(b.Err(), errors.New("see its log")))
	case <-ctx.Done():
		b.Kill()
		return nil, fmt.Errorf("wait for the broker: %w", context.Cause(ctx))
	}
}

// Restart kills the broker as a crash would and starts it again on the same
// data and the same ports.
func (b *Broker) Restart(ctx context.Context) error {
	b.Kill()
	o := b.options
	o.Listen, o.Plain = b.Listen, strings.TrimPrefix(b.Console, "http://")
	again, err := NewBroker(ctx, o)
	if err != nil {
		return err
	}
	*b = *again
	return nil
}

// parseReady reads the line "ready name=value …" that the broker prints.
func (b *Broker) parseReady(line string) error {
	for _, field := range strings.Fields(line)[1:] {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "console":
			b.Console = value
		case "listen":
			b.Listen = value
		case "fingerprint":
			b.Fingerprint = value
		}
	}
	if b.Console == "" || b.Listen == "" {
		b.Kill()
		return fmt.Errorf("broker said %q: no addresses in it", line)
	}
	return nil
}

// run runs one of the broker's commands on its data folder.
func (b *Broker) run(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, b.options.Program, args...)
	cmd.Env, cmd.Stdin = cleanEnv(), strings.NewReader(stdin)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("alongside-broker %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return string(out), nil
}

// AddRep creates an account that signs in with its password alone: after an
// administrator no second factor is demanded, as RequireMFA does it.
func (b *Broker) AddRep(ctx context.Context, name, display, password string, admin bool) error {
	args := []string{"account", "create", "--data", b.Data, "--name", name, "--display-name", display}
	if admin {
		args = append(args, "--admin")
	}
	if _, err := b.run(ctx, password+"\n", args...); err != nil || !admin {
		return err
	}
	_, err := b.run(ctx, "", "account", "mfa", "mandatory", "--data", b.Data, "off")
	return err
}

// SetupSecret is what the first administrator is made with in the console.
func (b *Broker) SetupSecret() (string, error) {
	secret, err := os.ReadFile(filepath.Join(b.Data, "setup-secret"))
	return strings.TrimSpace(string(secret)), err
}

// Bundle creates an enrollment bundle for one device and returns its file.
func (b *Broker) Bundle(ctx context.Context, dir string) (string, error) {
	return b.BundleVia(ctx, dir, b.Listen)
}

// BundleVia is Bundle for a device that reaches the broker at another address.
func (b *Broker) BundleVia(ctx context.Context, dir, address string) (string, error) {
	file := filepath.Join(dir, "enroll.alongside")
	_, err := b.run(ctx, "", "enrollment", "create", "--data", b.Data, "--uses", "1", "--valid", "1h", "--out", file, "--public-address", address)
	return file, err
}

// Devices is the broker's own list of devices.
func (b *Broker) Devices(ctx context.Context) (string, error) {
	return b.run(ctx, "", "device", "list", "--data", b.Data)
}

// VerifyRecordings holds the recordings against the audit log.
func (b *Broker) VerifyRecordings(ctx context.Context) (string, error) {
	return b.run(ctx, "", "recording", "verify", "--data", b.Data)
}

// VerifyAudit runs the offline check of the audit chain.
func (b *Broker) VerifyAudit(ctx context.Context) (string, error) {
	return b.run(ctx, "", "audit", "verify", "--data", b.Data)
}
