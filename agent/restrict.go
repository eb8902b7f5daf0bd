package agent

import (
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// restrictAlive is how long a helper that holds something may say nothing. One that is
// silent for longer does not hear the person any more, and is killed: with it goes what
// it holds.
const restrictAlive = 10 * time.Second

// restriction is what a rep wants held of the person's own input and monitors:
//
//	wanted ▶ said by the banner ▶ held by the helper ▶ given back, then said
//
// It stands as long as everything does that it needed to begin. It belongs to the loop.
type restriction struct {
	rep           string
	input, screen bool // wanted; the banner says so
	serial        uint32
	held          *ipcpb.Restricted // what the helper said last; nil: nothing yet
	alive         *time.Timer
}

func restricts(p wirepb.Permission) bool {
	return p == wirepb.Permission_PERMISSION_RESTRICT_INPUT || p == wirepb.Permission_PERMISSION_PRIVACY_SCREEN
}

// restrictAsked takes a rep's wish. Runs on the loop, as all of this file.
func (a *agent) restrictAsked(m *wirepb.Restrict) {
	s := a.session
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) {
		a.send(restrictedMessage(&wirepb.Restricted{Session: m.Session, Code: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN}))
		return
	}
	if s.external(m.RepId) {
		a.tellRestricted(s, wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "", false)
		return
	}
	if !m.Input && !m.Screen {
		a.letGo(s)
		a.showMode()
		a.tellRestricted(s, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, "", false)
		return
	}
	if code, detail := a.mayRestrict(s, m.RepId, m.Input, m.Screen); code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		s.log.Info("restriction refused", "rep", m.RepId, "code", wire.CodeName(code), "detail", detail)
		a.tellRestricted(s, code, detail, false)
		return
	}
	s.log.Info("restricting", "rep", m.RepId, "input", m.Input, "screen", m.Screen)
	r := &restriction{rep: m.RepId, input: m.Input, screen: m.Screen}
	if before := s.restriction; before != nil {
		before.alive.Stop()
		r.held = before.held
	}
	s.restriction = r
	a.showMode()
	r.alive = time.AfterFunc(restrictAlive, func() {
		a.post(func() {
			if s.restriction == r {
				a.helperSilent(s)
			}
		})
	})
	a.restrictHelper(s)
}

// mayRestrict says why a rep may not have this held now; UNSPECIFIED: may.
func (a *agent) mayRestrict(s *session, rep string, input, screen bool) (code wirepb.ErrorCode, detail string) {
	here := a.helper.restrictable
	looks := false
	for id, at := range s.attached {
		looks = looks || at.rep == rep && !at.recorder && a.router.get(id) != nil
	}
	switch {
	case s.takenBack:
		return wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK, ""
	case s.held:
		return wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, ""
	case !s.control():
		return wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the session only looks"
	case input && !s.permits(wirepb.Permission_PERMISSION_RESTRICT_INPUT):
		return wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the customer's input is not restricted on this device"
	case screen && !s.permits(wirepb.Permission_PERMISSION_PRIVACY_SCREEN):
		return wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "there is no privacy screen on this device"
	case s.holder() != rep || !looks:
		return wirepb.ErrorCode_ERROR_CODE_NOT_CONTROLLING, ""
	case a.prompt || a.elevating != nil || a.restart != nil:
		return wirepb.ErrorCode_ERROR_CODE_QUESTION_OPEN, ""
	case !s.banner || !a.tray.serves():
		return wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED, "the banner is not on the screen"
	case !a.helper.serves() || a.move != nil:
		return wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED, "the desktop is not ready"
	case input && here.GetInput() != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		return here.GetInput(), ""
	case screen && here.GetScreen() != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		return here.GetScreen(), ""
	}
	return wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, ""
}

// keepRestriction gives back what has lost its ground.
func (a *agent) keepRestriction() {
	s := a.session
	if s == nil || s.restriction == nil {
		return
	}
	r := s.restriction
	if code, detail := a.mayRestrict(s, r.rep, r.input, r.screen); code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		a.giveBack(s, code, detail, false)
	}
}

// restrictHelper tells the helper what is to be held now.
func (a *agent) restrictHelper(s *session) {
	m := &ipcpb.Restrict{Session: s.id[:], Banner: s.bannerWindow}
	a.restricts++
	m.Serial = a.restricts
	if r := s.restriction; r != nil {
		r.serial, m.Input, m.Screen = m.Serial, r.input, r.screen
	}
	a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Restrict{Restrict: m}})
}

// letGo gives everything back, and tells nobody but the helper.
func (a *agent) letGo(s *session) {
	if s.restriction == nil {
		return
	}
	s.restriction.alive.Stop()
	s.restriction = nil
	a.restrictHelper(s)
}

// giveBack gives everything back and says why.
func (a *agent) giveBack(s *session, code wirepb.ErrorCode, detail string, byCustomer bool) {
	if s.restriction == nil {
		return
	}
	a.letGo(s)
	s.log.Info("restriction is over", "code", wire.CodeName(code), "detail", detail, "by_customer", byCustomer)
	a.showMode()
	a.tellRestricted(s, code, detail, byCustomer)
}

// helperSilent ends a helper that does not say that it still hears the person.
func (a *agent) helperSilent(s *session) {
	s.log.Warn("the helper is silent while it restricts the person: it is killed")
	if h := a.helper.now; h != nil {
		h.child.Kill()
	}
	a.giveBack(s, wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED, "the helper did not answer", false)
}

// restricted is what the helper says it holds.
func (a *agent) restricted(m *ipcpb.Restricted) {
	s := a.session
	if s == nil || s.phase != phaseActive {
		return
	}
	if m.TakenBack { // it counts whatever was wished meanwhile
		s.takenBack = true
		s.may = slices.DeleteFunc(slices.Clone(s.may), restricts)
		a.giveBack(s, wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK, "", true)
		return
	}
	if m.Done {
		a.letGo(s)
		a.endSession(wirepb.EndedBy_ENDED_BY_CUSTOMER, 0, "", tellPeer)
		return
	}
	r := s.restriction
	if r == nil || r.serial != m.Serial {
		return
	}
	r.alive.Reset(restrictAlive)
	if !m.Input && !m.Screen {
		a.giveBack(s, m.Code, m.Detail, false)
		return
	}
	if r.held != nil && r.held.Input == m.Input && r.held.Screen == m.Screen && r.input == m.Input && r.screen == m.Screen {
		return // as it was
	}
	r.held, r.input, r.screen = m, m.Input, m.Screen
	a.showMode()
	a.tellRestricted(s, m.Code, m.Detail, false)
}

// restrictable is what can be held at this desktop.
func (a *agent) restrictable(m *ipcpb.Restrictable) {
	if proto.Equal(a.helper.restrictable, m) {
		return
	}
	a.helper.restrictable = m
	a.offerRestriction()
}

// offerRestriction tells the broker what can be held, where something may be.
func (a *agent) offerRestriction() {
	if s := a.session; s != nil && s.phase == phaseActive && s.restriction == nil && slices.ContainsFunc(s.may, restricts) {
		a.tellRestricted(s, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, "", false)
	}
}

func (a *agent) tellRestricted(s *session, code wirepb.ErrorCode, detail string, byCustomer bool) {
	m := &wirepb.Restricted{
		Session: s.id[:], Code: code, Detail: detail, ByCustomer: byCustomer,
		InputCode: a.helper.restrictable.GetInput(), ScreenCode: a.helper.restrictable.GetScreen(),
	}
	if r := s.restriction; r != nil {
		m.Input, m.Screen = r.held.GetInput(), r.held.GetScreen()
	}
	a.send(restrictedMessage(m))
}

func restrictedMessage(m *wirepb.Restricted) *wirepb.AgentMessage {
	return &wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Restricted{Restricted: m}}
}
