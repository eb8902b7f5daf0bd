package broker

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	promptCustomer = wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER
	specificUser   = wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER
	elevRefused    = wirepb.ElevationState_ELEVATION_STATE_REFUSED
	elevDone       = wirepb.ElevationState_ELEVATION_STATE_DONE
)

// elevate tries with what r says.
func (c *client) elevate(t *testing.T, r *apipb.ElevateRequest) error {
	t.Helper()
	_, err := apipbconnect.NewElevationServiceClient(c.http, c.base).Elevate(t.Context(), connect.NewRequest(r))
	return err
}

// elevating is a try that asks the customer; n tells it from the others.
func elevating(session string, n byte) *apipb.ElevateRequest {
	return &apipb.ElevateRequest{SessionId: session, Method: promptCustomer, Nonce: bytes.Repeat([]byte{n}, wire.SessionIDSize)}
}

// offersElevation is what an endpoint with a user's rights says of a session.
func (a *agent) offersElevation(session string, signer *transport.Identity, methods ...wirepb.ElevationMethod) *wirepb.ElevationOffer {
	a.t.Helper()
	_, o, err := wire.NewSealingKey(wire.SessionID(mustID(a.t, session)), signer.Sign)
	if err != nil {
		a.t.Fatal(err)
	}
	o.Methods = methods
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Rights{Rights: &wirepb.EndpointRights{Session: mustID(a.t, session), Elevation: o}}})
	return o
}

// order is the next Elevate of the broker's.
func (a *agent) elevateOrder() *wirepb.Elevate {
	a.t.Helper()
	return await(a, "elevate", func(m *wirepb.BrokerMessage) (*wirepb.Elevate, bool) { return m.GetElevate(), m.GetElevate() != nil })
}

// agreedTo is the receipt of a person's answer to a try, in a session with this grant.
func (a *agent) agreedTo(grant []byte, e *wirepb.Elevate, yes bool) (receipt, sig []byte) {
	a.t.Helper()
	receipt, message, err := wire.ElevationReceiptMessage(grant, &wirepb.ElevationReceipt{
		Session: e.Session, Nonce: e.Nonce, RepId: e.RepId, Yes: yes, User: "cora", TerminalSession: "2",
		Rule: wirepb.ConsentRule_CONSENT_RULE_ASK,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return receipt, a.id.Sign(message)
}

// answersElevation tells how a try stands, with the receipt of a person's answer.
func (a *agent) answersElevation(grant []byte, e *wirepb.Elevate, s wirepb.ElevationState, code wirepb.ErrorCode) {
	a.t.Helper()
	m := &wirepb.ElevateResult{Session: e.Session, Nonce: e.Nonce, State: s, Code: code}
	m.Receipt, m.ReceiptSignature = a.agreedTo(grant, e, code == 0)
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ElevateResult{ElevateResult: m}})
}

// elevated answers a try.
func (a *agent) elevated(e *wirepb.Elevate, s wirepb.ElevationState, code wirepb.ErrorCode) {
	a.t.Helper()
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ElevateResult{ElevateResult: &wirepb.ElevateResult{
		Session: e.Session, Nonce: e.Nonce, State: s, Code: code,
	}}})
}

func elevateAction(s *apipb.Session) *apipb.Action {
	i := slices.IndexFunc(s.GetActions(), func(a *apipb.Action) bool { return a.Id == "elevate" })
	if i < 0 {
		return nil
	}
	return s.Actions[i]
}

// The action is there while the screen is shared, enabled where the endpoint can be
// elevated and the rep may, and each try is recorded before the endpoint hears of it,
// and with its result. Three tries are all that a session has.
func TestV3_V4_V6_ElevationIsRecordedAndLimited(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rep, _ := n.with(n.rep("ada"), "rex", policy.SessionStart, policy.SessionControl, policy.SessionElevate)
	o := rep.open(t)
	s := rep.start(t, a.dev)
	wantCode(t, rep.elevate(t, elevating(s.Id, 1)), wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN)
	a.answer(a.offer(), true)
	code := func(want wirepb.ErrorCode) func(*apipb.Session) bool {
		return func(s *apipb.Session) bool {
			got := elevateAction(s)
			return got != nil && got.Code == want && got.Enabled == (want == 0)
		}
	}
	o.showing("it cannot be elevated", code(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE))
	wantCode(t, rep.elevate(t, elevating(s.Id, 1)), wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE)
	offer := a.offersElevation(s.Id, a.id, promptCustomer)
	if got := o.showing("it can be elevated", code(0)); !bytes.Equal(got.ElevationOffer.GetKey(), offer.Key) || !slices.Equal(got.ElevationOffer.GetMethods(), offer.Methods) {
		t.Errorf("offered %v", got.ElevationOffer)
	}
	wantCode(t, rep.elevate(t, &apipb.ElevateRequest{SessionId: s.Id, Method: specificUser, Nonce: make([]byte, 16), Sealed: []byte("x")}), wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE)
	wantCode(t, rep.elevate(t, &apipb.ElevateRequest{SessionId: s.Id, Method: promptCustomer}), wirepb.ErrorCode_ERROR_CODE_MALFORMED)
	wantCode(t, n.rep("rob").elevate(t, elevating(s.Id, 1)), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	var want []string
	for i, c := range []wirepb.ErrorCode{wirepb.ErrorCode_ERROR_CODE_BAD_CREDENTIALS, wirepb.ErrorCode_ERROR_CODE_ELEVATION_CANCELLED, wirepb.ErrorCode_ERROR_CODE_ELEVATION_TIMEOUT} {
		if err := rep.elevate(t, elevating(s.Id, byte(i))); err != nil {
			t.Fatal(err)
		}
		if got := n.records(action("session.elevate")); len(got) != i+1 || got[i].ActorName != "rex" || got[i].Detail != "method=prompt_customer" {
			t.Errorf("records %v", got)
		}
		asked := a.elevateOrder()
		meanwhile := wirepb.ErrorCode_ERROR_CODE_BUSY
		if i == wire.MaxElevations-1 {
			meanwhile = wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES
		}
		wantCode(t, rep.elevate(t, elevating(s.Id, 9)), meanwhile)
		stale := &wirepb.Elevate{Session: asked.Session, Nonce: bytes.Repeat([]byte{77}, wire.SessionIDSize)}
		a.elevated(stale, elevDone, 0) // of no try that stands
		a.elevated(asked, elevRefused, c)
		got := o.showing("the result", func(s *apipb.Session) bool {
			return s.Elevation.GetState() == elevRefused && s.Elevation.Count == uint32(i+1)
		})
		if got.Elevation.Code != c || got.Elevation.TriesLeft != uint32(2-i) || got.Elevation.By != "rex" {
			t.Errorf("%v", got.Elevation)
		}
		want = append(want, wire.CodeName(c))
	}
	wantCode(t, rep.elevate(t, elevating(s.Id, 4)), wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES)
	var results []string
	for _, r := range n.records(action("session.elevation")) {
		results = append(results, r.Result)
	}
	if !slices.Equal(results, want) {
		t.Errorf("results %v, want %v", results, want)
	}
	if got := rep.get(t, s.Id); got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Errorf("the session is %v", got.Phase)
	}
}

// A key that the device has not signed for this session is offered to nobody, and the
// offer is for those alone who may elevate.
func TestD14_SealingKeyIsTheDevices(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada := n.rep("ada")
	rep, _ := n.with(ada, "rex", policy.SessionStart, policy.SessionControl)
	s := a.active(rep)
	other, err := transport.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	a.offersElevation(s.Id, other, promptCustomer)
	a.rights(s.Id, true, "alice") // behind it, on the same stream
	eventually(t, "the rights", func() bool { return rep.get(t, s.Id).Elevated })
	a.offersElevation(s.Id, other, promptCustomer)
	a.offersElevation(s.Id, a.id, promptCustomer)
	eventually(t, "the rights", func() bool { return !rep.get(t, s.Id).Elevated })
	got := rep.get(t, s.Id)
	if got.ElevationOffer != nil || elevateAction(got).Code != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN {
		t.Errorf("offered %v to who may not", got)
	}
	wantCode(t, rep.elevate(t, elevating(s.Id, 1)), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
}

// What is sealed goes to the endpoint as it came, and is in no record of the broker's.
func TestV6_SealedCredentialsArePassedOnAndNotKept(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rep, _ := n.with(n.rep("ada"), "rex", policy.SessionStart, policy.SessionControl, policy.SessionElevate)
	s, grant := a.activeWithGrant(rep)
	offer := a.offersElevation(s.Id, a.id, specificUser)
	eventually(t, "the offer", func() bool { return rep.get(t, s.Id).ElevationOffer != nil })
	nonce := bytes.Repeat([]byte{5}, wire.SessionIDSize)
	sealed, err := wire.SealCredentials(offer.Key, wire.SessionID(mustID(t, s.Id)), nonce, &wirepb.ElevationCredentials{User: "root", Password: "canary-d0f1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := rep.elevate(t, &apipb.ElevateRequest{SessionId: s.Id, Method: specificUser, Nonce: nonce, Sealed: sealed}); err != nil {
		t.Fatal(err)
	}
	got := a.elevateOrder()
	if !bytes.Equal(got.Sealed, sealed) || !bytes.Equal(got.Nonce, nonce) || got.RepId == "" {
		t.Errorf("passed on %v", got)
	}
	a.answersElevation(grant, got, elevDone, 0)
	eventually(t, "the result", func() bool { return len(n.records(action("session.elevation"))) == 1 })
	for _, r := range n.records(func(store.Record) bool { return true }) {
		if strings.Contains(r.Detail, "canary") || bytes.Contains(r.Evidence, sealed) || strings.Contains(r.Detail, string(sealed)) {
			t.Errorf("kept in %v", r)
		}
	}
}

// activeWithGrant begins a session, and has its grant beside it.
func (a *agent) activeWithGrant(c *client) (*apipb.Session, []byte) {
	a.t.Helper()
	s := c.start(a.t, a.dev)
	o := a.offer()
	a.answer(o, true)
	return a.n.phase(c, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE), o.Grant
}

// tries is a bench with a session whose endpoint can be elevated with credentials.
func (n *bench) tries(t *testing.T, set func(ada *client)) (a *agent, rep *client, s *apipb.Session, grant []byte) {
	t.Helper()
	a = n.online()
	ada := n.rep("ada")
	if set != nil {
		set(ada)
	}
	rep, _ = n.with(ada, "rex", policy.SessionStart, policy.SessionControl, policy.SessionElevate)
	s, grant = a.activeWithGrant(rep)
	a.offersElevation(s.Id, a.id, promptCustomer, specificUser)
	eventually(t, "the offer", func() bool { return rep.get(t, s.Id).ElevationOffer != nil })
	return a, rep, s, grant
}

// withCredentials is a try with what the broker cannot read.
func withCredentials(session string, n byte) *apipb.ElevateRequest {
	r := elevating(session, n)
	r.Method, r.Sealed = specificUser, []byte("sealed")
	return r
}

// The person's answer to a rep with credentials is in the audit log with its receipt, a
// No included, and what came to no try costs none.
func TestD7_AnswersToAnElevationAreEvidence(t *testing.T) {
	n := newBench(t)
	a, rep, s, grant := n.tries(t, nil)
	for i, c := range []wirepb.ErrorCode{
		wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT,
		wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE,
	} {
		if err := rep.elevate(t, withCredentials(s.Id, byte(i))); err != nil {
			t.Fatal(err)
		}
		e := a.elevateOrder()
		a.elevated(e, wirepb.ElevationState_ELEVATION_STATE_CONSENT, 0)
		eventually(t, "the question", func() bool {
			return rep.get(t, s.Id).Elevation.GetState() == wirepb.ElevationState_ELEVATION_STATE_CONSENT
		})
		if c == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
			a.answersElevation(grant, e, elevRefused, c)
		} else {
			a.elevated(e, elevRefused, c)
		}
		eventually(t, "the result", func() bool { return rep.get(t, s.Id).Elevation.GetCode() == c })
		if left := rep.get(t, s.Id).Elevation.TriesLeft; left != wire.MaxElevations {
			t.Errorf("%v: %d tries are left", c, left)
		}
	}
	no := n.records(action("session.elevation"))
	if len(no) != 4 || no[0].Result != "denied_by_user" || len(no[0].Evidence) == 0 || !strings.Contains(no[0].Detail, `user="cora"`) || len(no[1].Evidence) > 0 {
		t.Errorf("records %+v", no)
	}
	if err := rep.elevate(t, withCredentials(s.Id, 9)); err != nil {
		t.Fatal(err)
	}
	e := a.elevateOrder()
	for _, state := range []wirepb.ElevationState{wirepb.ElevationState_ELEVATION_STATE_ASKING, wirepb.ElevationState_ELEVATION_STATE_MOVING, elevDone} {
		a.answersElevation(grant, e, state, 0)
	}
	eventually(t, "the result", func() bool { return rep.get(t, s.Id).Elevation.GetState() == elevDone })
	yes := n.records(action("session.elevation_consent"))
	if len(yes) != 1 || yes[0].Result != "ok" || yes[0].ActorName != "cora" || len(yes[0].Evidence) == 0 || !strings.Contains(yes[0].Detail, "rule=ask") {
		t.Errorf("records %+v", yes)
	}
}

// An endpoint that elevates with a rep's credentials without a Yes that verifies loses
// the session, and the log says why.
func TestD7_NoElevationWithoutAReceipt(t *testing.T) {
	for name, c := range map[string]func(a *agent, grant []byte, e *wirepb.Elevate){
		"none": func(a *agent, _ []byte, e *wirepb.Elevate) { a.elevated(e, elevDone, 0) },
		"none, asking": func(a *agent, _ []byte, e *wirepb.Elevate) {
			a.elevated(e, wirepb.ElevationState_ELEVATION_STATE_ASKING, 0)
		},
		"of another try": func(a *agent, grant []byte, e *wirepb.Elevate) {
			m := &wirepb.ElevateResult{Session: e.Session, Nonce: e.Nonce, State: elevDone}
			m.Receipt, m.ReceiptSignature = a.agreedTo(grant, &wirepb.Elevate{Session: e.Session, Nonce: make([]byte, 16), RepId: e.RepId}, true)
			a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ElevateResult{ElevateResult: m}})
		},
		"a no": func(a *agent, grant []byte, e *wirepb.Elevate) {
			m := &wirepb.ElevateResult{Session: e.Session, Nonce: e.Nonce, State: elevDone}
			m.Receipt, m.ReceiptSignature = a.agreedTo(grant, e, false)
			a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ElevateResult{ElevateResult: m}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newBench(t)
			a, rep, s, grant := n.tries(t, nil)
			if err := rep.elevate(t, withCredentials(s.Id, 1)); err != nil {
				t.Fatal(err)
			}
			c(a, grant, a.elevateOrder())
			if got := n.phase(rep, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED); got.Code != wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID {
				t.Errorf("ended with %v", got.Code)
			}
			if r := n.records(action("session.elevation_consent")); len(r) != 1 || r[0].Result != "proof_invalid" {
				t.Errorf("records %+v", r)
			}
		})
	}
}
