//go:build linux

package test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// impostor is a broker that a test plays, with TLS that the agent accepts.
type impostor struct {
	t        *testing.T
	ctx      context.Context
	id       *transport.Identity
	server   *transport.Server
	grantKey ed25519.PrivateKey // of the Welcome, and of the enrollment the first
	device   transport.Pin

	mu      sync.Mutex
	link    transport.Link
	control transport.Stream

	hellos   chan transport.Pin
	answers  chan *wirepb.SessionConsent
	refusals chan *wirepb.Refusal
	reports  chan *wirepb.PolicyReport
	sums     chan *wirepb.SignedSummary
	pins     chan *wirepb.Pinned
	unpins   chan *wirepb.Unpinned
	media    chan transport.Stream
	streams  atomic.Int64
	links    atomic.Int64
}

func newImpostor(ctx context.Context, t *testing.T) *impostor {
	t.Helper()
	b := &impostor{
		t: t, ctx: ctx, hellos: make(chan transport.Pin, 16), answers: make(chan *wirepb.SessionConsent, 16),
		refusals: make(chan *wirepb.Refusal, 16), reports: make(chan *wirepb.PolicyReport, 64),
		sums: make(chan *wirepb.SignedSummary, 16), pins: make(chan *wirepb.Pinned, 16), unpins: make(chan *wirepb.Unpinned, 16), media: make(chan transport.Stream, 16),
	}
	var err error
	b.id, err = transport.NewIdentity()
	b.check(err)
	_, b.grantKey, err = ed25519.GenerateKey(rand.Reader)
	b.check(err)
	b.server, err = transport.Listen(transport.ServerConfig{Addr: "127.0.0.1:0", Identity: b.id, Log: slog.New(slog.DiscardHandler)})
	b.check(err)
	var wg sync.WaitGroup
	serving, cancel := context.WithCancel(context.Background())
	wg.Go(func() {
		for {
			l, err := b.server.Accept(serving)
			if err != nil {
				return
			}
			b.links.Add(1)
			wg.Go(func() { b.serve(serving, l) })
		}
	})
	t.Cleanup(func() { cancel(); b.server.Close(); wg.Wait() })
	return b
}

func (b *impostor) check(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *impostor) serve(ctx context.Context, l transport.Link) {
	defer l.Close(nil)
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		s, p, err := l.Accept(ctx)
		if err != nil {
			return
		}
		if p.Type == wire.StreamMedia {
			b.streams.Add(1)
			b.media <- s
			continue
		}
		b.mu.Lock()
		b.link, b.control = l, s
		b.mu.Unlock()
		wg.Go(func() { b.listen(l, s) })
	}
}

func (b *impostor) listen(l transport.Link, s transport.Stream) {
	for {
		m := &wirepb.AgentMessage{}
		if wire.ReadControl(s, m) != nil {
			return
		}
		switch k := m.Kind.(type) {
		case *wirepb.AgentMessage_Enroll:
			_ = wire.WriteControl(s, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Enrolled{Enrolled: &wirepb.Enrolled{
				Version: 1, DeviceId: "d1", Organisation: "Example", GrantKey: b.key(),
			}}})
		case *wirepb.AgentMessage_Hello:
			_ = wire.WriteControl(s, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Welcome{Welcome: &wirepb.Welcome{
				Version: 1, Organisation: "Example", HeartbeatIntervalMs: 5000, ServerTimeUnixMs: time.Now().UnixMilli(), GrantKey: b.key(),
			}}})
			b.hellos <- l.Peer()
		case *wirepb.AgentMessage_Heartbeat:
			_ = wire.WriteControl(s, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Heartbeat{Heartbeat: k.Heartbeat}})
		case *wirepb.AgentMessage_Consent:
			b.answers <- k.Consent
		case *wirepb.AgentMessage_Refusal:
			b.refusals <- k.Refusal
		case *wirepb.AgentMessage_Policy:
			b.reports <- k.Policy
		case *wirepb.AgentMessage_Summary:
			b.sums <- k.Summary
		case *wirepb.AgentMessage_Pinned:
			b.pins <- k.Pinned
		case *wirepb.AgentMessage_Unpinned:
			b.unpins <- k.Unpinned
		}
	}
}

func (b *impostor) key() ed25519.PublicKey {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.grantKey.Public().(ed25519.PublicKey)
}

// turn changes the key of grants that the next Welcome gives out.
func (b *impostor) turn(key ed25519.PrivateKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grantKey = key
}

func (b *impostor) bundle() []byte {
	content, err := (&transport.Bundle{
		Broker: b.server.Addr().String(), Pins: []transport.Pin{b.id.Pin()}, Organisation: "Example",
		Token: "token", Expires: time.Now().Add(time.Hour),
	}).Sign(b.id)
	b.check(err)
	return content
}

// take waits for the next of what the agent says.
func take[T any](b *impostor, what string, from <-chan T) T {
	b.t.Helper()
	select {
	case v := <-from:
		return v
	case <-b.ctx.Done():
		b.t.Fatalf("no %s: %v", what, context.Cause(b.ctx))
		panic("unreachable")
	}
}

// ready waits until the agent has come, and returns what it says first of what
// it obeys.
func (b *impostor) ready() *wirepb.PolicyReport {
	b.t.Helper()
	b.device = take(b, "hello", b.hellos)
	return b.report()
}

func (b *impostor) say(m *wirepb.BrokerMessage) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.check(wire.WriteControl(b.control, m))
}

func (b *impostor) hangUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.link.Close(nil)
}

func (b *impostor) answer() *wirepb.SessionConsent { return take(b, "answer", b.answers) }
func (b *impostor) report() *wirepb.PolicyReport   { return take(b, "policy report", b.reports) }

// refused waits for the agent's word that a viewer is not let in.
func (b *impostor) refused(when string) {
	b.t.Helper()
	r := take(b, "refusal "+when, b.refusals)
	if n := b.streams.Load(); r.Code == 0 || n > 1 {
		b.t.Errorf("%s: %v, %d media streams", when, r, n)
	}
}

func (b *impostor) attach(session []byte, viewer uint32, recorder bool) {
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{
		Session: session, Viewer: viewer, Recorder: recorder,
	}}})
}

func (b *impostor) devicePolicy(version uint64, edit func(*wirepb.DevicePolicy)) *wirepb.DevicePolicy {
	p := &wirepb.DevicePolicy{
		DeviceSpki: b.device[:], Version: version, ExpiresUnixMs: time.Now().Add(time.Hour).UnixMilli(), RemoteSupport: true,
	}
	edit(p)
	return p
}

func signPolicy(t *testing.T, key ed25519.PrivateKey, p *wirepb.DevicePolicy) *wirepb.SignedPolicy {
	t.Helper()
	raw, sig, err := wire.SignPolicy(key, p)
	if err != nil {
		t.Fatal(err)
	}
	return &wirepb.SignedPolicy{Policy: raw, Signature: sig}
}

func (b *impostor) policy(version uint64, edit func(*wirepb.DevicePolicy)) *wirepb.SignedPolicy {
	return signPolicy(b.t, b.grantKey, b.devicePolicy(version, edit))
}

func (b *impostor) rule(s *wirepb.SignedPolicy) {
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Policy{Policy: s}})
}

// offer sends a grant to look, changed by edit before it is signed.
func (b *impostor) offer(key ed25519.PrivateKey, edit func(*wirepb.SessionGrant)) *wirepb.SessionOffer {
	b.t.Helper()
	o := b.grant(key, edit)
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Offer{Offer: o}})
	return o
}

// grant makes such an offer.
func (b *impostor) grant(key ed25519.PrivateKey, edit func(*wirepb.SessionGrant)) *wirepb.SessionOffer {
	b.t.Helper()
	id, jti, now := make([]byte, 16), make([]byte, 16), time.Now()
	_, _ = rand.Read(id)
	_, _ = rand.Read(jti)
	g := &wirepb.SessionGrant{
		Session: id, DeviceSpki: b.device[:], Jti: jti, RepId: "rep1", RepName: "Mallory", Organisation: "Example",
		Permissions: []wirepb.Permission{hostileView}, NotBeforeUnixMs: now.UnixMilli(),
		StartBeforeUnixMs: now.Add(time.Minute).UnixMilli(), ConsentTimeoutS: 60,
	}
	edit(g)
	raw, sig, err := wire.SignGrant(key, g)
	b.check(err)
	return &wirepb.SessionOffer{Session: g.Session, Grant: raw, GrantSignature: sig}
}

// watch asks for the picture and waits for its first update.
func (b *impostor) watch(s transport.Stream) {
	b.t.Helper()
	view, err := proto.Marshal(&wirepb.ViewSettings{Operations: viewer.Operations(), CacheBytes: 1 << 20})
	b.check(err)
	_, err = s.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaView}, Payload: view}))
	b.check(err)
	for {
		m, _, err := wire.ReadMedia(s, nil)
		b.check(err)
		if m.Kind == wire.MediaUpdate {
			return
		}
	}
}

func (b *impostor) input(s transport.Stream, events ...wire.Input) {
	b.t.Helper()
	_, err := s.Write(wire.AppendMedia(nil, wire.Media{
		MediaHeader: wire.MediaHeader{Kind: wire.MediaInput}, Payload: wire.AppendInput(nil, events...),
	}))
	b.check(err)
}

func (b *impostor) summary() *wirepb.SessionSummary {
	b.t.Helper()
	s := take(b, "summary", b.sums)
	got := new(wirepb.SessionSummary)
	b.check(proto.Unmarshal(s.Summary, got))
	return got
}
