package agent

import (
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// unpin obeys an order to remove what pinning installed. One about a Jump Client
// that this endpoint is not is done already. Runs on the loop, as all of this file.
func (a *agent) unpin(m *wirepb.Unpin) {
	o, err := wire.VerifyUnpin(a.GrantKey, a.Identity.Pin(), m.Order, m.OrderSignature)
	if err != nil {
		a.Log.Warn("order to unpin refused", "err", err)
		a.refuse(wirepb.ErrorCode_ERROR_CODE_GRANT_INVALID, err.Error())
		return
	}
	if p := a.pinning; p != nil && p.busy || a.Handed != nil {
		return // it comes again after the next Welcome
	}
	p := a.memory.kept.Pinned
	if p == nil || a.client() != o.Client || a.Pinner == nil {
		a.unpinned(o.Client, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, "")
		return
	}
	if a.unpinning {
		return // the answer comes
	}
	a.unpinning = true
	a.jobs.Go(func() {
		leave, err := a.Pinner.Unpin(p.Mode)
		a.post(func() {
			a.unpinning = false
			if err == nil {
				err = a.memory.keepPinned(nil)
			}
			if err != nil {
				a.Log.Error("unpinning failed", "err", err)
				a.unpinned(o.Client, wirepb.ErrorCode_ERROR_CODE_INSTALL_FAILED, err.Error())
				return
			}
			a.Log.Info("unpinned", "client", o.Client)
			a.unpinned(o.Client, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED, "")
			a.uninstalled, a.unmade = leave, p.Made
			a.leave()
		})
	})
}

func (a *agent) unpinned(client string, code wirepb.ErrorCode, detail string) {
	a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_Unpinned{Unpinned: &wirepb.Unpinned{Client: client, Code: code, Detail: detail}}})
}

// leave ends the service that was uninstalled, once nobody is in a session.
func (a *agent) leave() {
	switch {
	case !a.uninstalled || a.session != nil:
	case a.unmade:
		a.stop(ErrUnmade)
	default:
		a.stop(ErrUnpinned)
	}
}
