package desk

import (
	"context"
	"fmt"
	"slices"

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

// maxTerminals is how many terminal sessions of a machine are kept: those of a large
// terminal server.
const maxTerminals = 256

// Rights is what an endpoint says that it can do in a session beside the screen.
type Rights struct {
	Elevated  bool // it has the rights of the machine
	Terminals []*wirepb.TerminalSession
	Move      *Move                  // the last switch of the terminal session; nil: there was none
	Offer     *wirepb.ElevationOffer // how it can get the rights of the machine; nil: it has them, or cannot
	Elevation *Elevation             // the last try; nil: there was none
}

// Move is a switch to another terminal session. It is never changed.
type Move struct {
	Terminal, User string
	State          wirepb.TerminalSwitchState // UNSPECIFIED: it was asked for
	Code           wirepb.ErrorCode
	Detail         string
	By             string // name of the rep; empty: the endpoint
	Count          uint32
}

func (m *Move) underWay() bool {
	return m != nil && m.State < wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE
}

// MaySwitch says whether a session may be taken to another terminal session now.
func MaySwitch(p account.Principal, s Session) error {
	if err := mayWhileActive(p, policy.SwitchTerminal, s); err != nil {
		return err
	}
	others := slices.ContainsFunc(s.Terminals, func(t *wirepb.TerminalSession) bool { return !t.Shown })
	switch {
	case !s.Elevated:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION, "the client has a user's rights only")
	case !others:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN, "nobody else is logged in at the machine")
	}
	return nil
}

// SwitchTerminal asks the endpoint to take a session to another terminal session. It
// is recorded before the endpoint hears of it.
func (d *Desk) SwitchTerminal(ctx context.Context, p account.Principal, id wire.SessionID, terminal string) error {
	e := d.find(id)
	if e == nil {
		s, err := d.Get(ctx, id)
		if err == nil {
			err = MaySwitch(p, s)
		}
		return err
	}
	s := d.show(e)
	if err := MaySwitch(p, s); err != nil {
		return err
	}
	i := slices.IndexFunc(s.Terminals, func(t *wirepb.TerminalSession) bool { return t.Id == terminal && !t.Shown })
	switch {
	case i < 0:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN, "no such terminal session")
	case !s.Connected:
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost")
	}
	to := s.Terminals[i]
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.rights.Move.underWay() {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "another switch is under way")
	}
	r := d.aboutTerminal(e, "session.switch_terminal", to.Id, to.User)
	r.Actor, r.ActorName, r.Result = p.Actor(), p.DisplayName, ok
	if _, err := d.conf.Audit.Append(context.WithoutCancel(ctx), r); err != nil {
		return err
	}
	err := d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_TerminalSwitch{
		TerminalSwitch: &wirepb.TerminalSwitch{Session: id[:], Terminal: to.Id, RepId: p.ID},
	}})
	if err == nil {
		d.moved(e, Move{Terminal: to.Id, User: to.User, By: p.DisplayName})
	}
	return err
}

func (d *Desk) aboutTerminal(e *entry, action, terminal, user string) store.Record {
	return store.Record{
		At: d.conf.Now(), Action: action, Object: "device:" + e.device, ObjectName: e.s.DeviceName, Session: e.id.String(),
		Detail: fmt.Sprintf("terminal_session=%q user=%q", terminal, user),
	}
}

// moved notes how a switch stands. The entry is locked.
func (d *Desk) moved(e *entry, m Move) {
	last := e.rights.Move
	if last != nil {
		m.Count = last.Count
	}
	if !last.underWay() {
		m.Count++
	}
	e.rights.Move = &m
	d.conf.Hub.Publish(live.Change{Session: e.id})
}

// tookRights notes what the endpoint says that it can do.
func (d *Desk) tookRights(_ context.Context, e *entry, dev store.Device, m *wirepb.EndpointRights) {
	var all []*wirepb.TerminalSession
	for _, t := range m.Terminals {
		if len(all) < maxTerminals {
			all = append(all, &wirepb.TerminalSession{
				Id: text.Name(t.Id), User: text.Name(t.User), Shown: t.Shown, Active: t.Active, Remote: t.Remote, Locked: t.Locked, Greeter: t.Greeter,
			})
		}
	}
	e.mu.Lock()
	e.rights.Elevated, e.rights.Terminals, e.rights.Offer = m.Elevated, all, d.tookOffer(e, dev, m.Elevation)
	e.mu.Unlock()
	d.conf.Hub.Publish(live.Change{Session: e.id})
}

// switched is the endpoint's news of a switch: the broker's, or one that it had to make.
// What it shows now is shown by the Yes of a person, of which it sends the receipt.
func (d *Desk) switched(ctx context.Context, e *entry, dev store.Device, t *wirepb.TerminalSwitched) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m := Move{Terminal: text.Name(t.Terminal), User: text.Name(t.User), State: t.State, Code: t.Code, Detail: text.Name(t.Detail)}
	if last := e.rights.Move; last.underWay() && !t.Fallback {
		m.By = last.By
	}
	defer d.moved(e, m)
	if t.State == wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_ASKING {
		return
	}
	r := d.aboutTerminal(e, "session.terminal", m.Terminal, m.User)
	r.Actor, r.ActorName, r.Result = "device:"+dev.ID, m.User, ok
	if m.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r.Result = wire.CodeName(m.Code)
	}
	if t.State == wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE {
		grant, err := d.grantOf(ctx, e)
		var receipt *wirepb.ConsentReceipt
		if err == nil {
			receipt, err = wire.VerifyReceipt(dev.PublicKey, grant, t.Receipt, t.ReceiptSignature)
		}
		if err != nil || !receipt.Yes || receipt.TerminalSession != t.Terminal {
			d.conf.Log.WarnContext(ctx, "receipt of another terminal session refused", "session", e.id.String(), "device", dev.ID, "error", err)
			r.Result = wire.CodeName(wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID)
		} else {
			r.Detail += fmt.Sprintf(" rule=%s by_timeout=%t", ruleName(receipt.Rule), receipt.ByTimeout)
		}
	}
	var err error
	if r.Evidence, err = audit.Evidence(t); err == nil {
		_, err = d.conf.Audit.Append(ctx, r)
	}
	if err != nil {
		d.conf.Log.ErrorContext(ctx, "record a switch of the terminal session", "session", e.id.String(), "error", err)
	}
	if r.Result == wire.CodeName(wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID) {
		d.try(ctx, e, action{Command: support.Command{
			Verb: support.End, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID,
			Detail: "the receipt of the other user does not verify",
		}, actor: system})
	}
}
