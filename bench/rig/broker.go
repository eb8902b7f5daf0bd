//go:build linux

package rig

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/alongside-remote/alongside/test/bed"
)

// The rep of the bench.
const (
	repName    = "bench"
	repDisplay = "Bench Rep"
)

// Files in the work folder.
const (
	placeFile = "place.json" // Place
	pidFile   = "broker.pid" // of the broker, for the harness
	logFile   = "broker.log" // what the broker says
	dataDir   = "broker"     // the broker's data
)

// Place is where the broker is and who may sign in.
type Place struct {
	Listen   string // host:port of TLS, for agents and browsers
	Password string
	work     string
}

// StartBroker starts a broker in the work folder that outlives this process,
// with a rep and a bundle for one agent, and notes where it is.
func StartBroker(ctx context.Context, work, program, listen string) error {
	return StartBrokerAs(ctx, work, program, listen, "")
}

// StartBrokerAs is StartBroker of a broker that tells browsers to look for
// WebTransport at public.
func StartBrokerAs(ctx context.Context, work, program, listen, public string) error {
	log, err := os.Create(filepath.Join(work, logFile))
	if err != nil {
		return err
	}
	defer log.Close()
	b, err := bed.NewBroker(ctx, bed.BrokerOptions{Program: program, Data: filepath.Join(work, dataDir), Listen: listen, Public: public, Log: log})
	if err != nil {
		return err
	}
	err = note(ctx, b, work)
	if err != nil {
		b.Stop()
	}
	return err
}

func note(ctx context.Context, b *bed.Broker, work string) error {
	if err := os.WriteFile(filepath.Join(work, pidFile), []byte(strconv.Itoa(b.PID())), 0o600); err != nil {
		return err
	}
	p := Place{Listen: b.Listen, Password: rand.Text()}
	if err := b.AddRep(ctx, repName, repDisplay, p.Password, true); err != nil {
		return err
	}
	if _, err := b.Bundle(ctx, work); err != nil {
		return err
	}
	content, err := json.Marshal(p) //nolint:gosec // a rep of this run alone, for the next step of it
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(work, placeFile), content, 0o600)
}

// Find reads what StartBroker noted.
func Find(work string) (*Place, error) {
	content, err := os.ReadFile(filepath.Join(work, placeFile))
	if err != nil {
		return nil, err
	}
	p := &Place{work: work}
	if err := json.Unmarshal(content, p); err != nil {
		return nil, fmt.Errorf("%s: %w", placeFile, err)
	}
	return p, nil
}

// SignIn signs the rep of the broker in work in.
func SignIn(ctx context.Context, work string) (*Rep, error) {
	p, err := Find(work)
	if err != nil {
		return nil, err
	}
	return p.SignIn(ctx)
}

// PID is the broker's process.
func (p *Place) PID() (int, error) {
	b, err := os.ReadFile(filepath.Join(p.work, pidFile))
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(b))
}

// Stop asks the broker to end and waits until it has.
func (p *Place) Stop(ctx context.Context) error {
	pid, err := p.PID()
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the broker: %w", err)
	}
	return bed.Until(ctx, "the broker to end", func() (bool, error) { return bed.Gone(pid) })
}
