package agent

import (
	"context"
	"crypto/ed25519"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

const (
	mayRestrict = wirepb.Permission_PERMISSION_RESTRICT_INPUT
	mayDarken   = wirepb.Permission_PERMISSION_PRIVACY_SCREEN

	takenBack      = wirepb.ErrorCode_ERROR_CODE_TAKEN_BACK
	notControlling = wirepb.ErrorCode_ERROR_CODE_NOT_CONTROLLING
	failed         = wirepb.ErrorCode_ERROR_CODE_RESTRICTION_FAILED
)

// The banner says it before the helper holds it, and until after it has given back; the
// broker hears what is held, and not what is wished.
func TestX15_A12_TheBannerSaysWhatIsHeld(t *testing.T) {
	restrictable(t, nil, func(t *testing.T, b *bound) {
		b.wish("rep1", true, false)
		b.banner(true, false)
		wantNothing(b.rig)
		if m := b.asked(true, false); m.Banner != 77 || string(m.Session) != string(b.id) {
			t.Errorf("the helper is told %v", m)
		}
		b.holds(&ipcpb.Restricted{Input: true})
		b.told(true, false, 0)
		b.wish("rep1", true, true)
		b.banner(true, true)
		b.asked(true, true)
		b.holds(&ipcpb.Restricted{Input: true, Code: wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE})
		b.banner(true, false)
		b.told(true, false, wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE)
		b.holds(&ipcpb.Restricted{Input: true})
		wantNothing(b.rig)
		b.wish("rep1", false, false)
		b.asked(false, false)
		b.banner(false, false)
		b.told(false, false, 0)
	})
}

// Each refusal by itself, and nothing reaches the helper.
func TestX15_WhatIsRefused(t *testing.T) {
	people := func(b *bound, holder string) {
		ps := []*wirepb.Participant{{RepId: "rep1", Name: "Ada", Owner: true}, {RepId: "rep2", Name: "Ben"}}
		for _, p := range ps {
			p.Control = p.RepId == holder
		}
		b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: &wirepb.SessionParticipants{Session: b.id, Participants: ps}}})
	}
	for name, c := range map[string]struct {
		floor         func(r *rig)
		before        func(b *bound)
		rep           string
		input, screen bool
		want          wirepb.ErrorCode
	}{
		"another session": {before: func(b *bound) { b.id = make([]byte, 16) }, input: true, want: wirepb.ErrorCode_ERROR_CODE_SESSION_UNKNOWN},
		"somebody else":   {rep: "rep9", input: true, want: wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT},
		"an external rep": {before: func(b *bound) {
			b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: &wirepb.SessionParticipants{
				Session: b.id, Participants: []*wirepb.Participant{{RepId: "rep1", Name: "Ada", Owner: true}, {RepId: "rep2", Name: "Eve", External: true, Control: true}},
			}}})
		}, rep: "rep2", input: true, want: wirepb.ErrorCode_ERROR_CODE_NOT_PARTICIPANT},
		"floor, input":        {floor: func(r *rig) { r.floor.RestrictInput = false }, input: true, want: denied},
		"floor, screen":       {floor: func(r *rig) { r.floor.PrivacyScreen = false }, screen: true, want: denied},
		"policy, input":       {before: func(b *bound) { b.tightens(func(p *wirepb.DevicePolicy) { p.PrivacyScreen = true }) }, input: true, want: denied},
		"policy, screen":      {before: func(b *bound) { b.tightens(func(p *wirepb.DevicePolicy) { p.RestrictInput = true }) }, screen: true, want: denied},
		"view only":           {before: func(b *bound) { b.tightens(func(p *wirepb.DevicePolicy) { p.ViewOnly, p.RestrictInput = true, true }) }, input: true, want: denied},
		"held":                {before: func(b *bound) { b.park() }, input: true, want: wirepb.ErrorCode_ERROR_CODE_SESSION_HELD},
		"another's token":     {before: func(b *bound) { people(b, "rep2") }, input: true, want: notControlling},
		"nobody's token":      {before: func(b *bound) { people(b, "") }, input: true, want: notControlling},
		"a token, no viewer":  {before: func(b *bound) { people(b, "rep2") }, rep: "rep2", input: true, want: notControlling},
		"a question":          {before: func(b *bound) { b.asks(true) }, input: true, want: wirepb.ErrorCode_ERROR_CODE_QUESTION_OPEN},
		"no banner":           {before: func(b *bound) { b.covered() }, input: true, want: failed},
		"not this desktop":    {before: func(b *bound) { b.can(wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE, 0) }, input: true, want: wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE},
		"not these monitors":  {before: func(b *bound) { b.can(0, wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE) }, screen: true, want: wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE},
		"one of two, screens": {before: func(b *bound) { b.can(0, wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE) }, input: true, screen: true, want: wirepb.ErrorCode_ERROR_CODE_UNSUPPORTED_HERE},
	} {
		t.Run(name, func(t *testing.T) {
			restrictable(t, c.floor, func(_ *testing.T, b *bound) {
				if c.before != nil {
					c.before(b)
				}
				b.forget()
				if c.rep == "" {
					c.rep = "rep1"
				}
				b.wish(c.rep, c.input, c.screen)
				b.told(false, false, c.want)
				b.unasked()
			})
		})
	}
}

// Whatever it needed to begin ends it when it goes, at the helper first.
func TestX15_WhatEndsIt(t *testing.T) {
	state := t.TempDir() + "/state"
	const asked = wirepb.ErrorCode_ERROR_CODE_QUESTION_OPEN
	for name, c := range map[string]struct {
		rig  func(r *rig)
		do   func(b *bound)
		want wirepb.ErrorCode // 0: the broker is not told
	}{
		"hold":      {do: (*bound).park, want: wirepb.ErrorCode_ERROR_CODE_SESSION_HELD},
		"question":  {do: func(b *bound) { b.asks(true) }, want: wirepb.ErrorCode_ERROR_CODE_QUESTION_OPEN},
		"banner":    {do: (*bound).covered, want: failed},
		"view only": {do: func(b *bound) { b.tightens(func(p *wirepb.DevicePolicy) { p.ViewOnly, p.RestrictInput = true, true }) }, want: denied},
		"policy":    {do: func(b *bound) { b.tightens(func(p *wirepb.DevicePolicy) { p.PrivacyScreen = true }) }, want: denied},
		"token": {do: func(b *bound) {
			b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Participants{Participants: &wirepb.SessionParticipants{
				Session: b.id, Participants: []*wirepb.Participant{{RepId: "rep1", Name: "Ada", Owner: true}, {RepId: "rep2", Name: "Ben", Control: true}},
			}}})
		}, want: notControlling},
		"viewer": {do: func(b *bound) {
			b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_ViewerDetached{ViewerDetached: &wirepb.ViewerDetached{Session: b.id, Viewer: 1}}})
		}, want: notControlling},
		"link": {do: func(b *bound) { b.l.Close(nil); synctest.Wait() }},
		"session": {do: func(b *bound) {
			b.tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Done{Done: &ipcpb.Done{Session: b.id}}})
		}},
		"elevation": {rig: func(r *rig) { r.elevator = newElevator() }, do: func(b *bound) {
			b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Elevate{Elevate: &wirepb.Elevate{
				Session: b.id, RepId: "rep1", Method: byCustomer, Nonce: make([]byte, 16),
			}}})
		}, want: asked},
		"restart": {rig: func(r *rig) {
			r.elevated, r.state, r.restart = true, state, func(context.Context) error { return nil }
			r.enrolled = r.grantKey.Public().(ed25519.PublicKey)
		}, do: func(b *bound) { b.wishRestart(b.id, "rep1") }, want: asked},
		"helper says so": {do: func(b *bound) { b.holds(&ipcpb.Restricted{Code: failed}) }, want: failed},
	} {
		t.Run(name, func(t *testing.T) {
			restrictable(t, c.rig, func(_ *testing.T, b *bound) {
				b.restricted()
				b.forget()
				c.do(b)
				b.asked(false, false)
				if c.want != 0 {
					b.told(false, false, c.want)
				}
			})
		})
	}
}

// A helper that dies, or says nothing for too long, holds nothing any more: the silent
// one is killed. One that goes on saying so goes on.
func TestX15_ASilentHelperIsKilled(t *testing.T) {
	restrictable(t, nil, func(t *testing.T, b *bound) {
		b.restricted()
		for range 30 {
			time.Sleep(time.Second)
			b.holds(&ipcpb.Restricted{Input: true})
		}
		wantNothing(b.rig)
		select {
		case <-b.h.done:
			t.Fatal("a helper that speaks was killed")
		default:
		}
		time.Sleep(restrictAlive + time.Second)
		b.told(false, false, failed)
		select {
		case <-b.h.done:
		default:
			t.Error("the silent helper lives")
		}
		b.banner(false, false)
		b.h = <-b.helper
		b.forget()
		b.restricted()
		b.h.die()
		b.told(false, false, failed)
	})
}

// Who takes control back has it for the rest of the session, also against a wish that was
// on its way.
func TestX15_TakenBackForGood(t *testing.T) {
	restrictable(t, nil, func(t *testing.T, b *bound) {
		b.restricted()
		b.wish("rep1", true, true)
		b.holds(&ipcpb.Restricted{TakenBack: true})
		if m := b.told(false, false, takenBack); !m.ByCustomer {
			t.Errorf("told %v", m)
		}
		b.asked(true, true)
		b.asked(false, false)
		b.forget()
		b.wish("rep1", true, false)
		b.told(false, false, takenBack)
		b.wish("rep1", false, true)
		b.told(false, false, takenBack)
		b.unasked()
	})
}

// Also by the process that goes on with the session after a restart of the machine.
func TestX15_X7_TakenBackOutlastsARestart(t *testing.T) {
	state := t.TempDir() + "/state"
	synctest.Test(t, func(t *testing.T) {
		b := &bound{rig: restartable(t, state, func(context.Context) error { return nil })}
		b.start()
		b.rule(b.policy(func(p *wirepb.DevicePolicy) { p.RestrictInput = true }))
		b.id, b.h, b.tr, _ = b.active(func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, mayRestrict) })
		b.forget()
		b.restricted()
		b.holds(&ipcpb.Restricted{TakenBack: true})
		b.told(false, false, takenBack)
		b.forget()
		b.agreeToRestart(b.id, b.tr)
		b.end()

		b = &bound{rig: b.after(t), id: b.id}
		b.start()
		defer b.end()
		b.h, b.tr = <-b.helper, <-b.tray
		expect(t, b.tr, (*ipcpb.ToTray).GetBanner)
		b.tr.shown(b.id)
		b.attach(b.id, 1)
		<-b.media
		b.forget()
		b.wish("rep1", true, false)
		b.told(false, false, takenBack)
	})
}

// The hot-key that ends the session ends it, though the tray does not hear it.
func TestX15_L1_TheHotKeyEndsTheSession(t *testing.T) {
	restrictable(t, nil, func(_ *testing.T, b *bound) {
		b.restricted()
		b.holds(&ipcpb.Restricted{Done: true})
		wantEnd(b.rig, wirepb.EndedBy_ENDED_BY_CUSTOMER)
	})
}

// The person is told before they say yes, and what the floor forbids is not asked.
func TestX15_ThePersonIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.floor.PrivacyScreen = false
		r.start()
		defer r.end()
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.RestrictInput, p.PrivacyScreen = true, true }))
		tr := <-r.tray
		o := r.grant(func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, mayRestrict, mayDarken) })
		r.offer(o)
		ask := expect(t, tr, (*ipcpb.ToTray).GetAsk)
		if !ask.RestrictInput || ask.PrivacyScreen {
			t.Errorf("the person is asked %v", ask)
		}
		if got := r.permitted(o, tr, ask); !slices.Equal(got, []wirepb.Permission{mayLook, mayControl, mayRestrict}) {
			t.Errorf("permitted %v", got)
		}
	})
}
