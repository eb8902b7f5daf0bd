package broker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/coder/websocket"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/webtransport-go"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/guest"
	"github.com/alongside-remote/alongside/broker/relay"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) webSocket(t *testing.T) *websocket.Conn {
	t.Helper()
	h := http.Header{"Origin": {c.base}, "Cookie": {account.CookieName + "=" + c.cookie + "; " + guest.CookieName + "=" + c.guest}}
	ws, r, err := websocket.Dial(t.Context(), strings.Replace(c.base, "http", "ws", 1)+"/viewer/ws", &websocket.DialOptions{HTTPHeader: h})
	if err != nil {
		t.Fatal(err, r)
	}
	ws.SetReadLimit(2 << 20)
	t.Cleanup(func() { _ = ws.CloseNow() })
	return ws
}

func (c *client) view(t *testing.T, ticket string) (*websocket.Conn, *wirepb.ViewerReply) {
	t.Helper()
	ws := c.webSocket(t)
	b, err := wire.AppendControl(nil, &wirepb.ViewerAttach{VersionMin: 1, VersionMax: 1, Ticket: ticket})
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.Write(t.Context(), websocket.MessageBinary, b); err != nil {
		t.Fatal(err)
	}
	return ws, reply(t, ws)
}

func reply(t *testing.T, ws *websocket.Conn) *wirepb.ViewerReply {
	t.Helper()
	_, b, err := ws.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := new(wirepb.ViewerReply)
	if err := wire.ReadControl(bytes.NewReader(b), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func message(kind wire.MediaKind, seq uint32, payload []byte) []byte {
	return wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: kind, Epoch: 1, Seq: seq}, Payload: payload})
}

// endOf reads until the end message and returns its refusal, or the close code's.
func endOf(t *testing.T, ws *websocket.Conn) wirepb.ErrorCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, b, err := ws.Read(ctx)
		if err != nil {
			return wirepb.ErrorCode(int(websocket.CloseStatus(err)) - 4000)
		}
		m, err := wire.ParseMedia(b)
		if err != nil {
			t.Fatal(err)
		}
		if m.Kind == wire.MediaEnd {
			f := new(wirepb.Refusal)
			if err := proto.Unmarshal(m.Payload, f); err != nil {
				t.Fatal(err)
			}
			return f.Code
		}
	}
}

func TestViewerOnWebSocket(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	ticket := rob.attach(t, s.Id).Ticket
	ws, m := rob.view(t, ticket)
	if m.GetAccepted().GetViewer() != 1 {
		t.Fatalf("%v", m)
	}
	st := a.media()
	view := message(wire.MediaView, 0, []byte{1, 2})
	if err := ws.Write(t.Context(), websocket.MessageBinary, view); err != nil {
		t.Fatal(err)
	}
	if got := readMedia(t, st); got.Kind != wire.MediaView || len(got.Payload) != 2 {
		t.Fatalf("%+v", got)
	}
	large := message(wire.MediaUpdate, 1, bytes.Repeat([]byte{7}, wire.MaxMediaPayload))
	if _, err := st.Write(large); err != nil {
		t.Fatal(err)
	}
	_, got, err := ws.Read(t.Context())
	if err != nil || !bytes.Equal(got, large) {
		t.Fatalf("%d bytes of %d, %v", len(got), len(large), err)
	}
	// A ticket is good once.
	if _, m := rob.view(t, ticket); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID {
		t.Fatalf("%v", m)
	}
	// A second viewer takes the first one's place.
	if _, m := rob.view(t, rob.attach(t, s.Id).Ticket); m.GetAccepted().GetViewer() != 2 {
		t.Fatalf("%v", m)
	}
	if c := endOf(t, ws); c != wirepb.ErrorCode_ERROR_CODE_REPLACED {
		t.Fatalf("the first one was told %v", c)
	}
	// Nobody else gets a ticket, nor can use the rep's.
	ria := n.rep("ria")
	_, err = ria.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	if _, m := ria.view(t, rob.attach(t, s.Id).Ticket); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID {
		t.Fatalf("%v", m)
	}
	// Tickets run out.
	late := rob.attach(t, s.Id).Ticket
	n.advance(31 * time.Second)
	if _, m := rob.view(t, late); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID {
		t.Fatalf("%v", m)
	}
}

func TestL7_NothingIsLeftAfterTheEnd(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	ends := map[string]func(s *apipb.Session){
		"rep": func(s *apipb.Session) {
			if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
				t.Fatal(err)
			}
		},
		"customer": func(s *apipb.Session) {
			a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{
				Session: mustID(t, s.Id), By: wirepb.EndedBy_ENDED_BY_CUSTOMER, Code: wirepb.ErrorCode_ERROR_CODE_CANCELLED,
			}}})
		},
	}
	for who, end := range ends {
		s := a.active(rob)
		ws, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
		st := a.media()
		rob.attach(t, s.Id) // a ticket that is not used
		eventually(t, "all there", func() bool {
			return n.b.relay.Counts() == relay.Counts{Slots: 1, Tickets: 1, Viewers: 1}
		})
		end(s)
		endOf(t, ws)
		if _, err := st.Read(make([]byte, 1)); err == nil {
			t.Fatalf("%s: the agent's stream lives", who)
		}
		eventually(t, who+": nothing left", func() bool { return n.b.relay.Counts() == relay.Counts{} })
	}
}

func TestSignOutCutsTheViewer(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	ws, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
	a.media()
	if _, err := rob.signIn.SignOut(t.Context(), connect.NewRequest(&apipb.SignOutRequest{})); err != nil {
		t.Fatal(err)
	}
	if c := endOf(t, ws); c != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN {
		t.Fatalf("told %v", c)
	}
}

func TestViewerLearnsThatTheEndpointIsGone(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	ws, _ := rob.view(t, rob.attach(t, s.Id).Ticket)
	a.media()
	a.link.Close(nil)
	if c := endOf(t, ws); c != wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE {
		t.Fatalf("told %v", c)
	}
	eventually(t, "lost", func() bool { return !rob.get(t, s.Id).AgentConnected })
	_, err := rob.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: s.Id}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE)
	a.connect(mustID(t, s.Id))
	eventually(t, "back", func() bool { return rob.get(t, s.Id).AgentConnected })
	if _, m := rob.view(t, rob.attach(t, s.Id).Ticket); m.GetAccepted() == nil {
		t.Fatalf("%v", m)
	}
	a.media()
}

// wtDial opens WebTransport as a page would that pins hashes.
func (n *bench) wtDial(ctx context.Context, url string, hashes [][]byte, header http.Header) (*http.Response, *webtransport.Session, error) {
	roots := x509.NewCertPool()
	roots.AddCert(n.b.certs.byHash.Current.Leaf)
	d := webtransport.Transport{
		TLSClientConfig: &tls.Config{
			NextProtos: []string{"h3"}, RootCAs: roots,
			VerifyConnection: func(cs tls.ConnectionState) error {
				got := sha256.Sum256(cs.PeerCertificates[0].Raw)
				for _, h := range hashes {
					if bytes.Equal(h, got[:]) {
						return nil
					}
				}
				return errors.New("another certificate than the page was told")
			},
		},
		QUICConfig: &quic.Config{EnableDatagrams: true, EnableStreamResetPartialDelivery: true},
	}
	return d.Dial(ctx, url, header)
}

func TestViewerOnWebTransport(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)
	at := rob.attach(t, s.Id)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for name, h := range map[string]http.Header{
		"missing": {}, "null": {"Origin": {"null"}}, "other": {"Origin": {"https://example.com"}}, "suffix": {"Origin": {rob.base + ".example.com"}},
	} {
		if r, _, err := n.wtDial(ctx, at.WebtransportUrl, at.CertificateHashes, h); err == nil || r == nil || r.StatusCode != http.StatusForbidden {
			t.Fatalf("origin %s: %v, %v", name, r, err)
		}
	}
	_, session, err := n.wtDial(ctx, at.WebtransportUrl, at.CertificateHashes, http.Header{"Origin": {rob.base}})
	if err != nil {
		t.Fatal(err)
	}
	st, err := session.OpenStreamSync(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := wire.WriteControl(st, &wirepb.ViewerAttach{VersionMin: 1, VersionMax: 1, Ticket: at.Ticket}); err != nil {
		t.Fatal(err)
	}
	m := new(wirepb.ViewerReply)
	if err := wire.ReadControl(st, m); err != nil || m.GetAccepted() == nil {
		t.Fatalf("%v, %v", m, err)
	}
	media := a.media()
	if _, err := media.Write(message(wire.MediaUpdate, 1, []byte("pixels"))); err != nil {
		t.Fatal(err)
	}
	if got := readMedia(t, st); string(got.Payload) != "pixels" {
		t.Fatalf("%+v", got)
	}
	if _, err := st.Write(message(wire.MediaShown, 1, nil)); err != nil {
		t.Fatal(err)
	}
	if got := readMedia(t, media); got.Kind != wire.MediaShown {
		t.Fatalf("%+v", got)
	}
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	if got := readMedia(t, st); got.Kind != wire.MediaEnd {
		t.Fatalf("%+v", got)
	}
}
