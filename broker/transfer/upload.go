package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// upload is content on its way to an endpoint. What the endpoint has not written yet is
// kept, at most a window of it, so that a lost link costs nothing.
type upload struct {
	body  io.Reader
	left  uint64    // of the body
	acked uint64    // that the endpoint has written
	hash  hash.Hash // of that
	kept  []byte    // behind it
	sent  int       // of kept, over this stream
}

// Upload carries the body of a request to the endpoint. Its error is what the browser is
// told; the transfer has ended either way.
func (b *Book) Upload(p account.Principal, id string, w http.ResponseWriter, r *http.Request) error {
	t, err := b.take(p, id, toEndpoint)
	if err != nil {
		return err
	}
	if r.ContentLength < 0 || uint64(r.ContentLength) != t.Size {
		err = wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED, "the body has another size than was announced")
		b.fail(t, err, true)
		return err
	}
	gone := wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST, "the browser went away")
	stop := context.AfterFunc(r.Context(), func() { b.fail(t, gone, true) })
	defer stop()
	body := &patient{c: http.NewResponseController(w), from: r.Body, life: t.life}
	over := context.AfterFunc(t.life, func() { _ = body.c.SetReadDeadline(time.Unix(1, 0)) })
	defer over()
	end, err := b.send(t, &upload{body: body, left: t.Size, hash: sha256.New()})
	if err == nil {
		err = endOf(end)
	}
	if err == nil && !bytes.Equal(end.Sha256, t.SHA256) {
		err = errDiffs
	}
	if err != nil {
		b.fail(t, err, true)
		return err
	}
	stop() // it is whole, whatever becomes of the browser
	over()
	b.done(t, end.Sha256, end.Name)
	return nil
}

// patient is a body that may rest for so long, and no longer than its transfer lives.
type patient struct {
	c    *http.ResponseController
	from io.Reader
	life context.Context //nolint:containedctx // the transfer's
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.c.SetReadDeadline(time.Now().Add(browserWait))
	if p.life.Err() != nil {
		return 0, context.Cause(p.life)
	}
	return p.from.Read(b)
}

// send sends everything, over as many streams as it takes.
func (b *Book) send(t *transfer, u *upload) (*wirepb.FileEnd, error) {
	for {
		st, first, err := b.open(t, 0, nil)
		if err != nil {
			return nil, err
		}
		end, err := b.sendOver(t, u, st, first)
		if end != nil || !errors.Is(err, errLost) {
			return end, err
		}
		if t.life.Err() != nil {
			return nil, context.Cause(t.life)
		}
	}
}

// sendOver sends over one stream until the endpoint says that it has everything, or the
// stream is lost.
func (b *Book) sendOver(t *transfer, u *upload, st transport.Stream, first *wirepb.FileMessage) (*wirepb.FileEnd, error) {
	stop := context.AfterFunc(t.life, st.Reset)
	defer stop()
	if e := first.GetEnd(); e != nil {
		st.Reset()
		return e, nil
	}
	if err := u.goOn(first.GetBegin()); err != nil {
		st.Reset()
		return nil, err
	}
	heard := make(chan *wirepb.FileMessage, wire.FileWindow/wire.MaxFileChunk)
	var reading sync.WaitGroup
	defer reading.Wait()
	defer st.Reset()
	lost := make(chan struct{})
	defer close(lost)
	reading.Go(func() {
		defer close(heard)
		for {
			m := new(wirepb.FileMessage)
			if wire.ReadControl(st, m) != nil {
				return
			}
			select {
			case heard <- m:
			case <-lost:
				return
			}
		}
	})
	for {
		more, err := u.next(st)
		if err != nil {
			return nil, err
		}
		m, ok, err := listen(heard, more)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			return nil, errLost
		case m == nil:
			continue
		}
		switch k := m.GetKind().(type) {
		case *wirepb.FileMessage_End:
			return k.End, nil
		case *wirepb.FileMessage_Ack:
			if err := u.written(k.Ack.Offset); err != nil {
				return nil, err
			}
			b.arrived(t, u.acked)
		default:
			return nil, errBegin
		}
	}
}

// listen takes what the endpoint says; where there is more to do it does not wait for it.
func listen(heard <-chan *wirepb.FileMessage, more bool) (m *wirepb.FileMessage, ok bool, err error) {
	select {
	case m, ok = <-heard:
		return m, ok, nil
	default:
		if more {
			return nil, true, nil
		}
	}
	still := time.NewTimer(endpointWait)
	defer still.Stop()
	select {
	case m, ok = <-heard:
		return m, ok, nil
	case <-still.C:
		return nil, false, errStill
	}
}

// goOn begins where the endpoint is, if it has there what was sent.
func (u *upload) goOn(begin *wirepb.FileBegin) error {
	if begin == nil {
		return errBegin
	}
	u.sent = len(u.kept)
	if err := u.written(begin.Offset); err != nil {
		return err
	}
	u.sent = 0
	if begin.Offset > 0 && !bytes.Equal(u.hash.Sum(nil), begin.Sha256) {
		return errDiffs
	}
	return nil
}

// written forgets what the endpoint has written.
func (u *upload) written(offset uint64) error {
	if offset < u.acked || offset-u.acked > uint64(u.sent) { //nolint:gosec // not negative
		return errBegin
	}
	n := int(offset - u.acked) //nolint:gosec // at most a window
	u.hash.Write(u.kept[:n])
	u.kept, u.sent, u.acked = append(u.kept[:0], u.kept[n:]...), u.sent-n, offset
	return nil
}

// next sends one message, if one may be sent; more says whether one was.
func (u *upload) next(st transport.Stream) (more bool, err error) {
	if u.sent == len(u.kept) {
		n := min(u.left, wire.MaxFileChunk)
		if n == 0 || len(u.kept)+wire.MaxFileChunk > wire.FileWindow {
			return false, nil
		}
		at := len(u.kept)
		u.kept = append(u.kept, make([]byte, n)...)
		if _, err := io.ReadFull(u.body, u.kept[at:]); err != nil {
			var ce *wire.CodeError
			if errors.As(err, &ce) {
				return false, err
			}
			return false, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST, "the browser went away")
		}
		u.left -= n
	}
	n := min(len(u.kept)-u.sent, wire.MaxFileChunk)
	if err := say(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: u.kept[u.sent : u.sent+n]}}); err != nil {
		return false, err
	}
	u.sent += n
	return true, nil
}
