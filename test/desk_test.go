//go:build linux

package test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// action is what a rep may do with a device, or why not.
func (w *world) action(r *bed.Rep, device, id string) *apipb.Action {
	w.t.Helper()
	d, err := r.Inventory.GetDevice(w.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: device}))
	w.must(err)
	i := slices.IndexFunc(d.Msg.Device.Actions, func(a *apipb.Action) bool { return a.Id == id })
	if i < 0 {
		w.t.Fatalf("no action %s: %v", id, d.Msg.Device.Actions)
	}
	return d.Msg.Device.Actions[i]
}

// found is how many devices a search has.
func (w *world) found(q *apipb.ListDevicesRequest) int {
	w.t.Helper()
	l, err := w.rep.Inventory.ListDevices(w.ctx, connect.NewRequest(q))
	w.must(err)
	return len(l.Msg.Devices)
}

// without signs in a rep who has every permission but one.
func (w *world) without(p policy.Permission) *bed.Rep {
	w.t.Helper()
	people := apipbconnect.NewAccountServiceClient(w.rep.HTTP, w.broker.Console)
	rest := slices.DeleteFunc(slices.Clone(policy.Permissions()), func(o policy.Permission) bool { return o == p })
	role, err := people.SaveRole(w.ctx, connect.NewRequest(&apipb.SaveRoleRequest{Role: &apipb.Role{Name: "No " + string(p), Permissions: policy.SetOf(rest...).Names()}}))
	w.must(err)
	_, err = people.CreateAccount(w.ctx, connect.NewRequest(&apipb.CreateAccountRequest{
		Name: "less", DisplayName: "Les Less", Password: repPassword, Roles: []string{role.Msg.Role.Id},
	}))
	w.must(err)
	r, err := w.broker.SignIn(w.ctx, "less", repPassword)
	w.must(err)
	return r
}

// TestE4_E5_E13_E14_E15_R7_C10_I1_I2_I3_I5_L6_A1_WhatADeskOffers: of one real device a
// desk shows what policy and the rep's rights allow, in the view that it has; both ways
// to begin a session are open while the switch is on, by both buttons of the console.
func TestE4_E5_E13_E14_E15_R7_C10_I1_I2_I3_I5_L6_A1_WhatADeskOffers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	o := w.rep.Office(w.broker)
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	_, err = w.rep.Inventory.UpdateDevice(w.ctx, connect.NewRequest(&apipb.UpdateDeviceRequest{Id: d.Id, Tags: &apipb.Tags{Tags: []string{"lab"}}}))
	w.must(err)
	lab, err := o.AddScope(w.ctx, &apipb.Scope{Name: "Lab", Devices: &apipb.Matcher{Tags: []string{"lab"}}})
	w.must(err)
	elsewhere, err := o.AddScope(w.ctx, &apipb.Scope{Name: "Elsewhere", Devices: &apipb.Matcher{Tags: []string{"elsewhere"}}})
	w.must(err)

	// The inventory, and its views.
	for _, q := range []struct {
		ask  *apipb.ListDevicesRequest
		want int
	}{
		{&apipb.ListDevicesRequest{Query: w.host}, 1},
		{&apipb.ListDevicesRequest{Query: d.Info.User}, 1},
		{&apipb.ListDevicesRequest{Query: "lab"}, 1},
		{&apipb.ListDevicesRequest{Query: "nowhere"}, 0},
		{&apipb.ListDevicesRequest{View: lab}, 1},
		{&apipb.ListDevicesRequest{View: elsewhere}, 0},
	} {
		if n := w.found(q.ask); n != q.want {
			t.Errorf("%v finds %d, want %d", q.ask, n, q.want)
		}
	}
	wish := w.wish(o, "Ann", "ann@example.org", "", "printer")
	for view, want := range map[string]int{lab: 1, elsewhere: 0, "": 1} {
		l, err := o.Requests.ListRequests(w.ctx, connect.NewRequest(&apipb.ListRequestsRequest{View: view}))
		w.must(err)
		if len(l.Msg.Requests) != want {
			t.Errorf("view %q has %d requests, want %d", view, len(l.Msg.Requests), want)
		}
	}
	_, err = o.Requests.Deny(w.ctx, connect.NewRequest(&apipb.DenyRequest{Id: wish.Id}))
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Request denied"))

	// The panel says what policy says, and each change is in the log.
	w.set(d.Id, map[string]string{"remote_support": "false"})
	if a := w.action(w.rep, d.Id, "screenshare"); a.Enabled || a.Code != wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED || !strings.Contains(a.Reason, "All devices") {
		t.Errorf("switched off: %v", a)
	}
	w.set(d.Id, map[string]string{"remote_support": "true"})
	for _, id := range []string{"support", "screenshare"} {
		if a := w.action(w.rep, d.Id, id); !a.Enabled {
			t.Errorf("switched on: %v", a)
		}
	}
	w.switched()
	less := w.without(policy.SessionStart)
	if a := w.action(less, d.Id, "support"); a.Enabled || a.Code != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN {
		t.Errorf("without the right to start: %v", a)
	}
	if _, err := less.Start(w.ctx, d.Id); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN || w.desktop.HasWindow(bed.ConsentTitle) {
		t.Errorf("called directly: %v", err)
	}

	// Both buttons come to the same.
	for path, yes := range map[string]bool{"inventory": false, "device": true} {
		r, err := w.rep.Sessions.Start(w.ctx, connect.NewRequest(&apipb.StartRequest{DeviceId: d.Id, Path: path}))
		w.must(err)
		s := r.Msg.Session
		if s.Phase != apipb.SessionPhase_SESSION_PHASE_AWAITING_CONSENT {
			t.Errorf("by %s: %v", path, s.Phase)
		}
		w.must(w.desktop.Answer(w.ctx, yes))
		if yes {
			w.active(s)
			w.terminated(s)
		}
		w.closes(s.Id)
	}
	l, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "session.start", Result: "ok"}}))
	w.must(err)
	if len(l.Msg.Records) != 2 {
		t.Errorf("started by %v", l.Msg.Records)
	}

	w.agent.Stop()
	w.must(bed.Until(w.ctx, "the device to be offline", func() (bool, error) {
		return w.found(&apipb.ListDevicesRequest{Query: w.host, Presence: apipb.Presence_PRESENCE_OFFLINE}) == 1, nil
	}))
	if a := w.action(w.rep, d.Id, "support"); a.Enabled || a.Code != wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE || a.Reason == "" {
		t.Errorf("offline: %v", a)
	}
}

// switched checks that both changes of the switch are in the log, by whom and from what
// to what.
func (w *world) switched() {
	w.t.Helper()
	l, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{Filter: &apipb.AuditFilter{Action: "scope.save"}}))
	w.must(err)
	n := 0
	for _, r := range l.Msg.Records {
		if strings.Contains(r.Detail, "remote_support") && strings.Contains(r.Detail, "true") && strings.Contains(r.Detail, "false") && r.ActorName == repDisplay {
			n++
		}
	}
	if n != 2 {
		w.t.Errorf("%d changes of the switch are recorded, want 2: %v", n, l.Msg.Records)
	}
}

// terminated closes nothing without an outcome, and ends a session as the audit log offers
// it: while it goes on.
func (w *world) terminated(s *apipb.Session) {
	w.t.Helper()
	w.look(s.Id)
	offered := func() bool {
		now, err := w.rep.Sessions.Get(w.ctx, connect.NewRequest(&apipb.GetRequest{Id: s.Id}))
		w.must(err)
		return slices.ContainsFunc(now.Msg.Session.Actions, func(a *apipb.Action) bool { return a.Id == "terminate" && a.Enabled })
	}
	_, err := w.rep.Sessions.Close(w.ctx, connect.NewRequest(&apipb.CloseRequest{Id: s.Id}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED || !strings.Contains(err.Error(), "end, hold") {
		w.t.Errorf("closed without an outcome: %v", err)
	}
	_, err = w.rep.Sessions.Terminate(w.ctx, connect.NewRequest(&apipb.TerminateRequest{Id: s.Id}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED || !offered() {
		w.t.Errorf("terminated without a yes: %v; offered %t", err, offered())
	}
	_, err = w.rep.Sessions.Terminate(w.ctx, connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true}))
	w.must(err)
	if offered() {
		w.t.Error("what is over can be terminated")
	}
	if r := w.closes(s.Id); r.ActorName != repDisplay || !strings.Contains(r.Detail, "ended_by=admin") {
		w.t.Errorf("the end is recorded as %v", r)
	}
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
}

// closes is the only terminal record of a session.
func (w *world) closes(session string) *apipb.AuditRecord {
	w.t.Helper()
	var found []*apipb.AuditRecord
	w.must(bed.Until(w.ctx, "the end to be recorded", func() (bool, error) {
		l, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{SessionId: session, Filter: &apipb.AuditFilter{Action: "session.close"}}))
		if err == nil {
			found = l.Msg.Records
		}
		return len(found) > 0, err
	}))
	if len(found) != 1 {
		w.t.Errorf("%d ends are recorded: %v", len(found), found)
	}
	return found[0]
}

// TestL19_L20_SignedOutAtOnce: a rep who signs out in a session has no stream of changes,
// no picture and no call any more, in no tab, and is told so.
func TestL19_L20_SignedOutAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	v := w.look(w.begin(d.Id).Id)
	pushed, tab := w.pushes(), w.rep.Tab(w.broker)
	if _, err := tab.Inventory.ListDevices(w.ctx, connect.NewRequest(&apipb.ListDevicesRequest{})); err != nil {
		t.Fatalf("another tab: %v", err)
	}
	r, err := w.rep.SignInAPI.SignOut(w.ctx, connect.NewRequest(&apipb.SignOutRequest{}))
	w.must(err)
	if r.Msg.MessageId != "signed_out" {
		t.Errorf("told %q", r.Msg.MessageId)
	}
	stop := context.AfterFunc(w.ctx, func() { _ = pushed.Close() })
	defer stop()
	for pushed.Receive() { //nolint:revive // until it ends
	}
	if errorCode(pushed.Err()) != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN {
		t.Errorf("the stream of changes ended with %v", pushed.Err())
	}
	select {
	case <-v.Ended():
	case <-w.ctx.Done():
		t.Error("the picture goes on")
	}
	if err := v.Close(); errors.Is(err, context.Canceled) {
		t.Errorf("the viewer ended with %v", err)
	}
	_, err = tab.Inventory.ListDevices(w.ctx, connect.NewRequest(&apipb.ListDevicesRequest{}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN || connect.CodeOf(err) != connect.CodeUnauthenticated {
		t.Errorf("another tab may still call: %v", err)
	}
}
