//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
)

// held is what one role of a real agent holds at one moment, in bytes.
type held struct {
	role, when                   string
	rss, anonymous, file, shared int64
	peak                         int64
	pss                          int64
}

// moments are when memory is looked at.
const (
	idleMoment  = "idle"
	firstMoment = "first picture"
	busyMoment  = "busy"
	stillMoment = "still again"
)

// memory runs the agent as it is shipped on a real desktop, with a session.
func (o options) memory(ctx context.Context, r *report) error {
	dir := filepath.Join(o.dir, "memory")
	for _, d := range []string{"desktop", "agent"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	desk, err := bed.NewDesktop(ctx, bed.DesktopOptions{Dir: filepath.Join(dir, "desktop"), Screen: "1920x1080x24", Server: "Xvfb"})
	if err != nil {
		return err
	}
	defer desk.Close()
	n, err := newNode(ctx, filepath.Join(dir, "broker"))
	if err != nil {
		return err
	}
	defer func() { n.kill() }()
	bundle := filepath.Join(dir, "bundle")
	content, err := n.bundleFile(ctx, 1)
	if err != nil {
		return err
	}
	if err := os.WriteFile(bundle, content, 0o600); err != nil {
		return err
	}
	program, err := filepath.Abs(o.program)
	if err != nil {
		return err
	}
	var log bytes.Buffer
	a, err := bed.NewAgent(ctx, program, filepath.Join(dir, "agent", "state"), bundle, desk, &log)
	if err != nil {
		return err
	}
	defer a.Stop()
	if err := o.remember(ctx, r, n, desk, a.PID()); err != nil {
		return fmt.Errorf("%w; the agent said:\n%s", err, log.String())
	}
	return nil
}

// remember looks at the roles before, during and after a session.
func (o options) remember(ctx context.Context, r *report, n *node, desk *bed.Desktop, pid int) error {
	p, err := signIn(ctx, n)
	if err != nil {
		return err
	}
	device, err := p.device(ctx)
	if err != nil {
		return err
	}
	if err := wait(ctx, settle); err != nil {
		return err
	}
	if err := r.hold(idleMoment, pid); err != nil {
		return err
	}
	answered := make(chan error, 1)
	go func() { answered <- desk.Answer(ctx, true) }()
	id, err := p.startSoon(ctx, device)
	if err := errors.Join(err, <-answered); err != nil {
		return err
	}
	viewing, cancel := context.WithCancel(ctx)
	defer p.viewers.Wait()
	defer cancel()
	if err := p.view(viewing, id, newMeter(), &tally{}); err != nil {
		return err
	}
	if err := wait(ctx, settle); err != nil {
		return err
	}
	if err := r.hold(firstMoment, pid); err != nil {
		return err
	}
	if err := o.bustle(ctx, desk); err != nil {
		return err
	}
	if err := r.hold(busyMoment, pid); err != nil {
		return err
	}
	if err := wait(ctx, o.span); err != nil {
		return err
	}
	return errors.Join(p.lost(), r.hold(stillMoment, pid))
}

// bustle makes the desktop busy: text that runs through a terminal, and pictures
// that fill the screen.
func (o options) bustle(ctx context.Context, desk *bed.Desktop) error {
	t, err := desk.Terminal(ctx, "Bustle", "120x40+100+100")
	if err != nil {
		return err
	}
	defer t.Kill()
	ctx, cancel := context.WithTimeout(ctx, o.span)
	defer cancel()
	for i := 0; ctx.Err() == nil; i++ {
		show := []string{"feh", "--no-fehbg", "--bg-fill", filepath.Join(desk.Dir, "wallpaper.ppm")}
		if i%2 == 1 {
			show = []string{"xsetroot", "-solid", "#305070"}
		}
		for _, argv := range [][]string{show, {"xdotool", "type", "--delay", "20", "ls -l /usr/bin | head -n 300\n"}} {
			c := exec.CommandContext(ctx, argv[0], argv[1:]...)
			c.Env = desk.Env
			if err := c.Run(); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s: %w", argv[0], err)
			}
		}
	}
	return nil
}

// hold notes what the roles below a process hold.
func (r *report) hold(when string, pid int) error {
	for _, p := range tree(pid) {
		role := roleOf(p)
		if role != "run" && role != "helper" && role != "tray" {
			continue // what a role has started, such as a prompt
		}
		h := held{role: role, when: when}
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if err == nil {
			h.pss = field(b, "Pss:")
		}
		for _, f := range []struct {
			name string
			to   *int64
		}{{"VmRSS:", &h.rss}, {"RssAnon:", &h.anonymous}, {"RssFile:", &h.file}, {"RssShmem:", &h.shared}, {"VmHWM:", &h.peak}} {
			if *f.to, err = statusField(p, f.name); err != nil && !errors.Is(err, syscall.ESRCH) {
				*f.to = 0
			}
		}
		r.roles = append(r.roles, h)
	}
	return nil
}

// field is a line of smaps_rollup, in bytes.
func field(b []byte, name string) int64 {
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}

// device is the only device, once it is online.
func (r *rep) device(ctx context.Context) (string, error) {
	c := apipbconnect.NewInventoryServiceClient(r.http, r.base)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	late := time.After(patience)
	for {
		res, err := c.ListDevices(ctx, connect.NewRequest(&apipb.ListDevicesRequest{}))
		if err != nil {
			return "", err
		}
		if all := res.Msg.Devices; len(all) == 1 && all[0].Online {
			return all[0].Id, nil
		}
		select {
		case <-tick.C:
		case <-late:
			return "", errors.New("the agent is not online")
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// memory is the table of roles.
func (r *report) memory(b *strings.Builder) {
	if len(r.roles) == 0 {
		return
	}
	fmt.Fprintf(b, "\n| memory of an agent, 1920x1080, one viewer (MiB) | role | RSS | anonymous | file | shared with X | peak | PSS |\n|---|---|---|---|---|---|---|---|\n")
	for i, h := range r.roles {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", h.when, h.role, mib(h.rss), mib(h.anonymous), mib(h.file), mib(h.shared),
			mib(h.peak), mib(h.pss))
		if i+1 == len(r.roles) || r.roles[i+1].when != h.when {
			r.sum(b, h.when)
		}
	}
}

func (r *report) sum(b *strings.Builder, when string) {
	var s held
	for _, h := range r.roles {
		if h.when == when {
			s.rss, s.anonymous, s.file, s.shared, s.peak, s.pss = s.rss+h.rss, s.anonymous+h.anonymous, s.file+h.file, s.shared+h.shared, s.peak+h.peak, s.pss+h.pss
		}
	}
	fmt.Fprintf(b, "| %s | **all** | **%s** | %s | %s | %s | %s | **%s** |\n", when, mib(s.rss), mib(s.anonymous), mib(s.file), mib(s.shared), mib(s.peak), mib(s.pss))
}
