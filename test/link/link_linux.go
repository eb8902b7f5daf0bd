package link

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options describe a link.
type Options struct {
	Conditions
	// Pass, if it is not nil, says which packets go over the link at all, by the
	// protocol number of IP: 6 is TCP, 17 UDP. ICMP always does.
	Pass func(protocol uint8) bool
}

// Protocol numbers of IP.
const (
	TCP  = 6
	UDP  = 17
	icmp = 1
)

// Only passes one protocol.
func Only(protocol uint8) func(uint8) bool { return func(p uint8) bool { return p == protocol } }

// End is one side of a link.
type End struct {
	// Namespace is a name as ip-netns(8) has it, or the path of a namespace.
	Namespace string
	// Addr is the side's address; the other side reaches it over the link.
	Addr netip.Addr
}

// Link is a running link. Its methods may be called from any goroutine.
type Link struct {
	A, B End

	cut     atomic.Bool
	devices [2]*os.File
	ways    [2]*direction // from A to B, from B to A
	stop    context.CancelFunc
	pumps   sync.WaitGroup
	once    sync.Once
}

// mtu is that of the devices: Ethernet's.
const mtu = 1500

// Start makes the namespaces and joins them. The link works until Close, which
// the caller owes, or until ctx ends; the namespaces stay until Close.
func Start(ctx context.Context, o Options) (_ *Link, err error) {
	name := fmt.Sprintf("alongside-%08x", rand.Uint32()) // names are the machine's
	l := &Link{
		A:    End{Namespace: name + "-a", Addr: netip.AddrFrom4([4]byte{10, 77, 0, 1})},
		B:    End{Namespace: name + "-b", Addr: netip.AddrFrom4([4]byte{10, 77, 0, 2})},
		ways: [2]*direction{newDirection(o.Conditions, 1), newDirection(o.Conditions, 2)},
	}
	ctx, l.stop = context.WithCancel(ctx)
	defer func() {
		if err != nil {
			err = errors.Join(err, l.Close())
		}
	}()
	for i, e := range []End{l.A, l.B} {
		if err := ip("netns", "add", e.Namespace); err != nil {
			return nil, err
		}
		if l.devices[i], err = openTUN(e.Namespace); err != nil {
			return nil, err
		}
		for _, args := range [][]string{
			{"-n", e.Namespace, "link", "set", "lo", "up"},
			{"-n", e.Namespace, "addr", "add", e.Addr.String() + "/24", "dev", device},
			{"-n", e.Namespace, "link", "set", device, "mtu", fmt.Sprint(mtu), "up"},
		} {
			if err := ip(args...); err != nil {
				return nil, err
			}
		}
	}
	for i := range l.ways {
		from, to, w := l.devices[i], l.devices[1-i], l.ways[i]
		l.pumps.Go(func() { l.take(from, w, o.Pass) })
		l.pumps.Go(func() { deliver(ctx, w, to) })
	}
	return l, nil
}

// Counters tells what went from A to B, and from B to A.
func (l *Link) Counters() (ab, ba Counters) { return l.ways[0].counters(), l.ways[1].counters() }

// Cut breaks the link, or mends it: what is sent over a broken one is lost, as over a
// cable that is pulled out where neither side sees it. What was on its way arrives.
func (l *Link) Cut(broken bool) { l.cut.Store(broken) }

// Close takes the link and both namespaces away. Processes that still run in a
// namespace keep it, cut off.
func (l *Link) Close() (err error) {
	l.once.Do(func() {
		l.stop()
		for _, d := range l.devices {
			if d != nil {
				err = errors.Join(err, d.Close())
			}
		}
		l.pumps.Wait()
		for _, e := range []End{l.A, l.B} {
			if _, missing := os.Stat(namespaceDir + e.Namespace); missing == nil {
				err = errors.Join(err, ip("netns", "del", e.Namespace))
			}
		}
	})
	return err
}

// take reads what the kernel sends until the device is closed.
func (l *Link) take(from *os.File, w *direction, pass func(uint8) bool) {
	buf := make([]byte, mtu)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if p := protocolOf(buf[:n]); l.cut.Load() || pass != nil && p != icmp && !pass(p) {
			w.filtered()
			continue
		}
		w.put(time.Now(), append([]byte(nil), buf[:n]...))
	}
}

// protocolOf reads the header of an IPv4 packet; 0: it is none.
func protocolOf(packet []byte) uint8 {
	if len(packet) < 20 || packet[0]>>4 != 4 {
		return 0
	}
	return packet[9]
}

// deliver hands over what is due until ctx ends.
func deliver(ctx context.Context, w *direction, to *os.File) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		packet, wait := w.next(time.Now())
		switch {
		case packet != nil:
			_, _ = to.Write(packet) // a device that is down loses it, as a cable would
			continue
		case wait > 0:
			timer.Reset(wait)
		}
		select {
		case <-timer.C:
		case <-w.wake:
		case <-ctx.Done():
			return
		}
	}
}

func ip(args ...string) error {
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (w *direction) filtered() {
	w.mu.Lock()
	w.count.Filtered++
	w.mu.Unlock()
}
