package broker

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	fileAgreed  = apipb.FileState_FILE_STATE_AGREED
	fileRunning = apipb.FileState_FILE_STATE_RUNNING
	fileDone    = apipb.FileState_FILE_STATE_DONE
	fileFailed  = apipb.FileState_FILE_STATE_FAILED
)

func (c *client) files() apipbconnect.FileServiceClient {
	return apipbconnect.NewFileServiceClient(c.http, c.base)
}

// exchanging is a device that files may go to and from, and a rep.
func (n *bench) exchanging() (*agent, *client) {
	n.t.Helper()
	n.rep("ada").set(n.t, "files", "both")
	return n.online(), n.rep("rob")
}

func (c *client) sendFile(ctx context.Context, session, name string, content []byte) (*apipb.FileTransfer, error) {
	sum := sha256.Sum256(content)
	r, err := c.files().SendFile(ctx, connect.NewRequest(&apipb.SendFileRequest{SessionId: session, Name: name, Size: uint64(len(content)), Sha256: sum[:]}))
	if err != nil {
		return nil, err
	}
	return r.Msg.File, nil
}

// put is a POST of a transfer's content, in the background; the result is its status.
func (c *client) put(ctx context.Context, id string, body io.Reader, size int) <-chan string {
	done := make(chan string, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/files/"+id, body)
		if err != nil {
			done <- err.Error()
			return
		}
		r.ContentLength = int64(size)
		a, err := c.http.Do(r)
		if err != nil {
			done <- err.Error()
			return
		}
		defer func() { _ = a.Body.Close() }()
		said, _ := io.ReadAll(a.Body)
		done <- strings.TrimSpace(fmt.Sprintf("%d %s", a.StatusCode, said))
	}()
	return done
}

// file is the one transfer of a session, once it is in that state.
func (c *client) file(t *testing.T, session string, want apipb.FileState) *apipb.FileTransfer {
	t.Helper()
	var f *apipb.FileTransfer
	eventually(t, want.String(), func() bool {
		all := c.get(t, session).Files
		if len(all) > 0 {
			f = all[len(all)-1]
		}
		return f.GetState() == want
	})
	return f
}

func (a *agent) fileOffer() *wirepb.FileOffer {
	a.t.Helper()
	return await(a, "file offer", func(m *wirepb.BrokerMessage) (*wirepb.FileOffer, bool) {
		return m.GetFileOffer(), m.GetFileOffer() != nil
	})
}

func (a *agent) fileAnswer(o *wirepb.FileOffer, m *wirepb.FileAnswer) {
	a.t.Helper()
	m.Session, m.Transfer = o.Session, o.Transfer
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_FileAnswer{FileAnswer: m}})
}

// fileStream opens the stream that the broker asks for.
func (a *agent) fileStream() (*wirepb.FileOpen, transport.Stream) {
	a.t.Helper()
	o := await(a, "file open", func(m *wirepb.BrokerMessage) (*wirepb.FileOpen, bool) { return m.GetFileOpen(), m.GetFileOpen() != nil })
	st, err := a.link.Open(a.t.Context(), wire.Preface{Type: wire.StreamFile, Session: wire.SessionID(o.Session), Viewer: o.Transfer})
	if err != nil {
		a.t.Fatal(err)
	}
	return o, st
}

func (a *agent) fileCancelled() *wirepb.FileCancel {
	a.t.Helper()
	return await(a, "file cancel", func(m *wirepb.BrokerMessage) (*wirepb.FileCancel, bool) {
		return m.GetFileCancel(), m.GetFileCancel() != nil
	})
}

func (a *agent) tells(st transport.Stream, m *wirepb.FileMessage) {
	a.t.Helper()
	if err := wire.WriteControl(st, m); err != nil {
		a.t.Fatal(err)
	}
}

func (a *agent) begins(st transport.Stream, have []byte) {
	a.t.Helper()
	sum := sha256.Sum256(have)
	a.tells(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Begin{Begin: &wirepb.FileBegin{Offset: uint64(len(have)), Sha256: sum[:]}}})
}

func (a *agent) acks(st transport.Stream, n int) {
	a.t.Helper()
	a.tells(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Ack{Ack: &wirepb.FileAck{Offset: uint64(n)}}})
}

func (a *agent) ends(st transport.Stream, e *wirepb.FileEnd) {
	a.t.Helper()
	a.tells(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_End{End: e}})
}

func (a *agent) hears(st transport.Stream) *wirepb.FileMessage {
	a.t.Helper()
	m := new(wirepb.FileMessage)
	if err := wire.ReadControl(st, m); err != nil {
		a.t.Fatal(err)
	}
	return m
}

// noise is content that no part of is like another.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(b)
	return b
}

func sum256(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}
