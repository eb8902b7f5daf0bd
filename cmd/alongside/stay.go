package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// stayPinner pins the user of an ad-hoc client: it installs a client that stays, which is
// a device of its own and runs from then on. The client of the session goes with it.
type stayPinner struct {
	userPinner
	by      *transport.Enrollment // whose order it is
	state   string                // of the device that is made
	floor   string                // file of the policy that counts for it
	running *process              // nil: it does not
}

// newStayPinner makes the pinner of an ad-hoc client; false: there is none here.
func newStayPinner(by *transport.Enrollment, floor string, log *slog.Logger) (*stayPinner, bool) {
	state, err := userState()
	if err != nil {
		return nil, false
	}
	u, ok := newUserPinner(state, floor, log)
	return &stayPinner{userPinner: u, by: by, state: state, floor: floor}, ok
}

// Mode implements agent.Pinner.
func (p *stayPinner) Mode(m wirepb.JumpMode) (wirepb.JumpMode, error) {
	m, err := p.userPinner.Mode(m)
	if err == nil && (p.There() || exists(p.state)) {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ALREADY_INSTALLED, p.state)
	}
	return m, err
}

// Pin implements agent.Pinner.
func (p *stayPinner) Pin(ctx context.Context, w agent.Wanted) (made *transport.Pin, err error) {
	if err := p.Install(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_, e := p.Unpin(w.Mode)
			err = errors.Join(err, e)
		}
	}()
	if made, err = makeDevice(ctx, p.state, p.floor, p.by, w, p.log); err != nil {
		return nil, err
	}
	p.running, err = startApart(ctx, p.Installed(), p.Args...)
	return made, err
}

// Unpin implements agent.Pinner: it undoes Pin.
func (p *stayPinner) Unpin(wirepb.JumpMode) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), undoTime)
	defer cancel()
	p.running.end(ctx)
	p.running = nil
	return false, errors.Join(unmakeDevice(ctx, p.state, p.floor, p.log), p.Remove())
}

// process is a client that outlasts this one.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended, if this one is still there
}

// end ends it. nil is none.
func (p *process) end(ctx context.Context) {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-ctx.Done():
		_ = p.cmd.Process.Kill()
	}
}

// Where a started client says that it is ready: below a folder of random name.
const (
	readyName = "ready"
	readyPath = "/alongside-start-0123456789/" + readyName
)

// startApart starts a program as the desktop would at sign-in, and returns when it says
// that it is ready, as services do: sd_notify(3).
func startApart(ctx context.Context, program string, args ...string) (*process, error) {
	folder := privateFolder()
	if len(folder)+len(readyPath) > maxSocketPath {
		folder = "/tmp"
	}
	dir, err := os.MkdirTemp(folder, "alongside-start-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, readyName)
	says, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return nil, err
	}
	defer func() { _ = says.Close() }()
	p := &process{cmd: exec.Command(program, args...), done: make(chan struct{})} //nolint:gosec,noctx // ours, and it outlasts us
	p.cmd.Dir = "/"
	p.cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "NOTIFY_SOCKET=") || strings.HasPrefix(v, "WATCHDOG_")
	}), "NOTIFY_SOCKET="+path)
	p.cmd.SysProcAttr = apart()
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // until it has ended, or we have
		defer close(p.done)
		_ = p.cmd.Wait()
		_ = says.Close()
	}()
	stop := context.AfterFunc(ctx, func() { _ = says.Close() })
	defer stop()
	for b := make([]byte, 1<<10); ; {
		n, err := says.Read(b)
		if err != nil {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
			defer cancel()
			p.end(end)
			return nil, fmt.Errorf("the installed client did not start: %w", errors.Join(context.Cause(ctx), err))
		}
		if bytes.HasPrefix(b[:n], []byte("READY=1")) {
			return p, nil
		}
	}
}
