package agent

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// passageQueue is how many messages of the tray may wait for a stream: what may be under
// way without an answer, and a few that are no data. A tray that sends more is not ours.
const passageQueue = wire.FileWindow/wire.MaxFileChunk + 8

var (
	errFileMessage = errors.New("message out of place on the stream of a file")
	errFileWindow  = errors.New("more of a file than may be under way")
)

// passage is one stream of a file between broker and tray. Two goroutines serve it, one
// for each direction, beside the loop.
type passage struct {
	nonce  []byte
	number uint32
	in     bool // to the endpoint
	size   uint64
	tray   *worker
	out    chan *wirepb.FileMessage // to the broker
	gone   chan struct{}            // closed by close
	once   sync.Once

	mu    sync.Mutex
	began bool
	sent  uint64 // offset behind what has passed
	acked uint64 // of that
}

// passages are those that stand, for whoever reads a tray's pipe.
type passages struct {
	mu  sync.Mutex
	all []*passage
}

func (p *passages) add(x *passage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, x)
}

func (p *passages) remove(x *passage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, o := range p.all {
		if o == x {
			p.all = append(p.all[:i:i], p.all[i+1:]...)
			return
		}
	}
}

// fromTray hands on a piece of the tray's. It never waits.
func (p *passages) fromTray(w *worker, m *ipcpb.FilePiece) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.all {
		if x.tray == w && x.number == m.Stream && string(x.nonce) == string(m.Nonce) {
			select {
			case x.out <- m.Message:
			default:
				x.close()
			}
		}
	}
}

func (x *passage) close() { x.once.Do(func() { close(x.gone) }) }

// fileOpen opens the stream of a transfer, in the place of one that was lost. This is the
// only place where streams of files come from.
func (a *agent) fileOpen(m *wirepb.FileOpen) {
	s, k := a.session, a.link
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) || k == nil {
		a.refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "file of a session without consent")
		return
	}
	f := s.fileOf(func(f *file) bool { return f.offer.Transfer == m.Transfer && f.agreed })
	if f == nil || m.Offset > f.size || m.Offset > 0 && len(m.Sha256) != sha256.Size {
		a.answerFile(&wirepb.FileOffer{Session: m.Session, Transfer: m.Transfer}, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN})
		return
	}
	a.endPassage(f)
	f.timer.Stop()
	f.stream++
	x := &passage{
		nonce: f.nonce, number: f.stream, in: f.offer.Direction == wirepb.FileDirection_FILE_DIRECTION_TO_ENDPOINT, size: f.size,
		tray: a.tray, out: make(chan *wirepb.FileMessage, passageQueue), gone: make(chan struct{}),
	}
	f.pass = x
	a.passages.add(x)
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_FileOpen{FileOpen: &ipcpb.FileOpen{
		Nonce: f.nonce, Stream: f.stream, Offset: m.Offset, Sha256: m.Sha256,
	}}})
	a.jobs.Go(func() {
		end, err := a.runPassage(k, s.id, m.Transfer, x)
		a.post(func() { a.passageOver(s, f, x, end, err) })
	})
}

// endPassage ends the stream of a transfer, if it has one.
func (a *agent) endPassage(f *file) {
	if f.pass != nil {
		f.pass.close()
		a.passages.remove(f.pass)
		f.pass = nil
	}
}

// passageOver is the end of a stream: of the transfer, or it waits for another.
func (a *agent) passageOver(s *session, f *file, x *passage, end *wirepb.FileEnd, err error) {
	a.passages.remove(x)
	if f.pass != x || a.session != s {
		return
	}
	f.pass = nil
	switch {
	case end != nil:
		s.log.Info("file transferred", "direction", f.offer.Direction.String(), "bytes", f.size, "code", wire.CodeName(end.Code))
		a.endFile(s, f)
	case errors.Is(err, wire.ErrMalformed):
		a.dropFile(s, f, wirepb.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
	default:
		s.log.Info("stream of a file lost", "err", err)
		a.limitFile(s, f, fileIdle, wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST)
	}
}

// runPassage carries messages both ways until one is the last, which it returns, or the
// stream or the passage ends.
func (a *agent) runPassage(k *link, id wire.SessionID, transfer uint32, x *passage) (*wirepb.FileEnd, error) {
	defer x.close()
	ctx, cancel := context.WithTimeout(a.ctx, openTimeout)
	defer cancel()
	stream, err := k.l.Open(ctx, wire.Preface{Type: wire.StreamFile, Session: id, Viewer: transfer})
	if err != nil {
		return nil, err
	}
	type last struct {
		end *wirepb.FileEnd
		err error
	}
	read := make(chan last, 1)
	go func() {
		end, err := x.read(stream)
		x.close()
		read <- last{end, err}
	}()
	stop := context.AfterFunc(a.ctx, x.close)
	defer stop()
	end, err := x.write(stream)
	x.close()
	if end == nil {
		stream.Reset()
	} else {
		_ = stream.Close() // the broker reads it to its end, and ends its own side
		t := time.AfterFunc(partingTimeout, stream.Reset)
		defer t.Stop()
	}
	r := <-read
	stream.Reset()
	switch {
	case end != nil:
		return end, nil
	case r.end != nil:
		return r.end, nil
	case errors.Is(r.err, wire.ErrMalformed) || err == nil:
		return nil, r.err
	}
	return nil, err
}

// write sends what the tray says, until its last or the passage is gone.
func (x *passage) write(stream transport.Stream) (*wirepb.FileEnd, error) {
	for {
		select {
		case m := <-x.out:
			x.count(m)
			if err := wire.WriteControl(stream, m); err != nil {
				return nil, err
			}
			// Of a file from here the broker has the last word, when it has compared.
			if e := m.GetEnd(); e != nil && (x.in || e.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED) {
				return e, nil
			}
		case <-x.gone:
			return nil, nil
		}
	}
}

// count notes what the tray's message says of how far it is.
func (x *passage) count(m *wirepb.FileMessage) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch k := m.GetKind().(type) {
	case *wirepb.FileMessage_Begin:
		x.began, x.sent, x.acked = true, k.Begin.Offset, k.Begin.Offset
	case *wirepb.FileMessage_Ack:
		x.acked = k.Ack.Offset
	case *wirepb.FileMessage_Data:
		x.sent += uint64(len(k.Data))
	}
}

// read takes what the broker sends, until its last. What is not in its place ends it
// before it comes to the tray.
func (x *passage) read(stream transport.Stream) (*wirepb.FileEnd, error) {
	for {
		m := &wirepb.FileMessage{}
		if err := wire.ReadControl(stream, m); err != nil {
			return nil, err
		}
		if err := x.admit(m); err != nil {
			return nil, fmt.Errorf("%w: %w", wire.ErrMalformed, err)
		}
		if e := m.GetEnd(); e != nil {
			return e, nil
		}
		if !x.tray.file(&ipcpb.ToTray{Kind: &ipcpb.ToTray_File{File: &ipcpb.FilePiece{Nonce: x.nonce, Stream: x.number, Message: m}}}, x.gone) {
			return nil, nil
		}
	}
}

func (x *passage) admit(m *wirepb.FileMessage) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch k := m.GetKind().(type) {
	case *wirepb.FileMessage_Data:
		n := uint64(len(k.Data))
		switch {
		case !x.in || !x.began || n == 0 || n > wire.MaxFileChunk || n > x.size-x.sent:
			return errFileMessage
		case x.sent+n-x.acked > wire.FileWindow:
			return errFileWindow
		}
		x.sent += n
	case *wirepb.FileMessage_Ack:
		if x.in || k.Ack.Offset > x.sent || k.Ack.Offset < x.acked {
			return errFileMessage
		}
		x.acked = k.Ack.Offset
	case *wirepb.FileMessage_End:
		if x.in || x.sent != x.size && k.End.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
			return errFileMessage
		}
	case *wirepb.FileMessage_Begin:
		return errFileMessage
	}
	return nil
}

// file passes on what the broker sent, and makes its stream wait while the tray is busy.
// False: it is not wanted any more.
func (w *worker) file(m proto.Message, gone <-chan struct{}) bool {
	r := w.cur.Load()
	if r == nil {
		return false
	}
	select {
	case r.files <- m:
		return true
	case <-r.gone:
	case <-gone:
	}
	return false
}
