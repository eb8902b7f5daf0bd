package broker

import (
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// asService asks an elevated client to be pinned in service mode.
func (c *client) asService(t *testing.T, a *agent, session string) (<-chan pinned, *wirepb.Pin, *wirepb.PinOrder) {
	t.Helper()
	done := c.pinning(t, &apipb.PinRequest{SessionId: session, Mode: wirepb.JumpMode_JUMP_MODE_SERVICE, Details: &apipb.JumpDetails{Name: "Till 7"}})
	p, o := a.order()
	return done, p, o
}

// names answers an order with a yes to a device that was made for it.
func (a *agent) names(p *wirepb.Pin, o *wirepb.PinOrder, made *agent) {
	a.t.Helper()
	spki := made.id.Pin()
	receipt, message, err := wire.PinnedMessage(p.Order, &wirepb.PinReceipt{
		Yes: true, User: "cora", TerminalSession: "1", AtUnixMs: a.n.now().UnixMilli(), Mode: wirepb.JumpMode_JUMP_MODE_SERVICE, DeviceSpki: spki[:],
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Pinned{Pinned: &wirepb.Pinned{Jti: o.Jti, Receipt: receipt, ReceiptSignature: a.id.Sign(message)}}})
}

// makes enrolls a device with the token of an order.
func (a *agent) makes(p *wirepb.Pin) *agent {
	a.t.Helper()
	made := a.n.agent()
	if e := made.tryEnroll(p.Token); e.GetEnrolled() == nil {
		a.t.Fatalf("enroll: %v", e)
	}
	return made
}

// TestV8_J9_AnElevatedClientPinsAnotherDevice: the device that its machine's service is
// enrolls with the order's token, is under the settings of the first one, and is the Jump
// Client; it is started and unpinned, the client of the session is not.
func TestV8_J9_AnElevatedClientPinsAnotherDevice(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	group, tags := "Tills", &apipb.Tags{Tags: []string{"lobby"}}
	must[apipb.UpdateDeviceResponse](t)(ada.inventory.UpdateDevice(t.Context(), connect.NewRequest(&apipb.UpdateDeviceRequest{Id: a.dev, Group: &group, Tags: tags})))
	s := a.active(rob)
	done, p, o := rob.asService(t, a, s.Id)
	if strings.Contains(string(p.Order), p.Token) {
		t.Error("the token is in the order, which is evidence")
	}
	made := a.makes(p)
	made.connect() // before the answer: it is not told to go
	a.names(p, o, made)
	got := <-done
	if got.err != nil || got.client.DeviceId != made.dev || got.client.Mode != wirepb.JumpMode_JUMP_MODE_SERVICE || !got.client.Online {
		t.Fatalf("%v, %v", got.client, got.err)
	}
	d := must[apipb.GetDeviceResponse](t)(ada.inventory.GetDevice(t.Context(), connect.NewRequest(&apipb.GetDeviceRequest{Id: made.dev}))).Device
	if d.Group != group || len(d.Tags) != 1 || d.Tags[0] != "lobby" || !d.Entitled {
		t.Errorf("it is under other settings: %v", d)
	}
	// The token was for one, and is nobody's to see.
	if e := n.agent().tryEnroll(p.Token); e.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TOKEN_USED {
		t.Errorf("enrolled again: %v", e)
	}
	for _, k := range must[apipb.ListEnrollmentTokensResponse](t)(ada.inventory.ListEnrollmentTokens(t.Context(), connect.NewRequest(&apipb.ListEnrollmentTokensRequest{}))).Tokens {
		if k.CreatedBy == "Rob Rep" {
			t.Errorf("listed: %v", k)
		}
	}
	if all := n.records(action("device.enroll")); !strings.HasSuffix(all[len(all)-1].Detail, " for=jump:"+got.client.Id) {
		t.Errorf("%+v", all[len(all)-1])
	}
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		t.Fatal(err)
	}
	a.ended()
	a.link.Close(nil)
	j, err := rob.jump(t, got.client.Id)
	if err != nil {
		t.Fatal(err)
	}
	made.answer(made.offer(), true)
	n.phase(rob, j.Session.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	if _, err := rob.session.End(t.Context(), connect.NewRequest(&apipb.EndRequest{Id: j.Session.Id})); err != nil {
		t.Fatal(err)
	}
	made.ended()
	if err := rob.unpin(t, got.client.Id, true); err != nil {
		t.Fatal(err)
	}
	made.unpinned(got.client.Id)
	eventually(t, "the removal in the log", func() bool { return len(n.records(action("jump.removed"))) == 1 })
}

// TestV8_WhatIsMadeForNothingGoes: without a yes the token enrolls nobody; a device that was
// enrolled before that, is named by nobody or has another's key is told to go, also by a
// broker that was started again.
func TestV8_WhatIsMadeForNothingGoes(t *testing.T) {
	n := newBench(t)
	a := n.online()
	rob := n.rep("rob")
	s := a.active(rob)

	done, p, o := rob.asService(t, a, s.Id)
	a.answerPin(p, o, false, a.id)
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
	if e := n.agent().tryEnroll(p.Token); e.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_TOKEN_UNKNOWN {
		t.Errorf("enrolled after a No: %v", e)
	}

	other := n.online()
	done, p, o = rob.asService(t, a, s.Id)
	made := a.makes(p)
	made.connect()
	a.names(p, o, other)
	wantCode(t, (<-done).err, wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID)
	made.unpinned(o.Client)
	eventually(t, "the removal in the log", func() bool { return len(n.records(action("jump.removed"))) == 1 })

	_, p, o = rob.asService(t, a, s.Id)
	made = a.makes(p)
	n.restart()
	made.connect()
	made.unpinned(o.Client)
	eventually(t, "the removal in the log", func() bool { return len(n.records(action("jump.removed"))) == 2 })
	if got := n.rep("rob").listJumps(t, ""); len(got) != 0 {
		t.Errorf("pinned: %v", got)
	}
}
