package agent

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Errors of a policy beside those of wire.VerifyPolicy.
var (
	errPolicyOlder   = errors.New("policy is older than one that was taken")
	errPolicyChanged = errors.New("policy says something else under the same version")
	errPolicyExpired = errors.New("policy has expired")
	errNotOurKey     = errors.New("it is not the key that this device was enrolled with")
)

// rules is what the device obeys beside each grant: the broker's policy, under
// the floor of Config. It belongs to the loop.
type rules struct {
	newest  *wirepb.DevicePolicy // that was ever taken; nil: none
	expired bool                 // newest has: the floor alone counts
	refused string               // why the last was refused
	expiry  *time.Timer
}

// effective is what is obeyed now.
func (a *agent) effective() *wirepb.DevicePolicy {
	if a.rules.expired {
		return policy.Under(a.Floor, nil)
	}
	return policy.Under(a.Floor, a.rules.newest)
}

// loadPolicy takes up the policy that was in force when the service ended. What
// cannot be read or verified is none: the next link brings another.
func (a *agent) loadPolicy() {
	s := a.memory.kept.Policy
	if s == nil {
		return
	}
	p, err := wire.VerifyPolicy(a.GrantKey, a.Identity.Pin(), s.Policy, s.Signature)
	if err != nil {
		a.Log.Warn("remembered policy", "err", err)
		return
	}
	a.rules.newest = p
	a.expirePolicy(time.Now())
}

// tookPolicy decides about a policy of the broker's and reports what counts now.
func (a *agent) tookPolicy(k *link, s *wirepb.SignedPolicy) {
	p, err := a.checkPolicy(s, k.now())
	a.rules.refused = ""
	if err != nil {
		a.Log.Warn("policy refused", "err", err)
		a.rules.refused = err.Error()
		a.reportPolicy()
		return
	}
	if !proto.Equal(p, a.rules.newest) {
		if err := a.memory.keepPolicy(s); err != nil {
			a.Log.Error("policy counts until the service ends", "err", err)
		}
		a.Log.Info("policy", "version", p.Version, "remote_support", p.RemoteSupport, "view_only", p.ViewOnly)
	}
	a.rules.newest = p
	a.expirePolicy(k.now())
	a.tighten()
	a.reportPolicy()
	a.trayStatus()
}

// checkPolicy takes what is signed for this device and newer than the last; the
// same again may be valid for longer.
func (a *agent) checkPolicy(s *wirepb.SignedPolicy, now time.Time) (*wirepb.DevicePolicy, error) {
	p, err := wire.VerifyPolicy(a.GrantKey, a.Identity.Pin(), s.Policy, s.Signature)
	if err != nil {
		return nil, err
	}
	if last := a.rules.newest; last != nil {
		same := proto.Clone(last).(*wirepb.DevicePolicy)
		same.ExpiresUnixMs = p.ExpiresUnixMs
		switch {
		case p.Version < last.Version:
			return nil, fmt.Errorf("%w: version %d after %d", errPolicyOlder, p.Version, last.Version)
		case p.Version == last.Version && !proto.Equal(p, same):
			return nil, fmt.Errorf("%w: %d", errPolicyChanged, p.Version)
		case p.Version == last.Version && p.ExpiresUnixMs < last.ExpiresUnixMs:
			return last, nil
		}
	}
	if time.UnixMilli(p.ExpiresUnixMs).Before(now) {
		return nil, errPolicyExpired
	}
	return p, nil
}

// expirePolicy lets the policy in force count until its end; now is the
// broker's time, or the best that is known of it.
func (a *agent) expirePolicy(now time.Time) {
	p := a.rules.newest
	if a.rules.expiry != nil {
		a.rules.expiry.Stop()
	}
	if p == nil {
		return
	}
	left := time.UnixMilli(p.ExpiresUnixMs).Sub(now)
	a.rules.expired = left <= 0
	if left <= 0 {
		return
	}
	a.rules.expiry = time.AfterFunc(left, func() {
		a.post(func() {
			if a.rules.newest != p || a.rules.expired {
				return
			}
			a.rules.expired = true
			a.Log.Info("policy has expired: the floor alone counts", "version", p.Version)
			a.reportPolicy()
			a.trayStatus()
		})
	})
}

func (a *agent) stopRules() {
	if a.rules.expiry != nil {
		a.rules.expiry.Stop()
	}
}

// reportPolicy tells the broker what is obeyed now.
func (a *agent) reportPolicy() {
	if a.link == nil {
		return
	}
	p := a.effective()
	hash, err := wire.PolicyHash(p)
	if err != nil {
		a.Log.Error("policy report", "err", err)
		return
	}
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Policy{Policy: &wirepb.PolicyReport{
		Version: p.Version, EffectiveHash: hash, Refused: a.rules.refused,
	}}})
}

// believe takes over what a Welcome says of the broker. The key of grants is
// that of the enrollment: whoever could bring another would need no grant.
func (a *agent) believe(w *wirepb.Welcome) {
	if w.Organisation != "" {
		a.Organisation = w.Organisation
	}
	switch {
	case len(w.GrantKey) == 0:
	case len(a.GrantKey) == 0:
		a.GrantKey = w.GrantKey
	case !a.GrantKey.Equal(ed25519.PublicKey(w.GrantKey)):
		a.Log.Warn("the broker's key of grants is refused", "err", errNotOurKey)
	}
}
