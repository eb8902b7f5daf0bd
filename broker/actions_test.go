package broker

import (
	"slices"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func enabled(all []*apipb.Action) map[string]bool {
	m := map[string]bool{}
	for _, a := range all {
		m[a.Id] = a.Enabled
	}
	return m
}

// What a rep may not do is not offered, with the reason, and is refused when it is
// called all the same.
func TestE15_ActionsFollowPermissions(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada := n.rep("ada")
	every := policy.Permissions()
	for _, c := range []struct {
		without policy.Permission
		actions []string
	}{
		{policy.SessionStart, []string{"support", "screenshare", "control"}},
		{policy.SessionControl, []string{"control"}},
		{policy.DeviceEdit, []string{"revoke"}},
	} {
		t.Run(string(c.without), func(t *testing.T) {
			rep, _ := n.with(ada, "no-"+string(c.without), slices.DeleteFunc(slices.Clone(every), func(p policy.Permission) bool { return p == c.without })...)
			for _, o := range rep.device(t, a.dev).Actions {
				if o.Enabled == slices.Contains(c.actions, o.Id) || !o.Enabled && (o.Reason == "" || o.Code != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN) {
					t.Errorf("%v", o)
				}
			}
			switch c.without {
			case policy.SessionStart:
				wantCode(t, rep.tryStart(t, a.dev), wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
			case policy.SessionControl:
				// Looking is still allowed, and no more than that is offered.
				s := rep.start(t, a.dev)
				if g := a.offer(); s.Control || g == nil {
					t.Errorf("%v", s)
				}
				rep.end(t, s.Id)
				a.ended()
			case policy.DeviceEdit:
				_, err := rep.inventory.RevokeDevice(t.Context(), connect.NewRequest(&apipb.RevokeDeviceRequest{Id: a.dev, Confirm: true}))
				wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN)
			default:
				t.Error("no call")
			}
		})
	}
	// Ending somebody else's session.
	rob := n.rep("rob")
	s := a.active(rob)
	for _, c := range []struct {
		of   []policy.Permission
		want bool
	}{{[]policy.Permission{policy.SessionStart}, false}, {[]policy.Permission{policy.SessionTerminate}, true}} {
		rep, _ := n.with(ada, "ends-"+string(c.of[0]), c.of...)
		r, err := rep.session.Get(t.Context(), connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		if !c.want {
			wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_FORBIDDEN) // nor is it shown
		} else if got := enabled(r.Msg.GetSession().GetActions()); err != nil || !got["terminate"] || got["attach"] || got["chat"] || got["end"] {
			t.Errorf("%v: %v, %v", c.of, got, err)
		}
		_, err = rep.session.Terminate(t.Context(), connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true}))
		if (err == nil) != c.want {
			t.Errorf("%v: %v", c.of, err)
		}
	}
}
