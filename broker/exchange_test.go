package broker

import (
	"slices"
	"testing"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	permitView     = wirepb.Permission_PERMISSION_VIEW
	permitControl  = wirepb.Permission_PERMISSION_CONTROL
	permitClipIn   = wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT
	permitClipOut  = wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT
	permitFilesIn  = wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT
	permitFilesOut = wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT
)

// A grant has of clipboard and files what the settings say, and nothing for a rep who
// may only look.
func TestX1_X2_AGrantExchangesWhatSettingsAndRepHave(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	looker, _ := n.with(ada, "lou", policy.SessionStart)
	granted := func(who *client) []wirepb.Permission {
		t.Helper()
		s := who.start(t, a.dev)
		o := a.offer()
		a.answer(o, false)
		n.phase(who, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
		return grant(t, o).Permissions
	}
	wants := func(who *client, want ...wirepb.Permission) {
		t.Helper()
		if got := granted(who); !slices.Equal(got, want) {
			t.Errorf("granted %v, want %v", got, want)
		}
	}
	wants(rob, permitView, permitControl)
	ada.set(t, "clipboard", "in", "files", "out")
	if p := a.policy(); !p.ClipboardToEndpoint || p.ClipboardFromEndpoint || p.FilesToEndpoint || !p.FilesFromEndpoint {
		t.Errorf("the device is told %v", p)
	}
	wants(rob, permitView, permitControl, permitClipIn, permitFilesOut)
	wants(looker, permitView)
	ada.set(t, "clipboard", "both", "files", "both")
	wants(rob, permitView, permitControl, permitClipIn, permitClipOut, permitFilesIn, permitFilesOut)
	ada.set(t, "view_only", "true")
	wants(rob, permitView)
}

// The endpoint is told who of a session may use clipboard and files: reps with the
// permission, external ones by the session policy of their invitation.
func TestX1_X2_O29_TheEndpointIsToldWhoExchanges(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	ada.set(t, "clipboard", "both", "files", "both")
	s := a.active(rob)
	who := func(count int) map[string]*wirepb.Participant {
		t.Helper()
		m := await(a, "participants", func(m *wirepb.BrokerMessage) (*wirepb.SessionParticipants, bool) {
			p := m.GetParticipants()
			return p, len(p.GetParticipants()) == count
		})
		all := map[string]*wirepb.Participant{}
		for _, p := range m.Participants {
			all[p.Name] = p
		}
		return all
	}
	n.comes(rob.mustInviteGuest(t, s.Id, n.sessionPolicy(ada, "view", "clipboard")).Link)
	if p := who(2); len(p) != 2 {
		t.Fatal(p)
	} else {
		for _, x := range p {
			if !x.Clipboard || x.Files == x.External {
				t.Errorf("%v", x)
			}
		}
	}
	n.comes(rob.mustInviteGuest(t, s.Id, n.sessionPolicy(ada, "view", "control", "chat")).Link)
	nothing := 0
	for _, x := range who(3) {
		if x.External && !x.Clipboard && !x.Files {
			nothing++
		}
	}
	if nothing != 1 {
		t.Errorf("%d guests exchange nothing", nothing)
	}
}
