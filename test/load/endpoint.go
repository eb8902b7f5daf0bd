//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/agent"
	"github.com/alongside-remote/alongside/agent/helper"
	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
)

var quiet = slog.New(slog.DiscardHandler)

// front is a machine where one person is at the desktop and stays there.
type front struct{ events chan terminal.Session }

func newFront() front { return front{make(chan terminal.Session)} }

func (f front) Sessions() ([]terminal.Session, error) {
	return []terminal.Session{{ID: "1", User: "cora", Display: ":0", Graphical: true, Active: true}}, nil
}
func (f front) Events() <-chan terminal.Session { return f.events }
func (f front) Close() error                    { return nil }

// endpoint is a device whose service, helper and tray are goroutines of this
// process, joined by the same connections as processes are.
type endpoint struct {
	index  int
	scene  scene
	id     *transport.Identity
	bundle *transport.Bundle
	en     *transport.Enrollment
	kind   string // of transport
	meter  *meter
}

// agentsPerAddress is how many agents share an address of the loopback network:
// an office behind one router. A broker bounds handshakes per address.
const agentsPerAddress = 40

// listenUDP binds an agent to its office's address.
func (e *endpoint) listenUDP(ctx context.Context) (transport.Socket, error) {
	n := e.index / agentsPerAddress
	c, err := new(net.ListenConfig).ListenPacket(ctx, "udp", fmt.Sprintf("127.1.%d.%d:0", n/250, n%250+1))
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

func (e *endpoint) dialer() *transport.Dialer {
	return &transport.Dialer{
		Broker: e.bundle.Broker, Pins: e.bundle.Pins, Identity: e.id, Log: quiet, Transport: e.kind, ListenUDP: e.listenUDP,
	}
}

// enroll makes the device known.
func (e *endpoint) enroll(ctx context.Context) (err error) {
	if e.id, err = transport.NewIdentity(); err != nil {
		return err
	}
	e.en, err = enroll(ctx, e.dialer(), e.id, e.bundle)
	return err
}

func enroll(ctx context.Context, d *transport.Dialer, id *transport.Identity, b *transport.Bundle) (*transport.Enrollment, error) {
	l, err := d.Dial(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Close(errors.New("enrolled"))
	a, err := agent.Enroll(ctx, l, id, b.Token, "load")
	if err != nil {
		return nil, err
	}
	return &transport.Enrollment{Broker: b.Broker, Pins: b.Pins, Organisation: a.Organisation, DeviceID: a.DeviceId, GrantKey: a.GrantKey}, nil
}

// run is the life of the endpoint.
func (e *endpoint) run(ctx context.Context) error {
	d := e.dialer()
	return agent.Run(ctx, agent.Config{
		Identity: e.id, Terminals: newFront(), Start: e.start, Floor: policy.NoFloor(), Log: quiet, Version: "load",
		GrantKey: e.en.GrantKey, Organisation: e.en.Organisation, Broker: e.en.Broker,
		Connect: func(ctx context.Context, hurry func() bool, serve func(context.Context, transport.Link) error) error {
			r := transport.Reconnect{Hurry: hurry}
			return r.Run(ctx, d.Dial, func(ctx context.Context, l transport.Link) error {
				w := &watchedLink{Link: l, meter: e.meter}
				defer w.down()
				return serve(ctx, w)
			})
		},
	})
}

// start starts a role as a goroutine.
func (e *endpoint) start(_ context.Context, r agent.Role, _ terminal.Session) (agent.Child, error) {
	dr, dw := io.Pipe()
	ur, uw := io.Pipe()
	c := &child{ours: ipc.New(ur, dw), theirs: ipc.New(dr, uw), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer c.theirs.Close()
		if r == agent.Tray {
			_ = person(c.theirs)
			return
		}
		_ = helper.Run(context.Background(), c.theirs, e.scene.options())
	}()
	return c, nil
}

// child is a role that is a goroutine. Without its connection it ends.
type child struct {
	ours, theirs *ipc.Conn
	done         chan struct{}
	once         sync.Once
}

func (c *child) Conn() *ipc.Conn       { return c.ours }
func (c *child) Done() <-chan struct{} { return c.done }
func (c *child) Kill()                 { c.once.Do(func() { _ = c.theirs.Close() }) }

// person is a tray with somebody in front of it who agrees to everything: the
// same messages as the real one, without windows.
func person(c *ipc.Conn) error {
	if err := c.Send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Ready{Ready: &ipcpb.TrayReady{PromptBackend: "load"}}}); err != nil {
		return err
	}
	for {
		m := &ipcpb.ToTray{}
		if _, _, err := c.Receive(m); err != nil {
			return nil //nolint:nilerr // the service has closed the pipe
		}
		var a *ipcpb.FromTray
		switch k := m.Kind.(type) {
		case *ipcpb.ToTray_Ask:
			a = &ipcpb.FromTray{Kind: &ipcpb.FromTray_Answer{Answer: &ipcpb.ConsentAnswer{Nonce: k.Ask.Nonce}}}
		case *ipcpb.ToTray_Banner:
			a = &ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerShown{BannerShown: &ipcpb.BannerShown{Session: k.Banner.Session}}}
		default:
			continue
		}
		if err := c.Send(a); err != nil {
			return err
		}
	}
}

// crowd is many endpoints.
type crowd struct {
	all     []*endpoint
	running int
	meter   *meter
	work    sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc
}

// atOnce is how many endpoints enroll at a time.
const atOnce = 16

// newCrowd enrolls endpoints. The first ones show the scenes.
func newCrowd(ctx context.Context, n *node, count int, kind string, scenes []scene, m *meter) (*crowd, error) {
	b, err := n.bundle(ctx, count)
	if err != nil {
		return nil, err
	}
	c := &crowd{meter: m}
	places := make(chan struct{}, atOnce)
	errs := make(chan error, count)
	for i := range count {
		e := &endpoint{index: i, bundle: b, kind: kind, meter: m, scene: scene{Width: 640, Height: 400}}
		if i < len(scenes) {
			e.scene = scenes[i]
		}
		c.all = append(c.all, e)
		go func() {
			places <- struct{}{}
			errs <- e.enroll(ctx)
			<-places
		}()
	}
	for range count {
		err = errors.Join(err, <-errs)
	}
	if err != nil {
		return nil, fmt.Errorf("enroll: %w", err)
	}
	c.ctx, c.stop = context.WithCancel(ctx)
	return c, nil
}

// start starts endpoints until so many run and are linked.
func (c *crowd) start(count int) error {
	for ; c.running < count; c.running++ {
		e := c.all[c.running]
		c.work.Go(func() { _ = e.run(c.ctx) })
	}
	return c.meter.await(c.ctx, count, patience)
}

// end stops all endpoints.
func (c *crowd) end() {
	c.stop()
	c.work.Wait()
}

// settle is how long a load runs before it is measured.
const settle = 3 * time.Second
