package transport_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/transport/transporttest"
)

// patience bounds a wait that only a defect makes long.
const patience = time.Minute

func TestQUICConforms(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) (agent, broker transport.Link) { return connect(t, transport.QUIC) })
}

func TestWSSConforms(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) (agent, broker transport.Link) { return connect(t, transport.WSS) })
}

// connect makes a server and an agent and links them.
func connect(t testing.TB, kind string) (agent, broker transport.Link) {
	t.Helper()
	s, id := listen(t, transport.ServerConfig{})
	d := dialer(t, s, id.Pin())
	d.Transport = kind
	return linked(t, s, d)
}

func linked(t testing.TB, s *transport.Server, d *transport.Dialer) (agent, broker transport.Link) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	agent, err := d.Dial(ctx)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { agent.Close(nil) })
	broker, err = s.Accept(ctx)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	transport.Admit(broker)
	return agent, broker
}

func listen(t testing.TB, c transport.ServerConfig) (*transport.Server, *transport.Identity) {
	t.Helper()
	if c.Identity == nil {
		c.Identity = identity(t)
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:0"
	}
	c.Log = quiet()
	s, err := transport.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, c.Identity
}

func dialer(t testing.TB, s *transport.Server, pins ...transport.Pin) *transport.Dialer {
	t.Helper()
	return &transport.Dialer{
		Broker: s.Addr().String(), Pins: pins, Identity: identity(t), Log: quiet(),
	}
}

func identity(t testing.TB) *transport.Identity {
	t.Helper()
	id, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestQUICConformsWith5PercentLoss(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) (agent, broker transport.Link) {
		s, id := listen(t, transport.ServerConfig{})
		d := dialer(t, s, id.Pin())
		d.Transport = transport.QUIC
		d.ListenUDP = transporttest.LossySocket(0.05, 42)
		return linked(t, s, d)
	})
}
