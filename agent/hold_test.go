package agent

import (
	"testing"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (r *rig) hold(session []byte, held bool) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{Session: session, Held: held}}})
}

// While it is held nothing passes, whatever the broker asks for; the client, the
// Yes and the banner stay.
func TestL13_NothingPassesWhileHeld(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, m := r.active(nil)
		h.update(1, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Fatalf("%d updates before", n)
		}
		tr.drain()
		r.hold(session, true)
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); !b.Held {
			t.Errorf("banner %v", b)
		}
		before := r.bytes.Load()
		r.attach(session, 2)
		h.update(1, 1, 2)
		h.update(2, 1, 1)
		if n, _ := m.updates(); n != 0 || r.bytes.Load() != before {
			t.Errorf("%d updates and %d bytes while held", n, r.bytes.Load()-before)
		}
		tr.drain()
		r.hold([]byte("another session.."), false)
		r.attach(session, 2)
		h.update(2, 1, 2)
		if r.bytes.Load() != before {
			t.Error("another session's resume opened this one")
		}
		r.hold(session, false)
		if b := expect(t, tr, (*ipcpb.ToTray).GetBanner); b.Held {
			t.Errorf("banner %v", b)
		}
		r.attach(session, 3)
		m = <-r.media
		h.update(3, 1, 1)
		if n, _ := m.updates(); n != 1 {
			t.Errorf("%d updates after", n)
		}
	})
}
