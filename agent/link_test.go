package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func TestSilentBrokerEndsTheLink(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		time.Sleep(time.Minute) // answered heartbeats keep it
		select {
		case <-r.l.Done():
			t.Fatal("link ended although the broker answers")
		default:
		}
		r.mute.Store(true)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		select {
		case <-r.l.Done():
		default:
			t.Fatal("link still stands")
		}
		r.mute.Store(false)
		r.connect()
	})
}

func TestHeartbeatsHurryDuringASession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		time.Sleep(time.Minute)
		idle := r.beats.Swap(0)
		r.active(nil)
		time.Sleep(time.Minute)
		if busy := r.beats.Load(); idle > 13 || busy < 58 {
			t.Errorf("%d heartbeats a minute without a session, %d with one", idle, busy)
		}
	})
}

func TestHelloSaysWhatThisMachineIs(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		<-r.tray
		<-r.helper
		r.l.Close(nil)
		h := r.connect()
		if d := h.Device; d.Hostname == "" || d.OsVersion == "" || d.User != "alice" || d.AgentVersion != "test" {
			t.Errorf("device %v", d)
		}
		c := h.Capabilities
		if !c.UserPresent || c.Screen.Reason != wirepb.Reason_REASON_OK || c.Consent.Reason != wirepb.Reason_REASON_OK || c.Consent.Backend != "fake" {
			t.Errorf("capabilities %v", c)
		}
	})
}

func TestRefusalForGoodEndsTheService(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Refusal{Refusal: &wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED}}})
		err := <-r.ended
		if want := (&wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_DEVICE_REVOKED}); err == nil || !want.Is(err) {
			t.Errorf("ended with %v", err)
		}
		r.ended <- err
	})
}

func TestFailingHelperIsReportedAndLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, _, _ := r.active(nil)
		r.unfit.Store(true)
		h.die()
		time.Sleep(20 * time.Second)
		r.unfit.Store(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		select {
		case <-r.helper:
			t.Fatal("started again although it ended five times")
		default:
		}
		time.Sleep(restartLast)
		<-r.helper
		_ = id
	})
}

func TestChatAndRequestsPass(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, _, tr, _ := r.active(nil)
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Chat{Chat: &wirepb.Chat{Session: id, From: "Ada", Text: "hello"}}})
		if c := expect(t, tr, (*ipcpb.ToTray).GetChat); c.Text != "hello" {
			t.Errorf("tray got %v", c)
		}
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Chat{Chat: &wirepb.Chat{Session: id, From: "not me", Text: "hi"}}})
		if c := (<-r.msgs).GetChat(); c == nil || c.Text != "hi" || c.From != "alice" || !c.FromCustomer {
			t.Errorf("broker got %v", c)
		}
		r.l.Close(nil)
		synctest.Wait()
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Request{Request: &wirepb.SupportRequest{Name: "Al", Phone: "123", Reason: "printer"}}})
		r.connect()
		q := (<-r.msgs).GetRequest()
		if q == nil || q.Reason != "printer" || len(q.Id) != wire.SessionIDSize {
			t.Fatalf("broker got %v", q)
		}
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_RequestAnswer{RequestAnswer: &wirepb.RequestAnswer{Id: q.Id}}})
		if a := expect(t, tr, (*ipcpb.ToTray).GetRequestResult); string(a.Id) != string(q.Id) {
			t.Errorf("tray got %v", a)
		}
	})
}

func TestStopEndsTheSessionAndTellsTheBroker(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(nil)
		r.stop()
		<-h.done
		<-tr.done
		m := <-r.msgs
		if m.GetEnd().GetCode() != wirepb.ErrorCode_ERROR_CODE_SHUTTING_DOWN {
			t.Errorf("broker got %v", m)
		}
	})
}
