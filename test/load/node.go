//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/fleet"
	"github.com/alongside-remote/alongside/transport"
)

// The rep of a run. The data folder lives as long as the run.
const (
	repName     = "load"
	repPassword = "load on the loopback only"
)

// patience bounds what takes milliseconds on an idle machine.
const patience = time.Minute

// node is a broker in a process of its own.
type node struct {
	data, listen string
	cmd          *exec.Cmd
	in           io.WriteCloser
	lines        chan string
	gone         chan struct{}
	mu           sync.Mutex // one question at a time
}

// newNode makes a broker's data folder, with more reps than the one of a run, and
// starts the broker.
func newNode(ctx context.Context, data string, more ...string) (*node, error) {
	books, err := broker.OpenBooks(ctx, data, quiet)
	if err != nil {
		return nil, err
	}
	_, err = books.CreateAccount(ctx, account.NewAccount{Name: repName, DisplayName: "Load", Admin: true, Organisation: "Load", Password: repPassword})
	for _, name := range more {
		if err == nil {
			_, err = books.CreateAccount(ctx, account.NewAccount{Name: name, DisplayName: name, Password: repPassword})
		}
	}
	if err == nil {
		err = books.SetMFAMandatory(ctx, false)
	}
	if err := errors.Join(err, books.Close()); err != nil {
		return nil, err
	}
	n := &node{data: data, listen: "127.0.0.1:0"}
	return n, n.start(ctx)
}

// start starts the broker on the ports that it had before, if any.
func (n *node) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	n.cmd = exec.Command(self, "broker", "-data", n.data, "-listen", n.listen)
	n.cmd.Stderr = os.Stderr
	if n.in, err = n.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := n.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := n.cmd.Start(); err != nil {
		return err
	}
	n.lines, n.gone = make(chan string, 1), make(chan struct{})
	go func() {
		defer close(n.gone)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n.lines <- lines.Text()
		}
		_ = n.cmd.Wait()
	}()
	line, err := n.line(ctx)
	for _, f := range strings.Fields(line) {
		if v, ok := strings.CutPrefix(f, "listen="); ok {
			n.listen = v
		}
	}
	return err
}

func (n *node) line(ctx context.Context) (string, error) {
	select {
	case l := <-n.lines:
		return l, nil
	case <-n.gone:
		return "", errors.New("the broker has ended")
	case <-time.After(patience):
		return "", errors.New("the broker is silent")
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ask gives one of the commands of role.go and waits for its answer.
func (n *node) ask(ctx context.Context, command string) (string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := fmt.Fprintln(n.in, command); err != nil {
		return "", err
	}
	return n.line(ctx)
}

// insides is what the broker says of itself.
type insides struct {
	Goroutines          int
	Heap, Stacks, InUse uint64
}

// state is the broker at one moment, after it gave back what it does not use.
type state struct {
	insides
	rss    int64
	stood  int64 // RSS before it gave back what it does not use
	at     time.Time
	before time.Duration // processor time before it was asked, which costs some
	after  time.Duration
}

func (n *node) state(ctx context.Context) (s state, err error) {
	s.at = time.Now()
	if s.before, err = cpu(n.cmd.Process.Pid); err != nil {
		return s, err
	}
	if s.stood, err = rss(n.cmd.Process.Pid); err != nil {
		return s, err
	}
	line, err := n.ask(ctx, "state")
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal([]byte(line), &s.insides); err != nil {
		return s, err
	}
	if s.rss, err = rss(n.cmd.Process.Pid); err != nil {
		return s, err
	}
	s.after, err = cpu(n.cmd.Process.Pid)
	return s, err
}

// kill ends the broker as a crash does, stop as a service manager does.
func (n *node) kill() {
	_ = n.cmd.Process.Kill()
	<-n.gone
}

func (n *node) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	<-n.gone
}

// bundle makes what a number of devices enroll with.
func (n *node) bundle(ctx context.Context, uses int) (*transport.Bundle, error) {
	b, err := n.bundleFile(ctx, uses)
	if err != nil {
		return nil, err
	}
	return transport.ParseBundle(b, time.Now())
}

// bundleFile is a bundle as a file holds it.
func (n *node) bundleFile(ctx context.Context, uses int) ([]byte, error) {
	books, err := broker.OpenBooks(ctx, n.data, quiet)
	if err != nil {
		return nil, err
	}
	b, _, err := books.CreateEnrollment(ctx, fleet.NewToken{Uses: uses, Life: time.Hour}, n.listen, "")
	return b, errors.Join(err, books.Close())
}

// cpu is the processor time that a process has used: user and system time of
// its stat file (proc(5), fields 14 and 15), in ticks of 10 ms.
func cpu(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	var sum time.Duration
	for _, s := range f[11:13] {
		n, err := strconv.Atoi(s)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * 10 * time.Millisecond
	}
	return sum, nil
}

// rss is what a process holds of the memory, in bytes.
func rss(pid int) (int64, error) { return statusField(pid, "VmRSS:") }

func statusField(pid int, name string) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == name {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, name)
}

// tree lists a process and all below it.
func tree(pid int) []int {
	pids := []int{pid}
	for i := 0; i < len(pids); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pids[i]))
		for _, file := range tasks {
			b, _ := os.ReadFile(file)
			for _, f := range strings.Fields(string(b)) {
				if pid, err := strconv.Atoi(f); err == nil {
					pids = append(pids, pid)
				}
			}
		}
	}
	return pids
}

// roleOf is the first argument of a process that has one, else its name.
func roleOf(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	argv := strings.Split(string(b), "\x00")
	if len(argv) > 2 {
		return argv[1]
	}
	return filepath.Base(argv[0])
}
