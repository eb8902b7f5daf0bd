package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// messageOf makes an empty message by the name that a vector has as its type.
func messageOf(name string) proto.Message {
	switch name {
	case "AgentMessage":
		return new(wirepb.AgentMessage)
	case "BrokerMessage":
		return new(wirepb.BrokerMessage)
	case "ViewerAttach":
		return new(wirepb.ViewerAttach)
	case "ViewerReply":
		return new(wirepb.ViewerReply)
	case "ViewSettings":
		return new(wirepb.ViewSettings)
	case "ScreenState":
		return new(wirepb.ScreenState)
	}
	panic("no such message: " + name)
}

// protoFields is the JSON mapping of protobuf, which every runtime has.
func protoFields(m proto.Message) any {
	b, err := protojson.Marshal(m)
	if err != nil {
		panic(err)
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		panic(err)
	}
	return v
}

func controlVectors() []vector {
	var vs []vector
	add := func(name string, m proto.Message) {
		packed, err := AppendControl(nil, m)
		if err != nil {
			panic(err)
		}
		v := good(name, packed, protoFields(m))
		v.Type = string(m.ProtoReflect().Descriptor().Name())
		vs = append(vs, v)
	}
	spoilt := func(name, class, typ string, packed ...byte) {
		v := bad(name, class, packed...)
		v.Type = typ
		vs = append(vs, v)
	}
	id := bytes.Repeat([]byte{1}, SessionIDSize)
	monitor := &wirepb.Monitor{Id: 1, X: -1280, Y: 0, Width: 1280, Height: 1024, Primary: true, Name: "HDMI-1"}
	add("hello", (&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Hello{Hello: &wirepb.Hello{
		VersionMin: 1, VersionMax: 1,
		Device: &wirepb.Device{Hostname: "desk", Os: "linux", OsVersion: "Debian GNU/Linux 12", Arch: "amd64", AgentVersion: "1.0", User: "ada"},
		Capabilities: &wirepb.CapabilityReport{
			Screen: &wirepb.Capability{Reason: wirepb.Reason_REASON_OK, Backend: "x11"}, UserPresent: true,
			Monitors: []*wirepb.Monitor{monitor},
		},
		ActiveSessions: [][]byte{id},
	}}}))
	add("enroll", (&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Enroll{Enroll: &wirepb.Enroll{
		VersionMin: 1, VersionMax: 1, Token: "token",
		Proof: ed25519.Sign(testKey(9), enrollStatement(bytes.Repeat([]byte{5}, 32), "token")),
	}}}))
	add("agent heartbeat", (&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Heartbeat{Heartbeat: &wirepb.Heartbeat{
		Seq: 3, Padding: make([]byte, HeartbeatPadding),
	}}}))
	add("consent", (&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: &wirepb.SessionConsent{
		Session: id, Code: wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, Detail: "no",
	}}}))
	add("policy report", &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Policy{Policy: &wirepb.PolicyReport{
		Version: 4, EffectiveHash: bytes.Repeat([]byte{6}, sha256.Size), Refused: "policy: signature does not verify",
	}}})
	add("request", &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Request{Request: &wirepb.SupportRequest{
		Id: id, Name: "Ann", Email: "ann@example.org", Phone: "+49 30 1", Reason: "grüß 🙂",
	}}})
	add("request status", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_RequestStatus{RequestStatus: &wirepb.RequestStatus{
		Id: id, State: wirepb.RequestState_REQUEST_STATE_DENIED, By: "Robin", Detail: "not today",
	}}})
	add("deadline", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Deadline{Deadline: &wirepb.SessionDeadline{
		Session: id, Seconds: 30, Code: wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, Detail: "switched off",
	}}})
	add("recorder attached", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{
		Session: id, Viewer: 3, Recorder: true,
	}}})
	add("summary kept", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_SummaryKept{SummaryKept: &wirepb.SummaryKept{Seq: 9}}})
	add("welcome", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Welcome{Welcome: &wirepb.Welcome{
		Version: 1, Organisation: "Example", HeartbeatIntervalMs: 15000, ServerTimeUnixMs: grantTime.UnixMilli(),
		GrantKey: testKey(7).Public().(ed25519.PublicKey),
	}}})
	add("refusal", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Refusal{Refusal: &wirepb.Refusal{
		Code: wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN, Detail: "restart", RetryAfterMs: 2000,
	}}})
	add("broker heartbeat", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Heartbeat{Heartbeat: &wirepb.Heartbeat{
		Seq: 1 << 40, Padding: make([]byte, HeartbeatPadding),
	}}})
	add("viewer attached", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{Session: id, Viewer: 2}}})
	add("chat", &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Chat{Chat: &wirepb.Chat{
		Session: id, Seq: 1, From: "Robin", Text: "grüß 🙂", AtUnixMs: grantTime.UnixMilli(),
	}}})
	add("viewer attach", &wirepb.ViewerAttach{VersionMin: 1, VersionMax: 1, Ticket: "ticket"})
	add("viewer accepted", &wirepb.ViewerReply{Kind: &wirepb.ViewerReply_Accepted{Accepted: &wirepb.ViewerAccepted{Version: 1, Session: id, Viewer: 2}}})
	add("viewer refused", &wirepb.ViewerReply{Kind: &wirepb.ViewerReply_Refusal{Refusal: &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_TICKET_INVALID}}})
	add("view settings", &wirepb.ViewSettings{Monitor: 1, Refresh: true, Operations: []uint32{1, 2, 5, 6, 7, 8, 9}, CacheBytes: 64 << 20})
	add("screen state", &wirepb.ScreenState{Reason: wirepb.Reason_REASON_OK, Monitors: []*wirepb.Monitor{monitor}, Control: true})
	spoilt("length cut", "eof", "AgentMessage", 0, 0, 0)
	spoilt("nothing", "eof", "AgentMessage")
	spoilt("message cut", "eof", "AgentMessage", 0, 0, 0, 2, 0x1a)
	spoilt("length over the limit", "malformed", "AgentMessage", 0, 1, 0, 1)
	spoilt("not protobuf", "malformed", "AgentMessage", 0, 0, 0, 1, 0xff)
	return vs
}

func readControlVector(v vector, packed []byte) (any, []byte, error) {
	m := messageOf(v.Type)
	if err := ReadControl(bytes.NewReader(packed), m); err != nil {
		if v.Error == "eof" && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			err = fmt.Errorf("%w", errEOF)
		}
		return nil, nil, err
	}
	packed, err := AppendControl(nil, m)
	return protoFields(m), packed, err
}

// errEOF is the class of streams that end.
var errEOF = errors.New("eof")

// enrollStatement is what the device key signs to enroll: the proof is made and
// checked where the TLS connection is.
func enrollStatement(exporter []byte, token string) []byte {
	h := sha256.Sum256([]byte(token))
	return append(append([]byte("alongside enroll v1"), exporter...), h[:]...)
}

// statementVectors are what is signed: the hex is the exact signed bytes,
// prefix included.
func statementVectors() []vector {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	offer := testGrant()
	offer.Consent, offer.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_ASK, wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	offer.OnTimeout, offer.Recorded = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_DENY, true
	offer.ConsentValidS, offer.Reason, offer.AtEnd = 1800, "printer", wirepb.AtEnd_AT_END_LOCK
	grant, sig, err := SignGrant(testKey(7), offer)
	must(err)
	receipt, receiptSig, err := signReceipt(testKey(9), grant, &wirepb.ConsentReceipt{
		Session: offer.Session, Yes: true, User: "ada", TerminalSession: ":0", AtUnixMs: grantTime.UnixMilli(),
		Permissions: offer.Permissions, Rule: wirepb.ConsentRule_CONSENT_RULE_ASK,
		ValidUntilUnixMs: grantTime.Add(30 * time.Minute).UnixMilli(),
	})
	must(err)
	policy, policySig, err := SignPolicy(testKey(7), testPolicy())
	must(err)
	_, summaryMessage, err := SummaryMessage(testSummary())
	must(err)
	exporter := bytes.Repeat([]byte{5}, 32)
	one := func(name string, packed, key, sig []byte) vector {
		return good(name, packed, fields{"key": hex.EncodeToString(key), "signature": hex.EncodeToString(sig)})
	}
	broker, device := testKey(7).Public().(ed25519.PublicKey), testKey(9).Public().(ed25519.PublicKey)
	forged := one("grant signed by another key", signed(grantDomain, grant), device, sig)
	forged.Error = "signature"
	return []vector{
		one("grant", signed(grantDomain, grant), broker, sig),
		one("consent", signed(consentDomain, receipt), device, receiptSig),
		one("policy", signed(policyDomain, policy), broker, policySig),
		one("summary", summaryMessage, device, ed25519.Sign(testKey(9), summaryMessage)),
		one("enroll", enrollStatement(exporter, "token"), device, ed25519.Sign(testKey(9), enrollStatement(exporter, "token"))),
		forged,
	}
}

func readStatementVector(v vector, packed []byte) (any, []byte, error) {
	f := v.Fields.(map[string]any)
	key, err := hex.DecodeString(f["key"].(string))
	if err != nil {
		return nil, nil, err
	}
	sig, err := hex.DecodeString(f["signature"].(string))
	if err != nil {
		return nil, nil, err
	}
	if !ed25519.Verify(key, packed, sig) {
		return nil, nil, ErrSignature
	}
	return v.Fields, packed, nil
}
