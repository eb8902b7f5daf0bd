package agent

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/wire/wirepb"
)

// updates plays an Updater.
type updates struct {
	run    func(context.Context, Quiet, func(*wirepb.ProgramTrial))
	online func()
}

func (u updates) Run(ctx context.Context, q Quiet, tell func(*wirepb.ProgramTrial)) {
	u.run(ctx, q, tell)
}

func (u updates) Online() {
	if u.online != nil {
		u.online()
	}
}

// What became of a new version is told when it is known and on each link, and is told once.
func TestD25_WhatBecameOfAVersionIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, told := newRig(t), make(chan func(*wirepb.ProgramTrial), 1)
		r.updater = updates{run: func(ctx context.Context, _ Quiet, tell func(*wirepb.ProgramTrial)) {
			told <- tell
			<-ctx.Done()
		}}
		r.start()
		defer r.end()
		<-r.helper
		<-r.tray
		tell := <-told
		want := func(versions ...string) {
			t.Helper()
			synctest.Wait()
			var got []string
			for len(r.msgs) > 0 {
				if m := <-r.msgs; m.GetProgramTrial() != nil {
					got = append(got, m.GetProgramTrial().Version)
				}
			}
			if !slices.Equal(got, versions) {
				t.Errorf("told of %q, want %q", got, versions)
			}
		}
		want()
		tell(&wirepb.ProgramTrial{Version: "v2", Result: wirepb.TrialResult_TRIAL_RESULT_CRASHED})
		want("v2")
		tell(&wirepb.ProgramTrial{Version: "v2", Result: wirepb.TrialResult_TRIAL_RESULT_CRASHED})
		want()
		r.l.Close(nil)
		synctest.Wait()
		tell(&wirepb.ProgramTrial{Version: "v3", Result: wirepb.TrialResult_TRIAL_RESULT_INSTALLED})
		want()
		r.connect()
		want("v3")
	})
}

// The program is replaced while there is no session, and none begins meanwhile.
func TestD25_NoSessionWhileTheProgramIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, quiet := newRig(t), make(chan Quiet, 1)
		r.updater = updates{run: func(ctx context.Context, q Quiet, _ func(*wirepb.ProgramTrial)) {
			quiet <- q
			<-ctx.Done()
		}}
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
