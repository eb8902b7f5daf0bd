//go:build linux

package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
)

// requests are those of a phase.
func (w *world) requests(phase apipb.RequestPhase) []*apipb.SupportRequest {
	w.t.Helper()
	api := apipbconnect.NewRequestServiceClient(w.rep.HTTP, w.broker.Console)
	res, err := api.ListRequests(w.ctx, connect.NewRequest(&apipb.ListRequestsRequest{Phase: phase}))
	w.must(err)
	return res.Msg.Requests
}

// pending waits for the one request that waits for a decision.
func (w *world) pending() *apipb.SupportRequest {
	w.t.Helper()
	var all []*apipb.SupportRequest
	w.must(bed.Until(w.ctx, "the request", func() (bool, error) {
		all = w.requests(apipb.RequestPhase_REQUEST_PHASE_PENDING)
		return len(all) > 0, nil
	}))
	if len(all) != 1 {
		w.t.Fatalf("%d requests are pending, want 1", len(all))
	}
	return all[0]
}

// icon waits for the desktop icon to be there or not, and returns its lines.
func (w *world) icon(there bool) map[string]string {
	w.t.Helper()
	path := filepath.Join(w.desktop.Dir, "Desktop", "alongside-support.desktop")
	lines := map[string]string{}
	w.must(bed.Until(w.ctx, "the desktop icon", func() (bool, error) {
		b, err := os.ReadFile(path)
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				lines[k] = v
			}
		}
		return (err == nil) == there, nil
	}))
	return lines
}

// TestR2_R4_R5_R9_R13_E8_FromTheIconToThePicture is the customer's way: the icon
// that policy puts on the desktop opens the form, the form sends what was typed,
// IT decides, and only the person's own Yes begins a session.
func TestR2_R4_R5_R9_R13_E8_FromTheIconToThePicture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.icon(false)
	w.set(d.Id, map[string]string{"desktop_icon": "true", "desktop_icon_name": "IT Help", "reason_min": "12"})
	icon := w.icon(true)
	if icon["Name"] != "IT Help" {
		t.Errorf("the icon is called %q", icon["Name"])
	}
	w.must(w.desktop.Run(icon["Exec"]))

	// The keyboard alone; the first reason is too short and stays here.
	w.must(w.desktop.Type(w.ctx, bed.FormTitle, "Ann O'Neil", "ann@example.org", "+49 30 12", "printer", "", ""))
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, "form-too-short.png")))
	if n := len(w.requests(0)); n != 0 {
		t.Fatalf("%d requests were sent with a reason that is too short", n)
	}
	w.must(w.desktop.Type(w.ctx, bed.FormTitle, " is on <fire>", "", ""))
	q := w.pending()
	if q.Name != "Ann O'Neil" || q.Email != "ann@example.org" || q.Phone != "+49 30 12" || q.Reason != "printer is on <fire>" {
		t.Errorf("the request says %v", q)
	}

	// IT says yes: the second gate is the person's.
	api := apipbconnect.NewRequestServiceClient(w.rep.HTTP, w.broker.Console)
	res, err := api.Approve(w.ctx, connect.NewRequest(&apipb.ApproveRequest{Id: q.Id}))
	w.must(err)
	_, err = w.desktop.Window(w.ctx, bed.ConsentTitle)
	w.must(err)
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, "second-gate.png")))
	session := res.Msg.Request.SessionId
	if _, err := w.rep.Sessions.Attach(w.ctx, connect.NewRequest(&apipb.AttachRequest{Id: session})); err == nil {
		t.Error("a viewer's ticket after the approval, before the Yes")
	}
	w.must(w.desktop.Answer(w.ctx, true))
	_, err = w.rep.Phase(w.ctx, session, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	w.must(err)
	w.must(w.desktop.Done(w.ctx))
	_, err = w.rep.Phase(w.ctx, session, apipb.SessionPhase_SESSION_PHASE_ENDED)
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Support session ended"))

	// Once more; the contact is still known. IT says no, and the person learns it.
	w.must(w.desktop.Run(icon["Exec"]))
	w.must(w.desktop.Type(w.ctx, bed.FormTitle, "the printer is still on fire", "", ""))
	q = w.pending()
	if q.Name != "Ann O'Neil" || q.Reason != "the printer is still on fire" {
		t.Errorf("the second request says %v", q)
	}
	w.must(w.desktop.Type(w.ctx, "Request sent"))
	_, err = api.Deny(w.ctx, connect.NewRequest(&apipb.DenyRequest{Id: q.Id, Reason: "call the fire brigade"}))
	w.must(err)
	_, err = w.desktop.Window(w.ctx, "Request denied")
	w.must(err)
	w.must(w.desktop.Screenshot(filepath.Join(w.dir, "denied.png")))

	w.set(d.Id, map[string]string{"desktop_icon": "false"})
	w.icon(false)
}
