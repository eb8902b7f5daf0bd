package tray

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/tray/transfer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// ferry carries one file, on a goroutine of its own: a disk may be slow. Exactly one of
// in and out is set.
type ferry struct {
	nonce  []byte
	conn   *ipc.Conn
	log    *slog.Logger
	in     *transfer.Incoming
	out    *transfer.Outgoing
	todo   chan any // *ipcpb.FileOpen, *ipcpb.FilePiece
	cancel context.CancelFunc
	done   chan struct{}

	stream uint32 // the one that the content goes over; 0: none yet
	acked  uint64 // of a file that goes
	end    *wirepb.FileEnd
}

// run serves the transfer until it is dropped. A transfer that has come to its end stays
// to say so again, for the news may have been lost with its stream.
func (f *ferry) run(ctx context.Context) {
	defer f.drop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case m := <-f.todo:
			switch m := m.(type) {
			case *ipcpb.FileOpen:
				err = f.open(m)
			case *ipcpb.FilePiece:
				if m.Stream == f.stream && f.end == nil {
					err = f.take(m.Message)
				}
			}
		}
		if err == nil && f.out != nil && f.stream != 0 && f.end == nil {
			err = f.fill()
		}
		if err != nil && f.fail(err) != nil {
			return // the service is gone
		}
	}
}

func (f *ferry) drop() {
	if f.in != nil {
		f.in.Drop()
	}
	if f.out != nil {
		f.out.Close()
	}
}

// open begins a stream, or another one after the first was lost.
func (f *ferry) open(m *ipcpb.FileOpen) error {
	f.stream = m.Stream
	if f.out != nil && f.end.GetCode() == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		f.end = nil // what was sent last may not have arrived
	}
	if f.end != nil {
		return f.finish(f.end)
	}
	b := &wirepb.FileBegin{}
	if f.in != nil {
		b.Offset, b.Sha256 = f.in.At()
	} else {
		if err := f.out.From(m.Offset, m.Sha256); err != nil {
			return err
		}
		f.acked = m.Offset
		b.Offset, b.Sha256 = f.out.At()
	}
	if err := f.say(&wirepb.FileMessage{Kind: &wirepb.FileMessage_Begin{Begin: b}}); err != nil || f.in == nil {
		return err
	}
	return f.keep()
}

// take is a message of the broker's.
func (f *ferry) take(m *wirepb.FileMessage) error {
	switch k := m.GetKind().(type) {
	case *wirepb.FileMessage_Data:
		if f.in == nil {
			return nil
		}
		if _, err := f.in.Write(k.Data); err != nil {
			return err
		}
		at, _ := f.in.At()
		if err := f.say(&wirepb.FileMessage{Kind: &wirepb.FileMessage_Ack{Ack: &wirepb.FileAck{Offset: at}}}); err != nil {
			return err
		}
		return f.keep()
	case *wirepb.FileMessage_Ack:
		if f.out != nil {
			at, _ := f.out.At()
			f.acked = max(f.acked, min(k.Ack.Offset, at))
		}
	}
	return nil
}

// keep gives a file its name once all of it has come.
func (f *ferry) keep() error {
	if !f.in.Whole() {
		return nil
	}
	_, sum := f.in.At()
	name, err := f.in.Keep()
	if err != nil {
		return err
	}
	f.log.Info("file received", "name", name)
	return f.finish(&wirepb.FileEnd{Sha256: sum, Name: name})
}

// fill sends what may be under way.
func (f *ferry) fill() error {
	for {
		at, sum := f.out.At()
		if at-f.acked+wire.MaxFileChunk > wire.FileWindow {
			return nil
		}
		b := make([]byte, wire.MaxFileChunk)
		n, err := io.ReadFull(f.out, b)
		if n > 0 {
			if err := f.say(&wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: b[:n]}}); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return f.finish(&wirepb.FileEnd{Sha256: sum})
		case errors.Is(err, io.ErrUnexpectedEOF), err == nil:
		default:
			return err
		}
	}
}

// fail tells that the transfer cannot go on.
func (f *ferry) fail(err error) error {
	f.log.Warn("file transfer", "err", err)
	e := &wirepb.FileEnd{}
	e.Code, e.Detail = fileCode(err)
	if f.in != nil {
		f.in.Drop()
	}
	return f.finish(e)
}

func (f *ferry) finish(e *wirepb.FileEnd) error {
	f.end = e
	return f.say(&wirepb.FileMessage{Kind: &wirepb.FileMessage_End{End: e}})
}

func (f *ferry) say(m *wirepb.FileMessage) error {
	return f.conn.Send(&ipcpb.FromTray{Kind: &ipcpb.FromTray_File{File: &ipcpb.FilePiece{Nonce: f.nonce, Stream: f.stream, Message: m}}})
}

// reasonOf is why a file system refuses, without the path.
func reasonOf(err error) string {
	if at := (*os.PathError)(nil); errors.As(err, &at) {
		return at.Err.Error()
	}
	if at := (*os.LinkError)(nil); errors.As(err, &at) {
		return at.Err.Error()
	}
	return "it cannot be read or written"
}
