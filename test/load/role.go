//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/broker"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
)

// role is this program as a child of itself.
func role(ctx context.Context, name string, args []string, out io.Writer) error {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	data := f.String("data", "", "the data folder")
	listen := f.String("listen", "", "the address")
	show := f.String("scene", "", "what the screen shows")
	if err := f.Parse(args); err != nil {
		return err
	}
	switch name {
	case "broker":
		return brokerRole(ctx, *data, *listen, out)
	case "service":
		return serviceRole(ctx, *data, *show)
	case string(agent.Helper), string(agent.Tray):
		c, err := ipc.Inherited("")
		if err != nil {
			return err
		}
		if name == string(agent.Tray) {
			return person(c)
		}
		var s scene
		if err := json.Unmarshal([]byte(*show), &s); err != nil {
			return err
		}
		return helper.Run(ctx, c, s.options())
	default:
		return fmt.Errorf("no role %q", name)
	}
}

// brokerRole is the real broker. What it reads from its standard input are
// commands, each answered with one line; its end ends the broker.
func brokerRole(ctx context.Context, data, listen string, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	b, err := broker.Open(ctx, broker.Config{
		Data: data, Listen: listen, Viewers: maxViewers,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), // the log's cost, not its lines
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, b.Ready())
	go func() {
		defer cancel()
		in := bufio.NewScanner(os.Stdin)
		for in.Scan() {
			verb, rest, _ := strings.Cut(in.Text(), " ")
			if err := answer(b, verb, rest, out); err != nil {
				fmt.Fprintln(out, "error:", err)
			}
		}
	}()
	if err := b.Run(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// answer does one command: counts, state, cpu FILE (until cpu without one), heap FILE.
func answer(b *broker.Broker, verb, file string, out io.Writer) error {
	switch verb {
	case "counts":
		return json.NewEncoder(out).Encode(b.Counts())
	case "state":
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return json.NewEncoder(out).Encode(insides{
			Goroutines: runtime.NumGoroutine(), Heap: m.HeapAlloc, Stacks: m.StackInuse, InUse: m.HeapInuse,
		})
	case "cpu":
		if file == "" {
			pprof.StopCPUProfile()
			break
		}
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
	case "heap", "goroutine":
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		defer f.Close()
		runtime.GC()
		if err := pprof.Lookup(verb).WriteTo(f, 0); err != nil {
			return err
		}
	default:
		return fmt.Errorf("no command %q", verb)
	}
	_, err := fmt.Fprintln(out, "done")
	return err
}

// serviceRole is the real service of an enrolled device, whose helper and tray
// are processes as well.
func serviceRole(ctx context.Context, dir, show string) error {
	id, err := transport.LoadOrCreateIdentity(dir)
	if err != nil {
		return err
	}
	en, err := transport.LoadEnrollment(dir)
	if err != nil {
		return err
	}
	d := &transport.Dialer{Broker: en.Broker, Pins: en.Pins, Identity: id, Log: quiet, Transport: transport.QUIC}
	err = agent.Run(ctx, agent.Config{
		Identity: id, Terminals: newFront(), Floor: policy.NoFloor(), Log: quiet, Version: "load",
		GrantKey: en.GrantKey, Organisation: en.Organisation, Broker: en.Broker,
		Connect: func(ctx context.Context, hurry func() bool, serve func(context.Context, transport.Link) error) error {
			r := transport.Reconnect{Log: quiet, Hurry: hurry}
			return r.Run(ctx, d.Dial, serve)
		},
		Start: func(_ context.Context, r agent.Role, _ terminal.Session) (agent.Child, error) { return spawn(r, show) },
	})
	if ctx.Err() != nil {
		return nil //nolint:nilerr // as asked
	}
	return err
}

// spawned is a role in a process.
type spawned struct {
	cmd  *exec.Cmd
	conn *ipc.Conn
	done chan struct{}
}

func spawn(r agent.Role, show string) (agent.Child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ours, theirs, err := ipc.Pipes()
	if err != nil {
		return nil, err
	}
	p := &spawned{cmd: exec.Command(self, string(r), "-scene", show), conn: ours, done: make(chan struct{})}
	p.cmd.ExtraFiles, p.cmd.Stderr = theirs[:], os.Stderr
	err = p.cmd.Start()
	for _, f := range theirs {
		f.Close()
	}
	if err != nil {
		ours.Close()
		return nil, err
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

func (p *spawned) Conn() *ipc.Conn       { return p.conn }
func (p *spawned) Done() <-chan struct{} { return p.done }
func (p *spawned) Kill()                 { _ = p.cmd.Process.Kill() }
