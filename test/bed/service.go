//go:build linux

package bed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/alongside-remote/alongside/viewer"
)

// Service is a running endpoint agent of a whole machine.
type Service struct {
	*Agent
	Endpoint string // its socket, which every user may connect to
}

// NewService enrolls a machine's service with a bundle, unless it is, and runs it
// with more options if there are any, as ourselves, who have to be root.
func NewService(ctx context.Context, program, dir, bundle string, m *Machine, log io.Writer, options ...string) (*Service, error) {
	s := &Service{
		Agent:    &Agent{State: filepath.Join(dir, "state"), program: program, log: log},
		Endpoint: filepath.Join(dir, "run", "service.sock"),
	}
	enroll := exec.CommandContext(ctx, program, "enroll", "--state", s.State, "--bundle", bundle)
	enroll.Env, enroll.Stdout, enroll.Stderr = cleanEnv(), log, log
	err := enroll.Run()
	if err != nil {
		return nil, fmt.Errorf("enroll: %w", err)
	}
	return s.Again(program, m, log, options...)
}

// Again starts a service that has ended as after a restart of its machine.
func (s *Service) Again(program string, m *Machine, log io.Writer, options ...string) (*Service, error) {
	var err error
	s.Process, err = start(command{
		name: "alongside service", path: program, env: append(cleanEnv(), "DBUS_SYSTEM_BUS_ADDRESS="+m.Bus), dir: "/", stdout: log, stderr: log,
		args: append([]string{"service", "--state", s.State, "--endpoint", s.Endpoint, "--log-level", "debug"}, options...),
	})
	return s, err
}

// Role is a process that the service started.
type Role struct {
	Name string // "helper", "tray"
	PID  int
	UIDs []uint32 // real, effective, saved, of files
	GIDs []uint32 // the same
	Env  map[string]string
}

// Roles lists the processes that the service runs now.
func (s *Service) Roles() ([]Role, error) {
	var all []Role
	for _, pid := range s.Tree()[1:] {
		proc := fmt.Sprintf("/proc/%d/", pid)
		argv, _ := os.ReadFile(proc + "cmdline")
		args := bytes.Split(argv, []byte{0})
		if len(args) < 2 || string(args[0]) != s.program {
			continue
		}
		r := Role{Name: string(args[1]), PID: pid, Env: map[string]string{}}
		status, err := os.ReadFile(proc + "status")
		if err != nil {
			return nil, err
		}
		for _, line := range strings.Split(string(status), "\n") {
			switch name, value, _ := strings.Cut(line, ":"); name {
			case "Uid":
				r.UIDs, err = numbers(value)
			case "Gid":
				r.GIDs, err = numbers(value)
			}
			if err != nil {
				return nil, err
			}
		}
		env, err := os.ReadFile(proc + "environ")
		if err != nil {
			return nil, err
		}
		for _, kv := range strings.Split(string(env), "\x00") {
			if k, v, ok := strings.Cut(kv, "="); ok {
				r.Env[k] = v
			}
		}
		all = append(all, r)
	}
	return all, nil
}

func numbers(text string) ([]uint32, error) {
	var all []uint32
	for _, f := range strings.Fields(text) {
		var n uint32
		if _, err := fmt.Sscan(f, &n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// Gone tells whether none of these processes lives. One that has ended and
// waits for its parent, which may be the machine's init, does not.
func Gone(pids ...int) (bool, error) {
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if state := stat[bytes.LastIndexByte(stat, ')')+1:]; err == nil && !bytes.HasPrefix(state, []byte(" Z")) {
			return false, fmt.Errorf("process lives: %.60s", stat)
		}
	}
	return true, nil
}

// RunAs runs a program to its end with this environment alone and returns what
// it printed.
func RunAs(ctx context.Context, user *syscall.Credential, env []string, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Dir = env, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Watch attaches a viewer to an active session. It ends with ctx.
func (r *Rep) Watch(ctx context.Context, b *Broker, session string) (*viewer.Session, error) {
	ticket, header, err := r.ticket(ctx, session)
	if err != nil {
		return nil, err
	}
	stream, _, err := viewer.Dial(ctx, b.Console, ticket, header, nil)
	if err != nil {
		return nil, err
	}
	v := viewer.NewSession(stream, viewer.Options{})
	go func() { _ = v.Run(ctx) }() // it closes the stream
	return v, nil
}

// SameCanvas waits until a viewer's canvas equals the X server's own picture of
// the screen in every pixel.
func SameCanvas(ctx context.Context, v *viewer.Session, d *Desktop) error {
	return SamePicture(ctx, v, "display "+d.Display, d.Dump)
}

// SamePicture waits until a viewer's canvas equals what is shown somewhere in every pixel.
func SamePicture(ctx context.Context, v *viewer.Session, where string, dump func() (*image.RGBA, error)) error {
	return Until(ctx, "the viewer to equal "+where, func() (bool, error) {
		want, err := dump()
		if err != nil {
			return false, err
		}
		v.Look(func(c *viewer.Canvas) {
			if c.Image() == nil {
				err = errors.New("no picture yet")
				return
			}
			err = compare(want, c.Image().Pix, c.Size().X, c.Size().Y)
		})
		return err == nil, err
	})
}
