//go:build linux

package test

import (
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestI7_EndpointGoesOfflineWhileAsking: an endpoint that dies with the prompt
// open cancels the request, which is recorded once, and asks nothing when it
// comes back.
func TestI7_EndpointGoesOfflineWhileAsking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	s := w.ask()
	w.agent.Kill()
	got, err := w.rep.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_CANCELLED)
	w.must(err)
	if got.Code != wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE {
		t.Errorf("code %v, want device_offline", got.Code)
	}
	w.closedOnce(s)

	w.must(w.agent.Restart())
	_, err = w.rep.Device(w.ctx, w.host) // once it is online again
	w.must(err)
	if w.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("the endpoint still asks about a request that was cancelled")
	}
	w.closedOnce(s)
}

// closedOnce checks that the audit log has one end of a session whose endpoint
// went offline, and that it says whom it was about.
func (w *world) closedOnce(s *apipb.Session) {
	w.t.Helper()
	res, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{
		SessionId: s.Id, Filter: &apipb.AuditFilter{Action: "session.close"},
	}))
	w.must(err)
	records := res.Msg.Records
	if len(records) != 1 || records[0].Result != "device_offline" {
		w.t.Fatalf("records of the end: %v, want one with device_offline", records)
	}
	for _, want := range []string{"requester=", "device=", "user=", "path=", "requested=", "ended=", "outcome="} {
		if !strings.Contains(records[0].Detail, want) {
			w.t.Errorf("%q lacks %s", records[0].Detail, want)
		}
	}
}
