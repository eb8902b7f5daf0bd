package agent

import (
	"crypto/rand"
	"crypto/subtle"
	"time"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of a move.
const (
	// crewTime is how long helper and tray of another terminal session may take to be
	// there, the banner to be up, and the first update to come: many times what each
	// takes on a busy machine.
	crewTime = 15 * time.Second
	// epochsAhead is how far the epochs of the new helper begin above those that viewers
	// were shown: more than the old one begins in the meantime.
	epochsAhead = 1 << 12
)

// move is a session on its way to another terminal session:
//
//	helper and tray start there ▶ its user is asked ▶ the banner is up there ▶
//	the first update comes ▶ that one is shown, and the old ones end
//
// Until then everything goes on where it was. A move that falls has nothing to go on
// with: what was shown is gone, its crew serves already, and without a Yes the session
// ends.
type move struct {
	to      terminal.Session
	crew    *crew
	fall    bool
	rep     string // name of who wants it
	nonce   []byte
	asked   bool
	agreed  bool
	receipt *wirepb.TerminalSwitched
	timer   *time.Timer
	banner  *ipcpb.Banner   // what the tray there was told; nil: nothing yet
	up      bool            // and shows
	views   map[uint32]bool // that were opened there; nil: none yet
	control bool            // how
	prompt  bool            // a prompt of ours is open there
}

// falls says whether the session waits for a Yes where it is now.
func (m *move) falls() bool { return m != nil && m.fall }

// switchTerminal begins a move that a rep wants.
func (a *agent) switchTerminal(w *wirepb.TerminalSwitch) {
	s := a.session
	no := func(code wirepb.ErrorCode, detail string) {
		a.tellSwitch(&wirepb.TerminalSwitched{Session: w.Session, Terminal: w.Terminal, State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED, Code: code, Detail: detail})
	}
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(w.Session) {
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "")
		return
	}
	var to terminal.Session
	for _, t := range a.terminals {
		if t.ID == w.Terminal && t.Graphical && !t.Gone {
			to = t
		}
	}
	rep := s.name(w.RepId)
	switch {
	case !a.Elevated:
		no(wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION, "")
	case rep == "":
		no(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "")
	case s.held:
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "")
	case a.move != nil, a.restart != nil:
		no(wirepb.ErrorCode_ERROR_CODE_BUSY, "another switch is under way")
	case to.ID == "" || samePlace(to, s.terminal):
		no(wirepb.ErrorCode_ERROR_CODE_TERMINAL_UNKNOWN, "")
	case !a.mayAsk(s, to):
		no(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "")
	default:
		s.log.Info("terminal session is being switched", "from", s.terminal.ID, "to", to.ID, "by", w.RepId)
		a.begin(&move{to: to, rep: rep, crew: a.startCrew(to)})
	}
}

// name is that of a rep in the session; empty: not in it.
func (s *session) name(rep string) string {
	for _, p := range s.people() {
		if p.RepId == rep {
			return p.Name
		}
	}
	return ""
}

// ruleAt is the rule of consent at a terminal session, by the grant, the policy that is
// in force now and the jump lock.
func (a *agent) ruleAt(s *session, at terminal.Session) wirepb.ConsentRule {
	switch {
	case !at.Attended():
		return a.absentRule(s)
	case a.effective().ConsentRequired, !a.unattended(s):
		return wirepb.ConsentRule_CONSENT_RULE_ASK
	default:
		return s.grant.Consent
	}
}

// absentRule is that where nobody is in front.
func (a *agent) absentRule(s *session) wirepb.ConsentRule {
	if a.effective().ConsentRequired || !a.unattended(s) {
		return wirepb.ConsentRule_CONSENT_RULE_ASK
	}
	return s.grant.ConsentAbsent
}

// mayAsk says whether there is somebody to ask, or a rule that asks nobody.
func (a *agent) mayAsk(s *session, at terminal.Session) bool {
	return at.Attended() || a.ruleAt(s, at) == wirepb.ConsentRule_CONSENT_RULE_NOTIFY
}

func (a *agent) begin(m *move) {
	m.nonce = make([]byte, 16)
	_, _ = rand.Read(m.nonce) // never fails
	a.move = m
	a.limit(m, crewTime, func() {
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt is not ready")
	})
}

// limit has something happen unless the move goes on until then.
func (a *agent) limit(m *move, d time.Duration, then func()) {
	if m.timer != nil {
		m.timer.Stop()
	}
	m.timer = time.AfterFunc(d, func() {
		a.post(func() {
			if a.move == m {
				then()
			}
		})
	})
}

// fallTo takes a session to the terminal session that is left.
func (a *agent) fallTo(s *session, to terminal.Session) {
	s.returns = false
	if s.between != nil {
		s.between.Stop()
	}
	s.log.Info("the shown terminal session is gone", "was", s.terminal.ID, "next", to.ID)
	a.dropMove()
	a.stopCrew()
	s.noBanner()
	s.shown, s.chosen = nil, false
	s.chat = conversation{} // is not for the next one
	a.front, a.present = to, !to.Greeter
	c := a.startCrew(to)
	a.serveWith(c)
	a.begin(&move{to: to, crew: c, fall: true, rep: s.owner()})
	a.report()
	a.flow()
}

// askThere asks the user of the terminal session, whose tray is there now. One that
// cannot show a prompt says when it can: somebody who is just signing in has no cookie
// for the display yet.
func (a *agent) askThere(m *move) {
	s := a.session
	switch rule := a.ruleAt(s, m.to); {
	case m.asked || m.agreed:
	case rule == wirepb.ConsentRule_CONSENT_RULE_NOTIFY:
		a.agree(m, rule, false)
	case m.crew.tray.prompts != "":
		m.asked = true
		a.limit(m, s.patience(), func() { a.silenceThere(m) })
		m.crew.tray.send(a.question(s, m.nonce, m.rep, ""))
		a.tellSwitch(&wirepb.TerminalSwitched{
			Session: s.id[:], Terminal: m.to.ID, User: m.to.User, State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_ASKING, Fallback: m.fall,
		})
	}
}

func (a *agent) silenceThere(m *move) {
	if !a.silenceAllows(a.session) {
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "")
		return
	}
	m.crew.tray.send(withdraw(m.nonce))
	a.agree(m, wirepb.ConsentRule_CONSENT_RULE_ASK, true)
}

func withdraw(nonce []byte) *ipcpb.ToTray {
	return &ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: nonce}}}
}

// answeredThere takes that tray's answer to the question that stands.
func (a *agent) answeredThere(m *move, c *ipcpb.ConsentAnswer) {
	if !m.asked || m.agreed || subtle.ConstantTimeCompare(c.Nonce, m.nonce) != 1 {
		a.Log.Warn("consent answer dropped: it is not for the prompt that stands")
		return
	}
	switch c.Code {
	case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.agree(m, wirepb.ConsentRule_CONSENT_RULE_ASK, false)
	case wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT:
		a.silenceThere(m)
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER:
		a.stayPut(m, c.Code, "")
	default:
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, c.Detail)
	}
}

// agree is a Yes there. The banner comes first.
func (a *agent) agree(m *move, rule wirepb.ConsentRule, byTimeout bool) {
	s := a.session
	r := &wirepb.ConsentReceipt{Yes: true, Permissions: s.may, Rule: rule, ByTimeout: byTimeout}
	if !s.valid.IsZero() {
		r.ValidUntilUnixMs = s.valid.UnixMilli()
	}
	receipt, sig, err := a.receiptAt(s, m.to, r)
	if err != nil {
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_INTERNAL, err.Error())
		return
	}
	m.agreed = true
	m.receipt = &wirepb.TerminalSwitched{
		Session: s.id[:], Terminal: m.to.ID, User: m.to.User, State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE,
		Fallback: m.fall, Receipt: receipt, ReceiptSignature: sig,
	}
	if m.fall {
		a.arrive(m)
		return
	}
	m.banner = a.banner(s)
	m.crew.tray.send(timed(s, m.banner))
	a.limit(m, crewTime, func() { a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the banner does not come up") })
}

// openThere opens the views of all viewers there, once the banner is up. Nothing is
// injected yet.
func (a *agent) openThere(m *move) {
	s, h := a.session, m.crew.helper
	if !m.agreed || !m.up || !h.ready || m.views != nil {
		return
	}
	m.views, m.control = map[uint32]bool{}, s.control()
	h.now.told = &ipcpb.Suspend{Input: true, Control: s.control(), Serial: 1}
	h.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Suspend{Suspend: h.now.told}})
	viewers := a.router.all()
	if len(viewers) == 0 {
		a.changeOver(m, true)
		return
	}
	a.router.takeOver(h, func() {
		a.post(func() {
			if a.move == m {
				a.changeOver(m, true)
			}
		})
	})
	for _, v := range viewers {
		m.views[v.id] = true
		a.openViewAt(m.crew.helper, v, epochsAhead)
	}
	a.limit(m, crewTime, func() { a.changeOver(m, false) })
}

// changeOver makes the crew there the one that serves. Clean: its updates pass already.
func (a *agent) changeOver(m *move, clean bool) {
	s := a.session
	a.retire(a.crew)
	a.serveWith(m.crew)
	if !clean || m.control != s.control() {
		a.router.gap()
		clear(m.views)
	}
	for _, v := range a.router.all() {
		if !m.views[v.id] {
			a.openView(v)
		} else {
			a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Control{Control: &ipcpb.Control{Viewer: v.id, Token: s.token(s.attached[v.id])}}})
			a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Exchange{Exchange: a.exchange(s, v)}})
		}
		delete(m.views, v.id)
	}
	for id := range m.views { // gone meanwhile
		a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: id}}})
	}
	s.noBanner()
	s.banner, s.shown, s.chosen = m.up, m.banner, true
	s.chat = conversation{} // is not for the next one
	a.prompt = m.prompt
	a.arrive(m)
}

// arrive is the end of a move.
func (a *agent) arrive(m *move) {
	s := a.session
	m.timer.Stop()
	a.move = nil
	a.front, a.present, s.terminal = m.to, !m.to.Greeter, m.to
	s.yes = signed{m.receipt.Receipt, m.receipt.ReceiptSignature}
	s.told = wirepb.Reason_REASON_UNSPECIFIED
	s.log.Info("terminal session switched", "to", m.to.ID, "user", m.to.User)
	a.tellSwitch(m.receipt)
	a.tellRights()
	a.showMode()
	a.tellHistory(s)
	a.trayStatus()
	a.report()
	a.flow()
}

// stayPut gives a move up. One that falls takes the session along.
func (a *agent) stayPut(m *move, code wirepb.ErrorCode, detail string) {
	if a.move != m {
		return
	}
	s := a.session
	s.log.Info("terminal session not switched", "to", m.to.ID, "code", code.String(), "detail", detail)
	a.tellSwitch(&wirepb.TerminalSwitched{
		Session: s.id[:], Terminal: m.to.ID, User: m.to.User, State: wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED,
		Code: code, Detail: detail, Fallback: m.fall,
	})
	if !m.fall {
		a.dropMove()
		return
	}
	by := wirepb.EndedBy_ENDED_BY_AGENT
	if code == wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER {
		by = wirepb.EndedBy_ENDED_BY_CUSTOMER
	}
	a.endSession(by, code, detail, tellPeer)
}

// dropMove ends what a move has begun, without a word to the broker.
func (a *agent) dropMove() {
	m := a.move
	if m == nil {
		return
	}
	a.move = nil
	m.timer.Stop()
	if m.asked && !m.agreed {
		m.crew.tray.send(withdraw(m.nonce))
	}
	if m.fall {
		return
	}
	a.end(m.crew)
	a.router.from(a.helper)
	for id := range m.views { // its counts are lost with it
		if c := a.account; c != nil && c.views[id] > 0 {
			if c.views[id]--; c.views[id] == 0 {
				delete(c.views, id)
			}
		}
	}
}

func (a *agent) tellSwitch(t *wirepb.TerminalSwitched) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_TerminalSwitched{TerminalSwitched: t}})
}
