package agent

import (
	"time"

	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// An ad-hoc client is the client of one support session, which it was started for and ends
// with:
//
//	waiting for the offer ──▶ the session ──▶ last words ──▶ gone
//	        └── not offered in time, or over already ──▶ gone
const (
	// adhocWait is how long it waits to be offered its session. A person has just
	// started it, because a rep who is there asked for it.
	adhocWait = 10 * time.Minute
	// lastWords is how long it stays for the broker to store the summary of the
	// session, which is lost with it.
	lastWords = 5 * time.Second
)

// Over is why an ad-hoc client ended: what became of its session.
type Over struct {
	By   wirepb.EndedBy
	Code wirepb.ErrorCode
	Rep  string // who owned it; empty: it did not begin
}

func (o *Over) Error() string {
	if o.Code == wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED {
		return "the session is over"
	}
	return "the session is over: " + wire.CodeName(o.Code)
}

// adhoc is the loop's.
type adhoc struct {
	wait *time.Timer
	over *Over
}

// isAdhoc says whether this service is for one session.
func (a *agent) isAdhoc() bool { return a.Session != wire.SessionID{} }

// awaitOffer lets an ad-hoc client wait for its session.
func (a *agent) awaitOffer() {
	if !a.isAdhoc() {
		return
	}
	a.adhoc.wait = time.AfterFunc(adhocWait, func() {
		a.post(func() {
			if a.session != nil || a.adhoc.over != nil {
				return
			}
			o := &Over{By: wirepb.EndedBy_ENDED_BY_AGENT, Code: wirepb.ErrorCode_ERROR_CODE_NOT_OFFERED}
			a.send(&wirepb.AgentMessage{Kind: &wirepb.AgentMessage_End{End: &wirepb.SessionEnd{Session: a.Session[:], By: o.By, Code: o.Code}}})
			a.over(o)
		})
	})
}

// over lets an ad-hoc client go, once the broker has what there is to say of the session.
func (a *agent) over(o *Over) {
	if !a.isAdhoc() || a.adhoc.over != nil {
		return
	}
	a.adhoc.over = o
	a.adhoc.wait.Stop()
	a.adhoc.wait = time.AfterFunc(lastWords, func() { a.stop(o) })
	a.saidAll()
}

// saidAll lets an ad-hoc client go that has nothing more to say.
func (a *agent) saidAll() {
	if o := a.adhoc.over; o != nil && a.account == nil && a.memory.next() == nil {
		a.stop(o)
	}
}

func (a *agent) stopAdhoc() {
	if a.adhoc.wait != nil {
		a.adhoc.wait.Stop()
	}
}
