package agent

import (
	"crypto/rand"
	"crypto/subtle"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
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
	code := wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED
	switch {
	case a.session != nil:
		code = wirepb.ErrorCode_ERROR_CODE_SESSION_EXISTS
	case !a.present:
		code = wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT
	case a.tray.failing, a.tray.ready && a.tray.prompts == "":
		code = wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE
	}
	if code != 0 {
		log.Info("offer refused", "code", wire.CodeName(code))
		a.answer(o.Session, &wirepb.SessionConsent{Code: code})
		return
	}
	s := &session{
		id: id, phase: phaseAsking, grant: g, raw: o.Grant, nonce: make([]byte, 16), terminal: a.front,
		attached: map[uint32]bool{}, opening: map[uint32]bool{}, log: log,
	}
	_, _ = rand.Read(s.nonce)
	a.session = s
	a.busy.Store(true)
	if a.tray.ready {
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
	g := s.grant
	limit := min(max(time.Duration(g.ConsentTimeoutS)*time.Second, minConsent), maxConsent)
	s.timer = time.AfterFunc(limit, func() {
		a.post(func() { a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "") })
	})
	s.log.Info("asking for consent", "control", s.control(), "terminal", s.terminal.ID)
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: s.nonce, Session: s.id[:], RepName: g.RepName, Organisation: a.Organisation,
		Control: s.control(), TimeoutS: uint32(limit / time.Second),
	}}})
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
	s := a.session
	if s == nil || s.phase != phaseAsking || subtle.ConstantTimeCompare(c.Nonce, s.nonce) != 1 {
		a.Log.Warn("consent answer dropped: it is not for the prompt that stands")
		return
	}
	switch c.Code {
	case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.allowed(s)
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		receipt, sig, err := a.receipt(s, false)
		if err != nil {
			s.log.Error("receipt", "err", err)
		}
		a.endSession(wirepb.EndedBy_ENDED_BY_CUSTOMER, c.Code, c.Detail, keepQuiet)
		a.answer(s.id[:], &wirepb.SessionConsent{Code: c.Code, Detail: c.Detail, Receipt: receipt, ReceiptSignature: sig})
	case wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE:
		a.unanswered(s, c.Code, c.Detail)
	default:
		a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, c.Detail)
	}
}

// allowed is a person's Yes.
func (a *agent) allowed(s *session) {
	receipt, sig, err := a.receipt(s, true)
	if err != nil { // without a receipt there is no consent
		a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_INTERNAL, err.Error())
		return
	}
	s.timer.Stop()
	s.phase = phaseActive
	if d := time.Duration(s.grant.MaxDurationS) * time.Second; d > 0 {
		s.expires = time.Now().Add(d)
		s.timer = time.AfterFunc(d, func() {
			a.post(func() {
				if a.session == s {
					a.endSession(wirepb.EndedBy_ENDED_BY_EXPIRY, wirepb.ErrorCode_ERROR_CODE_EXPIRED, "", tellPeer)
				}
			})
		})
	}
	s.log.Info("consent given", "user", s.terminal.User)
	a.showBanner(s)
	a.answer(s.id[:], &wirepb.SessionConsent{Receipt: receipt, ReceiptSignature: sig})
	a.trayStatus()
	a.flow()
}

func (a *agent) receipt(s *session, yes bool) (receipt, sig []byte, err error) {
	r := &wirepb.ConsentReceipt{
		Session: s.id[:], Yes: yes, User: s.terminal.User, TerminalSession: s.terminal.ID,
		AtUnixMs: time.Now().UnixMilli(),
	}
	if yes {
		r.Permissions = s.grant.Permissions
	}
	receipt, message, err := wire.ReceiptMessage(s.raw, r)
	if err != nil {
		return nil, nil, err
	}
	return receipt, a.Identity.Sign(message), nil
}

// showBanner asks for the sign that somebody is connected. Until the tray says
// that it is up, no frame passes.
func (a *agent) showBanner(s *session) {
	b := &ipcpb.Banner{
		Session: s.id[:], RepName: s.grant.RepName, Organisation: a.Organisation, Control: s.control(),
	}
	if !s.expires.IsZero() {
		b.SecondsLeft = uint32(max(time.Until(s.expires)/time.Second, 1))
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Banner{Banner: b}})
}
