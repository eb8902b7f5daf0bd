package agent

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Bounds of the time that a person has to answer: what is shorter cannot be
// read, what is longer is forgotten on the screen.
const (
	minConsent = 5 * time.Second
	maxConsent = 5 * time.Minute
	// promptWait is how long an offer waits for a tray that is being started:
	// several times what that takes on a busy machine.
	promptWait = 5 * time.Second
)

// offered begins with an offer: check, then ask. Each offer that is not asked
// for gets exactly one answer. Runs on the loop, as all of this file.
func (a *agent) offered(k *link, o *wirepb.SessionOffer) {
	id, g, err := a.checkGrant(k, o)
	if err != nil {
		a.Log.Warn("offer refused", "session", id, "err", err)
		a.answer(o.Session, &wirepb.SessionConsent{Code: wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID, Detail: err.Error()})
		return
	}
	log := a.Log.With("session", id, "rep", g.RepId)
	if a.isAdhoc() && (id != a.Session || a.adhoc.over != nil) {
		log.Warn("offer refused: this client is for another session")
		a.answer(o.Session, &wirepb.SessionConsent{Code: wirepb.ErrorCode_ERROR_CODE_OTHER_SESSION})
		return
	}
	if a.replaced(o, id) {
		return
	}
	rule, refused := a.admit(g)
	if refused != nil {
		log.Info("offer refused", "err", refused)
		a.answer(o.Session, &wirepb.SessionConsent{Code: refused.Code, Detail: refused.Detail})
		return
	}
	proved, refused := a.unlock(o)
	if refused == nil && !proved && a.memory.kept.Locked != nil && rule == wirepb.ConsentRule_CONSENT_RULE_NOTIFY {
		refused = &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_JUMP_LOCKED}
	}
	if refused != nil {
		log.Warn("offer refused by the jump lock", "err", refused)
		a.answer(o.Session, &wirepb.SessionConsent{Code: refused.Code, Detail: refused.Detail})
		return
	}
	s := &session{
		id: id, proved: proved, phase: phaseAsking, grant: g, raw: o.Grant, rawSig: o.GrantSignature, nonce: make([]byte, 16), terminal: a.front,
		may:      policy.Permits(a.Floor, a.effective(), g.Permissions),
		attached: map[uint32]seat{}, opening: map[uint32]bool{}, log: log,
	}
	_, _ = rand.Read(s.nonce)
	a.session = s
	a.busy.Store(true)
	a.openAccount(s)
	switch {
	case rule == wirepb.ConsentRule_CONSENT_RULE_NOTIFY:
		a.allowed(s, rule, false)
		return
	case a.tray.ready:
		a.askConsent(s)
		return
	}
	log.Info("waiting for the tray")
	s.timer = time.AfterFunc(promptWait, func() {
		a.post(func() {
			if !s.asked {
				a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt is not ready")
			}
		})
	})
}

// admit says by which rule a session may begin, or why it may not: what exceeds
// the floor or the policy is refused before anybody is asked.
func (a *agent) admit(g *wirepb.SessionGrant) (wirepb.ConsentRule, *wire.CodeError) {
	no := func(code wirepb.ErrorCode) (wirepb.ConsentRule, *wire.CodeError) {
		return 0, &wire.CodeError{Code: code}
	}
	var denied *wire.CodeError
	if err := policy.Admit(a.Floor, a.effective(), g); errors.As(err, &denied) {
		return 0, denied
	} else if err != nil {
		return no(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED)
	}
	rule := g.Consent
	nobody := !a.attended() // a login screen, or a desktop with nobody in front of it
	if nobody {
		rule = g.ConsentAbsent
	}
	switch {
	case a.session != nil:
		return no(wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS)
	case a.crew == nil, nobody && rule != wirepb.ConsentRule_CONSENT_RULE_NOTIFY:
		return no(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT)
	case a.tray.failing, a.tray.ready && a.tray.prompts == "":
		return no(wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE)
	}
	return rule, nil
}

// askConsent puts the question on the screen; the person has the whole time from now.
func (a *agent) askConsent(s *session) {
	if a.tray.prompts == "" {
		a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "")
		return
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.asked = true
	s.timer = time.AfterFunc(s.patience(), func() {
		a.post(func() { a.silence(s) })
	})
	s.log.Info("asking for consent", "control", s.control(), "terminal", s.terminal.ID)
	a.tray.send(a.question(s, s.nonce, s.grant.RepName, s.grant.Reason))
}

// patience is how long a person has to answer.
func (s *session) patience() time.Duration {
	return min(max(time.Duration(s.grant.ConsentTimeoutS)*time.Second, minConsent), maxConsent)
}

func (a *agent) question(s *session, nonce []byte, rep, reason string) *ipcpb.ToTray {
	return &ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: nonce, Session: s.id[:], RepName: rep, Organisation: a.Organisation,
		Control: s.control(), TimeoutS: uint32(s.patience() / time.Second), Recorded: s.grant.Recorded, Reason: reason,
		SilenceAllows: a.silenceAllows(s), AtEnd: a.Floor.Closes(s.grant),
		ClipboardIn:   s.permits(wirepb.Permission_PERMISSION_CLIPBOARD_TO_ENDPOINT),
		ClipboardOut:  s.permits(wirepb.Permission_PERMISSION_CLIPBOARD_FROM_ENDPOINT),
		FilesIn:       s.permits(wirepb.Permission_PERMISSION_FILES_TO_ENDPOINT),
		FilesOut:      s.permits(wirepb.Permission_PERMISSION_FILES_FROM_ENDPOINT),
		RestrictInput: s.permits(wirepb.Permission_PERMISSION_RESTRICT_INPUT),
		PrivacyScreen: s.permits(wirepb.Permission_PERMISSION_PRIVACY_SCREEN),
	}}}
}

// silenceAllows says whether nobody's answer counts as a Yes.
func (a *agent) silenceAllows(s *session) bool {
	return s.grant.OnTimeout == wirepb.TimeoutAnswer_TIMEOUT_ANSWER_ALLOW && a.unattended(s)
}

// silence is a prompt that nobody answered: a No, unless the grant takes it for
// a Yes and the floor let such a grant in.
func (a *agent) silence(s *session) {
	if a.session != s || s.phase != phaseAsking {
		return
	}
	if !a.silenceAllows(s) {
		a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "")
		return
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: s.nonce}}})
	a.allowed(s, wirepb.ConsentRule_CONSENT_RULE_ASK, true)
}

// answer sends the answer to an offer.
func (a *agent) answer(session []byte, c *wirepb.SessionConsent) {
	c.Session = session
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Consent{Consent: c}})
}

// unanswered ends the asking without a person's answer. That is a No.
func (a *agent) unanswered(s *session, code wirepb.ErrorCode, detail string) {
	if a.session != s || s.phase != phaseAsking {
		return
	}
	a.endSession(wirepb.EndedBy_ENDED_BY_AGENT, code, detail, keepQuiet)
	a.answer(s.id[:], &wirepb.SessionConsent{Code: code, Detail: detail})
}

// consented takes the tray's answer. One that does not carry the nonce of the
// prompt that stands is dropped: it answers something else, or is forged.
func (a *agent) consented(c *ipcpb.ConsentAnswer) {
	if a.pinConsented(c) || a.restartConsented(c) || a.elevationConsented(c) {
		return
	}
	s := a.session
	if s == nil || s.phase != phaseAsking || subtle.ConstantTimeCompare(c.Nonce, s.nonce) != 1 {
		a.Log.Warn("consent answer dropped: it is not for the prompt that stands")
		return
	}
	switch c.Code {
	case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.allowed(s, wirepb.ConsentRule_CONSENT_RULE_ASK, false)
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		receipt, sig, err := a.receipt(s, &wirepb.ConsentReceipt{Rule: wirepb.ConsentRule_CONSENT_RULE_ASK})
		if err != nil {
			s.log.Error("receipt", "err", err)
		}
		a.endSession(wirepb.EndedBy_ENDED_BY_CUSTOMER, c.Code, c.Detail, keepQuiet)
		a.answer(s.id[:], &wirepb.SessionConsent{Code: c.Code, Detail: c.Detail, Receipt: receipt, ReceiptSignature: sig})
	case wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT:
		a.silence(s)
	case wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE:
		a.unanswered(s, c.Code, c.Detail)
	default:
		a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, c.Detail)
	}
}

// allowed is a Yes: of a person, or of a rule that asks nobody.
func (a *agent) allowed(s *session, rule wirepb.ConsentRule, byTimeout bool) {
	now := time.Now()
	r := &wirepb.ConsentReceipt{Yes: true, Permissions: s.may, Rule: rule, ByTimeout: byTimeout}
	if d := time.Duration(s.grant.ConsentValidS) * time.Second; d > 0 {
		s.valid = now.Add(d)
		r.ValidUntilUnixMs = s.valid.UnixMilli()
	}
	receipt, sig, err := a.receipt(s, r)
	if err != nil { // without a receipt there is no consent
		a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_INTERNAL, err.Error())
		return
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.phase, s.yes = phaseActive, signed{receipt, sig}
	a.account.summary.ConsentAtUnixMs = r.AtUnixMs
	if d := a.Floor.Lasts(s.grant); d > 0 {
		a.endAfter(s, d)
	}
	s.log.Info("consent given", "user", s.terminal.User, "rule", rule.String(), "by_timeout", byTimeout)
	a.showBanner(s)
	a.answer(s.id[:], &wirepb.SessionConsent{Receipt: receipt, ReceiptSignature: sig})
	a.prepareElevation(s)
	a.tellRights()
	a.offerRestriction()
	a.trayStatus()
	a.flow()
}

func (a *agent) receipt(s *session, r *wirepb.ConsentReceipt) (receipt, sig []byte, err error) {
	return a.receiptAt(s, s.terminal, r)
}

func (a *agent) receiptAt(s *session, at terminal.Session, r *wirepb.ConsentReceipt) (receipt, sig []byte, err error) {
	r.Session, r.User, r.TerminalSession = s.id[:], at.User, at.ID
	r.AtUnixMs = time.Now().UnixMilli()
	receipt, message, err := wire.ReceiptMessage(s.raw, r)
	if err != nil {
		return nil, nil, err
	}
	return receipt, a.Identity.Sign(message), nil
}
