package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
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
	ws, err := websocket.Accept(w, req, &websocket.AcceptOptions{
		CompressionMode: websocket.CompressionDisabled, // pixels are compressed already
	})
	if err != nil {
		return // answered
	}
	ws.SetReadLimit(wire.MaxMediaPayload + wire.MediaHeaderSize)
	// The request's context ends with the handler of a hijacked connection only
	// at shutdown; reads end when the connection does.
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	r.serve(ctx, &wsConn{ws: ws, ctx: ctx}, &rep)
}

type wsConn struct {
	ws  *websocket.Conn
	ctx context.Context //nolint:containedctx // the life of the connection
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
	t, rd, err := c.ws.Reader(c.ctx)
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
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(nil)
	idle := time.AfterFunc(timeout, func() { cancel(os.ErrDeadlineExceeded) })
	defer idle.Stop()
	w, err := c.ws.Writer(ctx, websocket.MessageBinary)
	for err == nil && len(msg) > 0 {
		n := min(chunk, len(msg))
		_, err = w.Write(msg[:n])
		msg = msg[n:]
		idle.Reset(timeout)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil && errors.Is(context.Cause(ctx), os.ErrDeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return err
}

func (c *wsConn) close(why *wirepb.Refusal) {
	reason := wire.CodeName(why.Code)
	if d := reason + ": " + why.Detail; why.Detail != "" && len(d) <= maxCloseReason {
		reason = d
	}
	_ = c.ws.Close(websocket.StatusCode(closeBase+int(why.Code)), reason)
	_ = c.ws.CloseNow()
}
