package agent

import (
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// capabilities is what this endpoint can do right now, and why not. Runs on
// the loop, as all of this file.
func (a *agent) capabilities() *wirepb.CapabilityReport {
	c := &wirepb.CapabilityReport{
		Screen: &wirepb.Capability{}, Input: &wirepb.Capability{}, Consent: &wirepb.Capability{},
		UserPresent: a.attended(),
	}
	if h := a.helper.caps; h != nil {
		c.Screen, c.Input, c.Monitors = h.Screen, h.Input, h.Monitors
	} else {
		c.Screen = a.absent(a.helper)
		c.Input = c.Screen
	}
	switch {
	case !a.tray.ready:
		c.Consent = a.absent(a.tray)
	case a.tray.prompts == "":
		c.Consent.Reason, c.Consent.Detail = wirepb.Reason_REASON_INDICATOR_MISSING, "no prompt can be shown"
	default:
		c.Consent.Reason, c.Consent.Backend = wirepb.Reason_REASON_OK, a.tray.prompts
	}
	return c
}

// attended says whether somebody may be in front of what is served.
func (a *agent) attended() bool { return a.present && a.front.Attended() }

// absent says why a process is not there.
func (a *agent) absent(w *worker) *wirepb.Capability {
	switch {
	case a.crew == nil:
		return &wirepb.Capability{Reason: wirepb.Reason_REASON_NO_DISPLAY, Detail: "nobody is at a desktop"}
	case w.failing:
		return &wirepb.Capability{Reason: wirepb.Reason_REASON_HELPER_FAILING, Detail: w.trouble}
	case w.again():
		return &wirepb.Capability{Reason: wirepb.Reason_REASON_HELPER_RESTARTING, Detail: w.trouble}
	default:
		return &wirepb.Capability{Reason: wirepb.Reason_REASON_STARTING}
	}
}

// report tells the broker what changed of it.
func (a *agent) report() {
	if a.link == nil {
		return
	}
	c := a.capabilities()
	if proto.Equal(c, a.reported) {
		return
	}
	a.reported = c
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Capabilities{Capabilities: c}})
}

// linkStatus is what the tray shows of the link.
type linkStatus struct {
	state  ipcpb.LinkState
	detail string
}

func connectingStatus() linkStatus {
	return linkStatus{state: ipcpb.LinkState_LINK_STATE_CONNECTING}
}
func onlineStatus() linkStatus { return linkStatus{state: ipcpb.LinkState_LINK_STATE_ONLINE} }

func refusedStatus(err error) linkStatus {
	if errors.Is(err, &wire.CodeError{Code: wirepb.ErrorCode_ERROR_CODE_NOT_ENROLLED}) {
		return linkStatus{ipcpb.LinkState_LINK_STATE_NOT_ENROLLED, err.Error()}
	}
	return linkStatus{ipcpb.LinkState_LINK_STATE_REFUSED, err.Error()}
}

func (a *agent) setLinkState(s linkStatus) {
	if s != a.linkState {
		a.linkState = s
		a.trayStatus()
	}
}

func (a *agent) status() *ipcpb.TrayStatus {
	p := a.effective()
	t := &ipcpb.TrayStatus{
		Link: a.linkState.state, Detail: a.linkState.detail, Organisation: a.Organisation, Broker: a.Broker,
		RemoteSupport: p.RemoteSupport, ReasonMin: p.ReasonMin, Request: a.request.status,
		DesktopIcon: p.DesktopIcon && p.RemoteSupport, DesktopIconName: p.DesktopIconName, Endpoint: a.Endpoint, Adhoc: a.isAdhoc(),
	}
	if s := a.session; s != nil && s.phase == phaseActive {
		t.SessionActive, t.RepName = true, s.owner()
	}
	return t
}

func (a *agent) trayStatus() {
	s := a.status()
	if s.DesktopIcon && a.tray.ready {
		a.keepDesktop()
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Status{Status: s}})
}
