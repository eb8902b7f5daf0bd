package agent

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/polkit"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	byCustomer = wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER
	bySpecific = wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER
	elevAsking = wirepb.ElevationState_ELEVATION_STATE_ASKING
	elevDone   = wirepb.ElevationState_ELEVATION_STATE_DONE
	elevNo     = wirepb.ElevationState_ELEVATION_STATE_REFUSED
	elevAsks   = wirepb.ElevationState_ELEVATION_STATE_CONSENT
	elevMoving = wirepb.ElevationState_ELEVATION_STATE_MOVING
)

// fakeElevator is a system that agrees or refuses as a test says.
type fakeElevator struct {
	answers chan error // nil: a service starts
	given   chan *polkit.Credentials
	started chan *fakeElevated
}

var errDefect = errors.New("a password that was handed in") // to panic with

func newElevator() *fakeElevator {
	return &fakeElevator{answers: make(chan error), given: make(chan *polkit.Credentials, 4), started: make(chan *fakeElevated, 4)}
}

func (f *fakeElevator) Methods() []wirepb.ElevationMethod {
	return []wirepb.ElevationMethod{byCustomer, bySpecific}
}

func (f *fakeElevator) Elevate(ctx context.Context, c *polkit.Credentials) (Child, error) {
	if c != nil {
		f.given <- &polkit.Credentials{User: c.User, Password: bytes.Clone(c.Password)}
		c.Clear()
	}
	select {
	case err := <-f.answers:
		switch {
		case errors.Is(err, errDefect):
			panic(err)
		case err != nil:
			return nil, err
		}
	case <-ctx.Done():
		return nil, elevationError(ctx, ctx.Err())
	}
	dr, dw := io.Pipe()
	ur, uw := io.Pipe()
	e := &fakeElevated{ours: ipc.New(ur, dw), conn: ipc.New(dr, uw), done: make(chan struct{}), handed: make(chan *ipcpb.HandOver, 1)}
	go e.read()
	f.started <- e
	return e, nil
}

// fakeElevated is the service with the rights of the machine, which a test plays. It
// ends when its pipe does.
type fakeElevated struct {
	ours, conn *ipc.Conn
	done       chan struct{}
	once       sync.Once
	handed     chan *ipcpb.HandOver
}

func (e *fakeElevated) Conn() *ipc.Conn       { return e.ours }
func (e *fakeElevated) Done() <-chan struct{} { return e.done }
func (e *fakeElevated) Kill()                 {}
func (e *fakeElevated) end()                  { e.once.Do(func() { _ = e.conn.Close(); close(e.done) }) }

func (e *fakeElevated) read() {
	defer e.end()
	for {
		m := &ipcpb.ToElevated{}
		if _, _, err := e.conn.Receive(m); err != nil {
			return
		}
		e.handed <- m.GetHandOver()
	}
}

func (e *fakeElevated) say(m *ipcpb.FromElevated) { _ = e.conn.Send(m); synctest.Wait() }

// elevatable is a service of a plain user, on a system that may agree to more.
func elevatable(t *testing.T, f func(t *testing.T, r *rig, sys *fakeElevator)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, sys := newRig(t), newElevator()
		r.elevator = sys
		r.start()
		defer r.end()
		f(t, r, sys)
	})
}

func (r *rig) elevate(session []byte, n byte, change func(*wirepb.Elevate)) {
	m := &wirepb.Elevate{Session: session, RepId: "rep1", Method: byCustomer, Nonce: bytes.Repeat([]byte{n}, wire.SessionIDSize)}
	if change != nil {
		change(m)
	}
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Elevate{Elevate: m}})
}

// sealed seals credentials for the offer of a session, with the nonce of a try.
func sealed(offer *wirepb.ElevationOffer, password string) func(*wirepb.Elevate) {
	return func(e *wirepb.Elevate) {
		e.Method = bySpecific
		e.Sealed, _ = wire.SealCredentials(offer.Key, wire.SessionID(e.Session), e.Nonce, &wirepb.ElevationCredentials{User: "bob", Password: password})
	}
}

// tried expects the next message to be this news of a try.
func (r *rig) tried(state wirepb.ElevationState, code wirepb.ErrorCode) *wirepb.ElevateResult {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		e := m.GetElevateResult()
		if e.GetState() != state || e.GetCode() != code {
			r.t.Fatalf("got %v, want %v %v", m, state, code)
		}
		return e
	default:
		r.t.Fatalf("no news, want %v %v", state, code)
		return nil
	}
}

func TestV6_RefusedTriesChangeNothing(t *testing.T) {
	elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
		session, h, tr, m := r.active(nil)
		offer := (<-r.rights).Elevation
		if err := wire.VerifyElevationOffer(r.device.Public(), wire.SessionID(session), offer); err != nil {
			t.Error(err)
		}
		r.elevate(session, 1, func(e *wirepb.Elevate) { e.RepId = "somebody" })
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
		r.elevate(bytes.Repeat([]byte{9}, 16), 1, nil)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
		yes := func() {
			t.Helper()
			r.tried(elevAsks, 0)
			tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, 0)
		}
		r.elevate(session, 1, func(e *wirepb.Elevate) {
			sealed(offer, "x")(e)
			e.Nonce = bytes.Repeat([]byte{2}, wire.SessionIDSize)
		}) // for another nonce: it counts as a try
		yes()
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_MALFORMED)
		r.elevate(session, 2, nil)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_MALFORMED) // used
		r.elevate(session, 3, sealed(offer, "secret"))
		yes()
		r.tried(elevAsking, 0)
		if c := <-sys.given; c.User != "bob" || string(c.Password) != "secret" {
			t.Errorf("given %v", c)
		}
		r.elevate(session, 4, nil)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_BUSY)
		sys.answers <- &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS}
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS)
		r.elevate(session, 5, nil)
		r.tried(elevAsking, 0)
		time.Sleep(elevateTime + time.Second)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_ELEVATION_TIMEOUT)
		r.elevate(session, 6, nil)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates", n)
		}
	})
}

// The session is handed over whole, everything of it stops here when the other service
// has it, and this one is back when the other has ended: with what that remembered.
func TestV3_SessionIsHandedOverAndTheServiceComesBack(t *testing.T) {
	elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
		session, h, tr, m := r.active(nil)
		h.update(1, 1, 1)
		r.elevate(session, 1, nil)
		r.tried(elevAsking, 0)
		sys.answers <- nil
		r.tried(elevMoving, 0)
		e := <-sys.started
		synctest.Wait()
		h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: &ipcpb.InputDropped{Viewer: 1, Injected: 7, Last: true}}})
		o := <-e.handed
		id, err := transport.IdentityOf(o.DeviceKey)
		if err == nil && id.Pin() != r.device.Pin() {
			err = errors.New("another key")
		}
		if s := o.Session; err != nil || !bytes.Equal(s.Summary.Session, session) || s.Summary.Updates != 1 || s.Summary.InputInjected != 7 || o.Terminal.Id != "1" {
			t.Errorf("handed over %v (%v)", s, err)
		}
		before := r.l
		e.say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Took{Took: &ipcpb.ElevatedTook{}}})
		if !gone(h) || !gone(tr) || before.Cause() == nil {
			t.Error("something of the session is still here")
		}
		m.updates() // its stream has ended
		memory, err := json.Marshal(map[string]any{"last": func() []byte { b, _ := proto.Marshal(&wirepb.SessionSummary{Seq: 5}); return b }()})
		if err != nil {
			t.Fatal(err)
		}
		e.say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Memory{Memory: memory}})
		e.say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Over{Over: &ipcpb.ElevatedOver{By: wirepb.EndedBy_ENDED_BY_REP, Rep: "Ada"}}})
		e.end()
		synctest.Wait()
		_, tr = r.crewAt("1")
		if n := expect(t, tr, (*ipcpb.ToTray).GetNotice); n.Kind != ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_REP {
			t.Errorf("told %v", n)
		}
		if h := r.connect(); len(h.ActiveSessions) > 0 {
			t.Errorf("still has %v", h.ActiveSessions)
		}
		if end := (<-r.msgs).GetEnd(); !bytes.Equal(end.GetSession(), session) || end.By != wirepb.EndedBy_ENDED_BY_REP {
			t.Errorf("said %v", end)
		}
	})
}

// A service that never takes the session, or refuses it, changes nothing: frames go on.
func TestV3_HandOverThatFailsChangesNothing(t *testing.T) {
	for name, fail := range map[string]func(e *fakeElevated){
		"ends": func(e *fakeElevated) { e.end() },
		"refuses": func(e *fakeElevated) {
			e.say(&ipcpb.FromElevated{Kind: &ipcpb.FromElevated_Refused{Refused: &ipcpb.ElevatedRefused{Code: wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE}}})
			e.end()
		},
		"is silent": func(*fakeElevated) { time.Sleep(handTime + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
				session, h, _, m := r.active(nil)
				h.update(1, 1, 1)
				r.elevate(session, 1, nil)
				r.tried(elevAsking, 0)
				sys.answers <- nil
				r.tried(elevMoving, 0)
				e := <-sys.started
				time.Sleep(lastCounts + time.Millisecond)
				<-e.handed
				h.drain()
				fail(e)
				synctest.Wait()
				r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE)
				open := expect(t, h, (*ipcpb.ToHelper).GetOpen)
				h.update(1, open.FirstEpoch, 1)
				if n, _ := m.updates(); n != 2 {
					t.Errorf("%d updates", n)
				}
				<-e.done
			})
		})
	}
}

// Done, while the system still asks, takes the question back.
func TestV5_SessionThatEndsTakesTheQuestionBack(t *testing.T) {
	elevatable(t, func(t *testing.T, r *rig, sys *fakeElevator) {
		session, _, tr, _ := r.active(nil)
		r.elevate(session, 1, nil)
		r.tried(elevAsking, 0)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
		if (<-r.msgs).GetEnd() == nil {
			t.Error("no end")
		}
		synctest.Wait() // the system's question has ended with it, or the bubble would not
		wantNothing(r)
	})
}

// handedRig is a service with the rights of the machine that was handed a session.
func handedRig(t *testing.T, edit func(g *wirepb.SessionGrant)) (*rig, chan *ipcpb.FromElevated) {
	r := newRig(t)
	o := r.grant(edit)
	g := new(wirepb.SessionGrant)
	if err := proto.Unmarshal(o.Grant, g); err != nil {
		t.Fatal(err)
	}
	said := make(chan *ipcpb.FromElevated, 64)
	r.elevated, r.only, r.enrolled = true, wire.SessionID(g.Session), r.grantKey.Public().(ed25519.PublicKey)
	r.terminals = terminaltest.NewScript(alice(), bob())
	r.handed = &Handed{
		Session: &ipcpb.HandedSession{
			Grant: o.Grant, Nonce: make([]byte, 16), Answer: []byte("yes"), AnswerSignature: []byte("signed"), Permissions: g.Permissions, LeftMs: uint64(time.Hour / time.Millisecond),
			Said:    []*wirepb.Chat{{Session: g.Session, Seq: 1, From: "Ada", Text: "hello"}},
			Summary: &wirepb.SessionSummary{Session: g.Session, GrantHash: hashOf(o.Grant), Updates: 3, InputInjected: 7},
		},
		Memory: []byte("{}"), Terminal: alice(), Say: func(f *ipcpb.FromElevated) { said <- f },
	}
	return r, said
}

// The session goes on: it is listed in Hello, nobody is asked, the banner comes back up
// before the first frame, and it has the rights of the machine. The service ends with
// it, and leaves a summary of the whole.
func TestV3_V8_HandedSessionGoesOnWithTheRightsOfTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, said := handedRig(t, nil)
		r.start()
		session := r.only[:]
		h, tr := r.crewAt("1")
		if got := r.tried(elevDone, 0); string(got.Receipt) != "yes" || string(got.ReceiptSignature) != "signed" {
			t.Errorf("the answer is not told again: %v", got)
		}
		if rights := <-r.rights; !rights.Elevated || len(rights.Terminals) != 2 || rights.Elevation != nil {
			t.Errorf("rights %v", rights)
		}
		if (<-said).GetTook() == nil {
			t.Error("the other service was not told")
		}
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.RepName != "Ada" || b.LeftMs == 0 {
			t.Errorf("banner %v", b)
		}
		if c := expect(t, tr, (*ipcpb.ToTray).GetChatHistory); len(c.Said) != 1 {
			t.Errorf("history %v", c)
		}
		r.attach(session, 1)
		h.update(1, 1, 1)
		if len(r.media) > 0 {
			t.Error("a stream before the banner")
		}
		tr.shown(session)
		m := <-r.media
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates", n)
		}
		r.elevate(session, 1, nil)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_ALREADY_ELEVATED)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
		h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: &ipcpb.InputDropped{Viewer: 1, Injected: 2, Last: true}}})
		sum := new(wirepb.SessionSummary)
		if err := proto.Unmarshal((<-r.summaries).Summary, sum); err != nil || sum.Updates != 4 || sum.InputInjected != 9 || sum.By != wirepb.EndedBy_ENDED_BY_CUSTOMER {
			t.Errorf("summary %v (%v)", sum, err)
		}
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: sum.Seq}}})
		var over *Over
		if err := <-r.ended; !errors.As(err, &over) || over.By != wirepb.EndedBy_ENDED_BY_CUSTOMER {
			t.Errorf("ended with %v", err)
		}
		r.ended <- nil
		r.end()
	})
}

// What the machine's own policy does not let begin is not taken over either.
func TestV3_L7_HandedSessionKeepsToTheFloor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, change := range map[string]func(r *rig){
			"a rule that asks nobody": func(*rig) {},
			"support switched off":    func(r *rig) { r.floor.Notify, r.floor.RemoteSupport = true, false },
			"another session":         func(r *rig) { r.floor.Notify, r.only = true, wire.SessionID{1} },
		} {
			r, _ := handedRig(t, func(g *wirepb.SessionGrant) { g.Consent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY })
			change(r)
			if err := Run(t.Context(), r.config()); err == nil {
				t.Errorf("%s was taken over", name)
			}
			r.terminals.Close()
		}
	})
}

// Nobody serves a session that is held: nothing is elevated for it, whatever the broker
// asks for, and the try is none.
func TestL13_V3_NothingIsElevatedWhileHeld(t *testing.T) {
	elevatable(t, func(_ *testing.T, r *rig, _ *fakeElevator) {
		session, _, _, _ := r.active(nil)
		r.hold(session, true)
		r.elevate(session, 1, nil)
		r.tried(elevNo, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD)
		r.hold(session, false)
		r.elevate(session, 1, nil)
		r.tried(elevAsking, 0)
	})
}
