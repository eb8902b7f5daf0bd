package agent

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/alongside-remote/alongside/elevation/terminal"
	"github.com/alongside-remote/alongside/elevation/terminal/terminaltest"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/policy"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

func locks(g *wirepb.SessionGrant)   { g.AtEnd = wirepb.AtEnd_AT_END_LOCK }
func logsOff(g *wirepb.SessionGrant) { g.AtEnd = wirepb.AtEnd_AT_END_LOG_OFF }

// ordered is what the system was told.
func (r *rig) ordered(want ...terminaltest.Order) {
	r.t.Helper()
	synctest.Wait()
	var got []terminaltest.Order
	for len(r.terminals.Orders()) > 0 {
		got = append(got, <-r.terminals.Orders())
	}
	if len(got) != len(want) {
		r.t.Fatalf("the system was told %v, want %v", got, want)
	}
	for i := range want {
		if got[i].LogOff != want[i].LogOff || got[i].Session.ID != want[i].Session.ID || got[i].Session.UID != want[i].Session.UID {
			r.t.Errorf("the system was told %v, want %v", got[i], want[i])
		}
	}
}

// sums is the one summary that has come.
func (r *rig) sums(what wirepb.AtEnd, code wirepb.ErrorCode) {
	r.t.Helper()
	synctest.Wait()
	select {
	case m := <-r.summaries:
		s := new(wirepb.SessionSummary)
		if err := proto.Unmarshal(m.Summary, s); err != nil || s.AtEnd != what || s.AtEndCode != code {
			r.t.Errorf("the summary says %v, %v; want %v, %v", s, err, what, code)
		}
	default:
		r.t.Fatal("there is no summary")
	}
}

func (r *rig) noSummary() {
	r.t.Helper()
	synctest.Wait()
	if n := len(r.summaries); n > 0 {
		r.t.Errorf("%d summaries before it is known", n)
	}
}

func presses(tr *fakeChild, session []byte) {
	tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: session}}})
}

// The order goes out with the end, and the summary says what was seen to come of it.
func TestD13_LockedAtTheEnd(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		session, _, tr, _ := r.active(locks)
		r.ordered()
		presses(tr, session)
		if e := (<-r.msgs).GetEnd(); e.GetBy() != wirepb.EndedBy_ENDED_BY_CUSTOMER {
			t.Errorf("%v", e)
		}
		if n := expect(t, tr, (*ipcpb.ToTray).GetNotice); n.AtEnd != wirepb.AtEnd_AT_END_LOCK || n.Kind != ipcpb.NoticeKind_NOTICE_KIND_ENDED_BY_CUSTOMER {
			t.Errorf("the person was told %v", n)
		}
		r.ordered(terminaltest.Order{Session: alice()})
		time.Sleep(2 * lastCounts)
		r.noSummary()
		x := alice()
		x.Locked = true
		r.terminals.Put(x)
		r.sums(wirepb.AtEnd_AT_END_LOCK, 0)
		time.Sleep(lockTime)
		synctest.Wait()
		if len(tr.msgs) > 0 {
			for len(tr.msgs) > 0 {
				if n := (<-tr.msgs).(*ipcpb.ToTray).GetNotice(); n != nil {
					t.Errorf("the person was told %v", n)
				}
			}
		}
	})
}

// What did not happen is told: to the broker and to the person.
func TestD13_WhatWasNotDoneIsSaid(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*wirepb.SessionGrant)
		err  error
		wait time.Duration
		code wirepb.ErrorCode
	}{
		"nobody locks":   {locks, nil, lockTime, wirepb.ErrorCode_ERROR_CODE_AT_END_UNCONFIRMED},
		"nobody goes":    {logsOff, nil, logOffTime, wirepb.ErrorCode_ERROR_CODE_AT_END_UNCONFIRMED},
		"denied":         {locks, terminal.ErrDenied, 0, wirepb.ErrorCode_ERROR_CODE_REQUIRES_ELEVATION},
		"unsupported":    {logsOff, terminal.ErrUnsupported, 0, wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE},
		"fails":          {locks, errors.New("no"), 0, wirepb.ErrorCode_ERROR_CODE_AT_END_FAILED},
		"gone meanwhile": {logsOff, terminal.ErrGone, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				r.terminals.Refuse(c.err)
				session, h, tr, _ := r.active(c.edit)
				tr.drain()
				r.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_End{End: &wirepb.SessionEnd{Session: session, By: wirepb.EndedBy_ENDED_BY_REP}}})
				h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Dropped{Dropped: &ipcpb.InputDropped{Viewer: 1, Last: true}}})
				if c.wait > 0 {
					r.noSummary()
					time.Sleep(c.wait)
				}
				g := new(wirepb.SessionGrant)
				c.edit(g)
				r.sums(g.AtEnd, c.code)
				expect(t, tr, (*ipcpb.ToTray).GetNotice)
				if c.code == 0 {
					return
				}
				if n := expect(t, tr, (*ipcpb.ToTray).GetNotice); n.Kind != ipcpb.NoticeKind_NOTICE_KIND_AT_END_FAILED || n.AtEnd != g.AtEnd {
					t.Errorf("the person was told %v", n)
				}
			})
		})
	}
}

// Without a broker the session ends by its time, and the order is given all the same; the
// broker hears of it when it is back.
func TestD13_D11_WithoutTheBrokerAndByExpiry(t *testing.T) {
	bubble(t, func(_ *testing.T, r *rig) {
		r.active(func(g *wirepb.SessionGrant) { logsOff(g); g.MaxDurationS = 60 })
		r.l.Close(nil)
		r.ordered()
		time.Sleep(time.Minute)
		r.ordered(terminaltest.Order{LogOff: true, Session: alice()})
		x := alice()
		x.Gone = true
		r.terminals.Put(x)
		time.Sleep(2 * lastCounts)
		r.connect()
		r.sums(wirepb.AtEnd_AT_END_LOG_OFF, 0)
	})
}

// The machine's own rules may want more than the broker, and never get less; the person
// reads in the question what will happen.
func TestD13_TheFloorWantsMore(t *testing.T) {
	for _, c := range []struct {
		floor policy.AtEnd
		edit  func(*wirepb.SessionGrant)
		want  wirepb.AtEnd
	}{
		{policy.AtEndLock, nil, wirepb.AtEnd_AT_END_LOCK},
		{policy.AtEndLock, logsOff, wirepb.AtEnd_AT_END_LOG_OFF},
		{policy.AtEndLogOff, locks, wirepb.AtEnd_AT_END_LOG_OFF},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.floor.AtEnd = c.floor
			r.start()
			defer r.end()
			tr := <-r.tray
			o := r.grant(c.edit)
			r.offer(o)
			ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
			if ask.AtEnd != c.want {
				t.Errorf("the question says %v, want %v", ask.AtEnd, c.want)
			}
			tr.answer(ask.Nonce, 0)
			wantConsent(r, 0)
			presses(tr, o.Session)
			r.ordered(terminaltest.Order{LogOff: c.want == wirepb.AtEnd_AT_END_LOG_OFF, Session: alice()})
		})
	}
}

// A No, a login screen, and whoever refuses to take a session over are left as they are.
func TestD13_NothingToDo(t *testing.T) {
	bubble(t, func(_ *testing.T, r *rig) {
		tr := <-r.tray
		r.offer(r.grant(locks))
		tr.answer(expect(r.t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		wantConsent(r, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		r.ordered()
		r.sums(0, 0)
	})
	atLogin(t, true, func(_ *testing.T, r *rig) {
		_, tr := r.crewAt("9")
		o := r.grant(func(g *wirepb.SessionGrant) {
			locks(g)
			g.ConsentAbsent = wirepb.ConsentRule_CONSENT_RULE_NOTIFY
		})
		r.offer(o)
		wantConsent(r, yes)
		presses(tr, o.Session)
		r.ordered()
	})
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.elevated = true
		bob := terminaltest.Desktop("2", "bob", 1001)
		bob.Active = false
		r.terminals = terminaltest.NewScript(alice(), bob)
		r.start()
		defer r.end()
		r.active(locks)
		x := alice()
		x.Gone = true
		r.terminals.Put(x)
		_, tr := r.crewAt("2")
		tr.answer(expect(t, tr, (*ipcpb.ToTray).GetAsk).Nonce, wirepb.ErrorCode_ERROR_CODE_DENIED_BY_USER)
		r.ordered()
	})
}
