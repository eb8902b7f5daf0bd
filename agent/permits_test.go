package agent

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	mayLook     = wirepb.Permission_PERMISSION_VIEW
	mayControl  = wirepb.Permission_PERMISSION_CONTROL
	mayClipIn   = wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT
	mayClipOut  = wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT
	mayFilesIn  = wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT
	mayFilesOut = wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT
)

// everything is a grant that permits all there is.
func everything(g *wirepb.SessionGrant) {
	g.Permissions = []wirepb.Permission{mayLook, mayControl, mayClipIn, mayClipOut, mayFilesIn, mayFilesOut}
}

// permitted is what the next Yes permits.
func (r *rig) permitted(o *wirepb.SessionOffer, tr *fakeChild, ask *ipcpb.ConsentAsk) []wirepb.Permission {
	r.t.Helper()
	tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Answer{Answer: &ipcpb.ConsentAnswer{Nonce: ask.Nonce}}})
	return r.receipt(o, wantConsent(r, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)).Permissions
}

// What the floor takes away is neither asked for nor in the receipt.
func TestX1_X2_TheFloorTakesFromWhatIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.floor.ClipboardOut, r.floor.FilesIn = false, false
		r.start()
		defer r.end()
		tr, o := <-r.tray, r.grant(everything)
		r.offer(o)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		if !ask.ClipboardIn || ask.ClipboardOut || ask.FilesIn || !ask.FilesOut {
			t.Errorf("the person is asked %v", ask)
		}
		if got, want := r.permitted(o, tr, ask), []wirepb.Permission{mayLook, mayControl, mayClipIn, mayFilesOut}; !slices.Equal(got, want) {
			t.Errorf("permitted %v, want %v", got, want)
		}
	})
}

// A policy that becomes stricter takes from a session, and one that becomes looser
// gives nothing back.
func TestX1_X2_A12_PolicyTakesExchangeFromASession(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr, o := <-r.tray, r.grant(everything)
		r.offer(o)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		if !ask.ClipboardIn || !ask.ClipboardOut || !ask.FilesIn || !ask.FilesOut {
			t.Errorf("the person is asked %v", ask)
		}
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ClipboardToEndpoint, p.FilesFromEndpoint = true, true }))
		r.rule(r.policy(func(p *wirepb.DevicePolicy) {
			p.Version = 6
			p.ClipboardToEndpoint, p.ClipboardFromEndpoint, p.FilesToEndpoint, p.FilesFromEndpoint = true, true, true, true
		}))
		if got, want := r.permitted(o, tr, ask), []wirepb.Permission{mayLook, mayControl, mayClipIn, mayFilesOut}; !slices.Equal(got, want) {
			t.Errorf("permitted %v, want %v", got, want)
		}
	})
}

// Each rep has what they are let, of what the session has; a recorder has nothing.
func TestX1_X2_O29_EachRepExchangesForThemselves(t *testing.T) {
	s := &session{
		grant: &wirepb.SessionGrant{RepId: "ada", RepName: "Ada"}, may: []wirepb.Permission{mayLook, mayControl, mayClipIn, mayFilesOut},
	}
	can := func(x seat, p wirepb.Permission, want bool) {
		t.Helper()
		if got := s.exchanges(x, p); got != want {
			t.Errorf("%+v, %s: %v", x, p, got)
		}
	}
	can(seat{rep: "ada"}, mayClipIn, true)
	can(seat{rep: "ada"}, mayFilesOut, true)
	can(seat{rep: "ada"}, mayClipOut, false)
	can(seat{rep: "ben"}, mayClipIn, false)
	can(seat{recorder: true}, mayFilesOut, false)
	s.reps = []*wirepb.Participant{
		{RepId: "ada", Name: "Ada", Owner: true, Clipboard: true, Files: true},
		{RepId: "ben", Name: "Ben", Files: true, Control: true},
		{RepId: "vera", Name: "Vera", External: true, Clipboard: true},
	}
	can(seat{rep: "ada"}, mayClipIn, true)
	can(seat{rep: "ben"}, mayClipIn, false)
	can(seat{rep: "ben"}, mayFilesOut, true)
	can(seat{rep: "vera"}, mayClipIn, true)
	can(seat{rep: "vera"}, mayFilesOut, false)
}
