package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/audit"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// elevationLimit is after how long a try of which nothing was heard any more is over:
// longer than an endpoint lets a person or its system be asked.
const elevationLimit = 6 * time.Minute

// Elevation is a try to get the rights of the machine. It is never changed.
type Elevation struct {
	Method wirepb.ElevationMethod
	State  wirepb.ElevationState // UNSPECIFIED: it was asked for
	Code   wirepb.ErrorCode
	Detail string
	By     string // name of the rep
	Count  uint32 // tells one from the next
	used   uint32 // tries of the session until now, with this one
	at     time.Time
	order  *wirepb.Elevate // without what is sealed
	agreed bool            // the answer of the person in front is in the audit log
}

func (t *Elevation) over() bool {
	return t.State == wirepb.ElevationState_ELEVATION_STATE_DONE || t.State == wirepb.ElevationState_ELEVATION_STATE_REFUSED
}

func (t *Elevation) underWay(now time.Time) bool {
	return t != nil && !t.over() && now.Before(t.at.Add(elevationLimit))
}

// needsYes says whether a person had to be asked by the endpoint before the system was.
func (t *Elevation) needsYes() bool {
	return t.order.Method == wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER && !t.agreed
}

// TriesLeft is how often elevation may still be tried in the session.
func (r Rights) TriesLeft() uint32 {
	if r.Elevation == nil {
		return wire.MaxElevations
	}
	return wire.MaxElevations - min(r.Elevation.used, wire.MaxElevations)
}

// MayElevate says whether a session's endpoint may be asked to get the rights of the
// machine now.
func MayElevate(p account.Principal, s Session) error {
	if err := mayWhileActive(p, policy.ElevateSession, s); err != nil {
		return err
	}
	switch {
	case s.Elevated:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ALREADY_ELEVATED, "the client has the rights of the machine")
	case s.Offer == nil:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "the client cannot get these rights")
	case s.TriesLeft() == 0:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES, "no try is left in this session")
	}
	return nil
}

// Elevate asks the endpoint to get the rights of the machine. It is recorded before the
// endpoint hears of it. What is sealed is passed on, and kept nowhere.
func (d *Desk) Elevate(ctx context.Context, p account.Principal, id wire.SessionID, m *wirepb.Elevate) error {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = MayElevate(p, s)
		}
		return err
	}
	s := d.show(e)
	if err := MayElevate(p, s); err != nil {
		return err
	}
	m.Session, m.RepId = id[:], p.ID
	if err := wire.CheckElevate(m); err != nil {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
	}
	switch {
	case !slices.Contains(s.Offer.Methods, m.Method):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "not this way on that device")
	case !s.Connected:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch now := d.conf.Now(); {
	case e.rights.Elevation.underWay(now), e.rights.Move.underWay():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "another try, or a switch, is under way")
	case e.rights.TriesLeft() == 0:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES, "no try is left in this session")
	}
	if err := d.maskTry(ctx, e, p); err != nil {
		return err
	}
	r := d.aboutElevation(e, "session.elevate", m.Method)
	r.Actor, r.ActorName, r.Result = p.Actor(), p.DisplayName, ok
	_, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r)
	if err == nil {
		err = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Elevate{Elevate: m}})
	}
	if err != nil {
		d.unmaskOf(e, p.ID, "closed")
		return err
	}
	try := Elevation{
		Method: m.Method, By: p.DisplayName, Count: 1, used: 1, at: d.conf.Now(),
		order: &wirepb.Elevate{Session: m.Session, RepId: m.RepId, Method: m.Method, Nonce: m.Nonce},
	}
	if last := e.rights.Elevation; last != nil {
		try.Count += last.Count
		try.used += last.used
	}
	e.rights.Elevation = &try
	d.conf.Hub.Publish(live.Change{Session: e.id})
	return nil
}

func (d *Desk) aboutElevation(e *entry, action string, m wirepb.ElevationMethod) store.Record {
	method := "prompt_customer"
	if m == wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER {
		method = "specific_user"
	}
	return store.Record{
		At: d.conf.Now(), Action: action, Object: "device:" + e.device, ObjectName: e.s.DeviceName, Session: e.id.String(),
		Detail: fmt.Sprintf("method=%s", method),
	}
}

// tookOffer checks what an endpoint says of the ways to elevate it. The entry is locked.
func (d *Desk) tookOffer(e *entry, dev store.Device, o *wirepb.ElevationOffer) *wirepb.ElevationOffer {
	if o == nil {
		return nil
	}
	if err := wire.VerifyElevationOffer(dev.PublicKey, e.id, o); err != nil {
		d.conf.Log.Warn("offer of elevation refused", "session", e.id.String(), "device", dev.ID, "error", err)
		return nil
	}
	taken := &wirepb.ElevationOffer{Key: o.Key, Signature: o.Signature}
	for _, m := range []wirepb.ElevationMethod{wirepb.ElevationMethod_ELEVATION_METHOD_PROMPT_CUSTOMER, wirepb.ElevationMethod_ELEVATION_METHOD_SPECIFIC_USER} {
		if slices.Contains(o.Methods, m) {
			taken.Methods = append(taken.Methods, m)
		}
	}
	if len(taken.Methods) == 0 {
		return nil
	}
	return taken
}

// elevated is the endpoint's news of a try.
func (d *Desk) elevated(ctx context.Context, e *entry, dev store.Device, m *wirepb.ElevateResult) {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.rights.Elevation
	if last == nil || last.over() || string(last.order.Nonce) != string(m.Nonce) {
		return // not asked for, or answered
	}
	try := *last
	try.State, try.Code, try.Detail = m.State, m.Code, text.Name(m.Detail)
	switch m.State {
	case wirepb.ElevationState_ELEVATION_STATE_CONSENT:
		try.at = d.conf.Now()
	case wirepb.ElevationState_ELEVATION_STATE_ASKING, wirepb.ElevationState_ELEVATION_STATE_MOVING:
		try.at = d.conf.Now()
		if !d.elevationAgreed(ctx, e, dev, &try, m) {
			return
		}
	case wirepb.ElevationState_ELEVATION_STATE_DONE:
		if !d.elevationAgreed(ctx, e, dev, &try, m) {
			return
		}
		d.elevationOver(ctx, e, dev, &try, m)
	case wirepb.ElevationState_ELEVATION_STATE_REFUSED:
		if unasked(m.Code) {
			try.used--
		}
		d.elevationOver(ctx, e, dev, &try, m)
	default:
		return
	}
	e.rights.Elevation = &try
	d.conf.Hub.Publish(live.Change{Session: e.id})
}

// unasked says that the endpoint's system was not asked, so that it was no try.
func unasked(c wirepb.ErrorCode) bool {
	switch c {
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT,
		wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE:
		return true
	default:
		return false
	}
}

// elevationAgreed records the Yes that a try with a rep's credentials needs. Without one
// the session ends: nobody there agreed to what the endpoint has done. The entry is locked.
func (d *Desk) elevationAgreed(ctx context.Context, e *entry, dev store.Device, t *Elevation, m *wirepb.ElevateResult) bool {
	if !t.needsYes() {
		return true
	}
	r := d.aboutElevation(e, "session.elevation_consent", t.Method)
	r.Actor, r.ActorName, r.Result = "device:"+dev.ID, dev.Hostname, ok
	receipt, err := d.elevationReceipt(ctx, e, dev, t, m)
	if err == nil && !receipt.Yes {
		err = wire.ErrReceiptForged
	}
	if err != nil {
		d.conf.Log.WarnContext(ctx, "receipt of an elevation refused", "session", e.id.String(), "device", dev.ID, "error", err)
		r.Result = wire.CodeName(wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID)
	} else {
		r.ActorName = text.Name(receipt.User)
		r.Detail += fmt.Sprintf(" user=%q terminal_session=%q rule=%s", r.ActorName, text.Name(receipt.TerminalSession), ruleName(receipt.Rule))
	}
	d.recordElevation(ctx, e, r, m)
	if err != nil {
		d.try(ctx, e, action{Command: support.Command{
			Verb: support.End, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID,
			Detail: "the receipt of the elevation does not verify",
		}, actor: system})
		return false
	}
	t.agreed = true
	return true
}

func (d *Desk) elevationReceipt(ctx context.Context, e *entry, dev store.Device, t *Elevation, m *wirepb.ElevateResult) (*wirepb.ElevationReceipt, error) {
	grant, err := d.grantOf(ctx, e)
	if err != nil {
		return nil, err
	}
	return wire.VerifyElevationReceipt(dev.PublicKey, grant, t.order, m.Receipt, m.ReceiptSignature)
}

// elevationOver records how a try went; a person's No with the receipt of it. The entry
// is locked.
func (d *Desk) elevationOver(ctx context.Context, e *entry, dev store.Device, t *Elevation, m *wirepb.ElevateResult) {
	r := d.aboutElevation(e, "session.elevation", t.Method)
	r.Actor, r.ActorName, r.Result = "device:"+dev.ID, dev.Hostname, ok
	if m.State == wirepb.ElevationState_ELEVATION_STATE_REFUSED {
		r.Result = wire.CodeName(m.Code)
	}
	if m.Code == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		if receipt, err := d.elevationReceipt(ctx, e, dev, t, m); err == nil && !receipt.Yes {
			r.Detail += fmt.Sprintf(" user=%q", text.Name(receipt.User))
		}
	}
	d.recordElevation(ctx, e, r, m)
	d.unmaskOf(e, t.order.RepId, "result")
}

// recordElevation appends a record with the endpoint's message as its evidence, where
// that has an answer.
func (d *Desk) recordElevation(ctx context.Context, e *entry, r store.Record, m *wirepb.ElevateResult) {
	var err error
	if len(m.Receipt) > 0 {
		r.Evidence, err = audit.Evidence(m)
	}
	if err == nil {
		_, err = d.conf.Audit.Append(ctx, r)
	}
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "record an elevation", "session", e.id.String(), "error", err)
	}
}
