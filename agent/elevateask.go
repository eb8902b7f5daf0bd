package agent

import (
	"crypto/rand"
	"crypto/subtle"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// asks says whether the person in front is still being asked.
func (e *elevating) asks() bool { return e != nil && e.nonce != nil }

// askElevation asks the person in front whether a rep gets the rights of the machine
// with credentials that the person does not know of, whatever the rule of consent; with
// nobody in front the rule for that decides. Runs on the loop, as all of this file.
func (a *agent) askElevation(e *elevating) {
	s := e.s
	nobody := !a.present || a.front.Locked
	switch {
	case nobody && a.absentRule(s) != wirepb.ConsentRule_CONSENT_RULE_NOTIFY:
		a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "")
		return
	case nobody:
		a.agreeElevation(e, wirepb.ConsentRule_CONSENT_RULE_NOTIFY)
		return
	case !a.tray.ready || a.tray.prompts == "":
		a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "")
		return
	}
	e.nonce = make([]byte, 16)
	_, _ = rand.Read(e.nonce) // never fails
	e.timer = time.AfterFunc(s.patience(), func() {
		a.post(func() {
			if a.elevating == e && e.asks() {
				a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "")
			}
		})
	})
	s.log.Info("asking whether the client is elevated", "rep", e.order.RepId)
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: e.nonce, Session: s.id[:], RepName: s.name(e.order.RepId), Organisation: a.Organisation,
		TimeoutS: uint32(s.patience() / time.Second), Elevate: true,
	}}})
	a.tellElevation(e, wirepb.ElevationState_ELEVATION_STATE_CONSENT, 0, "")
}

// elevationConsented takes the tray's answer, if it is to this question.
func (a *agent) elevationConsented(c *ipcpb.ConsentAnswer) bool {
	e := a.elevating
	if !e.asks() || subtle.ConstantTimeCompare(c.Nonce, e.nonce) != 1 {
		return false
	}
	e.nonce = nil
	e.stopTimer()
	switch c.Code {
	case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.agreeElevation(e, wirepb.ConsentRule_CONSENT_RULE_ASK)
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		if err := a.signElevation(e, wirepb.ConsentRule_CONSENT_RULE_ASK, false); err != nil {
			e.s.log.Error("receipt", "err", err)
		}
		a.refuseElevation(e, c.Code, "")
	case wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT:
		a.refuseElevation(e, c.Code, "")
	default:
		a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, c.Detail)
	}
	return true
}

// agreeElevation is a Yes. What has changed while it was asked for counts.
func (a *agent) agreeElevation(e *elevating, rule wirepb.ConsentRule) {
	switch {
	case e.s.external(e.order.RepId):
		a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "")
		return
	case e.s.held:
		a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "")
		return
	}
	if err := a.signElevation(e, rule, true); err != nil { // without a receipt there is no consent
		a.refuseElevation(e, wirepb.ErrorCode_ERROR_CODE_INTERNAL, err.Error())
		return
	}
	a.tryElevation(e)
}

// signElevation makes the receipt of the answer.
func (a *agent) signElevation(e *elevating, rule wirepb.ConsentRule, yes bool) error {
	s := e.s
	receipt, message, err := wire.ElevationReceiptMessage(s.raw, &wirepb.ElevationReceipt{
		Session: s.id[:], Nonce: e.order.Nonce, RepId: e.order.RepId, Yes: yes, Rule: rule,
		User: s.terminal.User, TerminalSession: s.terminal.ID, AtUnixMs: time.Now().UnixMilli(),
	})
	if err != nil {
		return err
	}
	e.answer = signed{receipt, a.Identity.Sign(message)}
	return nil
}

// unaskElevation gives the question up: whoever is asked is not there any more.
func (a *agent) unaskElevation(code wirepb.ErrorCode, detail string) {
	if e := a.elevating; e.asks() {
		a.refuseElevation(e, code, detail)
	}
}
