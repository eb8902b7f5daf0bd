package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"mime"
	"net/http"
	"strconv"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// errBrowser: the browser takes nothing more. The transfer waits for another try.
var errBrowser = errors.New("the browser went away")

// Download carries content from the endpoint into a response. An error is for the
// browser, which was told nothing yet; a download that fails later is cut.
func (b *Book) Download(p account.Principal, id string, w http.ResponseWriter, r *http.Request) error {
	t, err := b.take(p, id, fromEndpoint)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(t.life)
	defer cancel(nil)
	stop := context.AfterFunc(r.Context(), func() { cancel(errBrowser) })
	defer stop()
	d := &download{w: w, c: http.NewResponseController(w), hash: sha256.New(), ctx: ctx}
	switch err = b.fetch(t, d); {
	case err == nil:
		b.done(t, d.hash.Sum(nil), "")
		return nil
	case errors.Is(err, errBrowser):
		b.mu.Lock()
		if t.State == desk.FileRunning && !t.over {
			t.State, t.Done = desk.FileAgreed, 0
			b.wait(t, idle)
		}
		b.mu.Unlock()
		b.publish(t)
	default:
		b.fail(t, err, true)
	}
	if d.begun {
		panic(http.ErrAbortHandler) // so that half a file is not taken for a whole one
	}
	return err
}

// download is content on its way to a browser.
type download struct {
	w     http.ResponseWriter
	c     *http.ResponseController
	ctx   context.Context //nolint:containedctx // of the request and of the transfer
	hash  hash.Hash
	done  uint64
	begun bool
}

func (b *Book) fetch(t *transfer, d *download) error {
	for {
		st, first, err := b.open(t, d.done, d.hash.Sum(nil))
		if err != nil {
			return err
		}
		err = b.fetchOver(t, d, st, first)
		if !errors.Is(err, errLost) {
			return err
		}
		if d.ctx.Err() != nil {
			return context.Cause(d.ctx)
		}
	}
}

// fetchOver takes content over one stream.
func (b *Book) fetchOver(t *transfer, d *download, st transport.Stream, first *wirepb.FileMessage) error {
	defer st.Reset()
	stop := context.AfterFunc(d.ctx, st.Reset)
	defer stop()
	if e := first.GetEnd(); e != nil {
		if err := endOf(e); err != nil {
			return err
		}
		return errBegin
	}
	if first.GetBegin() == nil || first.GetBegin().Offset != d.done {
		return errBegin
	}
	d.begin(t)
	for {
		m, err := hear(st)
		if err != nil {
			if d.ctx.Err() != nil {
				return context.Cause(d.ctx)
			}
			return err
		}
		switch k := m.GetKind().(type) {
		case *wirepb.FileMessage_Data:
			if n := uint64(len(k.Data)); n == 0 || n > wire.MaxFileChunk || n > t.Size-d.done {
				return errBegin
			}
			if err := d.write(k.Data); err != nil {
				return err
			}
			if err := say(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Ack{Ack: &wirepb.FileAck{Offset: d.done}}}); err != nil {
				return err
			}
			b.arrived(t, d.done)
		case *wirepb.FileMessage_End:
			if err := endOf(k.End); err != nil {
				return err
			}
			if d.done != t.Size || !bytes.Equal(k.End.Sha256, d.hash.Sum(nil)) {
				return errDiffs
			}
			if err := say(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_End{End: &wirepb.FileEnd{Sha256: k.End.Sha256}}}); err == nil {
				linger(st)
			}
			return nil
		default:
			return errBegin
		}
	}
}

// linger lets the endpoint read the last message.
func linger(st transport.Stream) {
	_ = st.Close()
	late := time.AfterFunc(lingerTime, st.Reset)
	defer late.Stop()
	for wire.ReadControl(st, new(wirepb.FileMessage)) == nil { //nolint:revive // to its end
	}
}

// begin writes the headers: whatever the content, it is saved and never shown.
func (d *download) begin(t *transfer) {
	if d.begun {
		return
	}
	d.begun = true
	h := d.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(t.Name)}))
	h.Set("Content-Length", strconv.FormatUint(t.Size, 10))
	h.Set("Accept-Ranges", "none")
	d.w.WriteHeader(http.StatusOK)
}

func (d *download) write(data []byte) error {
	_ = d.c.SetWriteDeadline(time.Now().Add(browserWait))
	if _, err := d.w.Write(data); err != nil {
		return errBrowser
	}
	d.hash.Write(data)
	d.done += uint64(len(data))
	return nil
}
