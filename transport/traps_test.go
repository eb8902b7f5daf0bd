package transport_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
)

// sick is a UDP socket whose sends fail or vanish.
type sick struct {
	*net.UDPConn
	how    atomic.Pointer[sickness]
	missed atomic.Int64
}

type sickness struct{ err error } // nil: the packet vanishes

func (s *sick) WriteMsgUDP(b, oob []byte, a *net.UDPAddr) (int, int, error) {
	if h := s.how.Load(); h != nil {
		s.missed.Add(1)
		if h.err != nil {
			return 0, 0, &net.OpError{Op: "write", Net: "udp", Err: h.err}
		}
		return len(b), len(oob), nil
	}
	return s.UDPConn.WriteMsgUDP(b, oob, a)
}

func (s *sick) WriteTo(b []byte, a net.Addr) (int, error) {
	n, _, err := s.WriteMsgUDP(b, nil, a.(*net.UDPAddr))
	return n, err
}

// fragile makes a dialer's sockets sick in a way, or healthy for now with nil.
func fragile(d *transport.Dialer, how *sickness) *atomic.Pointer[sick] {
	var last atomic.Pointer[sick]
	d.ListenUDP = func(ctx context.Context) (transport.Socket, error) {
		c, err := new(net.ListenConfig).ListenPacket(ctx, "udp", ":0")
		if err != nil {
			return nil, err
		}
		s := &sick{UDPConn: c.(*net.UDPConn)}
		s.how.Store(how)
		last.Store(s)
		return s, nil
	}
	return &last
}

func TestTrap_UDPBlockedFallsBackToWSSIn2s(t *testing.T) {
	s, id := listen(t, transport.ServerConfig{})
	for name, how := range map[string]*sickness{
		"Dropped":      {},
		"Refused":      {err: syscall.EPERM},
		"NoRoute":      {err: syscall.ENETUNREACH},
		"SocketBroken": {err: syscall.EBADF},
	} {
		t.Run(name, func(t *testing.T) {
			d := dialer(t, s, id.Pin())
			last := fragile(d, how)
			for round := range 2 { // the second time it is remembered
				begin := time.Now()
				agent, broker := linked(t, s, d)
				took := time.Since(begin)
				if agent.Info().Transport != transport.WSS || took > 2*time.Second {
					t.Errorf("linked over %s after %v", agent.Info().Transport, took)
				}
				if round == 0 && last.Load().missed.Load() == 0 {
					t.Error("QUIC was not tried")
				}
				t.Logf("linked after %v", took)
				echo(t, agent, broker)
			}
		})
	}
}

// echo opens a stream and sends a word both ways.
func echo(t *testing.T, agent, broker transport.Link) (at, from transport.Stream) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	at, err := agent.Open(ctx, wire.Preface{Type: wire.StreamControl})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	from, _, err = broker.Accept(ctx)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	for _, d := range [][2]transport.Stream{{at, from}, {from, at}} {
		if _, err := d[0].Write([]byte("word")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4)
		if _, err := io.ReadFull(d[1], b); err != nil || string(b) != "word" {
			t.Fatalf("read %q, %v", b, err)
		}
	}
	return at, from
}

func TestTrap_LinkFlapOf3sKeepsTheConnection(t *testing.T) {
	for name, how := range map[string]*sickness{"NoRoute": {err: syscall.ENETUNREACH}, "Dropped": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, id := listen(t, transport.ServerConfig{})
			d := dialer(t, s, id.Pin())
			d.Transport = transport.QUIC
			last := fragile(d, nil)
			agent, broker := linked(t, s, d)
			at, from := echo(t, agent, broker)
			sock := last.Load()
			flapped(t, agent, at, from, func() { sock.how.Store(how) }, func() { sock.how.Store(nil) })
			if sock.missed.Load() == 0 {
				t.Error("nothing was sent during the flap")
			}
		})
	}
}

// flapped sends numbers before, during and after an outage of 3 s and wants all
// of them, in order, on the same stream.
func flapped(t *testing.T, agent transport.Link, at, from transport.Stream, down, up func()) {
	t.Helper()
	stop := make(chan struct{})
	var sent atomic.Uint64
	var work sync.WaitGroup
	work.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if _, err := at.Write(binary.BigEndian.AppendUint64(nil, sent.Load())); err != nil {
					t.Errorf("write: %v", err)
					return
				}
				sent.Add(1)
			case <-stop:
				_ = at.Close()
				return
			}
		}
	})
	got := make(chan uint64, 1<<10)
	work.Go(func() {
		defer close(got)
		var b [8]byte
		for want := uint64(0); ; want++ {
			if _, err := io.ReadFull(from, b[:]); err == io.EOF {
				return
			} else if n := binary.BigEndian.Uint64(b[:]); err != nil || n != want {
				t.Errorf("read %d, %v; want %d", n, err, want)
				return
			}
			got <- want
		}
	})
	<-got
	down()
	outage := time.After(3 * time.Second)
	<-outage
	up()
	after := sent.Load()
	begin := time.Now()
	deadline := time.After(patience)
	for n := uint64(0); n < after; {
		select {
		case n = <-got:
		case <-deadline:
			t.Fatalf("nothing after the flap; link: %v", agent.Cause())
		}
	}
	t.Logf("caught up %v after the flap", time.Since(begin))
	close(stop)
	work.Wait()
	if agent.Cause() != nil {
		t.Errorf("link ended: %v", agent.Cause())
	}
}

func TestTrap_RestartedBrokerIsNoticedByAHeartbeat(t *testing.T) {
	for _, kind := range []string{transport.QUIC, transport.WSS} {
		t.Run(kind, func(t *testing.T) {
			id := identity(t)
			s, _ := listen(t, transport.ServerConfig{Identity: id})
			d := dialer(t, s, id.Pin())
			d.Transport = kind
			agent, broker := linked(t, s, d)
			at, _ := echo(t, agent, broker)
			addr := s.Addr().String()
			s.Crash()
			if kind == transport.QUIC && agent.Cause() != nil {
				t.Fatalf("a crash told the agent: %v", agent.Cause())
			}
			s, _ = listen(t, transport.ServerConfig{Identity: id, Addr: addr})
			begin := time.Now()
			_, _ = at.Write(make([]byte, wire.HeartbeatPadding))
			wait(t, agent)
			t.Logf("noticed after %v: %v", time.Since(begin), agent.Cause())
			if !errors.Is(agent.Cause(), transport.ErrLost) || transport.Terminal(agent.Cause()) {
				t.Errorf("cause: %v, want ErrLost", agent.Cause())
			}
			if kind == transport.QUIC && !strings.Contains(agent.Cause().Error(), "restarted") {
				t.Errorf("cause: %v, want the stateless reset", agent.Cause())
			}
			linked(t, s, d)
		})
	}
}

func TestSegmentationOffloadSurvivesTheSocket(t *testing.T) {
	agent, broker := connect(t, transport.QUIC)
	if a, b := transport.GSO(agent), transport.GSO(broker); a != b || a != transport.KernelGSO(t) {
		t.Errorf("agent %v, broker %v, kernel %v", a, b, transport.KernelGSO(t))
	}
}
