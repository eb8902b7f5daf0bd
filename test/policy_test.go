//go:build linux

package test

import (
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// set changes settings of the scope that holds every device and waits until the
// agent says that it obeys what it was told since.
func (w *world) set(device string, settings map[string]string) {
	w.t.Helper()
	api := apipbconnect.NewSettingsServiceClient(w.rep.HTTP, w.broker.Console)
	l, err := api.ListScopes(w.ctx, connect.NewRequest(&apipb.ListScopesRequest{}))
	w.must(err)
	s := l.Msg.Scopes[len(l.Msg.Scopes)-1]
	for k, v := range settings {
		s.Settings[k] = v
	}
	_, err = api.SaveScope(w.ctx, connect.NewRequest(&apipb.SaveScopeRequest{Scope: s}))
	w.must(err)
	w.must(bed.Until(w.ctx, "the agent to obey", func() (bool, error) {
		d, err := w.rep.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: device}))
		if err != nil {
			return false, err
		}
		p := d.Msg.Device.Policy
		return p.GetTold() > 0 && p.Obeyed == p.Told && p.Refused == "", nil
	}))
}

// TestE3_E6_E9_E10_ScopesReachTheEndpoint: what the scope says is what the real
// endpoint obeys, from the next start on; a session that is on when it is switched
// off ends after its notice.
func TestE3_E6_E9_E10_ScopesReachTheEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)

	w.set(d.Id, map[string]string{"remote_support": "false"})
	_, err = w.rep.Start(w.ctx, d.Id)
	if err == nil || connect.CodeOf(err) == connect.CodeUnknown || !strings.Contains(err.Error(), "policy_denied") || !strings.Contains(err.Error(), "All devices") {
		t.Fatalf("start where it is off: %v", err)
	}

	w.set(d.Id, map[string]string{"remote_support": "true", "view_only": "true", "session_expiry_min": "1"})
	s, err := w.rep.Start(w.ctx, d.Id)
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, true))
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	if s.Control || s.ExpiresInMs <= 0 || s.ExpiresInMs > 60_000 {
		t.Errorf("view only for a minute: control %t, %d ms", s.Control, s.ExpiresInMs)
	}

	w.set(d.Id, map[string]string{"remote_support": "false"})
	s, err = w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	if s.EndedBy != wirepb.EndedBy_ENDED_BY_POLICY {
		t.Errorf("ended by %v, want policy", s.EndedBy)
	}
}
