package agent

import (
	"github.com/alongside-remote/alongside/internal/indicator"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// sight is a banner of which the tray cannot tell whether it can be seen. The helper looks
// for it in the picture of the desktop; until it has seen it the session has no banner.
//
//	placed ──Look──▶ sought ──Looked: seen──▶ the banner is there
//	                    ▲──Looked: not seen, or another helper──┘
type sight struct {
	banner *ipcpb.BannerPlaced
	why    string // it is not seen; empty: not known yet
}

// noBanner forgets the banner, with what the tray said of it.
func (s *session) noBanner() { s.banner, s.bannerLost, s.sight = false, nil, nil }

// bannerPlaced takes what the tray draws now. Runs on the loop, as all of this file.
func (a *agent) bannerPlaced(s *session, m *ipcpb.BannerPlaced) {
	if err := indicator.Check(m); err != nil {
		s.noBanner()
		s.bannerLost = &ipcpb.BannerLost{Detail: err.Error(), Reason: wirepb.Reason_REASON_INDICATOR_MISSING}
		s.log.Warn("banner refused", "err", err)
		return
	}
	if s.sight == nil {
		s.noBanner()
		s.sight = &sight{}
	}
	s.sight.banner, s.bannerLost, s.bannerWindow = m, nil, 0
}

// helperLooked takes what the helper says. That a banner is seen counts for the one that was
// sought last only, and not unless one was; that it is not seen counts always.
func (a *agent) helperLooked(r *running, m *ipcpb.Looked) {
	s := a.session
	switch {
	case s == nil || s.sight == nil || r.sought == nil || m.Serial > r.looks:
		a.Log.Warn("the helper saw a banner that it was not asked for", "serial", m.Serial)
	case !m.Seen:
		if s.banner || s.sight.why != m.Detail {
			s.log.Warn("banner not seen", "detail", m.Detail)
		}
		s.banner, s.sight.why = false, m.Detail
	case m.Serial == r.looks:
		if !s.banner {
			s.log.Info("banner seen")
		}
		s.banner, s.sight.why = true, ""
	}
}

// seeks is the banner that is to be looked for; nil: none.
func (a *agent) seeks() *ipcpb.BannerPlaced {
	s := a.session
	if s == nil || s.sight == nil || s.phase != phaseActive || !a.tray.serves() || a.front.Away() {
		return nil
	}
	return s.sight.banner
}

// blind forgets that the banner was seen where nobody looks for it now. Whatever another
// helper, or this one before, has seen does not count.
func (a *agent) blind() {
	s, r := a.session, a.helper.now
	if s != nil && s.sight != nil && (r == nil || r.sought == nil || a.seeks() == nil) {
		s.banner = false
	}
}

// tellLook has the helper look for the banner that is there to be looked for. It has been
// told before whether the session may control: to look, it may have the desktop ask the
// person, once for all of it.
func (a *agent) tellLook() {
	r, want := a.helper.now, a.seeks()
	if r == nil || r.sought == want {
		return
	}
	r.sought = want
	r.looks++
	a.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Look{Look: &ipcpb.Look{Serial: r.looks, Banner: want}}})
}

// unseen says why a banner that is placed is not there.
func (a *agent) unseen(s *session) (wirepb.Reason, string) {
	reason, detail := a.screen()
	switch reason {
	case wirepb.Reason_REASON_DESKTOP_ASKS, wirepb.Reason_REASON_PERMISSION_MISSING: // the person has it in hand
		return reason, detail
	case wirepb.Reason_REASON_OK, wirepb.Reason_REASON_UNSPECIFIED, wirepb.Reason_REASON_STARTING:
		detail = s.sight.why
	default: // there is no picture, and that is why
	}
	return wirepb.Reason_REASON_INDICATOR_MISSING, detail
}

// screen is what the helper says of the screen.
func (a *agent) screen() (wirepb.Reason, string) {
	if st := a.helper.state; st != nil {
		return st.Reason, st.Detail
	}
	c := a.helper.caps.GetScreen()
	return c.GetReason(), c.GetDetail()
}
