package relay

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/quic-go/webtransport-go"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ServeWebTransport serves a viewer on an upgraded WebTransport session: on the
// first bidirectional stream ViewerAttach behind its length, the answer likewise,
// then media messages. Whoever routes here has checked the origin; the ticket
// says who it is, since a page cannot send its cookies to another origin.
func (r *Relay) ServeWebTransport(req *http.Request, s *webtransport.Session) {
	ctx, cancel := context.WithTimeout(req.Context(), attachTimeout)
	st, err := s.AcceptStream(ctx)
	cancel()
	if err != nil {
		_ = s.CloseWithError(webtransport.SessionErrorCode(wirepb.ErrorCode_ERROR_CODE_MALFORMED), "no stream")
		return
	}
	r.serve(s.Context(), &wtConn{session: s, st: st, out: paced{deadlineWriter: st}}, nil)
}

type wtConn struct {
	session *webtransport.Session
	st      *webtransport.Stream
	out     paced
}

func (c *wtConn) readAttach(ctx context.Context) (*wirepb.ViewerAttach, error) {
	if until, ok := ctx.Deadline(); ok {
		if err := c.st.SetReadDeadline(until); err != nil {
			return nil, err
		}
	}
	a := new(wirepb.ViewerAttach)
	if err := wire.ReadControl(c.st, a); err != nil {
		return nil, err
	}
	return a, c.st.SetReadDeadline(time.Time{})
}

func (c *wtConn) reply(m *wirepb.ViewerReply) error {
	b, err := wire.AppendControl(nil, m)
	if err != nil {
		return err
	}
	return c.write(b, attachTimeout)
}

func (c *wtConn) read(buf []byte) (msg, grown []byte, kind wire.MediaKind, err error) {
	return readMessage(c.st, buf)
}

func (c *wtConn) write(msg []byte, timeout time.Duration) error {
	c.out.wait = timeout
	_, err := c.out.Write(msg)
	return err
}

func (c *wtConn) begin(timeout time.Duration) (io.WriteCloser, error) {
	c.out.wait = timeout
	return endless{&c.out}, nil
}

// endless is a writer of messages that need no end.
type endless struct{ io.Writer }

// Close implements io.Closer.
func (endless) Close() error { return nil }

// closeLinger lets the last message arrive: closing the session drops what its
// streams still have to send.
const closeLinger = 250 * time.Millisecond

func (c *wtConn) close(why *wirepb.Refusal) {
	_ = c.st.Close()
	select {
	case <-c.session.Context().Done():
	case <-time.After(closeLinger):
	}
	_ = c.session.CloseWithError(webtransport.SessionErrorCode(why.Code), wire.CodeName(why.Code))
}
