package broker

import (
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A6, A7: where the device's scope wants a second factor before a session, so it does
// before joining one, taking one over and taking one up again. A no needs none.
func TestA6_A7_ProofBeforeJoiningTakingOverAndResuming(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob, ria := n.rep("ada"), n.rep("rob"), n.rep("ria")
	s := a.active(rob)
	ria.open(t)
	ada.set(t, "mfa_at_start", "true", "mfa_max_age_s", "60")
	required, stale := wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED, wirepb.ErrorCode_ERROR_CODE_MFA_STALE
	to := repID(ria.id(t))

	i := rob.mustInvite(t, s.Id, to, false)
	_, err := ria.accept(i.Id)
	wantCode(t, err, required)
	if err := ria.decline(i.Id); err != nil {
		t.Fatal(err)
	}
	phone, _ := n.enroll(ria)
	prove := func() {
		t.Helper()
		if err := ria.prove(t, byCode(phone.next())); err != nil {
			t.Fatal(err)
		}
	}
	old := func() { n.advance(2 * time.Minute) }
	prove()
	old()
	i = rob.mustInvite(t, s.Id, to, false)
	_, err = ria.accept(i.Id)
	wantCode(t, err, stale)
	prove()
	if _, err := ria.accept(i.Id); err != nil {
		t.Fatal(err)
	}
	old()
	i = rob.mustInvite(t, s.Id, to, true)
	_, err = ria.accept(i.Id)
	wantCode(t, err, stale)
	if got := rob.get(t, s.Id); got.RepId != rob.id(t) {
		t.Fatalf("taken over without a proof: %v", got)
	}
	prove()
	if got, err := ria.accept(i.Id); err != nil || got.RepId != ria.id(t) {
		t.Fatalf("%v, %v", got, err)
	}
	if _, err := rob.close(t, s.Id, "leave"); err != nil {
		t.Fatal(err)
	}
	old()
	if _, err := ria.close(t, s.Id, "hold"); err != nil {
		t.Fatal(err)
	}
	_, err = ria.resume(t, s.Id)
	wantCode(t, err, stale)
	prove()
	if got, err := ria.resume(t, s.Id); err != nil || got.Phase != apipb.SessionPhase_SESSION_PHASE_ACTIVE {
		t.Fatalf("%v, %v", got, err)
	}
	old()
	if _, err := ria.resume(t, s.Id); err != nil { // of what runs: nothing is done
		t.Fatal(err)
	}
}

// So does taking what waits in a queue for an owner.
func TestA6_L21_ProofBeforeTakingWhatWaitsInAQueue(t *testing.T) {
	n := newBench(t)
	a := n.online()
	ada, rob, ria := n.rep("ada"), n.rep("rob"), n.rep("ria")
	team, queue, _ := n.team(ada, "Night", ria.id(t))
	must[apipb.SaveObjectResponse](t)(n.config(ada).SaveObject(t.Context(), connect.NewRequest(&apipb.SaveObjectRequest{Object: &apipb.ConfigObject{
		Id: queue, Version: 1, Name: "Night queue", Object: &apipb.ConfigObject_Queue{Queue: &apipb.Queue{Team: team, Fallback: true}},
	}})))
	s, o := n.watched(a, rob)
	ada.set(t, "mfa_at_start", "true")
	n.forsake(o)
	n.phase(ada, s.Id, apipb.SessionPhase_SESSION_PHASE_HELD)
	_, err := ria.resume(t, s.Id)
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED)
	n.enroll(ria)
	if got, err := ria.resume(t, s.Id); err != nil || got.RepId != ria.id(t) {
		t.Fatalf("%v, %v", got, err)
	}
}
