package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"
)

// maxNetworks bounds what a Dialer remembers; a laptop sees a handful.
const maxNetworks = 64

// Dialer connects to a broker. Its fields are set before the first Dial and not
// changed afterwards; Dial may be called again and again, from one goroutine at
// a time.
type Dialer struct {
	Broker   string // host:port, the same for UDP and TCP
	Pins     []Pin  // keys the broker may have
	Identity *Identity
	Log      *slog.Logger

	// Proxy is an HTTP proxy for WSS, asked with CONNECT. The environment is
	// never asked: whoever sets it for a service would choose its path.
	Proxy *url.URL
	// Transport is QUIC or WSS for only that one; empty for the race of both.
	Transport string

	// ListenUDP opens the socket of one connection; nil is a wildcard socket.
	ListenUDP func(ctx context.Context) (Socket, error)

	mu  sync.Mutex
	won map[netip.Addr]string // by the address we have on a network, the transport that won there
}

// Dial connects over QUIC and, 300 ms later or as soon as QUIC has failed, over
// WSS; the first link is the one. Where WSS won the last time it starts at once,
// so that QUIC wins again when it works again. The error is ErrPinMismatch (give
// up), ErrUnreachable (retry with backoff) or the context's.
func (d *Dialer) Dial(ctx context.Context) (Link, error) {
	host, _, err := net.SplitHostPort(d.Broker)
	if err != nil {
		return nil, fmt.Errorf("broker address: %w", err)
	}
	found, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	local := localAddr(found, d.Broker)
	d.mu.Lock()
	last := d.won[local]
	d.mu.Unlock()

	l, err := race(ctx, d.attempts(found, host, last))
	if err != nil {
		return nil, err
	}
	d.remember(local, l.Info().Transport)
	return l, nil
}

// attempts lists the ways in the order of their delays.
func (d *Dialer) attempts(ctx context.Context, host, last string) []attempt {
	wss := attempt{name: WSS, after: wssDelay, dial: func(ctx context.Context) (Link, error) { return d.dialWSS(ctx, host) }}
	if d.Transport == WSS {
		return []attempt{wss}
	}
	var all []attempt
	addrs, err := resolve(ctx, d.Broker)
	if err != nil {
		all = append(all, attempt{name: QUIC, dial: func(context.Context) (Link, error) { return nil, err }})
	}
	for i, a := range addrs {
		all = append(all, attempt{name: QUIC, after: time.Duration(i) * familyDelay, dial: func(ctx context.Context) (Link, error) {
			return d.dialQUIC(ctx, a, host)
		}})
	}
	switch {
	case d.Transport == QUIC:
	case last == WSS:
		wss.after = 0
		all = append(all[:1:1], append([]attempt{wss}, all[1:]...)...)
	default:
		all = append(all, wss)
	}
	return all
}

func (d *Dialer) remember(local netip.Addr, transport string) {
	if d.Transport != "" || !local.IsValid() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.won == nil || len(d.won) >= maxNetworks {
		d.won = make(map[netip.Addr]string)
	}
	d.won[local] = transport
}

// resolve gives the broker's first address, and its first one of the other IP
// version.
func resolve(ctx context.Context, broker string) ([]*net.UDPAddr, error) {
	host, port, err := net.SplitHostPort(broker)
	if err != nil {
		return nil, err
	}
	n, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var out []*net.UDPAddr
	for _, ip := range ips {
		ip = ip.Unmap()
		if len(out) == 0 || len(out) == 1 && (out[0].IP.To4() != nil) != ip.Is4() {
			out = append(out, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, uint16(n))))
		}
	}
	if len(out) == 0 {
		return nil, errors.New("broker has no address")
	}
	return out, nil
}

// localAddr is the address that this machine has on the way to the broker, which
// tells one network from another. Connecting a UDP socket sends nothing.
func localAddr(ctx context.Context, broker string) netip.Addr {
	c, err := new(net.Dialer).DialContext(ctx, "udp", broker)
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	ap, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}
