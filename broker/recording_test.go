package broker

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/recording"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) recordings() apipbconnect.RecordingServiceClient {
	return apipbconnect.NewRecordingServiceClient(c.http, c.base)
}

func (c *client) listRecordings(t *testing.T, session string) []*apipb.Recording {
	t.Helper()
	r, err := c.recordings().ListRecordings(t.Context(), connect.NewRequest(&apipb.ListRecordingsRequest{SessionId: session}))
	if err != nil {
		t.Fatal(err)
	}
	return r.Msg.Recordings
}

// segment reads a whole segment.
func (c *client) segment(t *testing.T, id string, index uint32) ([]byte, error) {
	t.Helper()
	s, err := c.recordings().ReadSegment(t.Context(), connect.NewRequest(&apipb.ReadSegmentRequest{Id: id, Index: index}))
	if err != nil {
		return nil, err
	}
	var b []byte
	for s.Receive() {
		b = append(b, s.Msg().Content...)
	}
	return b, s.Err()
}

// streams opens the media streams that the broker asks for: that of the rep's
// viewer and, where there is one, the recorder's.
func (a *agent) streams(recorded bool) (rep, recorder transport.Stream) {
	a.t.Helper()
	for rep == nil || recorded && recorder == nil {
		v := await(a, "viewer", func(m *wirepb.BrokerMessage) (*wirepb.ViewerAttached, bool) {
			return m.GetViewerAttached(), m.GetViewerAttached() != nil
		})
		st, err := a.link.Open(a.t.Context(), wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID(v.Session), Viewer: v.Viewer})
		if err != nil {
			a.t.Fatal(err)
		}
		if v.Recorder {
			recorder = st
		} else {
			rep = st
		}
	}
	return rep, recorder
}

// show sends the first update of an epoch with something in it.
func show(t *testing.T, st transport.Stream, marker string) {
	t.Helper()
	resize := wire.AppendOp(nil, &wire.Op{Kind: wire.OpResize, Width: 32, Height: 16})
	for i, p := range [][]byte{resize, []byte(marker)} {
		if _, err := st.Write(message(wire.MediaUpdate, uint32(i+1), p)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestA3_A4_E11_ARecordedSessionPlaysWhenItIsOver(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "recording", "on")
	s := a.active(rob)
	ws, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
	repStream, recorder := a.streams(true)
	if m := readMedia(t, recorder); m.Kind != wire.MediaView {
		t.Fatalf("the recorder began with kind %d", m.Kind)
	}
	const shownText, typed = "what the screen shows", "a password that is typed"
	show(t, recorder, shownText)
	for got := uint32(0); got < 2; {
		if m := readMedia(t, recorder); m.Kind == wire.MediaShown {
			got = m.Seq
		}
	}
	// What is typed goes to the endpoint and nowhere else.
	input := wire.AppendInput(nil, wire.Input{Kind: wire.InputText, Text: typed})
	if err := ws.Write(t.Context(), websocket.MessageBinary, message(wire.MediaInput, 1, input)); err != nil {
		t.Fatal(err)
	}
	if m := readMedia(t, repStream); m.Kind != wire.MediaInput || !bytes.Contains(m.Payload, []byte(typed)) {
		t.Fatalf("%+v", m)
	}
	if _, err := rob.session.SendChat(t.Context(), connect.NewRequest(&apipb.SendChatRequest{Id: s.Id, Text: "hello"})); err != nil {
		t.Fatal(err)
	}

	rob.write(t, s.Id, "a fake, I think", toReps)

	// While the session stands there is nothing to play.
	if l := ada.listRecordings(t, s.Id); len(l) != 0 {
		t.Fatalf("while active: %v", l)
	}
	open, err := n.b.store.Recordings(t.Context(), store.RecordingFilter{Open: true})
	if err != nil || len(open) != 1 {
		t.Fatal(open, err)
	}
	_, err = ada.recordings().OpenRecording(t.Context(), connect.NewRequest(&apipb.OpenRecordingRequest{Id: open[0].ID}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFLICT)

	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	var l []*apipb.Recording
	eventually(t, "the recording is there", func() bool { l = ada.listRecordings(t, s.Id); return len(l) == 1 })
	if !l[0].Complete || l[0].DeviceName != "ws-1" || l[0].RepName != "Rob Rep" || l[0].KeptUntil == nil {
		t.Fatalf("%v", l[0])
	}
	id := l[0].Id

	// Playing has its own permission, begins with Open, and is recorded.
	_, err = rob.recordings().OpenRecording(t.Context(), connect.NewRequest(&apipb.OpenRecordingRequest{Id: id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = rob.segment(t, id, 1)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = ada.segment(t, id, 1)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	o, err := ada.recordings().OpenRecording(t.Context(), connect.NewRequest(&apipb.OpenRecordingRequest{Id: id}))
	if err != nil {
		t.Fatal(err)
	}
	if r := n.records(action("recording.open")); len(r) != 1 || r[0].ActorName != "Ada Admin" || r[0].Session != s.Id {
		t.Fatalf("%+v", r)
	}
	marks := map[string]string{}
	for _, m := range o.Msg.Marks {
		marks[m.Kind] += m.Text
	}
	if !strings.Contains(marks["chat"], "Rob Rep: hello") || !strings.Contains(marks["chat"], "Rob Rep to reps only: a fake, I think") || !strings.Contains(marks["rep"], "Rob Rep joined") || marks["consent"] == "" || marks["end"] == "" || marks["gap"] != "" {
		t.Errorf("%v", marks)
	}
	if len(o.Msg.Segments) == 0 || !o.Msg.Segments[0].Key {
		t.Fatalf("%v", o.Msg.Segments)
	}
	var content []byte
	for _, g := range o.Msg.Segments {
		b, err := ada.segment(t, id, g.Index)
		if err != nil || uint64(len(b)) != g.Bytes {
			t.Fatalf("%d bytes of %v, %v", len(b), g, err)
		}
		content = append(content, b...)
	}
	if !bytes.Contains(content, []byte(shownText)) || bytes.Contains(content, []byte(typed)) {
		t.Error("the recording has not exactly what the screen showed")
	}
	if e, err := recording.NewEntries(bytes.NewReader(content)).Next(); err != nil || e.Kind != wire.MediaUpdate || e.Seq != 1 {
		t.Errorf("%+v, %v", e, err)
	}
	files, err := filepath.Glob(filepath.Join(n.data, "recordings", id, "0*.age"))
	if err != nil || len(files) != len(o.Msg.Segments) {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		if bytes.Contains(b, []byte(shownText)) || len(n.records(func(r store.Record) bool { return strings.Contains(r.Detail, hex.EncodeToString(sum[:])) })) != 1 {
			t.Errorf("%s is not encrypted or not in the audit log", f)
		}
	}

	// Outside of the scope nothing is recorded.
	ada.set(t, "recording", "off")
	s = a.active(rob)
	rob.view(t, rob.attach(t, s.Id).Ticket)
	a.streams(false)
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	if all, err := n.b.store.Recordings(t.Context(), store.RecordingFilter{}); err != nil || len(all) != 1 {
		t.Errorf("%d recordings, %v", len(all), err)
	}
	// Deleting asks, is not for everybody, and is recorded.
	_, err = rob.recordings().DeleteRecording(t.Context(), connect.NewRequest(&apipb.DeleteRecordingRequest{Id: id, Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	_, err = ada.recordings().DeleteRecording(t.Context(), connect.NewRequest(&apipb.DeleteRecordingRequest{Id: id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	if _, err = ada.recordings().DeleteRecording(t.Context(), connect.NewRequest(&apipb.DeleteRecordingRequest{Id: id, Confirm: true})); err != nil {
		t.Fatal(err)
	}
	_, err = ada.segment(t, id, 1)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_FOUND)
	if _, err := os.Stat(filepath.Join(n.data, "recordings", id)); !os.IsNotExist(err) || len(n.records(action("recording.delete"))) != 1 {
		t.Error("files or no record of a recording that was deleted", err)
	}
}

func TestE11_RequiredRecordingHoldsThePictureBack(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "recording", "required")
	s := a.active(rob)
	ws, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
	// The recorder comes first, and the rep's viewer when something was recorded.
	v := await(a, "viewer", func(m *wirepb.BrokerMessage) (*wirepb.ViewerAttached, bool) {
		return m.GetViewerAttached(), m.GetViewerAttached() != nil
	})
	if !v.Recorder {
		t.Fatal("the rep's viewer was asked for first")
	}
	st, err := a.link.Open(t.Context(), wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID(v.Session), Viewer: v.Viewer})
	if err != nil {
		t.Fatal(err)
	}
	show(t, st, "x")
	a.streams(false)
	// The endpoint stops the recorder's stream and gives it no other.
	st.Reset()
	if c := endOf(t, ws); c != wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE {
		t.Fatalf("the viewer was told %v", c)
	}
	eventually(t, "the session shows it", func() bool { return rob.get(t, s.Id).RecordingFailed })
	_, err = rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_RECORDING_UNAVAILABLE)
	// It gives one: the picture may go on.
	v = await(a, "viewer", func(m *wirepb.BrokerMessage) (*wirepb.ViewerAttached, bool) {
		return m.GetViewerAttached(), m.GetViewerAttached() != nil
	})
	if st, err = a.link.Open(t.Context(), wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID(v.Session), Viewer: v.Viewer}); err != nil {
		t.Fatal(err)
	}
	show(t, st, "y")
	eventually(t, "the session is shown again", func() bool { return !rob.get(t, s.Id).RecordingFailed })
	rob.view(t, rob.attach(t, s.Id).Ticket)
	a.streams(false)
}

func TestE16_RecipientsAreForAdministrators(t *testing.T) {
	n := newBench(t)
	ada, rob := n.rep("ada"), n.rep("rob")
	_, err := rob.recordings().ListRecipients(t.Context(), connect.NewRequest(&apipb.ListRecipientsRequest{}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	l, err := ada.recordings().ListRecipients(t.Context(), connect.NewRequest(&apipb.ListRecipientsRequest{}))
	if err != nil || len(l.Msg.Recipients) != 1 || !l.Msg.Recipients[0].Own {
		t.Fatal(l, err)
	}
	retire := &apipb.RetireRecipientRequest{Id: l.Msg.Recipients[0].Id}
	_, err = ada.recordings().RetireRecipient(t.Context(), connect.NewRequest(retire))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	retire.Confirm = true
	_, err = ada.recordings().RetireRecipient(t.Context(), connect.NewRequest(retire))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_IN_USE)
	_, err = ada.recordings().AddRecipient(t.Context(), connect.NewRequest(&apipb.AddRecipientRequest{Name: "Vault", Key: "age1nonsense"}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
}
