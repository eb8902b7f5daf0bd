package transport

import (
	"context"
	"errors"
	"net"

	"github.com/quic-go/quic-go"
)

// dialQUIC connects to one address over a socket and a quic.Transport of the
// connection's own, which end with it.
func (d *Dialer) dialQUIC(ctx context.Context, to *net.UDPAddr, host string) (_ Link, err error) {
	listen := d.ListenUDP
	if listen == nil {
		listen = func(ctx context.Context) (Socket, error) { return listenUDP(ctx, ":0") }
	}
	raw, err := listen(ctx)
	if err != nil {
		return nil, err
	}
	sock := &steadySocket{Socket: raw}
	tr := &quic.Transport{Conn: sock.forQUIC()}
	end := func() error { return errors.Join(tr.Close(), sock.Close()) }

	conf := quicConfig()
	conf.KeepAlivePeriod = keepAlive
	conf.InitialStreamReceiveWindow, conf.MaxStreamReceiveWindow = strangerStreamWindow, agentStreamWindow
	conf.InitialConnectionReceiveWindow, conf.MaxConnectionReceiveWindow = strangerWindow, agentWindow
	conf.MaxIncomingUniStreams = -1

	conn, err := tr.Dial(ctx, to, clientTLS(d.Identity, d.Pins, host), conf)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	l, err := newQUICLink(conn, nil)
	if err != nil {
		return nil, errors.Join(err, conn.CloseWithError(0, ""), end())
	}
	context.AfterFunc(conn.Context(), func() {
		if n := sock.lost.Load(); n > 0 {
			d.Log.Debug("packets not sent", "transport", QUIC, "packets", n)
		}
		_ = end()
	})
	return l, nil
}
