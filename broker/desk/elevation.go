package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// elevationLimit is after how long a try of which nothing was heard any more is over:
// longer than an endpoint lets its system ask.
const elevationLimit = 5 * time.Minute

// Elevation is a try to get the rights of the machine. It is never changed.
type Elevation struct {
	Method wirepb.ElevationMethod
	State  wirepb.ElevationState // UNSPECIFIED: it was asked for
	Code   wirepb.ErrorCode
	Detail string
	By     string // name of the rep
	Count  uint32
	at     time.Time
	nonce  string
}

func (t *Elevation) underWay(now time.Time) bool {
	return t != nil && t.State < wirepb.ElevationState_ELEVATION_STATE_DONE && now.Before(t.at.Add(elevationLimit))
}

// TriesLeft is how often elevation may still be tried in the session.
func (r Rights) TriesLeft() uint32 {
	if r.Elevation == nil {
		return wire.MaxElevations
	}
	return wire.MaxElevations - min(r.Elevation.Count, wire.MaxElevations)
}

// MayElevate says whether a session's endpoint may be asked to get the rights of the
// machine now.
func MayElevate(p account.Principal, s Session) error {
	if err := mayWhileActive(p, policy.ElevateSession, s); err != nil {
		return err
	}
	switch {
	case s.Elevated:
		return refuse(wirepb.ErrorCode_ERROR_CODE_ALREADY_ELEVATED, "the client has the rights of the machine")
	case s.Offer == nil:
		return refuse(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "the client cannot get these rights")
	case s.TriesLeft() == 0:
		return refuse(wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES, "no try is left in this session")
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
		return refuse(wirepb.ErrorCode_ERROR_CODE_MALFORMED, err.Error())
	}
	switch {
	case !slices.Contains(s.Offer.Methods, m.Method):
		return refuse(wirepb.ErrorCode_ERROR_CODE_ELEVATION_UNAVAILABLE, "not this way on that device")
	case !s.Connected:
		return refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch now := d.conf.Now(); {
	case e.rights.Elevation.underWay(now), e.rights.Move.underWay():
		return refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "another try, or a switch, is under way")
	case e.rights.TriesLeft() == 0:
		return refuse(wirepb.ErrorCode_ERROR_CODE_TOO_MANY_TRIES, "no try is left in this session")
	}
	r := d.aboutElevation(e, "session.elevate", m.Method)
	r.Actor, r.ActorName, r.Result = p.Actor(), p.DisplayName, ok
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		return err
	}
	if err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Elevate{Elevate: m}}); err != nil {
		return err
	}
	try := Elevation{Method: m.Method, By: p.DisplayName, Count: 1, at: d.conf.Now(), nonce: string(m.Nonce)}
	if last := e.rights.Elevation; last != nil {
		try.Count += last.Count
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
	if last == nil || last.State >= wirepb.ElevationState_ELEVATION_STATE_DONE || last.nonce != string(m.Nonce) {
		return // not asked for, or answered
	}
	try := *last
	try.State, try.Code, try.Detail = m.State, m.Code, text.Name(m.Detail)
	switch m.State {
	case wirepb.ElevationState_ELEVATION_STATE_ASKING:
		try.at = d.conf.Now()
	case wirepb.ElevationState_ELEVATION_STATE_DONE, wirepb.ElevationState_ELEVATION_STATE_REFUSED:
		r := d.aboutElevation(e, "session.elevation", try.Method)
		r.Actor, r.ActorName, r.Result = "device:"+dev.ID, dev.Hostname, ok
		if m.State == wirepb.ElevationState_ELEVATION_STATE_REFUSED {
			r.Result = wire.CodeName(m.Code)
		}
		if _, err := d.conf.Audit.Append(ctx, r); err != nil {
			d.conf.Log.ErrorContext(ctx, "record an elevation", "session", e.id.String(), "error", err)
		}
	default:
		return
	}
	e.rights.Elevation = &try
	d.conf.Hub.Publish(live.Change{Session: e.id})
}
