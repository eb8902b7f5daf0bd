package relay

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// closeBase is added to an error code to make a WebSocket close code of the
// range for private use (RFC 6455, 7.4.2).
const closeBase = 4000

// maxCloseReason is what a close frame has room for.
const maxCloseReason = 123

// ServeWebSocket serves a viewer on a WebSocket: the first binary message is
// ViewerAttach behind its length, the answer likewise, then each message is one
// media message. Whoever routes here has checked origin and sign-in.
func (r *Relay) ServeWebSocket(w http.ResponseWriter, req *http.Request, rep account.Principal) {
	c := &wsConn{}
	c.wait.Store(int64(attachTimeout))
	ws, err := websocket.Accept(hijacked{w, &c.wait}, req, &websocket.AcceptOptions{
		CompressionMode: websocket.CompressionDisabled, // pixels are compressed already
	})
	if err != nil {
		return // answered
	}
	ws.SetReadLimit(wire.MaxMediaPayload + wire.MediaHeaderSize)
	c.ws = ws
	// The request's context ends with the handler of a hijacked connection only
	// at shutdown; then the connection does. Reading and writing do without it:
	// watching it costs more than a small message.
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = ws.CloseNow() })
	defer stop()
	r.serve(ctx, c, &rep)
}

type wsConn struct {
	ws   *websocket.Conn
	wait atomic.Int64 // how long a write may go without progress
}

func (c *wsConn) readAttach(ctx context.Context) (*wirepb.ViewerAttach, error) {
	_, b, err := c.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	a := new(wirepb.ViewerAttach)
	return a, wire.ReadControl(bytes.NewReader(b), a)
}

func (c *wsConn) reply(m *wirepb.ViewerReply) error {
	b, err := wire.AppendControl(nil, m)
	if err != nil {
		return err
	}
	return c.write(b, attachTimeout)
}

func (c *wsConn) read(buf []byte) (msg, grown []byte, kind wire.MediaKind, err error) {
	t, rd, err := c.ws.Reader(context.Background())
	if err != nil {
		return nil, buf, 0, err
	}
	if t != websocket.MessageBinary {
		return nil, buf, 0, fmt.Errorf("%w: text message", wire.ErrMalformed)
	}
	msg, grown, kind, err = readMessage(rd, buf)
	if err != nil {
		return nil, grown, 0, err
	}
	var more [1]byte
	if n, _ := rd.Read(more[:]); n > 0 {
		return nil, grown, 0, fmt.Errorf("%w: more than one media message", wire.ErrMalformed)
	}
	return msg, grown, kind, nil
}

func (c *wsConn) write(msg []byte, timeout time.Duration) error {
	c.wait.Store(int64(timeout))
	return c.ws.Write(context.Background(), websocket.MessageBinary, msg)
}

func (c *wsConn) begin(timeout time.Duration) (io.WriteCloser, error) {
	c.wait.Store(int64(timeout))
	return c.ws.Writer(context.Background(), websocket.MessageBinary)
}

func (c *wsConn) close(why *wirepb.Refusal) {
	reason := wire.CodeName(why.Code)
	if d := reason + ": " + why.Detail; why.Detail != "" && len(d) <= maxCloseReason {
		reason = d
	}
	_ = c.ws.Close(websocket.StatusCode(closeBase+int(why.Code)), reason)
	_ = c.ws.CloseNow()
}
