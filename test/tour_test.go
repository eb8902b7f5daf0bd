//go:build linux

package test

import (
	"slices"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// logged is the audit log after a record, oldest first: what kind of actor, which rep, did
// what, and how it went. Summaries come when the endpoint sends them, and are counted only.
func (w *world) logged(after uint64) (steps []string, summaries int, last uint64) {
	w.t.Helper()
	l, err := w.rep.Audit.ListAudit(w.ctx, connect.NewRequest(&apipb.ListAuditRequest{Limit: 500}))
	w.must(err)
	last = after
	for _, r := range slices.Backward(l.Msg.Records) {
		if r.Seq <= after {
			continue
		}
		last = r.Seq
		who, _, _ := strings.Cut(r.Actor, ":")
		switch {
		case r.Action == "session.summary":
			summaries++
			continue
		case who == "rep":
			who = r.ActorName
		}
		steps = append(steps, who+": "+r.Action+" "+r.Result)
	}
	return steps, summaries, last
}

// TestA11_C8_C9_TheTourIsInTheLog: what IT, two reps and the person at a real desktop do
// with requests, each other, a Support Button and a Jump Client is in the log, all of it,
// nothing else, in order.
func TestA11_C8_C9_TheTourIsInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	profile, queue := w.shop()
	w.must(w.broker.AddRep(w.ctx, secondName, secondDisplay, repPassword, false))
	second, err := w.broker.SignIn(w.ctx, secondName, repPassword)
	w.must(err)
	other := *w
	other.rep = second
	other.pushes() // is there to be invited
	_, _, seen := w.logged(0)

	o := w.rep.Office(w.broker)
	q := w.wish(o, "Ann", "ann@example.org", "+49 30 12", "printer")
	_, err = o.Requests.Deny(w.ctx, connect.NewRequest(&apipb.DenyRequest{Id: q.Id}))
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Request denied"))
	w.must(w.agent.Support())
	w.must(w.desktop.Type(w.ctx, bed.FormTitle, "printer still", "", "")) // the contact is known
	q, err = o.Request(w.ctx, apipb.RequestPhase_REQUEST_PHASE_PENDING)
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Request sent"))
	w.must(o.Approve(w.ctx, q.Id))
	w.must(w.desktop.Answer(w.ctx, false))
	_, err = w.rep.Phase(w.ctx, q.SessionId, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)

	w.together(w.begin(d.Id), second)
	s := w.begin(d.Id)
	w.leavesAButton(s, profile, queue)
	_, err = w.rep.Sessions.Terminate(w.ctx, connect.NewRequest(&apipb.TerminateRequest{Id: s.Id, Confirm: true}))
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
	w.pinsAndUnpins(d.Id)

	want := strings.Split(strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(theTour, "ONE", repDisplay), "TWO", secondDisplay)), "\n")
	var got []string
	w.must(bed.Until(w.ctx, "all to be recorded", func() (bool, error) {
		var summaries int
		got, summaries, _ = w.logged(seen)
		return len(got) >= len(want) && summaries == 4, nil
	}))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if out, err := w.broker.VerifyAudit(w.ctx); err != nil {
		t.Errorf("audit chain: %v: %s", err, out)
	}
}

// theTour is each record of it.
const theTour = `
device: request.create ok
ONE: request.deny denied_by_it
device: request.create ok
ONE: request.approve ok
system: session.offer ok
device: session.close denied_by_user
ONE: session.start ok
device: session.allow ok
ONE: session.invite ok
TWO: session.decline_invitation ok
ONE: session.invite ok
ONE: session.uninvite ok
ONE: session.invite ok
TWO: session.join ok
ONE: session.pass ok
ONE: session.pass ok
ONE: session.hold ok
ONE: session.resume ok
ONE: session.invite ok
TWO: session.take_over ok
TWO: session.remove ok
TWO: session.close ok
ONE: session.start ok
device: session.allow ok
ONE: button.deploy ok
ONE: button.remove ok
ONE: session.close ok
ONE: session.start ok
device: session.allow ok
ONE: jump.ask ok
ONE: jump.pin ok
ONE: session.close ok
ONE: jump.unpin ok
device: jump.removed ok
`

// together is what two reps do with one session, until the second one ends it.
func (w *world) together(s *apipb.Session, second *bed.Rep) {
	w.t.Helper()
	ours := apipbconnect.NewCollaborationServiceClient(w.rep.HTTP, w.broker.Console)
	theirs := apipbconnect.NewCollaborationServiceClient(second.HTTP, w.broker.Console)
	id := func(r *bed.Rep) string {
		w.t.Helper()
		who, err := r.SignInAPI.State(w.ctx, connect.NewRequest(&apipb.StateRequest{}))
		w.must(err)
		return who.Msg.Rep.Id
	}
	one, two := id(w.rep), id(second)
	invite := func(transfer bool) string {
		w.t.Helper()
		i, err := ours.Invite(w.ctx, connect.NewRequest(&apipb.InviteRequest{SessionId: s.Id, To: &apipb.InviteRequest_RepId{RepId: two}, Transfer: transfer}))
		w.must(err)
		return i.Msg.Invitation.Id
	}
	accept := func(invitation string) {
		w.t.Helper()
		_, err := theirs.AcceptInvitation(w.ctx, connect.NewRequest(&apipb.AcceptInvitationRequest{Id: invitation}))
		w.must(err)
	}
	_, err := theirs.DeclineInvitation(w.ctx, connect.NewRequest(&apipb.DeclineInvitationRequest{Id: invite(false)}))
	w.must(err)
	_, err = ours.CancelInvitation(w.ctx, connect.NewRequest(&apipb.CancelInvitationRequest{Id: invite(false)}))
	w.must(err)
	accept(invite(false))
	for _, to := range []string{two, one} {
		_, err = ours.GiveControl(w.ctx, connect.NewRequest(&apipb.GiveControlRequest{SessionId: s.Id, RepId: to}))
		w.must(err)
	}
	_, err = w.rep.Sessions.Close(w.ctx, connect.NewRequest(&apipb.CloseRequest{Id: s.Id, Outcome: "hold"}))
	w.must(err)
	_, err = w.rep.Sessions.Resume(w.ctx, connect.NewRequest(&apipb.ResumeRequest{Id: s.Id}))
	w.must(err)
	accept(invite(true))
	_, err = theirs.Remove(w.ctx, connect.NewRequest(&apipb.RemoveRequest{SessionId: s.Id, RepId: one, Confirm: true}))
	w.must(err)
	_, err = second.Sessions.Close(w.ctx, connect.NewRequest(&apipb.CloseRequest{Id: s.Id, Outcome: "end"}))
	w.must(err)
	w.must(w.desktop.Type(w.ctx, "Support session ended"))
}

// leavesAButton deploys a button and takes it back, after a question.
func (w *world) leavesAButton(s *apipb.Session, profile, queue string) {
	w.t.Helper()
	buttons := apipbconnect.NewButtonServiceClient(w.rep.HTTP, w.broker.Console)
	made, err := buttons.Deploy(w.ctx, connect.NewRequest(&apipb.DeployRequest{SessionId: s.Id, ProfileId: profile, QueueId: queue, LastsS: 3600}))
	w.must(err)
	w.entries(2)
	_, err = buttons.Remove(w.ctx, connect.NewRequest(&apipb.RemoveButtonRequest{Id: made.Msg.Button.Id}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED {
		w.t.Errorf("removed without a yes: %v", err)
	}
	w.entries(2)
	_, err = buttons.Remove(w.ctx, connect.NewRequest(&apipb.RemoveButtonRequest{Id: made.Msg.Button.Id, Confirm: true}))
	w.must(err)
	w.entries(0)
}

// pinsAndUnpins makes the device a Jump Client out of a session, and takes that back.
func (w *world) pinsAndUnpins(device string) {
	w.t.Helper()
	s := w.begin(device)
	c, err := w.pin(s, &apipb.PinRequest{Details: &apipb.JumpDetails{Name: "Till 7"}}, func() { w.must(w.desktop.Answer(w.ctx, true)) })
	w.must(err)
	w.end(s)
	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id}))
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED {
		w.t.Errorf("unpinned without a yes: %v", err)
	}
	_, err = w.jumps().Unpin(w.ctx, connect.NewRequest(&apipb.UnpinRequest{Id: c.Id, Confirm: true}))
	w.must(err)
}
