package desk

import (
	"context"

	"github.com/alongside-remote/alongside/broker/account"
	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Restart is how a restart of the machine stands that a rep wanted. It is never changed.
type Restart struct {
	State  wirepb.RestartState // UNSPECIFIED: it was asked for
	Code   wirepb.ErrorCode
	Detail string
	By     string // name of the rep
	Count  uint32
}

func (r *Restart) underWay() bool {
	return r != nil && r.State < wirepb.RestartState_RESTART_STATE_REFUSED
}

// away says whether a link that is lost now is lost because the machine restarts.
func (r *Restart) away() bool {
	return r != nil && r.State == wirepb.RestartState_RESTART_STATE_RESTARTING
}

// restarts is the restart of an entry that is locked. After a restart of the broker all
// that is known of it is that the endpoint is waited for.
func (e *entry) restarts() *Restart {
	if e.restart == nil && e.s.Away > 0 {
		return &Restart{State: wirepb.RestartState_RESTART_STATE_RESTARTING, Count: 1}
	}
	return e.restart
}

// MayRestart says whether the machine of a session may be restarted now.
func MayRestart(p account.Principal, s Session) error {
	if err := mayWhileActive(p, policy.RestartMachine, s); err != nil {
		return err
	}
	switch {
	case !s.Input():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the session only looks")
	case !s.Elevated:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION, "the client has a user's rights only")
	case !s.Connected:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	return nil
}

// RestartMachine asks the endpoint of a session to restart its machine. It is recorded
// before the endpoint hears of it.
func (d *Desk) RestartMachine(ctx context.Context, p account.Principal, id wire.SessionID, confirm bool) error {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = MayRestart(p, s)
		}
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := MayRestart(p, d.shown(e)); err != nil {
		return err
	}
	switch {
	case !confirm:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_CONFIRMATION_REQUIRED, "the machine is restarted")
	case e.restart.underWay():
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "a restart is under way")
	}
	r := d.aboutMachine(e, "session.restart")
	r.Actor, r.ActorName, r.Result = p.Actor(), p.DisplayName, ok
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		return err
	}
	err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_MachineRestart{
		MachineRestart: &wirepb.MachineRestart{Session: id[:], RepId: p.ID},
	}})
	if err != nil {
		return err
	}
	var count uint32
	if e.restart != nil {
		count = e.restart.Count
	}
	e.restart = &Restart{By: p.DisplayName, Count: count + 1}
	d.conf.Hub.Publish(live.Change{Session: e.id})
	return nil
}

// restarting is the endpoint's news of a restart that a rep wanted; others do not count.
func (d *Desk) restarting(ctx context.Context, e *entry, dev store.Device, m *wirepb.MachineRestarting) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.restart.underWay() || m.State <= e.restart.State || m.State > wirepb.RestartState_RESTART_STATE_REFUSED {
		return
	}
	e.restart = &Restart{State: m.State, Code: m.Code, Detail: text.Name(m.Detail), By: e.restart.By, Count: e.restart.Count}
	defer d.conf.Hub.Publish(live.Change{Session: e.id})
	if m.State == wirepb.RestartState_RESTART_STATE_ASKING {
		return
	}
	r := d.aboutMachine(e, "session.restarting")
	r.Actor, r.ActorName, r.Result = "device:"+dev.ID, customer(e.s), ok
	if m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(m.Code)
	}
	if _, err := d.conf.Audit.Append(ctx, r); err != nil {
		d.conf.Log.ErrorContext(ctx, "record a restart", "session", e.id.String(), "error", err)
	}
}
