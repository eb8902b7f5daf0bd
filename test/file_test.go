//go:build linux

package test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fileTitle is the title of the window in which the person chooses a file.
const fileTitle = "Choose a file to send"

func (w *world) fileCalls() apipbconnect.FileServiceClient {
	return apipbconnect.NewFileServiceClient(w.rep.HTTP, w.broker.Console)
}

// transfer waits until the newest transfer of a session is in a state.
func (w *world) transfer(session string, want apipb.FileState) *apipb.FileTransfer {
	w.t.Helper()
	var f *apipb.FileTransfer
	w.must(bed.Until(w.ctx, "a transfer to be "+want.String(), func() (bool, error) {
		s, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: session}))
		if err != nil || len(s.Msg.Session.Files) == 0 {
			return false, err
		}
		f = s.Msg.Session.Files[len(s.Msg.Session.Files)-1]
		if f.State > want {
			err = fmt.Errorf("it is %v", f)
		}
		return f.State == want, err
	}))
	return f
}

// content makes the HTTP call of a transfer.
func (w *world) content(method, id string, body []byte) (status int, got []byte) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, method, w.broker.Console+"/files/"+id, bytes.NewReader(body))
	w.must(err)
	a, err := w.rep.HTTP.Do(r)
	w.must(err)
	defer func() { _ = a.Body.Close() }()
	got, err = io.ReadAll(a.Body)
	w.must(err)
	return a.StatusCode, got
}

// TestX2_FilesBothWaysOverALostLink: the person says No, then takes a file, then chooses
// one, in the system's own windows; each time the link breaks in the middle.
func TestX2_FilesBothWaysOverALostLink(t *testing.T) {
	t.Parallel()
	w, wire := newWiredWorld(t)
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"files": "both"})
	s := w.ask()
	w.must(w.desktop.Answer(w.ctx, true))
	w.active(s)

	const middle = 1 << 20
	content := make([]byte, 3*middle)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(content)
	sum := sha256.Sum256(content)
	ask := &apipb.SendFileRequest{SessionId: s.Id, Name: "../../.bashrc", Size: uint64(len(content)), Sha256: sum[:]}
	send := func(yes bool) *apipb.FileTransfer {
		r, err := w.fileCalls().SendFile(w.ctx, connect.NewRequest(ask))
		w.must(err)
		w.must(w.desktop.Answer(w.ctx, yes))
		return r.Msg.File
	}
	send(false)
	if f := w.transfer(s.Id, apipb.FileState_FILE_STATE_FAILED); f.Code != wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		t.Errorf("after a No: %v", f)
	}
	downloads := filepath.Join(w.desktop.Dir, "Downloads")
	if _, err := os.Stat(downloads); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was made after a No: %v", err)
	}
	f := send(true)
	w.transfer(s.Id, apipb.FileState_FILE_STATE_AGREED)
	wire.After(middle)
	if status, said := w.content(http.MethodPost, f.Id, content); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, said)
	}
	if f = w.transfer(s.Id, apipb.FileState_FILE_STATE_DONE); f.StoredAs != "bashrc" || wire.Cuts() != 1 {
		t.Errorf("%v, the wire broke %d times", f, wire.Cuts())
	}
	i, err := os.Lstat(filepath.Join(downloads, "bashrc"))
	w.must(err)
	if got, err := os.ReadFile(filepath.Join(downloads, "bashrc")); err != nil || !bytes.Equal(got, content) || i.Mode() != 0o600 {
		t.Errorf("%d bytes, mode %v, %v", len(got), i.Mode(), err)
	}

	path := filepath.Join(w.desktop.Dir, "report.bin")
	w.must(os.WriteFile(path, content, 0o644))
	r, err := w.fileCalls().FetchFile(w.ctx, connect.NewRequest(&apipb.FetchFileRequest{SessionId: s.Id}))
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, true))
	w.must(w.desktop.Type(w.ctx, fileTitle, path))
	f = w.transfer(s.Id, apipb.FileState_FILE_STATE_AGREED)
	if f.Name != "report.bin" || f.Size != uint64(len(content)) {
		t.Errorf("%v", f)
	}
	wire.After(middle)
	if status, got := w.content(http.MethodGet, r.Msg.File.Id, nil); status != http.StatusOK || !bytes.Equal(got, content) {
		t.Errorf("%d, %d bytes", status, len(got))
	}
	if f = w.transfer(s.Id, apipb.FileState_FILE_STATE_DONE); !bytes.Equal(f.Sha256, sum[:]) || wire.Cuts() != 2 {
		t.Errorf("%v, the wire broke %d times", f, wire.Cuts())
	}
	log, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{SessionId: s.Id, Filter: &apipb.AuditFilter{Action: "session.file"}}))
	w.must(err)
	var results []string
	for _, r := range log.Msg.Records {
		results = append(results, r.Result)
		if !strings.Contains(r.Detail, fmt.Sprintf("bytes=%d sha256=%x", len(content), sum)) {
			t.Errorf("recorded %v", r)
		}
	}
	if got := strings.Join(results, " "); got != "ok ok denied_by_user" {
		t.Errorf("recorded %s, newest first", got)
	}
}
