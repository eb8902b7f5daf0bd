package agent

import (
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// await lets a session wait for the next link: for resumeLimit, and no longer
// than the Yes holds over lost links.
func (a *agent) await(s *session) {
	wait, by := resumeLimit, wirepb.EndedBy_ENDED_BY_AGENT
	code, why := wirepb.ErrorCode_ERROR_CODE_EXPIRED, "the connection was lost for too long"
	if left := time.Until(s.valid); s.phase == phaseActive && !s.valid.IsZero() && left < wait {
		wait, by = max(left, 0), wirepb.EndedBy_ENDED_BY_EXPIRY
		code, why = wirepb.ErrorCode_ERROR_CODE_CONSENT_EXPIRED, "the person has to be asked again"
	}
	s.limbo = time.AfterFunc(wait, func() {
		a.post(func() {
			if a.session == s && a.link == nil {
				a.endSession(by, code, why, tellPeer)
			}
		})
	})
}

// resumeLimit is how long a session outlives its link. Who comes back later
// asks again.
const resumeLimit = 10 * time.Minute

// linkUp begins to use a welcomed link. Runs on the loop, as all of this file.
func (a *agent) linkUp(k *link) {
	a.link = k
	if a.birth.IsZero() {
		a.birth = k.now()
		if a.Updater != nil {
			a.Updater.Online()
		}
	}
	a.believe(k.welcome)
	a.expirePolicy(k.now())
	info := k.l.Info()
	a.Log.Info("link up", "transport", info.Transport, "broker", info.Remote, "organisation", a.Organisation)
	a.setLinkState(onlineStatus())
	a.took()
	for _, m := range a.outbox.take() {
		a.send(m)
	}
	a.report()
	a.reportPolicy()
	a.reportButtons()
	a.reportTrial()
	a.sendSummary()
	if s := a.session; s != nil {
		s.stopLimbo()
		s.told, a.rights = wirepb.Reason_REASON_UNSPECIFIED, nil
		a.tellRights()
		a.offerRestriction()
		a.flow()
	}
}

func (a *agent) linkDown(k *link, cause error) {
	k.finish()
	for m := range k.out { // closed: what the writer did not get to
		a.outbox.put(m)
	}
	if a.link != k {
		return
	}
	a.link = nil
	a.Log.Info("link down", "cause", cause)
	a.setLinkState(connectingStatus())
	a.linkLost()
	if s := a.session; s != nil {
		s.chat.begun = true
		a.dropViewers(nil)
		a.unaskFiles(s)
		a.await(s)
		a.flow()
	}
}

// send queues a message for the link. What must not be lost waits in the outbox
// while there is none.
func (a *agent) send(m *wirepb.AgentMessage) {
	k := a.link
	if k == nil || k.closed {
		a.outbox.put(m)
		return
	}
	select {
	case k.out <- m:
	default:
		a.outbox.put(m)
		k.l.Close(errNotRead)
	}
}

func (a *agent) received(k *link, m *wirepb.BrokerMessage) {
	if a.link != k {
		return
	}
	switch m := m.Kind.(type) {
	case *wirepb.BrokerMessage_Offer:
		a.offered(k, m.Offer)
	case *wirepb.BrokerMessage_End:
		a.endedByPeer(m.End)
	case *wirepb.BrokerMessage_Chat:
		if s := a.session; s != nil && s.phase == phaseActive && string(s.id[:]) == string(m.Chat.Session) {
			a.heardRep(s, m.Chat)
		}
	case *wirepb.BrokerMessage_ChatHistory:
		a.heardBefore(m.ChatHistory)
	case *wirepb.BrokerMessage_ChatTyping:
		if s := a.session; s != nil && s.phase == phaseActive && string(s.id[:]) == string(m.ChatTyping.Session) {
			a.repTypes(s, m.ChatTyping)
		}
	case *wirepb.BrokerMessage_ViewerAttached:
		a.viewerAttached(m.ViewerAttached)
	case *wirepb.BrokerMessage_ViewerDetached:
		if s := a.session; s != nil && string(s.id[:]) == string(m.ViewerDetached.Session) {
			delete(s.attached, m.ViewerDetached.Viewer)
			a.dropViewer(m.ViewerDetached.Viewer)
			a.keepRestriction()
		}
	case *wirepb.BrokerMessage_RequestAnswer:
		a.requestAnswered(m.RequestAnswer)
	case *wirepb.BrokerMessage_RequestStatus:
		a.requestStands(m.RequestStatus)
	case *wirepb.BrokerMessage_Deadline:
		a.shorten(m.Deadline)
	case *wirepb.BrokerMessage_Hold:
		a.hold(m.Hold)
	case *wirepb.BrokerMessage_Participants:
		a.participants(m.Participants)
	case *wirepb.BrokerMessage_TerminalSwitch:
		a.switchTerminal(m.TerminalSwitch)
	case *wirepb.BrokerMessage_MachineAsk:
		a.machineAsked(m.MachineAsk)
	case *wirepb.BrokerMessage_Elevate:
		a.elevate(m.Elevate)
	case *wirepb.BrokerMessage_MachineRestart:
		a.restartAsked(m.MachineRestart)
	case *wirepb.BrokerMessage_Restrict:
		a.restrictAsked(m.Restrict)
	case *wirepb.BrokerMessage_SummaryKept:
		a.summaryKept(k, m.SummaryKept.Seq)
	case *wirepb.BrokerMessage_Pin:
		a.pinAsked(k, m.Pin)
	case *wirepb.BrokerMessage_Unpin:
		a.unpin(m.Unpin)
	case *wirepb.BrokerMessage_Policy:
		a.tookPolicy(k, m.Policy)
	case *wirepb.BrokerMessage_Buttons:
		a.tookButtons(m.Buttons)
	case *wirepb.BrokerMessage_FileOffer:
		a.fileOffered(m.FileOffer)
	case *wirepb.BrokerMessage_FileOpen:
		a.fileOpen(m.FileOpen)
	case *wirepb.BrokerMessage_FileCancel:
		a.fileCancelled(m.FileCancel)
	case *wirepb.BrokerMessage_Refusal:
		a.Log.Warn("broker refused a message", "code", wire.CodeName(m.Refusal.Code), "detail", m.Refusal.Detail)
	default:
		a.Log.Debug("message from the broker not understood")
	}
}

func (a *agent) refuse(code wirepb.ErrorCode, detail string) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Refusal{Refusal: &wirepb.Refusal{Code: code, Detail: detail}}})
}
