package agent

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/transport"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const denied = wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED

// policy is a good signed policy, changed by edit before it is signed.
func (r *rig) policy(edit func(p *wirepb.DevicePolicy)) *wirepb.SignedPolicy {
	r.t.Helper()
	pin := r.device.Pin()
	p := &wirepb.DevicePolicy{
		DeviceSpki: pin[:], Version: 5, ExpiresUnixMs: r.now().Add(time.Hour).UnixMilli(), RemoteSupport: true,
	}
	edit(p)
	b, sig, err := wire.SignPolicy(r.grantKey, p)
	if err != nil {
		r.t.Fatal(err)
	}
	return &wirepb.SignedPolicy{Policy: b, Signature: sig}
}

func (r *rig) rule(s *wirepb.SignedPolicy) {
	r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Policy{Policy: s}})
}

// reported is the last report of the policy in force.
func (r *rig) reported() (last *wirepb.PolicyReport) {
	synctest.Wait()
	for {
		select {
		case last = <-r.reports:
		default:
			return last
		}
	}
}

func view(g *wirepb.SessionGrant) {
	g.Permissions = []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW}
}

func wantDenied(r *rig, tr *fakeChild, edit func(*wirepb.SessionGrant)) {
	r.t.Helper()
	tr.drain()
	r.offer(r.grant(edit))
	wantConsent(r, denied)
	for len(tr.msgs) > 0 {
		if m := (<-tr.msgs).(*ipcpb.ToTray); m.GetAsk() != nil {
			r.t.Error("the person was asked")
		}
	}
}

func TestE9_PolicyOnlyTightens(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		if p := r.reported(); p == nil || p.Version != 0 || p.Refused != "" {
			t.Fatalf("without a policy the agent reports %v", p)
		}
		good := r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true })
		r.rule(good)
		want, err := wire.PolicyHash(policy.Under(policy.NoFloor(), r.opened(good)))
		if err != nil {
			t.Fatal(err)
		}
		if p := r.reported(); p.Version != 5 || p.Refused != "" || !bytes.Equal(p.EffectiveHash, want) {
			t.Fatalf("report %v", p)
		}
		wantDenied(r, tr, nil) // asks for control
		for name, s := range map[string]*wirepb.SignedPolicy{
			"older":   r.policy(func(p *wirepb.DevicePolicy) { p.Version = 4 }),
			"changed": r.policy(func(*wirepb.DevicePolicy) {}),
			"expired": r.policy(func(p *wirepb.DevicePolicy) { p.Version, p.ExpiresUnixMs = 6, r.now().Add(-time.Second).UnixMilli() }),
			"another": r.policy(func(p *wirepb.DevicePolicy) { p.Version, p.DeviceSpki = 6, make([]byte, 32) }),
			"forged":  {Policy: good.Policy, Signature: make([]byte, 64)},
		} {
			r.rule(s)
			if p := r.reported(); p == nil || p.Refused == "" || p.Version != 5 || !bytes.Equal(p.EffectiveHash, want) {
				t.Errorf("%s: report %v", name, p)
			}
			wantDenied(r, tr, nil)
		}
		r.offer(r.grant(view))
		r.yes(tr)
		wantConsent(r, yes)
	})
}

func (r *rig) opened(s *wirepb.SignedPolicy) *wirepb.DevicePolicy {
	p, err := wire.VerifyPolicy(r.grantKey.Public().(ed25519.PublicKey), r.device.Pin(), s.Policy, s.Signature)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

func TestE6_SwitchedOffNeitherPathWorks(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		tr := <-r.tray
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.RemoteSupport = false }))
		var last *ipcpb.TrayStatus
		for len(tr.msgs) > 0 {
			if s := (<-tr.msgs).(*ipcpb.ToTray).GetStatus(); s != nil {
				last = s
			}
		}
		if last.GetRemoteSupport() {
			t.Error("the tray still offers requests")
		}
		wantDenied(r, tr, nil)
		tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Request{Request: &wirepb.SupportRequest{Name: "A", Phone: "123", Reason: "help"}}})
		if a := expect(t, tr, (*ipcpb.ToTray).GetRequestResult); a.Code != denied {
			t.Errorf("request answered %v", a)
		}
		wantNothing(r)
	})
}

func TestPolicyExpiresAndIsRemembered(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.state, r.enrolled = state, r.grantKey.Public().(ed25519.PublicKey)
		r.start()
		<-r.tray
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.ViewOnly = true }))
		r.reported()
		r.end()

		s := newRig(t)
		s.state, s.device, s.grantKey, s.enrolled = state, r.device, r.grantKey, r.enrolled
		s.start()
		defer s.end()
		tr := <-s.tray
		if p := s.reported(); p.Version != 5 {
			t.Errorf("after a restart the agent reports %v", p)
		}
		wantDenied(s, tr, nil)
		s.rule(s.policy(func(p *wirepb.DevicePolicy) { p.Version = 4 })) // a rollback
		if p := s.reported(); p.Refused == "" {
			t.Errorf("an older one after a restart: %v", p)
		}
		time.Sleep(time.Hour + time.Minute)
		if p := s.reported(); p == nil || p.Version != 0 {
			t.Errorf("after its end the agent reports %v", p)
		}
		s.offer(s.grant(nil))
		s.yes(tr)
		wantConsent(s, yes)
	})
}

func TestOffersBeyondTheFloorAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		floor func(f *policy.Floor)
		grant func(g *wirepb.SessionGrant)
	}{
		"off":      {func(f *policy.Floor) { f.RemoteSupport = false }, nil},
		"control":  {func(f *policy.Floor) { f.Control = false }, nil},
		"recorded": {func(f *policy.Floor) { f.Recorded = false }, func(g *wirepb.SessionGrant) { g.Recorded = true }},
		"notify":   {func(*policy.Floor) {}, func(g *wirepb.SessionGrant) { g.Consent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY }},
		"timeout":  {func(*policy.Floor) {}, func(g *wirepb.SessionGrant) { g.OnTimeout = wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				c.floor(&r.floor)
				r.start()
				defer r.end()
				tr := <-r.tray
				// Whatever the broker's policy says.
				r.rule(r.policy(func(*wirepb.DevicePolicy) {}))
				wantDenied(r, tr, c.grant)
			})
		})
	}
}

func TestAnotherGrantKeyIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		enrolled, err := transport.NewIdentity()
		if err != nil {
			t.Fatal(err)
		}
		r.enrolled = enrolled.Public() // and the broker signs with another
		r.start()
		defer r.end()
		<-r.tray
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID)
		r.rule(r.policy(func(*wirepb.DevicePolicy) {}))
		if p := r.reported(); p.Version != 0 || p.Refused == "" {
			t.Errorf("report %v", p)
		}
	})
}
