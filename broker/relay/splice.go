package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// conn is a viewer's connection. Reading and writing are for one goroutine each.
type conn interface {
	// read reads one media message into buf, as readMessage does.
	read(buf []byte) (msg, grown []byte, kind wire.MediaKind, err error)
	// write writes a whole message. timeout is for the time without any progress.
	write(msg []byte, timeout time.Duration) error
	// begin starts a message that is written in parts and ended by Close.
	begin(timeout time.Duration) (io.WriteCloser, error)
	// close ends the connection with a reason and unblocks the others.
	close(why *wirepb.Refusal)
}

// Counters of a spliced viewer.
type counters struct {
	toViewer, toAgent atomic.Int64
	reader            sync.WaitGroup // of the viewer's messages; ends with its connection
}

var errSlow = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_VIEWER_TOO_SLOW, Detail: "nothing was taken for too long"}

// splice moves messages between agent and viewer until one of them ends or the
// viewer is ended, and returns why. The agent's stream is reset; the viewer is
// still to be told, unless whole is false: then a message was cut off, or the
// agent has told it.
func (r *Relay) splice(v *viewer, c conn, st transport.Stream, n *counters) (why error, whole bool) {
	whole = true
	ctx, cancel := context.WithCancelCause(v.gone)
	stop := context.AfterFunc(ctx, st.Reset)
	var pumps sync.WaitGroup
	pumps.Go(func() {
		intact, err := fromAgent(c, st, r.conf.WriteTimeout, n)
		whole = intact
		cancel(err)
	})
	n.reader.Go(func() { cancel(toAgent(c, st, r.conf.WriteTimeout, n)) })
	<-ctx.Done()
	// The writer to the viewer may sit in a write: give it a moment to finish the
	// message, so that the viewer can be told why.
	blocked := time.AfterFunc(endTimeout, func() { c.close(refusal(context.Cause(ctx))) })
	pumps.Wait()
	blocked.Stop()
	stop()
	st.Reset()
	return context.Cause(ctx), whole
}

func fromAgent(c conn, st transport.Stream, timeout time.Duration, n *counters) (whole bool, err error) {
	in := bufio.NewReaderSize(st, part)
	told := false
	for {
		kind, size, whole, err := pass(in, c, timeout)
		switch {
		case err == nil:
		case errors.Is(err, errAgentGone):
			return whole && !told, err
		case errors.Is(err, wire.ErrMalformed):
			return whole, err
		case errors.Is(err, os.ErrDeadlineExceeded):
			return false, errSlow
		default:
			return false, errors.Join(errViewerGone, err)
		}
		told = kind == wire.MediaEnd
		n.toViewer.Add(int64(size))
	}
}

func toAgent(c conn, st transport.Stream, timeout time.Duration, n *counters) error {
	out := &paced{deadlineWriter: st, wait: timeout}
	var buf []byte
	for {
		msg, grown, kind, err := c.read(buf)
		buf = grown
		if err != nil {
			if errors.Is(err, wire.ErrMalformed) {
				return err
			}
			return errors.Join(errViewerGone, err)
		}
		if kind == wire.MediaUpdate || kind == wire.MediaState || kind == wire.MediaEnd {
			return fmt.Errorf("%w: viewer sent an agent's message", wire.ErrMalformed)
		}
		if _, err := out.Write(msg); err != nil {
			return errors.Join(errAgentGone, err)
		}
		n.toAgent.Add(int64(len(msg)))
	}
}

// refusal is what a viewer is told. Why a link of the endpoint's has ended says nothing
// of the viewer: another link may have replaced it, with the same session.
func refusal(why error) *wirepb.Refusal {
	var ce *wire.CodeError
	gone := errors.Is(why, errAgentGone)
	switch {
	case !gone && errors.As(why, &ce):
		f := &wirepb.Refusal{Code: ce.Code, Detail: ce.Detail}
		if ce.Code == wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE || ce.Code == wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN {
			f.RetryAfterMs = uint32(retryAfter.Milliseconds())
		}
		return f
	case errors.Is(why, wire.ErrMalformed):
		return &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_MALFORMED}
	case gone:
		return &wirepb.Refusal{
			Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, Detail: "the endpoint's stream has ended",
			RetryAfterMs: uint32(retryAfter.Milliseconds()),
		}
	default:
		return &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_CANCELLED}
	}
}
