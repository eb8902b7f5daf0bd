//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"github.com/alongside-remote/alongside/test/bed"
)

// demo is everything that runs.
type demo struct {
	options
	dir      string
	log      *os.File
	desktop  *bed.Desktop
	broker   *bed.Broker
	agent    *bed.Agent
	password string
}

// The rep that the demo creates.
const (
	repName    = "rep.one"
	repDisplay = "Robin Rep"
)

func newDemo(ctx context.Context, dir string, o options) (*demo, error) {
	d := &demo{options: o, dir: dir, password: rand.Text()}
	if err := d.start(ctx); err != nil {
		d.close()
		return nil, fmt.Errorf("%w\n%s", err, d.logTail())
	}
	return d, nil
}

func (d *demo) start(ctx context.Context) error {
	logs := d.dir
	if d.artifacts != "" {
		logs = d.artifacts
	}
	var err error
	if d.log, err = os.Create(filepath.Join(logs, "demo.log")); err != nil {
		return err
	}
	if d.desktop, err = d.openDesktop(ctx); err != nil {
		return fmt.Errorf("desktop: %w", err)
	}
	d.broker, err = bed.NewBroker(ctx, bed.BrokerOptions{
		Program: filepath.Join(d.bin, "alongside-broker"), Data: filepath.Join(d.dir, "broker"), Log: d.log,
	})
	if err != nil {
		return err
	}
	if err := d.broker.AddRep(ctx, repName, repDisplay, d.password, true); err != nil {
		return err
	}
	bundle, err := d.broker.Bundle(ctx, d.dir)
	if err != nil {
		return err
	}
	d.agent, err = bed.NewAgent(ctx, filepath.Join(d.bin, "alongside"), filepath.Join(d.dir, "agent"), bundle, d.desktop, d.log)
	return err
}

// openDesktop takes the X11 display of whoever started us, or makes one.
func (d *demo) openDesktop(ctx context.Context) (*bed.Desktop, error) {
	x11 := os.Getenv("DISPLAY") != "" && os.Getenv("WAYLAND_DISPLAY") == ""
	if x11 && !d.options.check {
		return bed.CurrentDesktop(d.dir, d.log)
	}
	home := filepath.Join(d.dir, "desktop")
	if err := os.Mkdir(home, 0o755); err != nil {
		return nil, err
	}
	desk, err := bed.NewDesktop(ctx, bed.DesktopOptions{Dir: home, Screen: "1280x800x24", Log: d.log})
	if err != nil {
		return nil, err
	}
	_, err = desk.Start("mousepad")
	if err == nil {
		_, err = desk.Window(ctx, "Mousepad")
	}
	if err == nil {
		_, err = desk.Terminal(ctx, "Terminal", "76x20+60+60")
	}
	if err != nil {
		desk.Close()
		return nil, err
	}
	return desk, nil
}

// close ends everything, last started first.
func (d *demo) close() {
	if d.agent != nil && d.agent.Process != nil {
		d.agent.Stop()
	}
	if d.broker != nil && d.broker.Process != nil {
		d.broker.Stop()
	}
	if d.desktop != nil {
		d.desktop.Close()
	}
	if d.log != nil {
		d.log.Close()
	}
}

// logTailBytes is how much of the log an error shows.
const logTailBytes = 4000

func (d *demo) logTail() string {
	if d.log == nil {
		return ""
	}
	b, err := os.ReadFile(d.log.Name())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-logTailBytes):])
}
