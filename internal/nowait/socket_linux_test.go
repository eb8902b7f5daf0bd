package nowait_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"

	"github.com/alongside-remote/alongside/internal/nowait"
)

func listen(t *testing.T, network, at string) *net.UDPConn {
	t.Helper()
	a, err := net.ResolveUDPAddr(network, at)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenUDP(network, a)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func socket(t *testing.T, network, at string) *nowait.Socket {
	t.Helper()
	s, err := nowait.NewSocket(listen(t, network, at))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func messages() []ipv4.Message {
	ms := make([]ipv4.Message, 8)
	for i := range ms {
		ms[i].Buffers, ms[i].OOB = [][]byte{make([]byte, 1500)}, make([]byte, 128)
	}
	return ms
}

// What several senders sent arrives, and says who it was, as a socket of package net
// says it; what is sent back arrives with its control messages.
func TestPacketsGoBothWays(t *testing.T) {
	for _, c := range []struct{ network, at, from string }{
		{"udp4", "127.0.0.1:0", "127.0.0.1:0"},
		{"udp", ":0", "127.0.0.1:0"}, // of both versions
		{"udp6", "[::1]:0", "[::1]:0"},
	} {
		t.Run(c.network+" "+c.at, func(t *testing.T) {
			s := socket(t, c.network, c.at)
			peers := []*net.UDPConn{listen(t, "udp", c.from), listen(t, "udp", c.from), listen(t, "udp", c.from)}
			to := peers[0].LocalAddr().(*net.UDPAddr)
			to = &net.UDPAddr{IP: to.IP, Port: s.LocalAddr().(*net.UDPAddr).Port}
			for i, p := range []int{0, 0, 1, 2, 1} {
				if _, err := peers[p].WriteToUDP(fmt.Appendf(nil, "%d from %d", i, p), to); err != nil {
					t.Fatal(err)
				}
			}
			ms := messages()
			for seen := 0; seen < 5; {
				n, err := s.ReadBatch(ms, 0)
				if n == 0 || err != nil {
					t.Fatal(n, err)
				}
				for _, m := range ms[:n] {
					var i, p int
					if _, err := fmt.Sscanf(string(m.Buffers[0][:m.N]), "%d from %d", &i, &p); err != nil || i != seen {
						t.Fatalf("got %q as number %d", m.Buffers[0][:m.N], seen)
					}
					seen++
					a, want := m.Addr.(*net.UDPAddr), peers[p].LocalAddr().(*net.UDPAddr)
					if !a.IP.Equal(want.IP) || a.Port != want.Port || a.Zone != "" {
						t.Fatalf("from %v, want %v", a, want)
					}
					echo(t, s, peers[p], a)
				}
			}
		})
	}
}

// echo answers with a type of service that the peer must see.
func echo(t *testing.T, s *nowait.Socket, peer *net.UDPConn, to *net.UDPAddr) {
	t.Helper()
	const tos = 2
	level, kind := unix.IPPROTO_IP, unix.IP_TOS
	if to.IP.To4() == nil {
		level, kind = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
	}
	raw, err := peer.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVTOS, 1)
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVTCLASS, 1)
	}); err != nil {
		t.Fatal(err)
	}
	oob := make([]byte, unix.CmsgSpace(4))
	oob[unix.CmsgLen(0)] = tos
	h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
	h.Level, h.Type = int32(level), int32(kind)
	h.SetLen(unix.CmsgLen(4))
	n, oobn, err := s.WriteMsgUDP([]byte("answer"), oob, to)
	if n != len("answer") || oobn != len(oob) || err != nil {
		t.Fatalf("wrote %d, %d, %v", n, oobn, err)
	}
	b, got := make([]byte, 100), make([]byte, 128)
	n, oobn, _, _, err = peer.ReadMsgUDP(b, got)
	if err != nil || !bytes.Equal(b[:n], []byte("answer")) {
		t.Fatalf("answer %q, %v", b[:n], err)
	}
	all, err := unix.ParseSocketControlMessage(got[:oobn])
	if err != nil || len(all) == 0 || len(all[0].Data) == 0 || all[0].Data[0] != tos {
		t.Errorf("the answer's control messages are %v, %v", all, err)
	}
}

func TestClosingAndDeadlinesEndAReadOfPackets(t *testing.T) {
	s := socket(t, "udp4", "127.0.0.1:0")
	if err := s.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	_, err := s.ReadBatch(messages(), 0)
	var late net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("deadline: %v", err)
	}
	if err := s.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	go func() {
		_, err := s.ReadBatch(messages(), 0)
		got <- err
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if _, _, err := s.WriteMsgUDP([]byte("x"), nil, s.LocalAddr().(*net.UDPAddr)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: %v", err)
	}
}

// What the kernel says of a packet is what the socket's user is told.
func TestTooLongAPacketSaysSo(t *testing.T) {
	s := socket(t, "udp4", "127.0.0.1:0")
	_, _, err := s.WriteMsgUDP(make([]byte, 70_000), nil, s.LocalAddr().(*net.UDPAddr))
	if !errors.Is(err, unix.EMSGSIZE) {
		t.Errorf("got %v", err)
	}
}

// A file whose calls may last is not read behind the scheduler's back.
func TestFilesThatBlockAreRefused(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	_ = r.Fd() // makes it one
	if _, err := nowait.New(r); err == nil {
		t.Error("taken")
	}
}
