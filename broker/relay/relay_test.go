package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/transport/transporttest"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const patience = time.Minute

var (
	session = wire.SessionID{1}
	rep     = account.Principal{ID: "r", SignIn: "s"}
)

// bench is a relay with an agent on a link in memory and a WebSocket server.
type bench struct {
	t       testing.TB
	relay   *Relay
	agent   transport.Link
	link    transport.Link        // its broker's end
	streams chan transport.Stream // the agent's ends
	url     string
}

func (b *bench) ViewerAttached(id wire.SessionID, viewer uint32, _ string, _ bool) error {
	go func() {
		st, err := b.agent.Open(context.Background(), wire.Preface{Type: wire.StreamMedia, Session: id, Viewer: viewer})
		if err == nil {
			b.streams <- st
		}
	}()
	return nil
}

func (b *bench) ViewerDetached(wire.SessionID, uint32) {}

func newBench(t testing.TB, timeout time.Duration) *bench {
	t.Helper()
	b := &bench{t: t, streams: make(chan transport.Stream, 4)}
	b.relay = New(Config{
		Agents: b, Log: slog.New(slog.DiscardHandler), Now: time.Now, WriteTimeout: timeout,
		Ended: func(account.Principal) (<-chan struct{}, func()) { return nil, func() {} },
	})
	agent, broker := transporttest.Pair(t)
	b.agent, b.link = agent, broker
	go func() {
		for {
			st, p, err := broker.Accept(context.Background())
			if err != nil {
				return
			}
			b.relay.Media(p.Session, p.Viewer, st)
		}
	}()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.relay.ServeWebSocket(w, r, account.Principal{ID: strings.TrimPrefix(r.URL.Path, "/"), SignIn: "s"})
	}))
	t.Cleanup(srv.Close)
	b.url = strings.Replace(srv.URL, "http", "ws", 1)
	b.relay.Open(session)
	return b
}

// view attaches a viewer and returns both ends.
func (b *bench) view() (*websocket.Conn, transport.Stream) {
	b.t.Helper()
	return b.viewAs(rep)
}

func (b *bench) viewAs(who account.Principal) (*websocket.Conn, transport.Stream) {
	b.t.Helper()
	ticket, err := b.relay.Ticket(session, who)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, b.url+"/"+who.ID, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	ws.SetReadLimit(2 << 20)
	b.t.Cleanup(func() { _ = ws.CloseNow() })
	m, err := wire.AppendControl(nil, &wirepb.ViewerAttach{VersionMin: 1, VersionMax: 1, Ticket: ticket.Reveal()})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := ws.Write(ctx, websocket.MessageBinary, m); err != nil {
		b.t.Fatal(err)
	}
	if _, _, err := ws.Read(ctx); err != nil {
		b.t.Fatal(err)
	}
	select {
	case st := <-b.streams:
		return ws, st
	case <-ctx.Done():
		b.t.Fatal("no stream")
		return nil, nil
	}
}

func update(n int) []byte {
	return wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaUpdate, Epoch: 1, Seq: 1}, Payload: make([]byte, n)})
}

func TestViewerThatTakesNothingIsDropped(t *testing.T) {
	b := newBench(t, 200*time.Millisecond)
	ws, st := b.view()
	m := update(wire.MaxMediaPayload)
	sent := 0
	for {
		if _, err := st.Write(m); err != nil {
			break // reset by the relay
		}
		if sent++; sent > 200 {
			t.Fatal("200 MiB went to a viewer that does not read")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := ws.Read(ctx); err != nil {
			if ctx.Err() != nil {
				t.Fatal("the viewer was not dropped")
			}
			break
		}
	}
	b.view() // the session goes on
}

func TestMessagesOfTheOtherSideAreRefused(t *testing.T) {
	for name, do := range map[string]func(*websocket.Conn, transport.Stream) error{
		"viewer sends an update": func(ws *websocket.Conn, _ transport.Stream) error {
			return ws.Write(t.Context(), websocket.MessageBinary, update(1))
		},
		"agent sends input": func(_ *websocket.Conn, st transport.Stream) error {
			_, err := st.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaInput}}))
			return err
		},
		"viewer sends text": func(ws *websocket.Conn, _ transport.Stream) error {
			return ws.Write(t.Context(), websocket.MessageText, []byte("x"))
		},
		"two in one": func(ws *websocket.Conn, _ transport.Stream) error {
			m := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaShown}})
			return ws.Write(t.Context(), websocket.MessageBinary, append(m, m...))
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, WriteTimeout)
			ws, st := b.view()
			if err := do(ws, st); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			for {
				_, _, err := ws.Read(ctx)
				if err == nil {
					continue
				}
				if got := websocket.CloseStatus(err); got != closeBase+websocket.StatusCode(wirepb.ErrorCode_ERROR_CODE_MALFORMED) {
					t.Fatalf("closed with %d: %v", got, err)
				}
				break
			}
			if _, err := st.Read(make([]byte, 1)); !errors.Is(err, transport.ErrReset) {
				t.Fatalf("the agent's stream: %v", err)
			}
		})
	}
}

func BenchmarkRelay(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10, 1 << 20} {
		b.Run(map[int]string{1 << 10: "1KiB", 64 << 10: "64KiB", 1 << 20: "1MiB"}[size], func(b *testing.B) {
			n := newBench(b, WriteTimeout)
			ws, st := n.view()
			m := update(size)
			b.SetBytes(int64(len(m)))
			b.ReportAllocs()
			b.ResetTimer()
			go func() {
				for range b.N {
					if _, err := st.Write(m); err != nil {
						return
					}
				}
			}()
			buf := make([]byte, len(m))
			for range b.N {
				_, r, err := ws.Reader(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for {
					if _, err := r.Read(buf); err != nil {
						break
					}
				}
			}
		})
	}
}

func TestNewestViewerTakesThePlaceOfTheOldest(t *testing.T) {
	b := newBench(t, 0)
	b.relay.conf.Viewers = 2
	first, _ := b.view()
	second, stream := b.view()
	third, _ := b.view()
	if n := b.relay.Counts().Viewers; n != 2 {
		t.Errorf("%d viewers, want 2", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var e websocket.CloseError
	for e.Code == 0 {
		if _, _, err := first.Read(ctx); err != nil && !errors.As(err, &e) {
			t.Fatalf("first viewer: %v", err)
		}
	}
	if want := websocket.StatusCode(closeBase + int(wirepb.ErrorCode_ERROR_CODE_REPLACED)); e.Code != want {
		t.Errorf("first viewer ended with %d, want %d", e.Code, want)
	}
	if _, err := stream.Write(update(100)); err != nil {
		t.Fatal(err)
	}
	if _, m, err := second.Read(ctx); err != nil || len(m) != wire.MediaHeaderSize+100 {
		t.Errorf("second viewer got %d bytes, %v", len(m), err)
	}
	b.relay.Close(session, errViewerGone)
	for err := error(nil); err == nil; {
		_, _, err = third.Read(ctx)
	}
	if ctx.Err() != nil {
		t.Error("the third viewer did not end with its session")
	}
}

func TestLargeMessageGoesOnWhileItComes(t *testing.T) {
	b := newBench(t, 0)
	ws, st := b.view()
	m := update(100 << 10)
	half := len(m) / 2
	if _, err := st.Write(m[:half]); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, r, err := ws.Reader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(m))
	if _, err := io.ReadFull(r, got[:part]); err != nil { // the rest has not been sent
		t.Fatal(err)
	}
	if _, err := st.Write(m[half:]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, got[part:]); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes more, %v", n, err)
	}
	if !bytes.Equal(got, m) {
		t.Error("the message arrived changed")
	}
}

func TestMessageThatIsCutOffEndsTheViewer(t *testing.T) {
	b := newBench(t, 0)
	ws, st := b.view()
	if _, err := st.Write(update(100 << 10)[:50<<10]); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, r, err := ws.Reader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, part)); err != nil {
		t.Fatal(err)
	}
	st.Reset()
	var e websocket.CloseError
	if n, err := io.Copy(io.Discard, r); !errors.As(err, &e) || n > 50<<10 {
		t.Fatalf("%d bytes and then %v, want the end of the connection", n, err)
	}
	if want := websocket.StatusCode(closeBase + int(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)); e.Code != want {
		t.Errorf("closed with %d, want %d", e.Code, want)
	}
}

// A viewer whose endpoint comes with a new link tries again, as after one that was lost.
func TestX8_ViewerOfAReplacedLinkMayComeBack(t *testing.T) {
	b := newBench(t, 0)
	ws, st := b.view()
	if _, err := st.Write(update(100)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.Read(t.Context()); err != nil { // it has its stream
		t.Fatal(err)
	}
	b.link.Close(&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_REPLACED, Detail: "the same device connected again"})
	if got := ends(t, ws); got != wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE {
		t.Errorf("it ended with %v", got)
	}
}
