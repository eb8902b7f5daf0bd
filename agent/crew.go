package agent

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// watchTerminals tells the loop who is in front, now and after each change.
func (a *agent) watchTerminals() {
	look := func() {
		all, err := a.Terminals.Sessions()
		if err != nil {
			a.Log.Warn("terminal sessions", "err", err)
			return
		}
		a.post(func() { a.inFront(terminal.Front(all)) })
	}
	look()
	for {
		select {
		case _, ok := <-a.Terminals.Events():
			if !ok {
				return
			}
			look()
		case <-a.ctx.Done():
			return
		}
	}
}

// inFront moves helper and tray to the terminal session in front. A support
// session does not move along: the one who consented is gone.
func (a *agent) inFront(s terminal.Session, ok bool) {
	ok = ok && !s.Greeter
	if ok == a.present && (!ok || s.ID == a.front.ID && s.UID == a.front.UID && s.Display == a.front.Display) {
		if a.front.Locked != s.Locked {
			a.front.Locked = s.Locked
			a.report()
		}
		return
	}
	if a.session != nil {
		code := wirepb.ErrorCode_ERROR_CODE_NO_USER_PRESENT
		if x := a.session; x.phase == phaseAsking {
			a.unanswered(x, code, "the user left")
		} else {
			a.endSession(wirepb.EndedBy_ENDED_BY_AGENT, code, "the user left", tellPeer)
		}
	}
	a.stopCrew()
	a.front, a.present = s, ok
	if ok {
		a.Log.Info("terminal session in front", "terminal", s.ID, "user", s.User)
		a.startCrew(s)
	}
	a.report()
	a.flow()
}

func (a *agent) startCrew(s terminal.Session) {
	ctx, cancel := context.WithCancel(a.ctx)
	before, gone := a.crewGone, &sync.WaitGroup{}
	a.crew, a.crewGone = cancel, gone
	for _, w := range []*worker{&a.helper, &a.tray} {
		w.starts, w.failing, w.trouble = 0, false, ""
		gone.Add(1)
		a.jobs.Go(func() {
			defer gone.Done()
			if before != nil {
				before.Wait() // one crew at a time
			}
			a.supervise(ctx, w, s)
		})
	}
}

func (a *agent) stopCrew() {
	if a.crew == nil {
		return
	}
	a.crew()
	a.crew = nil
	for _, w := range []*worker{&a.helper, &a.tray} {
		w.now, w.ready, w.state, w.caps, w.prompts = nil, false, nil, nil, ""
		w.cur.Store(nil)
	}
	a.prompt = false
	a.router.gap()
	a.helperLost()
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
	w.now, w.ready, w.state, w.caps, w.prompts = nil, false, nil, nil, ""
	w.cur.Store(nil)
	w.trouble = cause.Error()
	if w.role == Helper {
		a.router.gap()
		a.helperLost()
	} else {
		a.prompt = false
	}
	if s := a.session; s != nil && w.role == Tray {
		s.banner = false
		if s.asked {
			a.unanswered(s, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "the prompt went away")
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
		a.fromHelper(r, m)
	case *ipcpb.FromTray:
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
	case *ipcpb.FromHelper_Dropped:
		a.counted(m.Dropped)
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
		switch {
		case s != nil && s.phase == phaseActive:
			a.showBanner(s)
		case s != nil && !s.asked:
			a.askConsent(s)
		}
	case *ipcpb.FromTray_Answer:
		a.consented(m.Answer)
	case *ipcpb.FromTray_BannerShown:
		if mine(m.BannerShown.Session) {
			s.banner, s.bannerLost = true, nil
		}
	case *ipcpb.FromTray_BannerLost:
		if s != nil {
			s.banner, s.bannerLost = false, m.BannerLost
			s.log.Warn("banner lost", "detail", m.BannerLost.Detail)
		}
	case *ipcpb.FromTray_Done:
		if mine(m.Done.Session) {
			a.endSession(wirepb.EndedBy_ENDED_BY_CUSTOMER, 0, "", tellPeer)
		}
	case *ipcpb.FromTray_Prompt:
		a.prompt = m.Prompt.Open
		a.showMode()
	case *ipcpb.FromTray_Chat:
		if mine(m.Chat.Session) && len(m.Chat.Text) <= wire.MaxText {
			a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Chat{Chat: &wirepb.Chat{
				Session: m.Chat.Session, From: a.front.User, FromCustomer: true,
				Text: m.Chat.Text, AtUnixMs: time.Now().UnixMilli(),
			}}})
		}
	case *ipcpb.FromTray_Request:
		a.asked(m.Request)
	case *ipcpb.FromTray_Cancel:
		a.requestCancelled(m.Cancel.Id)
	}
	a.report()
	a.flow()
}
