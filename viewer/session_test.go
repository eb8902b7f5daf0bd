package viewer

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// agent is the other end of a session's stream.
type agent struct {
	t    *testing.T
	conn net.Conn
}

// session runs a session against an agent; ended gives what Run returned.
func session(t *testing.T, o Options) (s *Session, a *agent, ended <-chan error) {
	t.Helper()
	near, far := net.Pipe()
	s = NewSession(near, o)
	done := make(chan error, 1)
	go func() { done <- s.Run(t.Context()) }()
	t.Cleanup(func() { _ = far.Close() })
	return s, &agent{t, far}, done
}

func (a *agent) read(kind wire.MediaKind) wire.Media {
	a.t.Helper()
	m, _, err := wire.ReadMedia(a.conn, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if m.Kind != kind {
		a.t.Fatalf("message of kind %d, want %d", m.Kind, kind)
	}
	return m
}

func (a *agent) send(h wire.MediaHeader, payload []byte) {
	a.t.Helper()
	if _, err := a.conn.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: h, Payload: payload})); err != nil {
		a.t.Fatal(err)
	}
}

func (a *agent) sendMessage(kind wire.MediaKind, m proto.Message) {
	a.t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		a.t.Fatal(err)
	}
	a.send(wire.MediaHeader{Kind: kind}, b)
}

func TestSessionAsksShowsCreditsAndSteers(t *testing.T) {
	states := make(chan *wirepb.ScreenState, 1)
	updates := make(chan Update, 1)
	s, a, ended := session(t, Options{
		OnState:  func(st *wirepb.ScreenState) { states <- st },
		OnUpdate: func(_ *Canvas, u Update) { updates <- u },
	})
	v := new(wirepb.ViewSettings)
	if err := proto.Unmarshal(a.read(wire.MediaView).Payload, v); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Operations(), v.Operations); d != "" || v.Refresh {
		t.Errorf("view %v: %s", v, d)
	}
	a.sendMessage(wire.MediaState, &wirepb.ScreenState{Reason: wirepb.Reason_REASON_OK, Control: true})
	if st := <-states; !st.Control || !s.State().Control {
		t.Error("state did not arrive")
	}
	a.send(wire.MediaHeader{Kind: 99}, []byte("of a later version"))
	a.send(wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 4, Seq: 1}, packed(resize(8, 6), lossless(wire.OpLossless, ramp(48), wire.Rect{W: 8, H: 6})))
	if u := <-updates; u.Epoch != 4 || u.Seq != 1 || len(u.Damage) == 0 {
		t.Errorf("update %+v", u)
	}
	if m := a.read(wire.MediaShown); m.Epoch != 4 || m.Seq != 1 || m.Length != 0 {
		t.Errorf("shown %+v", m.MediaHeader)
	}
	s.Look(func(c *Canvas) {
		if c.Image().RGBAAt(1, 0).G != 31 {
			t.Error("another picture")
		}
	})

	events := make([]wire.Input, wire.MaxInputEvents+1)
	for i := range events {
		events[i] = wire.Input{Kind: wire.InputMotion, X: uint16(i)}
	}
	sent := make(chan error, 1)
	go func() { sent <- errors.Join(s.Input(events...), s.Refresh()) }()
	var got []wire.Input
	for seq := range 2 {
		m := a.read(wire.MediaInput)
		if m.Seq != uint32(seq+1) {
			t.Errorf("input seq %d", m.Seq)
		}
		var err error
		if got, err = wire.ParseInput(got, m.Payload); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(events, got); d != "" {
		t.Error(d)
	}
	if err := proto.Unmarshal(a.read(wire.MediaView).Payload, v); err != nil || !v.Refresh {
		t.Errorf("refresh: %v, %v", v, err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}

	a.sendMessage(wire.MediaEnd, &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_EXPIRED})
	if err := <-ended; !errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_EXPIRED}) {
		t.Errorf("ended with %v", err)
	}
}

func TestSessionEndsWhenTheProtocolIsBroken(t *testing.T) {
	blank := packed(resize(1, 1))
	for name, h := range map[string]wire.MediaHeader{
		"first seq is not 1":  {Kind: wire.MediaUpdate, Epoch: 1, Seq: 2},
		"epoch 0":             {Kind: wire.MediaUpdate, Epoch: 0, Seq: 2},
		"sealed":              {Kind: wire.MediaUpdate, Epoch: 1, Seq: 1, Flags: wire.FlagSealed},
		"a viewer's message":  {Kind: wire.MediaShown},
		"state of nonsense":   {Kind: wire.MediaState},
		"end of nonsense":     {Kind: wire.MediaEnd},
		"update of nonsense":  {Kind: wire.MediaUpdate, Epoch: 2, Seq: 1},
		"seq out of sequence": {Kind: wire.MediaUpdate, Epoch: 1, Seq: 3},
	} {
		t.Run(name, func(t *testing.T) {
			_, a, ended := session(t, Options{})
			a.read(wire.MediaView)
			payload := blank
			switch name {
			case "seq out of sequence":
				a.send(wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 1, Seq: 1}, blank)
				a.read(wire.MediaShown)
			case "state of nonsense", "end of nonsense", "update of nonsense":
				payload = []byte{0xff}
			}
			a.send(h, payload)
			if err := <-ended; !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestSessionEndsWithItsContext(t *testing.T) {
	near, far := net.Pipe()
	s := NewSession(near, Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	(&agent{t, far}).read(wire.MediaView)
	why := errors.New("closed by the test")
	cancel(why)
	if err := <-done; !errors.Is(err, why) {
		t.Errorf("ended with %v", err)
	}
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the stream is still open: %v", err)
	}
}

func TestDialAttachesWithATicket(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil) // checks the origin
		if err != nil || r.URL.Path != "/viewer/ws" {
			t.Errorf("%s: %v", r.URL, err)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		_, b, err := conn.Read(r.Context())
		if err != nil {
			t.Error(err)
			return
		}
		ask := new(wirepb.ViewerAttach)
		if err := wire.ReadControl(bytes.NewReader(b), ask); err != nil {
			t.Error(err)
		}
		reply := &wirepb.ViewerReply{Kind: &wirepb.ViewerReply_Accepted{Accepted: &wirepb.ViewerAccepted{Version: 1, Viewer: 7}}}
		if ask.Ticket != "good" {
			reply.Kind = &wirepb.ViewerReply_Refusal{Refusal: &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID}}
		}
		if b, err = wire.AppendControl(nil, reply); err != nil {
			t.Error(err)
		}
		if err := conn.Write(r.Context(), websocket.MessageBinary, b); err != nil {
			t.Error(err)
		}
		if _, b, err = conn.Read(r.Context()); err == nil {
			if m, err := wire.ParseMedia(b); err != nil || m.Kind != wire.MediaView {
				t.Errorf("message %+v, %v: not exactly one", m, err)
			}
			_ = conn.Write(r.Context(), websocket.MessageBinary, wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaEnd}}))
		}
	}))
	defer web.Close()
	if _, _, err := Dial(t.Context(), web.URL, "bad", nil, nil); !errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID}) {
		t.Errorf("bad ticket: %v", err)
	}
	stream, accepted, err := Dial(t.Context(), web.URL, "good", http.Header{"Cookie": {"name=value"}}, nil)
	if err != nil || accepted.Viewer != 7 {
		t.Fatalf("%v, %v", accepted, err)
	}
	if err := NewSession(stream, Options{}).Run(t.Context()); !errors.Is(err, &wire.CodeError{}) {
		t.Errorf("ended with %v", err)
	}
}

// TestStateMakesThePictureReady: what a state says of the screen's size is used
// if it is so, and else does no harm.
func TestStateMakesThePictureReady(t *testing.T) {
	for _, m := range []*wirepb.Monitor{
		nil,
		{Id: 1, Width: 8, Height: 6},
		{Id: 1, Width: 6, Height: 8},
		{Id: 2, Width: 8, Height: 6},
		{Id: 1, Width: 1 << 31, Height: 1 << 31, X: -1 << 31},
		{Id: 1, Width: wire.MaxCanvas, Height: wire.MaxCanvas},
		{Id: 1, Width: 8},
	} {
		shown := make(chan image.Point, 1)
		_, a, _ := session(t, Options{OnUpdate: func(c *Canvas, _ Update) { shown <- c.Size() }})
		a.read(wire.MediaView)
		st := &wirepb.ScreenState{Monitor: 1}
		if m != nil {
			st.Monitors = append(st.Monitors, m)
		}
		a.sendMessage(wire.MediaState, st)
		a.send(wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 1, Seq: 1}, packed(resize(8, 6)))
		a.read(wire.MediaShown)
		if got := <-shown; got != image.Pt(8, 6) {
			t.Errorf("%v: shown at %v", m, got)
		}
	}
}
