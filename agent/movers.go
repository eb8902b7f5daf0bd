package agent

import (
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// fromMoversTray is a message of a tray that does not serve.
func (a *agent) fromMoversTray(w *worker, r *running, msg *ipcpb.FromTray) {
	m := a.move
	if m == nil || w != m.crew.tray {
		return // of one that was told to end
	}
	switch k := msg.Kind.(type) {
	case *ipcpb.FromTray_Ready:
		r.wait.Stop()
		w.ready, w.prompts = true, k.Ready.PromptBackend
		w.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Status{Status: a.status()}})
		a.askThere(m)
	case *ipcpb.FromTray_Answer:
		a.answeredThere(m, k.Answer)
	case *ipcpb.FromTray_Prompt:
		m.prompt = k.Prompt.Open
		if k.Prompt.Open { // nothing is injected there
			w.send(&ipcpb.ToTray{Kind: &ipcpb.ToTray_Quiet{Quiet: &ipcpb.Quiet{Serial: k.Prompt.Serial}}})
		}
	case *ipcpb.FromTray_BannerShown:
		if m.banner != nil {
			m.up = true
			a.openThere(m)
		}
	case *ipcpb.FromTray_BannerPlaced:
		// Its helper would have to capture before the session is there.
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, "whether the banner can be seen there is known too late")
	case *ipcpb.FromTray_BannerLost:
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, k.BannerLost.Detail)
	}
}

// fromMoversHelper is a message of a helper that does not serve.
func (a *agent) fromMoversHelper(w *worker, r *running, msg *ipcpb.FromHelper) {
	if d := msg.GetDropped(); d != nil {
		a.counted(d)
		return
	}
	m := a.move
	if m == nil || w != m.crew.helper {
		return
	}
	switch k := msg.Kind.(type) {
	case *ipcpb.FromHelper_Ready:
		r.wait.Stop()
		w.ready, w.caps = true, k.Ready.Capabilities
		a.openThere(m)
	case *ipcpb.FromHelper_State:
		w.state = k.State
		if k.State.Capabilities != nil {
			w.caps = k.State.Capabilities
		}
	case *ipcpb.FromHelper_Quiet:
		r.quiet = k.Quiet.Serial
	}
}

// moverDown is the end of a process that does not serve.
func (a *agent) moverDown(w *worker, cause error) {
	if m := a.move; m != nil && (w == m.crew.helper || w == m.crew.tray) {
		a.stayPut(m, wirepb.ErrorCode_ERROR_CODE_PROMPT_UNAVAILABLE, cause.Error())
	}
}
