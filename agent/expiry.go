package agent

import (
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// endAfter has an active session end at a time by our own monotonic clock,
// whether the broker is there or not.
func (a *agent) endAfter(s *session, d time.Duration) {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.expires = time.Now().Add(d)
	s.timer = time.AfterFunc(d, func() { a.post(func() { a.expired(s) }) })
}

func (a *agent) expired(s *session) {
	if a.session != s || s.phase != phaseActive || time.Now().Before(s.expires) {
		return
	}
	by, code, detail := wirepb.EndedBy_ENDED_BY_EXPIRY, wirepb.ErrorCode_ERROR_CODE_EXPIRED, ""
	if w := s.why; w != nil {
		detail = w.Detail
		if w.Code != wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
			code = w.Code
		}
		if code == wirepb.ErrorCode_ERROR_CODE_POLICY_DENIED {
			by = wirepb.EndedBy_ENDED_BY_POLICY
		}
	}
	a.endSession(by, code, detail, tellPeer)
}

// shorten has the session end sooner than it would; later is ignored.
func (a *agent) shorten(m *wirepb.SessionDeadline) {
	s := a.session
	if s == nil || s.phase != phaseActive || string(s.id[:]) != string(m.Session) {
		return
	}
	d := time.Duration(m.Seconds) * time.Second
	if !s.expires.IsZero() && !time.Now().Add(d).Before(s.expires) {
		return
	}
	s.why = m
	s.log.Info("session ends sooner", "in", d, "detail", m.Detail)
	a.endAfter(s, d)
	a.showBanner(s)
}

// showBanner asks for the sign that somebody is connected. Until the tray says
// that it is up, no frame passes.
func (a *agent) showBanner(s *session) {
	if a.move.falls() || a.mayNotShow(s) {
		return // the person there has not said yes
	}
	s.shown = a.banner(s)
	a.tray.send(timed(s, s.shown))
}

// timed is a banner with the time that is left.
func timed(s *session, shown *ipcpb.Banner) *ipcpb.ToTray {
	b := proto.Clone(shown).(*ipcpb.Banner)
	if !s.expires.IsZero() {
		b.LeftMs = uint64(max(time.Until(s.expires)/time.Millisecond, 1)) //nolint:gosec // at least 1
	}
	return &ipcpb.ToTray{Kind: &ipcpb.ToTray_Banner{Banner: b}}
}

// showMode keeps what the banner says of control to what is enforced.
func (a *agent) showMode() {
	if s := a.session; s != nil && s.phase == phaseActive && !proto.Equal(a.banner(s), s.shown) {
		a.showBanner(s)
	}
}

// banner is what it says, but for the time left.
func (a *agent) banner(s *session) *ipcpb.Banner {
	control := s.control() && s.holder() != ""
	b := &ipcpb.Banner{
		Session: s.id[:], RepName: s.owner(), Organisation: a.Organisation, Control: control,
		Recorded: s.grant.Recorded, Paused: control && a.prompt, Note: s.why.GetDetail(), Held: s.held,
	}
	if r := s.restriction; r != nil {
		b.Restricted, b.Dark = r.input, r.screen
	}
	for _, p := range s.people() {
		if !p.Owner {
			b.Participants = append(b.Participants, p)
		}
	}
	return b
}
