package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestL7_AfterEveryEndNothingIsLeft: the view is closed, which lets go of keys
// and buttons, frames and input are stopped, the banner is gone, the stream is
// over, and the same machine can be helped again.
func TestL7_AfterEveryEndNothingIsLeft(t *testing.T) {
	for name, end := range map[string]func(r *rig, id []byte, tr *fakeChild){
		"customer": func(_ *rig, id []byte, tr *fakeChild) {
			tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: id}}})
		},
		"rep": func(r *rig, id []byte, _ *fakeChild) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: id, By: wirepb.EndedBy_ENDED_BY_REP}}})
		},
		"expiry":   func(*rig, []byte, *fakeChild) { time.Sleep(120 * time.Second) },
		"deadline": func(r *rig, id []byte, _ *fakeChild) { r.deadline(id, 30); time.Sleep(30 * time.Second) },
		"consent": func(r *rig, _ []byte, _ *fakeChild) {
			r.l.Close(nil)
			time.Sleep(101 * time.Second) // the Yes holds for 100
			r.connect()
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				id, h, tr, m := r.active(func(g *wirepb.SessionGrant) { g.MaxDurationS, g.ConsentValidS = 120, 100 })
				h.update(1, 1, 1)
				h.drain()
				tr.drain()
				end(r, id, tr)
				synctest.Wait()
				closed, hidden := false, false
				var last *ipcpb.Suspend
				for len(h.msgs) > 0 {
					k := (<-h.msgs).(*ipcpb.ToHelper)
					closed = closed || k.GetClose().GetViewer() == 1
					if s := k.GetSuspend(); s != nil {
						last = s
					}
				}
				for len(tr.msgs) > 0 {
					hidden = (<-tr.msgs).(*ipcpb.ToTray).GetBannerHide() != nil || hidden
				}
				if !closed || !last.GetFrames() || !last.GetInput() || !hidden {
					t.Errorf("view closed %v, suspended %v, banner hidden %v", closed, last, hidden)
				}
				h.update(1, 2, 1)
				if n, _ := m.updates(); n > 1 { // the one before the end
					t.Errorf("%d updates", n)
				}
				for len(r.msgs) > 0 {
					<-r.msgs
				}
				r.offer(r.grant(nil))
				r.yes(tr)
				wantConsent(r, yes)
			})
		})
	}
}
