package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// The content comes whole although the link is lost in the middle, and nobody is asked
// again. It is in the audit log before the endpoint hears of it, and when it is there.
func TestX2_FileToTheEndpointOverALostLink(t *testing.T) {
	n := newBench(t)
	a, rob := n.exchanging()
	s := a.active(rob)
	content := noise(3*wire.FileWindow + 12345)
	f, err := rob.sendFile(t.Context(), s.Id, "report\u202e.pdf", content)
	if err != nil {
		t.Fatal(err)
	}
	o := a.fileOffer()
	if asked := n.records(action("session.file_ask")); len(asked) != 1 || asked[0].ActorName != "Rob Rep" || asked[0].Session != s.Id ||
		!strings.Contains(asked[0].Detail, fmt.Sprintf("direction=to_endpoint name=%q bytes=%d sha256=%x", "report.pdf", len(content), sha256.Sum256(content))) {
		t.Errorf("recorded %+v", asked)
	}
	if o.Name != "report.pdf" || o.Size != uint64(len(content)) || !bytes.Equal(o.Sha256, sum256(content)) || o.RepId == "" {
		t.Errorf("offered %v", o)
	}
	if got := <-rob.put(t.Context(), f.Id, bytes.NewReader(content), len(content)); !strings.HasPrefix(got, "409 busy") {
		t.Errorf("before the Yes: %s", got)
	}
	a.fileAnswer(o, &wirepb.FileAnswer{})
	rob.file(t, s.Id, fileAgreed)
	if got := <-n.rep("ria").put(t.Context(), f.Id, bytes.NewReader(content), len(content)); !strings.HasPrefix(got, "404 transfer_unknown") {
		t.Errorf("somebody else's: %s", got)
	}
	done := rob.put(t.Context(), f.Id, bytes.NewReader(content), len(content))
	_, st := a.fileStream()
	a.begins(st, nil)
	var have []byte
	for len(have) < wire.FileWindow {
		have = append(have, a.hears(st).GetData()...)
	}
	written := wire.FileWindow / 2
	a.acks(st, wire.MaxFileChunk)
	eventually(t, "how far it is", func() bool { return rob.get(t, s.Id).Files[0].Done == wire.MaxFileChunk })
	a.link.Close(transport.ErrLost) // more was written than was said
	a.connect(mustID(t, s.Id))
	_, st = a.fileStream()
	a.begins(st, have[:written])
	have = have[:written]
	for len(have) < len(content) {
		m := a.hears(st)
		if len(m.GetData()) == 0 || len(m.GetData()) > wire.MaxFileChunk {
			t.Fatalf("%v", m)
		}
		have = append(have, m.GetData()...)
		a.acks(st, len(have))
	}
	if !bytes.Equal(have, content) {
		t.Error("the content differs")
	}
	a.ends(st, &wirepb.FileEnd{Sha256: sum256(have), Name: "report (2).pdf"})
	if got := <-done; got != "204" {
		t.Errorf("answered %s", got)
	}
	if got := rob.file(t, s.Id, fileDone); got.StoredAs != "report (2).pdf" || got.Done != uint64(len(content)) {
		t.Errorf("%v", got)
	}
	var over []store.Record
	eventually(t, "the record", func() bool { over = n.records(action("session.file")); return len(over) == 1 })
	if over[0].Result != "ok" || !strings.Contains(over[0].Detail, `stored_as="report (2).pdf"`) {
		t.Errorf("recorded %+v", over)
	}
}

func TestX2_EndpointThatHasSomethingElseIsNotGivenMore(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(a *agent, st transport.Stream, have []byte)
		want wirepb.ErrorCode
	}{
		"another beginning": {func(a *agent, _ transport.Stream, have []byte) {
			a.link.Close(transport.ErrLost)
			a.connect(a.lastOffer.Session)
			_, st := a.fileStream()
			have[0]++
			a.begins(st, have[:10])
		}, wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED},
		"more than was sent": {func(a *agent, st transport.Stream, have []byte) { a.acks(st, 10*len(have)) }, wirepb.ErrorCode_ERROR_CODE_MALFORMED},
		"data": {func(a *agent, st transport.Stream, _ []byte) {
			a.tells(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: []byte("x")}})
		}, wirepb.ErrorCode_ERROR_CODE_MALFORMED},
		"its disk is full": {func(a *agent, st transport.Stream, _ []byte) {
			a.ends(st, &wirepb.FileEnd{Code: wirepb.ErrorCode_ERROR_CODE_DISK_FULL})
		}, wirepb.ErrorCode_ERROR_CODE_DISK_FULL},
		"another sum": {func(a *agent, st transport.Stream, have []byte) { a.ends(st, &wirepb.FileEnd{Sha256: sum256(have)}) }, wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED},
		"it gives up": {func(a *agent, _ transport.Stream, _ []byte) {
			a.fileAnswer(a.lastOffer, &wirepb.FileAnswer{Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED})
		}, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t)
			a, rob := n.exchanging()
			s := a.active(rob)
			content := noise(2 * wire.FileWindow)
			f, err := rob.sendFile(t.Context(), s.Id, "a", content)
			if err != nil {
				t.Fatal(err)
			}
			a.lastOffer = a.fileOffer()
			a.fileAnswer(a.lastOffer, &wirepb.FileAnswer{})
			rob.file(t, s.Id, fileAgreed)
			done := rob.put(t.Context(), f.Id, bytes.NewReader(content), len(content))
			_, st := a.fileStream()
			a.begins(st, nil)
			var have []byte
			for len(have) < wire.FileWindow {
				have = append(have, a.hears(st).GetData()...)
			}
			tc.do(a, st, have)
			if got := rob.file(t, s.Id, fileFailed); got.Code != tc.want {
				t.Errorf("failed with %v, want %v", got.Code, tc.want)
			}
			if got := <-done; got == "204" {
				t.Error("the browser was told that it is there")
			}
			over := n.records(action("session.file"))
			if len(over) != 1 || over[0].Result != wire.CodeName(tc.want) {
				t.Errorf("recorded %+v", over)
			}
		})
	}
}

// A file comes from the endpoint although the link is lost in the middle. It is saved,
// whatever it is, and never shown.
func TestX2_FileFromTheEndpointOverALostLink(t *testing.T) {
	n := newBench(t)
	a, rob := n.exchanging()
	s := a.active(rob)
	content := noise(400_000)
	r, err := rob.files().FetchFile(t.Context(), connect.NewRequest(&apipb.FetchFileRequest{SessionId: s.Id}))
	if err != nil {
		t.Fatal(err)
	}
	o := a.fileOffer()
	if o.Name != "" || o.Direction != wirepb.FileDirection_FILE_DIRECTION_FROM_ENDPOINT {
		t.Errorf("%v", o)
	}
	a.fileAnswer(o, &wirepb.FileAnswer{Name: "../b\"ä.html", Size: uint64(len(content))})
	if f := rob.file(t, s.Id, fileAgreed); f.Size != uint64(len(content)) || f.Id != r.Msg.File.Id {
		t.Errorf("%v", f)
	}
	type got struct {
		*http.Response
		body []byte
		err  error
	}
	done := make(chan got, 1)
	go func() {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, rob.base+"/files/"+r.Msg.File.Id, nil)
		if err != nil {
			done <- got{err: err}
			return
		}
		g := got{}
		if g.Response, g.err = rob.http.Do(q); g.err == nil {
			g.body, g.err = io.ReadAll(g.Body)
			_ = g.Body.Close()
		}
		done <- g
	}()
	serve := func(st transport.Stream, from, to int) {
		for from < to {
			next := min(from+wire.MaxFileChunk, to)
			a.tells(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: content[from:next]}})
			if ack := a.hears(st).GetAck(); ack.GetOffset() != uint64(next) {
				t.Fatalf("acknowledged %v, want %d", ack, next)
			}
			from = next
		}
	}
	_, st := a.fileStream()
	a.begins(st, nil)
	serve(st, 0, 150_000)
	a.link.Close(transport.ErrLost)
	a.connect(mustID(t, s.Id))
	open, st := a.fileStream()
	if open.Offset != 150_000 || !bytes.Equal(open.Sha256, sum256(content[:150_000])) {
		t.Fatalf("goes on at %v", open)
	}
	a.begins(st, content[:150_000])
	serve(st, 150_000, len(content))
	a.ends(st, &wirepb.FileEnd{Sha256: sum256(content)})
	if end := a.hears(st).GetEnd(); end == nil || end.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		t.Errorf("%v", end)
	}
	st.Reset()
	g := <-done
	if g.err != nil || !bytes.Equal(g.body, content) {
		t.Fatalf("%d bytes, %v", len(g.body), g.err)
	}
	for h, want := range map[string]string{
		"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Length": "400000",
		"Content-Disposition": "attachment; filename*=utf-8''.._b_%C3%A4.html", "Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if v := g.Header.Get(h); v != want {
			t.Errorf("%s is %q, want %q", h, v, want)
		}
	}
	rob.file(t, s.Id, fileDone)
	over := n.records(action("session.file"))
	if len(over) != 1 || over[0].Result != "ok" || !strings.Contains(over[0].Detail, fmt.Sprintf("sha256=%x", sha256.Sum256(content))) {
		t.Errorf("recorded %+v", over)
	}
}

// Content whose sum differs at its end is cut, so that a browser does not keep it as whole.
func TestX2_ChangedDownloadIsCut(t *testing.T) {
	n := newBench(t)
	a, rob := n.exchanging()
	s := a.active(rob)
	r, err := rob.files().FetchFile(t.Context(), connect.NewRequest(&apipb.FetchFileRequest{SessionId: s.Id}))
	if err != nil {
		t.Fatal(err)
	}
	a.fileAnswer(a.fileOffer(), &wirepb.FileAnswer{Name: "a", Size: 6})
	rob.file(t, s.Id, fileAgreed)
	done := make(chan error, 1)
	go func() {
		g, err := rob.http.Get(rob.base + "/files/" + r.Msg.File.Id) //nolint:noctx // ends with the broker
		if err == nil {
			_, err = io.ReadAll(g.Body)
			_ = g.Body.Close()
		}
		if err == nil && g.StatusCode != http.StatusOK {
			err = errors.New(g.Status) // asked again, as nothing had come
		}
		done <- err
	}()
	_, st := a.fileStream()
	a.begins(st, nil)
	a.tells(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Data{Data: []byte("abc")}})
	a.hears(st)
	a.ends(st, &wirepb.FileEnd{Sha256: sum256([]byte("abc"))})
	if err := <-done; err == nil {
		t.Error("half a file was taken for a whole one")
	}
	if f := rob.file(t, s.Id, fileFailed); f.Code != wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED {
		t.Errorf("%v", f)
	}
	if c := a.fileCancelled(); c.Code != wirepb.ErrorCode_ERROR_CODE_FILE_CHANGED {
		t.Errorf("%v", c)
	}
}

func TestX2_WhoMayNotIsToldWhy(t *testing.T) {
	n := newBench(t)
	a, rob := n.exchanging()
	action := func(s *apipb.Session, id string) *apipb.Action {
		for _, x := range s.Actions {
			if x.Id == id {
				return x
			}
		}
		return nil
	}
	v, err := rob.session.Start(t.Context(), connect.NewRequest(&apipb.StartRequest{DeviceId: a.dev, ViewOnly: true}))
	if err != nil {
		t.Fatal(err)
	}
	a.answer(a.offer(), true)
	s := n.phase(rob, v.Msg.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	for _, id := range []string{"send_file", "fetch_file"} {
		if x := action(s, id); x == nil || x.Enabled || x.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || x.Reason != "the session is view only" {
			t.Errorf("%s: %v", id, x)
		}
	}
	_, err = rob.sendFile(t.Context(), s.Id, "a", nil)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	rob.end(t, s.Id)
	a.ended()
	s = a.active(rob)
	if x := action(s, "send_file"); x == nil || !x.Enabled {
		t.Errorf("%v", x)
	}
	_, err = n.rep("ria").sendFile(t.Context(), s.Id, "a", nil)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	_, err = rob.sendFile(t.Context(), s.Id, "\u202e\n", nil)
	if wrongField(err) != "name" {
		t.Errorf("%v", err)
	}
	_, err = rob.files().SendFile(t.Context(), connect.NewRequest(&apipb.SendFileRequest{SessionId: s.Id, Name: "a", Size: wire.MaxFile + 1, Sha256: sum256(nil)}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FILE_TOO_LARGE)
	f, err := rob.sendFile(t.Context(), s.Id, "a", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = rob.sendFile(t.Context(), s.Id, "b", nil)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_BUSY)
	_, err = n.rep("ria").files().CancelFile(t.Context(), connect.NewRequest(&apipb.CancelFileRequest{Id: f.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_TRANSFER_UNKNOWN)
	if _, err = rob.files().CancelFile(t.Context(), connect.NewRequest(&apipb.CancelFileRequest{Id: f.Id})); err != nil {
		t.Error(err)
	}
	if c := a.fileCancelled(); c.Code != wirepb.ErrorCode_ERROR_CODE_CANCELLED {
		t.Errorf("%v", c)
	}
}

// A browser, a session and a sign-in that go take what is under way along.
func TestX2_TransferEndsWithWhoWantsIt(t *testing.T) {
	for name, go_ := range map[string]func(t *testing.T, n *bench, rob *client, session string, leave func()){
		"browser": func(_ *testing.T, _ *bench, _ *client, _ string, leave func()) { leave() },
		"sign-in": func(t *testing.T, _ *bench, rob *client, _ string, _ func()) {
			if _, err := rob.signIn.SignOut(t.Context(), connect.NewRequest(&apipb.SignOutRequest{})); err != nil {
				t.Error(err)
			}
		},
		"session": func(t *testing.T, _ *bench, rob *client, session string, _ func()) { rob.end(t, session) },
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t)
			a, rob := n.exchanging()
			s := a.active(rob)
			content := noise(2 * wire.FileWindow)
			f, err := rob.sendFile(t.Context(), s.Id, "a", content)
			if err != nil {
				t.Fatal(err)
			}
			a.fileAnswer(a.fileOffer(), &wirepb.FileAnswer{})
			rob.file(t, s.Id, fileAgreed)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			rest, more := io.Pipe() // the second half never comes
			defer func() { _ = more.Close() }()
			done := rob.put(ctx, f.Id, io.MultiReader(bytes.NewReader(content[:wire.FileWindow]), rest), len(content))
			_, st := a.fileStream()
			a.begins(st, nil)
			have := len(a.hears(st).GetData())
			go_(t, n, rob, s.Id, leave)
			eventually(t, "the end of the stream", func() bool {
				m := new(wirepb.FileMessage)
				err := wire.ReadControl(st, m)
				if have += len(m.GetData()); err == nil {
					_ = wire.WriteControl(st, &wirepb.FileMessage{Kind: &wirepb.FileMessage_Ack{Ack: &wirepb.FileAck{Offset: uint64(have)}}})
				}
				return err != nil
			})
			_ = more.Close()
			if got := <-done; got == "204" {
				t.Errorf("answered %s", got)
			}
			eventually(t, "the record", func() bool {
				over := n.records(action("session.file"))
				return len(over) == 1 && over[0].Result != "ok"
			})
		})
	}
}
