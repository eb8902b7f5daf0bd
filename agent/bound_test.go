package agent

import (
	"testing"
	"testing/synctest"

	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// bound is a session in which the person's own may be restricted, of a service whose
// policy has that switched on.
type bound struct {
	*rig
	id     []byte
	h, tr  *fakeChild
	serial uint32 // of what the helper was told last
}

func restrictable(t *testing.T, floor func(r *rig), f func(t *testing.T, b *bound)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		if floor != nil {
			floor(r)
		}
		r.start()
		defer r.end()
		r.rule(r.policy(func(p *wirepb.DevicePolicy) { p.RestrictInput, p.PrivacyScreen = true, true }))
		b := &bound{rig: r}
		b.h, b.tr = <-r.helper, <-r.tray
		o := r.grant(func(g *wirepb.SessionGrant) { g.Permissions = append(g.Permissions, mayRestrict, mayDarken) })
		b.id = o.Session
		r.offer(o)
		r.yes(b.tr)
		synctest.Wait()
		b.tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerShown{BannerShown: &ipcpb.BannerShown{Session: b.id, Window: 77}}})
		r.attach(b.id, 1)
		<-r.media
		b.forget()
		f(t, b)
	})
}

// forget lets go of what was told until now.
func (b *bound) forget() {
	b.h.drain()
	b.tr.drain()
	for len(b.msgs) > 0 {
		<-b.msgs
	}
}

func (b *bound) wish(rep string, input, screen bool) {
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Restrict{Restrict: &wirepb.Restrict{Session: b.id, RepId: rep, Input: input, Screen: screen}}})
}

// told expects the next thing that the broker hears to be this.
func (b *bound) told(input, screen bool, code wirepb.ErrorCode) *wirepb.Restricted {
	b.t.Helper()
	synctest.Wait()
	for {
		select {
		case m := <-b.msgs:
			got := m.GetRestricted()
			if got == nil {
				continue
			}
			if got.Input != input || got.Screen != screen || got.Code != code {
				b.t.Fatalf("told %v, want input=%t screen=%t %v", got, input, screen, code)
			}
			return got
		default:
			b.t.Fatalf("nothing told, want input=%t screen=%t %v", input, screen, code)
			return nil
		}
	}
}

// asked expects the helper to be told to hold this.
func (b *bound) asked(input, screen bool) *ipcpb.Restrict {
	b.t.Helper()
	m := expect(b.t, b.h, (*ipcpb.ToHelper).GetRestrict)
	if m.Input != input || m.Screen != screen {
		b.t.Fatalf("the helper is to hold %v, want input=%t screen=%t", m, input, screen)
	}
	b.serial = m.Serial
	return m
}

func (b *bound) holds(m *ipcpb.Restricted) {
	m.Serial = b.serial
	b.h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Restricted{Restricted: m}})
}

// banner is what the person reads.
func (b *bound) banner(restricted, dark bool) {
	b.t.Helper()
	if got := expect(b.t, b.tr, (*ipcpb.ToTray).GetBanner); got.Restricted != restricted || got.Dark != dark {
		b.t.Fatalf("the banner says restricted=%t dark=%t", got.Restricted, got.Dark)
	}
}

// restricted brings input to be held.
func (b *bound) restricted() {
	b.t.Helper()
	b.wish("rep1", true, false)
	b.banner(true, false)
	b.asked(true, false)
	b.holds(&ipcpb.Restricted{Input: true})
	b.told(true, false, 0)
}

// unasked expects the helper not to be told to hold anything.
func (b *bound) unasked() {
	b.t.Helper()
	synctest.Wait()
	for len(b.h.msgs) > 0 {
		if m := (<-b.h.msgs).(*ipcpb.ToHelper).GetRestrict(); m.GetInput() || m.GetScreen() {
			b.t.Errorf("the helper is to hold %v", m)
		}
	}
}

func (b *bound) tightens(change func(p *wirepb.DevicePolicy)) {
	b.rule(b.policy(func(p *wirepb.DevicePolicy) { p.Version = 6; change(p) }))
}

func (b *bound) park() {
	b.say(&wirepb.BrokerMessage{Kind: &wirepb.BrokerMessage_Hold{Hold: &wirepb.SessionHold{Session: b.id, Held: true}}})
}

func (b *bound) asks(open bool) {
	b.tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_Prompt{Prompt: &ipcpb.PromptState{Open: open, Serial: 1}}})
}

func (b *bound) covered() {
	b.tr.say(&ipcpb.FromTray{Kind: &ipcpb.FromTray_BannerLost{BannerLost: &ipcpb.BannerLost{Detail: "covered"}}})
}

func (b *bound) can(input, screen wirepb.ErrorCode) {
	b.h.say(&ipcpb.FromHelper{Kind: &ipcpb.FromHelper_Restrictable{Restrictable: &ipcpb.Restrictable{Input: input, Screen: screen}}})
}
