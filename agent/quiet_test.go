package agent

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// The program is replaced while there is no session, and none begins meanwhile.
func TestD25_NoSessionWhileTheProgramIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, quiet := newRig(t), make(chan Quiet, 1)
		r.updates = func(ctx context.Context, q Quiet) {
			quiet <- q
			<-ctx.Done()
		}
		r.start()
		defer r.end()
		<-r.helper
		tr := <-r.tray
		q := <-quiet
		resume, ok := q(t.Context())
		if !ok {
			t.Fatal("there is no session, and no quiet")
		}
		r.offer(r.grant(nil))
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_BUSY)
		resume()
		o := r.grant(nil)
		r.offer(o)
		synctest.Wait()
		if _, ok := q(t.Context()); ok {
			t.Error("quiet while a person is asked")
		}
		r.yes(tr)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED)
		if _, ok := q(t.Context()); ok {
			t.Error("quiet during a session")
		}
		r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: o.Session, By: wirepb.EndedBy_ENDED_BY_REP}}})
		synctest.Wait()
		if _, ok := q(t.Context()); !ok {
			t.Error("no quiet after it")
		}
	})
}
