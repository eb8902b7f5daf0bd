package agent

import (
	"context"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Quiet keeps sessions away while the service's program is replaced, for as long as there
// is none.
type Quiet func(ctx context.Context) (resume func(), ok bool)

// standBack is a Quiet. From when it says ok until resume is called, offers are
// refused with BUSY.
func (a *agent) standBack(ctx context.Context) (resume func(), ok bool) {
	err := a.ask(ctx, func() {
		if ok = a.session == nil && a.pinning == nil && !a.unpinning && a.restart == nil; ok {
			a.replacing = true
		}
	})
	if err != nil || !ok {
		return func() {}, false
	}
	return func() { a.post(func() { a.replacing = false }) }, true
}

// replaced refuses an offer that comes while the program is replaced. Runs on the loop.
func (a *agent) replaced(o *wirepb.SessionOffer, id wire.SessionID) bool {
	if !a.replacing {
		return false
	}
	a.Log.Info("offer refused: a new version is being installed", "session", id)
	a.answer(o.Session, &wirepb.SessionConsent{Code: wirepb.ErrorCode_ERROR_CODE_BUSY, Detail: "a new version is being installed"})
	return true
}
