package agent

import (
	"slices"
	"testing"
	"testing/synctest"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// copies is a helper that sends a viewer what was copied.
func (c *fakeChild) copies(viewer uint32, text string) {
	_ = c.conn.SendMedia(viewer, wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: wire.MediaClipboard}, Payload: []byte(text)}))
	synctest.Wait()
}

// copied is what has come to a viewer.
func (m *mediaEnd) copied() (all []string) {
	synctest.Wait()
	for {
		select {
		case x := <-m.msgs:
			if x.Kind == wire.MediaClipboard {
				all = append(all, string(x.Payload))
			}
		default:
			return all
		}
	}
}

// Text leaves only to who may have it, whatever the helper sends, and not before or
// after the session shows its banner.
func TestX1_TheServiceLetsTextOutToWhoMay(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, m := r.active(func(g *wirepb.SessionGrant) {
			g.Permissions = []wirepb.Permission{mayLook, mayControl, mayClipIn, mayClipOut}
		})
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); !o.ClipboardIn || !o.ClipboardOut {
			t.Fatalf("the view is opened as %v", o)
		}
		h.copies(1, "one")
		if got := m.copied(); !slices.Equal(got, []string{"one"}) {
			t.Fatalf("copied %q", got)
		}
		h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Clipboard{Clipboard: &ipcpb.ClipboardUsed{Viewer: 1, ToEndpoint: true, Bytes: 12}}})
		if u := (<-r.msgs).GetClipboard(); u.GetRepId() != "rep1" || !u.ToEndpoint || u.Bytes != 12 || string(u.Session) != string(session) {
			t.Errorf("the broker is told %v", u)
		}
		// A stricter policy takes one way, and the input stays.
		h.drain()
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ClipboardToEndpoint = true }))
		if x := expect(t, h, (*ipcpb.ToHelper).GetExchange); x.Viewer != 1 || !x.ClipboardIn || x.ClipboardOut {
			t.Errorf("the helper is told %v", x)
		}
		h.copies(1, "two")
		if got := m.copied(); len(got) > 0 {
			t.Errorf("copied %q against the policy", got)
		}
		tr.drain()
	})
}

func TestX1_O29_EachViewerByItsRep(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, h, tr, m := r.active(everything)
		say := func(ps ...*wirepb.Participant) {
			r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: &wirepb.SessionParticipants{Session: session, Participants: ps}}})
		}
		ada := &wirepb.Participant{RepId: "rep1", Name: "Ada", Owner: true, Control: true, Clipboard: true}
		h.drain()
		say(ada, &wirepb.Participant{RepId: "vera", Name: "Vera", External: true})
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{ViewerAttached: &wirepb.ViewerAttached{Session: session, Viewer: 2, RepId: "vera"}}})
		guest := <-r.media
		if o := expect(t, h, (*ipcpb.ToHelper).GetOpen); o.Viewer != 2 || o.ClipboardIn || o.ClipboardOut {
			t.Errorf("the guest's view is opened as %v", o)
		}
		h.copies(1, "for Ada")
		h.copies(2, "for nobody")
		if got, none := m.copied(), guest.copied(); !slices.Equal(got, []string{"for Ada"}) || len(none) > 0 {
			t.Errorf("copied %q, and %q by the guest", got, none)
		}
		// The owner loses it: what would be sent is not.
		h.drain()
		low := proto.CloneOf(ada)
		low.Clipboard = false
		say(low, &wirepb.Participant{RepId: "vera", Name: "Vera", External: true, Clipboard: true})
		h.copies(1, "too late")
		h.copies(2, "for Vera")
		if none, got := m.copied(), guest.copied(); !slices.Equal(got, []string{"for Vera"}) || len(none) > 0 {
			t.Errorf("copied %q by the guest, and %q", got, none)
		}
		// Without the banner nothing leaves.
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerLost{BannerLost: &ipcpb.BannerLost{}}})
		h.copies(2, "unseen")
		if got := guest.copied(); len(got) > 0 {
			t.Errorf("copied %q without a banner", got)
		}
	})
}

// What a viewer sends of the clipboard reaches the helper only where it may do something.
func TestX1_TheServiceLetsInWhatMay(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		_, h, _, m := r.active(func(g *wirepb.SessionGrant) { g.Permissions = []wirepb.Permission{mayLook, mayControl, mayClipOut} })
		h.drain()
		send := func(k wire.MediaKind, payload string) {
			if _, err := m.Write(wire.AppendMedia(nil, wire.Media{MediaHeader: wire.MediaHeader{Kind: k, Seq: 1}, Payload: []byte(payload)})); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		send(wire.MediaClipboard, "not in")
		send(wire.MediaClipboardNote, "")
		for len(h.raw) > 0 {
			if k, err := wire.ParseMediaHeader((<-h.raw).packed); err != nil || k.Kind == wire.MediaClipboard {
				t.Errorf("the helper got %v %v", k, err)
			} else if k.Kind == wire.MediaClipboardNote {
				return
			}
		}
		t.Error("the wish did not reach the helper")
	})
}
