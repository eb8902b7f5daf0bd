package broker

import (
	"testing"

	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (a *agent) forget(proof func(l transport.Link) ([]byte, error)) *wirepb.BrokerMessage {
	a.t.Helper()
	l := a.dial()
	defer l.Close(nil)
	p, err := proof(l)
	if err != nil {
		a.t.Fatal(err)
	}
	_, answer := a.first(l, &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Forget{Forget: &wirepb.Forget{Proof: p}}})
	return answer
}

// TestK_ADeviceIsForgottenAtItsOwnWish: by its key alone, on the link that it
// signs; it is recorded, its other link is cut, and it does not come back.
func TestK_ADeviceIsForgottenAtItsOwnWish(t *testing.T) {
	n := newBench(t)
	a := n.agent()
	a.tryEnroll(n.token(1).Token)
	a.connect()
	own := func(l transport.Link) ([]byte, error) { return transport.ProveForget(a.id, l) }

	if r := n.agent().forget(func(l transport.Link) ([]byte, error) { return transport.ProveForget(a.id, l) }).GetRefusal(); r.GetCode() != wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID {
		t.Errorf("another key's link: %v", r)
	}
	l := a.dial()
	old, err := own(l)
	if err != nil {
		t.Fatal(err)
	}
	l.Close(nil)
	if r := a.forget(func(transport.Link) ([]byte, error) { return old, nil }).GetRefusal(); r.GetCode() != wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID {
		t.Errorf("a proof of another link: %v", r)
	}
	stranger := n.agent()
	if r := stranger.forget(func(l transport.Link) ([]byte, error) { return transport.ProveForget(stranger.id, l) }).GetRefusal(); r.GetCode() != wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED {
		t.Errorf("a device that nobody knows: %v", r)
	}
	for range 2 { // the answer may get lost
		if m := a.forget(own); m.GetForgotten() == nil {
			t.Fatalf("answered %v", m)
		}
	}
	<-a.link.Done()
	if _, m := a.first(a.dial(), hello(a)); m.GetRefusal().GetCode() != wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED {
		t.Errorf("came back: %v", m)
	}
	if found := n.records(func(r store.Record) bool {
		return r.Action == "device.revoke" && r.Actor == "device:"+a.dev && r.Object == r.Actor && r.Result == "ok"
	}); len(found) != 1 {
		t.Errorf("%d records of it", len(found))
	}
}
