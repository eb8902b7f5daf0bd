//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/test/bed"
)

// readyWithin bounds the start of an endpoint, with whatever it has to be told first.
const readyWithin = 2 * time.Minute

// entry is an endpoint as the harness describes it, of which what a viewer needs is left
// out, and what was measured of it.
type entry struct {
	Name     string            `json:"name"`
	Port     int               `json:"port"`
	Env      map[string]string `json:"env"`
	Setup    string            `json:"setup"`
	Start    string            `json:"start"`
	Ready    string            `json:"ready"` // "tcp:PORT" or "cmd:COMMAND"
	Teardown string            `json:"teardown"`

	dir  string // of the description
	runs []sample
}

func readEntry(file string) (*entry, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	e := &entry{}
	if err := json.Unmarshal(b, e); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if e.Start == "" {
		return nil, fmt.Errorf("%s starts nothing", file)
	}
	e.dir, err = filepath.Abs(filepath.Dir(file))
	return e, err
}

// once starts an endpoint on a desktop of its own, lets it settle and measures it.
func (o options) once(ctx context.Context, e *entry) error {
	work, err := os.MkdirTemp("", "alongside-idle-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	d, err := bed.NewDesktop(ctx, bed.DesktopOptions{Dir: filepath.Join(work, "desktop"), Screen: o.screen})
	if err != nil {
		return err
	}
	defer d.Close()
	var said bytes.Buffer
	shell := e.shell(work, d, &said)
	fail := func(what string, err error) error {
		return fmt.Errorf("%s: %w; it said:\n%s", what, err, said.String())
	}
	if e.Setup != "" {
		if err := shell(ctx, e.Setup).Run(); err != nil {
			return fail("set up", err)
		}
	}
	if e.Teardown != "" {
		defer func() { _ = shell(context.WithoutCancel(ctx), e.Teardown).Run() }()
	}
	run := shell(ctx, "exec "+e.Start)
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Its children may keep the pipe.
	run.WaitDelay = time.Second
	if err := run.Start(); err != nil {
		return fail("start", err)
	}
	defer func() {
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGTERM)
		_ = run.Wait()
		_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL)
	}()
	if err := e.await(ctx, shell); err != nil {
		return fail("get ready", err)
	}
	if err := pause(ctx, o.settle); err != nil {
		return err
	}
	s, err := look(ctx, run.Process.Pid, o.span)
	if err != nil {
		return fail("measure", err)
	}
	e.runs = append(e.runs, s)
	return nil
}

// shell makes commands in the surroundings that the harness gives.
func (e *entry) shell(work string, d *bed.Desktop, out *bytes.Buffer) func(context.Context, string) *exec.Cmd {
	env := append(d.Env, "WORK="+work, fmt.Sprintf("PORT=%d", e.Port), "SUTDIR="+e.dir)
	value := func(name string) string {
		for i := len(env) - 1; i >= 0; i-- {
			if v, ok := strings.CutPrefix(env[i], name+"="); ok {
				return v
			}
		}
		return ""
	}
	for k, v := range e.Env {
		env = append(env, k+"="+os.Expand(v, value))
	}
	return func(ctx context.Context, line string) *exec.Cmd {
		c := exec.CommandContext(ctx, "sh", "-c", line)
		c.Env, c.Dir, c.Stdout, c.Stderr = env, work, out, out
		return c
	}
}

// await waits until the endpoint can be reached.
func (e *entry) await(ctx context.Context, shell func(context.Context, string) *exec.Cmd) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return bed.Until(ctx, e.Ready, func() (bool, error) {
		if line, ok := strings.CutPrefix(e.Ready, "cmd:"); ok {
			err := shell(ctx, line).Run()
			return err == nil, err
		}
		port, ok := strings.CutPrefix(e.Ready, "tcp:")
		if !ok {
			return false, fmt.Errorf("%q is neither tcp nor cmd", e.Ready)
		}
		c, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+strings.ReplaceAll(port, "$PORT", fmt.Sprint(e.Port)))
		if err != nil {
			return false, err
		}
		return true, c.Close()
	})
}
