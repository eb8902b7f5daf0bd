package agent

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func wantEnd(r *rig, by wirepb.EndedBy) *wirepb.SessionEnd {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.msgs:
		if e := m.GetEnd(); e != nil && e.By == by {
			return e
		}
		r.t.Fatalf("got %v, want the end by %v", m, by)
	default:
		r.t.Fatalf("the end by %v was not told", by)
	}
	return nil
}

func TestX8_LinkFlapKeepsConsent(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, _ := r.active(nil)
		h.drain()
		tr.drain()
		r.l.Close(nil)
		// Nobody sees the screen any more, so keys are released.
		expect(t, h, (*ipcpb.ToHelper).GetClose)
		time.Sleep(30 * time.Second)
		hello := r.connect()
		if len(hello.ActiveSessions) != 1 || !bytes.Equal(hello.ActiveSessions[0], id) {
			t.Fatalf("hello lists %x", hello.ActiveSessions)
		}
		r.attach(id, 2)
		m := <-r.media
		expect(t, h, (*ipcpb.ToHelper).GetOpen)
		h.update(2, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates after the flap, want 1", n)
		}
		for len(tr.msgs) > 0 {
			if a := (<-tr.msgs).(*ipcpb.ToTray).GetAsk(); a != nil {
				t.Error("asked again")
			}
		}
	})
}

func TestLinkLostForTooLongEndsTheSession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, _, tr, _ := r.active(nil)
		r.l.Close(nil)
		time.Sleep(resumeLimit + time.Second)
		expect(t, tr, (*ipcpb.ToTray).GetBannerHide)
		if hello := r.connect(); len(hello.ActiveSessions) != 0 {
			t.Error("the session is still there")
		}
		wantEnd(r, wirepb.EndedBy_ENDED_BY_AGENT) // from the outbox
	})
}

func TestHelperKilledFramesComeBackWithANewEpoch(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		settings := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaView}, Payload: []byte{16, 0}})
		if _, err := m.Write(settings); err != nil {
			t.Fatal(err)
		}
		h.update(1, 7, 1)
		m.updates()
		died := time.Now()
		h.die()
		h = <-r.helper
		if d := time.Since(died); d > 2*time.Second {
			t.Errorf("helper came back after %v", d)
		}
		open := expect(t, h, (*ipcpb.ToHelper).GetOpen)
		if open.FirstEpoch != 8 {
			t.Errorf("first epoch %d, want 8", open.FirstEpoch)
		}
		if x := <-h.raw; !bytes.Equal(x.packed, settings) {
			t.Error("the new helper does not know the viewer's settings")
		}
		h.update(1, 7, 2) // of an epoch whose middle was lost
		h.update(1, 8, 1)
		if n, last := m.updates(); n != 1 || last.Epoch != 8 {
			t.Errorf("%d updates, the last of epoch %d", n, last.Epoch)
		}
	})
}

func TestViewerIsToldThatTheHelperRestarts(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		h.die()
		x := <-m.msgs
		s := &wirepb.ScreenState{}
		if err := proto.Unmarshal(x.Payload, s); err != nil || x.Kind != wire.MediaState || s.Reason != wirepb.Reason_REASON_HELPER_RESTARTING {
			t.Errorf("viewer got %v, %v", x.Kind, s)
		}
	})
}

func TestTrayKilledFramesStopUntilTheBannerIsBack(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, m := r.active(nil)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatal("no frames to begin with")
		}
		h.drain()
		tr.die()
		h.update(1, 1, 2)
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); !s.Frames || !s.Input {
			t.Errorf("helper was told %v", s)
		}
		tr = <-r.tray
		expect(t, tr, (*ipcpb.ToTray).GetBanner)
		h.update(1, 1, 3) // the tray lives, the banner is not up
		if n, _ := m.updates(); n != 0 {
			t.Fatalf("%d updates without a banner", n)
		}
		tr.shown(id)
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); s.Frames || s.Input {
			t.Errorf("helper was told %v", s)
		}
		h.update(1, 1, 4) // builds on what was thrown away
		h.update(1, 2, 1)
		if n, last := m.updates(); n != 1 || last.Epoch != 2 {
			t.Errorf("%d updates, the last of epoch %d", n, last.Epoch)
		}
	})
}

func TestBannerLostStopsFrames(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, m := r.active(nil)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerLost{BannerLost: &ipcpb.BannerLost{}}})
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 0 {
			t.Fatalf("%d updates without a banner", n)
		}
		tr.shown(id)
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatal("frames did not come back")
		}
	})
}

func TestD12_OpenPromptSuspendsInput(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(nil)
		h.drain()
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Prompt{Prompt: &ipcpb.PromptState{Open: true}}})
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); s.Frames || !s.Input {
			t.Errorf("helper was told %v", s)
		}
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Prompt{Prompt: &ipcpb.PromptState{}}})
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); s.Frames || s.Input {
			t.Errorf("helper was told %v", s)
		}
	})
}

func TestL1_DoneIsLocalFirst(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, m := r.active(nil)
		h.drain()
		r.l.Close(nil) // offline
		synctest.Wait()
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: id}}})
		expect(t, tr, (*ipcpb.ToTray).GetBannerHide)
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); !s.Frames || !s.Input {
			t.Errorf("helper was told %v", s)
		}
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates after Done", n)
		}
		if hello := r.connect(); len(hello.ActiveSessions) != 0 {
			t.Error("the session came back")
		}
		wantEnd(r, wirepb.EndedBy_ENDED_BY_CUSTOMER)
	})
}

func TestExpiryIsKeptByTheAgent(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, m := r.active(func(g *wirepb.SessionGrant) { g.MaxDurationS = 120 })
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.LeftMs != 120_000 {
			t.Errorf("banner says %d ms", b.LeftMs)
		}
		h.drain()
		time.Sleep(119 * time.Second)
		wantNothing(r)
		time.Sleep(time.Second)
		wantEnd(r, wirepb.EndedBy_ENDED_BY_EXPIRY)
		expect(t, tr, (*ipcpb.ToTray).GetBannerHide)
		expect(t, h, (*ipcpb.ToHelper).GetClose)
		for x := range m.msgs {
			if x.Kind != wire.MediaEnd {
				continue
			}
			why := &wirepb.Refusal{}
			if err := proto.Unmarshal(x.Payload, why); err != nil || why.Code != wirepb.ErrorCode_ERROR_CODE_EXPIRED {
				t.Errorf("viewer was told %v, %v", why, err)
			}
			return
		}
		t.Error("the viewer was not told")
	})
}

func TestEndByTheRep(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, m := r.active(nil)
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id, By: wirepb.EndedBy_ENDED_BY_REP}}})
		expect(t, tr, (*ipcpb.ToTray).GetBannerHide)
		expect(t, h, (*ipcpb.ToHelper).GetClose)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates after the end", n)
		}
		wantNothing(r)
		r.offer(r.grant(nil)) // and the next may come
		r.yes(tr)
		wantConsent(r, yes)
	})
}

func TestUserLeavingEndsTheSession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, _ := r.active(nil)
		r.terminals.Put(terminaltest.Desktop("0", "bob", 1001)) // in front of alice's, by name
		wantEnd(r, wirepb.EndedBy_ENDED_BY_AGENT)
		<-h.done
		<-tr.done
		<-r.helper // bob's
		<-r.tray
	})
}

func TestViewerOverItsCreditIsClosed(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		m.Reset() // nobody reads
		for i := uint32(1); i < 40; i++ {
			h.update(1, 1, i)
		}
		expect(t, h, (*ipcpb.ToHelper).GetClose)
	})
}

func TestViewerDetachedClosesItsView(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, _, m := r.active(nil)
		h.drain()
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerDetached{ViewerDetached: &wirepb.ViewerDetached{Session: id, Viewer: 1}}})
		expect(t, h, (*ipcpb.ToHelper).GetClose)
		for range m.msgs { // to the end of the stream
		}
	})
}

func TestInputReachesTheHelperInOrder(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		var want [][]byte
		for i := range 20 {
			b := wire.AppendMedia(nil, wire.Media{
				MediaHeader: wire.MediaHeader{Kind: wire.MediaInput, Seq: uint32(i)},
				Payload:     wire.AppendInput(nil, wire.Input{Kind: wire.InputMotion, X: uint16(i)}),
			})
			want = append(want, b)
			if _, err := m.Write(b); err != nil {
				t.Fatal(err)
			}
		}
		for i := range want {
			if x := <-h.raw; x.viewer != 1 || !bytes.Equal(x.packed, want[i]) {
				t.Fatalf("message %d is %x", i, x.packed)
			}
		}
	})
}
