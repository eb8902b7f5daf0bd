package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// about is what the audit log says of a transfer.
func (b *Book) about(t *transfer, f desk.File, action string) store.Record {
	detail := "direction=" + direction(f.Direction)
	if f.Name != "" {
		detail += fmt.Sprintf(" name=%q bytes=%d", f.Name, f.Size)
	}
	if f.SHA256 != nil {
		detail += fmt.Sprintf(" sha256=%x", f.SHA256)
	}
	if f.StoredAs != "" {
		detail += fmt.Sprintf(" stored_as=%q", f.StoredAs)
	}
	return store.Record{
		At: b.conf.Now(), Actor: t.rep.Actor(), ActorName: t.rep.DisplayName, Action: action, Object: "device:" + t.device, ObjectName: t.name,
		Session: t.session.String(), Detail: detail,
	}
}

func direction(d wirepb.FileDirection) string {
	if d == toEndpoint {
		return "to_endpoint"
	}
	return "from_endpoint"
}

// fail ends a transfer, once. tell: the endpoint does not know.
func (b *Book) fail(t *transfer, why error, tell bool) {
	ce := &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_INTERNAL}
	if !errors.As(why, &ce) {
		b.conf.Log.Error("file transfer", "session", t.session.String(), "error", why)
	}
	b.over(t, func(f *desk.File) { f.State, f.Code, f.Detail = desk.FileFailed, ce.Code, ce.Detail }, ce)
	if tell {
		_ = b.conf.Agents.Send(t.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_FileCancel{FileCancel: &wirepb.FileCancel{
			Session: t.session[:], Transfer: t.number, Code: ce.Code,
		}}})
	}
}

// done is the good end of a transfer.
func (b *Book) done(t *transfer, sum []byte, storedAs string) {
	b.over(t, func(f *desk.File) {
		f.State, f.SHA256, f.StoredAs, f.Done = desk.FileDone, sum, text.Name(storedAs), f.Size
	}, errDone)
}

var errDone = errors.New("transferred")

// over changes a transfer for the last time, and records how it ended.
func (b *Book) over(t *transfer, change func(*desk.File), why error) {
	b.mu.Lock()
	if t.over {
		b.mu.Unlock()
		return
	}
	t.over = true
	t.stopWaiting()
	f := t.File
	b.mu.Unlock()
	t.end(why)
	change(&f)
	r := b.about(t, f, "session.file")
	r.Result = audit.OK
	if f.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(f.Code)
	}
	if _, err := b.conf.Audit.Append(context.Background(), r); err != nil {
		b.conf.Log.Error("record the end of a file transfer", "session", t.session.String(), "error", err)
	}
	b.conf.Log.Info("file transfer over", "session", t.session.String(), "direction", direction(t.Direction), "result", r.Result)
	b.mu.Lock()
	t.File = f
	b.mu.Unlock()
	b.publish(t)
}

// Answer takes an endpoint's word on a transfer.
func (b *Book) Answer(device string, m *wirepb.FileAnswer) {
	t := b.find(func(t *transfer) bool {
		return t.device == device && string(t.session[:]) == string(m.Session) && t.number == m.Transfer
	})
	switch {
	case t == nil:
		return
	case m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		b.fail(t, wire.Refuse(m.Code, text.Name(m.Detail)), false)
		return
	case t.Direction == fromEndpoint && m.Size > wire.MaxFile:
		b.fail(t, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE, ""), true)
		return
	}
	b.mu.Lock()
	if t.State == desk.FileAsking && !t.over {
		t.State = desk.FileAgreed
		if t.Direction == fromEndpoint {
			if t.Name, t.Size = text.Name(m.Name), m.Size; t.Name == "" {
				t.Name = "file"
			}
		}
		b.wait(t, idle)
	}
	b.mu.Unlock()
	b.publish(t)
}

// Stream takes a stream that an agent opened for a transfer. One that nobody waits for is
// reset.
func (b *Book) Stream(device string, id wire.SessionID, number uint32, st transport.Stream) {
	t := b.find(func(t *transfer) bool {
		return t.device == device && t.session == id && t.number == number && t.State == desk.FileRunning
	})
	if t != nil {
		select {
		case t.stream <- st:
			return
		default: // it has one already
		}
	}
	st.Reset()
}

// Cancel ends a transfer for the rep who began it.
func (b *Book) Cancel(p account.Principal, id string) error {
	t := b.find(func(t *transfer) bool { return t.ID == id && t.By == p.ID })
	if t == nil {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN, "no such transfer of yours")
	}
	b.fail(t, wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CANCELLED, ""), true)
	return nil
}

// ofSession are the transfers of a session for which is holds.
func (b *Book) ofSession(id wire.SessionID, is func(*transfer) bool) (all []*transfer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.all[id] {
		if is(t) {
			all = append(all, t)
		}
	}
	return all
}

// Close ends the transfers of a session that is over. It asks nobody about the session.
func (b *Book) Close(id wire.SessionID, why error) {
	for _, t := range b.ofSession(id, func(*transfer) bool { return true }) {
		b.fail(t, overCode(why), false)
	}
	b.mu.Lock()
	delete(b.all, id)
	b.mu.Unlock()
}

// overCode is the code of a transfer that its session takes along.
func overCode(why error) error {
	var ce *wire.CodeError
	if errors.As(why, &ce) && ce.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		return why
	}
	return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session ended")
}

// Detach ends what cannot be answered any more: the endpoint's link is lost, and the
// question with it. What is under way waits for the link.
func (b *Book) Detach(id wire.SessionID, why error) {
	for _, t := range b.ofSession(id, func(t *transfer) bool { return t.State == desk.FileAsking }) {
		b.fail(t, overCode(why), true)
	}
}

// Expel ends the transfers of a rep who left.
func (b *Book) Expel(id wire.SessionID, rep string, why error) {
	for _, t := range b.ofSession(id, func(t *transfer) bool { return t.By == rep }) {
		b.fail(t, overCode(why), true)
	}
}
