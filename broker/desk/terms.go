package desk

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// maxReason is the longest reason that a prompt shows, in bytes: some lines.
const maxReason = 1 << 10

// wanted is what a rep asks for on a device: control, clipboard and files where the
// rep's permissions and the device's scope have control, and the rep did not ask for less;
// with it the customer's own input and monitors, where the rep may restrict them.
func (d *Desk) wanted(p account.Principal, dev store.Device, viewOnly bool) []wirepb.Permission {
	all := []wirepb.Permission{wirepb.Permission_PERMISSION_VIEW}
	if !viewOnly && d.conf.Policy.Decide(p.Policy(), dev, policy.ControlSession, d.conf.Now()).Allowed() {
		all = append(all, wirepb.Permission_PERMISSION_CONTROL,
			wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT, wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT,
			wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT, wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT)
		if p.Policy().Holds().Has(policy.SessionRestrict) {
			all = append(all, wirepb.Permission_PERMISSION_RESTRICT_INPUT, wirepb.Permission_PERMISSION_PRIVACY_SCREEN)
		}
	}
	return all
}

// terms are what a session is offered under: what was wanted, as far as the
// settings of this moment go.
func terms(want []wirepb.Permission, set policy.Settings) support.Terms {
	return support.Terms{
		Permissions: set.Under(want), MaxDuration: set.Expiry, Recorded: set.Recording != policy.RecordingOff,
		ConsentTimeout: min(max(set.ConsentTimeout, support.MinConsentTimeout), support.MaxConsentTimeout),
	}
}

// proved checks that the rep proved a second factor lately, where the settings
// ask for that before a session.
func proved(p account.Principal, set policy.Settings, now time.Time) error {
	switch {
	case !set.MFAAtStart:
		return nil
	case p.ProvedAt.IsZero():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_REQUIRED, "prove a second factor, then try again")
	case now.Sub(p.ProvedAt) > set.MFAMaxAge:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MFA_STALE, "the proof of a second factor is too old: prove it again")
	}
	return nil
}

// offer makes the signed grant of a session under its terms and settings.
func (d *Desk) offer(e *entry, s support.Session, t support.Terms, set policy.Settings, dev store.Device, reason string) (*wirepb.SessionOffer, error) {
	pin, err := hex.DecodeString(dev.Pin)
	if err != nil {
		return nil, fmt.Errorf("device pin: %w", err)
	}
	jti := make([]byte, wire.SessionIDSize)
	_, _ = rand.Read(jti) // never fails
	now := d.conf.Now()
	g, sig, err := wire.SignGrant(d.conf.GrantKey, &wirepb.SessionGrant{
		Session: e.id[:], DeviceSpki: pin, Jti: jti, RepId: s.Rep.ID, RepName: s.Rep.Name, Organisation: d.conf.Organisation(),
		Permissions: t.Permissions, NotBeforeUnixMs: now.UnixMilli(), StartBeforeUnixMs: now.Add(wire.MaxGrantWindow).UnixMilli(),
		MaxDurationS: seconds(t.MaxDuration), ConsentTimeoutS: seconds(t.ConsentTimeout), ConsentValidS: seconds(set.ConsentValid),
		Consent: rule(set.ConsentPresent), ConsentAbsent: rule(set.ConsentAbsent), OnTimeout: onTimeout(set),
		Recorded: t.Recorded, Reason: text.Line(reason, maxReason), AtEnd: set.AtEnd.Wire(),
	})
	if err != nil {
		return nil, fmt.Errorf("sign grant: %w", err)
	}
	e.grant = g
	return &wirepb.SessionOffer{Session: e.id[:], Grant: g, GrantSignature: sig}, nil
}

func seconds(d time.Duration) uint32 {
	return uint32(min(max(d, 0)/time.Second, 1<<31)) //nolint:gosec // bounded
}

func rule(c policy.Consent) wirepb.ConsentRule {
	if c == policy.ConsentNotify {
		return wirepb.ConsentRule_CONSENT_RULE_NOTIFY
	}
	return wirepb.ConsentRule_CONSENT_RULE_ASK
}

func onTimeout(set policy.Settings) wirepb.TimeoutAnswer {
	if set.TimeoutAllows {
		return wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW
	}
	return wirepb.TimeoutAnswer_TIMEOUT_ANSWER_DENY
}

// grantOf is the grant under which a session was offered last. After a restart the audit
// log has it. The entry is locked.
func (d *Desk) grantOf(ctx context.Context, e *entry) ([]byte, error) {
	if e.grant != nil {
		return e.grant, nil
	}
	for _, a := range []support.Verb{support.Offer, support.Start} {
		f := store.RecordFilter{Session: e.id.String(), Action: "session." + a.String(), Result: ok, Limit: 1}
		found, err := d.conf.Store.Records(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("find grant: %w", err)
		}
		o := new(wirepb.SessionOffer)
		if len(found) == 0 {
			continue
		}
		if err := proto.Unmarshal(found[0].Evidence, o); err != nil {
			return nil, fmt.Errorf("kept grant: %w", err)
		}
		e.grant = o.Grant
		return e.grant, nil
	}
	return nil, errNoGrant
}

var errNoGrant = errors.New("the session was never offered")

// validUntil is until when a Yes holds over lost links: what the grant said, in
// the broker's time, or sooner where the receipt says so.
func validUntil(g *wirepb.SessionGrant, r *wirepb.ConsentReceipt, now time.Time) time.Time {
	var until time.Time
	if g.ConsentValidS > 0 {
		until = now.Add(time.Duration(g.ConsentValidS) * time.Second)
	}
	if said := time.UnixMilli(r.ValidUntilUnixMs); r.ValidUntilUnixMs > 0 && (until.IsZero() || said.Before(until)) {
		until = said
	}
	return until
}
