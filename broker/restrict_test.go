package broker

import (
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func (c *client) restrict(t *testing.T, session string, input, screen bool) error {
	t.Helper()
	_, err := c.machine().Restrict(t.Context(), connect.NewRequest(&apipb.RestrictRequest{SessionId: session, Input: input, Screen: screen}))
	return err
}

func (a *agent) restrictAsked() *wirepb.Restrict {
	return await(a, "wish for a restriction", func(m *wirepb.BrokerMessage) (*wirepb.Restrict, bool) {
		return m.GetRestrict(), m.GetRestrict() != nil
	})
}

func (a *agent) restricted(session string, m *wirepb.Restricted) {
	a.t.Helper()
	m.Session = mustID(a.t, session)
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Restricted{Restricted: m}})
}

// A restriction needs the permission and the settings, is recorded before the endpoint
// hears of it and when it answers, is told as the endpoint says, and is not offered again
// once the customer took control back.
func TestX15_E15_ARestrictionIsAskedForAndTold(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada := n.rep("ada")
	rep, _ := n.with(ada, "rex", policy.SessionStart, policy.SessionControl, policy.SessionRestrict)
	offered := func(s *apipb.Session, id string) *apipb.Action {
		for _, x := range s.Actions {
			if x.Id == id {
				return x
			}
		}
		t.Fatalf("no action %s", id)
		return nil
	}
	plain := a.active(rep)
	wantCode(t, rep.restrict(t, plain.Id, true, false), wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	if x := offered(rep.get(t, plain.Id), "restrict_input"); x.Enabled || x.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED {
		t.Errorf("offered without the setting: %v", x)
	}
	rep.end(t, plain.Id)
	ada.set(t, "restrict_input", "true", "privacy_screen", "true")
	s := a.active(rep)
	a.restricted(s.Id, &wirepb.Restricted{ScreenCode: wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE})
	eventually(t, "what can be held", func() bool {
		return offered(rep.get(t, s.Id), "privacy_screen").Code == wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE
	})
	wantCode(t, rep.restrict(t, s.Id, true, true), wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE)
	wantCode(t, n.rep("rob").restrict(t, s.Id, true, false), wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT)
	if got := n.records(action("session.restrict")); len(got) != 0 {
		t.Errorf("refusals are recorded as asked: %v", got)
	}
	must1(t, rep.restrict(t, s.Id, true, false))
	if got := n.records(action("session.restrict")); len(got) != 1 || got[0].ActorName != "rex" || got[0].Detail != "input=true screen=false" {
		t.Errorf("recorded before: %v", got)
	}
	if m := a.restrictAsked(); m.RepId != rep.id(t) || !m.Input || m.Screen {
		t.Errorf("asked for %v", m)
	}
	if r := rep.get(t, s.Id).Restriction; r.GetInput() {
		t.Errorf("told before the endpoint said so: %v", r)
	}
	a.restricted(s.Id, &wirepb.Restricted{Input: true})
	eventually(t, "the restriction", func() bool { return rep.get(t, s.Id).Restriction.GetInput() })
	a.restricted(s.Id, &wirepb.Restricted{Code: wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK, ByCustomer: true})
	eventually(t, "the end of it", func() bool {
		r := rep.get(t, s.Id).Restriction
		return !r.GetInput() && r.GetByCustomer() && r.GetCount() == 2 && r.GetBy() == "rex"
	})
	wantCode(t, rep.restrict(t, s.Id, true, false), wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK)
	must1(t, rep.restrict(t, s.Id, false, false)) // to give back is never refused
	got := n.records(action("session.restricted"))
	if len(got) != 2 || got[0].Result == got[1].Result {
		t.Errorf("recorded after: %v", got)
	}
}

// A link that is lost is the end of what was held: the endpoint gives it back by itself.
func TestX15_ALostLinkEndsARestriction(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada := n.rep("ada")
	rep, _ := n.with(ada, "rex", policy.SessionStart, policy.SessionControl, policy.SessionRestrict)
	ada.set(t, "restrict_input", "true")
	s := a.active(rep)
	must1(t, rep.restrict(t, s.Id, true, false))
	a.restricted(s.Id, &wirepb.Restricted{Input: true})
	eventually(t, "the restriction", func() bool { return rep.get(t, s.Id).Restriction.GetInput() })
	a.link.Close(nil)
	eventually(t, "its end", func() bool {
		r := rep.get(t, s.Id).Restriction
		return r != nil && !r.Input && r.Code == wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE
	})
}
