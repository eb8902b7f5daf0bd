package agent

import "github.com/alongside-remote/alongside/wire/wirepb"

// hold parks the session or takes it up again. While it is held the router lets
// nothing pass and no viewer gets a stream, whatever the broker asks for.
func (a *agent) hold(m *wirepb.SessionHold) {
	s := a.session
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) || s.held == m.Held {
		return
	}
	s.held = m.Held
	s.log.Info("session held", "held", s.held)
	if s.held {
		a.router.shut()
		a.dropViewers(&wirepb.Refusal{Code: wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, Detail: "the session is held"})
		a.curbFiles(s)
	}
	a.showMode()
	a.flow()
}
