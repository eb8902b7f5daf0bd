package agent

import (
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// machineAsked answers, within a session, what machine this is.
func (a *agent) machineAsked(m *wirepb.MachineAsk) {
	s := a.session
	tell := func(t *wirepb.MachineTold) {
		t.Session, t.Seq = m.Session, m.Seq
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_MachineTold{MachineTold: t}})
	}
	refuse := func(code wirepb.ErrorCode, detail string) { tell(&wirepb.MachineTold{Code: code, Detail: detail}) }
	switch {
	case s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session):
		refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "")
	case !s.has(seat{rep: m.RepId}):
		refuse(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "")
	case s.held:
		refuse(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "")
	case a.Facts == nil:
		refuse(wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE, "")
	case a.describing:
		refuse(wirepb.ErrorCode_ERROR_CODE_BUSY, "another question about the machine is under way")
	default:
		a.describing = true
		s.log.Info("a rep asks what machine this is", "rep", m.RepId)
		a.jobs.Go(func() {
			info, err := a.Facts()
			a.post(func() {
				a.describing = false
				switch {
				case a.session != s:
				case err != nil:
					refuse(wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE, err.Error())
				default:
					info.User = s.terminal.User
					tell(&wirepb.MachineTold{Info: info})
				}
			})
		})
	}
}
