//go:build linux

package test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/pquerna/otp/totp"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// TestE12_C11_A6_A7_A8_ProofBeforeBothPaths: where a scope asks for a second factor nobody
// at the endpoint is asked before it was proved, by neither way to begin; what proved it
// once proves nothing again.
func TestE12_C11_A6_A7_A8_ProofBeforeBothPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	o := w.rep.Office(w.broker)
	d, err := w.rep.Device(w.ctx, w.host)
	w.must(err)
	w.set(d.Id, map[string]string{"mfa_at_start": "true"})
	q := w.wish(o, "Ann", "ann@example.org", "", "printer")
	_, err = w.rep.Start(w.ctx, d.Id)
	if errorCode(err) != wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED {
		t.Errorf("start without a proof: %v", err)
	}
	if err := o.Approve(w.ctx, q.Id); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED {
		t.Errorf("approval without a proof: %v", err)
	}
	if w.desktop.HasWindow(bed.ConsentTitle) {
		t.Error("somebody was asked")
	}

	mfa := apipbconnect.NewMfaServiceClient(w.rep.HTTP, w.broker.Console)
	begun, err := mfa.BeginTotp(w.ctx, connect.NewRequest(&apipb.BeginTotpRequest{Name: "phone"}))
	w.must(err)
	code, err := totp.GenerateCode(begun.Msg.Secret, time.Now())
	w.must(err)
	added, err := mfa.FinishTotp(w.ctx, connect.NewRequest(&apipb.FinishTotpRequest{Id: begun.Msg.Id, Code: code}))
	w.must(err)

	// Another sign-in of the rep's with what was used.
	half, err := w.broker.SignIn(w.ctx, repName, repPassword)
	w.must(err)
	prove := func(p *apipb.ProveRequest) error {
		_, err := apipbconnect.NewMfaServiceClient(half.HTTP, w.broker.Console).Prove(w.ctx, connect.NewRequest(p))
		return err
	}
	if err := prove(&apipb.ProveRequest{Proof: &apipb.ProveRequest_Totp{Totp: code}}); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_MFA_STALE {
		t.Errorf("a code that was used: %v", err)
	}
	if _, err := half.Start(w.ctx, d.Id); errorCode(err) != wirepb.ErrorCode_ERROR_CODE_NOT_SIGNED_IN {
		t.Errorf("half a sign-in starts: %v", err)
	}
	recovery := &apipb.ProveRequest{Proof: &apipb.ProveRequest_RecoveryCode{RecoveryCode: added.Msg.RecoveryCodes[0]}}
	w.must(prove(recovery))
	if err := prove(recovery); err == nil {
		t.Error("a recovery code counts twice")
	}

	// With the proof both ways are open.
	s, err := half.Start(w.ctx, d.Id)
	w.must(err)
	w.must(w.desktop.Answer(w.ctx, false))
	_, err = half.Phase(w.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_DENIED)
	w.must(err)
	w.must(half.Office(w.broker).Approve(w.ctx, q.Id))
	w.must(w.desktop.Answer(w.ctx, false))
}
