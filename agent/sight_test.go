package agent

import (
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// place is a tray's banner of which only the helper can tell whether it can be seen.
func (c *fakeChild) place(session []byte, edit func(*ipcpb.BannerPlaced)) {
	m := &ipcpb.BannerPlaced{
		Session: session, Width: 100, Height: 20, Pixels: make([]byte, 100*20*3),
		Spots: []*ipcpb.BannerSpot{{MonitorWidth: 640, MonitorHeight: 480, X: 270}},
	}
	if edit != nil {
		edit(m)
	}
	c.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerPlaced{BannerPlaced: m}})
}

func (c *fakeChild) looked(serial uint32, seen bool, why string) {
	c.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Looked{Looked: &ipcpb.Looked{Serial: serial, Seen: seen, Detail: why}}})
}

// sought is a session with a banner that is looked for.
func (r *rig) sought() (session []byte, h, tr *fakeChild, look *ipcpb.Look) {
	r.t.Helper()
	h, tr = <-r.helper, <-r.tray
	o := r.grant(nil)
	r.offer(o)
	r.yes(tr)
	wantConsent(r, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
	r.attach(o.Session, 1)
	h.drain()
	tr.place(o.Session, nil)
	return o.Session, h, tr, expect(r.t, h, (*ipcpb.ToHelper).GetLook)
}

// unopened fails when a viewer has a stream.
func (r *rig) unopened() {
	r.t.Helper()
	synctest.Wait()
	if len(r.media) != 0 {
		r.t.Fatal("a media stream, and nobody has seen the banner")
	}
}

// may checks what the helper was told last that it may.
func may(t *testing.T, h *fakeChild, want bool) {
	t.Helper()
	if s := expect(t, h, (*ipcpb.ToHelper).GetSuspend); s.Frames == want || s.Input == want {
		t.Errorf("frames and input: told %v, want %v", s, want)
	}
}

func wantScreen(r *rig, want wirepb.Reason, detail string) {
	r.t.Helper()
	synctest.Wait()
	if s := r.said.Load(); s.GetReason() != want || s.GetDetail() != detail {
		r.t.Errorf("the broker was told %v %q, want %v %q", s.GetReason(), s.GetDetail(), want, detail)
	}
}

// TestD10_NoFrameBeforeTheHelperSawTheBanner: where the tray cannot tell, nothing leaves
// before the helper has seen what the tray draws, and nothing once it does not.
func TestD10_NoFrameBeforeTheHelperSawTheBanner(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, look := r.sought()
		if look.Serial == 0 || look.Banner.GetWidth() != 100 {
			t.Fatalf("told to look for %v", look)
		}
		h.update(1, 1, 1)
		r.unopened()
		h.looked(look.Serial, true, "")
		may(t, h, true)
		m := <-r.media
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates once it was seen", n)
		}
		wantScreen(r, wirepb.Reason_REASON_OK, "")

		// Other words: what was seen counts until the helper says otherwise.
		tr.place(session, func(m *ipcpb.BannerPlaced) { m.Spots[0].X = 10 })
		next := expect(t, h, (*ipcpb.ToHelper).GetLook)
		h.update(1, 2, 2)
		if n, _ := m.updates(); n != 1 || next.Serial != look.Serial+1 {
			t.Errorf("%d updates while the banner changes, look %d after %d", n, next.Serial, look.Serial)
		}

		h.looked(next.Serial, false, "covered")
		may(t, h, false)
		h.update(1, 2, 3)
		h.update(1, 3, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates behind a banner that is covered", n)
		}
		wantScreen(r, wirepb.Reason_REASON_INDICATOR_MISSING, "covered")

		// Only the newest counts.
		h.looked(look.Serial, true, "")
		h.update(1, 4, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates, and the helper has seen a banner that is not there any more", n)
		}
		h.looked(next.Serial, true, "")
		may(t, h, true)
		h.update(1, 5, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates once it is seen again", n)
		}
	})
}

// TestD10_AHelperThatWasNotAsked: a helper says that it has seen a banner of which the tray
// said nothing, or that it is not asked for any more.
func TestD10_AHelperThatWasNotAsked(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		h, tr := <-r.helper, <-r.tray
		h.looked(0, true, "") // and no session
		o := r.grant(nil)
		r.offer(o)
		h.looked(1, true, "") // and no Yes
		r.yes(tr)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
		r.attach(o.Session, 1)
		for serial := range uint32(3) {
			h.looked(serial, true, "")
			h.update(1, 1, serial)
		}
		r.unopened()
		h.drain()
		tr.place(o.Session, nil)
		look := expect(t, h, (*ipcpb.ToHelper).GetLook)
		h.looked(look.Serial+1, true, "")
		r.unopened()
		h.looked(look.Serial, true, "")
		m := <-r.media
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates", n)
		}
		h.drain()
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerLost{BannerLost: &ipcpb.BannerLost{Detail: "gone"}}})
		if l := expect(t, h, (*ipcpb.ToHelper).GetLook); l.Banner != nil {
			t.Errorf("still looks for %v", l.Banner)
		}
		h.looked(look.Serial, true, "")
		h.looked(look.Serial+1, true, "")
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates without a banner", n)
		}
	})
}

// TestD10_AnotherHelperHasSeenNothing: what a helper saw that is gone does not count for the
// next one, nor what was placed by a tray that is gone.
func TestD10_AnotherHelperHasSeenNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, tr, look := r.sought()
		h.looked(look.Serial, true, "")
		m := <-r.media
		h.die()
		again := <-r.helper
		next := expect(t, again, (*ipcpb.ToHelper).GetLook)
		again.update(1, 9, 1)
		if n, _ := m.updates(); n != 0 || next.Banner == nil {
			t.Fatalf("%d updates of a helper that has seen nothing; looks for %v", n, next.Banner)
		}
		again.drain()
		again.looked(next.Serial, true, "")
		may(t, again, true)
		again.update(1, 10, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates", n)
		}
		again.drain()
		tr.die()
		if l := expect(t, again, (*ipcpb.ToHelper).GetLook); l.Banner != nil {
			t.Error("looks for the banner of a tray that is gone")
		}
		again.looked(next.Serial, true, "")
		again.update(1, 11, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates without a tray", n)
		}
	})
}

// TestC4_AHelperKnowsWhatToAskForBeforeItLooks: looking may have the desktop ask the person,
// who is to be asked once.
func TestC4_AHelperKnowsWhatToAskForBeforeItLooks(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, _ := r.sought()
		h.die()
		again := <-r.helper
		if s := expect(t, again, (*ipcpb.ToHelper).GetSuspend); !s.Control || !s.Frames {
			t.Errorf("told %v, want that the session may control, and no frames", s)
		}
		expect(t, again, (*ipcpb.ToHelper).GetLook)
	})
}

// TestD10_ATrayWithAnAbsurdBanner: nothing is looked for, and nothing flows.
func TestD10_ATrayWithAnAbsurdBanner(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, look := r.sought()
		h.looked(look.Serial, true, "")
		m := <-r.media
		h.drain()
		tr.place(session, func(m *ipcpb.BannerPlaced) { m.Spots[0].X = 1 << 31 })
		if l := expect(t, h, (*ipcpb.ToHelper).GetLook); l.Banner != nil {
			t.Errorf("told to look for %v", l.Banner)
		}
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates", n)
		}
		if s := r.said.Load(); s.Reason != wirepb.Reason_REASON_INDICATOR_MISSING || s.Detail == "" {
			t.Errorf("the broker was told %v", s)
		}
		tr.place([]byte("another session"), nil)
		h.update(1, 2, 1)
		if n, _ := m.updates(); n != 0 {
			t.Errorf("%d updates for another session's banner", n)
		}
	})
}

// TestC4_D10_WhyTheBannerIsNotSeen: the person has it in hand, the desktop has no picture,
// or something covers it.
func TestC4_D10_WhyTheBannerIsNotSeen(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, look := r.sought()
		state := func(reason wirepb.Reason, detail string) {
			h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_State{State: &ipcpb.HelperState{Reason: reason, Detail: detail}}})
		}
		wantScreen(r, wirepb.Reason_REASON_INDICATOR_MISSING, "")
		state(wirepb.Reason_REASON_DESKTOP_ASKS, "the desktop asks")
		wantScreen(r, wirepb.Reason_REASON_DESKTOP_ASKS, "the desktop asks")
		state(wirepb.Reason_REASON_PERMISSION_MISSING, "the person said no")
		wantScreen(r, wirepb.Reason_REASON_PERMISSION_MISSING, "the person said no")
		state(wirepb.Reason_REASON_BACKEND_UNSUPPORTED, "no portal")
		wantScreen(r, wirepb.Reason_REASON_INDICATOR_MISSING, "no portal")
		state(wirepb.Reason_REASON_DESKTOP_ASKS, "the desktop asks")
		h.looked(look.Serial, false, "covered")
		state(wirepb.Reason_REASON_OK, "")
		wantScreen(r, wirepb.Reason_REASON_INDICATOR_MISSING, "covered")
		h.looked(look.Serial, true, "")
		wantScreen(r, wirepb.Reason_REASON_OK, "")
	})
}
