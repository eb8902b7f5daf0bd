package broker

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// agent is a scripted endpoint on a real link.
type agent struct {
	lastOffer *wirepb.FileOffer // of a file
	t         *testing.T
	n         *bench
	id        *transport.Identity
	dev       string
	pins      []transport.Pin
	info      *wirepb.Device

	link transport.Link
	st   transport.Stream
	in   chan *wirepb.BrokerMessage // closed with the link
	hi   *wirepb.Welcome
}

func (n *bench) agent() *agent {
	n.t.Helper()
	id, err := transport.NewIdentity()
	if err != nil {
		n.t.Fatal(err)
	}
	return &agent{
		t: n.t, n: n, id: id, pins: []transport.Pin{n.b.keys.Identity.Pin()},
		info: &wirepb.Device{Hostname: "ws-1", Os: "linux", OsVersion: "Debian GNU/Linux 12", Arch: "amd64", AgentVersion: "1", User: "cora"},
	}
}

func (a *agent) dial() transport.Link {
	a.t.Helper()
	d := &transport.Dialer{Broker: a.n.b.public(), Pins: a.pins, Identity: a.id, Log: slog.New(slog.DiscardHandler), Transport: transport.QUIC}
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	l, err := d.Dial(ctx)
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { l.Close(nil) })
	return l
}

// first sends the first message and returns the answer.
func (a *agent) first(l transport.Link, m *wirepb.AgentMessage) (transport.Stream, *wirepb.BrokerMessage) {
	a.t.Helper()
	st, err := l.Open(a.t.Context(), wire.Preface{Type: wire.StreamControl})
	if err != nil {
		a.t.Fatal(err)
	}
	if err := wire.WriteControl(st, m); err != nil {
		a.t.Fatal(err)
	}
	answer := new(wirepb.BrokerMessage)
	if err := wire.ReadControl(st, answer); err != nil {
		a.t.Fatalf("answer: %v (link: %v)", err, l.Cause())
	}
	return st, answer
}

func (a *agent) tryEnroll(token string) *wirepb.BrokerMessage {
	a.t.Helper()
	l := a.dial()
	defer l.Close(nil)
	proof, err := transport.ProveEnroll(a.id, l, token)
	if err != nil {
		a.t.Fatal(err)
	}
	_, answer := a.first(l, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Enroll{Enroll: &wirepb.Enroll{
		VersionMin: 1, VersionMax: 1, Token: token, Proof: proof, Device: a.info,
	}}})
	if e := answer.GetEnrolled(); e != nil {
		a.dev = e.DeviceId
	}
	return answer
}

func hello(a *agent, active ...[]byte) *wirepb.AgentMessage {
	return &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Hello{Hello: &wirepb.Hello{
		VersionMin: 1, VersionMax: 1, Device: a.info, ActiveSessions: active,
	}}}
}

// connect brings an enrolled device online.
func (a *agent) connect(active ...[]byte) {
	a.t.Helper()
	a.link = a.dial()
	st, answer := a.first(a.link, hello(a, active...))
	if answer.GetWelcome() == nil {
		a.t.Fatalf("hello: %v", answer)
	}
	a.st, a.hi, a.in = st, answer.GetWelcome(), make(chan *wirepb.BrokerMessage, 256)
	in := a.in
	go func() {
		defer close(in)
		for {
			m := new(wirepb.BrokerMessage)
			if wire.ReadControl(st, m) != nil {
				return
			}
			in <- m
		}
	}()
	eventually(a.t, "online", func() bool { return a.n.b.fleet.Online(a.dev) })
}

// online is a fresh device, enrolled and connected.
func (n *bench) online() *agent {
	n.t.Helper()
	a := n.agent()
	if e := a.tryEnroll(n.token(1).Token); e.GetEnrolled() == nil {
		n.t.Fatalf("enroll: %v", e)
	}
	a.connect()
	return a
}

func (a *agent) send(m *wirepb.AgentMessage) {
	a.t.Helper()
	if err := wire.WriteControl(a.st, m); err != nil {
		a.t.Fatal(err)
	}
}

// await takes messages until one matches.
func await[T any](a *agent, what string, get func(*wirepb.BrokerMessage) (T, bool)) T {
	a.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m, ok := <-a.in:
			if !ok {
				a.t.Fatalf("the link ended before %s: %v", what, a.link.Cause())
			}
			if v, ok := get(m); ok {
				return v
			}
		case <-deadline:
			a.t.Fatalf("never: %s", what)
		}
	}
}

func (a *agent) offer() *wirepb.SessionOffer {
	a.t.Helper()
	return await(a, "offer", func(m *wirepb.BrokerMessage) (*wirepb.SessionOffer, bool) { return m.GetOffer(), m.GetOffer() != nil })
}

func (a *agent) ended() *wirepb.SessionEnd {
	a.t.Helper()
	return await(a, "end", func(m *wirepb.BrokerMessage) (*wirepb.SessionEnd, bool) { return m.GetEnd(), m.GetEnd() != nil })
}

// signer signs with the device's key through its identity, as an agent does.
func (a *agent) receipt(o *wirepb.SessionOffer, yes bool, signer *transport.Identity) *wirepb.SessionConsent {
	a.t.Helper()
	g, err := wire.VerifyGrant(a.hi.GrantKey, a.id.Pin(), wire.SessionID(o.Session), o.Grant, o.GrantSignature, a.n.now())
	if err != nil {
		a.t.Fatal(err)
	}
	h := sha256.Sum256(o.Grant)
	r := &wirepb.ConsentReceipt{
		Session: o.Session, GrantHash: h[:], Yes: yes, User: "cora", TerminalSession: "1", AtUnixMs: a.n.now().UnixMilli(),
		Permissions: g.Permissions,
	}
	if g.ConsentValidS > 0 {
		r.ValidUntilUnixMs = r.AtUnixMs + int64(g.ConsentValidS)*1000
	}
	b, err := protoMarshal(r)
	if err != nil {
		a.t.Fatal(err)
	}
	c := &wirepb.SessionConsent{Session: o.Session, Receipt: b, ReceiptSignature: signer.Sign(append([]byte("alongside consent v1"), b...))}
	if !yes {
		c.Code = wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER
	}
	return c
}

func (a *agent) answer(o *wirepb.SessionOffer, yes bool) {
	a.t.Helper()
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: a.receipt(o, yes, a.id)}})
}

// active is a session that was asked for and allowed.
func (a *agent) active(c *client) *apipb.Session {
	a.t.Helper()
	s := c.start(a.t, a.dev)
	a.answer(a.offer(), true)
	return a.n.phase(c, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
}

// media opens the stream that a viewer waits for.
func (a *agent) media() transport.Stream {
	a.t.Helper()
	v := await(a, "viewer", func(m *wirepb.BrokerMessage) (*wirepb.ViewerAttached, bool) {
		return m.GetViewerAttached(), m.GetViewerAttached() != nil
	})
	st, err := a.link.Open(a.t.Context(), wire.Preface{Type: wire.StreamMedia, Session: wire.SessionID(v.Session), Viewer: v.Viewer})
	if err != nil {
		a.t.Fatal(err)
	}
	return st
}

func (c *client) attach(t *testing.T, id string) *apipb.AttachResponse {
	t.Helper()
	r, err := c.session.Attach(t.Context(), connect.NewRequest(&apipb.AttachRequest{Id: id}))
	if err != nil {
		t.Fatal(err)
	}
	return r.Msg
}

func readMedia(t *testing.T, r io.Reader) wire.Media {
	t.Helper()
	m, _, err := wire.ReadMedia(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRestartSendsAgentsBackOneAfterTheOther(t *testing.T) {
	n := newBench(t)
	busy := n.online()
	busy.active(n.rep("rob"))
	idle := []*agent{n.online(), n.online(), n.online()}
	n.stop()
	after := func(a *agent) time.Duration {
		<-a.link.Done()
		var r *transport.RetryError
		if !errors.As(a.link.Cause(), &r) {
			t.Fatalf("the link ended with %v", a.link.Cause())
		}
		return r.After
	}
	if got := after(busy); got != comeBack {
		t.Errorf("the agent with a session comes back after %v, want %v", got, comeBack)
	}
	var got []time.Duration
	for _, a := range idle {
		got = append(got, after(a))
	}
	slices.Sort(got)
	const step = 5 * time.Millisecond
	if want := []time.Duration{comeBack, comeBack + step, comeBack + 2*step}; !slices.Equal(got, want) {
		t.Errorf("idle agents come back after %v, want %v", got, want)
	}
}
