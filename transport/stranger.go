package transport

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// stranger is a connection of whose peer nothing is known yet. It holds a place
// in the budget until release.
type stranger struct {
	admitted atomic.Bool // the broker knows the device
	once     sync.Once
	free     func()
}

func (s *stranger) release() { s.once.Do(s.free) }

// budget counts connections before the end of their handshake, in all and by
// the network they come from. On QUIC the address may still be a lie: that is
// what the address check from retryStrangers on is for.
type budget struct {
	mu    sync.Mutex
	total int
	nets  map[netip.Prefix]int // no entry is zero, so at most total of them
}

// take gives a place, or nil when there is none.
func (b *budget) take(a net.Addr) *stranger {
	n := netOf(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.total >= maxStrangers || b.nets[n] >= maxStrangersPerNet {
		return nil
	}
	if b.nets == nil {
		b.nets = make(map[netip.Prefix]int)
	}
	b.total++
	b.nets[n]++
	return &stranger{free: func() { b.give(n) }}
}

func (b *budget) give(n netip.Prefix) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.total--
	if b.nets[n]--; b.nets[n] == 0 {
		delete(b.nets, n)
	}
}

// loaded says that a client from a must prove its address first.
func (b *budget) loaded(a net.Addr) bool {
	n := netOf(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.total >= retryStrangers || b.nets[n] >= retryPerNet
}

// netOf is what one party can be assumed to have: an IPv4 address, an IPv6 /64.
func netOf(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := ap.Addr().Unmap().WithZone("")
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}
