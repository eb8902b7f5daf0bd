package desk

import (
	"context"
	"fmt"
	"slices"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Restriction is what a session's endpoint holds of its customer's own input and
// monitors, as it says. It is never changed.
type Restriction struct {
	Input, Screen bool
	Code          wirepb.ErrorCode // why not, or not any more
	Detail        string
	ByCustomer    bool   // who took control back
	By            string // name of the rep who asked last; empty: nobody did
	Count         uint32 // of what has changed; 0: nothing was asked for

	noInput, noScreen wirepb.ErrorCode // why it cannot be held there; UNSPECIFIED: it can
	taken             bool             // the customer took control back in this session
}

// MayRestrict says whether p may keep the customer's own input away, or, for screen,
// darken their monitors; and give back what is held, which is never refused for what the
// endpoint or the customer say.
func MayRestrict(p account.Principal, s Session, screen bool) error {
	if err := mayWhileActive(p, policy.RestrictCustomer, s); err != nil {
		return err
	}
	r := s.restriction()
	held, code, need := r.Input, r.noInput, wirepb.Permission_PERMISSION_RESTRICT_INPUT
	if screen {
		held, code, need = r.Screen, r.noScreen, wirepb.Permission_PERMISSION_PRIVACY_SCREEN
	}
	switch {
	case !s.Connected:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	case held:
		return nil
	case !slices.Contains(s.Permissions, need):
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the settings of this device do not permit it")
	case r.taken:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK, "the customer took control back")
	case code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		return wire.Refuse(code, "the endpoint cannot do that")
	case s.Control != p.ID:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_NOT_CONTROLLING, "take control first")
	}
	return nil
}

// restriction is what is known; nothing is held where nothing is.
func (s Session) restriction() Restriction {
	if s.Restriction == nil {
		return Restriction{}
	}
	return *s.Restriction
}

// Restrict asks the endpoint of a session to hold input and screen of its customer's, or
// to give back what is not wanted any more. It is recorded before the endpoint hears of it.
func (d *Desk) Restrict(ctx context.Context, p account.Principal, id wire.SessionID, input, screen bool) error {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = MayRestrict(p, s, false)
		}
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := d.shown(e)
	if err := mayWhileActive(p, policy.RestrictCustomer, s); err != nil {
		return err
	}
	for _, w := range []struct{ wanted, screen bool }{{input, false}, {screen, true}} {
		if !w.wanted {
			continue
		}
		if err := MayRestrict(p, s, w.screen); err != nil {
			return err
		}
	}
	r := d.aboutMachine(e, "session.restrict")
	r.Actor, r.ActorName, r.Result, r.Detail = p.Actor(), p.DisplayName, ok, holds(input, screen)
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		return err
	}
	err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Restrict{
		Restrict: &wirepb.Restrict{Session: id[:], RepId: p.ID, Input: input, Screen: screen},
	}})
	if err != nil {
		return err
	}
	now := s.restriction()
	now.By = p.DisplayName
	e.restriction = &now
	return nil
}

func holds(input, screen bool) string { return fmt.Sprintf("input=%t screen=%t", input, screen) }

// restricted is the endpoint's news of what it holds.
func (d *Desk) restricted(ctx context.Context, e *entry, dev store.Device, m *wirepb.Restricted) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var was Restriction
	if e.restriction != nil {
		was = *e.restriction
	}
	now := Restriction{
		Input: m.Input, Screen: m.Screen, Code: m.Code, Detail: text.Name(m.Detail), ByCustomer: m.ByCustomer, By: was.By, Count: was.Count,
		noInput: m.InputCode, noScreen: m.ScreenCode, taken: was.taken || m.ByCustomer || m.Code == wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK,
	}
	news := m.Input != was.Input || m.Screen != was.Screen || m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED
	if news {
		now.Count++
	}
	e.restriction = &now
	d.conf.Hub.Publish(live.Change{Session: e.id})
	if !news {
		return
	}
	r := d.aboutMachine(e, "session.restricted")
	r.Actor, r.ActorName, r.Result, r.Detail = "device:"+dev.ID, customer(e.s), ok, holds(m.Input, m.Screen)
	if m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(m.Code)
	}
	if _, err := d.conf.Audit.Append(ctx, r); err != nil {
		d.conf.Log.ErrorContext(ctx, "record a restriction", "session", e.id.String(), "error", err)
	}
}

// unrestricted notes that the endpoint gave everything back, because its link was lost.
// The entry is locked.
func (e *entry) unrestricted() {
	r := e.restriction
	if r == nil || !r.Input && !r.Screen {
		return
	}
	now := *r
	now.Input, now.Screen, now.Code, now.Detail, now.ByCustomer = false, false, wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "", false
	now.Count++
	e.restriction = &now
}
