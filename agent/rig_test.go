package agent

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/transport/transporttest"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// rig is a service with a broker, a helper and a tray that a test plays.
type rig struct {
	t         testing.TB
	device    *transport.Identity
	broker    *transport.Identity
	grantKey  ed25519.PrivateKey
	terminals *terminaltest.Script
	links     chan transport.Link
	stop      context.CancelFunc
	ended     chan error

	elevated  bool
	elevator  Elevator
	handed    *Handed
	rights    chan *wirepb.EndpointRights // the last ones
	pinner    Pinner
	restart   func(context.Context) error
	updater   Updater
	facts     func() (*wirepb.MachineInfo, error)
	floor     policy.Floor
	state     string
	only      wire.SessionID    // the service is an ad-hoc client for this one
	enrolled  ed25519.PublicKey // the key of grants by the enrollment; nil: the first that comes
	reports   chan *wirepb.PolicyReport
	summaries chan *wirepb.SignedSummary

	hellos    chan *wirepb.Hello
	msgs      chan *wirepb.AgentMessage
	media     chan *mediaEnd
	files     chan transport.Stream
	helper    chan *fakeChild
	tray      chan *fakeChild
	unfit     atomic.Bool // children end at once
	noPrompts atomic.Bool // trays that start cannot show prompts
	mute      atomic.Bool // the broker answers nothing
	beats     atomic.Int64
	said      atomic.Pointer[wirepb.SessionState] // the last
	bytes     atomic.Int64                        // on media streams, prefaces too

	wg sync.WaitGroup
	l  transport.Link // the broker's end of the link
	c  transport.Stream
}

type mediaEnd struct {
	transport.Stream
	p    wire.Preface
	msgs chan wire.Media
}

func alice() terminal.Session { return terminaltest.Desktop("1", "alice", 1000) }

// bubble runs a test with a started service. All that it does takes no time.
func bubble(t *testing.T, f func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.start()
		defer r.end()
		f(t, r)
	})
}

func newRig(t testing.TB) *rig {
	r := &rig{
		t: t, terminals: terminaltest.NewScript(alice()),
		links: make(chan transport.Link), ended: make(chan error, 1), rights: make(chan *wirepb.EndpointRights, 1),
		floor: policy.NoFloor(), reports: make(chan *wirepb.PolicyReport, 64), summaries: make(chan *wirepb.SignedSummary, 64),
		hellos: make(chan *wirepb.Hello, 8), msgs: make(chan *wirepb.AgentMessage, 256), media: make(chan *mediaEnd, 8), files: make(chan transport.Stream, 8),
		helper: make(chan *fakeChild, 16), tray: make(chan *fakeChild, 16),
	}
	var err error
	if r.device, err = transport.NewIdentity(); err != nil {
		t.Fatal(err)
	}
	if r.broker, err = transport.NewIdentity(); err != nil {
		t.Fatal(err)
	}
	_, r.grantKey, _ = ed25519.GenerateKey(rand.Reader)
	return r
}

func (r *rig) start() {
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.ended <- Run(ctx, r.config()) }()
	r.connect()
}

// config is what the service is made of.
func (r *rig) config() Config {
	return Config{
		Identity: r.device, Terminals: r.terminals, Start: r.launch, Log: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
		Organisation: "Example", Broker: "broker:443", Version: "test",
		Pinner: r.pinner, Facts: r.facts, Restart: r.restart, Updater: r.updater, Floor: r.floor, State: r.state, GrantKey: r.enrolled, Elevated: r.elevated, Elevator: r.elevator, Handed: r.handed, Session: r.only,
		Connect: func(ctx context.Context, _ func() bool, serve func(context.Context, transport.Link) error) error {
			for {
				select {
				case l := <-r.links:
					if err := serve(ctx, l); transport.Terminal(err) {
						return err
					}
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}
		},
	}
}

// end stops the service and checks that it ends. A goroutine that stays would
// make the bubble fail.
func (r *rig) end() {
	r.stop()
	<-r.ended
	if r.l != nil {
		r.l.Close(nil)
	}
	r.terminals.Close()
	r.wg.Wait()
}

// connect makes a link and welcomes the agent.
func (r *rig) connect() *wirepb.Hello {
	a, b := transporttest.PairOf(r.t, r.device, r.broker)
	r.l = b
	r.wg.Go(func() {
		for {
			s, p, err := b.Accept(context.Background())
			if err != nil {
				return
			}
			switch p.Type {
			case wire.StreamControl:
				r.c = s
				r.wg.Go(func() { r.control(s) })
			case wire.StreamMedia:
				r.bytes.Add(wire.PrefaceSize)
				m := &mediaEnd{Stream: s, p: p, msgs: make(chan wire.Media, 64)}
				r.media <- m
				r.wg.Go(func() { r.readMedia(m) })
			case wire.StreamFile:
				r.files <- s
			}
		}
	})
	r.links <- a
	h := <-r.hellos
	synctest.Wait()
	return h
}

func (r *rig) control(s transport.Stream) {
	for {
		m := &wirepb.AgentMessage{}
		if err := wire.ReadControl(s, m); err != nil {
			return
		}
		switch k := m.Kind.(type) {
		case *wirepb.AgentMessage_Hello:
			r.write(s, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Welcome{Welcome: &wirepb.Welcome{
				Version: 1, Organisation: "Example", HeartbeatIntervalMs: 5000, ServerTimeUnixMs: r.now().UnixMilli(),
				GrantKey: r.grantKey.Public().(ed25519.PublicKey),
			}}})
			r.hellos <- k.Hello
		case *wirepb.AgentMessage_Heartbeat:
			r.beats.Add(1)
			if !r.mute.Load() {
				r.write(s, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Heartbeat{Heartbeat: k.Heartbeat}})
			}
		case *wirepb.AgentMessage_Policy:
			r.reports <- k.Policy
		case *wirepb.AgentMessage_Summary:
			r.summaries <- k.Summary
		case *wirepb.AgentMessage_Rights:
			select {
			case <-r.rights:
			default:
			}
			r.rights <- k.Rights
		case *wirepb.AgentMessage_State:
			r.said.Store(k.State)
		case *wirepb.AgentMessage_Capabilities:
		default:
			r.msgs <- m
		}
	}
}

// now is the broker's time, which is not the agent's.
func (r *rig) now() time.Time { return time.Now().Add(36 * time.Hour) }

func (r *rig) write(s transport.Stream, m *wirepb.BrokerMessage) {
	if err := wire.WriteControl(s, m); err != nil {
		r.t.Log("broker write:", err)
	}
}

func (r *rig) say(m *wirepb.BrokerMessage) {
	r.write(r.c, m)
	synctest.Wait()
}

func (r *rig) readMedia(m *mediaEnd) {
	defer close(m.msgs)
	for {
		x, _, err := wire.ReadMedia(m.Stream, nil)
		if err != nil {
			return
		}
		r.bytes.Add(int64(wire.MediaHeaderSize + len(x.Payload)))
		m.msgs <- x
	}
}

// grant is a good grant, changed by edit before it is signed.
func (r *rig) grant(edit func(g *wirepb.SessionGrant)) *wirepb.SessionOffer {
	r.t.Helper()
	id, jti, pin := make([]byte, 16), make([]byte, 16), r.device.Pin()
	_, _ = rand.Read(id)
	_, _ = rand.Read(jti)
	now := r.now()
	g := &wirepb.SessionGrant{
		Session: id, DeviceSpki: pin[:], Jti: jti, RepId: "rep1", RepName: "Ada", Organisation: "Example",
		Permissions:     []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW, wirepb.Permission_PERMISSION_CONTROL},
		NotBeforeUnixMs: now.UnixMilli(), StartBeforeUnixMs: now.Add(time.Minute).UnixMilli(), ConsentTimeoutS: 30,
	}
	if edit != nil {
		edit(g)
	}
	b, sig, err := wire.SignGrant(r.grantKey, g)
	if err != nil {
		r.t.Fatal(err)
	}
	return &wirepb.SessionOffer{Session: g.Session, Grant: b, GrantSignature: sig}
}

func (r *rig) offer(o *wirepb.SessionOffer) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Offer{Offer: o}})
}

func (r *rig) attach(session []byte, viewer uint32) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{Session: session, Viewer: viewer}}})
}

// active brings a session up to a viewer with a banner over it.
func (r *rig) active(edit func(g *wirepb.SessionGrant)) (session []byte, h, tr *fakeChild, m *mediaEnd) {
	r.t.Helper()
	h, tr = <-r.helper, <-r.tray
	o := r.grant(edit)
	r.offer(o)
	r.yes(tr)
	wantConsent(r, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
	tr.shown(o.Session)
	r.attach(o.Session, 1)
	return o.Session, h, tr, <-r.media
}

func (r *rig) yes(tr *fakeChild) {
	r.t.Helper()
	ask := expect(r.t, tr, (*ipcpb.ToTray).GetAsk)
	tr.answer(ask.Nonce, 0)
}

// wantConsent expects the next message to be this answer.
func wantConsent(r *rig, code wirepb.ErrorCode) *wirepb.SessionConsent {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		c := m.GetConsent()
		if c == nil || c.Code != code {
			r.t.Fatalf("got %v, want consent %v", m, code)
		}
		return c
	default:
		r.t.Fatalf("no answer, want consent %v", code)
		return nil
	}
}

func wantNothing(r *rig) {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		r.t.Fatalf("got %v, want nothing", m)
	default:
	}
}

// updates counts the updates that have arrived at the broker's end.
func (m *mediaEnd) updates() (n int, last wire.Media) {
	synctest.Wait()
	for {
		select {
		case x, ok := <-m.msgs:
			if !ok {
				return n, last
			}
			if x.Kind == wire.MediaUpdate {
				n, last = n+1, x
			}
		default:
			return n, last
		}
	}
}
