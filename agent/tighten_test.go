package agent

import (
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A session loses its input when policy says so, and never gets it back.
func TestE9_A12_PolicyTakesInputFromARunningSession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, m := r.active(nil)
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); !o.Control {
			t.Fatal("the session has no control to lose")
		}
		h.update(1, 3, 1)
		m.updates()
		h.drain()
		tr.drain()
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Control || o.Viewer != 1 || o.FirstEpoch != 4 {
			t.Errorf("the view goes on as %v", o)
		}
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.Control {
			t.Error("the banner says control")
		}
		h.update(1, 3, 2)
		h.update(1, 4, 1)
		if n, last := m.updates(); n != 1 || last.Epoch != 4 {
			t.Errorf("%d updates, the last of epoch %d", n, last.Epoch)
		}
		h.drain()
		tr.drain()
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.Version = 6 }))
		r.attach(session, 2)
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Control || o.Viewer != 2 {
			t.Errorf("a looser policy gave it back: %v", o)
		}
	})
}

// Input that is refused after the change is in the summary, though the view from
// before it has said its last counts already.
func TestE9_A12_RefusedInputIsCountedAfterTheChange(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		id, h, tr, _ := r.active(nil)
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
		last := func(d *ipcpb.InputDropped) {
			d.Viewer, d.Last = 1, true
			h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: d}})
		}
		last(&ipcpb.InputDropped{Injected: 7})
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: id}}})
		wantEnd(r, wirepb.EndedBy_ENDED_BY_CUSTOMER)
		last(&ipcpb.InputDropped{ViewOnly: 4})
		if s, _ := r.kept(0, nil); s.InputInjected != 7 || s.InputViewOnly != 4 {
			t.Errorf("summary %v", s)
		}
	})
}
