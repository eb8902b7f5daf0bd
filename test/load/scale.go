//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/alongside-remote/alongside/transport"
)

// trial is one large screen with its viewers.
type trial struct {
	name    string
	scene   scene
	viewers int
}

// trials are what a rep may meet at most. Sixty pictures a second is what a
// desktop draws while something moves.
func (o options) trials() []trial {
	const rate = 60
	video := image.Rect(400, 300, 400+640, 300+360)
	text := image.Rect(200, 100, 200+1200, 100+900)
	full := scene{Width: 1920, Height: 1080}
	four := scene{Width: 3840, Height: 2160}
	show := func(s scene, what string, r image.Rectangle, screens int) scene {
		s.Show, s.Region, s.Rate, s.Screens = what, r, rate, screens
		return s
	}
	return []trial{
		{"1920x1080, video 640x360", show(full, "video", video, 1), 1},
		{"1920x1080, scroll 1200x900", show(full, "scroll", text, 1), 1},
		{"3840x2160, video 640x360", show(four, "video", video, 1), 1},
		{"3840x2160, scroll 1200x900", show(four, "scroll", text, 1), 1},
		{"2 x 1920x1080, video 640x360", show(full, "video", video, 2), 1},
		{"2 x 1920x1080, scroll 1200x900", show(full, "scroll", text, 2), 1},
		{"1920x1080, video 640x360", show(full, "video", video, 1), o.viewers},
		{"1920x1080, scroll 1200x900", show(full, "scroll", text, 1), o.viewers},
	}
}

// tried is what came of a trial.
type tried struct {
	trial
	counted
	span time.Duration
	cpu  map[string]time.Duration // by role
	rss  map[string]int64
}

// scale runs the trials, each with a broker, service, helper and tray of its own,
// which are processes as they are shipped.
func (o options) scale(ctx context.Context, r *report) error {
	for i, t := range o.trials() {
		d, err := o.try(ctx, filepath.Join(o.dir, "scale"+strconv.Itoa(i)), t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		r.trials = append(r.trials, d)
	}
	return nil
}

func (o options) try(ctx context.Context, dir string, t trial) (d tried, err error) {
	n, err := newNode(ctx, filepath.Join(dir, "broker"))
	if err != nil {
		return d, err
	}
	defer func() { n.kill() }()
	service, device, err := startService(ctx, n, filepath.Join(dir, "agent"), t.scene)
	if err != nil {
		return d, err
	}
	defer func() {
		_ = service.Process.Signal(os.Interrupt)
		_ = service.Wait()
	}()
	p, err := signIn(ctx, n)
	if err != nil {
		return d, err
	}
	id, err := p.startSoon(ctx, device)
	if err != nil {
		return d, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer p.viewers.Wait()
	defer cancel()
	seen := &tally{}
	for range t.viewers {
		if err := p.view(ctx, id, newMeter(), seen); err != nil {
			return d, err
		}
	}
	if err := wait(ctx, settle); err != nil {
		return d, err
	}
	pids := append(tree(service.Process.Pid), n.cmd.Process.Pid)
	from, err := cpus(pids)
	if err != nil {
		return d, err
	}
	begin := time.Now()
	seen.begin()
	err = wait(ctx, o.span)
	seen.end()
	d = tried{trial: t, counted: seen.result(), span: time.Since(begin), rss: map[string]int64{}}
	if err := errors.Join(err, p.lost()); err != nil {
		return d, err
	}
	if d.cpu, err = cpus(pids); err != nil {
		return d, err
	}
	for role := range d.cpu {
		d.cpu[role] -= from[role]
	}
	for _, pid := range pids {
		if d.rss[roleOf(pid)], err = statusField(pid, "VmHWM:"); err != nil {
			return d, err
		}
	}
	return d, nil
}

// startService enrolls a device and starts its service.
func startService(ctx context.Context, n *node, dir string, s scene) (*exec.Cmd, string, error) {
	b, err := n.bundle(ctx, 1)
	if err != nil {
		return nil, "", err
	}
	id, err := transport.LoadOrCreateIdentity(dir)
	if err != nil {
		return nil, "", err
	}
	en, err := enroll(ctx, &transport.Dialer{Broker: b.Broker, Pins: b.Pins, Identity: id, Log: quiet, Transport: transport.QUIC}, id, b)
	if err != nil {
		return nil, "", err
	}
	if err := transport.SaveEnrollment(dir, en); err != nil {
		return nil, "", err
	}
	show, err := json.Marshal(s)
	if err != nil {
		return nil, "", err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	c := exec.Command(self, "service", "-data", dir, "-scene", string(show))
	c.Stderr = os.Stderr
	return c, en.DeviceID, c.Start()
}

// startSoon is start for a device that is about to come online.
func (r *rep) startSoon(ctx context.Context, device string) (string, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	late := time.After(patience)
	for {
		id, err := r.start(ctx, device)
		if err == nil {
			return id, nil
		}
		select {
		case <-tick.C:
		case <-late:
			return "", err
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// cpus is the processor time of processes by their roles.
func cpus(pids []int) (map[string]time.Duration, error) {
	all := map[string]time.Duration{}
	for _, pid := range pids {
		d, err := cpu(pid)
		if err != nil {
			return nil, err
		}
		all[roleOf(pid)] += d
	}
	return all, nil
}
