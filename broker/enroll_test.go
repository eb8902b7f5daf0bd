package broker

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestOneUseTokenEnrollsOneDevice(t *testing.T) {
	n := newBench(t)
	token := n.token(1).Token
	var wg sync.WaitGroup
	var mu sync.Mutex
	enrolled, used := 0, 0
	for range 20 {
		a := n.agent()
		wg.Go(func() {
			m := a.tryEnroll(token)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case m.GetEnrolled() != nil:
				enrolled++
			case m.GetRefusal().GetCode() == wirepb.ErrorCode_ERROR_CODE_TOKEN_USED:
				used++
			}
		})
	}
	wg.Wait()
	devices, err := n.b.store.Devices(t.Context())
	if err != nil || enrolled != 1 || used != 19 || len(devices) != 1 {
		t.Fatalf("%d enrolled, %d told that it is used, %d devices, %v", enrolled, used, len(devices), err)
	}
	if got := len(n.records(action("device.enroll"))); got != 1 {
		t.Fatalf("%d enrollments recorded", got)
	}
}

// Each refusal is typed, tells nothing else, and leaves one record.
func TestRefusalsAreTypedAndRecordedOnce(t *testing.T) {
	n := newBench(t)
	good := n.token(1)
	enroll := func(a *agent, change func(*wirepb.Enroll)) *wirepb.BrokerMessage {
		l := a.dial()
		e := &wirepb.Enroll{VersionMin: 1, VersionMax: 1, Token: good.Token, Device: a.info}
		proof, err := transport.ProveEnroll(a.id, l, e.Token)
		if err != nil {
			t.Fatal(err)
		}
		e.Proof = proof
		change(e)
		_, m := a.first(l, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Enroll{Enroll: e}})
		return m
	}
	revoked := n.online()
	if err := func() error {
		_, err := n.rep("ada").inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: revoked.dev, Confirm: true}))
		return err
	}(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want wirepb.ErrorCode
		do   func(*agent) *wirepb.BrokerMessage
	}{
		{"unknown key", wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED, func(a *agent) *wirepb.BrokerMessage {
			_, m := a.first(a.dial(), hello(a))
			return m
		}},
		{"revoked key", wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED, func(*agent) *wirepb.BrokerMessage {
			_, m := revoked.first(revoked.dial(), hello(revoked))
			return m
		}},
		{"unknown token", wirepb.ErrorCode_ERROR_CODE_TOKEN_UNKNOWN, func(a *agent) *wirepb.BrokerMessage { return a.tryEnroll("nothing") }},
		{"bad proof", wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, func(a *agent) *wirepb.BrokerMessage {
			return enroll(a, func(e *wirepb.Enroll) { e.Proof[3] ^= 1 })
		}},
		{"proof for another token", wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, func(a *agent) *wirepb.BrokerMessage {
			return enroll(a, func(e *wirepb.Enroll) { e.Token += "x" })
		}},
		{"version", wirepb.ErrorCode_ERROR_CODE_VERSION_UNSUPPORTED, func(a *agent) *wirepb.BrokerMessage {
			return enroll(a, func(e *wirepb.Enroll) { e.VersionMin, e.VersionMax = 90, 99 })
		}},
		{"expired token", wirepb.ErrorCode_ERROR_CODE_TOKEN_EXPIRED, func(a *agent) *wirepb.BrokerMessage {
			n.advance(25 * time.Hour)
			return a.tryEnroll(good.Token)
		}},
		{"other message first", wirepb.ErrorCode_ERROR_CODE_MALFORMED, func(a *agent) *wirepb.BrokerMessage {
			_, m := a.first(a.dial(), &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Chat{Chat: &wirepb.Chat{Text: "hi"}}})
			return m
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(n.records(action("device.refused")))
			m := c.do(n.agent())
			if m.GetRefusal().GetCode() != c.want {
				t.Fatalf("%v, want %v", m, c.want)
			}
			found := n.records(action("device.refused"))
			if len(found) != before+1 || found[before].Result != wire.CodeName(c.want) {
				t.Fatalf("%d records: %+v", len(found)-before, found[before:])
			}
		})
	}
}

func TestRevocationCutsTheLink(t *testing.T) {
	n := newBench(t)
	ada := n.rep("ada")
	cut := func(a *agent) {
		t.Helper()
		select {
		case <-a.link.Done():
		case <-time.After(patience):
			t.Fatal("the link lives 5 s after the revocation")
		}
		if !errors.Is(a.link.Cause(), &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED}) {
			t.Fatalf("cause %v", a.link.Cause())
		}
	}
	a := n.online()
	s := a.active(ada)
	_, err := ada.inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: a.dev}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED)
	_, err = n.rep("rob").inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: a.dev, Confirm: true}))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
	if _, err := ada.inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: a.dev, Confirm: true})); err != nil {
		t.Fatal(err)
	}
	cut(a)
	n.phase(ada, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)

	// By the command line beside the running broker.
	b := n.online()
	books, err := OpenBooks(t.Context(), n.data, n.b.conf.Log)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(books.RevokeDevice(t.Context(), b.dev), books.Close()); err != nil {
		t.Fatal(err)
	}
	cut(b)
}

func TestTheSameDeviceAgainReplacesItsLink(t *testing.T) {
	n := newBench(t)
	a := n.online()
	old := a.link
	s := a.active(n.rep("rob"))
	a.connect(mustID(t, s.Id))
	<-old.Done()
	if !errors.Is(old.Cause(), &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_REPLACED}) {
		t.Fatalf("cause %v", old.Cause())
	}
	rob := n.rep("rob")
	eventually(t, "session on the new link", func() bool {
		got := rob.get(t, s.Id)
		return got.Phase == apipb.SessionPhase_SESSION_PHASE_ACTIVE && got.AgentConnected
	})
	if !n.b.fleet.Online(a.dev) {
		t.Fatal("offline")
	}
}

func TestHostileTextsAreFilteredAtIngress(t *testing.T) {
	n := newBench(t)
	rob := n.rep("rob")
	evil := "\x00<script>alert(1)</script>\u202e\u2066\x1b[31m\r\n" + strings.Repeat("é", 5000)
	a := n.agent()
	a.info = &wirepb.Device{Hostname: evil, Os: evil, OsVersion: evil, Arch: evil, AgentVersion: evil, User: evil}
	if m := a.tryEnroll(n.token(1).Token); m.GetEnrolled() == nil {
		t.Fatalf("%v", m)
	}
	a.connect()
	s := a.active(rob)
	id := mustID(t, s.Id)
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Capabilities{Capabilities: &wirepb.CapabilityReport{
		Screen:   &wirepb.Capability{Backend: evil, Detail: evil},
		Monitors: []*wirepb.Monitor{{Name: evil}},
	}}})
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ProgramTrial{ProgramTrial: &wirepb.ProgramTrial{
		Version: evil, Detail: evil, Result: wirepb.TrialResult_TRIAL_RESULT_CRASHED,
	}}})
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_State{State: &wirepb.SessionState{Session: id, Detail: evil}}})
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Chat{Chat: &wirepb.Chat{Session: id, From: evil, Text: evil}}})
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{Session: id, Detail: evil}}})
	n.phase(rob, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)

	clean := func(what, s string, limit int) {
		t.Helper()
		if s == "" || len(s) > limit || strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && unicode.Is(unicode.C, r) }) {
			t.Errorf("%s: %d bytes %.80q", what, len(s), s)
		}
	}
	g, err := rob.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
	if err != nil || len(g.Msg.Chat) != 1 {
		t.Fatalf("%v, %v", g, err)
	}
	clean("chat", g.Msg.Chat[0].Text, wire.MaxText)
	clean("chat name", g.Msg.Chat[0].From, wire.MaxName)
	clean("end", g.Msg.Session.Detail, wire.MaxName)
	clean("device name", g.Msg.Session.DeviceName, wire.MaxName)
	d, err := rob.inventory.GetDevice(t.Context(), connect.NewRequest(&apipb.GetDeviceRequest{Id: a.dev}))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{d.Msg.Device.Info.Hostname, d.Msg.Device.Info.Os, d.Msg.Device.Info.OsVersion, d.Msg.Device.Info.User} {
		clean("device", v, wire.MaxName)
	}
	clean("backend", d.Msg.Device.Capabilities.Screen.Backend, wire.MaxName)
	clean("monitor", d.Msg.Device.Capabilities.Monitors[0].Name, wire.MaxName)
	for _, r := range n.records(func(store.Record) bool { return true }) {
		for _, v := range []string{r.ActorName, r.ObjectName, r.Detail} {
			if v != "" {
				clean("audit", v, 4096)
			}
		}
	}
}

func TestSupportRequestTwiceIsOne(t *testing.T) {
	n := newBench(t)
	a := n.online()
	q := &wirepb.SupportRequest{Id: make([]byte, 16), Name: "Cora", Phone: "4711", Reason: "printer"}
	for range 2 {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Request{Request: q}})
		got := await(a, "answer", func(m *wirepb.BrokerMessage) (*wirepb.RequestAnswer, bool) {
			return m.GetRequestAnswer(), m.GetRequestAnswer() != nil
		})
		if got.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
			t.Fatalf("%v", got)
		}
	}
	if got := len(n.records(action("request.create"))); got != 1 {
		t.Fatalf("%d records", got)
	}
}
