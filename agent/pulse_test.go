package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// silence and hanging as times: of the last sign of life, and of the process.
const (
	silence = time.Second
	hanging = (hungAfter + 1) * lookEvery
)

// wantReason expects this to be the newest reason that a viewer was told.
func (m *mediaEnd) wantReason(t *testing.T, want wirepb.Reason) {
	t.Helper()
	synctest.Wait()
	got := &wirepb.ScreenState{}
	for len(m.msgs) > 0 {
		if x := <-m.msgs; x.Kind == wire.MediaState {
			if err := proto.Unmarshal(x.Payload, got); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got.Reason != want {
		t.Errorf("the viewer was told %v, want %v", got.Reason, want)
	}
}

// started is the process that has been started in the meantime.
func started(t *testing.T, c chan *fakeChild) *fakeChild {
	t.Helper()
	synctest.Wait()
	select {
	case h := <-c:
		return h
	default:
		t.Fatal("nothing was started again")
		return nil
	}
}

// TestD10_AHelperThatHangsStopsFramesAndInput: nothing of it passes any more, nothing is
// put into its pipe, and the rep reads why; when it answers in time the session goes on.
func TestD10_AHelperThatHangsStopsFramesAndInput(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatal("no frames to begin with")
		}
		h.hung.Store(true)
		time.Sleep(silence)
		m.wantReason(t, wirepb.Reason_REASON_HELPER_SILENT)
		if s := r.said.Load(); s.Reason != wirepb.Reason_REASON_HELPER_SILENT {
			t.Errorf("the broker was told %v", s.Reason)
		}
		h.drain()
		press := wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaInput}, Payload: []byte{1, 0}})
		if _, err := m.Write(press); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(h.raw) != 0 {
			t.Error("input was put into the pipe of a helper that hangs")
		}
		h.wake()
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); s.Frames || s.Input {
			t.Errorf("the helper that woke was told %v", s)
		}
		h.update(1, 1, 2) // builds on what may have been thrown away
		h.update(1, 2, 1)
		if n, last := m.updates(); n != 1 || last.Epoch != 2 {
			t.Errorf("%d updates after it woke, the last of epoch %d", n, last.Epoch)
		}
		if _, err := m.Write(press); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(h.raw) != 1 {
			t.Error("input does not come back")
		}
		time.Sleep(2 * hanging)
		if len(r.helper) != 0 {
			t.Error("a helper that had woken was replaced")
		}
	})
}

// TestD10_AHelperThatHangsIsToldToStop: what it finds in its pipe when it wakes, before
// anything else that is of use, is that it may neither show nor inject.
func TestD10_AHelperThatHangsIsToldToStop(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, _ := r.active(nil)
		h.drain()
		h.hung.Store(true)
		time.Sleep(silence)
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); !s.Frames || !s.Input || s.Reason != wirepb.Reason_REASON_HELPER_SILENT {
			t.Errorf("the helper was told %v", s)
		}
	})
}

func TestD10_AHelperThatStaysHungIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(nil)
		h.update(1, 7, 1)
		h.hung.Store(true)
		time.Sleep(hanging + restartFirst)
		synctest.Wait()
		select {
		case <-h.done:
		default:
			t.Fatal("the helper that hangs was left alone")
		}
		h = started(t, r.helper)
		if open := expect(t, h, (*ipcpb.ToHelper).GetOpen); open.FirstEpoch != 8 {
			t.Errorf("first epoch %d, want 8", open.FirstEpoch)
		}
		m.updates()
		h.update(1, 8, 1)
		if n, _ := m.updates(); n != 1 {
			t.Error("the new helper's frames do not pass")
		}
	})
}

// TestD10_ATrayThatHangsStopsFramesAndInput: the helper works, and shows nothing.
func TestD10_ATrayThatHangsStopsFramesAndInput(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, m := r.active(nil)
		h.drain()
		tr.hung.Store(true)
		time.Sleep(silence)
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); !s.Frames || !s.Input || s.Reason != wirepb.Reason_REASON_INDICATOR_SILENT {
			t.Errorf("the helper was told %v", s)
		}
		if s := r.said.Load(); s.Reason != wirepb.Reason_REASON_INDICATOR_SILENT {
			t.Errorf("the broker was told %v", s.Reason)
		}
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 0 {
			t.Fatalf("%d updates with a banner that nobody draws", n)
		}
		tr.wake()
		if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); s.Frames || s.Input {
			t.Errorf("the helper was told %v", s)
		}
		tr.hung.Store(true)
		time.Sleep(hanging + restartFirst)
		synctest.Wait()
		tr = started(t, r.tray)
		expect(t, tr, (*ipcpb.ToTray).GetBanner)
		tr.shown(id)
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 1 {
			t.Error("frames do not come back with the new tray's banner")
		}
	})
}

// TestD10_NobodyIsAskedWithoutASession: an idle machine stays idle.
func TestD10_NobodyIsAskedWithoutASession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		h, tr := <-r.helper, <-r.tray
		time.Sleep(time.Minute)
		if n := h.felt.Load() + tr.felt.Load(); n != 0 {
			t.Errorf("%d beats without a session", n)
		}
		h.hung.Store(true)
		time.Sleep(time.Minute)
		if len(r.helper) != 0 {
			t.Error("a helper that nobody needs was replaced")
		}
	})
}

// TestD10_NobodyIsAskedWhenASessionIsOver: nor one that is parked.
func TestD10_NobodyIsAskedWhenASessionIsOver(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, _ := r.active(nil)
		still := func(when string) {
			t.Helper()
			time.Sleep(lookEvery)
			synctest.Wait()
			before := h.felt.Load() + tr.felt.Load()
			time.Sleep(time.Minute)
			if n := h.felt.Load() + tr.felt.Load() - before; n != 0 {
				t.Errorf("%d beats %s", n, when)
			}
		}
		hold := func(yes bool) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{Session: id, Held: yes}}})
		}
		hold(true)
		still("while the session is held")
		hold(false)
		time.Sleep(time.Second)
		if h.felt.Load() == 0 {
			t.Error("nobody was asked in the session that goes on")
		}
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id, By: wirepb.EndedBy_ENDED_BY_REP}}})
		still("after the session")
	})
}

// TestD10_FramesAreSignsOfLife: who sends is not asked.
func TestD10_FramesAreSignsOfLife(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, _ := r.active(nil)
		time.Sleep(lookEvery)
		synctest.Wait()
		before := h.felt.Load()
		for i := range uint32(50) {
			h.update(1, 1, i+1)
			time.Sleep(100 * time.Millisecond)
		}
		if n := h.felt.Load() - before; n != 0 {
			t.Errorf("%d beats beside ten frames a second", n)
		}
	})
}
