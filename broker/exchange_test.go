package broker

import (
	"slices"
	"testing"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/store"
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

// What goes over the clipboard is in the audit log: who, which way and how much.
func TestX1_A11_TheClipboardIsInTheLog(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob := n.rep("ada"), n.rep("rob")
	offered := func(s *apipb.Session) *apipb.Action {
		return s.Actions[slices.IndexFunc(s.Actions, func(x *apipb.Action) bool { return x.Id == "clipboard" })]
	}
	s := a.active(rob)
	if x := offered(rob.get(t, s.Id)); x.Enabled || x.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED {
		t.Errorf("not shared, and the console is told %v", x)
	}
	rob.end(t, s.Id)
	ada.set(t, "clipboard", "both")
	s = a.active(rob)
	if x := offered(rob.get(t, s.Id)); !x.Enabled {
		t.Errorf("shared, and the console is told %v", x)
	}
	id := mustID(t, s.Id)
	say := func(u *wirepb.ClipboardUsed) {
		u.Session = id
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Clipboard{Clipboard: u}})
	}
	say(&wirepb.ClipboardUsed{RepId: s.RepId, ToEndpoint: true, Bytes: 12})
	say(&wirepb.ClipboardUsed{RepId: s.RepId, Code: wirepb.ErrorCode_ERROR_CODE_CLIPBOARD_EMPTY})
	say(&wirepb.ClipboardUsed{RepId: "nobody", Bytes: 3})
	eventually(t, "recorded", func() bool { return len(n.records(action("session.clipboard"))) == 3 })
	got := n.records(action("session.clipboard"))
	slices.SortFunc(got, func(x, y store.Record) int { return int(x.Seq) - int(y.Seq) })
	for i, want := range []store.Record{
		{Actor: "rep:" + s.RepId, Result: "ok", Detail: "direction=to_endpoint bytes=12"},
		{Actor: "rep:" + s.RepId, Result: "clipboard_empty", Detail: "direction=from_endpoint bytes=0"},
		{Actor: "device:" + a.dev, Result: "ok", Detail: "direction=from_endpoint bytes=3"},
	} {
		if r := got[i]; r.Actor != want.Actor || r.Result != want.Result || r.Detail != want.Detail || r.Session != s.Id {
			t.Errorf("record %d: %+v", i, r)
		}
	}
}
