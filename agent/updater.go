package agent

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Updater has the service's program replaced by newer versions.
type Updater interface {
	// Run does so until ctx ends, on a goroutine of its own. Tell takes what became of the
	// version that was tried last, for the broker; the same again changes nothing.
	Run(ctx context.Context, quiet Quiet, tell func(*wirepb.ProgramTrial))
	// Online is called once, when the broker has welcomed this process. It must not wait.
	Online()
}

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

// tried takes what became of a new version.
func (a *agent) tried(t *wirepb.ProgramTrial) {
	a.post(func() {
		if !proto.Equal(a.trial, t) {
			a.trial = t
			a.reportTrial()
		}
	})
}

// reportTrial tells the broker what became of the version that was tried last. Runs on the
// loop.
func (a *agent) reportTrial() {
	if a.link != nil && a.trial != nil {
		a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_ProgramTrial{ProgramTrial: a.trial}})
	}
}
