package agent

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Limits of a restart.
const (
	// restartCall is how long the system may take to say that it restarts.
	restartCall = 30 * time.Second
	// restartTime is how long after that this process may still be there: services that
	// are slow to end are given 90 seconds each.
	restartTime = 5 * time.Minute
	// restartGrace is how long after it was agreed to a session is taken up again: as
	// long as the broker waits for it.
	restartGrace = 15 * time.Minute
)

// restart is a rep's wish that the machine restarts:
//
//	its user is asked ▶ the session is put by ▶ the system is told ▶ this process
//	ends ▶ the next one takes the session up
//
// It belongs to the loop.
type restart struct {
	nonce  []byte
	agreed bool
	timer  *time.Timer
}

// asks says whether the person is still being asked.
func (r *restart) asks() bool { return r != nil && !r.agreed }

// restartAsked begins with a rep's wish. Runs on the loop, as all of this file.
func (a *agent) restartAsked(m *wirepb.MachineRestart) {
	s := a.session
	no := func(code wirepb.ErrorCode, detail string) {
		a.tellRestart(m.Session, wirepb.RestartState_RESTART_STATE_REFUSED, code, detail)
	}
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) {
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN, "")
		return
	}
	there := a.attended()
	switch {
	case s.name(m.RepId) == "":
		no(wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT, "")
	case s.held:
		no(wirepb.ErrorCode_ERROR_CODE_SESSION_HELD, "")
	case !s.control():
		no(wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED, "the session only looks")
	case !a.Elevated:
		no(wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION, "")
	case a.Restart == nil || a.memory.dir == "" || a.isAdhoc():
		no(wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE, "")
	case a.restart != nil || a.move != nil || a.pinning != nil:
		no(wirepb.ErrorCode_ERROR_CODE_BUSY, "something else is under way")
	case !s.valid.IsZero() && !time.Now().Before(s.valid):
		no(wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED, "")
	case there && (!a.tray.ready || a.tray.prompts == ""):
		no(wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "")
	case !there && !a.Floor.Notify:
		no(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "")
	case there:
		a.askRestart(s, m.RepId)
	default:
		a.restart = &restart{}
		a.keepRestriction()
		a.restartNow(s)
	}
}

func (a *agent) askRestart(s *session, rep string) {
	r := &restart{nonce: make([]byte, 16)}
	_, _ = rand.Read(r.nonce) // never fails
	a.restart = r
	a.keepRestriction()
	r.timer = time.AfterFunc(s.patience(), func() {
		a.post(func() {
			if a.restart == r && r.asks() {
				a.dropRestart(wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT, "")
			}
		})
	})
	s.log.Info("asking whether the machine restarts", "rep", rep)
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Ask{Ask: &ipcpb.ConsentAsk{
		Nonce: r.nonce, Session: s.id[:], RepName: s.name(rep), Organisation: a.Organisation,
		TimeoutS: uint32(s.patience() / time.Second), Restart: true,
	}}})
	a.tellRestart(s.id[:], wirepb.RestartState_RESTART_STATE_ASKING, 0, "")
}

// restartConsented takes the tray's answer, if it is to this question.
func (a *agent) restartConsented(c *ipcpb.ConsentAnswer) bool {
	r := a.restart
	if !r.asks() || subtle.ConstantTimeCompare(c.Nonce, r.nonce) != 1 {
		return false
	}
	r.timer.Stop()
	switch c.Code {
	case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
		a.restartNow(a.session)
	case wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER, wirepb.ErrorCode_ERROR_CODE_CONSENT_TIMEOUT:
		a.refuseRestart(c.Code, "")
	default:
		a.refuseRestart(wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, c.Detail)
	}
	return true
}

// restartNow puts the session by and has the system restart.
func (a *agent) restartNow(s *session) {
	r := a.restart
	if err := a.memory.keepResumption(s.resumption(time.Now())); err != nil {
		a.refuseRestart(wirepb.ErrorCode_ERROR_CODE_INTERNAL, err.Error())
		return
	}
	r.agreed = true
	s.log.Info("the machine is restarting")
	a.tellRestart(s.id[:], wirepb.RestartState_RESTART_STATE_RESTARTING, 0, "")
	failed := func(detail string) {
		a.post(func() {
			if a.restart == r {
				a.dropRestart(wirepb.ErrorCode_ERROR_CODE_RESTART_FAILED, detail)
			}
		})
	}
	r.timer = time.AfterFunc(restartTime, func() { failed("it is still running") })
	a.jobs.Go(func() {
		ctx, cancel := context.WithTimeout(a.ctx, restartCall)
		defer cancel()
		if err := a.Restart(ctx); err != nil && !errors.Is(err, context.Canceled) {
			failed(err.Error())
		}
	})
}

// dropRestart gives a wish up: its question is taken back, and what was put by is
// forgotten.
func (a *agent) dropRestart(code wirepb.ErrorCode, detail string) {
	r := a.restart
	if r == nil {
		return
	}
	if r.asks() {
		a.tray.send(withdraw(r.nonce))
	}
	a.refuseRestart(code, detail)
}

func (a *agent) refuseRestart(code wirepb.ErrorCode, detail string) {
	r := a.restart
	a.restart = nil
	if r.timer != nil {
		r.timer.Stop()
	}
	if a.memory.kept.Resume != nil {
		if err := a.memory.keepResumption(nil); err != nil {
			a.Log.Error("forget a session that was put by", "err", err)
		}
	}
	if s := a.session; s != nil {
		s.log.Info("the machine is not restarted", "code", code.String(), "detail", detail)
		a.tellRestart(s.id[:], wirepb.RestartState_RESTART_STATE_REFUSED, code, detail)
	}
}

func (a *agent) tellRestart(session []byte, state wirepb.RestartState, code wirepb.ErrorCode, detail string) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_MachineRestarting{MachineRestarting: &wirepb.MachineRestarting{
		Session: session, State: state, Code: code, Detail: detail,
	}}})
}

// setAside leaves the session to the process that comes after the restart: it ends
// here for everybody at this machine, and stands for the broker.
func (a *agent) setAside() {
	s := a.session
	if s == nil || a.restart == nil || !a.restart.agreed {
		return
	}
	a.router.shut()
	a.restart.timer.Stop()
	a.dropViewers(nil)
	a.session, a.restart, a.account, a.rights = nil, nil, nil, nil
	a.busy.Store(false)
	if s.timer != nil {
		s.timer.Stop()
	}
	s.stopLimbo()
	a.suspendHelper()
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
	s.log.Info("session is put by until after the restart")
}
