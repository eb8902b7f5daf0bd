package agent

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// crew is helper and tray in one terminal session.
type crew struct {
	at           terminal.Session
	helper, tray *worker
	stop         context.CancelFunc
	gone         chan struct{} // closed when both have ended
}

// startCrew starts helper and tray in a terminal session, where what ran there
// before has ended.
func (a *agent) startCrew(at terminal.Session) *crew {
	ctx, cancel := context.WithCancel(a.ctx)
	c := &crew{at: at, helper: &worker{role: Helper}, tray: &worker{role: Tray}, stop: cancel, gone: make(chan struct{})}
	var before []*crew
	a.ending = slices.DeleteFunc(a.ending, func(e *crew) bool {
		select {
		case <-e.gone:
			return true
		default:
			if e.at.ID == at.ID {
				before = append(before, e)
			}
			return false
		}
	})
	var both sync.WaitGroup
	for _, w := range []*worker{c.helper, c.tray} {
		both.Add(1)
		a.jobs.Go(func() {
			defer both.Done()
			for _, b := range before {
				<-b.gone
			}
			a.supervise(ctx, w, at)
		})
	}
	a.jobs.Go(func() { both.Wait(); close(c.gone) })
	return c
}

// serveWith makes a crew the one that serves; nil: nobody does.
func (a *agent) serveWith(c *crew) {
	if s := a.session; s != nil {
		a.dropFiles(s, wirepb.ErrorCode_ERROR_CODE_TRANSFER_LOST) // they are the last one's
	}
	if s := a.session; s != nil {
		a.giveBack(s, wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED, "another desktop is shown", false)
	}
	a.crew = c
	if c == nil {
		c = &crew{helper: &worker{role: Helper}, tray: &worker{role: Tray}}
	}
	a.helper, a.tray = c.helper, c.tray
	a.router.from(c.helper)
}

// stopCrew ends the crew that serves. For the session it is the end of frames.
func (a *agent) stopCrew() {
	if a.crew == nil {
		return
	}
	a.end(a.crew)
	a.serveWith(nil)
	if a.restart.asks() {
		a.dropRestart(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "the user left")
	}
	a.unaskElevation(wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT, "the user left")
	a.prompt = false
	a.router.gap()
	a.helperLost()
}

func (a *agent) end(c *crew) {
	c.stop()
	a.ending = append(a.ending, c)
}

// retire ends a crew that has served, and leaves it the time to say its last.
func (a *agent) retire(c *crew) {
	for _, v := range a.router.all() {
		c.helper.send(&ipcpb.ToHelper{Kind: &ipcpb.ToHelper_Close{Close: &ipcpb.CloseView{Viewer: v.id}}})
	}
	c.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_BannerHide{BannerHide: &ipcpb.BannerHide{}}})
	a.ending = append(a.ending, c)
	time.AfterFunc(lastCounts, c.stop)
}

// up is a started process. Runs on the loop, as all below.
func (a *agent) up(ctx context.Context, w *worker, r *running) {
	if ctx.Err() != nil { // of a crew that was stopped
		return
	}
	w.now = r
	w.starts++
	w.cur.Store(r)
}

// down is the end of a process. For the session it is the end of frames.
func (a *agent) down(w *worker, r *running, cause error) {
	if w.now != r {
		return
	}
	w.now, w.ready, w.state, w.caps, w.restrictable, w.prompts = nil, false, nil, nil, nil, ""
	w.cur.Store(nil)
	w.trouble = cause.Error()
	switch w {
	case a.helper:
		a.router.gap()
		a.helperLost()
	case a.tray:
		a.prompt = false
	default:
		a.moverDown(w, cause)
		return
	}
	if w.role == Tray && a.restart.asks() {
		a.dropRestart(wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt went away")
	}
	if w.role == Tray {
		a.unaskElevation(wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt went away")
	}
	if s := a.session; s != nil && w.role == Tray {
		s.noBanner()
		a.dropFiles(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE)
		if s.asked {
			a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt went away")
		}
		if m := a.move; m.falls() && m.asked {
			a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt went away")
		}
	}
	a.report()
	a.flow()
}

func (a *agent) restarting(w *worker, err error, failing bool, wait time.Duration) {
	a.Log.Warn("process ended", "role", w.role, "err", err, "failing", failing, "again", wait)
	w.trouble, w.failing = err.Error(), failing
	a.report()
	a.flow()
}

// fromChild is a message of a helper or tray.
func (a *agent) fromChild(w *worker, r *running, m proto.Message) {
	if w.now != r {
		return
	}
	switch m := m.(type) {
	case *ipcpb.FromHelper:
		if w != a.helper {
			a.fromMoversHelper(w, r, m)
			return
		}
		a.fromHelper(r, m)
	case *ipcpb.FromTray:
		if w != a.tray {
			a.fromMoversTray(w, r, m)
			return
		}
		a.fromTray(r, m)
	}
}

func (a *agent) fromHelper(r *running, m *ipcpb.FromHelper) {
	switch m := m.Kind.(type) {
	case *ipcpb.FromHelper_Ready:
		r.wait.Stop()
		a.helper.ready, a.helper.failing = true, false
		a.helper.caps = m.Ready.Capabilities
		a.suspendHelper()
		for _, v := range a.router.all() {
			a.openView(v)
		}
	case *ipcpb.FromHelper_State:
		a.helper.state = m.State
		if m.State.Capabilities != nil {
			a.helper.caps = m.State.Capabilities
		}
	case *ipcpb.FromHelper_Quiet:
		r.quiet = m.Quiet.Serial
	case *ipcpb.FromHelper_Clipboard:
		a.clipboardUsed(m.Clipboard)
	case *ipcpb.FromHelper_Restricted:
		a.restricted(m.Restricted)
	case *ipcpb.FromHelper_Restrictable:
		a.restrictable(m.Restrictable)
	case *ipcpb.FromHelper_Dropped:
		a.counted(m.Dropped)
	case *ipcpb.FromHelper_Looked:
		a.helperLooked(r, m.Looked)
	}
	a.report()
	a.flow()
}

func (a *agent) fromTray(r *running, m *ipcpb.FromTray) {
	s := a.session
	mine := func(id []byte) bool {
		return s != nil && s.phase == phaseActive && string(s.id[:]) == string(id)
	}
	switch m := m.Kind.(type) {
	case *ipcpb.FromTray_Ready:
		r.wait.Stop()
		a.tray.ready, a.tray.failing = true, false
		a.tray.prompts = m.Ready.PromptBackend
		a.trayStatus()
		a.layOut()
		if a.notice != nil {
			a.tray.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Notice{Notice: a.notice}})
			a.notice = nil
		}
		switch {
		case a.move.falls():
			a.askThere(a.move)
		case s != nil && s.phase == phaseActive:
			a.showBanner(s)
			a.tellHistory(s)
		case s != nil && !s.asked:
			a.askConsent(s)
		}
	case *ipcpb.FromTray_Answer:
		if a.move.falls() {
			a.answeredThere(a.move, m.Answer)
			break
		}
		a.consented(m.Answer)
	case *ipcpb.FromTray_BannerShown:
		if mine(m.BannerShown.Session) {
			s.banner, s.bannerLost, s.sight = true, nil, nil
			if w := m.BannerShown.Window; w != s.bannerWindow {
				s.bannerWindow = w
				if s.restriction != nil {
					a.restrictHelper(s)
				}
			}
		}
	case *ipcpb.FromTray_BannerPlaced:
		if mine(m.BannerPlaced.Session) {
			a.bannerPlaced(s, m.BannerPlaced)
		}
	case *ipcpb.FromTray_BannerLost:
		if s != nil {
			s.noBanner()
			s.bannerLost = m.BannerLost
			s.log.Warn("banner lost", "detail", m.BannerLost.Detail)
		}
	case *ipcpb.FromTray_Done:
		if mine(m.Done.Session) {
			a.endSession(wirepb.EndedBy_ENDED_BY_CUSTOMER, 0, "", tellPeer)
		}
	case *ipcpb.FromTray_Prompt:
		a.prompt, a.quiet = m.Prompt.Open, nil
		if m.Prompt.Open {
			a.quiet = &ipcpb.Quiet{Serial: m.Prompt.Serial}
		}
		a.showMode()
	case *ipcpb.FromTray_Chat:
		if mine(m.Chat.Session) {
			a.heardPerson(s, m.Chat)
		}
	case *ipcpb.FromTray_ChatTyping:
		if mine(m.ChatTyping.Session) {
			a.personTypes(s, m.ChatTyping.Typing)
		}
	case *ipcpb.FromTray_ChatShown:
		if mine(m.ChatShown.Session) {
			a.shownToPerson(s, m.ChatShown.Seq)
		}
	case *ipcpb.FromTray_Request:
		a.asked(m.Request)
	case *ipcpb.FromTray_Cancel:
		a.requestCancelled(m.Cancel.Id)
	case *ipcpb.FromTray_FileAnswer:
		a.fileAnswered(m.FileAnswer)
	case *ipcpb.FromTray_Buttons:
		a.laidOut(m.Buttons)
	}
	a.report()
	a.flow()
}
