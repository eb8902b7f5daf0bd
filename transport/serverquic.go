package transport

import (
	"context"
	"errors"

	"github.com/quic-go/quic-go"
)

// strangerKey finds the stranger in a connection's context.
type strangerKey struct{}

// h3ExcessiveLoad is H3_EXCESSIVE_LOAD (RFC 9114, 8.1).
const h3ExcessiveLoad = 0x107

func (s *Server) listenQUIC(c ServerConfig) error {
	key := quic.StatelessResetKey(c.ResetKey)
	if key == (quic.StatelessResetKey{}) {
		key = c.Identity.Derive("alongside quic stateless reset v1")
	}
	s.quic = &quic.Transport{
		Conn:                s.sock.forQUIC(),
		StatelessResetKey:   &key,
		VerifySourceAddress: s.strangers.loaded,
		ConnContext:         s.meet,
	}
	conf := quicConfig()
	conf.KeepAlivePeriod = serverKeepAlive
	conf.InitialStreamReceiveWindow, conf.MaxStreamReceiveWindow = strangerStreamWindow, brokerStreamWindow
	conf.InitialConnectionReceiveWindow, conf.MaxConnectionReceiveWindow = strangerWindow, brokerWindow
	conf.AllowConnectionWindowIncrease = func(conn *quic.Conn, _ uint64) bool {
		st, ok := conn.Context().Value(strangerKey{}).(*stranger)
		return ok && st.admitted.Load()
	}
	conf.MaxIncomingUniStreams = maxUniStreams
	conf.EnableDatagrams = true                  // WebTransport demands both
	conf.EnableStreamResetPartialDelivery = true // of these from a server
	var err error
	s.ln, err = s.quic.Listen(serverTLS(c.Identity, c.WebCertificate, alpnHTTP3), conf)
	return err
}

// meet gives a new connection its place in the budget, or refuses it.
func (s *Server) meet(ctx context.Context, info *quic.ClientInfo) (context.Context, error) {
	st := s.strangers.take(info.RemoteAddr)
	if st == nil {
		return nil, errors.New("too many handshakes")
	}
	context.AfterFunc(ctx, st.release)
	return context.WithValue(ctx, strangerKey{}, st), nil
}

// acceptQUIC sorts finished connections and does nothing else, so that a storm
// of agents never waits for it.
func (s *Server) acceptQUIC() {
	for {
		conn, err := s.ln.Accept(s.done)
		if err != nil {
			return
		}
		st, _ := conn.Context().Value(strangerKey{}).(*stranger)
		st.release()
		if conn.ConnectionState().TLS.NegotiatedProtocol != ALPN {
			select {
			case s.h3 <- conn:
			default:
				s.work.Go(func() { _ = conn.CloseWithError(h3ExcessiveLoad, "") })
			}
			continue
		}
		l, err := newQUICLink(conn, st)
		if err != nil {
			s.work.Go(func() { _ = conn.CloseWithError(0, "") })
			continue
		}
		s.offer(l)
		context.AfterFunc(conn.Context(), func() { s.forget(l) })
	}
}
