//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/api/apipb/apipbconnect"
	"github.com/alongside-remote/alongside/test/bed"
	"github.com/alongside-remote/alongside/viewer"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// people: the first one is in front and is asked, and only that one; the rep sees and
// types there, then with the other's Yes there, and back again, in one session and
// through one viewer.
func (j *journey) people(first, second string) error {
	a, err := j.person(first)
	if err != nil {
		return err
	}
	b, err := j.person(second)
	if err != nil {
		return err
	}
	s, err := j.ask(a)
	if err != nil {
		return err
	}
	if b.HasWindow(bed.ConsentTitle) {
		return fmt.Errorf("%s is asked for %s's screen", second, first)
	}
	if err := a.AnswerCard(j.ctx, true); err != nil {
		return err
	}
	if _, err := j.rep.Phase(j.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE); err != nil {
		return err
	}
	v, err := j.rep.Watch(j.ctx, j.broker, s.Id)
	if err != nil {
		return err
	}
	if err := j.work(v, a); err != nil {
		return err
	}
	if err := j.move(s.Id, b, false); err != nil {
		return err
	}
	if err := j.work(v, a); err != nil { // a No changes nothing
		return err
	}
	for _, to := range []place{b, a} {
		if err := j.move(s.Id, to, true); err != nil {
			return err
		}
		if err := j.work(v, to); err != nil {
			return err
		}
	}
	if _, err := j.rep.Sessions.End(j.ctx, connect.NewRequest(&apipb.EndRequest{Id: s.Id})); err != nil {
		return err
	}
	return bed.Until(j.ctx, "the banners to go", func() (bool, error) {
		return !a.HasWindow(bed.BannerTitle) && !b.HasWindow(bed.BannerTitle), nil
	})
}

// begin has a session with somebody who is signed in and says Yes.
func (j *journey) begin(name string) (place, *apipb.Session, error) {
	p, err := j.person(name)
	if err != nil {
		return p, nil, err
	}
	s, err := j.ask(p)
	if err != nil {
		return p, nil, err
	}
	if err := p.AnswerCard(j.ctx, true); err != nil {
		return p, nil, err
	}
	s, err = j.rep.Phase(j.ctx, s.Id, apipb.SessionPhase_SESSION_PHASE_ACTIVE)
	return p, s, err
}

// ask waits until this person can be asked, and asks for a session.
func (j *journey) ask(p place) (*apipb.Session, error) {
	d, err := j.rep.Device(j.ctx, "")
	if err != nil {
		return nil, err
	}
	if err := bed.Until(j.ctx, p.User+" to be reachable", func() (bool, error) {
		r, err := j.rep.Inventory.GetDevice(j.ctx, connect.NewRequest(&apipb.GetDeviceRequest{Id: d.Id}))
		if err != nil {
			return false, err
		}
		c := r.Msg.Device.Capabilities
		return c.GetUserPresent() && c.GetConsent().GetReason() == wirepb.Reason_REASON_OK &&
			c.GetInput().GetReason() == wirepb.Reason_REASON_OK, fmt.Errorf("the broker knows %v", r.Msg.Device)
	}); err != nil {
		return nil, err
	}
	s, err := j.rep.Start(j.ctx, d.Id)
	if err != nil {
		return nil, err
	}
	_, err = p.Window(j.ctx, bed.ConsentTitle)
	j.say("%s is asked", p.User)
	return s, err
}

// move takes the session to somebody's screen, who answers.
func (j *journey) move(session string, to place, yes bool) error {
	if err := j.goTo(session, to); err != nil {
		return err
	}
	if err := to.AnswerCard(j.ctx, yes); err != nil {
		return err
	}
	want := wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_REFUSED
	if yes {
		want = wirepb.TerminalSwitchState_TERMINAL_SWITCH_STATE_DONE
	}
	j.say("%s says %v to the switch", to.User, yes)
	return j.moved(session, to, want)
}

// goTo asks for a switch to a screen, once the broker knows of it.
func (j *journey) goTo(session string, to place) error {
	if err := bed.Until(j.ctx, "terminal session "+to.ID+" on offer", func() (bool, error) {
		r, err := j.rep.Sessions.Get(j.ctx, connect.NewRequest(&apipb.GetRequest{Id: session}))
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(r.Msg.Session.Terminals, func(t *wirepb.TerminalSession) bool { return t.Id == to.ID }), nil
	}); err != nil {
		return err
	}
	_, err := apipbconnect.NewElevationServiceClient(j.rep.HTTP, j.broker.Console).SwitchTerminal(j.ctx, connect.NewRequest(&apipb.SwitchTerminalRequest{
		SessionId: session, TerminalId: to.ID,
	}))
	return err
}

// moved waits for what becomes of a session's way to a screen.
func (j *journey) moved(session string, to place, want wirepb.TerminalSwitchState) error {
	return bed.Until(j.ctx, want.String(), func() (bool, error) {
		r, err := j.rep.Sessions.Get(j.ctx, connect.NewRequest(&apipb.GetRequest{Id: session}))
		if err != nil {
			return false, err
		}
		m := r.Msg.Session.TerminalMove
		return m.GetState() == want && m.GetTerminalId() == to.ID, fmt.Errorf("it is %v", m)
	})
}

// work checks that what the rep sees is this person's screen, with the banner on it, and
// types a line into the terminal there.
func (j *journey) work(v *viewer.Session, p place) error {
	if _, err := p.Window(j.ctx, bed.BannerTitle); err != nil {
		return err
	}
	if err := bed.SameCanvas(j.ctx, v, p.Desktop); err != nil {
		return err
	}
	file := filepath.Join(p.Home, "typed")
	if err := point(v, 200, 200); err != nil {
		return err
	}
	if err := enter(v, "id -un | tee "+file); err != nil {
		return err
	}
	if err := bed.Until(j.ctx, "what was typed for "+p.User, func() (bool, error) {
		got, err := os.ReadFile(file)
		if err == nil && string(got) != p.User+"\n" {
			err = errors.New("it says " + string(got))
		}
		return err == nil, err
	}); err != nil {
		return err
	}
	if err := os.Remove(file); err != nil {
		return err
	}
	j.say("%s's screen is seen in every pixel, and typed on", p.User)
	return bed.SameCanvas(j.ctx, v, p.Desktop)
}

// point clicks.
func point(v *viewer.Session, x, y uint16) error {
	return v.Input(wire.Input{Kind: wire.InputMotion, X: x, Y: y},
		wire.Input{Kind: wire.InputButton, X: x, Y: y, Down: true}, wire.Input{Kind: wire.InputButton, X: x, Y: y})
}

// enter types a line.
func enter(v *viewer.Session, line string) error {
	const enter = 0x28 // HID usage
	return v.Input(wire.Input{Kind: wire.InputText, Text: line},
		wire.Input{Kind: wire.InputKey, Code: enter, Down: true}, wire.Input{Kind: wire.InputKey, Code: enter})
}
