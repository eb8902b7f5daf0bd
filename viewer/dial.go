package viewer

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// attachPath is where a broker takes viewers on WebSocket.
const attachPath = "/viewer/ws"

// Dial attaches to the broker at base (https or http, no path) with a ticket and
// returns the media stream. A refusal is a *wire.CodeError. header, which
// carries the cookie of whoever is signed in, and config may be nil.
// The stream outlives ctx; Close it, or hand it to NewSession.
func Dial(ctx context.Context, base, ticket string, header http.Header, config *tls.Config) (io.ReadWriteCloser, *wirepb.ViewerAccepted, error) {
	transport := &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment}
	return DialWith(ctx, base, ticket, header, &http.Client{Transport: transport})
}

// DialWith is Dial through a client of the caller's, which may count or shape
// what its connections carry.
func DialWith(ctx context.Context, base, ticket string, header http.Header, client *http.Client) (io.ReadWriteCloser, *wirepb.ViewerAccepted, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, nil, fmt.Errorf("broker address: %w", err)
	}
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Origin", u.Scheme+"://"+u.Host)
	conn, answer, err := websocket.Dial(ctx, u.JoinPath(attachPath).String(), &websocket.DialOptions{
		HTTPClient: client,
		HTTPHeader: header,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("dial viewer: %w", err)
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	conn.SetReadLimit(wire.MediaHeaderSize + wire.MaxMediaPayload)
	accepted, err := attach(ctx, conn, ticket)
	if err != nil {
		_ = conn.CloseNow()
		return nil, nil, err
	}
	// The stream ends by Close, not by the context of the dialling.
	return websocket.NetConn(context.WithoutCancel(ctx), conn, websocket.MessageBinary), accepted, nil
}

func attach(ctx context.Context, conn *websocket.Conn, ticket string) (*wirepb.ViewerAccepted, error) {
	b, err := wire.AppendControl(nil, &wirepb.ViewerAttach{VersionMin: wire.VersionMin, VersionMax: wire.Version, Ticket: ticket})
	if err != nil {
		return nil, err
	}
	if err := conn.Write(ctx, websocket.MessageBinary, b); err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	_, b, err = conn.Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	reply := new(wirepb.ViewerReply)
	if err := wire.ReadControl(bytes.NewReader(b), reply); err != nil {
		return nil, fmt.Errorf("attach: %w", err)
	}
	switch k := reply.Kind.(type) {
	case *wirepb.ViewerReply_Accepted:
		return k.Accepted, nil
	case *wirepb.ViewerReply_Refusal:
		return nil, &wire.CodeError{Code: k.Refusal.Code, Detail: k.Refusal.Detail}
	default:
		return nil, fmt.Errorf("attach: %w: empty answer", wire.ErrMalformed)
	}
}
