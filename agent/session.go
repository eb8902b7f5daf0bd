package agent

import (
	"log/slog"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// A session's states. There is at most one session:
//
//	offer refused: told, nothing kept
//	   ┌────┐
//	   │    ▼    offer good, prompt possible (at once, or when the tray has started)
//	┌────────────┐ ─────────────────────────▶ ┌──────────┐
//	│  (none)    │                            │  asking  │
//	└────────────┘ ◀───────────────────────── └──────────┘
//	   ▲             no · timeout · cancelled ·     │ yes with the nonce
//	   │             tray gone · user left          ▼
//	   │                                      ┌──────────┐
//	   └───────────────────────────────────── │  active  │
//	     done · end by the rep · expiry ·     └──────────┘
//	     user left · link lost for too long
//
// Within active, frames flow only while flow() says so.
type phase int

const (
	phaseAsking phase = iota + 1
	phaseActive
)

// session is the one session. It belongs to the loop.
type session struct {
	id       wire.SessionID
	phase    phase
	grant    *wirepb.SessionGrant
	raw      []byte // the grant as it was signed
	rawSig   []byte // its signature
	yes      signed // the receipt of the Yes that counts
	returns  bool   // from before a restart: its user has not come back yet
	nonce    []byte // of the prompt
	proved   bool   // a passkey of the jump lock answered for the grant
	asked    bool   // the tray was told to ask; before, it is being started
	terminal terminal.Session
	timer    *time.Timer             // consent timeout, then expiry
	limbo    *time.Timer             // runs while the link is lost
	between  *time.Timer             // runs between a login screen and what comes next
	expires  time.Time               // zero: never
	valid    time.Time               // how long the Yes holds over lost links; zero: the session
	why      *wirepb.SessionDeadline // the broker's reason for expires; nil: it was agreed
	banner   bool                    // it is on the screen, by the tray's word or the helper's
	held     bool                    // the rep parked it: nobody looks
	may      []wirepb.Permission     // what is left of the grant's under floor and policy; it only shrinks
	chosen   bool                    // a rep took it to this terminal session, in front or not
	// bannerLost is the tray's last word on why it is not, nil when it has not said.
	bannerLost   *ipcpb.BannerLost
	sight        *sight                // nil: the tray sees by itself whether it is
	attached     map[uint32]seat       // by viewer
	reps         []*wirepb.Participant // nil: the broker has named none
	shown        *ipcpb.Banner         // what the tray was told last
	opening      map[uint32]bool
	chat         conversation
	bannerWindow uint32       // X11: the banner's; 0: unknown
	restriction  *restriction // nil: the person's own input and monitors are theirs
	takenBack    bool         // the person took them back: nobody gets them again
	files        []*file      // transfers, at most one each way
	sealing      sealing
	told         wirepb.Reason // last reason told to the broker
	log          *slog.Logger
}

func (s *session) permits(p wirepb.Permission) bool { return slices.Contains(s.may, p) }

func (s *session) control() bool { return s.permits(wirepb.Permission_PERMISSION_CONTROL) }

func (s *session) stopLimbo() {
	if s.limbo != nil {
		s.limbo.Stop()
		s.limbo = nil
	}
}

// tell says whether the other side of an end still has to be told.
type tell bool

const (
	tellPeer  tell = true
	keepQuiet tell = false
)

// endSession ends what there is: local first. When it returns nothing is
// captured or injected any more as far as the service can see, and only then
// the others are told.
func (a *agent) endSession(by wirepb.EndedBy, code wirepb.ErrorCode, detail string, t tell) {
	s := a.session
	if s == nil {
		return
	}
	a.dropPin()
	a.dropElevation()
	a.dropRestart(wirepb.ErrorCode_ERROR_CODE_CANCELLED, "the session ended")
	a.letGo(s)
	// Stop: the router lets nothing pass from here on.
	a.router.shut()
	for len(s.files) > 0 {
		a.endFile(s, s.files[0])
	}
	a.dropMove()
	a.session, a.rights = nil, nil
	a.busy.Store(false)
	for _, t := range []*time.Timer{s.timer, s.between} {
		if t != nil {
			t.Stop()
		}
	}
	s.stopLimbo()
	// Release: closing a view lets go of every key and button.
	a.dropViewers(&wirepb.Refusal{Code: code, Detail: detail})
	a.suspendHelper()
	atEnd := a.close(s)
	switch s.phase {
	case phaseAsking:
		if !s.asked {
			break
		}
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Withdraw{Withdraw: &ipcpb.ConsentWithdraw{Nonce: s.nonce}}})
	case phaseActive:
		a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
		if !a.isAdhoc() { // whoever started it tells, when it is gone
			a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Notice{Notice: endNotice(s, by, detail, atEnd)}})
		}
	}
	// Then tell.
	defer a.over(&Over{By: by, Code: code, Rep: s.owner()})
	defer a.goHome(s)
	defer a.settle(by, code)
	if t == tellPeer {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{
			Session: s.id[:], By: by, Code: code, Detail: detail,
		}}})
	}
	a.trayStatus()
	a.leave()
	s.log.Info("session ended", "by", by.String(), "code", wire.CodeName(code), "detail", detail)
}

func (a *agent) endedByPeer(e *wirepb.SessionEnd) {
	switch s := a.session; {
	case s != nil && string(s.id[:]) == string(e.Session):
		a.endSession(e.By, e.Code, e.Detail, keepQuiet)
	case s == nil && a.isAdhoc() && string(a.Session[:]) == string(e.Session):
		a.over(&Over{By: e.By, Code: e.Code})
	}
}

func endNotice(s *session, by wirepb.EndedBy, detail string, atEnd wirepb.AtEnd) *ipcpb.Notice {
	n := &ipcpb.Notice{Kind: ipcpb.NoticeKind_NOTICE_KIND_SESSION_ENDED, Who: s.owner(), Detail: detail, AtEnd: atEnd}
	switch by {
	case wirepb.EndedBy_ENDED_BY_CUSTOMER:
		n.Kind = ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_CUSTOMER
	case wirepb.EndedBy_ENDED_BY_REP:
		n.Kind = ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_REP
	case wirepb.EndedBy_ENDED_BY_EXPIRY:
		n.Kind = ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_EXPIRY
	default: // as it stands
	}
	return n
}

// flow recomputes everything that follows from the state of the session, the
// tray and the helper. It is called after each change of one of them.
//
// Frames flow only while consent stands, the tray answers and shows the banner, or the
// helper sees it, the helper answers, and the terminal session is not away from its seat. Input needs the
// same, and that no prompt of ours is open.
func (a *agent) flow() {
	a.blind()
	s := a.session
	on := s != nil && s.phase == phaseActive && !s.held && s.banner && a.tray.serves() && a.helper.serves() && !a.front.Away()
	if on {
		a.router.open()
	} else {
		a.router.shut()
	}
	a.suspendHelper()
	a.keepRestriction()
	if s == nil || s.phase != phaseActive {
		return
	}
	a.listen()
	if on {
		for id := range s.attached {
			a.openViewer(s, id)
		}
	}
	a.tellReason(s)
}

// suspendHelper tells the helper what it may do now.
func (a *agent) suspendHelper() {
	s := a.session
	away := a.front.Away()
	shown := s != nil && s.phase == phaseActive && s.banner && a.tray.serves()
	off := !shown || away || a.helper.silent()
	want := &ipcpb.Suspend{Frames: off, Input: off || a.prompt, Control: s != nil && s.phase == phaseActive && s.control()}
	switch {
	case s == nil:
	case a.helper.silent():
		want.Reason = wirepb.Reason_REASON_HELPER_SILENT
	case away:
		want.Reason = wirepb.Reason_REASON_TERMINAL_SESSION_DISCONNECTED
	case !shown:
		want.Reason, want.Detail = a.bannerReason(s)
	default:
		want.Reason = a.beside()
	}
	if h := a.helper.now; h != nil {
		want.Serial = h.told.GetSerial()
		if h.told == nil || !proto.Equal(h.told, want) {
			want.Serial++
			h.told = want
			a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Suspend{Suspend: want}})
		}
	}
	a.tellLook()
	a.tellQuiet()
}

// tellQuiet answers the tray, once, when nothing is injected any more behind what it
// has open.
func (a *agent) tellQuiet() {
	h := a.helper.now
	if !a.prompt || a.quiet == nil || h != nil && (h.told == nil || !h.told.Input || h.quiet != h.told.Serial) {
		return
	}
	a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Quiet{Quiet: a.quiet}})
	a.quiet = nil
}

// tellReason tells the broker, and viewers that have no helper to tell them,
// why there is nothing to see.
func (a *agent) tellReason(s *session) {
	reason, detail := a.reason(s)
	if reason == s.told {
		return
	}
	s.told = reason
	s.log.Info("screen", "reason", wire.ReasonName(reason), "detail", detail)
	if a.link != nil {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_State{State: &wirepb.SessionState{
			Session: s.id[:], Reason: reason, Detail: detail,
		}}})
	}
	if !a.helper.serves() {
		a.router.tellState(func(v *viewer) *wirepb.ScreenState {
			return &wirepb.ScreenState{Reason: reason, Detail: detail, Control: s.controls(s.attached[v.id]), PromptOpen: a.prompt}
		})
	}
}

// tellViewers tells them anew how things are where there is no helper to do so.
func (a *agent) tellViewers(s *session) {
	if !a.helper.serves() {
		s.told = wirepb.Reason_REASON_UNSPECIFIED
		a.tellReason(s)
	}
}

// bannerReason says why the banner is not on the screen.
func (a *agent) bannerReason(s *session) (wirepb.Reason, string) {
	if a.move.falls() {
		return wirepb.Reason_REASON_ASKING, a.move.to.User
	}
	if a.tray.silent() {
		return wirepb.Reason_REASON_INDICATOR_SILENT, ""
	}
	if a.tray.ready && s.sight != nil {
		return a.unseen(s)
	}
	if l := s.bannerLost; a.tray.ready && l.GetReason() != wirepb.Reason_REASON_UNSPECIFIED {
		return l.Reason, l.Detail
	}
	return wirepb.Reason_REASON_INDICATOR_MISSING, a.tray.trouble
}

// beside is what there is to say of a terminal session whose picture is shown all the
// same; OK: nothing.
func (a *agent) beside() wirepb.Reason {
	switch {
	case a.front.Greeter:
		return wirepb.Reason_REASON_LOGIN_SCREEN
	case a.front.Locked:
		return wirepb.Reason_REASON_LOCKED
	default:
		return wirepb.Reason_REASON_OK
	}
}

func (a *agent) reason(s *session) (wirepb.Reason, string) {
	switch {
	case s.returns:
		return a.nobodyBack(s)
	case a.move.falls():
		return wirepb.Reason_REASON_ASKING, a.move.to.User
	case a.front.Away():
		return wirepb.Reason_REASON_TERMINAL_SESSION_DISCONNECTED, ""
	case a.helper.failing:
		return wirepb.Reason_REASON_HELPER_FAILING, a.helper.trouble
	case !a.helper.ready && a.helper.again():
		return wirepb.Reason_REASON_HELPER_RESTARTING, a.helper.trouble
	case !a.helper.ready:
		return wirepb.Reason_REASON_STARTING, ""
	case a.helper.silent():
		return wirepb.Reason_REASON_HELPER_SILENT, ""
	case !a.tray.serves() || !s.banner:
		return a.bannerReason(s)
	}
	reason, detail := a.screen()
	if reason == wirepb.Reason_REASON_OK || reason == wirepb.Reason_REASON_UNSPECIFIED {
		return a.beside(), ""
	}
	return reason, detail
}
