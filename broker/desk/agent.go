package desk

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/broker/live"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/broker/text"
	"github.com/alongside-remote/alongside/support"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Connected takes up the session of a device that is online again.
func (d *Desk) Connected(dev store.Device, active []wire.SessionID) {
	ctx := context.Background()
	for _, id := range active {
		if e := d.find(id); e == nil || e.device != dev.ID {
			// It ended while the endpoint was away.
			s := support.Session{ID: id, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN}
			if past, err := d.conf.Store.Session(ctx, id); err == nil && past.Device == dev.ID {
				s = past
			}
			_ = d.conf.Agents.Send(dev.ID, endMessage(s))
		}
	}
	d.catchUp(ctx, dev.ID)
	e := d.of(dev.ID)
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.s.ChatOnly() {
		d.clientCame(ctx, e, d.newest(ctx, dev))
		return
	}
	if e.s.Phase == support.Approved {
		d.offerApproved(ctx, e, d.newest(ctx, dev))
		return
	}
	// Both for a session that was lost and for one whose new link came before
	// anybody noticed that the old one was gone.
	if e.s.LostAt.IsZero() {
		e.unrestricted()
		d.try(ctx, e, lost(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint connected again")))
	}
	// The Yes may not have outlasted the gap, or the time is over.
	if c, due := e.s.Tick(d.conf.Now()); due {
		d.try(ctx, e, action{Command: c, actor: system})
	}
	if e.s.Phase.Final() {
		return
	}
	if slices.Contains(active, e.id) {
		d.try(ctx, e, action{Command: support.Command{Verb: support.Regain}, actor: "device:" + dev.ID, actorName: dev.Hostname})
		e.restart = nil
		// It may not have heard.
		if !e.s.EndsBy.IsZero() {
			d.warn(e)
		}
		d.park(e)
		d.introduce(ctx, e)
		if e.s.Chat {
			d.history(ctx, e)
		}
		d.sayAgain(ctx, e)
	} else {
		e.missing = d.conf.Now()
	}
}

// newest is a device as it is in the store: its link knows what was true when it
// came.
func (d *Desk) newest(ctx context.Context, dev store.Device) store.Device {
	if now, err := d.conf.Store.Device(ctx, dev.ID); err == nil {
		return now
	}
	return dev
}

// try is do for an entry that is locked.
func (d *Desk) try(ctx context.Context, e *entry, a action) {
	if err := d.stepLocked(ctx, e, a); err != nil {
		d.conf.Log.ErrorContext(ctx, "session command", "session", e.id.String(), "command", a.Verb.String(), "error", err)
	}
}

// Lost notes that a device's link is gone.
func (d *Desk) Lost(device string) {
	e := d.of(device)
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if d.conf.Agents.Linked(device) || !e.s.LostAt.IsZero() || e.s.Phase == support.Approved || e.s.Phase.Final() || e.s.ChatOnly() && e.s.Phase != support.AwaitingConsent {
		return // it is back, or this is known, or nothing depends on it yet
	}
	a := lost(wire.Refuse(wirepb.ErrorCode_ERROR_CODE_DEVICE_OFFLINE, "the endpoint's link is lost"))
	if e.restart.away() {
		a.Away, a.Detail = support.RestartGrace, "the machine restarts"
	}
	e.unrestricted()
	d.try(context.Background(), e, a)
}

// Message takes an endpoint's message about a session.
func (d *Desk) Message(dev store.Device, m *wirepb.AgentMessage) {
	ctx := context.Background()
	switch k := m.Kind.(type) {
	case *wirepb.AgentMessage_Request:
		d.request(ctx, dev, k.Request)
	case *wirepb.AgentMessage_RequestCancel:
		d.cancelRequest(ctx, dev, k.RequestCancel)
	case *wirepb.AgentMessage_Summary:
		d.summary(ctx, dev, k.Summary)
	case *wirepb.AgentMessage_Consent:
		hear(ctx, d, dev, k.Consent, d.consent)
	case *wirepb.AgentMessage_End:
		hear(ctx, d, dev, k.End, d.endedByAgent)
	case *wirepb.AgentMessage_State:
		hear(ctx, d, dev, k.State, d.screenIs)
	case *wirepb.AgentMessage_Rights:
		hear(ctx, d, dev, k.Rights, d.tookRights)
	case *wirepb.AgentMessage_TerminalSwitched:
		hear(ctx, d, dev, k.TerminalSwitched, d.switched)
	case *wirepb.AgentMessage_ElevateResult:
		hear(ctx, d, dev, k.ElevateResult, d.elevated)
	case *wirepb.AgentMessage_MachineRestarting:
		hear(ctx, d, dev, k.MachineRestarting, d.restarting)
	case *wirepb.AgentMessage_Restricted:
		hear(ctx, d, dev, k.Restricted, d.restricted)
	case *wirepb.AgentMessage_MachineTold:
		hear(ctx, d, dev, k.MachineTold, d.machineTold)
	case *wirepb.AgentMessage_Clipboard:
		hear(ctx, d, dev, k.Clipboard, d.copied)
	case *wirepb.AgentMessage_Chat:
		hear(ctx, d, dev, k.Chat, d.chatFromCustomer)
	case *wirepb.AgentMessage_ChatTyping:
		hear(ctx, d, dev, k.ChatTyping, d.customerTypes)
	case *wirepb.AgentMessage_ChatReceipt:
		hear(ctx, d, dev, k.ChatReceipt, d.arrived)
	}
}

// hear gives a message to the session it is about: an open one of the device, which may
// speak about no other.
func hear[M interface{ GetSession() []byte }](ctx context.Context, d *Desk, dev store.Device, m M, take func(context.Context, *entry, store.Device, M)) {
	id, err := wire.ParseSessionID(m.GetSession())
	if err != nil {
		return
	}
	e := d.find(id)
	if e == nil || e.device != dev.ID {
		d.conf.Log.Info("message about no session of the device", "device", dev.ID, "session", id.String())
		return
	}
	take(ctx, e, dev, m)
}

// screenIs notes why there is no picture now, or that there is one.
func (d *Desk) screenIs(_ context.Context, e *entry, _ store.Device, m *wirepb.SessionState) {
	e.mu.Lock()
	e.screen, e.detail = m.Reason, text.Name(m.Detail)
	e.mu.Unlock()
	d.conf.Hub.Publish(live.Change{Session: e.id})
}

// consent is the endpoint's answer to the offer.
func (d *Desk) consent(ctx context.Context, e *entry, dev store.Device, c *wirepb.SessionConsent) {
	a := action{
		Command: support.Command{
			Verb: support.Refuse, By: wirepb.EndedBy_ENDED_BY_AGENT, Code: c.Code, Detail: text.Name(c.Detail),
		},
		actor: "device:" + dev.ID, actorName: dev.Hostname, untold: true,
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	var receipt *wirepb.ConsentReceipt
	if len(c.Receipt) > 0 || c.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		r, err := wire.VerifyReceipt(dev.PublicKey, e.grant, c.Receipt, c.ReceiptSignature)
		if err != nil {
			d.conf.Log.WarnContext(ctx, "consent receipt refused", "session", e.id.String(), "device", dev.ID, "error", err)
			a.Code, a.Detail, a.untold = wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "the receipt does not verify", false
			d.answer(ctx, e, a)
			return
		}
		receipt = r
		a.actorName = text.Name(r.User)
		a.evidence = c
	}
	g := new(wirepb.SessionGrant)
	if receipt != nil && receipt.Yes {
		if err := proto.Unmarshal(e.grant, g); err != nil {
			d.conf.Log.ErrorContext(ctx, "own grant", "session", e.id.String(), "error", err)
		}
	}
	switch {
	case receipt != nil && receipt.Yes && c.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED && canView(receipt):
		a.Verb, a.By, a.untold = support.Allow, 0, false
		a.Terms.Permissions, a.ValidUntil = receipt.Permissions, validUntil(g, receipt, d.conf.Now())
		a.Detail = fmt.Sprintf("user=%q terminal_session=%q rule=%s by_timeout=%t", text.Name(receipt.User), text.Name(receipt.TerminalSession),
			ruleName(receipt.Rule), receipt.ByTimeout)
	case c.Code == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		a.Verb, a.By, a.ByName, a.decided = support.Decline, wirepb.EndedBy_ENDED_BY_CUSTOMER, customer(e.s), store.EndUser
	case c.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.Code, a.Detail, a.untold = wirepb.ErrorCode_ERROR_CODE_PROOF_INVALID, "the receipt is not a yes", false
	}
	d.answer(ctx, e, a)
}

func ruleName(r wirepb.ConsentRule) string {
	if r == wirepb.ConsentRule_CONSENT_RULE_NOTIFY {
		return "notify"
	}
	return "ask"
}

// customer is the person at the endpoint, as reps are shown.
func customer(s support.Session) string {
	if s.User != "" {
		return s.User
	}
	return s.DeviceName
}

func canView(r *wirepb.ConsentReceipt) bool {
	return slices.Contains(r.Permissions, wirepb.Permission_PERMISSION_VIEW)
}

// answer applies an answer to the offer; one that comes too late ends the session
// at the endpoint, which believes that it stands.
func (d *Desk) answer(ctx context.Context, e *entry, a action) {
	if err := d.stepLocked(ctx, e, a); err != nil {
		d.conf.Log.InfoContext(ctx, "answer does not count", "session", e.id.String(), "error", err)
		if a.Verb == support.Allow && (e.s.Phase.Final() || e.s.Phase == support.AwaitingConsent) {
			_ = d.conf.Agents.Send(e.device, endMessage(support.Session{
				ID: e.id, By: wirepb.EndedBy_ENDED_BY_BROKER, Code: wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT,
			}))
		}
	}
}

// endedByAgent is the customer's Done, or the endpoint that cannot go on.
func (d *Desk) endedByAgent(ctx context.Context, e *entry, dev store.Device, m *wirepb.SessionEnd) {
	by := m.By
	if by != wirepb.EndedBy_ENDED_BY_CUSTOMER && by != wirepb.EndedBy_ENDED_BY_EXPIRY && by != wirepb.EndedBy_ENDED_BY_POLICY {
		by = wirepb.EndedBy_ENDED_BY_AGENT
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c := support.Command{Verb: support.End, By: by, Code: m.Code, Detail: text.Name(m.Detail)}
	switch {
	case e.s.Phase == support.AwaitingConsent:
		c.Verb = support.Refuse
	case by == wirepb.EndedBy_ENDED_BY_EXPIRY && !e.s.ExpiresAt.IsZero():
		c.Verb, c.Told = support.Expire, true
	}
	if by == wirepb.EndedBy_ENDED_BY_CUSTOMER {
		c.ByName = customer(e.s)
	}
	d.answer(ctx, e, action{
		Command: c,
		actor:   "device:" + dev.ID, actorName: dev.Hostname, untold: true,
	})
}

// ViewerAttached asks the session's endpoint for a media stream. A recorder is the
// broker's own viewer.
func (d *Desk) ViewerAttached(id wire.SessionID, viewer uint32, rep string, recorder bool) error {
	e := d.find(id)
	if e == nil {
		return wire.Refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "the session is over")
	}
	return d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerAttached{
		ViewerAttached: &wirepb.ViewerAttached{Session: id[:], Viewer: viewer, RepId: rep, Recorder: recorder},
	}})
}

// ViewerDetached tells the endpoint that a viewer is gone.
func (d *Desk) ViewerDetached(id wire.SessionID, viewer uint32) {
	if e := d.find(id); e != nil {
		_ = d.conf.Agents.Send(e.device, &wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerDetached{
			ViewerDetached: &wirepb.ViewerDetached{Session: id[:], Viewer: viewer},
		}})
	}
}

// Owns reports whether a media stream of the device for the session is welcome.
func (d *Desk) Owns(device string, id wire.SessionID) bool {
	e := d.find(id)
	if e == nil || e.device != device {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.s.Runs()
}
