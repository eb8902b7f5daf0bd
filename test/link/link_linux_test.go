package link

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"
)

// needRoot skips, with a name to look for in the output, a test that only root
// can do.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("NEEDS ROOT: not proved in this run")
	}
}

func start(t *testing.T, o Options) *Link {
	t.Helper()
	needRoot(t)
	l, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// packets opens a socket in each namespace: what is sent to far comes back.
func packets(t *testing.T, l *Link) (near *net.UDPConn, far netip.AddrPort) {
	t.Helper()
	listen := func(e End) (c *net.UDPConn) {
		if err := e.Do(func() (err error) {
			c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.Addr, 0)))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	near, there := listen(l.A), listen(l.B)
	go func() {
		buf := make([]byte, mtu)
		for {
			n, from, err := there.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			_, _ = there.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	return near, there.LocalAddr().(*net.UDPAddr).AddrPort()
}

// ping sends packets, one each time the clock ticks, and gives the round trips
// of those that came back, sorted.
func ping(t *testing.T, c *net.UDPConn, to netip.AddrPort, count int, every time.Duration) (rtts []time.Duration) {
	t.Helper()
	begin := time.Now()
	wrote := make(chan error, 1)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		buf := make([]byte, 100)
		for range count {
			<-tick.C
			binary.BigEndian.PutUint64(buf, uint64(time.Since(begin)))
			if _, err := c.WriteToUDPAddrPort(buf, to); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- c.SetReadDeadline(time.Now().Add(2 * time.Second))
	}()
	buf := make([]byte, mtu)
	for range count {
		if _, err := c.Read(buf); err != nil {
			break
		}
		rtts = append(rtts, time.Since(begin)-time.Duration(binary.BigEndian.Uint64(buf)))
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	slices.Sort(rtts)
	return rtts
}

func TestDelayOnARealLink(t *testing.T) {
	const delay = 25 * time.Millisecond
	l := start(t, Options{Conditions: Conditions{Delay: delay}})
	c, to := packets(t, l)
	rtts := ping(t, c, to, 100, 2*time.Millisecond)
	if len(rtts) != 100 {
		t.Fatalf("%d of 100 packets came back", len(rtts))
	}
	t.Logf("round trip: least %v, median %v, most %v", rtts[0], rtts[50], rtts[99])
	if rtts[0] < 2*delay {
		t.Errorf("a packet was faster than the link: %v", rtts[0])
	}
	// The median says how precise the link is; the machine's load makes the rest.
	if late := rtts[50] - 2*delay; late > 10*time.Millisecond {
		t.Errorf("the median packet is %v late", late)
	}
}

func TestLossOnARealLink(t *testing.T) {
	l := start(t, Options{Conditions: Conditions{Loss: 0.1, Seed: 5}})
	c, to := packets(t, l)
	back := len(ping(t, c, to, 1000, time.Millisecond))
	ab, ba := l.Counters()
	t.Logf("%d of 1000 came back; lost there %d, back %d", back, ab.Lost, ba.Lost)
	if int64(back) != 1000-ab.Lost-ba.Lost || ab.Overflow+ba.Overflow > 0 {
		t.Errorf("%d came back, counters %+v %+v", back, ab, ba)
	}
	// Both ways lose 19 %; five standard deviations are 6 %.
	if back < 750 || back > 870 {
		t.Errorf("%d of 1000 came back, want about 810", back)
	}
}

func TestRateOnARealLink(t *testing.T) {
	const rate = 8_000_000
	l := start(t, Options{Conditions: Conditions{Rate: rate, Delay: 5 * time.Millisecond}, Pass: Only(TCP)})
	var ln net.Listener
	if err := l.B.Do(func() (err error) {
		ln, err = net.Listen("tcp", netip.AddrPortFrom(l.B.Addr, 0).String())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	const size = 2_000_000
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		_, _ = c.Write(make([]byte, size))
		_ = c.Close()
	}()
	var c net.Conn
	if err := l.A.Do(func() (err error) {
		c, err = net.Dial("tcp", ln.Addr().String())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	n, err := io.Copy(io.Discard, c)
	took := time.Since(begin)
	if err != nil || n != size {
		t.Fatalf("%d bytes, %v", n, err)
	}
	_, ba := l.Counters()
	t.Logf("%d bytes in %v; %+v", n, took, ba)
	if least := time.Duration(size * 8 * int64(time.Second) / rate); took < least {
		t.Errorf("%d bytes in %v: faster than the link, which needs %v", size, took, least)
	}
	if ba.Longest > DefaultQueue {
		t.Errorf("a packet waited %v, the queue is %v", ba.Longest, DefaultQueue)
	}
}

func TestOnlyOneProtocolPasses(t *testing.T) {
	l := start(t, Options{Pass: Only(TCP)})
	c, to := packets(t, l)
	if _, err := c.WriteToUDPAddrPort([]byte{1}, to); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		if ab, _ := l.Counters(); ab.Filtered > 0 {
			break
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatal("the packet was never counted")
		}
	}
	_ = c.SetReadDeadline(time.Now())
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read %v", err)
	}
}

func TestCutLosesEverythingUntilItIsMended(t *testing.T) {
	l := start(t, Options{})
	c, to := packets(t, l)
	for i, cut := range []bool{false, true, false} {
		l.Cut(cut)
		want := 10
		if cut {
			want = 0
		}
		_ = c.SetReadDeadline(time.Time{}) // ping leaves one
		if back := len(ping(t, c, to, 10, time.Millisecond)); back != want {
			t.Errorf("%d: %d of 10 packets came back, cut: %t", i, back, cut)
		}
	}
	if ab, _ := l.Counters(); ab.Filtered != 10 {
		t.Errorf("%+v", ab)
	}
}

func TestNothingIsLeft(t *testing.T) {
	l := start(t, Options{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range []End{l.A, l.B} {
		if _, err := os.Stat(namespaceDir + e.Namespace); err == nil {
			t.Errorf("namespace %s is still there", e.Namespace)
		}
	}
}
