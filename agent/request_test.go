package agent

import (
	"crypto/rand"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *fakeChild) request(edit func(q *wirepb.SupportRequest)) []byte {
	q := &wirepb.SupportRequest{Id: make([]byte, 16), Name: "Ann", Email: "ann@example.org", Reason: "the printer is on fire"}
	_, _ = rand.Read(q.Id)
	edit(q)
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Request{Request: q}})
	return q.Id
}

func good(*wirepb.SupportRequest) {}

func (r *rig) stands(id []byte, s wirepb.RequestState) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_RequestStatus{RequestStatus: &wirepb.RequestStatus{
		Id: id, State: s, By: "Robin", Detail: "because",
	}}})
}

func TestR5_TheAgentKeepsToTheMinimum(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ReasonMin = 10 }))
		for field, edit := range map[string]func(q *wirepb.SupportRequest){
			"reason": func(q *wirepb.SupportRequest) { q.Reason = "ÄÖÜäöüßéà" }, // nine
			"name":   func(q *wirepb.SupportRequest) { q.Name = "" },
			"email":  func(q *wirepb.SupportRequest) { q.Email, q.Phone = "", "" },
		} {
			tr.request(edit)
			if a := expect(t, tr, (*ipcpb.ToTray).GetRequestResult); a.Code == 0 || a.Field != field {
				t.Errorf("%s: answered %v", field, a)
			}
			wantNothing(r)
		}
		tr.request(good)
		if q := (<-r.msgs).GetRequest(); q.GetReason() != "the printer is on fire" {
			t.Errorf("broker got %v", q)
		}
		tr.request(good) // one at a time
		if a := expect(t, tr, (*ipcpb.ToTray).GetRequestResult); a.Code != wirepb.ErrorCode_ERROR_CODE_CONFLICT {
			t.Errorf("a second: %v", a)
		}
	})
}

func TestR13_NewsOfTheRequestReachTheTrayOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		id := tr.request(good)
		<-r.msgs
		tr.drain()
		for range 2 {
			r.stands(id, wirepb.RequestState_REQUEST_STATE_DENIED)
		}
		n := expect(t, tr, (*ipcpb.ToTray).GetRequestNews)
		if n.State != wirepb.RequestState_REQUEST_STATE_DENIED || n.By != "Robin" || n.Detail != "because" {
			t.Errorf("news %v", n)
		}
		for len(tr.msgs) > 0 {
			if m := (<-tr.msgs).(*ipcpb.ToTray); m.GetRequestNews() != nil {
				t.Error("told twice")
			}
		}
		r.l.Close(nil) // a link that comes back repeats how it stands
		r.connect()
		r.stands(id, wirepb.RequestState_REQUEST_STATE_DENIED)
		for len(tr.msgs) > 0 {
			if m := (<-tr.msgs).(*ipcpb.ToTray); m.GetRequestNews() != nil {
				t.Error("told again after a reconnect")
			}
		}
		tr.request(good) // and another may be made
		if (<-r.msgs).GetRequest() == nil {
			t.Error("no request after a denial")
		}
	})
}

func TestRequestIsTakenBack(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		cancel := func(id []byte) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Cancel{Cancel: &wirepb.RequestCancel{Id: id}}})
		}
		id := tr.request(good)
		<-r.msgs
		cancel(make([]byte, 16))
		wantNothing(r)
		cancel(id)
		if c := (<-r.msgs).GetRequestCancel(); string(c.GetId()) != string(id) {
			t.Errorf("broker got %v", c)
		}
		// Without a link the request is not sent any more at all.
		r.l.Close(nil)
		synctest.Wait()
		cancel(tr.request(good))
		r.connect()
		if m := <-r.msgs; m.GetRequestCancel() == nil {
			t.Errorf("broker got %v", m)
		}
		wantNothing(r)
	})
}
